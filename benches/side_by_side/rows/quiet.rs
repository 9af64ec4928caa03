//! What agents cost that say nothing.

use std::time::Duration;

use anyhow::Result;

use super::idle::SETTLE;
use crate::clock::pause;
use crate::daemon::Daemon;
use crate::process;
use crate::table::Figure;

const AGENTS: u64 = 100;

pub fn measure() -> Result<Vec<Figure>> {
    let daemon = Daemon::start()?;
    let both = daemon.both();
    let mut client = daemon.client()?;
    // The first one takes what all share: buffers, tables, pages of code.
    daemon.spawn(&mut client, "sleep 1000")?;
    pause(SETTLE);
    let (memory, threads) = (process::taken(&both)?, process::threads(&both)?);
    for _ in 0..AGENTS {
        daemon.spawn(&mut client, "sleep 1000")?;
    }
    pause(SETTLE);
    let grown = process::taken(&both)?.saturating_sub(memory) as f64 / AGENTS as f64 / 1024.0;
    let more_threads = process::threads(&both)?.saturating_sub(threads);
    let switches = process::switches(&both)?;
    pause(Duration::from_secs(10));
    let wakeups = process::switches(&both)? - switches;
    Ok(vec![
        Figure::new("memory a quiet agent", grown, 64.0, format!("{grown:.1} KiB (of {AGENTS} agents)"), "≤ 64 KiB"),
        Figure::new(
            "threads more with 100 agents",
            more_threads as f64,
            0.0,
            format!("{more_threads} (there are {threads})"),
            "0",
        ),
        Figure::note("wake-ups in 10 s with 100 quiet agents", wakeups.to_string()),
    ])
}
