//! How the panes of a window are arranged, as tmux writes it (`#{window_layout}`). Pure.
//!
//! `b25f,80x24,0,0{40x24,0,0,1,39x24,41,0[39x12,41,0,2,39x11,41,13,3]}`: a checksum, then a cell of columns by rows and its place,
//! which is a pane's number, or cells side by side in `{}`, or one above the other in `[]`. The layout of a zoomed window is the one
//! it will have again. From 3.8 on there is another way to write it, which is read too; what we write every tmux takes.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::server::PaneId;

mod object;

/// Cells in cells, at most. Each level takes two columns or rows at least, and no terminal has as many.
const DEEPEST: usize = 256;

/// What is no layout.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LayoutError {
    /// Something else stands where this was expected.
    #[error("the layout has no {expected} at byte {at}")]
    Expected {
        /// What was expected.
        expected: &'static str,
        /// Where, counted from 0.
        at: usize,
    },
    /// It was changed on its way.
    #[error("the layout's checksum is {found:04x} and should be {right:04x}")]
    Checksum {
        /// The one it has.
        found: u16,
        /// The one it should have.
        right: u16,
    },
    /// It is written as tmux 3.8 does, and not right.
    #[error("the layout cannot be read: {0}")]
    Object(String),
    /// Nobody nests panes like that.
    #[error("the layout is nested deeper than {DEEPEST} levels")]
    TooDeep,
}

/// Which way the line between two cells runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// The line is vertical, the cells are side by side: `{}`, tmux's `-h`.
    Vertical,
    /// The line is horizontal, the cells are one above the other: `[]`, tmux's `-v`.
    Horizontal,
}

/// A rectangle of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Columns.
    pub cols: u32,
    /// Rows.
    pub rows: u32,
    /// Columns left of it.
    pub left: u32,
    /// Rows above it.
    pub top: u32,
    /// What is in it.
    pub content: Content,
}

/// What a cell holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A pane.
    Pane(PaneId),
    /// Cells, from left to right or from top to bottom. At least one.
    Split(Axis, Vec<Cell>),
}

/// A cell in a split, with its part of it.
#[derive(Clone, Copy, Debug)]
pub struct Shared<'a> {
    /// Its size along the split over that of all cells in it; the shares of a split sum to 1. The lines between belong to nobody.
    pub share: f64,
    /// The cell.
    pub cell: &'a Cell,
}

impl Cell {
    /// The cells of a split with their shares; none for a pane.
    pub fn shares(&self) -> Vec<Shared<'_>> {
        let Content::Split(axis, cells) = &self.content else { return Vec::new() };
        let size = |cell: &Cell| match axis {
            Axis::Vertical => cell.cols,
            Axis::Horizontal => cell.rows,
        };
        let all: f64 = cells.iter().map(|cell| f64::from(size(cell))).sum();
        let share = |cell| if all > 0.0 { f64::from(size(cell)) / all } else { 1.0 / cells.len() as f64 };
        cells.iter().map(|cell| Shared { share: share(cell), cell }).collect()
    }

    /// The panes in it, in the order they are written, which is that of `list-panes`.
    pub fn panes(&self) -> Vec<PaneId> {
        match &self.content {
            Content::Pane(pane) => vec![*pane],
            Content::Split(_, cells) => cells.iter().flat_map(Cell::panes).collect(),
        }
    }

    fn write(&self, text: &mut String) {
        use fmt::Write as _;
        // Writing to a String cannot fail.
        let _ = write!(text, "{}x{},{},{}", self.cols, self.rows, self.left, self.top);
        let (open, cells, close) = match &self.content {
            Content::Pane(pane) => {
                let _ = write!(text, ",{}", pane.0);
                return;
            }
            Content::Split(Axis::Vertical, cells) => ('{', cells, '}'),
            Content::Split(Axis::Horizontal, cells) => ('[', cells, ']'),
        };
        for (index, cell) in cells.iter().enumerate() {
            text.push(if index == 0 { open } else { ',' });
            cell.write(text);
        }
        text.push(close);
    }
}

/// The layout as tmux takes it (`select-layout`).
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write(&mut text);
        write!(f, "{:04x},{text}", checksum(text.as_bytes()))
    }
}

impl FromStr for Cell {
    type Err = LayoutError;

    /// The whole window.
    fn from_str(text: &str) -> Result<Self, LayoutError> {
        if text.starts_with('{') {
            return object::read(text);
        }
        let expected = || LayoutError::Expected { expected: "checksum", at: 0 };
        let (found, rest) = text.split_once(',').ok_or_else(expected)?;
        let is_hex = found.len() == 4 && found.bytes().all(|byte| byte.is_ascii_hexdigit());
        let found = u16::from_str_radix(found, 16).ok().filter(|_| is_hex).ok_or_else(expected)?;
        let right = checksum(rest.as_bytes());
        if found != right {
            return Err(LayoutError::Checksum { found, right });
        }
        let mut reader = Reader { text: text.as_bytes(), at: 5 };
        let cell = reader.cell(0)?;
        if reader.at == text.len() { Ok(cell) } else { Err(reader.expected("end")) }
    }
}

/// tmux's: a 16-bit sum that is rotated by one before each byte.
fn checksum(text: &[u8]) -> u16 {
    text.iter().fold(0, |sum: u16, byte| sum.rotate_right(1).wrapping_add(u16::from(*byte)))
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn cell(&mut self, depth: usize) -> Result<Cell, LayoutError> {
        if depth > DEEPEST {
            return Err(LayoutError::TooDeep);
        }
        let cols = self.number()?;
        self.sign(b'x')?;
        let rows = self.number()?;
        self.sign(b',')?;
        let left = self.number()?;
        self.sign(b',')?;
        let top = self.number()?;
        let content = match self.text.get(self.at) {
            Some(b',') => {
                self.at += 1;
                Content::Pane(PaneId(self.number()?))
            }
            Some(b'{') => Content::Split(Axis::Vertical, self.cells(b'}', depth)?),
            Some(b'[') => Content::Split(Axis::Horizontal, self.cells(b']', depth)?),
            _ => return Err(self.expected("pane number or split")),
        };
        Ok(Cell { cols, rows, left, top, content })
    }

    /// From the bracket that opens to the one that closes.
    fn cells(&mut self, close: u8, depth: usize) -> Result<Vec<Cell>, LayoutError> {
        let mut cells = Vec::new();
        loop {
            self.at += 1;
            cells.push(self.cell(depth + 1)?);
            match self.text.get(self.at) {
                Some(b',') => {}
                Some(sign) if *sign == close => break,
                _ => return Err(self.expected("comma or closing bracket")),
            }
        }
        self.at += 1;
        Ok(cells)
    }

    fn sign(&mut self, sign: u8) -> Result<(), LayoutError> {
        if self.text.get(self.at) != Some(&sign) {
            return Err(self.expected(if sign == b'x' { "x" } else { "comma" }));
        }
        self.at += 1;
        Ok(())
    }

    fn number(&mut self) -> Result<u32, LayoutError> {
        let digits = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = std::str::from_utf8(&self.text[self.at..self.at + digits]).ok().and_then(|text| text.parse().ok());
        let number = number.ok_or_else(|| self.expected("number"))?;
        self.at += digits;
        Ok(number)
    }

    fn expected(&self, expected: &'static str) -> LayoutError {
        LayoutError::Expected { expected, at: self.at }
    }
}

#[cfg(test)]
#[path = "grid_tests.rs"]
mod tests;
