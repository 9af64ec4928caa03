//! What an environment has made of a process's variables, told to the processes that it starts so that they can undo it.
//!
//! Whoever starts the daemon may do so at a prompt where `prod` holds: handed on, its variables would be every agent's for ever. A script
//! that was started where `prod` held goes on while its pane is brought into another environment: what the new one does not set must
//! not stay what `prod` has set. So a shell with hooks, `pintle run` and the daemon, for agents, tell in `PINTLE_UNDO` what they have set
//! and what was there before: `NAME=OURS␟+THEIRS␞`, or `NAME=OURS␟-␞` where there was nothing.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

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

/// Whether a value can be told of: not with one of the two control characters in it. An environment cannot have such a value, but a rule
/// can make one, and anybody else.
pub fn can_tell(value: &OsStr) -> bool {
    !value.as_bytes().iter().any(|byte| [BETWEEN, END].contains(byte))
}

/// What tells of these variables: the name, the value that was given to it and the one it had. One that cannot be told of is left out, as
/// if it had always been so. What an environment hides is not told either: that would hand on what nobody is to have.
pub fn tell<'a>(set: impl IntoIterator<Item = (&'a OsStr, &'a OsStr, Option<OsString>)>) -> OsString {
    let mut told = Vec::new();
    for (name, ours, theirs) in set {
        if !can_tell(ours) {
            continue;
        }
        told.extend_from_slice(name.as_bytes());
        told.push(b'=');
        told.extend_from_slice(ours.as_bytes());
        told.push(BETWEEN);
        match theirs.filter(|theirs| can_tell(theirs)) {
            Some(theirs) => {
                told.push(b'+');
                told.extend_from_slice(theirs.as_bytes());
            }
            None => told.push(b'-'),
        }
        told.push(END);
    }
    OsString::from_vec(told)
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

    #[test]
    fn what_is_told_is_understood() {
        let (name, odd) = (OsStr::new, OsStr::from_bytes(b"\xff=+-\n"));
        let told = tell([
            (name("A"), odd, Some(OsString::from("x y"))),
            (name("B"), name(""), None),
            (name("C"), name("a\u{1f}b"), None),
            (name("D"), name("d"), Some(OsString::from("\u{1e}"))),
        ]);
        let now = |of: &OsStr| {
            Some([("A", odd), ("B", name("")), ("D", name("d"))].into_iter().find(|(n, _)| of == *n)?.1.into())
        };
        let expected = [("A", Some("x y")), ("B", None), ("D", None)];
        assert_eq!(undo(&told, now), expected.map(|(name, theirs)| (name.into(), theirs.map(OsString::from))));
        assert_eq!(tell([]), "");
    }
}
