//! Names of keys, as tmux has them, to the bytes that a terminal sends for them.

use super::failure::Usage;
use crate::base::near::near;

/// Keys that send one thing whatever is held with them, but for Alt, which puts an escape in front.
const PLAIN: &[(&str, &str)] =
    &[("Enter", "\r"), ("Tab", "\t"), ("BTab", "\x1b[Z"), ("Escape", "\x1b"), ("Space", " "), ("BSpace", "\x7f")];

/// Keys that send `ESC [ letter`, and `ESC [ 1 ; modifier letter` with something held.
const LETTERED: &[(&str, char)] =
    &[("Up", 'A'), ("Down", 'B'), ("Right", 'C'), ("Left", 'D'), ("Home", 'H'), ("End", 'F')];

/// Keys that send `ESC [ number ~`, and `ESC [ number ; modifier ~` with something held.
const NUMBERED: &[(&str, u8)] = &[
    ("Insert", 2),
    ("Delete", 3),
    ("PageUp", 5),
    ("PageDown", 6),
    ("F5", 15),
    ("F6", 17),
    ("F7", 18),
    ("F8", 19),
    ("F9", 20),
    ("F10", 21),
    ("F11", 23),
    ("F12", 24),
];

/// The first four function keys are older than the rest: `ESC O letter`, modified like the lettered ones.
const FUNCTION: &[(&str, char)] = &[("F1", 'P'), ("F2", 'Q'), ("F3", 'R'), ("F4", 'S')];

/// Other names in use for the same keys.
const ALIASES: &[(&str, &str)] = &[
    ("IC", "Insert"),
    ("DC", "Delete"),
    ("PPage", "PageUp"),
    ("PgUp", "PageUp"),
    ("NPage", "PageDown"),
    ("PgDn", "PageDown"),
    ("Return", "Enter"),
    ("Esc", "Escape"),
    ("Backspace", "BSpace"),
];

/// What is held with a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Held {
    shift: bool,
    alt: bool,
    ctrl: bool,
}

impl Held {
    /// xterm's number for it: 1 for nothing.
    fn number(self) -> u8 {
        1 + u8::from(self.shift) + 2 * u8::from(self.alt) + 4 * u8::from(self.ctrl)
    }
}

/// The bytes of one key: `C-c`, `M-x`, `S-Up`, `Enter`, `a`.
pub fn bytes(name: &str) -> Result<Vec<u8>, Usage> {
    let (held, key) = held(name);
    let key = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(key)).map_or(key, |(_, key)| key);
    named(held, key).or_else(|| character(held, key)).ok_or_else(|| unknown(name))
}

/// Takes `C-`, `M-` and `S-` (and `^`) off the front of a name. A lone `-` or `^` is a key of its own.
fn held(name: &str) -> (Held, &str) {
    let (mut held, mut key) = (Held::default(), name);
    loop {
        let (flag, rest) = match key.as_bytes() {
            [b'C' | b'c', b'-', _, ..] => (&mut held.ctrl, &key[2..]),
            [b'M' | b'm', b'-', _, ..] => (&mut held.alt, &key[2..]),
            [b'S' | b's', b'-', _, ..] => (&mut held.shift, &key[2..]),
            [b'^', _, ..] => (&mut held.ctrl, &key[1..]),
            _ => return (held, key),
        };
        *flag = true;
        key = rest;
    }
}

fn named(held: Held, key: &str) -> Option<Vec<u8>> {
    fn find<T: Copy>(table: &[(&str, T)], key: &str) -> Option<T> {
        table.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| *value)
    }
    let modifier = held.number();
    let lettered = |letter| match modifier {
        1 => format!("\x1b[{letter}"),
        _ => format!("\x1b[1;{modifier}{letter}"),
    };
    let text = if let Some(letter) = find(LETTERED, key) {
        lettered(letter)
    } else if let Some(letter) = find(FUNCTION, key) {
        if modifier == 1 { format!("\x1bO{letter}") } else { lettered(letter) }
    } else if let Some(number) = find(NUMBERED, key) {
        if modifier == 1 { format!("\x1b[{number}~") } else { format!("\x1b[{number};{modifier}~") }
    } else {
        let text = match (key.to_ascii_lowercase().as_str(), held) {
            ("tab", Held { shift: true, .. }) => "\x1b[Z",
            ("space", Held { ctrl: true, .. }) => "\0",
            _ => find(PLAIN, key)?,
        };
        format!("{}{text}", if held.alt { "\x1b" } else { "" })
    };
    Some(text.into_bytes())
}

/// A key that is a character.
fn character(held: Held, key: &str) -> Option<Vec<u8>> {
    let mut characters = key.chars();
    let (character, None) = (characters.next()?, characters.next()) else { return None };
    let character = if held.shift { character.to_ascii_uppercase() } else { character };
    let mut bytes = if held.alt { vec![0x1b] } else { Vec::new() };
    if held.ctrl {
        bytes.push(control(character)?);
    } else {
        bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Some(bytes)
}

/// The byte that Ctrl makes of a character; `None` where a terminal has none.
pub fn control(character: char) -> Option<u8> {
    match character {
        '@'..='_' | 'a'..='z' => Some(character as u8 & 0x1f),
        ' ' | '2' => Some(0),
        '?' => Some(0x7f),
        '/' => Some(0x1f),
        _ => None,
    }
}

fn unknown(name: &str) -> Usage {
    let names = PLAIN.iter().map(|(name, _)| *name).chain(LETTERED.iter().map(|(name, _)| *name));
    let names = names.chain(NUMBERED.iter().map(|(name, _)| *name)).chain(ALIASES.iter().map(|(name, _)| *name));
    let usage = Usage::new(format!("no key is called `{name}`"));
    match near(held(name).1, names).as_slice() {
        [] => {
            usage.with_hint("keys are single characters and names like Enter, C-c, M-x, Up; text goes without --keys")
        }
        close => usage.with_hint(format!("did you mean: {}?", close.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_to_bytes() {
        fn check(name: &str, expected: &str) {
            assert_eq!(bytes(name).unwrap(), expected.as_bytes(), "{name}");
        }
        check("a", "a");
        check("-", "-");
        check("^", "^");
        check("é", "é");
        check("Enter", "\r");
        check("enter", "\r");
        check("Escape", "\x1b");
        check("Space", " ");
        check("BSpace", "\x7f");
        check("BTab", "\x1b[Z");
        check("S-Tab", "\x1b[Z");
        check("C-c", "\x03");
        check("C-C", "\x03");
        check("^c", "\x03");
        check("C-\\", "\x1c");
        check("C-[", "\x1b");
        check("C-Space", "\0");
        check("C-@", "\0");
        check("C-?", "\x7f");
        check("M-x", "\x1bx");
        check("M-X", "\x1bX");
        check("S-x", "X");
        check("C-M-a", "\x1b\x01");
        check("M-Enter", "\x1b\r");
        check("M--", "\x1b-");
        check("Up", "\x1b[A");
        check("C-Up", "\x1b[1;5A");
        check("S-Left", "\x1b[1;2D");
        check("M-S-End", "\x1b[1;4F");
        check("F1", "\x1bOP");
        check("C-F1", "\x1b[1;5P");
        check("F12", "\x1b[24~");
        check("PgUp", "\x1b[5~");
        check("PPage", "\x1b[5~");
        check("C-DC", "\x1b[3;5~");
    }

    #[test]
    fn names_of_no_key() {
        fn check(name: &str, hint: &str) {
            let error = bytes(name).unwrap_err();
            assert_eq!(error.to_string(), format!("no key is called `{name}`"));
            assert!(format!("{error:?}").contains(hint), "{error:?}");
        }
        check("Entr", "did you mean: Enter, End?");
        check("C-Pagup", "PageUp");
        check("hello", "text goes without --keys");
        check("", "keys are single characters");
        check("C-é", "keys are single characters");
    }
}
