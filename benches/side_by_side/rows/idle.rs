//! How fast a daemon is there, and what it costs while nobody wants anything.

use std::time::Duration;

use anyhow::Result;

use crate::clock::pause;
use crate::daemon::Daemon;
use crate::process;
use crate::table::{Figure, median, millis};

const STARTS: usize = 11;
const WATCHED: Duration = Duration::from_secs(10);
/// Threads that wrote files leave two seconds after the last.
pub const SETTLE: Duration = Duration::from_secs(4);

pub fn measure() -> Result<Vec<Figure>> {
    let mut times = Vec::new();
    for _ in 1..STARTS {
        times.push(Daemon::start()?.start_to_healthy);
    }
    let daemon = Daemon::start()?;
    times.push(daemon.start_to_healthy);
    pause(SETTLE);
    let before = process::switches(&daemon.both())?;
    pause(WATCHED);
    let wakeups = process::switches(&daemon.both())? - before;
    // Looked at last: the look itself takes locks of the process that is looked at.
    let [keeper, own] = [process::private(daemon.keeper)?, process::private(daemon.pid)?].map(mebibytes);
    let start = millis(median(&times));
    let [keeper_cpu, own_cpu] = daemon.start_cpu;
    let slowest = times.iter().max().map_or(0.0, |time| millis(*time));
    Ok(vec![
        Figure::new(
            "start to healthy",
            start,
            10.0,
            format!(
                "{start:.1} ms (of {STARTS} starts, slowest {slowest:.1} ms; in the last keeper {keeper_cpu}, daemon {own_cpu})"
            ),
            "≤ 10 ms",
        ),
        Figure::new(
            "idle memory, private",
            keeper + own,
            8.0,
            format!("{:.2} MiB (keeper {keeper:.2}, daemon {own:.2})", keeper + own),
            "≤ 8 MiB",
        ),
        Figure::new("idle wake-ups in 10 s", wakeups as f64, 0.0, wakeups.to_string(), "0"),
    ])
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
