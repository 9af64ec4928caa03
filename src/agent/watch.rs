//! Waiting for a text to show up in an agent's terminal.

use regex::Regex;

use super::actor::Agent;
use crate::base::ring::Read;

/// Text that has passed is kept so far back, for matches that span reads.
const WINDOW: usize = 64 << 10;

/// A regular expression to wait for.
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles it; `^` and `$` match at lines.
    pub fn new(pattern: &str) -> Result<Self, regex::Error> {
        regex::RegexBuilder::new(pattern).multi_line(true).size_limit(1 << 20).build().map(Self)
    }

    /// Completes with true when the pattern is on the screen or in output that comes, with false when the agent has ended
    /// without it.
    ///
    /// Both are looked at: a text may scroll by between two looks at the screen, and one that a full-screen program draws
    /// piece by piece is together only on the screen.
    pub async fn found(&self, agent: &Agent) -> bool {
        let mut moved = agent.watch();
        let mut offset = agent.ring().head();
        let mut plain = PlainText::default();
        loop {
            let seen = *moved.borrow_and_update();
            let fresh = follow(agent, &mut offset, &mut plain);
            let on_screen = agent.glance(|screen| self.0.is_match(&screen.text())).await;
            if on_screen || (fresh && self.0.is_match(&plain.text)) {
                return true;
            }
            if seen.exit.is_some() || moved.changed().await.is_err() {
                return false;
            }
        }
    }
}

fn follow(agent: &Agent, offset: &mut u64, plain: &mut PlainText) -> bool {
    let mut bytes = Vec::new();
    loop {
        match agent.ring().read(*offset, WINDOW, &mut bytes) {
            Read::Bytes(0) => break,
            Read::Bytes(count) => *offset += count as u64,
            Read::Lagged { oldest } => *offset = oldest,
        }
    }
    plain.add(&bytes);
    !bytes.is_empty()
}

/// Output without its escape sequences, the last part of it.
#[derive(Default)]
struct PlainText {
    parser: vte::Parser,
    text: String,
}

impl PlainText {
    fn add(&mut self, bytes: &[u8]) {
        let mut text = std::mem::take(&mut self.text);
        self.parser.advance(&mut Printed(&mut text), bytes);
        if text.len() > WINDOW {
            let cut = (text.len() - WINDOW..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.drain(..cut);
        }
        self.text = text;
    }
}

struct Printed<'a>(&'a mut String);

impl vte::Perform for Printed<'_> {
    fn print(&mut self, letter: char) {
        self.0.push(letter);
    }

    fn execute(&mut self, byte: u8) {
        if byte == b'\n' {
            self.0.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_taken_out_and_the_window_is_bounded() {
        let mut plain = PlainText::default();
        plain.add(b"\x1b[31mre");
        plain.add(b"d\x1b[0m\r\nnext \xc3\xa9\n\x1b]0;title\x07");
        assert_eq!(plain.text, "red\nnext é\n");
        plain.add(&b"x".repeat(WINDOW + 10));
        assert_eq!(plain.text.len(), WINDOW);
    }
}
