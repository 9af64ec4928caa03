//! What the keyboard sends, as keys. Pure: bytes in, keys out, a sequence that is cut goes on with the next bytes.
//!
//! Not crossterm's reader: it reads the terminal behind our back and blocks inside half a sequence, where neither a signal nor
//! the daemon is heard, and it spins when the terminal is gone. Here one loop reads, as in attach, and the
//! parser is the one that the rest of pintle uses.

use vte::{Params, Parser, Perform};

/// A key that means something to what is drawn on a whole screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A character that is typed, or that is pasted: what is pasted never presses a key.
    Char(char),
    /// Ctrl and a lower-case letter.
    Ctrl(char),
    /// Enter.
    Enter,
    /// Escape, alone.
    Escape,
    /// Backspace.
    Backspace,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first.
    Home,
    /// To the last.
    End,
}

/// Makes keys of bytes.
pub struct Keyboard {
    parser: Parser,
    heard: Heard,
    /// The beginning of a character whose end has not come yet. The parser would keep it as well, but vte 0.15 loses what stands
    /// between such a character and the next one that is cut.
    cut: Vec<u8>,
}

#[derive(Default)]
struct Heard {
    keys: Vec<Key>,
    /// Between the marks of a bracketed paste.
    pasting: bool,
    /// `ESC O` came: the next character names a key.
    single_shift: bool,
}

impl Keyboard {
    /// Nothing heard so far.
    pub fn new() -> Self {
        Self { parser: Parser::new(), heard: Heard::default(), cut: Vec::new() }
    }

    /// The keys in what was read at once.
    ///
    /// An ESC at the end of a read is the key: terminals send their sequences whole, and a person who presses Escape must not
    /// wait for a second key.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Key> {
        let mut input = std::mem::take(&mut self.cut);
        input.extend_from_slice(bytes);
        self.cut = input.split_off(input.len() - unfinished(&input));
        let bytes = input.as_slice();
        let whole = bytes.iter().rposition(|byte| *byte != 0x1b).map_or(0, |last| last + 1);
        self.parser.advance(&mut self.heard, &bytes[..whole]);
        if self.heard.pasting {
            self.parser.advance(&mut self.heard, &bytes[whole..]);
        } else {
            self.heard.keys.extend(bytes[whole..].iter().map(|_| Key::Escape));
        }
        std::mem::take(&mut self.heard.keys)
    }
}

impl Perform for Heard {
    fn print(&mut self, c: char) {
        let named = std::mem::take(&mut self.single_shift).then(|| lettered(c)).flatten();
        match (named, c) {
            (Some(key), _) => self.keys.push(key),
            (None, '\x7f') => self.execute(0x7f),
            (None, c) => self.keys.push(Key::Char(c)),
        }
    }

    fn execute(&mut self, byte: u8) {
        self.keys.extend(match byte {
            // A newline in what is pasted is no Enter, and a control character no command.
            _ if self.pasting => Some(Key::Char(' ')),
            b'\r' | b'\n' => Some(Key::Enter),
            0x7f | 0x08 => Some(Key::Backspace),
            1..=26 => Some(Key::Ctrl(char::from(byte - 1 + b'a'))),
            _ => None,
        });
    }

    fn csi_dispatch(&mut self, params: &Params, _: &[u8], _: bool, action: char) {
        let first = params.iter().next().and_then(|param| param.first().copied()).unwrap_or_default();
        match (action, first) {
            ('~', 200) => self.pasting = true,
            ('~', 201) => self.pasting = false,
            _ if self.pasting => {}
            ('~', number) => self.keys.extend(numbered(number)),
            (letter, _) => self.keys.extend(lettered(letter)),
        }
    }

    fn esc_dispatch(&mut self, _: &[u8], _: bool, byte: u8) {
        self.single_shift = byte == b'O' && !self.pasting;
    }
}

/// How many bytes at the end begin a character in UTF-8 that goes on.
fn unfinished(bytes: &[u8]) -> usize {
    let mut last = bytes.iter().rev().zip(1..=3);
    let lead = last.find(|(byte, _)| **byte & 0xc0 != 0x80);
    lead.filter(|(byte, have)| *have < character_length(**byte)).map_or(0, |(_, have)| have)
}

fn character_length(lead: u8) -> usize {
    match lead {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    }
}

fn lettered(letter: char) -> Option<Key> {
    match letter {
        'A' => Some(Key::Up),
        'B' => Some(Key::Down),
        'H' => Some(Key::Home),
        'F' => Some(Key::End),
        'M' => Some(Key::Enter),
        _ => None,
    }
}

fn numbered(number: u16) -> Option<Key> {
    match number {
        1 | 7 => Some(Key::Home),
        4 | 8 => Some(Key::End),
        5 => Some(Key::PageUp),
        6 => Some(Key::PageDown),
        _ => None,
    }
}

#[cfg(test)]
#[path = "keyboard_tests.rs"]
mod tests;
