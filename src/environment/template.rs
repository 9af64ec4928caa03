//! Values with markers in them: `{{env}}`, `{{env.KEY}}`, `{{pane}}`, `{{cwd}}`, and the same as `${env}`, `${env.KEY}`,
//! `${tmux_pane}`, `${cwd}`. `${env.KEY:-default}` has a value for when there is none, or an empty one.
//!
//! `$$` is a `$` and `{{{{` is `{{`. Everything else stays as it is, so that `$HOME` reaches the program as `$HOME`; a marker that
//! nobody knows is a mistake when the file is read, not a text that reaches a program with half of it expanded.

use std::fmt;

use thiserror::Error;

use crate::base::yaml::suggestion;

/// The words that can stand in a marker.
const WORDS: [&str; 5] = ["env", "env.KEY", "pane", "tmux_pane", "cwd"];

/// A text that is no template.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// A marker that is never closed.
    #[error("`{marker}` is not closed; write `{escaped}` if it is meant as text")]
    Open {
        /// `{{` or `${`.
        marker: &'static str,
        /// How to write it as text.
        escaped: &'static str,
    },
    /// A marker with a word that means nothing.
    #[error("unknown `{marker}`; {known}; write `{escaped}` if it is meant as text")]
    Unknown {
        /// As it was written.
        marker: String,
        /// What it could have been.
        known: String,
        /// How to write its beginning as text.
        escaped: &'static str,
    },
}

/// A marker without a value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{marker}` has no value: {reason}")]
pub struct MissingValue {
    /// The marker, as `{{…}}`.
    pub marker: String,
    /// Why there is none.
    pub reason: String,
}

/// A text with markers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Marker { what: What, default: Option<String> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Env,
    Key(String),
    Pane,
    Cwd,
}

/// What markers stand for. Bytes, since a folder's name may be any.
#[derive(Clone, Copy, Debug, Default)]
pub struct Values<'a> {
    /// The environment, if one holds.
    pub env: Option<&'a super::envs::Environment>,
    /// The pane's id (`%3`), in tmux.
    pub pane: Option<&'a str>,
    /// The folder the command runs in.
    pub cwd: Option<&'a [u8]>,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env => f.write_str("{{env}}"),
            Self::Key(key) => write!(f, "{{{{env.{key}}}}}"),
            Self::Pane => f.write_str("{{pane}}"),
            Self::Cwd => f.write_str("{{cwd}}"),
        }
    }
}

/// How a marker begins and ends, and how its beginning is written as text.
const BRACES: (&str, &str, &str) = ("{{", "}}", "{{{{");
const DOLLAR: (&str, &str, &str) = ("${", "}", "$${");

impl Template {
    /// Finds the markers of a text.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(at) = rest.find(['$', '{']) {
            plain.push_str(&rest[..at]);
            rest = &rest[at..];
            let escape = [("$$", "$"), ("{{{{", "{{")].into_iter().find(|(escape, _)| rest.starts_with(escape));
            if let Some((escape, stands_for)) = escape {
                plain.push_str(stands_for);
                rest = &rest[escape.len()..];
            } else if let Some(kind) = [BRACES, DOLLAR].into_iter().find(|kind| rest.starts_with(kind.0)) {
                let (marker, behind) = marker(rest, kind)?;
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(marker);
                rest = behind;
            } else {
                plain.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }

    /// The text with every marker's value in its place, or the first marker that has none.
    pub fn expand(&self, values: &Values<'_>) -> Result<Vec<u8>, MissingValue> {
        let mut out = Vec::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.extend_from_slice(text.as_bytes()),
                Part::Marker { what, default } => {
                    let value = what.value(values);
                    match (value.as_ref().ok().filter(|value| !value.is_empty()), default) {
                        (Some(value), _) => out.extend_from_slice(value),
                        (None, Some(default)) => out.extend_from_slice(default.as_bytes()),
                        (None, None) => out.extend_from_slice(value?),
                    }
                }
            }
        }
        Ok(out)
    }

    /// The keys of an environment in it, each with whether it has a value for when there is none.
    pub fn keys(&self) -> impl Iterator<Item = (&str, bool)> {
        self.0.iter().filter_map(|part| match part {
            Part::Marker { what: What::Key(key), default } => Some((key.as_str(), default.is_some())),
            _ => None,
        })
    }

    /// Whether it means the same in every pane and folder.
    pub fn is_of_environment(&self) -> bool {
        let elsewhere = |part: &Part| matches!(part, Part::Marker { what: What::Pane | What::Cwd, .. });
        !self.0.iter().any(elsewhere)
    }
}

fn marker<'a>(
    text: &'a str,
    kind: (&'static str, &'static str, &'static str),
) -> Result<(Part, &'a str), TemplateError> {
    let (open, close, escaped) = kind;
    let inner = &text[open.len()..];
    let end = inner.find(close).ok_or(TemplateError::Open { marker: open, escaped })?;
    let (inside, behind) = (&inner[..end], &inner[end + close.len()..]);
    let (word, default) = match inside.split_once(":-") {
        Some((word, default)) => (word.trim(), Some(default.to_owned())),
        None => (inside.trim(), None),
    };
    let what = match word {
        "env" => What::Env,
        "pane" | "tmux_pane" => What::Pane,
        "cwd" => What::Cwd,
        _ => match word.strip_prefix("env.").filter(|key| !key.is_empty()) {
            Some(key) => What::Key(key.to_owned()),
            None => {
                let (marker, known) = (format!("{open}{inside}{close}"), suggestion(word, WORDS));
                return Err(TemplateError::Unknown { marker, known, escaped });
            }
        },
    };
    Ok((Part::Marker { what, default }, behind))
}

impl What {
    fn value<'a>(&self, values: &Values<'a>) -> Result<&'a [u8], MissingValue> {
        let none = "no environment is set here".to_owned();
        let (value, reason) = match self {
            Self::Env => (values.env.map(|env| env.name.as_bytes()), none),
            Self::Key(key) => match values.env {
                None => (None, none),
                Some(env) => (env.value(key).map(str::as_bytes), format!("environment `{}` has no `{key}`", env.name)),
            },
            Self::Pane => (values.pane.map(str::as_bytes), "this is no pane of tmux".to_owned()),
            Self::Cwd => (values.cwd, "the folder is not known".to_owned()),
        };
        value.ok_or_else(|| MissingValue { marker: self.to_string(), reason })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::environment::envs::Environment;

    fn expand(text: &str) -> Result<String, String> {
        let mut env = Environment { name: "prod".into(), ..Environment::default() };
        env.keys.insert("account".into(), "0042".into());
        env.keys.insert("none".into(), String::new());
        let values = Values { env: Some(&env), pane: Some("%3"), cwd: Some(b"/w\xff") };
        let template = Template::parse(text).map_err(|error| error.to_string())?;
        let bytes = template.expand(&values).map_err(|error| error.to_string())?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn markers_become_values() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(expand(text).as_deref(), Ok(expected), "{text}");
        }
        check("{{env}}-{{ env.account }}", "prod-0042");
        check("${env}${env.account}${tmux_pane}{{pane}}", "prod0042%3%3");
        check("{{cwd}}/${cwd}", "/w\u{fffd}//w\u{fffd}");
        check("${env.x:-a b}{{env.x:-c}}${env.none:-d}${env.account:-e}", "a bcd0042");
        check("[${env.x:-}][${env.none}]", "[][]");
        check("$$ $${env} {{{{env}} $HOME $ { {x} }} $", "$ ${env} {{env}} $HOME $ { {x} }} $");
        check("{{{{{{env}}", "{{prod");
        check("é$é", "é$é");
    }

    #[test]
    fn what_is_missing_or_unknown_is_told() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(expand(text).unwrap_err(), expected, "{text}");
        }
        check("{{env.x}}", "`{{env.x}}` has no value: environment `prod` has no `x`");
        check("a {{env", "`{{` is not closed; write `{{{{` if it is meant as text");
        check("${env", "`${` is not closed; write `$${` if it is meant as text");
        let known = "known are: env, env.KEY, pane, tmux_pane, cwd";
        check("${HOME}", &format!("unknown `${{HOME}}`; {known}; write `$${{` if it is meant as text"));
        check("{{.Names}}", &format!("unknown `{{{{.Names}}}}`; {known}; write `{{{{{{{{` if it is meant as text"));
        check("{{enw}}", "unknown `{{enw}}`; did you mean: env?; write `{{{{` if it is meant as text");
        let none = Template::parse("${tmux_pane}").unwrap().expand(&Values::default()).unwrap_err();
        assert_eq!(none.to_string(), "`{{pane}}` has no value: this is no pane of tmux");
        assert!(Template::parse("x${tmux_pane:-}").is_ok_and(|template| !template.is_of_environment()));
        assert!(Template::parse("x{{env.a}}").is_ok_and(|template| template.is_of_environment()));
        let template = Template::parse("{{env}}${env.a}{{pane}}{{ env.b:-c }}").unwrap();
        assert_eq!(template.keys().collect::<Vec<_>>(), [("a", false), ("b", true)]);
    }

    proptest! {
        #[test]
        fn text_without_markers_is_unchanged(text in "[^${]{0,60}") {
            prop_assert_eq!(expand(&text), Ok(text));
        }

        #[test]
        fn escaped_text_is_unchanged(text in "[ -~é]{0,60}") {
            let escaped = text.replace('$', "$$").replace("{{", "{{{{");
            prop_assert_eq!(expand(&escaped), Ok(text));
        }

        #[test]
        fn no_text_breaks_it(text in "([${}:-]|env|\\.|[a-zé]){0,40}") {
            let _ = expand(&text);
        }
    }
}
