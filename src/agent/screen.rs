//! The rendered screen of an agent: bytes of its output in, what a person would see out.
//!
//! `avt` interprets the sequences; this file decides what is asked of the picture. Repainting it on a
//! real terminal is in [`paint`](crate::agent::paint).

mod flood;
mod repeat;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use avt::{Line, Pen, ScreenKind, Terminal};

use self::repeat::{Cells, Repeat};
use crate::agent::paint::write_pen;

/// Where the cursor stands, counted from 0 at the upper left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Row from the top of the visible screen.
    pub row: u16,
    /// Column from the left; never beyond the last, also while a wrap is pending.
    pub col: u16,
    /// Whether the program lets it be seen.
    pub visible: bool,
}

/// No screen of a person is larger; a cell takes 16 bytes on each of two screens, so a terminal of the largest size that can be
/// asked for would take all memory there is. The program's own terminal has the size that was asked for.
const MOST_COLS: u16 = 1000;
const MOST_ROWS: u16 = 500;

fn shown(cols: u16, rows: u16) -> (usize, usize) {
    (usize::from(cols.clamp(1, MOST_COLS)), usize::from(rows.clamp(1, MOST_ROWS)))
}

/// A terminal without glass. About 66 kB at 80x24, most of it the cells of two screens.
pub struct Screen {
    pub(super) terminal: Terminal,
    /// Bytes of a character whose rest has not come yet; a strict prefix of valid UTF-8.
    pub(super) partial: Vec<u8>,
    keeps_history: bool,
    repeat: Repeat,
}

impl Screen {
    /// A blank screen that remembers no line that scrolled out. A size of 0 counts as 1.
    pub fn new(cols: u16, rows: u16) -> Self {
        Self::with_history(cols, rows, 0)
    }

    /// A blank screen that remembers up to `lines` lines that scrolled out.
    ///
    /// For captures of older lines, rendered again from the log: history costs 16 bytes a cell, so
    /// keeping it for every agent all the time would be megabytes each for what is seldom asked.
    pub fn with_history(cols: u16, rows: u16, lines: usize) -> Self {
        let (cols, rows) = shown(cols, rows);
        let terminal = Terminal::with_scrollback(cols, rows, Some(lines))
            .unwrap_or_else(|error| unreachable!("both are at least 1, all that avt asks for: {error}"));
        Self { terminal, partial: Vec::new(), keeps_history: lines > 0, repeat: Repeat::default() }
    }

    /// Takes the next bytes of output; where they are cut makes no difference. What is not UTF-8
    /// becomes U+FFFD, one for each maximal part of a sequence, as browsers and tmux do it.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut rest = self.complete_partial(bytes);
        if let Some(unseen) = self.unseen(rest) {
            self.feed_all(&rest[..unseen.start]);
            rest = &rest[unseen.end..];
        }
        self.feed_all(rest);
    }

    /// What of a flood need not be rendered, see [`flood`].
    fn unseen(&self, bytes: &[u8]) -> Option<Range<usize>> {
        if self.keeps_history {
            return None;
        }
        let (_, rows) = self.terminal.size();
        flood::unseen(bytes, rows).filter(|_| self.scrolls_as_a_whole())
    }

    fn feed_all(&mut self, mut rest: &[u8]) {
        while let Err(error) = std::str::from_utf8(rest) {
            let (valid, after) = rest.split_at(error.valid_up_to());
            self.feed_valid(valid);
            let Some(invalid) = error.error_len() else {
                self.partial.extend_from_slice(after);
                return;
            };
            self.terminal.feed(char::REPLACEMENT_CHARACTER);
            rest = &after[invalid..];
        }
        self.feed_valid(rest);
    }

    /// Feeds bytes that were just found to be UTF-8.
    fn feed_valid(&mut self, bytes: &[u8]) {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let mut cells = Cells::new(self.terminal.size());
        let terminal = &mut self.terminal;
        // Its history would tell the difference.
        match self.keeps_history {
            true => terminal.feed(text),
            false => self.repeat.feed(text, &mut cells, |text| terminal.feed(text)),
        }
    }

    /// Completes the character that was cut, and returns what follows it.
    fn complete_partial<'a>(&mut self, mut bytes: &'a [u8]) -> &'a [u8] {
        while !self.partial.is_empty() && !bytes.is_empty() {
            self.partial.push(bytes[0]);
            match std::str::from_utf8(&self.partial) {
                Ok(text) => self.terminal.feed(text),
                Err(error) if error.error_len().is_none() => {
                    bytes = &bytes[1..];
                    continue;
                }
                // The prefix was fine, so it is the new byte that does not belong to it.
                Err(_) => {
                    self.terminal.feed(char::REPLACEMENT_CHARACTER);
                    self.partial.clear();
                    return bytes;
                }
            }
            self.partial.clear();
            bytes = &bytes[1..];
        }
        bytes
    }

    /// Changes the size; lines of the primary screen are wrapped anew. A size of 0 counts as 1.
    pub fn resize(&mut self, cols: u16, rows: u16) {
        let (cols, rows) = shown(cols, rows);
        self.terminal.resize(cols, rows);
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        let (cols, rows) = self.terminal.size();
        (narrow(cols), narrow(rows))
    }

    /// Where the cursor stands.
    pub fn cursor(&self) -> Cursor {
        let (cols, _) = self.terminal.size();
        let cursor = self.terminal.cursor();
        Cursor { row: narrow(cursor.row), col: narrow(cursor.col.min(cols - 1)), visible: cursor.visible }
    }

    /// Whether a full-screen program shows its own screen.
    pub fn is_alternate(&self) -> bool {
        self.terminal.active_screen_kind() == ScreenKind::Alternate
    }

    /// Whether arrow keys have to be sent in their application form (`ESC O A`).
    pub fn application_cursor_keys(&self) -> bool {
        self.terminal.cursor_key_app_mode()
    }

    /// The visible lines, without blanks at their ends and without blank lines at the end.
    pub fn text(&self) -> String {
        self.capture(None, None, false)
    }

    /// Lines from `start` to `end`, both included, joined by newlines.
    ///
    /// Negative numbers count from the last line that is not blank: -1 is that line, -10 the tenth
    /// from the end, history included. From 0 on they count from the top of the visible screen, as
    /// in tmux. Without `start` it begins at the top of the screen, without `end` it goes to the last
    /// line that is not blank. What lies outside is cut off.
    ///
    /// With `ansi`, colours and attributes come along as SGR sequences, reset at the end of a line.
    pub fn capture(&self, start: Option<i64>, end: Option<i64>, ansi: bool) -> String {
        let lines: Vec<&Line> = self.terminal.screen().all_lines().collect();
        let top = lines.len() - self.terminal.size().1;
        let used = lines.iter().rposition(|line| !is_blank(line));
        let used = used.map_or(0, |last| last + 1);
        let index = |line: i64| {
            let base = if line < 0 { used } else { top };
            i64::try_from(base).unwrap_or(i64::MAX).saturating_add(line)
        };
        let first = start.map_or(top, |line| usize::try_from(index(line)).unwrap_or(0));
        let after = end.map_or(used, |line| usize::try_from(index(line).saturating_add(1)).unwrap_or(0));
        let shown = lines.get(first..after.min(used)).unwrap_or(&[]);
        let mut text = String::new();
        for (index, line) in shown.iter().enumerate() {
            if index > 0 {
                text.push('\n');
            }
            render(&mut text, line, ansi);
        }
        text
    }

    /// A hash of what is visible that changes when the program gets on, not when it merely lives.
    ///
    /// Left out are blanks, digits and the characters that spinners are made of, so that a turning
    /// spinner, a clock or a counter is no movement. Colours and the cursor are no part of it either.
    /// Comparable within one process only.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for line in self.terminal.screen().visible_lines() {
            for c in line.chars().filter(|c| !is_restless(*c)) {
                c.hash(&mut hasher);
            }
            '\n'.hash(&mut hasher);
        }
        hasher.finish()
    }
}

/// Characters that move while nothing happens: blanks (a counter that grows shifts what follows),
/// digits, and the frames of the spinners that are in use.
fn is_restless(c: char) -> bool {
    c.is_whitespace()
        || c.is_ascii_digit()
        || matches!(c, '|' | '/' | '-' | '\\' | '.' | '*' | '·' | '•' | '…' | '∙')
        || matches!(c,
            '\u{2720}'..='\u{274b}'   // ✢ ✳ ✶ ✻ ✽ and the other stars
            | '\u{2800}'..='\u{28ff}' // braille
            | '◐'..='◓' | '◜'..='◟' | '◢'..='◥' | '◰'..='◷'
            | '▖'..='▟'               // quarter blocks
            | '●' | '○' | '◉' | '◎' | '◯' | '⏺')
}

fn is_blank(line: &Line) -> bool {
    line.cells().iter().all(is_blank_cell)
}

/// A cell without anything to see in it. A coloured background is something to see.
pub(super) fn is_blank_cell(cell: &avt::Cell) -> bool {
    cell.char() == ' ' && cell.width() == 1 && cell.pen().is_default()
}

fn render(out: &mut String, line: &Line, ansi: bool) {
    if !ansi {
        let start = out.len();
        out.extend(line.chars());
        out.truncate(start + out[start..].trim_end().len());
        return;
    }
    let cells = line.cells();
    let used = cells.iter().rposition(|cell| !is_blank_cell(cell));
    let mut pen = Pen::default();
    for cell in &cells[..used.map_or(0, |last| last + 1)] {
        if cell.width() > 0 {
            write_pen(out, &mut pen, cell.pen());
            out.push(cell.char());
        }
    }
    write_pen(out, &mut pen, &Pen::default());
}

/// Sizes come in as `u16` and avt makes nothing larger of them.
fn narrow(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

#[cfg(test)]
#[path = "screen_tests.rs"]
mod tests;
