//! How things look, with colours and without.
//!
//! Without colours nothing depends on how a cell looks: the chosen line has its marker, an activity its word.

use ratatui::style::{Color, Modifier, Style};

use crate::protocol::typed::reply::Activity;

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    /// With colours, and with cells turned light on dark.
    pub color: bool,
}

impl Theme {
    /// The chosen line.
    pub fn chosen(self) -> Style {
        self.pick(Style::new().add_modifier(Modifier::REVERSED), Style::new().add_modifier(Modifier::BOLD))
    }

    /// Letters that matched.
    pub fn mark(self) -> Style {
        let mark = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
        self.pick(mark.fg(Color::Cyan), mark)
    }

    /// What matters less.
    pub fn dim(self) -> Style {
        self.pick(Style::new().add_modifier(Modifier::DIM), Style::new())
    }

    /// The name of a key, and of what is shown.
    pub fn head(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What went wrong, or is about to be lost.
    pub fn bad(self) -> Style {
        self.pick(Style::new().fg(Color::Red).add_modifier(Modifier::BOLD), Style::new().add_modifier(Modifier::BOLD))
    }

    /// An activity, in the colours of `pintle status`.
    pub fn activity(self, activity: Activity) -> Style {
        let style = Style::new();
        let colored = match activity {
            Activity::Blocked => style.fg(Color::Yellow).add_modifier(Modifier::BOLD),
            Activity::Stuck => style.fg(Color::Magenta),
            Activity::Failed => style.fg(Color::Red),
            Activity::Working | Activity::Starting => style.fg(Color::Green),
            Activity::Idle => style.fg(Color::Cyan),
            Activity::Done | Activity::Suspended => style.add_modifier(Modifier::DIM),
        };
        self.pick(colored, style)
    }

    /// A piece of an agent's own screen.
    pub fn foreign(self, style: Style) -> Style {
        let bold = style.add_modifier & Modifier::BOLD;
        self.pick(style, Style::new().add_modifier(bold))
    }

    fn pick(self, colored: Style, plain: Style) -> Style {
        if self.color { colored } else { plain }
    }
}

/// An activity at a glance.
pub fn glyph(activity: Activity) -> char {
    match activity {
        Activity::Blocked => '?',
        Activity::Stuck => '!',
        Activity::Failed => '✗',
        Activity::Idle => '·',
        Activity::Done => '✓',
        Activity::Working => '●',
        Activity::Starting => '○',
        Activity::Suspended => '‖',
    }
}
