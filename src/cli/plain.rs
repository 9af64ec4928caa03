//! What a program printed, as text that can be read, searched and piped: escape sequences taken out.
//!
//! This is no terminal. A program that draws at positions gives fragments, one a line; `capture` is for such.

use vte::{Params, Parser, Perform};

/// Takes bytes as they come and gives text.
pub struct Plain {
    parser: Parser,
    text: Text,
}

struct Text {
    out: String,
    /// Colours stay.
    colors: bool,
    /// Something stands in the current line.
    begun: bool,
    /// The cursor went back to its start.
    returned: bool,
}

impl Plain {
    /// With colours left in, or without.
    pub fn new(colors: bool) -> Self {
        Self { parser: Parser::new(), text: Text { out: String::new(), colors, begun: false, returned: false } }
    }

    /// The text of these bytes. A character or sequence that is cut at their end comes with the next.
    pub fn take(&mut self, bytes: &[u8]) -> String {
        self.parser.advance(&mut self.text, bytes);
        std::mem::take(&mut self.text.out)
    }
}

impl Text {
    fn push(&mut self, c: char) {
        // Before a newline, `\r` is part of it. Alone it is a program that writes its line anew: each version is a line.
        if std::mem::take(&mut self.returned) && c != '\n' {
            self.elsewhere();
        }
        self.begun = c != '\n';
        self.out.push(c);
    }

    /// The program goes on elsewhere on the screen. What it writes there is no continuation of this line.
    fn elsewhere(&mut self) {
        if self.begun {
            self.push('\n');
        }
    }
}

impl Perform for Text {
    fn print(&mut self, c: char) {
        self.push(c);
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\n' => self.push('\n'),
            b'\t' => self.push('\t'),
            b'\r' => self.returned = true,
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, params: &Params, _: &[u8], _: bool, action: char) {
        let first = params.iter().next().and_then(|param| param.first().copied()).unwrap_or(0);
        match action {
            'm' if self.colors => self.out.push_str(&sgr(params)),
            // Some programs step over blanks instead of printing them.
            'C' => (0..first.clamp(1, 500)).for_each(|_| self.push(' ')),
            'A' | 'B' | 'E' | 'F' | 'G' | 'H' | 'd' | 'f' => self.elsewhere(),
            _ => {}
        }
    }
}

/// A colour sequence as it was.
fn sgr(params: &Params) -> String {
    let params: Vec<String> =
        params.iter().map(|param| param.iter().map(u16::to_string).collect::<Vec<_>>().join(":")).collect();
    format!("\x1b[{}m", params.join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        assert_eq!(Plain::new(false).take(input.as_bytes()), expected, "{input:?}");
        let mut plain = Plain::new(false);
        let by_byte: String = input.bytes().map(|byte| plain.take(&[byte])).collect();
        assert_eq!(by_byte, expected, "{input:?} byte by byte");
    }

    #[test]
    fn text_stays_and_the_rest_goes() {
        check("one\r\ntwo\n", "one\ntwo\n");
        check("\x1b[1;32mgreen\x1b[0m plain", "green plain");
        check("\x1b]0;title\x07text\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "textlink");
        check("10%\r20%\r\n", "10%\n20%\n");
        check("\x1b[?2004h$ ls\r\r\n", "$ ls\n");
        check("a\x1b[3Cb", "a   b");
        check("top\x1b[5;1Hbelow\x1b[H\x1b[2J", "top\nbelow\n");
        check("日本 \u{1f600}é", "日本 \u{1f600}é");
        check("a\tb\x07\x08", "a\tb");
    }

    #[test]
    fn colours_can_stay() {
        let mut plain = Plain::new(true);
        assert_eq!(plain.take(b"\x1b[38;5;9mx\x1b[m\x1b[2K"), "\x1b[38;5;9mx\x1b[0m");
        assert_eq!(plain.take(b"\x1b[4:3mx"), "\x1b[4:3mx");
    }
}
