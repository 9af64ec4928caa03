//! What tmux says in control mode: bytes in, events out. No IO.
//!
//! A line that begins with `%` is a notification, unless it lies between `%begin` and the `%end` or `%error` with the same time and
//! number: that is the reply to a command. tmux sends no notification inside a reply to us, so everything in between is the reply's
//! text, also what looks like a notification (a captured pane can show anything). What `refresh-client` writes when a hook runs it
//! for this client stands in a block of its own, which is not ours.

use memchr::memchr;

/// A reply of more bytes is cut off: nothing that is asked for is as long, and memory must not depend on what tmux says.
pub const LONGEST_REPLY: usize = 16 << 20;
/// A notification of more bytes is cut off.
pub const LONGEST_LINE: usize = 64 << 10;

/// Something that tmux said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A command was carried out or refused.
    Reply(Reply),
    /// Something happened.
    Notification(Notification),
}

/// What stood between `%begin` and `%end` or `%error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// tmux's number of the command.
    pub number: u64,
    /// It was sent by this client, and not by a hook or another one.
    pub ours: bool,
    /// It was carried out; its text is then a result, else the reason.
    pub done: bool,
    /// The text, lines ended by `\n`.
    pub text: Vec<u8>,
    /// There was more of it than [`LONGEST_REPLY`].
    pub cut: bool,
}

/// A notification, as far as pintle acts on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notification {
    /// This client ends, for this reason if tmux gives one.
    Exit(Option<Vec<u8>>),
    /// The panes of a window are arranged anew.
    LayoutChange {
        /// `@` and a number.
        window: Vec<u8>,
        /// `#{window_layout}`.
        layout: Vec<u8>,
    },
    /// A window came, into this session or another.
    WindowAdd(Vec<u8>),
    /// A window is gone.
    WindowClose(Vec<u8>),
    /// Another pane of a window is the active one.
    WindowPaneChanged {
        /// `@` and a number.
        window: Vec<u8>,
        /// `%` and a number.
        pane: Vec<u8>,
    },
    /// This client looks at another session.
    SessionChanged {
        /// `$` and a number.
        session: Vec<u8>,
        /// Its name.
        name: Vec<u8>,
    },
    /// A session came or is gone.
    SessionsChanged,
    /// The configuration has a mistake, in tmux's words.
    ConfigError(Vec<u8>),
    /// Any other: its word without `%`, and the rest of the line.
    Other {
        /// The word.
        name: Vec<u8>,
        /// What follows it.
        rest: Vec<u8>,
    },
}

/// Takes bytes as they come, in any pieces.
#[derive(Debug, Default)]
pub struct Parser {
    /// The line that is not complete yet.
    line: Vec<u8>,
    /// It was longer than is kept.
    line_cut: bool,
    reply: Option<Open>,
}

/// A reply that has begun.
#[derive(Debug)]
struct Open {
    /// What follows `%begin ` up to the flags: `%end` repeats it.
    guard: Vec<u8>,
    reply: Reply,
}

impl Parser {
    /// Parses what has come and appends what it means to `events`.
    pub fn feed(&mut self, mut bytes: &[u8], events: &mut Vec<Event>) {
        while let Some(end) = memchr(b'\n', bytes) {
            self.collect(&bytes[..end]);
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.line);
            let cut = std::mem::take(&mut self.line_cut);
            events.extend(self.line(&line, cut));
            // Its memory serves the next line, unless it was a huge one.
            if line.capacity() <= LONGEST_LINE {
                self.line = line;
                self.line.clear();
            }
        }
        self.collect(bytes);
    }

    fn collect(&mut self, bytes: &[u8]) {
        let most = if self.reply.is_some() { LONGEST_REPLY } else { LONGEST_LINE };
        let room = most.saturating_sub(self.line.len());
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.line_cut |= bytes.len() > room;
    }

    fn line(&mut self, line: &[u8], cut: bool) -> Option<Event> {
        if let Some(open) = &mut self.reply {
            let done = match line {
                _ if cut => None,
                _ if is_guard(line, b"%end ", &open.guard) => Some(true),
                _ if is_guard(line, b"%error ", &open.guard) => Some(false),
                _ => None,
            };
            let Some(done) = done else {
                let room = LONGEST_REPLY.saturating_sub(open.reply.text.len());
                open.reply.cut |= cut || line.len() >= room;
                if line.len() < room {
                    open.reply.text.extend_from_slice(line);
                    open.reply.text.push(b'\n');
                }
                return None;
            };
            let open = self.reply.take()?;
            return Some(Event::Reply(Reply { done, ..open.reply }));
        }
        // tmux ends its own lines with LF only, but a terminal in between adds CR; `-CC` puts an introducer in front.
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = line.strip_prefix(b"\x1bP1000p").unwrap_or(line);
        if let Some(guard) = line.strip_prefix(b"%begin ")
            && let Some((number, ours)) = begun(guard)
        {
            let reply = Reply { number, ours, done: false, text: Vec::new(), cut: false };
            self.reply = Some(Open { guard: guard.to_vec(), reply });
            return None;
        }
        notification(line).map(Event::Notification)
    }
}

fn is_guard(line: &[u8], word: &[u8], guard: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.strip_prefix(word) == Some(guard)
}

/// Number and flags of `TIME NUMBER FLAGS`.
fn begun(guard: &[u8]) -> Option<(u64, bool)> {
    let mut words = std::str::from_utf8(guard).ok()?.split(' ');
    let (_time, number, flags) = (words.next()?, words.next()?.parse().ok()?, words.next()?.parse::<u64>().ok()?);
    // The flag's other bits are tmux's own business.
    Some((number, flags & 1 == 1))
}

/// `None` for a line that is no notification. There is none in tmux's protocol, but a wrapper around tmux may print one.
fn notification(line: &[u8]) -> Option<Notification> {
    let line = line.strip_prefix(b"%")?;
    let (name, rest) = word(line);
    if name.is_empty() {
        return None;
    }
    let pair = || {
        let (first, rest) = word(rest);
        (first.to_vec(), rest)
    };
    Some(match name {
        b"exit" => Notification::Exit(Some(rest.to_vec()).filter(|reason| !reason.is_empty())),
        b"layout-change" => {
            let (window, rest) = pair();
            Notification::LayoutChange { window, layout: word(rest).0.to_vec() }
        }
        b"window-add" | b"unlinked-window-add" => Notification::WindowAdd(rest.to_vec()),
        b"window-close" | b"unlinked-window-close" => Notification::WindowClose(rest.to_vec()),
        b"window-pane-changed" => {
            let (window, pane) = pair();
            Notification::WindowPaneChanged { window, pane: pane.to_vec() }
        }
        b"session-changed" => {
            let (session, name) = pair();
            Notification::SessionChanged { session, name: name.to_vec() }
        }
        b"sessions-changed" => Notification::SessionsChanged,
        b"config-error" => Notification::ConfigError(rest.to_vec()),
        _ => Notification::Other { name: name.to_vec(), rest: rest.to_vec() },
    })
}

/// The first word and what follows the space behind it.
fn word(line: &[u8]) -> (&[u8], &[u8]) {
    match memchr(b' ', line) {
        Some(at) => (&line[..at], &line[at + 1..]),
        None => (line, &[]),
    }
}

#[cfg(test)]
#[path = "parser_tests.rs"]
mod tests;
