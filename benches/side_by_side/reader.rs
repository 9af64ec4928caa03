//! Readers of a flood, each a process of its own, as terminals and editors are. They check every byte and say when they had
//! the last one.

use std::io::Read;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use pintle::protocol::typed::parse_output;
use serde_json::{Value, json};

use super::client::Client;
use super::pattern::{Pattern, READY};
use super::pty::Bare;
use super::{clock, roles};

/// Reads the bare PTY. Says how long it took.
pub fn bare(total: u64) -> Result<()> {
    let words = roles::words("flood", &[&total.to_string()])?;
    let mut pty = Bare::spawn(&words.iter().map(String::as_str).collect::<Vec<_>>())?;
    pty.read_exactly(READY)?;
    let mut pattern = Pattern::default();
    let mut bytes = vec![0; 64 << 10];
    let mut offset = READY;
    let start = clock::now();
    pty.input.write_all(b"g")?;
    while offset < total {
        let count = pty.output.read(&mut bytes)?;
        ensure!(count > 0 && pattern.matches(offset, &bytes[..count]), "the pattern breaks at {offset}");
        offset += count as u64;
    }
    println!("{}", (clock::now() - start).as_nanos());
    Ok(())
}

/// Reads an attached agent. Says when it is ready, then when it had everything and how many bytes it was told it missed.
pub fn attached(socket: &Path, agent: &str, total: u64) -> Result<()> {
    let mut client = Client::connect(socket)?;
    client.ask(&json!({"type": "attach", "agent_id": agent}), "attach_ready")?;
    let mut pattern = Pattern::default();
    let mut bytes = Vec::new();
    let (mut offset, mut skipped) = (0, 0);
    while offset < total {
        bytes.clear();
        let line = client.line()?;
        if let Some(head) = parse_output(line, &mut bytes) {
            ensure!(head.offset == offset, "expected offset {offset}, got {}", head.offset);
            ensure!(pattern.matches(offset, &bytes), "the pattern breaks after {offset}");
            let was_ready = offset >= READY;
            offset += bytes.len() as u64;
            if !was_ready && offset >= READY {
                println!("ready");
            }
        } else {
            let missed = lagged(line)?;
            offset += missed;
            skipped += missed;
        }
    }
    let end = clock::now();
    let last: Value = serde_json::from_slice(client.line()?)?;
    ensure!(offset == total && last["type"] == "exited", "after {offset} of {total} bytes: {last}");
    println!("{} {skipped}", end.as_nanos());
    Ok(())
}

fn lagged(line: &[u8]) -> Result<u64> {
    let line: Value = serde_json::from_slice(line)?;
    match (line["type"].as_str(), line["skipped_bytes"].as_u64()) {
        (Some("lagged"), Some(skipped)) => Ok(skipped),
        _ => bail!("no output: {line}"),
    }
}

/// Reads an attached agent for ever.
pub fn drain(socket: &Path, agent: &str) -> Result<()> {
    let mut client = Client::connect(socket)?;
    client.ask(&json!({"type": "attach", "agent_id": agent}), "attach_ready")?;
    println!("ready");
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        parse_output(client.line()?, &mut bytes);
    }
}
