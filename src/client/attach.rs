//! The stream of one agent's terminal, for as long as somebody looks, whatever becomes of the daemon meanwhile.
//!
//! Its socket does not block: the caller polls [`Attachment::socket`] beside whatever else it listens to. Every byte
//! has a number, and this side counts along. A daemon that is restarted is therefore asked to go on behind the last
//! byte that arrived here, and nothing is lost or repeated. What was typed and had been handed to the old daemon's
//! socket is not sent again: it may have been typed into the agent already, and twice is worse than not at all.

use std::io;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::call::Link;
use super::connect::{Pauses, is_absent};
use super::error::is_gone;
use super::outgoing::Outgoing;
use super::{ClientError, Connector};
use crate::protocol::encode;
use crate::protocol::typed::reply::AttachReady;
use crate::protocol::typed::request::{Attach, Detach, Replay, Resize};
use crate::protocol::typed::{Line, Reply, Request, StreamLine, encode_input, parse_line, parse_output};

/// How long a daemon may stay away before the stream is given up.
const COMES_BACK: Duration = Duration::from_secs(10);

/// The same where nobody even listens: the keeper, and with it every agent, is gone, or was just started anew.
const NOBODY_LISTENS: Duration = Duration::from_secs(1);

/// What happened beside output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incident {
    /// So many bytes are missing here: this reader was too slow, or was away for too long.
    Lagged(u64),
    /// The process has ended, and everything it printed has come.
    Exited {
        /// How it ended.
        code: Option<i32>,
        /// Only so that it can go on when it is resumed.
        suspended: bool,
    },
}

/// An attachment to an agent.
#[derive(Debug)]
pub struct Attachment {
    connector: Connector,
    request: Attach,
    link: Option<Link>,
    outgoing: Outgoing,
    /// Number of the byte that comes next.
    next: u64,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// Output comes.
    Live,
    /// `attach` was sent: what comes before its answer belongs to an earlier stream.
    Asked {
        /// To go on where the last connection ended, not to see the screen anew.
        going_on: bool,
    },
    /// The connection is gone.
    Away { pauses: Pauses, again: Instant, since: Instant },
}

impl Attachment {
    /// Goes on with a connection on which `request` has been answered.
    pub(super) fn begin(connector: Connector, link: Link, request: Attach, offset: u64) -> Result<Self, ClientError> {
        link.stream.set_nonblocking(true).map_err(ClientError::Io)?;
        let (link, outgoing) = (Some(link), Outgoing::default());
        Ok(Self { connector, request, link, outgoing, next: offset, phase: Phase::Live })
    }

    /// What to poll; `None` while there is no connection.
    pub fn socket(&self) -> Option<&UnixStream> {
        self.link.as_ref().map(|link| &link.stream)
    }

    /// Bytes that wait for the socket to take them.
    pub fn unsent(&self) -> usize {
        self.outgoing.unsent()
    }

    /// Number of the byte that comes next.
    pub fn offset(&self) -> u64 {
        self.next
    }

    /// Waits for something to receive or to tend to: for those who listen to nothing else.
    pub fn wait(&self) -> Result<(), ClientError> {
        let limit = self.next_try().map(Timespec::try_from).transpose();
        let limit = limit.map_err(|error| ClientError::Io(io::Error::other(error)))?;
        let sending = if self.unsent() > 0 { PollFlags::OUT } else { PollFlags::empty() };
        let mut socket: Vec<PollFd<'_>> =
            self.socket().map(|socket| PollFd::new(socket, PollFlags::IN | sending)).into_iter().collect();
        match poll(&mut socket, limit.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(ClientError::Io(error.into())),
        }
    }

    /// How long to wait at most before [`Attachment::tend`] has something to do; `None`: nothing to do.
    pub fn next_try(&self) -> Option<Duration> {
        match self.phase {
            Phase::Away { again, .. } => Some(again.saturating_duration_since(self.connector.now())),
            _ => None,
        }
    }

    /// Types into the agent.
    pub fn input(&mut self, bytes: &[u8]) {
        encode_input(&self.request.agent_id, false, bytes, self.outgoing.tail());
    }

    /// The terminal has another size.
    pub fn resize(&mut self, cols: u16, rows: u16) {
        let (cols, rows) = (u64::from(cols), u64::from(rows));
        (self.request.cols, self.request.rows) = (Some(cols), Some(rows));
        let resize = Resize { agent_id: self.request.agent_id.clone(), cols, rows };
        encode(&Request::from(resize), self.outgoing.tail());
    }

    /// Asks for the screen as it is now, in place of what is on its way.
    pub fn repaint(&mut self) {
        if self.link.is_some() {
            let request = Attach { replay: Replay::Screen, from: None, ..self.request.clone() };
            encode(&Request::from(request), self.outgoing.tail());
            self.phase = Phase::Asked { going_on: false };
        }
    }

    /// Ends the stream, after what was typed has been sent.
    pub fn detach(mut self) {
        encode(&Request::from(Detach {}), self.outgoing.tail());
        let Some(link) = self.link else { return };
        // Best effort: whoever detaches wants his shell back, and the daemon takes the closed socket for the same.
        let _ = link.stream.set_nonblocking(false);
        let _ = link.stream.set_write_timeout(Some(Duration::from_secs(1)));
        let _ = self.outgoing.write_to(&link.stream);
    }

    /// Does what does not wait for the daemon: sends what can be sent, connects again when it is time to.
    /// An error means that the stream is over for good.
    pub fn tend(&mut self) -> Result<(), ClientError> {
        if let Phase::Away { again, .. } = self.phase
            && again <= self.connector.now()
        {
            self.try_again()?;
        }
        let Some(link) = &self.link else { return Ok(()) };
        match self.outgoing.write_to(&link.stream) {
            Err(error) if is_gone(&error) => {
                self.lost();
                Ok(())
            }
            sent => sent.map_err(ClientError::Io),
        }
    }

    /// Reads once and appends what the agent printed to `output`. Stops at an incident; call it again for the rest.
    pub fn receive(&mut self, output: &mut Vec<u8>) -> Result<Option<Incident>, ClientError> {
        if let Some(incident) = self.take_lines(output)? {
            return Ok(Some(incident));
        }
        let Some(link) = &mut self.link else { return Ok(None) };
        match link.lines.fill(&link.stream) {
            Ok(0) => self.lost(),
            Ok(_) => return self.take_lines(output),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if is_gone(&error) => self.lost(),
            Err(error) => return Err(ClientError::Io(error)),
        }
        Ok(None)
    }

    /// Takes what earlier reads have brought already, the lines behind the answer to `attach` for one: no poll tells of them.
    pub fn receive_buffered(&mut self, output: &mut Vec<u8>) -> Result<Option<Incident>, ClientError> {
        self.take_lines(output)
    }

    fn take_lines(&mut self, output: &mut Vec<u8>) -> Result<Option<Incident>, ClientError> {
        while let Some(link) = &mut self.link
            && let Some(line) = link.lines.next()?
        {
            let incident = match self.phase {
                Phase::Live => self.take_live(&line, output)?,
                _ => self.take_answer(&line)?,
            };
            if incident.is_some() {
                return Ok(incident);
            }
        }
        Ok(None)
    }

    fn take_live(&mut self, line: &[u8], output: &mut Vec<u8>) -> Result<Option<Incident>, ClientError> {
        if let Some(head) = parse_output(line, output) {
            // A painting stands for all that came before it and is itself no output.
            self.next = if head.paint { head.offset } else { head.offset + head.len as u64 };
            return Ok(None);
        }
        match understood(line)? {
            Line::Stream(StreamLine::Exited(exited)) => {
                Ok(Some(Incident::Exited { code: exited.exit_code, suspended: exited.suspended }))
            }
            Line::Stream(StreamLine::Lagged(lagged)) => {
                let skipped = lagged.skipped_bytes.unwrap_or_default();
                self.next += skipped;
                Ok(Some(Incident::Lagged(skipped)))
            }
            Line::Reply(Reply::Error(error)) => Err(error.into()),
            // `detached` and `attach_ready`: a wish to repaint that a lost connection overtook.
            _ => Ok(None),
        }
    }

    /// A line that came after `attach` was sent. What is left of an earlier stream is dropped, its end too: the new
    /// one begins with the screen that shows all of it, and says itself that the process has ended.
    fn take_answer(&mut self, line: &[u8]) -> Result<Option<Incident>, ClientError> {
        if parse_output(line, &mut Vec::new()).is_some() {
            return Ok(None);
        }
        match understood(line)? {
            Line::Reply(Reply::AttachReady(ready)) => Ok(self.ready(&ready)),
            Line::Reply(Reply::Error(error)) => Err(error.into()),
            _ => Ok(None),
        }
    }

    fn ready(&mut self, ready: &AttachReady) -> Option<Incident> {
        let going_on = matches!(self.phase, Phase::Asked { going_on: true });
        let missing = ready.offset.saturating_sub(self.next);
        (self.phase, self.next) = (Phase::Live, ready.offset);
        // A repainted screen misses nothing. A stream that goes on may: the ring had to give up its oldest bytes.
        (missing > 0 && going_on).then_some(Incident::Lagged(missing))
    }

    fn lost(&mut self) {
        let now = self.connector.now();
        self.link = None;
        self.phase = Phase::Away { pauses: Pauses::until(now + COMES_BACK), again: now, since: now };
    }

    fn try_again(&mut self) -> Result<(), ClientError> {
        match self.connector.try_connect() {
            Ok(stream) => self.go_on(stream),
            Err(error) => self.wait_on(error),
        }
    }

    fn go_on(&mut self, stream: UnixStream) -> Result<(), ClientError> {
        stream.set_nonblocking(true).map_err(ClientError::Io)?;
        self.link = Some(Link::new(stream));
        let mut attach = Vec::new();
        encode(&Request::from(Attach { from: Some(self.next), ..self.request.clone() }), &mut attach);
        self.outgoing.start_over(&attach);
        self.phase = Phase::Asked { going_on: true };
        Ok(())
    }

    fn wait_on(&mut self, error: io::Error) -> Result<(), ClientError> {
        let now = self.connector.now();
        let Phase::Away { pauses, again, since } = &mut self.phase else { return Ok(()) };
        let nobody = is_absent(&error) && now.saturating_duration_since(*since) >= NOBODY_LISTENS;
        match pauses.next(now).filter(|_| !nobody) {
            Some(pause) => {
                *again = now + pause;
                Ok(())
            }
            None => Err(self.connector.unreachable(error)),
        }
    }
}

fn understood(line: &[u8]) -> Result<Line, ClientError> {
    parse_line(line).map_err(|error| ClientError::Strange(error.message))
}

#[cfg(test)]
#[path = "attach_tests.rs"]
mod tests;
