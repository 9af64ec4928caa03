//! `health` on an open connection, against a server that knows nothing but the reply.

use std::io::BufRead;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::client::Client;
use crate::clock::timed;
use crate::daemon::Daemon;
use crate::roles::Actor;
use crate::table::{Figure, median, micros};

const ROUNDS: usize = 40;
const CALLS: usize = 250;
const REQUEST: &[u8] = b"{\"type\":\"health\"}\n";

pub fn measure() -> Result<Vec<Figure>> {
    let daemon = Daemon::start()?;
    let _pin = Pin::to_first_core(&[daemon.pid])?;
    let mut ours = daemon.client()?;
    let reply = format!("{}\n", String::from_utf8_lossy(ours.exchange(REQUEST)?));
    let folder = tempfile::tempdir_in("/tmp")?;
    let socket = folder.path().join("bare.sock");
    // Inherits our core.
    let mut server = Actor::start("serve", &[&socket.to_string_lossy(), &reply])?;
    server.said()?.read_line(&mut String::new())?;
    let mut bare = Client::connect(&socket)?;
    let (mut our_times, mut bare_times) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        call(&mut bare, &mut bare_times)?;
        call(&mut ours, &mut our_times)?;
    }
    let (our, bare) = (median(&our_times), median(&bare_times));
    let ratio = our.as_secs_f64() / bare.as_secs_f64();
    let measured = format!("{ratio:.2}x ({:.1} µs, bare {:.1} µs)", micros(our), micros(bare));
    Ok(vec![Figure::new("health, open connection / bare tokio server", ratio, 1.5, measured, "≤ 1.5x")])
}

/// Everybody on one core. Left to the scheduler, one pair shared a core and the other did not, by chance and for a whole run, which
/// made a factor of four either way; on one core only what the servers do themselves is left.
struct Pin(CpuSet);

impl Pin {
    fn to_first_core(others: &[u32]) -> Result<Self> {
        let before = sched_getaffinity(None)?;
        let mut one = CpuSet::new();
        one.set((0..CpuSet::MAX_CPU).find(|core| before.is_set(*core)).context("no core to run on")?);
        sched_setaffinity(None, &one)?;
        for pid in others {
            sched_setaffinity(Pid::from_raw(pid.cast_signed()), &one)?;
        }
        Ok(Self(before))
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let _ = sched_setaffinity(None, &self.0);
    }
}

fn call(client: &mut Client, times: &mut Vec<Duration>) -> Result<()> {
    for _ in 0..CALLS {
        let (time, reply) = timed(|| client.exchange(REQUEST).map(<[u8]>::len));
        reply?;
        times.push(time);
    }
    Ok(())
}
