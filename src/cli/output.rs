//! Where answers go: standard output, for people or as JSON.

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

use super::style::{Choice, Paint};
use crate::base::text::{is_unseen, turns};
use crate::protocol::encode;
use crate::protocol::typed::Reply;

/// Standard output, and in which form it is wanted.
#[derive(Debug)]
pub struct Output {
    json: bool,
    paint: Paint,
    columns: Option<u16>,
}

impl Output {
    /// Looks at standard output.
    pub fn new(json: bool, color: Choice) -> Self {
        let columns = rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| size.ws_col);
        let columns = columns.filter(|columns| *columns > 0 && io::stdout().is_terminal());
        Self { json, paint: Paint::of(color, &io::stdout()), columns }
    }

    /// Whether JSON is wanted.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// The colours.
    pub fn paint(&self) -> Paint {
        self.paint
    }

    /// Columns of the terminal; `None` where there is none and lines may be as long as they like.
    pub fn columns(&self) -> Option<u16> {
        self.columns
    }

    /// Shows an answer: as one line of JSON, or as `text` makes words of it. Words that are empty are not said.
    pub fn answer<R: Into<Reply> + Clone>(&self, reply: &R, text: impl FnOnce(&R) -> String) -> io::Result<()> {
        if self.json {
            let mut line = Vec::new();
            encode(&reply.clone().into(), &mut line);
            return self.bytes(&line);
        }
        self.text(&text(reply))
    }

    /// Prints text, and ends its last line where it does not do so itself.
    pub fn text(&self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.bytes(text.as_bytes())?;
        if text.ends_with('\n') { Ok(()) } else { self.bytes(b"\n") }
    }

    /// Prints a line of JSON.
    pub fn json(&self, value: &Value) -> io::Result<()> {
        self.text(&value.to_string())
    }

    /// Prints a line as the wire has it, now. It comes without its end.
    pub fn line(&self, line: &[u8]) -> io::Result<()> {
        self.bytes(&[line, b"\n"].concat())
    }

    /// Prints bytes as they are, now: a reader at the other end of a pipe waits for them.
    pub fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()
    }
}

/// A time in the largest unit that fits: `5s`, `12m`, `3h`, `4d`.
pub fn short_time(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A path or a name as it is, but for what would not be shown: that is written out, so that two that differ look different.
pub fn visible(text: &str) -> String {
    let shown = |c: char| if is_unseen(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}

/// Text that somebody else wrote, fit for one cell of a table: one line, nothing that moves the cursor or turns the rest of
/// the line round.
pub fn one_line(text: &str) -> String {
    let visible: String =
        text.chars().filter(|c| !sets_direction(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The marks that set the direction of the text behind them, which may be somebody else's cell; also the two that belong to words of
/// some languages, since a cell is too short to tell.
fn sets_direction(c: char) -> bool {
    turns(c) || matches!(c, '\u{200e}' | '\u{200f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_times() {
        for (seconds, expected) in
            [(0, "0s"), (59, "59s"), (60, "1m"), (3_599, "59m"), (3_600, "1h"), (86_399, "23h"), (400_000, "4d")]
        {
            assert_eq!(short_time(seconds), expected);
        }
    }

    #[test]
    fn foreign_text_stays_in_its_cell() {
        assert_eq!(one_line("fix\tthe \x1b[31mbug\r\n\nplease "), "fix the [31mbug please");
        assert_eq!(one_line("日本 語"), "日本 語");
        assert_eq!(visible("/a b/日本\n\u{202e}x\x1b"), "/a b/日本\\n\\u{202e}x\\u{1b}");
        assert_eq!(one_line("a\u{202e}b\u{2066}c שלום"), "abc שלום");
    }
}
