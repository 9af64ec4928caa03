//! JSON schemas of `hud.yaml` and `config.yaml`, for editors.
//!
//! `config.yaml` is read into types, and those describe it as well. `hud.yaml` is read by hand, for the sake of its mistakes' places; the
//! types here describe it and are never filled. A test holds their keys against the keys that are read.

#![expect(dead_code, reason = "only their shape is used")]

use schemars::{JsonSchema, Schema, schema_for};

use super::config::ConfigFile;
use super::hud_file::ThemeName;

/// The schema of `hud.yaml`.
pub fn hud() -> Schema {
    schema_for!(HudFile)
}

/// The schema of `config.yaml`, the user's and a project's.
pub fn config() -> Schema {
    schema_for!(ConfigFile)
}

/// How the line for status bars looks.
#[derive(JsonSchema)]
#[schemars(title = "hud.yaml")]
struct HudFile {
    /// Stands in brackets at the start, in the place of `pintle`; at most 24 columns.
    label: Option<String>,
    /// Names of the segments to show, in this order: env, agents, uptime, config, note. Without it all of them are shown.
    layout: Option<Vec<String>>,
    /// How each segment looks.
    style: Option<Style>,
}

/// How each segment looks.
#[derive(JsonSchema)]
struct Style {
    /// What stands around each segment.
    wrapper: Option<Wrapper>,
    /// The same as `wrapper.left`.
    prefix: Option<String>,
    /// The same as `wrapper.right`.
    suffix: Option<String>,
    /// Blanks between a segment and what stands around it, on both sides.
    #[schemars(range(max = 8))]
    padding: Option<u8>,
    /// Colours and attributes.
    theme: Option<AnyTheme>,
}

/// What stands around each segment, at most 8 columns on each side.
#[derive(JsonSchema)]
struct Wrapper {
    /// To its left.
    left: Option<String>,
    /// To its right.
    right: Option<String>,
}

/// A theme in full, its name alone, or `false` for none.
#[derive(JsonSchema)]
#[serde(untagged)]
enum AnyTheme {
    Full(Theme),
    Named(ThemeName),
    Switched(bool),
}

/// Colours and attributes.
#[derive(JsonSchema)]
struct Theme {
    /// `false` for none at all.
    enabled: Option<bool>,
    /// Which.
    name: Option<ThemeName>,
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::Value;

    use super::*;
    use crate::base::yaml::fields_of;
    use crate::project::config::{KindFile, RuleFile, StatusFile};
    use crate::project::hud_file::{KEYS, PADDING_MAX, STYLE_KEYS, THEME_KEYS, WRAPPER_KEYS};

    /// The keys or words of a part of a schema, sorted.
    #[track_caller]
    fn names(of: &Value) -> Vec<&str> {
        let mut names: Vec<&str> = match (&of["properties"], &of["oneOf"]) {
            (Value::Object(keys), _) => keys.keys().map(String::as_str).collect(),
            (_, Value::Array(words)) => words.iter().filter_map(|word| word["const"].as_str()).collect(),
            _ => panic!("{of}"),
        };
        names.sort_unstable();
        names
    }

    #[track_caller]
    fn check<'a>(of: &Value, read: impl IntoIterator<Item = &'a str>) {
        let mut read: Vec<&str> = read.into_iter().collect();
        read.sort_unstable();
        assert_eq!(names(of), read);
    }

    #[test]
    fn hud_knows_what_is_read() {
        let schema = hud().to_value();
        let parts = &schema["$defs"];
        check(&schema, KEYS);
        check(&parts["Style"], STYLE_KEYS);
        check(&parts["Wrapper"], WRAPPER_KEYS);
        check(&parts["Theme"], THEME_KEYS);
        check(&parts["ThemeName"], ThemeName::WORDS.iter().map(|(word, _)| *word));
        assert_eq!(parts["Style"]["properties"]["padding"]["maximum"], PADDING_MAX);
    }

    #[test]
    fn config_knows_what_is_read() {
        /// The other spelling is read too, but not recommended.
        fn recommended<T: DeserializeOwned>() -> impl Iterator<Item = &'static str> {
            fields_of::<T>().iter().copied().filter(|key| !key.contains(|letter: char| letter.is_ascii_uppercase()))
        }
        let schema = config().to_value();
        let parts = &schema["$defs"];
        check(&schema, recommended::<ConfigFile>());
        check(&parts["KindFile"], recommended::<KindFile>());
        check(&parts["StatusFile"], recommended::<StatusFile>());
        check(&parts["RuleFile"], recommended::<RuleFile>());
        assert_eq!(schema["title"], "config.yaml");
        assert_eq!(parts["RuleFile"]["required"], serde_json::json!(["pattern", "activity"]));
    }
}
