//! Showing a screen on a real terminal: what an attaching client gets instead of megabytes of history.
//!
//! The picture is drawn row by row at absolute positions, and the column is set again behind each
//! character on whose width terminals disagree, so that one odd emoji cannot shift a line or, by
//! wrapping early, the rest of the screen. The state beside the picture (margins, tab stops, saved
//! cursors, pending wrap, pen) comes from avt's own dump, which knows the order in which it has to be
//! set. Rejected: writing the dump as it is. It draws by wrapping and line feeds, clears nothing,
//! uses 8-bit controls, and leaves the cursor of the primary screen unsaved for tmux.
//!
//! Nothing here erases the whole screen: tmux would push a copy of it into the pane's history with
//! every repaint. Lines are erased one by one, inside a synchronized update.

use std::fmt::Write;

use avt::parser::{CtcOp, DecMode, Function, Parser, State};
use avt::{Cell, Color, Line, Pen};

use crate::agent::mode::{self, Modes};
use crate::agent::screen::{Screen, is_blank_cell};

/// The terminal in a known state, whatever it was in, its primary screen shown.
const BEGIN: &str = concat!(
    "\x1b[?2026h\x1b[?25l",    // no half-drawn frame, no dancing cursor
    "\x1b[<64u\x1b[?1049l",    // keyboard levels exist once a screen
    "\x1b[?6l\x1b[?69l\x1b[r", // origin, left and right margins, margins
    "\x1b[?7h\x1b[4l\x1b[20l", // wrap; neither insert nor newline mode
    "\x1b[?1;5l",              // normal arrow keys, not reversed
    "\x0f\x1b(B\x1b)B\x1b[m",  // ASCII, plain
);

/// Saves the cursor, as a program that leaves this screen expects, then shows and plains it.
const ENTER_ALTERNATE: &str = "\x1b[?1049h\x1b[m\x1b[<64u";

impl Screen {
    /// Bytes that make a terminal of the same size show this screen and be in the modes that the
    /// program switched on, from whatever state the terminal is in. The program's further output
    /// can follow at once, even from the middle of a sequence or character.
    pub fn paint(&self, modes: &Modes) -> Vec<u8> {
        let mut out = String::with_capacity(16 * 1024);
        out.push_str(BEGIN);
        out.push_str(mode::RESET);
        out.push_str(&modes_text(|out| modes.write_keyboard(false, out)));
        let rows = self.terminal.size().1;
        let primary: Vec<&Line> = self.terminal.primary_screen().visible_lines().collect();
        paint_rows(&mut out, &primary[primary.len() - rows..]);
        let unfinished = self.write_state(&mut out, modes);
        out.push_str(&modes_text(|out| modes.write(out)));
        if self.terminal.cursor().visible {
            out.push_str("\x1b[?25h");
        }
        // A program in the middle of a frame ends it itself; a half-drawn one stays hidden.
        if !modes.synchronized {
            out.push_str("\x1b[?2026l");
        }
        write_unfinished(&mut out, &unfinished);
        let mut out = out.into_bytes();
        out.extend_from_slice(&self.partial);
        out
    }

    /// Writes avt's dump without its pictures, and returns the sequence that was cut at its end.
    ///
    /// The dump is read with avt's parser and passed on as text, one function at a time: deciding by
    /// type needs no knowledge of its spelling, passing on needs no encoder.
    fn write_state(&self, out: &mut String, modes: &Modes) -> String {
        let dump = self.terminal.dump();
        let (mut parser, mut start, mut part) = (Parser::new(), 0, Part::Picture);
        for (at, c) in dump.char_indices() {
            let Some(function) = parser.feed(c) else {
                continue;
            };
            let text = &dump[start..at + c.len_utf8()];
            start = at + c.len_utf8();
            if part == Part::Picture && is_picture(&function) {
                continue;
            }
            match &function {
                Function::Decset(set) if self.is_alternate() && set.as_slice() == [DecMode::AltScreenBuffer] => {
                    self.enter_alternate(out, modes);
                    part = Part::Home;
                    continue;
                }
                // The dump sets tab stops with CTC, which tmux does not know.
                Function::Ctc(CtcOp::ClearAll) => out.push_str("\x1b[3g"),
                Function::Ctc(CtcOp::Set) => out.push_str("\x1bH"),
                // Colours with colons are not understood everywhere.
                Function::Sgr(_) => out.push_str(&text.replace(':', ";")),
                _ => out.push_str(text),
            }
            part = match part {
                Part::Home => Part::Picture,
                Part::Picture | Part::State => Part::State,
            };
        }
        dump[start..].to_owned()
    }

    /// Whether the terminal is outside of any sequence and has no margins: a line feed on its last
    /// line moves all lines. avt has no question for it, so its dump (60 µs) is asked.
    pub(super) fn scrolls_as_a_whole(&self) -> bool {
        let dump = self.terminal.dump();
        let mut parser = Parser::new();
        let margins =
            dump.chars().filter_map(|c| parser.feed(c)).any(|function| matches!(function, Function::Decstbm(..)));
        !margins && parser.state == State::Ground
    }

    fn enter_alternate(&self, out: &mut String, modes: &Modes) {
        out.push_str(ENTER_ALTERNATE);
        out.push_str(&modes_text(|out| modes.write_keyboard(true, out)));
        let lines: Vec<&Line> = self.terminal.screen().visible_lines().collect();
        paint_rows(out, &lines);
    }
}

/// Where in avt's dump we are: text of a screen, state, or between entering the alternate screen
/// and its text, where the cursor is sent home.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Picture,
    State,
    Home,
}

fn is_picture(function: &Function) -> bool {
    use Function::*;
    matches!(function, Print(_) | Rep(_) | Sgr(_) | Cr | Lf)
}

/// Draws all rows; the pen is plain before and after.
fn paint_rows(out: &mut String, lines: &[&Line]) {
    for row in 1..=lines.len() {
        let _ = write!(out, "\x1b[{row}H\x1b[2K");
    }
    let mut pen = Pen::default();
    let mut joined = false;
    for (row, line) in lines.iter().enumerate() {
        let cells = line.cells();
        let used = match cells.iter().rposition(|cell| !is_blank_cell(cell)) {
            _ if line.is_wrapped() => cells.len(),
            // One cell has to be printed for the line before to be wrapped into this one.
            None => usize::from(joined),
            Some(last) => last + 1,
        };
        if !joined && used > 0 {
            let _ = write!(out, "\x1b[{}H", row + 1);
        }
        paint_cells(out, &mut pen, &cells[..used]);
        // Lines that belong together are left to wrap by themselves: so the terminal knows it, and
        // copies and reflows them as one. Only where all agree that the last column was reached.
        joined = line.is_wrapped() && cells.last().is_some_and(is_certain);
    }
    write_pen(out, &mut pen, &Pen::default());
}

fn paint_cells(out: &mut String, pen: &mut Pen, cells: &[Cell]) {
    let mut uncertain = false;
    for (col, cell) in cells.iter().enumerate() {
        if cell.width() == 0 {
            continue;
        }
        if uncertain {
            let _ = write!(out, "\x1b[{}G", col + 1);
        }
        write_pen(out, pen, cell.pen());
        // avt keeps DEL as a character; a terminal would ignore it and be one column behind.
        out.push(Some(cell.char()).filter(|c| !c.is_control()).unwrap_or(' '));
        uncertain = !is_certain(cell);
    }
}

/// Whether every terminal takes this character for one column wide.
fn is_certain(cell: &Cell) -> bool {
    matches!(cell.char(),
        ' '..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{2ff}'
        | '\u{2500}'..='\u{259f}' | '\u{2800}'..='\u{28ff}')
}

/// A sequence that is still open, in the 7-bit form that UTF-8 terminals understand.
fn write_unfinished(out: &mut String, unfinished: &str) {
    for c in unfinished.chars() {
        match c {
            '\u{80}'..='\u{9f}' => {
                out.push('\x1b');
                out.push(char::from(c as u8 - 0x40));
            }
            _ => out.push(c),
        }
    }
}

fn modes_text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes);
    String::from_utf8(bytes).unwrap_or_default()
}

/// Writes the shortest usual SGR sequence that turns one pen into another, and remembers it.
pub(super) fn write_pen(out: &mut String, from: &mut Pen, to: &Pen) {
    if from == to {
        return;
    }
    let (had, has) = (attributes(from), attributes(to));
    let lost = had.iter().zip(&has).any(|((_, had), (_, has))| *had && !has)
        || from.foreground().is_some() && to.foreground().is_none()
        || from.background().is_some() && to.background().is_none();
    // Attributes have no common way to be switched off one by one (22 ends two of them), so a loss
    // starts from nothing, and the empty parameter in front is the reset.
    let base = if lost || to.is_default() { Pen::default() } else { *from };
    let mut codes: Vec<String> = attributes(&base)
        .iter()
        .zip(&has)
        .filter(|((_, had), (_, has))| *has && !had)
        .map(|(_, (code, _))| code.to_string())
        .collect();
    for (before, after, first) in [(base.foreground(), to.foreground(), 30), (base.background(), to.background(), 40)] {
        if before != after {
            codes.extend(after.map(|color| color_code(color, first)));
        }
    }
    if lost && !codes.is_empty() {
        codes.insert(0, String::new());
    }
    let _ = write!(out, "\x1b[{}m", codes.join(";"));
    *from = *to;
}

fn attributes(pen: &Pen) -> [(u8, bool); 7] {
    [
        (1, pen.is_bold()),
        (2, pen.is_faint()),
        (3, pen.is_italic()),
        (4, pen.is_underline()),
        (5, pen.is_blink()),
        (7, pen.is_inverse()),
        (9, pen.is_strikethrough()),
    ]
}

/// `first` is 30 for the foreground, 40 for the background.
fn color_code(color: Color, first: u8) -> String {
    match color {
        Color::Indexed(n @ 0..8) => (first + n).to_string(),
        Color::Indexed(n @ 8..16) => (first + 52 + n).to_string(),
        Color::Indexed(n) => format!("{};5;{n}", first + 8),
        Color::RGB(c) => format!("{};2;{};{};{}", first + 8, c.r, c.g, c.b),
    }
}

#[cfg(test)]
#[path = "paint_tests.rs"]
mod tests;
