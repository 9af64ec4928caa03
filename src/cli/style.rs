//! Colours: which, and when.

use std::io::IsTerminal;

use clap::ValueEnum;
use owo_colors::{OwoColorize, Style};

use crate::protocol::typed::reply::Activity;

/// What `--color` says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// On a terminal, unless NO_COLOR is set or TERM is `dumb`.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Puts colours around words, or leaves them as they are.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// For what is written to `stream`.
    pub fn of(choice: Choice, stream: &impl IsTerminal) -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let plain = variable("NO_COLOR").is_some() || variable("TERM").is_some_and(|term| term == "dumb");
        Self { on: decide(choice, stream.is_terminal(), plain) }
    }

    /// Whether there are colours.
    pub fn is_on(self) -> bool {
        self.on
    }

    /// In a style.
    pub fn with(self, text: &str, style: Style) -> String {
        if self.on { text.style(style).to_string() } else { text.to_owned() }
    }

    /// The head of an error.
    pub fn error(self, text: &str) -> String {
        self.with(text, Style::new().red().bold())
    }

    /// The head of a hint.
    pub fn hint(self, text: &str) -> String {
        self.with(text, Style::new().cyan())
    }

    /// What matters less.
    pub fn dim(self, text: &str) -> String {
        self.with(text, Style::new().dimmed())
    }

    /// Good.
    pub fn good(self, text: &str) -> String {
        self.with(text, Style::new().green())
    }

    /// To be looked at.
    pub fn warning(self, text: &str) -> String {
        self.with(text, Style::new().yellow())
    }
}

fn decide(choice: Choice, terminal: bool, plain: bool) -> bool {
    match choice {
        Choice::Always => true,
        Choice::Never => false,
        Choice::Auto => terminal && !plain,
    }
}

/// What wants a person stands out; what runs by itself does not.
pub fn activity(activity: Activity) -> Style {
    let style = Style::new();
    match activity {
        Activity::Blocked => style.yellow().bold(),
        Activity::Stuck => style.magenta(),
        Activity::Failed => style.red(),
        Activity::Working | Activity::Starting => style.green(),
        Activity::Idle => style.cyan(),
        Activity::Done | Activity::Suspended => style.dimmed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_unless_someone_says_otherwise() {
        assert!(decide(Choice::Auto, true, false));
        assert!(!decide(Choice::Auto, true, true));
        assert!(!decide(Choice::Auto, false, false));
        assert!(decide(Choice::Always, false, true));
        assert!(!decide(Choice::Never, true, false));
    }
}
