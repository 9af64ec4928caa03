//! `health` on an open connection, against a server that knows nothing but the reply.

use std::io::BufRead;
use std::time::Duration;

use anyhow::Result;

use crate::client::Client;
use crate::clock::timed;
use crate::daemon::Daemon;
use crate::pin::Pin;
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

fn call(client: &mut Client, times: &mut Vec<Duration>) -> Result<()> {
    for _ in 0..CALLS {
        let (time, reply) = timed(|| client.exchange(REQUEST).map(<[u8]>::len));
        reply?;
        times.push(time);
    }
    Ok(())
}
