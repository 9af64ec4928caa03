//! What a shell with hooks has made of its variables, undone for a process that is to outlive it.
//!
//! Whoever starts the daemon may do so at a prompt where `prod` holds. Its variables are that prompt's: handed on to the daemon, every
//! agent of every project would have them for ever. The shell tells in `PINTLE_UNDO` which they are and what was there before:
//! `NAME=OURS␟+THEIRS␞`, or `NAME=OURS␟-␞` where there was nothing.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// The variable that tells.
pub const VARIABLE: &str = "PINTLE_UNDO";
const BETWEEN: u8 = 0x1f;
const END: u8 = 0x1e;

/// The variables to be set, or to be taken away, so that they are as the user had them. One that has another value by now than the
/// shell has given it is somebody else's and stays.
pub fn undo(told: &OsStr, value: impl Fn(&OsStr) -> Option<OsString>) -> Vec<(OsString, Option<OsString>)> {
    let entries = told.as_bytes().split(|byte| *byte == END);
    let entry = |entry: &[u8]| {
        let (name, rest) = split_at(entry, b'=')?;
        let (ours, theirs) = split_at(rest, BETWEEN)?;
        let name = OsStr::from_bytes(name);
        let is_ours = !name.is_empty() && value(name).is_some_and(|value| value.as_bytes() == ours);
        is_ours.then(|| (name.to_owned(), theirs.strip_prefix(b"+").map(|theirs| OsStr::from_bytes(theirs).to_owned())))
    };
    entries.filter_map(entry).collect()
}

fn split_at(bytes: &[u8], mark: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == mark)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_to_what_the_user_had() {
        let value = |name: &OsStr| (name != "GONE").then(|| OsString::from("ours=1"));
        let undone = |told: &str| {
            let text = |text: OsString| text.into_string().unwrap();
            let undone = undo(OsStr::new(told), value);
            undone.into_iter().map(|(name, theirs)| (text(name), theirs.map(text))).collect::<Vec<_>>()
        };
        assert_eq!(
            undone("A=ours=1\u{1f}+\u{1e}B=ours=1\u{1f}-\u{1e}"),
            [("A".to_owned(), Some(String::new())), ("B".to_owned(), None)]
        );
        for others in ["", "A=theirs\u{1f}-\u{1e}", "GONE=\u{1f}-\u{1e}", "A", "A=ours=1", "=ours=1\u{1f}-\u{1e}"] {
            assert_eq!(undone(others), [], "{others}");
        }
    }
}
