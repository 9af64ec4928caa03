//! A reader of an attach stream that checks what the stream promises: every byte has its offset, nothing is missing
//! without a word, nothing comes twice.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{ANSWER, Client, NoLine};
use super::wait::Deadline;

/// The most bytes that one `output` line may carry.
const MOST: usize = 64 * 1024;

/// A connection that is attached to an agent, and what it has read.
pub struct AttachReader {
    client: Client,
    agent_id: String,
    /// Every byte read, in order. Where `lagged` came, bytes are missing.
    pub bytes: Vec<u8>,
    /// What `replay: screen` painted. It is no part of the agent's output.
    pub painted: Vec<u8>,
    /// The offset of the first byte, as `attach_ready` told it.
    pub start: u64,
    /// The offset of the byte that comes next.
    pub next: u64,
    /// How much was there to be replayed, as `attach_ready` told it.
    pub buffered: u64,
    /// How many `lagged` lines came, and how many bytes they gave up.
    pub lagged: u64,
    pub skipped: u64,
    /// Set by `exited`: the exit code.
    pub exited: Option<Value>,
}

impl AttachReader {
    #[track_caller]
    pub(super) fn begin(mut client: Client, request: Value) -> Self {
        let agent_id = request["agent_id"].as_str().expect("an agent id").to_owned();
        let ready = client.ask(request, "attach_ready");
        assert_eq!(ready["agent_id"], agent_id.as_str(), "\n{client}");
        let start = ready["offset"].as_u64().unwrap_or_else(|| panic!("attach_ready names no offset\n{client}"));
        let buffered = ready["buffered_bytes"].as_u64().unwrap_or_else(|| panic!("no buffered_bytes\n{client}"));
        Self {
            client,
            agent_id,
            bytes: Vec::new(),
            painted: Vec::new(),
            start,
            next: start,
            buffered,
            lagged: 0,
            skipped: 0,
            exited: None,
        }
    }

    /// Reads one line of the stream and checks it. `None` when nothing came in time.
    #[track_caller]
    pub fn step(&mut self, timeout: Duration) -> Option<()> {
        assert!(self.exited.is_none(), "the stream is over\n{}", self.client);
        match self.client.recv_within(timeout) {
            Ok(line) => {
                self.take(&line);
                Some(())
            }
            Err(NoLine::TimedOut) => None,
            Err(why) => panic!("the stream ended without `exited`: {why:?}\n{}", self.client),
        }
    }

    /// Reads until what has been read satisfies the predicate.
    #[track_caller]
    pub fn read_until(&mut self, what: &str, mut enough: impl FnMut(&[u8]) -> bool) {
        let deadline = Deadline::after(ANSWER);
        while !enough(&self.bytes) {
            let came = deadline.left().and_then(|left| self.step(left));
            let told = || format!("never came: {what}; read so far:\n{}", self.text());
            assert!(came.is_some(), "{}\n{}", told(), self.client);
            assert!(self.exited.is_none() || enough(&self.bytes), "{}\n(and it has exited)", told());
        }
    }

    /// Reads until this text has been read.
    #[track_caller]
    pub fn read_text(&mut self, text: &str) {
        // Only the end can hold something new: megabytes are not searched again for each line that comes.
        let mut searched = 0;
        self.read_until(&format!("{text:?}"), |bytes| {
            let from = std::mem::replace(&mut searched, bytes.len().saturating_sub(text.len()));
            bytes[from.min(bytes.len())..].windows(text.len()).any(|window| window == text.as_bytes())
        });
    }

    /// Reads until so many bytes have been read or given up, however long it takes while they keep coming.
    #[track_caller]
    pub fn read_to_offset(&mut self, offset: u64) {
        while self.next < offset {
            assert!(self.step(ANSWER).is_some(), "nothing came after offset {}\n{}", self.next, self.client);
        }
    }

    /// Reads to the end of the process; returns its exit code (`null` when there is none) and the connection, which is
    /// back to requests.
    #[track_caller]
    pub fn read_to_exit(&mut self) -> Value {
        while self.exited.is_none() {
            assert!(self.step(ANSWER).is_some(), "neither output nor `exited`\n{}", self.client);
        }
        self.exited.clone().unwrap_or_default()
    }

    /// Reads what still comes from a daemon that was killed, to the end of the connection. The last line may be half a line.
    #[track_caller]
    pub fn read_to_close(&mut self) {
        loop {
            match self.client.recv_within(ANSWER) {
                Ok(line) => self.take(&line),
                Err(NoLine::Closed(_)) => return,
                Err(NoLine::TimedOut) => panic!("the connection stays open\n{}", self.client),
            }
        }
    }

    /// What has been read, for people.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Types these bytes.
    #[track_caller]
    pub fn input(&mut self, bytes: &[u8]) {
        let data: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.client.send(&json!({"type": "input", "agent_id": self.agent_id, "data": data}));
    }

    #[track_caller]
    pub fn resize(&mut self, cols: u16, rows: u16) {
        self.client.send(&json!({"type": "resize", "agent_id": self.agent_id, "cols": cols, "rows": rows}));
    }

    /// Detaches, reading what is still on the way; returns the connection, which is back to requests.
    #[track_caller]
    pub fn detach(mut self) -> Client {
        self.client.send(&json!({"type": "detach"}));
        loop {
            let line = self.client.recv();
            if line["type"] == "detached" {
                return self.client;
            }
            self.take(&line);
        }
    }

    /// The connection, after `exited`.
    #[track_caller]
    pub fn into_client(self) -> Client {
        assert!(self.exited.is_some(), "still attached\n{}", self.client);
        self.client
    }

    #[track_caller]
    fn take(&mut self, line: &Value) {
        assert_eq!(line["agent_id"], self.agent_id.as_str(), "a line of another agent\n{}", self.client);
        match line["type"].as_str() {
            Some("output") => self.take_output(line),
            Some("lagged") => {
                let skipped = line["skipped_bytes"].as_u64().filter(|&skipped| skipped > 0);
                let skipped = skipped.unwrap_or_else(|| panic!("lagged without a loss\n{}", self.client));
                self.lagged += 1;
                self.skipped += skipped;
                self.next += skipped;
            }
            Some("exited") => {
                let code = line.get("exit_code");
                self.exited = Some(code.unwrap_or_else(|| panic!("no exit_code\n{}", self.client)).clone());
            }
            _ => panic!("not a line of an attach stream\n{}", self.client),
        }
    }

    #[track_caller]
    fn take_output(&mut self, line: &Value) {
        assert_eq!(line["offset"], self.next, "a gap or a repeat: expected offset {}\n{}", self.next, self.client);
        let data = line["data"].as_str().unwrap_or_default();
        if line["paint"] == true {
            return decode(data, &mut self.painted).unwrap_or_else(|why| panic!("paint is {why}\n{}", self.client));
        }
        let before = self.bytes.len();
        decode(data, &mut self.bytes).unwrap_or_else(|why| panic!("data is {why}\n{}", self.client));
        let len = self.bytes.len() - before;
        assert!((1..=MOST).contains(&len), "an output line of {len} bytes\n{}", self.client);
        self.next += len as u64;
    }
}

/// Decodes lower-case hex, and nothing else.
fn decode(text: &str, into: &mut Vec<u8>) -> Result<(), String> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(format!("not lower-case hex: {:?}", byte as char)),
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return Err("hex of odd length".to_owned());
    }
    into.reserve(pairs.len());
    for &[high, low] in pairs {
        into.push(digit(high)? << 4 | digit(low)?);
    }
    Ok(())
}
