//! A client that costs as little as one can: blocking, one buffer, lines borrowed from it.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use memchr::memchr;
use pintle::protocol::typed::{encode_input, parse_output};
use serde_json::Value;

/// A daemon that does not answer for so long fails the row instead of hanging it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection.
pub struct Client {
    stream: UnixStream,
    buffer: Vec<u8>,
    /// The bytes in here that have come and were not taken.
    have: std::ops::Range<usize>,
}

impl Client {
    /// Connects.
    pub fn connect(socket: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, buffer: vec![0; 256 << 10], have: 0..0 })
    }

    /// Sends a request and returns its reply, which must be of this type.
    pub fn ask(&mut self, request: &Value, reply: &str) -> Result<Value> {
        let answer = self.exchange(format!("{request}\n").as_bytes())?;
        let answer: Value = serde_json::from_slice(answer)?;
        ensure!(answer["type"] == reply, "{request} was answered {answer}");
        Ok(answer)
    }

    /// Sends a line and returns the next one.
    pub fn exchange(&mut self, line: &[u8]) -> Result<&[u8]> {
        self.stream.write_all(line)?;
        self.line()
    }

    /// The next line.
    pub fn line(&mut self) -> Result<&[u8]> {
        let mut searched = 0;
        loop {
            let unseen = self.have.start + searched..self.have.end;
            if let Some(length) = memchr(b'\n', &self.buffer[unseen.clone()]) {
                let line = self.have.start..unseen.start + length;
                self.have.start = line.end + 1;
                return Ok(&self.buffer[line]);
            }
            searched = self.have.len();
            self.receive()?;
        }
    }

    fn receive(&mut self) -> Result<()> {
        if self.have.end == self.buffer.len() {
            self.buffer.copy_within(self.have.clone(), 0);
            self.have = 0..self.have.len();
        }
        if self.have.is_empty() {
            self.have = 0..0;
        }
        if self.have.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let count = self.stream.read(&mut self.buffer[self.have.end..]).context("the daemon does not answer")?;
        ensure!(count > 0, "the daemon closed the connection");
        self.have.end += count;
        Ok(())
    }

    /// Types bytes into an agent that this connection is attached to.
    pub fn type_attached(&mut self, agent: &str, bytes: &[u8]) -> Result<()> {
        let mut line = Vec::new();
        encode_input(agent, false, bytes, &mut line);
        Ok(self.stream.write_all(&line)?)
    }

    /// The bytes of the next `output`, appended. Everything else that may come while attached is an error here.
    pub fn output(&mut self, bytes: &mut Vec<u8>) -> Result<()> {
        let line = self.line()?;
        ensure!(parse_output(line, bytes).is_some(), "no output: {}", String::from_utf8_lossy(line));
        Ok(())
    }
}
