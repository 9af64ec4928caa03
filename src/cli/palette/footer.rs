//! The foot of the palette: what the keys do now, or what has just happened.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};
use unicode_width::UnicodeWidthStr;

use super::entry::{Command, Target};
use super::event::{Mode, Question};
use super::state::State;
use super::theme::Theme;
use super::view::fitted;
use crate::cli::wrap::wrapped;

/// Blanks between two keys.
const GAP: usize = 2;

/// A key and what it does.
pub type Hint = (&'static str, &'static str);

/// What the keys do, the most needed first: where there is no room, the last are left out.
pub fn hints(state: &State) -> Vec<Hint> {
    match state.mode() {
        Mode::Confirm(..) => return vec![("y", "yes"), ("any other key", "no")],
        Mode::Ask(Question::Send(..), _) => return vec![("Enter", "send"), ("Esc", "back")],
        Mode::Ask(Question::Rename(..), _) => return vec![("Enter", "rename"), ("Esc", "back")],
        Mode::Ask(Question::Value(..), _) => return vec![("Enter", "next"), ("Esc", "back")],
        Mode::Ask(Question::Spawn(..), _) => return vec![("Enter", "start and show"), ("Esc", "back")],
        Mode::Choose => {}
    }
    let leave = if state.within().is_some() { ("Esc", "back") } else { ("Esc", "leave") };
    let Some(entry) = state.entry() else { return vec![leave, ("C-u", "all")] };
    if entry.agent().is_none() {
        let does = match entry.target {
            Target::Worktree(_) => "what can be done there",
            Target::Command(Command::Unusable(_)) => "what is wrong with it",
            _ => "do it",
        };
        return vec![("Enter", does), leave, ("Up/Down", "choose"), ("C-v", "preview")];
    }
    if entry.ended {
        // Nobody is left who could be told something or rest.
        return vec![
            ("Enter", "show here"),
            leave,
            ("C-o", "open below"),
            ("C-k", "kill"),
            ("C-r", "rename"),
            ("C-v", "preview"),
            ("C-l", "look again"),
        ];
    }
    let suspend = if entry.suspended { "resume" } else { "suspend" };
    vec![
        ("Enter", "show here"),
        leave,
        ("C-s", "send"),
        ("C-o", "open below"),
        ("C-k", "kill"),
        ("C-z", suspend),
        ("C-r", "rename"),
        ("C-v", "preview"),
        ("C-l", "look again"),
    ]
}

/// Draws it: the notice if there is one, else as many hints as there is room for.
///
/// A notice takes room from what stands above: what went wrong, and what to do about it, is to be read to its end.
pub fn draw(state: &State, theme: Theme, place: Rect, buffer: &mut Buffer) {
    if place.area() == 0 {
        return;
    }
    let Some(notice) = state.notice() else { return draw_hints(state, theme, place, buffer) };
    let style = if notice.bad { theme.bad() } else { Style::new() };
    let lines = wrapped(&notice.text, place.width, (place.bottom() / 2).max(place.height));
    let rows = u16::try_from(lines.len()).unwrap_or(place.height).max(place.height);
    let place = Rect { y: place.bottom() - rows, height: rows, ..place };
    Clear.render(place, buffer);
    for (y, line) in (place.y..place.bottom()).zip(lines) {
        buffer.set_stringn(place.x, y, fitted(&line, place.width), usize::from(place.width), style);
    }
}

fn draw_hints(state: &State, theme: Theme, place: Rect, buffer: &mut Buffer) {
    let (mut x, mut y) = (usize::from(place.x), place.y);
    let end = usize::from(place.right());
    for (key, does) in hints(state) {
        let width = key.width() + 1 + does.width();
        if x + width > end && x > usize::from(place.x) {
            (x, y) = (usize::from(place.x), y + 1);
        }
        if y >= place.bottom() || x + width > end {
            break;
        }
        // Within the place, whose columns are numbers of 16 bits.
        let at = u16::try_from(x).unwrap_or(u16::MAX);
        let (after, _) = buffer.set_stringn(at, y, key, key.width(), theme.head());
        buffer.set_stringn(after + 1, y, does, does.width(), theme.dim());
        x += width + GAP;
    }
}
