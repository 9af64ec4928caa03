//! One call and its answer, on a connection that is kept for the next.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio_util::bytes::Bytes;

use super::answer::{Ask, may_be_repeated, patience};
use super::attach::Attachment;
use super::connect::COMES_UP;
use super::error::is_gone;
use super::lines::Lines;
use super::{ClientError, Connector};
use crate::protocol::limits::ANSWER_WAIT;
use crate::protocol::typed::reply::AttachReady;
use crate::protocol::typed::request::Attach;
use crate::protocol::typed::{Line, Reply, Request, parse_line};
use crate::protocol::{cmd, encode};

/// A connection and what was read of it.
#[derive(Debug)]
pub(super) struct Link {
    pub stream: UnixStream,
    pub lines: Lines,
}

impl Link {
    pub fn new(stream: UnixStream) -> Self {
        Self { stream, lines: Lines::new() }
    }
}

/// A client of the daemon. Connects when it is first used.
#[derive(Debug)]
pub struct Client {
    connector: Connector,
    link: Option<Link>,
    /// The longest wait for an answer, whatever is asked.
    at_most: Duration,
}

impl Client {
    /// A client that is not connected yet.
    pub fn new(connector: Connector) -> Self {
        Self { connector, link: None, at_most: Duration::MAX }
    }

    /// The same with less patience: no answer is waited for longer than this, whatever is asked. For questions after the daemon's
    /// health, where no answer is one too.
    #[must_use]
    pub fn at_most(mut self, limit: Duration) -> Self {
        self.at_most = limit;
        self
    }

    /// Asks and waits for the answer.
    pub fn ask<A: Ask>(&mut self, request: A) -> Result<A::Answer, ClientError> {
        let request = request.into();
        let reply = self.call(&request)?;
        A::take(reply).map_err(|other| strange(&request, other.name()))
    }

    /// Sends any request of the typed dialect and waits for its reply. An error reply is `Err`.
    ///
    /// What changes nothing is asked again when the connection is lost, since the daemon may just be coming back. The
    /// rest is not: nobody knows whether it was carried out.
    pub fn call(&mut self, request: &Request) -> Result<Reply, ClientError> {
        let mut line = Vec::new();
        encode(request, &mut line);
        let limit = patience(request).min(self.at_most);
        let mut answer = self.exchange(request.name(), &line, limit);
        let give_up = self.connector.now() + COMES_UP.min(self.at_most);
        while may_be_repeated(request)
            && answer.as_ref().is_err_and(ClientError::is_lost)
            && self.connector.now() < give_up
        {
            self.link = Some(Link::new(self.connector.connect_again()?));
            answer = self.exchange(request.name(), &line, limit);
        }
        match parse_line(&answer?) {
            Ok(Line::Reply(Reply::Error(error))) => Err(error.into()),
            Ok(Line::Reply(reply)) => Ok(reply),
            Ok(Line::Stream(line)) => Err(strange(request, line.name())),
            Err(error) => Err(ClientError::Strange(error.message)),
        }
    }

    /// Sends an object of either dialect as it is and returns the line that answers it.
    pub fn call_raw(&mut self, request: &Value, limit: Duration) -> Result<Bytes, ClientError> {
        let mut line = Vec::new();
        encode(request, &mut line);
        let name = ["type", "cmd"].into_iter().find_map(|key| request.get(key)?.as_str());
        self.exchange(name.unwrap_or("request"), &line, limit)
    }

    /// Asks in the other dialect. Returns the answer and the line that it was. What the daemon refuses is `Err`.
    pub fn ask_cmd(&mut self, request: impl Into<cmd::Request>) -> Result<(cmd::Reply, Bytes), ClientError> {
        let request = request.into();
        let mut line = Vec::new();
        encode(&request, &mut line);
        let line = self.exchange(request.name(), &line, ANSWER_WAIT)?;
        Ok((cmd::parse_reply(&line)?, line))
    }

    /// The next line of a stream, however long it takes; `None` at its end.
    pub fn next_line(&mut self) -> Result<Option<Bytes>, ClientError> {
        match self.read_line("stream", None) {
            Ok(line) => Ok(Some(line)),
            Err(ClientError::Lost { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Attaches: waits for the daemon's word that the stream begins, and makes a stream of this client.
    pub fn attach(mut self, request: Attach) -> Result<(AttachReady, Attachment), ClientError> {
        let asked = Request::from(request.clone());
        let ready = match self.call(&asked)? {
            Reply::AttachReady(ready) => ready,
            other => return Err(strange(&asked, other.name())),
        };
        let Some(link) = self.link else { return Err(ClientError::Lost { request: asked.name().to_owned() }) };
        let attachment = Attachment::begin(self.connector, link, request, ready.offset)?;
        Ok((ready, attachment))
    }

    /// The connection, for those who ask the kernel about its other end. Connects where that is still to do.
    pub fn stream(&mut self) -> Result<&UnixStream, ClientError> {
        Ok(&self.link()?.stream)
    }

    fn link(&mut self) -> Result<&mut Link, ClientError> {
        let link = match self.link.take() {
            Some(link) => link,
            None => Link::new(self.connector.connect()?),
        };
        Ok(self.link.insert(link))
    }

    /// A line out, a line in. A connection on which that failed is not used again: the answer to this request could
    /// come later and pass for that of the next.
    fn exchange(&mut self, name: &str, line: &[u8], limit: Duration) -> Result<Bytes, ClientError> {
        let deadline = self.connector.now().checked_add(limit);
        let sent = self.send(name, line, limit);
        let answer = sent.and_then(|()| self.read_line(name, deadline.map(|deadline| (deadline, limit))));
        if answer.is_err() {
            self.link = None;
        }
        answer
    }

    fn send(&mut self, name: &str, line: &[u8], limit: Duration) -> Result<(), ClientError> {
        let link = self.link()?;
        link.stream.set_write_timeout(Some(limit.max(Duration::from_millis(1)))).map_err(ClientError::Io)?;
        match link.stream.write_all(line) {
            // The other end may have closed with a word of farewell (`BUSY`), which is still there to be read.
            Err(error) if is_gone(&error) => Ok(()),
            sent => sent.map_err(|error| failed(error, name, limit)),
        }
    }

    fn read_line(&mut self, name: &str, deadline: Option<(Instant, Duration)>) -> Result<Bytes, ClientError> {
        loop {
            let now = self.connector.now();
            let lost = || ClientError::Lost { request: name.to_owned() };
            let link = self.link.as_mut().ok_or_else(lost)?;
            if let Some(line) = link.lines.next()? {
                return Ok(line);
            }
            let limit = deadline.map_or(Duration::MAX, |(_, limit)| limit);
            let left = deadline.map(|(deadline, _)| deadline.saturating_duration_since(now));
            if left == Some(Duration::ZERO) {
                return Err(ClientError::TimedOut { request: name.to_owned(), limit });
            }
            link.stream.set_read_timeout(left).map_err(ClientError::Io)?;
            match link.lines.fill(&link.stream) {
                Ok(0) => return Err(lost()),
                Ok(_) => {}
                Err(error) => return Err(failed(error, name, limit)),
            }
        }
    }
}

fn failed(error: io::Error, name: &str, limit: Duration) -> ClientError {
    let request = name.to_owned();
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => ClientError::TimedOut { request, limit },
        _ if is_gone(&error) => ClientError::Lost { request },
        _ => ClientError::Io(error),
    }
}

fn strange(request: &Request, answer: &str) -> ClientError {
    ClientError::Strange(format!("`{answer}` to `{}`", request.name()))
}

#[cfg(test)]
#[path = "call_tests.rs"]
mod tests;
