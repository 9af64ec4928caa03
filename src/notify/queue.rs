//! The notifications that nobody has read yet.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use thiserror::Error;

/// Most notifications that are kept. Nobody reads more; what an extension in a loop produces must not fill the memory.
pub const KEPT: usize = 200;
/// Longest title, in bytes.
pub const TITLE_MAX: usize = 1024;
/// Longest message, in bytes.
pub const MESSAGE_MAX: usize = 8 * 1024;

/// A notification that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotifyError {
    /// Nothing to show.
    #[error("the notification is empty: give it a `title` or a `message`")]
    Empty,
    /// Too much to show.
    #[error("the notification's `{field}` has {bytes} bytes, at most {most} are kept: shorten it")]
    TooLong {
        /// `title` or `message`.
        field: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        most: usize,
    },
    /// Not a level.
    #[error("unknown level `{0}`: one of info, warning, error, success")]
    Level(String),
}

/// How much a notification matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Level {
    /// Good to know.
    #[default]
    Info,
    /// Somebody should look.
    Warning,
    /// Something went wrong.
    Error,
    /// Something is finished.
    Success,
}

impl Level {
    /// Every level.
    pub const ALL: [Level; 4] = [Level::Info, Level::Warning, Level::Error, Level::Success];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
            Level::Success => "success",
        }
    }

    /// Somebody is wanted: a warning or an error.
    pub const fn is_urgent(self) -> bool {
        matches!(self, Level::Warning | Level::Error)
    }
}

impl FromStr for Level {
    type Err = NotifyError;

    fn from_str(word: &str) -> Result<Self, NotifyError> {
        Level::ALL.into_iter().find(|level| level.as_str() == word).ok_or_else(|| NotifyError::Level(word.to_owned()))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A tmux pane that a notification comes from, in the words of whoever sent it. It may be gone by the time that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its id, `%3`.
    pub pane: String,
    /// Socket path of its server, where that was said.
    pub tmux: Option<String>,
}

/// A notification that may be queued: not empty, and of a bounded size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationSpec {
    title: String,
    message: String,
    level: Level,
    source: String,
    agent: Option<String>,
    origin: Option<Origin>,
}

impl NotificationSpec {
    /// One that somebody sent. What is too long is refused and not cut: its sender is there to hear of it, and knows better what
    /// to leave out. `source` is who sent it, an extension's name or `cli`.
    pub fn new(title: &str, message: &str, level: Level, source: &str) -> Result<Self, NotifyError> {
        if title.trim().is_empty() && message.trim().is_empty() {
            return Err(NotifyError::Empty);
        }
        for (field, text, most) in [("title", title, TITLE_MAX), ("message", message, MESSAGE_MAX)] {
            if text.len() > most {
                return Err(NotifyError::TooLong { field, bytes: text.len(), most });
            }
        }
        Ok(Self::shortened(title, message, level, source))
    }

    /// One that is made from what an agent says. Nobody is there to shorten it, so what is too long is cut and ends with `…`.
    pub fn shortened(title: &str, message: &str, level: Level, source: &str) -> Self {
        Self {
            title: cut(title, TITLE_MAX),
            message: cut(message, MESSAGE_MAX),
            level,
            source: cut(source, TITLE_MAX),
            agent: None,
            origin: None,
        }
    }

    /// The same, about an agent.
    #[must_use]
    pub fn about_agent(self, id: &str) -> Self {
        Self { agent: Some(id.to_owned()), ..self }
    }

    /// The same, from a pane.
    #[must_use]
    pub fn from_pane(self, origin: Origin) -> Self {
        Self { origin: Some(origin), ..self }
    }
}

/// The text in at most `most` bytes, with `…` behind what is left of it.
fn cut(text: &str, most: usize) -> String {
    const ELLIPSIS: &str = "…";
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most - ELLIPSIS.len()).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{}{ELLIPSIS}", text[..end].trim_end())
}

/// A notification as it is kept. Its texts are as they were sent: whoever shows them makes them fit for where they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Counts up, over restarts too: never given twice, so that a reader can tell what is new.
    pub id: u64,
    /// What it is about, at most [`TITLE_MAX`] bytes; may be empty if there is a message.
    pub title: String,
    /// The rest, at most [`MESSAGE_MAX`] bytes; may be empty.
    pub message: String,
    /// How much it matters.
    pub level: Level,
    /// When it came.
    pub timestamp: Timestamp,
    /// Who sent it.
    pub source: String,
    /// The agent it is about.
    pub agent: Option<String>,
    /// The pane it came from.
    pub origin: Option<Origin>,
}

impl Notification {
    /// Title and message as one text, `title: message`, or the one that is there.
    pub fn text(&self) -> String {
        let parts: Vec<&str> =
            [&self.title, &self.message].into_iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
        parts.join(": ")
    }
}

/// What is unread, and what has to be kept with it. Plain values: the daemon writes them to a file and reads them back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The oldest first.
    pub notifications: Vec<Notification>,
    /// How many were dropped unread.
    pub dropped: u64,
    /// Id of the next one.
    pub next_id: u64,
}

/// What nobody has read yet: at most [`KEPT`], the oldest is dropped for a new one.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    unread: VecDeque<Notification>,
    dropped: u64,
    next_id: u64,
}

/// Everything that was unread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drained {
    /// The oldest first.
    pub notifications: Vec<Notification>,
    /// How many more there had been since the last time, which were dropped unread.
    pub dropped: u64,
}

impl Queue {
    /// A queue as [`Queue::saved`] gave it. A file that somebody has edited can hold more than is kept, or ids that would be given
    /// again: the newest stay, and counting goes on behind the highest.
    pub fn restored(saved: Saved) -> Self {
        let Saved { notifications, dropped, next_id } = saved;
        let highest = notifications.iter().map(|notification| notification.id.saturating_add(1)).max().unwrap_or(0);
        let mut queue = Self { unread: notifications.into(), dropped, next_id: next_id.max(highest) };
        queue.bound();
        queue
    }

    /// What is to be kept over a restart.
    pub fn saved(&self) -> Saved {
        Saved { notifications: self.list().cloned().collect(), dropped: self.dropped, next_id: self.next_id }
    }

    /// Queues a notification and returns it as it is kept.
    pub fn push(&mut self, now: Timestamp, spec: NotificationSpec) -> Notification {
        let NotificationSpec { title, message, level, source, agent, origin } = spec;
        let notification =
            Notification { id: self.next_id, title, message, level, timestamp: now, source, agent, origin };
        self.next_id = self.next_id.saturating_add(1);
        self.unread.push_back(notification.clone());
        self.bound();
        notification
    }

    /// Takes everything out.
    pub fn drain(&mut self) -> Drained {
        let notifications = std::mem::take(&mut self.unread).into();
        Drained { notifications, dropped: std::mem::take(&mut self.dropped) }
    }

    /// What is unread, the oldest first.
    pub fn list(&self) -> impl DoubleEndedIterator<Item = &Notification> + ExactSizeIterator {
        self.unread.iter()
    }

    /// The newest that nobody has read.
    pub fn newest(&self) -> Option<&Notification> {
        self.unread.back()
    }

    /// How many were dropped unread since the last [`Queue::drain`].
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn bound(&mut self) {
        let surplus = self.unread.len().saturating_sub(KEPT);
        self.unread.drain(..surplus);
        self.dropped = self.dropped.saturating_add(surplus as u64);
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
