//! Values to lines.

use serde::Serialize;

use super::error::{Code, Dialect, WireError};

/// Appends `value` as one line, newline included.
///
/// Total on purpose: a value that cannot be written is a bug of ours (a map with keys that are no strings), and a
/// client that waits for an answer is better served by an `INTERNAL_ERROR` line than by a handler that has to
/// decide what to do about it.
pub fn encode<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let start = out.len();
    if let Err(error) = serde_json::to_writer(&mut *out, value) {
        out.truncate(start);
        let message = format!("a reply could not be written: {error}");
        // Ends: the error's own line is built of strings only.
        WireError::new(Code::InternalError, message).encode(Dialect::Either, out);
        return;
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_value_that_cannot_be_written_becomes_an_error_line() {
        let mut out = b"before\n".to_vec();
        encode(&BTreeMap::from([(Some(1.5f64.to_bits()), 1)]), &mut out);
        encode(&BTreeMap::from([((1, 2), 1)]), &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("before\n"), "{text}");
        assert!(text.contains("INTERNAL_ERROR"), "{text}");
        assert!(text.ends_with("}\n"), "{text}");
    }
}
