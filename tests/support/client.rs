//! A client of the socket, written from the protocol's page and not from the code under test.
//!
//! It blocks, with a limit of 30 s on every wait, and fails the test with the last lines of the conversation when
//! something does not come or does not fit.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::attach::AttachReader;
use super::wait::Deadline;

/// How long a client waits for an answer.
pub const ANSWER: Duration = Duration::from_secs(30);

/// Lines of the conversation kept for a failure's message.
const REMEMBERED: usize = 12;

/// One connection.
pub struct Client {
    stream: UnixStream,
    pending: Vec<u8>,
    /// How far `pending` is known to hold no newline.
    searched: usize,
    conversation: VecDeque<String>,
}

/// What ended a wait for a line.
#[derive(Debug)]
pub enum NoLine {
    /// The other side closed. The bytes are what came after the last newline.
    Closed(Vec<u8>),
    TimedOut,
}

impl Client {
    /// Connects to a daemon that must be there.
    #[track_caller]
    pub fn connect(path: &Path) -> Self {
        Self::try_connect(path).unwrap_or_else(|error| panic!("cannot connect to {}: {error}", path.display()))
    }

    /// Connects to a daemon that may not be there.
    pub fn try_connect(path: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        // A daemon that stops reading must fail the test, not hang it.
        stream.set_write_timeout(Some(ANSWER))?;
        Ok(Self { stream, pending: Vec::new(), searched: 0, conversation: VecDeque::new() })
    }

    /// Sends a request and returns its reply, whatever it is.
    #[track_caller]
    pub fn call(&mut self, request: Value) -> Value {
        self.send(&request);
        self.recv()
    }

    /// Sends a request whose reply must have this type; returns the reply.
    #[track_caller]
    pub fn ask(&mut self, request: Value, reply_type: &str) -> Value {
        let reply = self.call(request);
        assert_eq!(reply["type"], reply_type, "\n{self}");
        reply
    }

    /// Sends a request that must be refused with this code, in either dialect; returns the message.
    #[track_caller]
    pub fn refused(&mut self, request: Value, code: &str) -> String {
        self.send(&request);
        self.recv_error(code)
    }

    /// Receives an error with this code, in either dialect; returns the message.
    #[track_caller]
    pub fn recv_error(&mut self, code: &str) -> String {
        let reply = self.recv();
        let typed = reply["type"] == "error" && reply["message"].is_string();
        let cmd = reply["ok"] == false && reply["error"].is_string();
        assert!(typed || cmd, "should have been refused with {code}\n{self}");
        assert_eq!(reply["code"], code, "\n{self}");
        let message = reply["message"].as_str().or(reply["error"].as_str()).unwrap_or_default();
        assert!(!message.is_empty(), "an error should say why\n{self}");
        message.to_owned()
    }

    /// Sends one object as a line.
    #[track_caller]
    pub fn send(&mut self, request: &Value) {
        self.send_raw(format!("{request}\n"));
    }

    /// Sends these bytes as they are.
    #[track_caller]
    pub fn send_raw(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send_raw(bytes).unwrap_or_else(|error| panic!("cannot send: {error}\n{self}"));
    }

    /// The same for a daemon that may close in the middle of it.
    pub fn try_send_raw(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.remember(">", bytes.as_ref());
        self.stream.write_all(bytes.as_ref())
    }

    /// The next line, as JSON.
    #[track_caller]
    pub fn recv(&mut self) -> Value {
        match self.recv_within(ANSWER) {
            Ok(value) => value,
            Err(why) => panic!("no line: {why:?}\n{self}"),
        }
    }

    /// The next line within a time of the caller's own choice.
    #[track_caller]
    pub fn recv_within(&mut self, timeout: Duration) -> Result<Value, NoLine> {
        let line = self.recv_line(timeout)?;
        match serde_json::from_slice::<Value>(&line) {
            Ok(value) if value.is_object() => Ok(value),
            _ => panic!("not a JSON object: {:?}\n{self}", shorten(&line)),
        }
    }

    /// Receives lines until one satisfies the predicate; returns it and drops the others.
    #[track_caller]
    pub fn recv_until(&mut self, what: &str, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        let deadline = Deadline::after(ANSWER);
        loop {
            let Some(left) = deadline.left() else { panic!("never came: {what}\n{self}") };
            match self.recv_within(left) {
                Ok(value) if wanted(&value) => return value,
                Ok(_) => {}
                Err(why) => panic!("waited for {what}: {why:?}\n{self}"),
            }
        }
    }

    /// The next line as bytes, without its newline.
    pub fn recv_line(&mut self, timeout: Duration) -> Result<Vec<u8>, NoLine> {
        let deadline = Deadline::after(timeout);
        loop {
            let newline = self.pending[self.searched..].iter().position(|&byte| byte == b'\n');
            if let Some(end) = newline.map(|end| self.searched + end) {
                let mut line: Vec<u8> = self.pending.drain(..=end).collect();
                line.pop();
                self.searched = 0;
                self.remember("<", &line);
                return Ok(line);
            }
            self.searched = self.pending.len();
            let left = deadline.left().ok_or(NoLine::TimedOut)?;
            self.stream.set_read_timeout(Some(left)).expect("a time that is not zero");
            let mut buffer = [0; 64 * 1024];
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(self.closed()),
                Ok(len) => self.pending.extend_from_slice(&buffer[..len]),
                Err(error) => match error.kind() {
                    // The read's own time limit, or a signal: the deadline above decides.
                    ErrorKind::WouldBlock | ErrorKind::Interrupted => {}
                    // Closed while something of ours was still unread there.
                    ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => return Err(self.closed()),
                    _ => panic!("cannot receive: {error}\n{self}"),
                },
            }
        }
    }

    /// Checks that the other side closes now, and sends no line before.
    #[track_caller]
    pub fn expect_closed(&mut self) {
        match self.recv_line(ANSWER) {
            Err(NoLine::Closed(rest)) if rest.is_empty() => {}
            other => panic!("should have been closed, got {other:?}\n{self}"),
        }
    }

    /// Checks that the connection still works.
    #[track_caller]
    pub fn expect_usable(&mut self) {
        self.ask(json!({"type": "health"}), "health_report");
    }

    /// Says that nothing more will be sent, and goes on receiving.
    pub fn finish_sending(&self) {
        self.stream.shutdown(std::net::Shutdown::Write).expect("our own socket");
    }

    /// Attaches to an agent.
    #[track_caller]
    pub fn attach(self, agent_id: &str) -> AttachReader {
        AttachReader::begin(self, json!({"type": "attach", "agent_id": agent_id}))
    }

    /// Attaches with a `replay` of `all`, `screen` or `none`.
    #[track_caller]
    pub fn attach_replaying(self, agent_id: &str, replay: &str) -> AttachReader {
        AttachReader::begin(self, json!({"type": "attach", "agent_id": agent_id, "replay": replay}))
    }

    /// Attaches with a request of the test's own: with `from`, `cols`, `rows`.
    #[track_caller]
    pub fn attach_with(self, request: Value) -> AttachReader {
        AttachReader::begin(self, request)
    }

    fn closed(&mut self) -> NoLine {
        self.searched = 0;
        NoLine::Closed(std::mem::take(&mut self.pending))
    }

    fn remember(&mut self, direction: &str, line: &[u8]) {
        if self.conversation.len() == REMEMBERED {
            self.conversation.pop_front();
        }
        self.conversation.push_back(format!("{direction} {}", shorten(line)));
    }
}

/// The end of the conversation, for messages.
impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "--- the last lines on this connection")?;
        self.conversation.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// A line as a person can read it, megabytes of it as well.
fn shorten(line: &[u8]) -> String {
    const SHOWN: usize = 400;
    let text = line[..line.len().min(SHOWN)].utf8_chunks().fold(String::new(), |mut text, chunk| {
        text.push_str(chunk.valid());
        text.push_str(&chunk.invalid().escape_ascii().to_string());
        text
    });
    match line.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{} … and {more} bytes more", text.trim_end()),
        _ => text.trim_end().to_owned(),
    }
}
