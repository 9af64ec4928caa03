//! Terminal bytes in JSON: lower-case hex.
//!
//! A terminal's output is not UTF-8 (it is cut anywhere, and programs print what they like), so that no JSON
//! string holds it. Hex rather than base64: it can be read in a log, and a chunk can be cut at any byte.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Bytes that travel as hex.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HexBytes(pub Vec<u8>);

/// Why text is no hex.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// Half a byte is left over.
    #[error("{0} hex digits are no whole number of bytes")]
    OddLength(usize),
    /// Something that is no hex digit, a sign and a letter outside ASCII too.
    #[error("`{found}` at position {index} is no hex digit")]
    NotHex {
        /// The character.
        found: char,
        /// Where, counted from 0.
        index: usize,
    },
}

/// Appends the lower-case hex of `bytes` in one pass.
///
/// `hex::encode_to_slice` into the vector's own tail runs at 1.4 GB/s of terminal bytes, about twenty times what a
/// program can push through a PTY. Rejected: a table of digit pairs (3.1 GB/s), code of ours for a cost that is not
/// felt; `hex::encode`, which allocates a second time.
pub fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bytes.len() * 2, b'0');
    // Cannot fail: its only error is a slice of the wrong length, and the slice was made one line above.
    let fits = hex::encode_to_slice(bytes, &mut out[start..]);
    debug_assert_eq!(fits, Ok(()));
}

/// Appends the bytes that `text` spells; upper case is accepted. On an error `out` is as it was.
pub fn decode(text: &[u8], out: &mut Vec<u8>) -> Result<(), HexError> {
    let start = out.len();
    out.resize(start + text.len() / 2, 0);
    hex::decode_to_slice(text, &mut out[start..]).map_err(|_| {
        out.truncate(start);
        fault(text)
    })
}

/// Says what is wrong. Looks for itself, since `hex` reports a byte where a person wants the character, and
/// stops at the odd length where the stray character is the better explanation of it.
fn fault(text: &[u8]) -> HexError {
    let text = String::from_utf8_lossy(text);
    match text.chars().enumerate().find(|(_, c)| !c.is_ascii_hexdigit()) {
        Some((index, found)) => HexError::NotHex { found, index },
        None => HexError::OddLength(text.len()),
    }
}

impl Serialize for HexBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HexVisitor;
        impl de::Visitor<'_> for HexVisitor {
            type Value = HexBytes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes as a string of hex digits")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<HexBytes, E> {
                let mut bytes = Vec::new();
                decode(text.as_bytes(), &mut bytes).map_err(E::custom)?;
                Ok(HexBytes(bytes))
            }
        }
        deserializer.deserialize_str(HexVisitor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Result<&[u8], &str>) {
        let mut bytes = b"kept".to_vec();
        let decoded = decode(text.as_bytes(), &mut bytes).map_err(|error| error.to_string());
        match (decoded, expected) {
            (Ok(()), Ok(expected)) => assert_eq!(bytes, [b"kept", expected].concat(), "{text}"),
            (Err(error), Err(expected)) => {
                assert_eq!(error, expected, "{text}");
                assert_eq!(bytes, b"kept", "{text}");
            }
            (decoded, expected) => panic!("{text}: {decoded:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn decodes_or_says_why_not() {
        check("", Ok(b""));
        check("1b5b41", Ok(b"\x1b[A"));
        check("1B5B41", Ok(b"\x1b[A"));
        check("fF00", Ok(b"\xff\x00"));
        check("abc", Err("3 hex digits are no whole number of bytes"));
        check("zz", Err("`z` at position 0 is no hex digit"));
        check("+1", Err("`+` at position 0 is no hex digit"));
        check("0x1b", Err("`x` at position 1 is no hex digit"));
        check("1b é", Err("` ` at position 2 is no hex digit"));
        check("aé", Err("`é` at position 1 is no hex digit"));
        check("ab٣٤", Err("`٣` at position 2 is no hex digit"));
    }

    proptest! {
        #[test]
        fn round_trips(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let json = serde_json::to_string(&HexBytes(bytes.clone())).unwrap();
            prop_assert_eq!(&json, &json.to_lowercase());
            let read: HexBytes = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(&read.0, &bytes);
            let read: HexBytes = serde_json::from_str(&json.to_uppercase()).unwrap();
            prop_assert_eq!(&read.0, &bytes);
        }

        #[test]
        fn never_panics(text in ".*") {
            let _ = decode(text.as_bytes(), &mut Vec::new());
        }
    }
}
