//! Tables for people: no borders, the heads dim, and never wider than the terminal.

use comfy_table::presets::NOTHING;
use comfy_table::{ColumnConstraint, ContentArrangement, Row, Table, Width};
use owo_colors::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::style::Paint;

/// Characters without width that stand around a coloured word while the table is laid out. Escape sequences in their
/// place would be counted as letters; the feature of comfy-table that would not brings a terminal library with it.
const OPEN: char = '\u{2061}';
const CLOSE: char = '\u{2062}';

/// Blanks between two columns.
const GAP: u16 = 2;

/// A cell: words, and the colour they get.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    text: String,
    style: Option<Style>,
}

impl Cell {
    /// In a colour.
    pub fn styled(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style: Some(style) }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), style: None }
    }
}

/// A column: its head, and how wide it may get and must stay when room is short. A column without any content is left
/// out.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// What stands above it.
    pub head: &'static str,
    /// Whether it gives way when room is short, and what it keeps then.
    pub keeps: Option<u16>,
    /// Whether what is shortened keeps its end too.
    ends: bool,
}

impl Column {
    /// Never shortened.
    pub const fn fixed(head: &'static str) -> Self {
        Self { head, keeps: None, ends: false }
    }

    /// Shortened when room is short, but not below so many columns.
    pub const fn yielding(head: &'static str, keeps: u16) -> Self {
        Self { head, keeps: Some(keeps), ends: false }
    }

    /// The same, for names that differ at their ends: what does not fit is left out of their middle.
    pub const fn with_its_end(self) -> Self {
        Self { ends: true, ..self }
    }
}

/// Lays rows out in `width` columns; `None`: as wide as they are. What does not fit even when it is shortened is left
/// out from the right.
pub fn render(columns: &[Column], rows: &[Vec<Cell>], width: Option<u16>, paint: Paint) -> String {
    let mut used: Vec<usize> = (0..columns.len()).collect();
    used.retain(|&at| rows.iter().any(|row| !row[at].text.is_empty()));
    let (mut table, mut styles) = lay_out(columns, rows, &used);
    if let Some(width) = width {
        let mut widths = shares(&table, columns, &used, width);
        while widths.is_none() && used.len() > 1 {
            used.pop();
            (table, styles) = lay_out(columns, rows, &used);
            widths = shares(&table, columns, &used, width);
        }
        if let Some(widths) = widths {
            (table, styles) = lay_out(columns, &with_ends(columns, rows, &used, &widths), &used);
            constrain(&mut table, &widths);
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    let Some((head, body)) = lines.split_first() else { return String::new() };
    let mut styles = styles.into_iter();
    let body = body.iter().map(|line| colored(line, &mut styles, paint));
    std::iter::once(paint.dim(head)).chain(body).map(|line| line + "\n").collect()
}

/// The table with these columns, as wide as it is, and the styles of its marked words in their order.
fn lay_out(columns: &[Column], rows: &[Vec<Cell>], used: &[usize]) -> (Table, Vec<Style>) {
    let mut table = Table::new();
    // No text has this character: a cell is cut where its room ends and not at the last word that fits whole.
    table.load_style(NOTHING).set_delimiter('\u{2063}').set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(used.iter().map(|&at| columns[at].head));
    let mut styles = Vec::new();
    for row in rows {
        let texts: Vec<String> = used.iter().map(|&at| marked(&row[at], &mut styles)).collect();
        let mut row = Row::from(texts);
        row.max_height(1);
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    (table, styles)
}

/// How wide each column may be where there is so much room; `None`: there is too little. What the fixed columns leave is shared: each
/// yielding one keeps what it must, and the rest goes round until everybody has enough.
fn shares(table: &Table, columns: &[Column], used: &[usize], width: u16) -> Option<Vec<u16>> {
    let wanted = table.column_max_content_widths();
    let keeps = |at: usize| columns[used[at]].keeps.map_or(wanted[at], |keeps| keeps.min(wanted[at]));
    let mut widths: Vec<u16> = (0..used.len()).map(keeps).collect();
    let kept: u16 = widths.iter().map(|width| width + GAP).sum();
    // The last gap may fall off the edge.
    let mut left = (width + GAP).checked_sub(kept)?;
    while let Some(least) = (0..used.len()).filter(|&at| widths[at] < wanted[at]).min_by_key(|&at| widths[at])
        && left > 0
    {
        widths[least] += 1;
        left -= 1;
    }
    Some(widths)
}

fn constrain(table: &mut Table, widths: &[u16]) {
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(u16::MAX);
    for (column, width) in table.column_iter_mut().zip(widths) {
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width + GAP)));
    }
}

/// The rows with what is too wide for its column shortened, where the column keeps the ends of texts.
fn with_ends(columns: &[Column], rows: &[Vec<Cell>], used: &[usize], widths: &[u16]) -> Vec<Vec<Cell>> {
    let mut rows = rows.to_vec();
    for (at, width) in used.iter().zip(widths).filter(|(at, _)| columns[**at].ends) {
        for row in &mut rows {
            row[*at].text = without_middle(&row[*at].text, usize::from(*width));
        }
    }
    rows
}

/// As much of both ends of a text as fits into so many columns, with `…` between them where that is not all.
fn without_middle(text: &str, room: usize) -> String {
    if text.width() <= room || room == 0 {
        return text.to_owned();
    }
    let tail = (room - 1) / 2;
    let taken = |characters: &mut dyn Iterator<Item = char>, mut left: usize| -> Vec<char> {
        let fits = |c: &char| {
            let width = c.width().unwrap_or_default();
            let fits = width <= left;
            left = left.saturating_sub(width);
            fits
        };
        characters.take_while(fits).collect()
    };
    let (head, tail) = (taken(&mut text.chars(), room - 1 - tail), taken(&mut text.chars().rev(), tail));
    head.into_iter().chain(['…']).chain(tail.into_iter().rev()).collect()
}

/// The cell's text between marks, its style put aside.
fn marked(cell: &Cell, styles: &mut Vec<Style>) -> String {
    let text = cell.text.replace([OPEN, CLOSE], "");
    match cell.style {
        Some(style) if !text.is_empty() => {
            styles.push(style);
            format!("{OPEN}{text}{CLOSE}")
        }
        _ => text,
    }
}

/// The line with its marks made colours, or taken out.
fn colored(line: &str, styles: &mut impl Iterator<Item = Style>, paint: Paint) -> String {
    let mut parts = line.split(OPEN);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // A word that was shortened has lost its end mark: it ends with the cell, at the first gap.
        let at_gap = || part.find("  ").map(|gap| part.split_at(gap));
        let (word, rest) = part.split_once(CLOSE).or_else(at_gap).unwrap_or((part, ""));
        out.push_str(&paint.with(word, styles.next().unwrap_or_default()));
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_left_out() {
        fn check(text: &str, room: usize, expected: &str) {
            let shortened = without_middle(text, room);
            assert_eq!(shortened, expected);
            assert!(shortened.width() <= room.max(1));
        }
        check("crowd-12", 8, "crowd-12");
        check("crowd-with-a-name-12", 9, "crow…e-12");
        check("crowd-with-a-name-12", 10, "crowd…e-12");
        check("日本語の名前", 7, "日…前");
        check("abc", 1, "…");
    }
}
