//! Reading the keys that several kinds of definitions share.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::name;
use crate::base::clock::time_of;
use crate::base::yaml::{Spot, YamlError};

/// A text; an absent, null or empty one is none.
pub fn text(map: &Spot<'_>, key: &str) -> Result<Option<String>, YamlError> {
    let text = map.get(key).map(|spot| spot.text().map(str::to_owned)).transpose()?;
    Ok(text.filter(|text| !text.is_empty()))
}

/// A text that has to be there.
pub fn needed(map: &Spot<'_>, key: &str) -> Result<String, YamlError> {
    text(map, key)?.ok_or_else(|| map.lacks(key, ""))
}

/// The name; where it is absent that of the file.
pub fn name_or(map: &Spot<'_>, stem: &str) -> Result<String, YamlError> {
    let name = text(map, "name")?.unwrap_or_else(|| stem.to_owned());
    match name::mistake(&name) {
        Some(mistake) => Err(map.get("name").unwrap_or_else(|| map.clone()).wrong(mistake)),
        None => Ok(name),
    }
}

/// True or false.
pub fn flag_or(map: &Spot<'_>, key: &str, usual: bool) -> Result<bool, YamlError> {
    map.get(key).map_or(Ok(usual), |spot| spot.flag())
}

/// A whole number within a range.
pub fn number_or(
    map: &Spot<'_>,
    key: &str,
    usual: i64,
    range: std::ops::RangeInclusive<i64>,
) -> Result<i64, YamlError> {
    let Some(spot) = map.get(key) else { return Ok(usual) };
    let text = spot.text()?;
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| spot.wrong(format!("`{text}` is no whole number from {} to {}", range.start(), range.end())))
}

/// A list of texts.
pub fn texts(map: &Spot<'_>, key: &str) -> Result<Vec<String>, YamlError> {
    let Some(spot) = map.get(key) else { return Ok(Vec::new()) };
    Ok(spot.texts()?.into_iter().map(str::to_owned).collect())
}

/// Names and texts: variables.
pub fn variables(map: &Spot<'_>, key: &str) -> Result<BTreeMap<String, String>, YamlError> {
    let Some(spot) = map.get(key) else { return Ok(BTreeMap::new()) };
    spot.map()?
        .into_iter()
        .map(|(name, value)| {
            Ok((name.value.clone(), if value.is_null() { String::new() } else { value.text()?.to_owned() }))
        })
        .collect()
}

/// A time with its offset.
pub fn time(map: &Spot<'_>, key: &str) -> Result<Option<Timestamp>, YamlError> {
    let Some(spot) = map.get(key) else { return Ok(None) };
    time_of(spot.text()?).map(Some).map_err(|reason| spot.wrong(reason))
}
