//! The palette's picture. Pure: a state in, a buffer out.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line as Drawn, Span};
use ratatui::widgets::{Paragraph, Widget, Wrap};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::entry::{Command, Entry, Target};
use super::event::{Mode, Question};
use super::footer;
use super::search::Found;
use super::state::State;
use super::theme::{Theme, glyph};
use crate::cli::agents::word;
use crate::cli::output::one_line;

/// In front of the chosen entry, and as much in front of the others.
const MARKER: &str = "> ";
/// Columns of an activity: its glyph, a blank, the longest word, and two blanks behind it.
const ACTIVITY: u16 = 13;
/// Columns of a kind, with two blanks behind it.
const KIND: u16 = 10;
/// From this width of the list on there is room for kind and reason.
const ROOMY: u16 = 60;

/// Draws the palette into `buffer`, all of it; returns where the cursor is, if there is room for one.
pub fn draw(state: &State, theme: Theme, buffer: &mut Buffer) -> Option<Position> {
    let layout = state.layout();
    list(state, theme, within(layout.list, buffer), buffer);
    if layout.preview.area() > 0 {
        divider(state, theme, within(layout.divider, buffer), within(layout.title, buffer), buffer);
        preview(state, theme, within(layout.preview, buffer), buffer);
    }
    footer::draw(state, theme, within(layout.footer, buffer), buffer);
    prompt(state, theme, within(layout.prompt, buffer), layout.footer.area() == 0, buffer)
}

/// The terminal may have become smaller since the state was told.
fn within(place: Rect, buffer: &Buffer) -> Rect {
    place.intersection(buffer.area)
}

fn prompt(state: &State, theme: Theme, place: Rect, no_footer: bool, buffer: &mut Buffer) -> Option<Position> {
    if place.area() == 0 {
        return None;
    }
    if let Some(notice) = state.notice().filter(|_| no_footer) {
        let style = if notice.bad { theme.bad() } else { Style::new() };
        buffer.set_stringn(place.x, place.y, fitted(&notice.text, place.width), usize::from(place.width), style);
        return None;
    }
    let (label, typed, style) = match state.mode() {
        Mode::Choose => {
            let label = state.within().map(|worktree| format!("in {}", one_line(&worktree.name)));
            let label = fitted(label.as_deref().unwrap_or("find"), (place.width * 2 / 3).saturating_sub(2));
            (format!("{label}: "), state.line().text(), theme.dim())
        }
        Mode::Ask(question, line) => {
            let label = fitted(&label(question), (place.width * 2 / 3).saturating_sub(2));
            (format!("{label}: "), line.text(), theme.head())
        }
        // However long a name is, the question ends with what may be answered.
        Mode::Confirm(question, _) => {
            (format!("{} y/n ", fitted(question, place.width.saturating_sub(6))), "", theme.bad())
        }
    };
    let count = match state.mode() {
        Mode::Choose if state.is_empty() => "no agents yet".to_owned(),
        Mode::Choose => format!("{}/{}", state.found().len(), state.total()),
        _ => String::new(),
    };
    let count_width = columns(&count);
    // The count gives way to what is typed, and a long question to the answer.
    let room = place.width.saturating_sub(1);
    let (x, y) = buffer.set_stringn(place.x, place.y, &label, usize::from(room), style);
    let typed = tail(typed, (place.x + room).saturating_sub(x));
    let (x, _) = buffer.set_stringn(x, y, &typed, usize::from((place.x + room).saturating_sub(x)), Style::new());
    if x + 2 + count_width <= place.right() {
        buffer.set_stringn(place.right() - count_width, y, &count, usize::from(count_width), theme.dim());
    }
    Some(Position::new(x, y))
}

fn label(question: &Question) -> String {
    match question {
        Question::Send(_, name) => format!("send to {name}"),
        Question::Rename(_, name) => format!("rename {name} to"),
        Question::Value(start, given) => {
            format!("{} in {}", start.variables.get(given.len()).map_or("", String::as_str), start.name)
        }
        Question::Spawn(kind, _) => format!("what {kind} is asked to do (may be nothing)"),
    }
}

fn list(state: &State, theme: Theme, place: Rect, buffer: &mut Buffer) {
    if place.area() == 0 {
        return;
    }
    if state.found().len() == 0 {
        let text = fitted("  nothing is called so; C-u begins anew", place.width);
        buffer.set_stringn(place.x, place.y, text, usize::from(place.width), theme.dim());
        return;
    }
    let height = usize::from(place.height);
    // The chosen one is in view, and the list moves only when it must.
    let first = (state.chosen() + 1).saturating_sub(height);
    let longest = state.found().map(|(entry, _)| columns(&entry.name)).max().unwrap_or_default();
    let names = (longest + 2).min(name_room(place.width));
    for (y, (at, (entry, found))) in (place.y..).zip(state.found().enumerate().skip(first).take(height)) {
        let row = Rect::new(place.x, y, place.width, 1);
        let chosen = at == state.chosen();
        entry_row(entry, found, chosen, names, theme, row, buffer);
        if chosen {
            buffer.set_style(row, theme.chosen());
        }
    }
}

/// How many columns names may have in a list of this width.
fn name_room(width: u16) -> u16 {
    let marker = columns(MARKER);
    if width >= ROOMY { width * 2 / 5 } else { width.saturating_sub(marker + ACTIVITY) }
}

fn entry_row(entry: &Entry, found: &Found, chosen: bool, names: u16, theme: Theme, row: Rect, buffer: &mut Buffer) {
    let end = row.right();
    let marker = if chosen { MARKER } else { "  " };
    let (x, _) = buffer.set_stringn(row.x, row.y, marker, usize::from(row.width), Style::new());
    let [name, activity, kind, because, _] = &found.marks;
    let mut cell = Cells { theme, y: row.y, end, buffer };
    let Some(is) = entry.activity else {
        // A command has no columns: its name, and behind it what it is good for.
        let unusable = matches!(entry.target, Target::Command(Command::Unusable(_)));
        let style = if unusable { theme.dim() } else { Style::new() };
        let x = cell.draw(x, end.saturating_sub(x), &entry.name, name, style);
        let x = x.saturating_add(2);
        cell.draw(x, end.saturating_sub(x), &entry.because, because, theme.dim());
        return;
    };
    // Who has ended matters less than who has not.
    let (plain, style) = if entry.ended { (theme.dim(), theme.dim()) } else { (Style::new(), theme.activity(is)) };
    cell.draw(x, names.saturating_sub(2), &entry.name, name, plain);
    let x = x + names;
    let after = cell.draw(x, 2, &format!("{} ", glyph(is)), &[], style);
    cell.draw(after, ACTIVITY - 2, word(is), activity, style);
    if row.width >= ROOMY {
        let x = x + ACTIVITY;
        cell.draw(x, KIND - 2, &entry.kind, kind, plain);
        let x = x + KIND;
        cell.draw(x, end.saturating_sub(x), &entry.because, because, theme.dim());
    }
}

/// Where the cells of one row are drawn.
struct Cells<'a> {
    theme: Theme,
    y: u16,
    end: u16,
    buffer: &'a mut Buffer,
}

impl Cells<'_> {
    /// A text in at most `width` columns from `x` on, the characters `marks` set off. Returns where it ends.
    fn draw(&mut self, x: u16, width: u16, text: &str, marks: &[u32], style: Style) -> u16 {
        let width = width.min(self.end.saturating_sub(x));
        if width == 0 {
            return x;
        }
        let text = fitted(text, width);
        let mut spans: Vec<Span<'_>> = Vec::new();
        let (mut begin, mut marked) = (0, false);
        for (number, (at, c)) in (0_u32..).zip(text.char_indices()) {
            // What has no width of its own belongs to the character before it.
            let now = if c.width() == Some(0) { marked } else { marks.binary_search(&number).is_ok() };
            if now != marked {
                spans.push(Span::styled(&text[begin..at], self.style(style, marked)));
                (begin, marked) = (at, now);
            }
        }
        spans.push(Span::styled(&text[begin..], self.style(style, marked)));
        self.buffer.set_line(x, self.y, &Drawn::from(spans), width).0
    }

    fn style(&self, style: Style, marked: bool) -> Style {
        if marked { style.patch(self.theme.mark()) } else { style }
    }
}

fn divider(state: &State, theme: Theme, divider: Rect, title: Rect, buffer: &mut Buffer) {
    let upright = title.area() > 0;
    let line = if upright { "│" } else { "─" };
    for position in divider.positions() {
        buffer.set_stringn(position.x, position.y, line, 1, theme.dim());
    }
    let Some(entry) = state.entry().filter(|_| divider.area() > 0) else { return };
    let (x, y, room) = match upright {
        true => (title.x, title.y, title.width),
        false => (divider.x + 2, divider.y, divider.width.saturating_sub(4)),
    };
    // Blanks around it, so that it stands clear of the line that it interrupts.
    let text = if upright { heading(entry, room) } else { format!(" {} ", heading(entry, room.saturating_sub(2))) };
    buffer.set_stringn(x, y, text, usize::from(room), theme.head());
}

/// What the preview is of, in so many columns. The reason is worth more than the kind and the id, which give way to it.
fn heading(entry: &Entry, room: u16) -> String {
    let because = if entry.activity.is_some() { entry.because.as_str() } else { "" };
    let heading = |about: &[&str]| {
        let about = about.iter().filter(|text| !text.is_empty());
        std::iter::once(&entry.name.as_str()).chain(about).copied().collect::<Vec<_>>().join(" · ")
    };
    let id = entry.agent().unwrap_or_default();
    let all = [heading(&[id, &entry.kind, because]), heading(&[id, because]), heading(&[because])];
    let fits = all.iter().find(|text| columns(text) <= room);
    fitted(fits.unwrap_or(&all[2]), room)
}

fn preview(state: &State, theme: Theme, place: Rect, buffer: &mut Buffer) {
    let Some(entry) = state.entry() else { return };
    if entry.agent().is_none() {
        return Paragraph::new(entry.because.as_str()).wrap(Wrap { trim: true }).render(place, buffer);
    }
    let lines = excerpt(state.picture().unwrap_or_default(), usize::from(place.height));
    for (y, line) in (place.y..place.bottom()).zip(lines) {
        let spans = line.spans.iter().map(|span| Span::styled(span.content.as_ref(), theme.foreign(span.style)));
        buffer.set_line(place.x, y, &spans.collect::<Drawn<'_>>(), place.width);
    }
}

/// What of an agent's screen is shown in so many lines: its end, since that is where a program asks and where its last words are.
/// Before anything else is left out, blank lines that follow one another become one.
fn excerpt<'a>(lines: &'a [Drawn<'static>], height: usize) -> Vec<&'a Drawn<'static>> {
    let is_blank = |line: &Drawn<'_>| line.spans.iter().all(|span| span.content.trim().is_empty());
    let mut lines: Vec<&Drawn<'static>> = lines.iter().collect();
    if lines.len() > height {
        lines.dedup_by(|line, before| is_blank(line) && is_blank(before));
    }
    lines.split_off(lines.len().saturating_sub(height))
}

fn columns(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// As much of a text as fits into so many columns, with `…` at its end where that is not all.
pub(super) fn fitted(text: &str, room: u16) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let mut left = usize::from(room.saturating_sub(1));
    let fits = |c: &char| {
        let width = c.width().unwrap_or_default();
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    let kept: String = text.chars().take_while(fits).collect();
    if room == 0 { String::new() } else { kept + "…" }
}

/// The end of a text that fits into so many columns: of what is typed, the last word matters.
fn tail(text: &str, room: u16) -> String {
    let mut left = usize::from(room);
    let mut begin = text.len();
    for (at, c) in text.char_indices().rev() {
        let Some(rest) = left.checked_sub(c.width().unwrap_or_default()) else { break };
        (left, begin) = (rest, at);
    }
    text[begin..].to_owned()
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
