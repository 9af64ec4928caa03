//! One command for tmux, and the only place that quotes one.
//!
//! A command is built by `tmux_interface`, which knows the names and flags, and is kept as words. tmux gets it in one of two
//! forms, and each has a trap of its own:
//! - as a **line** on a control client's input, which tmux parses as it parses its configuration. Every word that is more than
//!   letters stands in double quotes, and whatever means something there is written as an octal number;
//! - as **arguments of a process**, where nothing is parsed but a `;` at the end of a word, which ends the command.
//!
//! The builder's own `Display` quotes nothing: a value with `; kill-session` in it did just that. Words are bytes, since a path
//! may hold anything; what the builder takes as text only is added with [`Command::word`].

use std::borrow::Cow;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use tmux_interface::{IfShell, TmuxCommand};

use super::error::TmuxError;
use super::server::PaneId;

/// Whether a command that was sent and not answered may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Doing it twice is doing it once: questions, options.
    Repeatable,
    /// Doing it twice is doing it twice: typing, splitting, killing.
    Once,
}

/// A session that nobody has: asking for it is how a branch of a condition fails. The text of an error cannot be forged by what
/// a pane shows, an answer's text can.
const STALE: &str = "pintle-no-such-pane";

/// One command, as words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    words: Vec<Vec<u8>>,
    effect: Effect,
    guard: Option<Guard>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Guard {
    pane: PaneId,
    /// A format, made of names and numbers only.
    condition: String,
    /// It was true when the server had told so many changes.
    seen: Option<u64>,
}

impl Command {
    /// A command that may be sent again when its answer was lost.
    pub fn repeatable(built: &TmuxCommand<'_>) -> Self {
        Self::new(built, Effect::Repeatable)
    }

    /// A command that must not be sent a second time.
    pub fn once(built: &TmuxCommand<'_>) -> Self {
        Self::new(built, Effect::Once)
    }

    fn new(built: &TmuxCommand<'_>, effect: Effect) -> Self {
        let words = built.to_vec().into_iter().map(|word| word.into_owned().into_bytes()).collect();
        Self { words, effect, guard: None }
    }

    /// The same with one more word at its end.
    #[must_use]
    pub fn word(mut self, word: impl Into<Vec<u8>>) -> Self {
        self.words.push(word.into());
        self
    }

    /// The same, carried out only if the format `condition` is true (not empty, not 0) of `pane` at that very moment: tmux does
    /// nothing between the question and the command. If it is false, or there is no such pane, the answer is
    /// [`Answer::Stale`](super::client::Answer::Stale). The condition must not hold text from outside.
    #[must_use]
    pub fn only_if(mut self, pane: PaneId, condition: impl Into<String>) -> Self {
        self.guard = Some(Guard { pane, condition: condition.into(), seen: None });
        self
    }

    /// The same, and its condition was seen to be true when [`Handle::count`](super::client::Handle::count) was `count`. If nothing
    /// was told since then, tmux is not asked again, which saves it half the work of a key. For conditions only whose changes tmux
    /// tells: it does so before it answers anybody else.
    #[must_use]
    pub fn seen(mut self, count: Option<u64>) -> Self {
        if let Some(guard) = &mut self.guard {
            guard.seen = count;
        }
        self
    }

    /// Whether it matters how many changes a client has heard of ([`Command::after`]).
    pub(super) fn rests_on_what_was_seen(&self) -> bool {
        self.guard.as_ref().is_some_and(|guard| guard.seen.is_some())
    }

    /// The same as it is sent to a client that has heard of so many changes, and of no other.
    pub(super) fn after(&self, count: Option<u64>) -> Cow<'_, Command> {
        match &self.guard {
            Some(guard) if guard.seen.is_some() && guard.seen == count => {
                Cow::Owned(Self { guard: None, ..self.clone() })
            }
            _ => Cow::Borrowed(self),
        }
    }

    /// What it is called, for errors: its first word. Never its arguments, which may be secret.
    pub fn name(&self) -> String {
        self.words.first().map(|word| String::from_utf8_lossy(word).into_owned()).unwrap_or_default()
    }

    /// Whether it may be sent again.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// How many replies it gives when all goes well: a condition replies, and then the command.
    pub(super) fn replies(&self) -> usize {
        1 + usize::from(self.guard.is_some())
    }

    /// The bytes of a control client's input line, its end included. A word with a NUL cannot be sent.
    pub fn line(&self) -> Result<Vec<u8>, TmuxError> {
        let mut line = self.guarded()?.quoted()?;
        line.push(b'\n');
        Ok(line)
    }

    /// The words as a process takes them.
    pub fn arguments(&self) -> Result<Vec<OsString>, TmuxError> {
        let whole = self.guarded()?;
        whole.refuse_nul()?;
        Ok(whole.words.iter().map(|word| OsString::from_vec(argument(word))).collect())
    }

    /// The same command under one more condition, and followed by `then` where it succeeded: what a process needs, since there
    /// a failed command takes those behind it down with it.
    pub(super) fn within(&self, condition: &str, then: &Command) -> Result<Command, TmuxError> {
        let lines = [self.quoted()?, then.quoted()?].join(&b" ; "[..]);
        Ok(match &self.guard {
            None => conditional(None, condition, lines),
            Some(guard) => {
                let both = format!("#{{&&:{condition},{}}}", guard.condition);
                conditional(Some(guard.pane), &both, lines)
            }
        })
    }

    /// With its condition put around it.
    fn guarded(&self) -> Result<Cow<'_, Command>, TmuxError> {
        Ok(match &self.guard {
            None => Cow::Borrowed(self),
            Some(guard) => Cow::Owned(conditional(Some(guard.pane), &guard.condition, self.quoted()?)),
        })
    }

    fn quoted(&self) -> Result<Vec<u8>, TmuxError> {
        self.refuse_nul()?;
        let mut line = Vec::with_capacity(self.words.iter().map(|word| word.len() + 3).sum());
        for (index, word) in self.words.iter().enumerate() {
            if index > 0 {
                line.push(b' ');
            }
            quote(word, &mut line);
        }
        Ok(line)
    }

    fn refuse_nul(&self) -> Result<(), TmuxError> {
        if self.words.iter().any(|word| word.contains(&0)) { Err(TmuxError::Nul(self.name())) } else { Ok(()) }
    }
}

/// Whether a refusal says that a condition was false.
pub(super) fn is_stale(error: &[u8]) -> bool {
    error.trim_ascii_end().ends_with(STALE.as_bytes())
}

/// `if-shell` on a format: no shell is run. Each branch is one string, which tmux parses as it parses a line.
fn conditional(pane: Option<PaneId>, condition: &str, lines: Vec<u8>) -> Command {
    let name = pane.map(|pane| pane.to_string());
    let mut branch = IfShell::new().not_execute().shell_command(condition);
    if let Some(name) = &name {
        branch = branch.target_pane(name);
    }
    Command::repeatable(&branch.build()).word(lines).word(format!("has-session -t \"={STALE}\""))
}

/// Appends `word` as tmux's parser takes it in a line.
fn quote(word: &[u8], line: &mut Vec<u8>) {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !word.is_empty() && word.iter().all(plain) {
        return line.extend_from_slice(word);
    }
    // Its own bytes are read as signed numbers, where 0xff is the end of the input. UTF-8 never holds that one.
    let is_text = std::str::from_utf8(word).is_ok();
    line.push(b'"');
    for &byte in word {
        match byte {
            b'"' | b'\\' | b'$' => line.extend([b'\\', byte]),
            // A `~` is a home folder, also in quotes.
            b'~' | 0..=0x1f | 0x7f => octal(byte, line),
            0x80.. if !is_text => octal(byte, line),
            _ => line.push(byte),
        }
    }
    line.push(b'"');
}

fn octal(byte: u8, line: &mut Vec<u8>) {
    line.extend([b'\\', b'0' + (byte >> 6), b'0' + (byte >> 3 & 7), b'0' + (byte & 7)]);
}

/// A word as an argument of a `tmux` process: only a `;` at its end means something, and a backslash before it takes that away.
fn argument(word: &[u8]) -> Vec<u8> {
    match word.strip_suffix(b";") {
        Some(start) => [start, b"\\;"].concat(),
        None => word.to_vec(),
    }
}

/// Text for a place where tmux expands formats: every `#` doubled, so that none begins a `#{…}`, `#(…)` or `#[…]`.
pub fn format_text(text: &str) -> String {
    text.replace('#', "##")
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
