//! The key that lets go of an agent, found in what the keyboard sends.

use std::str::FromStr;

use crate::cli::keys::control;

/// A key with Ctrl, or none at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetachKey(Option<Control>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Control {
    /// What a terminal sends for it.
    byte: u8,
    /// The key without Ctrl, as terminals number it that a program has asked to tell all keys apart.
    code: u32,
}

impl FromStr for DetachKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("none") {
            return Ok(Self(None));
        }
        let rest = text.strip_prefix("C-").or_else(|| text.strip_prefix("c-")).or_else(|| text.strip_prefix('^'));
        let mut key = rest.unwrap_or_default().chars();
        match (key.next(), key.next()) {
            (Some(key), None) if let Some(byte) = control(key) => {
                Ok(Self(Some(Control { byte, code: u32::from(key.to_ascii_lowercase()) })))
            }
            _ => Err("a detach key is Ctrl and a character, like C-\\ or C-q, or `none`".to_owned()),
        }
    }
}

impl DetachKey {
    /// Where in `input` the key begins. What stands before it was typed first.
    pub fn find(self, input: &[u8]) -> Option<usize> {
        let key = self.0?;
        let escapes = memchr::memchr_iter(0x1b, input).find(|&at| key.is_spelt_at(&input[at..]));
        let plain = memchr::memchr(key.byte, input);
        match (plain, escapes) {
            (Some(plain), Some(escape)) => Some(plain.min(escape)),
            (plain, escape) => plain.or(escape),
        }
    }
}

impl Control {
    /// Whether a sequence for this key begins here: `ESC [ code ; modifiers u` (kitty's protocol, which Claude Code
    /// switches on) or `ESC [ 27 ; modifiers ; code ~` (xterm's).
    fn is_spelt_at(self, input: &[u8]) -> bool {
        let Some(rest) = input.strip_prefix(b"\x1b[") else { return false };
        let Some(end) = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b':')) else { return false };
        let Ok(parameters) = std::str::from_utf8(&rest[..end]) else { return false };
        let parameters: Vec<&str> = parameters.split(';').collect();
        let number = |text: &str| text.split(':').next().and_then(|text| text.parse::<u32>().ok());
        let (code, modifiers) = match (rest[end], parameters.as_slice()) {
            (b'u', [code, modifiers, ..]) => (number(code), modifiers),
            (b'~', ["27", modifiers, code]) => (number(code), modifiers),
            _ => return false,
        };
        let released = modifiers.split(':').nth(1) == Some("3");
        code == Some(self.code) && number(modifiers).is_some_and(is_ctrl_alone) && !released
    }
}

/// Ctrl, and neither Shift, Alt nor Super. The lock keys do not count.
fn is_ctrl_alone(modifiers: u32) -> bool {
    const LOCKS: u32 = 64 | 128;
    modifiers.checked_sub(1).is_some_and(|bits| bits & !LOCKS == 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_in_every_spelling() {
        fn check(key: &str, input: &str, expected: Option<usize>) {
            let key: DetachKey = key.parse().unwrap();
            assert_eq!(key.find(input.as_bytes()), expected, "{input:?}");
        }
        check("C-\\", "", None);
        check("C-\\", "abc", None);
        check("C-\\", "ab\x1c", Some(2));
        check("C-\\", "\x1b[92;5u", Some(0));
        check("C-\\", "x\x1b[92;5:1u", Some(1));
        check("C-\\", "\x1b[92;69u", Some(0)); // Caps Lock
        check("C-\\", "\x1b[92;5:3u", None); // let go of
        check("C-\\", "\x1b[92;6u", None); // Shift too
        check("C-\\", "\x1b[92u", None);
        check("C-\\", "\x1b[91;5u", None);
        check("C-\\", "\x1b[27;5;92~", Some(0));
        check("C-\\", "\x1b[A\x1b[27;5;92~\x1c", Some(3));
        check("C-\\", "\x1b[92;5", None);
        check("C-q", "\x11", Some(0));
        check("^Q", "\x1b[113;5u", Some(0));
        check("c-]", "\x1d", Some(0));
        check("none", "\x1c", None);
    }

    #[test]
    fn what_is_no_detach_key() {
        for text in ["", "C-", "q", "C-qq", "M-q", "C-é", "Enter"] {
            assert!(text.parse::<DetachKey>().is_err(), "{text}");
        }
    }
}
