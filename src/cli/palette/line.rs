//! A line that is typed: the search, or the answer to a question.

use crate::cli::keyboard::Key;

/// Most characters of a line. What is typed or pasted beyond it is left out.
const MOST: usize = 4000;

/// A line with its cursor at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    text: String,
}

impl Line {
    /// A line that has something in it already.
    pub fn with(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// What it says.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes a key that edits it. False: the key means something else, or changes nothing here.
    pub fn edit(&mut self, key: Key) -> bool {
        let before = self.text.len();
        match key {
            Key::Char(c) if self.text.chars().count() < MOST => self.text.push(c),
            Key::Backspace => drop(self.text.pop()),
            Key::Ctrl('u') => self.text.clear(),
            Key::Ctrl('w') => {
                let kept = self.text.trim_end().rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
                self.text.truncate(kept);
            }
            _ => {}
        }
        self.text.len() != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits() {
        fn check(before: &str, key: Key, expected: &str) {
            let mut line = Line::with(before);
            assert_eq!(line.edit(key), before != expected, "{before:?} {key:?}");
            assert_eq!(line.text(), expected, "{before:?} {key:?}");
        }
        check("", Key::Char('é'), "é");
        check("aé", Key::Backspace, "a");
        check("", Key::Backspace, "");
        check("a b", Key::Ctrl('u'), "");
        check("one two  ", Key::Ctrl('w'), "one ");
        check("one", Key::Ctrl('w'), "");
        check("one", Key::Ctrl('k'), "one");
        check("one", Key::Up, "one");
        check(&"x".repeat(MOST), Key::Char('y'), &"x".repeat(MOST));
    }
}
