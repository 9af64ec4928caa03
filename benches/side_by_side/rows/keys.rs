//! From a key to its echo: through an attach, and through a bare PTY with the same program in it.

use std::io::{BufRead, Read, Write};
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::client::Client;
use crate::clock::{pause, timed};
use crate::daemon::Daemon;
use crate::pty::Bare;
use crate::roles::{Actor, command_line, words};
use crate::table::{Figure, median, micros, millis, percentile};

const BLOCK: usize = 200;

pub fn idle() -> Result<Vec<Figure>> {
    let daemon = Daemon::start()?;
    let times = Keys::new(&daemon)?.measure(15)?;
    let (our, bare) = (median(&times.ours), median(&times.bare));
    let more = micros(our) - micros(bare);
    let measured = format!(
        "+{more:.1} µs ({:.1} µs, p99 {:.1} µs; bare {:.1} µs, p99 {:.1} µs)",
        micros(our),
        micros(percentile(&times.ours, 99)),
        micros(bare),
        micros(percentile(&times.bare, 99)),
    );
    Ok(vec![Figure::new("key to echo, idle, beyond a bare PTY", more, 60.0, measured, "≤ 60 µs")])
}

pub fn busy() -> Result<Vec<Figure>> {
    let daemon = Daemon::start()?;
    let mut keys = Keys::new(&daemon)?;
    let mut client = daemon.client()?;
    let socket = daemon.socket().to_string_lossy().into_owned();
    let mut readers = Vec::new();
    for _ in 0..4 {
        let agent = daemon.spawn(&mut client, &command_line("chatter", &[])?)?;
        let mut reader = Actor::start("drain", &[&socket, &agent])?;
        let mut said = reader.said()?;
        said.read_line(&mut String::new())?;
        client.ask(&json!({"type": "input", "agent_id": agent, "data": "67"}), "ok")?;
        readers.push(reader);
    }
    pause(Duration::from_secs(1));
    let times = keys.measure(10)?;
    let p99 = millis(percentile(&times.ours, 99));
    let measured = format!(
        "p99 {p99:.2} ms (median {:.2} ms; bare PTY beside it: p99 {:.2} ms, median {:.2} ms)",
        millis(median(&times.ours)),
        millis(percentile(&times.bare, 99)),
        millis(median(&times.bare)),
    );
    Ok(vec![Figure::new("key to echo, four busy agents attached", p99, 5.0, measured, "p99 < 5 ms")])
}

struct Keys {
    client: Client,
    agent: String,
    bare: Bare,
}

struct Times {
    ours: Vec<Duration>,
    bare: Vec<Duration>,
}

impl Keys {
    /// Starts the program that echoes on both sides and waits until it is ready.
    fn new(daemon: &Daemon) -> Result<Self> {
        let mut client = daemon.client()?;
        let agent = daemon.spawn(&mut client, &command_line("echo", &[])?)?;
        client.ask(&json!({"type": "attach", "agent_id": agent}), "attach_ready")?;
        client.output(&mut Vec::new())?;
        let words = words("echo", &[])?;
        let mut bare = Bare::spawn(&words.iter().map(String::as_str).collect::<Vec<_>>())?;
        bare.read_exactly(1)?;
        Ok(Self { client, agent, bare })
    }

    fn measure(&mut self, rounds: usize) -> Result<Times> {
        let mut times = Times { ours: Vec::new(), bare: Vec::new() };
        for _ in 0..rounds {
            for _ in 0..BLOCK {
                let (time, echoed) = timed(|| self.bare_key());
                echoed?;
                times.bare.push(time);
            }
            for _ in 0..BLOCK {
                let (time, echoed) = timed(|| self.our_key());
                echoed?;
                times.ours.push(time);
            }
        }
        Ok(times)
    }

    fn our_key(&mut self) -> Result<()> {
        let mut bytes = Vec::new();
        self.client.type_attached(&self.agent, b"k")?;
        self.client.output(&mut bytes)?;
        ensure!(bytes == b"k", "the echo of a key is {bytes:?}");
        Ok(())
    }

    fn bare_key(&mut self) -> Result<()> {
        let mut byte = [0; 1];
        self.bare.input.write_all(b"k")?;
        self.bare.output.read_exact(&mut byte)?;
        ensure!(&byte == b"k", "the echo of a key is {byte:?}");
        Ok(())
    }
}
