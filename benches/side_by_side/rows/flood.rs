//! 100 MB through an agent to readers that are attached, against one reader of the bare PTY.

use std::io::{BufRead, BufReader};
use std::process::ChildStdout;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use crate::clock;
use crate::daemon::Daemon;
use crate::process::Cpu;
use crate::roles::{Actor, command_line};
use crate::table::{Figure, median, millis};

const TOTAL: u64 = 100_000_000;
const ROUNDS: u32 = 5;

pub fn one_reader() -> Result<Vec<Figure>> {
    measure("100 MB to one attached reader / bare PTY", 1, 1.25, "≤ 1.25x, 100 %")
}

pub fn four_readers() -> Result<Vec<Figure>> {
    measure("100 MB to four attached readers / bare PTY", 4, 1.6, "≤ 1.6x, 100 %")
}

fn measure(what: &'static str, readers: usize, bar: f64, bar_text: &str) -> Result<Vec<Figure>> {
    let daemon = Daemon::start()?;
    let (mut bare_times, mut our_times, mut missed) = (Vec::new(), Vec::new(), 0);
    let before = daemon.both().map(Cpu::of);
    for _ in 0..ROUNDS {
        bare_times.push(bare()?);
        let (time, skipped) = attached(&daemon, readers)?;
        our_times.push(time);
        missed += skipped;
    }
    let (our, bare) = (median(&our_times), median(&bare_times));
    let ratio = our.as_secs_f64() / bare.as_secs_f64();
    let sent = TOTAL * readers as u64 * u64::from(ROUNDS);
    let arrived = 100.0 * (sent - missed) as f64 / sent as f64;
    // A byte missing is over the bar, however fast the rest was.
    let value = if missed == 0 { ratio } else { f64::INFINITY };
    let [keeper, own] = [0, 1].map(|index| Cpu::of(daemon.both()[index]).since(before[index], ROUNDS));
    let measured = format!(
        "{ratio:.2}x, {arrived:.2} % ({:.0} ms, bare {:.0} ms; a pass: keeper {keeper}, daemon {own})",
        millis(our),
        millis(bare),
    );
    Ok(vec![Figure::new(what, value, bar, measured, bar_text)])
}

fn bare() -> Result<Duration> {
    let mut reader = Actor::start("read_bare", &[&TOTAL.to_string()])?;
    let words = numbers(&mut reader.said()?)?;
    Ok(Duration::from_nanos(words[0]))
}

/// From the key that starts the agent until the last reader has the last byte; and how many bytes were missed by all.
fn attached(daemon: &Daemon, readers: usize) -> Result<(Duration, u64)> {
    let mut client = daemon.client()?;
    let agent = daemon.spawn(&mut client, &command_line("flood", &[&TOTAL.to_string()])?)?;
    let socket = daemon.socket().to_string_lossy().into_owned();
    let arguments = [socket.as_str(), &agent, &TOTAL.to_string()];
    let mut actors = (0..readers).map(|_| Actor::start("read_attached", &arguments)).collect::<Result<Vec<_>>>()?;
    let mut said = actors.iter_mut().map(Actor::said).collect::<Result<Vec<_>>>()?;
    for reader in &mut said {
        reader.read_line(&mut String::new())?;
    }
    let start = clock::now();
    client.ask(&json!({"type": "input", "agent_id": agent, "data": "67"}), "ok")?;
    let (mut end, mut missed) = (start, 0);
    for reader in &mut said {
        let words = numbers(reader)?;
        end = end.max(Duration::from_nanos(words[0]));
        missed += words.get(1).context("a reader that says nothing of what it missed")?;
    }
    Ok((end - start, missed))
}

fn numbers(said: &mut BufReader<ChildStdout>) -> Result<Vec<u64>> {
    let mut line = String::new();
    said.read_line(&mut line)?;
    let numbers: Option<Vec<u64>> = line.split_whitespace().map(|word| word.parse().ok()).collect();
    numbers.filter(|numbers| !numbers.is_empty()).context("a reader failed; it says why above")
}
