//! What kind of object a line holds: the first of two readings.
//!
//! The first reading looks at `type` and `cmd` and skips the rest without building anything; the second reads the
//! fields straight into the struct that the tag names. Rejected: serde's own `tag = "type"`. It is no faster (0.39 µs
//! for an `attach`, against 0.35 here), since it buffers whatever stands before the tag and all that comes after, and
//! it reports a wrong field without saying of what.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::error::WireError;
use super::reason::in_words;

/// The two keys by which an object says what it is; `null` is absent, as everywhere.
#[derive(Debug, Deserialize)]
pub struct Tags<'a> {
    #[serde(borrow, default, rename = "type")]
    pub typed: Option<Tag<'a>>,
    #[serde(borrow, default)]
    pub cmd: Option<Tag<'a>>,
}

impl<'a> Tags<'a> {
    /// Fails on what is no JSON object, the whole line considered.
    pub fn read(json: &'a str) -> Result<Self, WireError> {
        if !json.trim_ascii_start().starts_with('{') {
            return Err(not_an_object(json));
        }
        serde_json::from_str(json).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => WireError::parse(in_words(&error)),
            _ => not_json(&error),
        })
    }
}

/// A list would pass for an object with serde: it fills structs from sequences too.
fn not_an_object(json: &str) -> WireError {
    let kind = match serde_json::from_str(json) {
        Ok(Tag::Name(_)) => "a string",
        Ok(Tag::Other(kind)) => kind,
        Err(error) => return not_json(&error),
    };
    WireError::parse(format!("a line holds one JSON object, this one is {kind}"))
}

fn not_json(error: &serde_json::Error) -> WireError {
    WireError::parse(format!("not JSON: {} at byte {}", in_words(error), error.column()))
}

/// What stands under `type` or `cmd`.
#[derive(Debug)]
pub enum Tag<'a> {
    Name(Cow<'a, str>),
    /// No string; what it is, in words.
    Other(&'static str),
}

impl<'a> Tag<'a> {
    /// The name, or the error of an object whose `key` holds none.
    pub fn name(self, key: &str) -> Result<Cow<'a, str>, WireError> {
        match self {
            Self::Name(name) => Ok(name),
            Self::Other(kind) => Err(WireError::parse(format!("`{key}` is {kind}, not the name of a request"))),
        }
    }
}

struct TagVisitor;

impl<'de> Visitor<'de> for TagVisitor {
    type Value = Tag<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Tag<'de>, E> {
        Ok(Tag::Name(Cow::Borrowed(name)))
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Tag<'de>, E> {
        Ok(Tag::Name(Cow::Owned(name.to_owned())))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Tag<'de>, E> {
        Ok(Tag::Other("true or false"))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Tag<'de>, E> {
        Ok(Tag::Other("a number"))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Tag<'de>, E> {
        Ok(Tag::Other("a number"))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Tag<'de>, E> {
        Ok(Tag::Other("a number"))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Tag<'de>, E> {
        Ok(Tag::Other("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tag<'de>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Tag::Other("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Tag<'de>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Tag::Other("an object"))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Tag<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TagVisitor)
    }
}

/// Declares an enum of everything that one tag can name: the enum itself, `NAMES`, `name()` and `read()`.
///
/// A macro, because the four must not drift apart and the list will grow. `Deserialize` is left out on purpose:
/// `read` is the only way in, so that every line is refused in the same words.
macro_rules! tagged {
    (
        $(#[$attribute:meta])*
        pub enum $Enum:ident by $tag:literal { $($name:literal => $Variant:ident($Type:ty),)* }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        #[serde(tag = $tag)]
        #[allow(clippy::large_enum_variant, reason = "one at a time, never in bulk")]
        pub enum $Enum {
            $(
                #[doc = concat!("`", $name, "`")]
                #[serde(rename = $name)]
                $Variant($Type),
            )*
        }

        /// Every name of this table, as it stands on the wire.
        pub const NAMES: &[&str] = &[$($name),*];

        impl $Enum {
            /// The name on the wire.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$Variant(_) => $name,)* }
            }

            /// Reads the fields of `name` from the object; `None` when there is no such name.
            pub(in crate::protocol) fn read(
                name: &str,
                json: &str,
            ) -> Option<Result<Self, $crate::protocol::WireError>> {
                Some(match name {
                    $($name => $crate::protocol::reason::read_fields::<$Type>($name, json).map(Self::$Variant),)*
                    _ => return None,
                })
            }
        }

        $(
            impl From<$Type> for $Enum {
                fn from(fields: $Type) -> Self {
                    Self::$Variant(fields)
                }
            }
        )*
    };
}
pub(in crate::protocol) use tagged;
