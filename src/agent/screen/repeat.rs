//! Keeps REP (`CSI n b`, "print that character n times more") from costing more than it shows.
//!
//! Eight bytes can ask for 65,535 characters: a kilobyte of them held the daemon up for 60 ms. What is printed more often than there
//! are cells leaves the same picture as what fills them all once, so larger numbers are made smaller by whole rows. The
//! number itself may be in the hands of the terminal already, since output is cut anywhere; then the sequence is cancelled at its
//! last byte and said again.

use memchr::memchr2;

/// After so many cells in one go, a program does not draw but attacks: then only the cursor's column is kept right.
const MOST_CELLS: usize = 64 << 10;

/// Where in a control sequence the output is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Repeat {
    #[default]
    Text,
    Escape,
    /// In `CSI`, with its first number so far.
    Number(usize),
    /// In `CSI`, behind its first number.
    Behind(usize),
    /// In a `CSI` that is no REP whatever its end.
    Other,
}

/// Size of the screen and what has been repeated on it in this go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cells {
    cols: usize,
    rows: usize,
    repeated: usize,
}

impl Cells {
    /// Nothing repeated yet.
    pub fn new((cols, rows): (usize, usize)) -> Self {
        Self { cols: cols.max(1), rows, repeated: 0 }
    }

    /// How often to print instead of `count` times for the same picture.
    fn enough(&mut self, count: usize) -> usize {
        let all = if self.repeated > MOST_CELLS { 0 } else { self.cols * (self.rows + 1) };
        // By whole rows, also of characters that take two cells.
        let wide = (self.cols / 2).max(1);
        let whole = if self.cols.is_multiple_of(wide) { self.cols } else { self.cols * wide };
        let enough = if count > all { all + (count - all) % whole } else { count };
        self.repeated += enough;
        enough
    }
}

impl Repeat {
    /// Gives `text` to `print`, with smaller numbers where they are too large.
    pub fn feed(&mut self, text: &str, cells: &mut Cells, mut print: impl FnMut(&str)) {
        let (mut printed, mut at) = (0, 0);
        let bytes = text.as_bytes();
        while at < bytes.len() {
            if *self == Self::Text {
                // 8-bit CSI is C2 9B in UTF-8.
                let Some(next) = memchr2(0x1b, 0xc2, &bytes[at..]) else { break };
                at += next;
            }
            let (byte, before) = (bytes[at], *self);
            *self = match (before, byte) {
                (_, 0x1b) => Self::Escape,
                (_, 0xc2) if bytes.get(at + 1) == Some(&0x9b) => {
                    at += 1;
                    Self::Number(0)
                }
                (Self::Text, _) => Self::Text,
                (Self::Escape, b'[') => Self::Number(0),
                (_, 0x18 | 0x1a) | (Self::Escape, _) => Self::Text,
                // Carried out where it stands.
                (_, 0..0x18 | 0x19 | 0x1c..0x20) => before,
                (Self::Number(number), b'0'..=b'9') => {
                    Self::Number(number.saturating_mul(10).saturating_add(usize::from(byte - b'0')))
                }
                (Self::Number(number) | Self::Behind(number), b';' | b':') => Self::Behind(number),
                (Self::Behind(number), b'0'..=b'9') => Self::Behind(number),
                (Self::Number(number) | Self::Behind(number), b'b') => {
                    // As far as the terminal counts.
                    let number = number.clamp(1, usize::from(u16::MAX));
                    let enough = cells.enough(number);
                    if enough != number {
                        print(&text[printed..at]);
                        // A sequence that is cancelled leaves nothing. Not at all is not once: 0 would count as 1.
                        print("\x18");
                        if enough > 0 {
                            print(&format!("\x1b[{enough}b"));
                        }
                        printed = at + 1;
                    }
                    Self::Text
                }
                (_, 0x40..=0x7e) => Self::Text,
                _ => Self::Other,
            };
            at += 1;
        }
        print(&text[printed..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use avt::Terminal;
    use proptest::prelude::*;

    fn fed(pieces: &[&str]) -> String {
        let (mut repeat, mut out) = (Repeat::default(), String::new());
        let mut cells = Cells::new((10, 3));
        for piece in pieces {
            repeat.feed(piece, &mut cells, |text| out.push_str(text));
        }
        out
    }

    #[test]
    fn only_what_is_too_much_is_said_again() {
        let same = ["", "x\x1b[b", "x\x1b[40b", "\x1b[?65535b", "\x1b[65535c", "\x1b]65535b", "65535b", "\u{e9}65535b"];
        for text in same {
            assert_eq!(fed(&[text]), text);
        }
        assert_eq!(fed(&["x\x1b[123by"]), "x\x1b[123\x18\x1b[43by");
        assert_eq!(fed(&["x\u{9b}123;7by"]), "x\u{9b}123;7\x18\x1b[43by");
        // Cut anywhere.
        assert_eq!(fed(&["x\x1b", "[1", "2\r3", "b", "y"]), "x\x1b[12\r3\x18\x1b[43by");
        assert_eq!(fed(&["\x1b[99999\x18b"]), "\x1b[99999\x18b");
    }

    #[test]
    fn an_attack_costs_little() {
        let attack = "x\x1b[65535b".repeat(2000);
        let (mut repeat, mut cells) = (Repeat::default(), Cells::new((80, 24)));
        repeat.feed(&attack, &mut cells, |_| {});
        assert!(cells.repeated < 2 * MOST_CELLS + 2000 * 80, "{} cells", cells.repeated);
    }

    proptest! {
        #[test]
        fn the_picture_is_the_same(
            (cols, rows) in (1..20_usize, 1..6_usize),
            parts in prop::collection::vec(prop_oneof![
                "[a-z ]{0,12}", "[日本]{0,3}", "\r?\n?", (0..2000_usize).prop_map(|count| format!("\x1b[{count}b")),
                (1..6_usize, 1..20_usize).prop_map(|(row, col)| format!("\x1b[{row};{col}H")), Just("\x1b[?7l".to_owned()),
            ], 0..10),
        ) {
            let mut plain = Terminal::with_scrollback(cols, rows, Some(0)).unwrap();
            let mut clamped = Terminal::with_scrollback(cols, rows, Some(0)).unwrap();
            let mut repeat = Repeat::default();
            for part in &parts {
                plain.feed(part.as_str());
                repeat.feed(part, &mut Cells::new((cols, rows)), |text| clamped.feed(text));
            }
            let lines = |terminal: &Terminal| terminal.screen().visible_lines().map(avt::Line::text).collect::<Vec<_>>();
            prop_assert_eq!(lines(&plain), lines(&clamped));
            prop_assert_eq!((plain.cursor().col, plain.cursor().row), (clamped.cursor().col, clamped.cursor().row));
        }
    }
}
