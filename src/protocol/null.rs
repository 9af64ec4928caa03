//! `null` means absent, for fields with a default as much as for optional ones.
//!
//! `#[serde(default)]` alone covers only the missing key; `"root": null` would be an error. Clients written in
//! languages that send every field (Swift, Python dataclasses) rely on this.
//!
//! Rejected: dropping nulls from the whole object before it is read. It would need the object in memory first, and
//! it would reach into maps where null has a meaning of its own (`vars`: unset this variable).

use serde::{Deserialize, Deserializer};

/// `null` is the type's default. With `#[serde(default)]`.
pub fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// `null` is `N`. With `#[serde(default = "null::whole::<N>")]`.
pub fn or_whole<'de, D, const N: u64>(deserializer: D) -> Result<u64, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or(N))
}

/// The value of a missing key beside [`or_whole`].
pub const fn whole<const N: u64>() -> u64 {
    N
}

/// `null` is true. With `#[serde(default = "null::yes")]`.
pub fn or_yes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(true))
}

/// The value of a missing key beside [`or_yes`].
pub const fn yes() -> bool {
    true
}

/// `null` is `N` seconds. Seconds are fractions, since many languages have only one kind of number and send `30.0`.
/// With `#[serde(default = "null::seconds::<N>")]`.
pub fn or_seconds<'de, D, const N: u64>(deserializer: D) -> Result<f64, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_else(seconds::<N>))
}

/// The value of a missing key beside [`or_seconds`].
pub const fn seconds<const N: u64>() -> f64 {
    N as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Sample {
        #[serde(default, deserialize_with = "or_default")]
        list: Vec<String>,
        #[serde(default = "whole::<500>", deserialize_with = "or_whole::<_, 500>")]
        tail: u64,
        #[serde(default = "seconds::<30>", deserialize_with = "or_seconds::<_, 30>")]
        wait: f64,
    }

    fn check(json: &str, list: &[&str], tail: u64, wait: f64) {
        let list = list.iter().map(|&word| word.to_owned()).collect();
        assert_eq!(serde_json::from_str::<Sample>(json).unwrap(), Sample { list, tail, wait }, "{json}");
    }

    #[test]
    fn null_is_absent() {
        check("{}", &[], 500, 30.0);
        check(r#"{"list":null,"tail":null,"wait":null}"#, &[], 500, 30.0);
        check(r#"{"list":["a"],"tail":0,"wait":0.5}"#, &["a"], 0, 0.5);
        check(r#"{"wait":2}"#, &[], 500, 2.0);
    }

    #[test]
    fn other_types_are_refused() {
        for json in [r#"{"list":3}"#, r#"{"tail":-1}"#, r#"{"wait":"soon"}"#] {
            assert!(serde_json::from_str::<Sample>(json).is_err(), "{json}");
        }
    }
}
