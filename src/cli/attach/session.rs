//! The loop, and how it ends.

use std::io::{self, IsTerminal};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::SIGHUP;

use super::detach_key::DetachKey;
use super::sink::Sink;
use super::terminal::{self, RESET, RawGuard};
use crate::cli::signals::Signals;
use crate::client::ClientError;
use crate::client::attach::{Attachment, Incident};

/// What is typed while the daemon takes none of it: beyond this, the keyboard waits.
const TYPED_AHEAD: usize = 256 * 1024;

/// Room for the shell's prompt: the line under the agent's cursor, and nothing of its picture below that.
const ROOM: &str = "\r\n\x1b[J";

/// How an attachment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The detach key.
    Detached,
    /// The agent has ended, with this code.
    Exited(Option<i32>),
    /// The agent's process was ended so that it rests until it is resumed.
    Suspended,
    /// A signal asked us to.
    Signal(i32),
    /// Nobody reads our output any more.
    Closed,
}

/// An agent's terminal on ours.
#[derive(Debug)]
pub struct Session {
    attachment: Attachment,
    detach_key: DetachKey,
    read_only: bool,
    raw: Option<RawGuard>,
    shown: bool,
    signals: Signals,
    sink: Sink,
    /// The keyboard is still to be listened to.
    listening: bool,
    end: Option<End>,
}

impl Session {
    /// Takes the terminal, if standard input is one. Without one this is a filter: what comes in is typed, to its end,
    /// and what the agent prints goes out until the agent ends.
    pub fn begin(attachment: Attachment, detach_key: DetachKey, read_only: bool) -> io::Result<Self> {
        let signals = Signals::listen()?;
        let raw = io::stdin().is_terminal().then(RawGuard::enter).transpose()?;
        // Without a keyboard there is no detach key to look for either.
        let listening = raw.is_some() || !read_only;
        let (shown, sink) = (io::stdout().is_terminal(), Sink::standard_output());
        Ok(Self { attachment, detach_key, read_only, raw, shown, signals, sink, listening, end: None })
    }

    /// Runs until it ends, and gives the terminal back.
    pub fn run(mut self) -> Result<End, ClientError> {
        let end = self.serve();
        if self.shown && !matches!(end, Ok(End::Closed)) {
            self.sink.pending.extend_from_slice(RESET.as_bytes());
            self.sink.pending.extend_from_slice(ROOM.as_bytes());
            // What the terminal does not take now, it takes no more: we are on our way out.
            let _ = self.sink.write();
        }
        drop(self.raw.take());
        if matches!(end, Ok(End::Detached | End::Signal(_) | End::Closed)) {
            self.attachment.detach();
        }
        end
    }

    fn serve(&mut self) -> Result<End, ClientError> {
        loop {
            self.attachment.tend()?;
            self.pass_on()?;
            // The last words of an agent are still to be shown.
            if let Some(end) =
                self.end.filter(|end| !matches!(end, End::Exited(_) | End::Suspended) || self.sink.is_empty())
            {
                return Ok(end);
            }
            let ready = self.wait().map_err(ClientError::Io)?;
            if ready.closed {
                return Ok(self.end.unwrap_or(End::Closed));
            }
            if ready.signals {
                self.heed_signals().map_err(ClientError::Io)?;
            }
            if ready.keyboard {
                self.read_keyboard();
            }
            if ready.socket
                && let Some(incident) = self.attachment.receive(&mut self.sink.pending)?
            {
                self.heed(incident);
            }
        }
    }

    /// Waits for whatever comes first.
    fn wait(&self) -> io::Result<Ready> {
        let stdin = io::stdin();
        let mut sources = vec![(Source::Signals, PollFd::new(self.signals.pipe(), PollFlags::IN))];
        if self.listening && self.attachment.unsent() < TYPED_AHEAD {
            sources.push((Source::Keyboard, PollFd::new(&stdin, PollFlags::IN)));
        }
        // Also when nothing is to be written: that its reader is gone is told in any case.
        let taken = if self.sink.is_empty() { PollFlags::empty() } else { PollFlags::OUT };
        sources.push((Source::Sink, PollFd::new(&self.sink, taken)));
        // The socket is left out when nothing is wanted of it: its end would be reported all the same, again and again.
        let wanted = self.wanted_of_socket();
        if let Some(socket) = self.attachment.socket().filter(|_| !wanted.is_empty()) {
            sources.push((Source::Socket, PollFd::new(socket, wanted)));
        }
        let limit = self.attachment.next_try().map(Timespec::try_from).transpose().map_err(io::Error::other)?;
        let (names, mut polled): (Vec<Source>, Vec<PollFd<'_>>) = sources.into_iter().unzip();
        match poll(&mut polled, limit.as_ref()) {
            Err(error) if error != Errno::INTR => return Err(error.into()),
            _ => {}
        }
        let came = |source| {
            let found = names.iter().zip(&polled).find(|(name, _)| **name == source);
            found.map_or(PollFlags::empty(), |(_, fd)| fd.revents())
        };
        Ok(Ready {
            signals: !came(Source::Signals).is_empty(),
            keyboard: !came(Source::Keyboard).is_empty(),
            socket: !came(Source::Socket).is_empty() && wanted.contains(PollFlags::IN),
            closed: came(Source::Sink).intersects(PollFlags::ERR | PollFlags::HUP),
        })
    }

    /// Its output only while the terminal takes output; whether it takes input only while there is some.
    fn wanted_of_socket(&self) -> PollFlags {
        let mut wanted = PollFlags::empty();
        wanted.set(PollFlags::IN, self.sink.is_empty() && self.end.is_none());
        wanted.set(PollFlags::OUT, self.attachment.unsent() > 0);
        wanted
    }

    fn read_keyboard(&mut self) {
        let mut typed = [0; 16 * 1024];
        // Not through `Stdin`: what it had read ahead, `poll` would not tell of.
        match (rustix::io::read(io::stdin(), &mut typed), &self.raw) {
            (Err(Errno::INTR | Errno::AGAIN), _) => {}
            // A keyboard does not end; its terminal is gone.
            (Ok(0) | Err(_), Some(_)) => self.end = Some(End::Signal(SIGHUP)),
            (Ok(0) | Err(_), None) => self.listening = false,
            (Ok(read), raw) => {
                let typed = &typed[..read];
                let detach = raw.as_ref().and_then(|_| self.detach_key.find(typed));
                self.type_in(&typed[..detach.unwrap_or(read)]);
                if detach.is_some() {
                    self.end = Some(End::Detached);
                }
            }
        }
    }

    fn type_in(&mut self, typed: &[u8]) {
        if !typed.is_empty() && !self.read_only && self.end.is_none() {
            self.attachment.input(typed);
        }
    }

    fn heed_signals(&mut self) -> io::Result<()> {
        self.signals.drain();
        if let Some(signal) = self.signals.ending() {
            self.end = Some(End::Signal(signal));
        }
        let continued = self.signals.continued();
        if let Some(raw) = self.raw.as_ref().filter(|_| continued) {
            raw.again()?;
        }
        if (self.signals.resized() || continued)
            && !self.read_only
            && let Some((cols, rows)) = terminal::size()
        {
            self.attachment.resize(cols, rows);
        }
        if continued && self.shown {
            self.attachment.repaint();
        }
        Ok(())
    }

    /// Writes what the terminal takes, and then what was read already: behind the answer to `attach`, or behind an
    /// incident. No poll would tell of that.
    fn pass_on(&mut self) -> Result<(), ClientError> {
        loop {
            if self.sink.write().is_err() {
                self.end = Some(End::Closed);
            }
            if !self.sink.is_empty() || self.end.is_some() {
                return Ok(());
            }
            match self.attachment.receive_buffered(&mut self.sink.pending)? {
                Some(incident) => self.heed(incident),
                None if self.sink.is_empty() => return Ok(()),
                None => {}
            }
        }
    }

    fn heed(&mut self, incident: Incident) {
        match incident {
            Incident::Exited { suspended: true, .. } => self.end = Some(End::Suspended),
            Incident::Exited { code, .. } => self.end = Some(End::Exited(code)),
            // Bytes are missing in the middle; what they would have drawn is asked for as a whole.
            Incident::Lagged(_) if self.shown => self.attachment.repaint(),
            Incident::Lagged(bytes) => {
                eprintln!("pintle: {bytes} bytes of output are missing here: they were not read in time");
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Signals,
    Keyboard,
    Sink,
    Socket,
}

/// What can be read.
struct Ready {
    signals: bool,
    keyboard: bool,
    socket: bool,
    /// Nobody takes our output any more.
    closed: bool,
}
