//! A document as a tree, with the place of every key and value and every scalar as it was written.

use std::fmt;
use std::path::Path;

use serde::de::value::Error as NoValue;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_saphyr::Spanned;

use super::{Place, Placed, YamlError, told};

/// A value in a document.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it begins.
    pub at: Place,
    /// What it is.
    pub value: Value,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing: `null`, `~`, or no value behind a key.
    Null,
    /// A text, a number or a boolean, as it was written: `007` and `1.10` stay what they are.
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file. Merged keys (`<<`) are in it; a key that stands twice is an error of the document.
    Map(Vec<(Placed<String>, Node)>),
}

impl Node {
    /// Reads a document; an empty one is null. `path` is for the error only.
    pub fn parse(path: &Path, text: &str) -> Result<Self, YamlError> {
        let raw = serde_saphyr::from_str::<Spanned<Raw>>(text).map_err(|error| {
            let (at, reason) = told(&error);
            YamlError { path: path.to_owned(), at, reason }
        })?;
        Ok(settle(raw, text))
    }

    /// What is in a map; nothing for everything else.
    pub fn entries(&self) -> &[(Placed<String>, Node)] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// What is in a list; nothing for everything else.
    pub fn items(&self) -> &[Node] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    /// The value of a key of a map, unless it is null.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let (_, value) = self.entries().iter().find(|(known, _)| known.value == key)?;
        Some(value).filter(|value| !matches!(value.value, Value::Null))
    }

    /// The scalar it is.
    pub fn scalar(&self) -> Option<&str> {
        if let Value::Scalar(text) = &self.value { Some(text) } else { None }
    }
}

/// What the library gives. A number or a boolean has lost its spelling by then.
enum Raw {
    Null,
    Text(String),
    /// Spelt in the file where its place says, and if that is not known like this.
    Typed(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

/// Puts the spelling back.
fn settle(raw: Spanned<Raw>, text: &str) -> Node {
    let spelt = || {
        let span = raw.defined.span();
        let start = usize::try_from(span.byte_offset()?).ok()?;
        text.get(start..start.checked_add(usize::try_from(span.byte_len()?).ok()?)?)
    };
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Text(text) => Value::Scalar(text),
        Raw::Typed(read) => Value::Scalar(spelt().map_or(read, |spelt| spelt.trim().to_owned())),
        Raw::List(items) => Value::List(items.into_iter().map(|item| settle(item, text)).collect()),
        Raw::Map(entries) => {
            Value::Map(entries.into_iter().map(|(key, value)| (key.into(), settle(value, text))).collect())
        }
    };
    Node { at: Some(raw.referenced).into(), value }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

/// Numbers and booleans.
macro_rules! typed {
    ($($visit:ident: $of:ty,)*) => {
        $(fn $visit<E>(self, value: $of) -> Result<Raw, E> {
            Ok(Raw::Typed(value.to_string()))
        })*
    };
}

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    typed! { visit_bool: bool, visit_i64: i64, visit_i128: i128, visit_u64: u64, visit_u128: u128, visit_f64: f64, }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

/// The names under which a struct's fields are read, aliases too; nothing for what is no struct. So that no second list of them has
/// to be kept.
pub fn fields_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    // It fails on purpose, as soon as it has said what it wants.
    let _ = T::deserialize(Asked(&mut fields));
    fields
}

/// Has nothing to give, and remembers what it was asked for.
struct Asked<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = NoValue;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, NoValue> {
        *self.0 = fields;
        Err(NoValue::custom("asked only"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NoValue> {
        Err(NoValue::custom("no struct"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Node, YamlError> {
        Node::parse(Path::new("x.yaml"), text)
    }

    /// One line for a tree: scalars in quotes, so that what was written shows.
    fn shown(node: &Node) -> String {
        match &node.value {
            Value::Null => "null".to_owned(),
            Value::Scalar(text) => format!("{text:?}"),
            Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
            Value::Map(entries) => {
                let entry = |(key, value): &(Placed<String>, Node)| format!("{}: {}", key.value, shown(value));
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(shown(&parse(text).unwrap()), expected, "{text}");
    }

    #[test]
    fn scalars_stay_as_written() {
        check("", "null");
        check("# nothing\n", "null");
        check(
            "a: 007\nb: 1.10\nc: yes\nd: True\ne: 1e3\nf: -0\ng: 0x1F\n",
            r#"{a: "007", b: "1.10", c: "yes", d: "True", e: "1e3", f: "-0", g: "0x1F"}"#,
        );
        check("a: ~\nb:\nc: null\nd: ''\n", r#"{a: null, b: null, c: null, d: ""}"#);
        check("é: ß 1\nb: 1.0 # c\nc: \"1\\n\"\n", r#"{é: "ß 1", b: "1.0", c: "1\n"}"#);
        check("[1.50, {a: 2.50}, -3]\n", r#"["1.50", {a: "2.50"}, "-3"]"#);
        check("x: 123456789012345678901234567890\n", r#"{x: "123456789012345678901234567890"}"#);
        check("1: a\ntrue: b\n", r#"{1: "a", true: "b"}"#);
    }

    #[test]
    fn anchors_and_merges_are_followed() {
        check("a: &v 1.50\nb: *v\n", r#"{a: "1.50", b: "1.50"}"#);
        check("a: &m {x: 1.50, y: 2}\nb: {<<: *m, y: 3}\n", r#"{a: {x: "1.50", y: "2"}, b: {y: "3", x: "1.50"}}"#);
    }

    #[test]
    fn places_are_known_and_mistakes_told() {
        let node = parse("a:\n  - b: x\n    c: 1\n").unwrap();
        let (key, value) = &node.get("a").unwrap().items()[0].entries()[1];
        assert_eq!(
            (key.at.to_string(), value.at.to_string()),
            ("line 3, column 5: ".into(), "line 3, column 8: ".into())
        );
        assert!(parse("a: 1\na: 2\n").unwrap_err().to_string().starts_with("x.yaml: line 2, column 1: "));
        assert!(parse("a: [\n").unwrap_err().to_string().starts_with("x.yaml: line "));
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[ -~\n\té:&*<\\[{}\"'-]{0,80}") {
            let _ = parse(&text);
        }
    }
}
