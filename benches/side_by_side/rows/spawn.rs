//! Starting root agents one after the other, against fork and exec into a PTY.

use std::time::Duration;

use anyhow::Result;

use crate::clock::timed;
use crate::daemon::Daemon;
use crate::process::Cpu;
use crate::pty::Bare;
use crate::table::{Figure, median, millis, percentile};

const AGENTS: usize = 64;
const ROUNDS: usize = 3;

pub fn measure() -> Result<Vec<Figure>> {
    let daemon = Daemon::start()?;
    let mut client = daemon.client()?;
    let (mut more, mut our_times, mut bare_times) = (Vec::new(), Vec::new(), Vec::new());
    let before = daemon.both().map(Cpu::of);
    for _ in 0..ROUNDS {
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        let mut kept = Vec::new();
        for _ in 0..AGENTS {
            let (time, pty) = timed(|| Bare::spawn(&["sleep", "1000"]));
            kept.push(pty?);
            bare.push(time);
            let (time, agent) = timed(|| daemon.spawn(&mut client, "sleep 1000"));
            agent?;
            ours.push(time);
        }
        daemon.kill_all(&mut client)?;
        // The mean, since the bar is on all of them together: a slow one in ten counts.
        more.push(mean(&ours).saturating_sub(mean(&bare)));
        our_times.extend(ours);
        bare_times.extend(bare);
    }
    let [keeper, own] =
        [0, 1].map(|index| Cpu::of(daemon.both()[index]).since(before[index], (ROUNDS * AGENTS) as u32));
    let value = millis(median(&more));
    let measured = format!(
        "+{value:.2} ms (mean of 64; all: median {:.2} ms, p95 {:.2} ms, bare median {:.2} ms; each, kills included: keeper {keeper}, daemon {own})",
        millis(median(&our_times)),
        millis(percentile(&our_times, 95)),
        millis(median(&bare_times)),
    );
    Ok(vec![Figure::new("spawn of 64 root agents, each, beyond fork and exec", value, 3.0, measured, "≤ 3 ms")])
}

fn mean(times: &[Duration]) -> Duration {
    times.iter().sum::<Duration>() / AGENTS as u32
}
