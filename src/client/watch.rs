//! A project's status as it changes, whatever becomes of the daemon meanwhile.
//!
//! The socket does not block: the caller polls [`StatusStream::socket`] beside whatever else it listens to. A daemon that is restarted is
//! asked anew, and its first line is all that was missed.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use tokio_util::bytes::Bytes;

use super::call::Link;
use super::connect::{Pauses, is_absent};
use super::error::is_gone;
use super::{ClientError, Connector};
use crate::protocol::encode;
use crate::protocol::typed::event::StatusEvent;
use crate::protocol::typed::request::SubscribeStatus;
use crate::protocol::typed::{Line, Reply, Request, StreamLine, parse_line};

/// How long a daemon may stay away before the stream is given up.
const COMES_BACK: Duration = Duration::from_secs(10);

/// A project's status.
#[derive(Debug)]
pub struct StatusStream {
    connector: Connector,
    project_root: String,
    link: Option<Link>,
    away: Option<Away>,
}

#[derive(Debug)]
struct Away {
    pauses: Pauses,
    again: Instant,
}

impl StatusStream {
    /// Subscribes. Starts a daemon where none listens, if the connector does.
    pub fn begin(connector: Connector, project_root: String) -> Result<Self, ClientError> {
        let stream = connector.connect()?;
        let mut begun = Self { connector, project_root, link: None, away: None };
        begun.subscribe(stream)?;
        Ok(begun)
    }

    /// What to poll; `None` while there is no connection.
    pub fn socket(&self) -> Option<&UnixStream> {
        self.link.as_ref().map(|link| &link.stream)
    }

    /// How long to wait at most before [`StatusStream::tend`] has something to do; `None`: nothing to do.
    pub fn next_try(&self) -> Option<Duration> {
        self.away.as_ref().map(|away| away.again.saturating_duration_since(self.connector.now()))
    }

    /// Connects again when it is time to. An error means that the stream is over for good.
    pub fn tend(&mut self) -> Result<(), ClientError> {
        let now = self.connector.now();
        let Some(away) = self.away.as_mut().filter(|away| away.again <= now) else { return Ok(()) };
        match self.connector.try_connect() {
            Ok(stream) => self.subscribe(stream),
            Err(error) => match away.pauses.next(now).filter(|_| is_absent(&error)) {
                Some(pause) => {
                    away.again = now + pause;
                    Ok(())
                }
                None => Err(self.connector.unreachable(error)),
            },
        }
    }

    /// Reads once; what came, with its line. To be called until there is nothing.
    pub fn receive(&mut self) -> Result<Option<(StatusEvent, Bytes)>, ClientError> {
        loop {
            let Some(link) = &mut self.link else { return Ok(None) };
            while let Some(line) = link.lines.next()? {
                match parse_line(&line).map_err(|error| ClientError::Strange(error.message))? {
                    Line::Stream(StreamLine::StatusEvent(event)) => return Ok(Some((event, line))),
                    Line::Reply(Reply::Error(error)) => return Err(error.into()),
                    _ => {}
                }
            }
            match link.lines.fill(&link.stream) {
                Ok(0) => self.lost(),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if is_gone(&error) => self.lost(),
                Err(error) => return Err(ClientError::Io(error)),
            }
        }
    }

    fn subscribe(&mut self, mut stream: UnixStream) -> Result<(), ClientError> {
        let mut line = Vec::new();
        encode(&Request::from(SubscribeStatus { project_root: self.project_root.clone() }), &mut line);
        stream.set_nonblocking(true).map_err(ClientError::Io)?;
        match stream.write_all(&line) {
            Err(error) if is_gone(&error) => {
                self.lost();
                return Ok(());
            }
            written => written.map_err(ClientError::Io)?,
        }
        (self.link, self.away) = (Some(Link::new(stream)), None);
        Ok(())
    }

    fn lost(&mut self) {
        let now = self.connector.now();
        self.link = None;
        self.away = Some(Away { pauses: Pauses::until(now + COMES_BACK), again: now });
    }
}
