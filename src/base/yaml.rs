//! YAML that people write: what is wrong is told with file, line, column and key.
//!
//! A file whose keys are fixed is read into a type ([`parse`]). One whose keys are free, or that can say a thing in several shapes, is
//! read into a [`Node`] and taken apart by hand: serde's own ways for that (`flatten`, `untagged`) forget where everything stood.

mod layout;
mod node;
mod spot;

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_saphyr::{Location, Spanned};
use thiserror::Error;

pub use layout::{Entry, Layout, Part, Shape};
pub use node::{Node, Value, fields_of};
pub use spot::Spot;

use super::near::near;
use super::text::is_unseen;

/// Something wrong in a file: it cannot be used as it is, or something in it has no effect.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}: {at}{reason}", path.display())]
pub struct YamlError {
    /// The file.
    pub path: PathBuf,
    /// Where in it.
    pub at: Place,
    /// What is wrong, the key in front if it is known.
    pub reason: String,
}

/// A place in a file, if it is known. Shown in front of what is wrong there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(Option<(u64, u64)>);

impl Place {
    /// Behind these bytes of a text, from its beginning. Part of a character counts as one.
    pub fn behind(bytes: &[u8]) -> Self {
        let line = memchr::memchr_iter(b'\n', bytes).count() as u64 + 1;
        let start = memchr::memrchr(b'\n', bytes).map_or(0, |newline| newline + 1);
        let column = String::from_utf8_lossy(&bytes[start..]).chars().count() as u64 + 1;
        Self(Some((line, column)))
    }

    /// The line, counted from 1.
    pub fn line(self) -> Option<u64> {
        self.0.map(|(line, _)| line)
    }

    /// The column in characters, counted from 1.
    pub fn column(self) -> Option<u64> {
        self.0.map(|(_, column)| column)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((line, column)) => write!(f, "line {line}, column {column}: "),
            None => Ok(()),
        }
    }
}

impl From<Option<Location>> for Place {
    fn from(location: Option<Location>) -> Self {
        let known = location.filter(|location| location.line() > 0);
        Self(known.map(|location| (location.line(), location.column())))
    }
}

/// A value with its place in the file, for mistakes that only others can see. Two are equal when their values are.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Spanned<T>", bound = "T: Deserialize<'de>")]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub at: Place,
}

impl<T> From<Spanned<T>> for Placed<T> {
    fn from(spanned: Spanned<T>) -> Self {
        Self { at: Some(spanned.referenced).into(), value: spanned.value }
    }
}

impl<T: PartialEq> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// The bytes of a file as text. `path` is for the error only.
pub fn text_of(path: &Path, bytes: Vec<u8>) -> Result<String, YamlError> {
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let at = Place::behind(&error.as_bytes()[..good]);
        YamlError { path: path.to_owned(), at, reason: "this is not UTF-8".to_owned() }
    })
}

/// A document as a `T`; an empty one (null, which is no map) is the default. `path` is for the error only.
pub fn parse<T: DeserializeOwned + Default>(path: &Path, text: &str) -> Result<T, YamlError> {
    let mut track = serde_path_to_error::Track::new();
    let parsed = serde_saphyr::with_deserializer_from_str(text, |deserializer| {
        Option::<T>::deserialize(serde_path_to_error::Deserializer::new(deserializer, &mut track))
    });
    parsed.map(Option::unwrap_or_default).map_err(|error| {
        let (at, reason) = told(&error);
        let key = track.path().to_string();
        // How the library tells us places is nobody's business.
        let key = key.strip_suffix(".value").unwrap_or(&key);
        // `.` is the whole document; a `?` in it stands for what has no name.
        let reason = if key == "." || key.contains('?') { reason } else { format!("{key}: {reason}") };
        YamlError { path: path.to_owned(), at, reason }
    })
}

/// A value as a document, for people to read.
pub fn written(value: &serde_json::Value) -> String {
    // What cannot be said in YAML is said in JSON, of which all is YAML.
    serde_saphyr::to_string(value).unwrap_or_else(|_| value.to_string())
}

/// The library's place and message, without the position in it, which we give in our own form.
fn told(error: &serde_saphyr::Error) -> (Place, String) {
    let message = error.without_snippet().to_string();
    let line = message.lines().next().unwrap_or_default();
    let reason = line.split(" at line ").next().unwrap_or_default().trim_end_matches([',', ':', ' ']);
    (error.location().into(), in_our_words(reason))
}

/// What the library says in its own terms, as we say it of files that we take apart by hand. What is not known here stays as it is.
fn in_our_words(reason: &str) -> String {
    let variant = || {
        let (word, known) = reason.strip_prefix("unknown variant `")?.split_once("`, expected one of ")?;
        Some(format!("unknown word `{word}`; {}", suggestion(word, known.split(", "))))
    };
    if let Some(rest) = reason.strip_prefix("duplicate mapping key") {
        let key = rest.split(", set DuplicateKeyPolicy").next().unwrap_or_default().trim_start_matches([':', ' ']);
        return if key.is_empty() { "a key stands twice".to_owned() } else { format!("the key `{key}` stands twice") };
    }
    if reason.starts_with("multiple YAML documents") {
        return "this has to be one document: a line `---` or `...` begins another one".to_owned();
    }
    let is_to_be = match reason {
        "expected mapping start" => "a map",
        "expected sequence start" => "a list",
        "expected string scalar" => "a text",
        "invalid boolean" => "true or false",
        "recursive references require weak recursion types" => return "an alias stands in its own anchor".to_owned(),
        _ => return variant().unwrap_or_else(|| reason.to_owned()),
    };
    format!("this has to be {is_to_be}")
}

/// What to say behind a word that nobody knows: what it could have been, else what there is. `known` names each thing once.
pub fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    // Names of files have all sorts of things in them, and a list is one line.
    let plain =
        |name: &&str| if name.contains(is_unseen) { name.escape_debug().to_string() } else { (*name).to_owned() };
    let listed = |names: &[&str]| names.iter().map(plain).collect::<Vec<_>>().join(", ");
    match near(word, known.clone()).as_slice() {
        [] if known.clone().into_iter().next().is_none() => "there are none".to_owned(),
        [] => format!("known are: {}", listed(&known.into_iter().collect::<Vec<_>>())),
        close => format!("did you mean: {}?", listed(close)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_is_no_text_is_found() {
        let error = text_of(Path::new("config.yaml"), b"a: 1\nb: \xff\n".to_vec()).unwrap_err().to_string();
        assert_eq!(error, "config.yaml: line 2, column 4: this is not UTF-8");
        let error = text_of(Path::new("x"), b"\xc3\xa9\xff".to_vec()).unwrap_err().to_string();
        assert_eq!(error, "x: line 1, column 2: this is not UTF-8");
    }

    #[test]
    fn a_wrong_type_is_told_in_our_words() {
        #[derive(Debug, Default, Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Word {
            #[default]
            Argv,
            Typed,
        }
        #[track_caller]
        fn check<T: DeserializeOwned + Default + fmt::Debug>(text: &str, expected: &str) {
            assert_eq!(parse::<Vec<T>>(Path::new("x"), text).unwrap_err().reason, format!("[0]: {expected}"));
        }
        check::<std::collections::BTreeMap<String, String>>("- [a]", "this has to be a map");
        check::<Vec<String>>("- {a: b}", "this has to be a list");
        check::<String>("- {a: b}", "this has to be a text");
        check::<Word>("- tpyed", "unknown word `tpyed`; did you mean: typed?");
        check::<Word>("- loud", "unknown word `loud`; known are: argv, typed");
        check::<bool>("- maybe", "this has to be true or false");
        let reason = |text: &str| Node::parse(Path::new("x"), text).unwrap_err().reason;
        assert_eq!(reason("a: &x [*x]"), "an alias stands in its own anchor");
        assert_eq!(reason("a: {bc: 1, bc: 2}"), "the key `bc` stands twice");
        let many = "this has to be one document: a line `---` or `...` begins another one";
        assert_eq!(reason("a: 1\n---\nb: 2\n"), many);
        assert_eq!(parse::<Vec<String>>(Path::new("x"), "- a\n---\n- b\n").unwrap_err().reason, many);
    }

    #[test]
    fn a_suggestion_is_close_or_a_list() {
        assert_eq!(suggestion("fre", ["free", "confirm"]), "did you mean: free?");
        assert_eq!(suggestion("frobnicate", ["free", "confirm"]), "known are: free, confirm");
        assert_eq!(suggestion("frobnicate", []), "there are none");
        assert_eq!(suggestion("frobnicate", ["a\nb", "é"]), "known are: a\\nb, é");
    }
}
