//! The line itself, for tmux, for a terminal, or without any colour.
//!
//! What tmux does with an option it shows by `#{@x}` was tried on 3.3a, and is tried again by `tests/hud_in_tmux.rs`: commands,
//! variables and `%H` in the value are not expanded; styles (`#[…]`) act; of a row of `#` every second is shown, and a single one
//! at the end swallows what tmux itself puts behind it. So every `#` that is text is doubled, and nothing else is needed. The same
//! text in `#{E:@x}`, which expands twice, still runs nothing, but shows `%H` as the hour.

use std::borrow::Borrow;

use super::segment::{Segment, in_order};
use super::text::{plain, verbatim};
use super::theme::{Palette, Style, Theme};

/// Columns between two segments.
const BETWEEN: &str = "  ";
const LABEL_CELLS: usize = 24;
const WRAPPER_CELLS: usize = 8;
const PADDING_MAX: u8 = 8;

/// Who reads the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A status line of tmux: styles as `#[…]`, `#` doubled.
    Tmux,
    /// A terminal: styles as escape sequences.
    Ansi,
    /// Anybody: no styles.
    Plain,
}

/// How the line looks. Its texts are shown as they are, on one line: a `#[fg=red]` in them is no style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Stands in brackets at the start; at most 24 columns.
    pub label: String,
    /// Stands to the left of each segment; at most 8 columns.
    pub left: String,
    /// Stands to the right of each segment; at most 8 columns.
    pub right: String,
    /// Blanks between a segment and what stands around it, on both sides; at most 8.
    pub padding: u8,
    /// Colours and attributes; `None` for none at all.
    pub theme: Option<Theme>,
    /// Names of the segments to show, in this order; `None` for all in their own. A name that no segment has is passed over, since
    /// the extension that gives it may come later.
    pub layout: Option<Vec<String>>,
}

impl Default for Look {
    /// `[pintle] name:value  name:value` in the classic theme.
    fn default() -> Self {
        Self {
            label: "pintle".to_owned(),
            left: String::new(),
            right: String::new(),
            padding: 0,
            theme: Some(Theme::default()),
            layout: None,
        }
    }
}

/// The line: `[label] ` and the segments, two blanks between them, those without a value left out. `[label] inactive` when none
/// has one. Holds no control character, but in [`Format::Ansi`] the escape sequences of its own styles.
pub fn render<S: Borrow<Segment>>(look: &Look, segments: &[S], format: Format) -> String {
    let palette = look.theme.map_or_else(Palette::default, Theme::palette);
    let mut line = Line { out: String::with_capacity(160), format, style: Style::default() };
    line.push(palette.label, "[");
    line.push(palette.label, &plain(&look.label, LABEL_CELLS));
    line.push(palette.label, "]");
    let shown = shown(look, segments);
    if shown.is_empty() {
        line.push(Style::default(), " ");
        line.push(palette.name, "inactive");
    }
    let padding = " ".repeat(usize::from(look.padding.min(PADDING_MAX)));
    let (left, right) = (verbatim(&look.left, WRAPPER_CELLS), verbatim(&look.right, WRAPPER_CELLS));
    for (at, segment) in shown.into_iter().enumerate() {
        line.push(Style::default(), if at == 0 { " " } else { BETWEEN });
        for text in [&left, &padding, segment.name(), ":"] {
            line.push(palette.name, text);
        }
        line.push(palette.value(segment.emphasis()), segment.value());
        for text in [&padding, &right] {
            line.push(palette.name, text);
        }
    }
    line.end()
}

/// Segments that say something, in the order in which they stand.
fn shown<'a, S: Borrow<Segment>>(look: &Look, segments: &'a [S]) -> Vec<&'a Segment> {
    let mut shown = match &look.layout {
        None => in_order(segments),
        Some(names) => {
            let find = |name: &String| segments.iter().map(Borrow::borrow).find(|segment| segment.name() == name);
            names.iter().filter_map(find).collect()
        }
    };
    shown.retain(|segment| !segment.value().is_empty());
    shown
}

/// The line as it grows, with the style that is in force at its end.
struct Line {
    out: String,
    format: Format,
    style: Style,
}

impl Line {
    fn push(&mut self, style: Style, text: &str) {
        if text.is_empty() {
            return;
        }
        self.turn(style);
        match self.format {
            Format::Ansi | Format::Plain => self.out.push_str(text),
            Format::Tmux => {
                let mut pieces = text.split('#');
                self.out.extend(pieces.next());
                for piece in pieces {
                    self.out.push_str("##");
                    self.out.push_str(piece);
                }
            }
        }
    }

    /// Puts another style in force. Back to the default and from there to the new one: an attribute cannot be taken off alone in
    /// a way that leaves what the user's own status line had set before.
    fn turn(&mut self, style: Style) {
        let before = std::mem::replace(&mut self.style, style);
        if before == style {
            return;
        }
        let (reset, set): (&str, fn(Style, &mut String)) = match self.format {
            Format::Tmux => ("#[default]", Style::to_tmux),
            Format::Ansi => ("\x1b[0m", Style::to_ansi),
            Format::Plain => return,
        };
        if before != Style::default() {
            self.out.push_str(reset);
        }
        set(style, &mut self.out);
    }

    fn end(mut self) -> String {
        self.turn(Style::default());
        self.out
    }
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
