//! Why an object is not the request it claims to be, in words a client's author can act on.
//!
//! serde says what is wrong but, for a value of the wrong type, not under which key. The key is found in a second
//! reading that happens only when the first one failed: a request that is fine pays nothing. Rejected:
//! `serde_path_to_error`, a dependency that wraps every call of the good case as well.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};

use super::error::{Code, WireError, shorten};

/// Reads the fields of what is called `name` on the wire.
pub fn read_fields<T: DeserializeOwned>(name: &str, json: &str) -> Result<T, WireError> {
    serde_json::from_str(json).map_err(|error| explain::<T>(name, json, &error))
}

fn explain<T: DeserializeOwned>(name: &str, json: &str, error: &serde_json::Error) -> WireError {
    let field = RefCell::new(None);
    let root = Root { field: &field, value: PhantomData::<T> };
    let _ = serde_json::Deserializer::from_str(json).deserialize_map(root);
    let reason = in_words(error);
    let code = match is_refusal(&error.to_string()) {
        true => Code::InvalidArgument,
        false => Code::ParseError,
    };
    let message = match field.into_inner() {
        Some(field) => format!("{name}: `{}`: {reason}", shorten(&field)),
        None => format!("{name}: {reason}"),
    };
    WireError::new(code, message)
}

/// A word outside a closed set has the right type and is refused for what it says: `INVALID_ARGUMENT`, as for any
/// other value; the tag of a target is what makes it a target, so that an unknown one is not understood at all. serde hands the
/// difference over in its text only; the text is its derive's own, and no text of a client can stand in front of it.
fn is_refusal(message: &str) -> bool {
    message.starts_with("unknown variant ")
}

/// serde's message with Rust's words replaced by JSON's, and without the position, which is of no use in a line
/// that a program wrote.
pub fn in_words(error: &serde_json::Error) -> String {
    const STARTS: [(&str, &str); 4] = [
        ("unknown variant ", "unknown word "),
        ("invalid type: map,", "invalid type: object,"),
        ("invalid type: sequence,", "invalid type: list,"),
        ("invalid type: unit variant,", "invalid type: a bare word,"),
    ];
    const ENDS: [(&str, &str); 8] = [
        ("expected u64", "expected a whole number from 0"),
        ("expected u32", "expected a whole number from 0"),
        ("expected i64", "expected a whole number"),
        ("expected i32", "expected a whole number"),
        ("expected f64", "expected a number"),
        ("expected a boolean", "expected true or false"),
        ("expected a sequence", "expected a list"),
        ("expected a map", "expected an object"),
    ];
    let text = error.to_string();
    let mut text = match text.rfind(" at line ") {
        Some(end) if error.line() > 0 => shorten(&text[..end]).into_owned(),
        _ => shorten(&text).into_owned(),
    };
    for (rust, json) in STARTS {
        if let Some(rest) = text.strip_prefix(rust) {
            text = format!("{json}{rest}");
        }
    }
    for (rust, json) in ENDS {
        if let Some(rest) = text.strip_suffix(rust) {
            text = format!("{rest}{json}");
        }
    }
    // Names of Rust's types stand behind these.
    for rust in [", expected struct ", ", expected internally tagged enum "] {
        if let Some((rest, name)) = text.rsplit_once(rust)
            && !name.contains(' ')
        {
            text = format!("{rest}, expected an object");
        }
    }
    text
}

/// Reads an object as `T` and leaves in `field` the key at which that failed, `None` when it failed at no key
/// (a missing one).
struct Root<'f, T> {
    field: &'f RefCell<Option<String>>,
    value: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Root<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(Watched { entries, field: self.field }))
    }
}

/// A map that notes which key is being read.
struct Watched<'f, A> {
    entries: A,
    field: &'f RefCell<Option<String>>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Watched<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let key: Option<String> = self.entries.next_key()?;
        self.field.borrow_mut().clone_from(&key);
        key.map(|key| seed.deserialize(key.into_deserializer())).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.entries.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "read only to see it refused")]
    struct Sample {
        agent_id: String,
        #[serde(default)]
        tail: Option<u64>,
        #[serde(default)]
        vars: Option<BTreeMap<String, Option<String>>>,
        #[serde(default)]
        mode: Option<Mode>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Mode {
        All,
        None,
    }

    fn check(json: &str, code: Code, expected: &str) {
        let error = read_fields::<Sample>("logs", json).unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (code, expected), "{json}");
    }

    #[test]
    fn names_the_field_and_the_cause() {
        use Code::{InvalidArgument, ParseError};
        check("{}", ParseError, "logs: missing field `agent_id`");
        check(r#"{"agent_id":null}"#, ParseError, "logs: `agent_id`: invalid type: null, expected a string");
        check(
            r#"{"other":{"agent_id":1},"agent_id":7}"#,
            ParseError,
            "logs: `agent_id`: invalid type: integer `7`, expected a string",
        );
        check(
            r#"{"agent_id":"a","tail":-1}"#,
            ParseError,
            "logs: `tail`: invalid value: integer `-1`, expected a whole number from 0",
        );
        check(r#"{"agent_id":{},"tail":1}"#, ParseError, "logs: `agent_id`: invalid type: object, expected a string");
        check(
            r#"{"agent_id":"a","vars":{"A":"1","B":2}}"#,
            ParseError,
            "logs: `vars`: invalid type: integer `2`, expected a string",
        );
        check(
            r#"{"agent_id":"a","mode":"some"}"#,
            InvalidArgument,
            "logs: `mode`: unknown word `some`, expected `all` or `none`",
        );
        check(r#"{"agent_id":"a","agent_id":"b"}"#, ParseError, "logs: `agent_id`: duplicate field `agent_id`");
    }

    #[test]
    fn what_a_client_wrote_is_repeated_in_part_only() {
        let long = format!(r#"{{"agent_id":"a","tail":"{}"}}"#, "x".repeat(100_000));
        let error = read_fields::<Sample>("logs", &long).unwrap_err();
        assert!(error.message.len() < 300, "{}", error.message.len());
        let sly = r#"{"agent_id":"a","tail":"unknown variant at line 3"}"#;
        let error = read_fields::<Sample>("logs", sly).unwrap_err();
        assert_eq!(error.code, Code::ParseError);
        assert!(error.message.contains("at line 3"), "{}", error.message);
    }
}
