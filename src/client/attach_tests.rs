//! The stream against a socket whose other end the test holds.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::base::clock::Clock;
use crate::base::paths::Places;
use crate::client::{Client, Start};
use crate::protocol::typed::encode_output;

const ID: &str = "ag-00000001";

/// The daemon's side.
struct Daemon {
    _temp: tempfile::TempDir,
    socket: PathBuf,
    listener: UnixListener,
    stream: Option<BufReader<UnixStream>>,
}

impl Daemon {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let socket = temp.path().join("s");
        let listener = UnixListener::bind(&socket).unwrap();
        Self { _temp: temp, socket, listener, stream: None }
    }

    fn accept(&mut self) {
        self.stream = Some(BufReader::new(self.listener.accept().unwrap().0));
    }

    fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.stream.as_mut().unwrap().read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn send(&mut self, line: Value) {
        self.stream.as_mut().unwrap().get_mut().write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn ready(&mut self, offset: u64) {
        self.send(json!({"type": "attach_ready", "agent_id": ID, "buffered_bytes": 0, "offset": offset}));
    }

    fn output(&mut self, offset: u64, bytes: &[u8]) {
        let mut line = Vec::new();
        encode_output(ID, offset, bytes, &mut line);
        self.stream.as_mut().unwrap().get_mut().write_all(&line).unwrap();
    }
}

/// Attaches; the stream begins at byte 10.
fn attached() -> (Daemon, Attachment) {
    let mut daemon = Daemon::new();
    let places = Places::from_env().unwrap().with_socket(daemon.socket.clone());
    let client = Client::new(Connector::new(places, Start::Never, Clock::System));
    let request = Attach { agent_id: ID.to_owned(), cols: Some(80), rows: Some(24), ..Attach::default() };
    let attaching = std::thread::spawn(move || client.attach(request).unwrap());
    daemon.accept();
    assert_eq!(daemon.receive()["cols"], 80);
    daemon.ready(10);
    (daemon, attaching.join().unwrap().1)
}

/// Reads until an incident comes or as much output as expected.
fn read(attachment: &mut Attachment, expected: &str) -> Option<Incident> {
    let mut output = Vec::new();
    let mut incident = None;
    for _ in 0..2000 {
        attachment.tend().unwrap();
        incident = attachment.receive(&mut output).unwrap();
        if incident.is_some() || (output.len() >= expected.len() && !expected.is_empty()) {
            break;
        }
        std::thread::yield_now();
    }
    assert_eq!(String::from_utf8_lossy(&output), expected);
    incident
}

#[test]
fn output_and_the_end() {
    let (mut daemon, mut attachment) = attached();
    daemon.output(10, b"one ");
    daemon.output(14, b"two");
    assert_eq!(read(&mut attachment, "one two"), None);
    daemon.send(json!({"type": "exited", "agent_id": ID, "exit_code": 3}));
    assert_eq!(read(&mut attachment, ""), Some(Incident::Exited { code: Some(3), suspended: false }));
}

#[test]
fn what_is_typed_goes_out_in_order() {
    let (mut daemon, mut attachment) = attached();
    attachment.input(b"ls\r");
    attachment.resize(100, 30);
    assert!(attachment.unsent() > 0);
    attachment.tend().unwrap();
    assert_eq!(attachment.unsent(), 0);
    assert_eq!(daemon.receive(), json!({"type": "input", "agent_id": ID, "data": "6c730d"}));
    assert_eq!(daemon.receive(), json!({"type": "resize", "agent_id": ID, "cols": 100, "rows": 30}));
    attachment.detach();
    assert_eq!(daemon.receive(), json!({"type": "detach"}));
}

#[test]
fn a_restarted_daemon_goes_on_behind_the_last_byte() {
    let (mut daemon, mut attachment) = attached();
    daemon.output(10, b"before ");
    assert_eq!(read(&mut attachment, "before "), None);
    attachment.resize(120, 40);
    attachment.tend().unwrap();
    daemon.stream = None;
    while attachment.socket().is_some() {
        attachment.receive(&mut Vec::new()).unwrap();
    }
    attachment.input(b"x");
    attachment.tend().unwrap();
    daemon.accept();
    let request = daemon.receive();
    assert_eq!((&request["from"], &request["cols"], &request["rows"]), (&json!(17), &json!(120), &json!(40)));
    assert_eq!(daemon.receive()["data"], "78");
    daemon.ready(17);
    daemon.output(17, b"after");
    assert_eq!(read(&mut attachment, "after"), None);
}

#[test]
fn what_the_daemon_no_longer_has_is_told() {
    let (mut daemon, mut attachment) = attached();
    daemon.stream = None;
    while attachment.socket().is_some() {
        attachment.receive(&mut Vec::new()).unwrap();
    }
    attachment.tend().unwrap();
    daemon.accept();
    daemon.ready(110);
    assert_eq!(read(&mut attachment, ""), Some(Incident::Lagged(100)));
}

#[test]
fn a_slow_reader_is_told_and_sees_the_screen_anew() {
    let (mut daemon, mut attachment) = attached();
    daemon.send(json!({"type": "lagged", "agent_id": ID, "skipped_bytes": 5}));
    assert_eq!(read(&mut attachment, ""), Some(Incident::Lagged(5)));
    attachment.repaint();
    attachment.tend().unwrap();
    let request = daemon.receive();
    assert_eq!((&request["type"], &request["replay"]), (&json!("attach"), &json!("screen")));
    daemon.output(15, b"of the old stream");
    daemon.send(json!({"type": "detached"}));
    daemon.ready(32);
    daemon.send(json!({"type": "output", "agent_id": ID, "offset": 32, "paint": true, "data": "50"}));
    daemon.output(32, b"new");
    assert_eq!(read(&mut attachment, "Pnew"), None);
}

#[test]
fn an_agent_that_is_gone_ends_the_stream() {
    let (mut daemon, mut attachment) = attached();
    daemon.stream = None;
    while attachment.socket().is_some() {
        attachment.receive(&mut Vec::new()).unwrap();
    }
    attachment.tend().unwrap();
    daemon.accept();
    daemon.send(json!({"type": "error", "code": "AGENT_NOT_FOUND", "message": "no agent"}));
    let error = loop {
        match attachment.receive(&mut Vec::new()) {
            Ok(_) => std::thread::yield_now(),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, ClientError::Refused(_)), "{error}");
}
