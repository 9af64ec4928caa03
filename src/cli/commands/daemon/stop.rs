//! `pintle daemon stop`

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::sockopt::socket_peercred;
use rustix::process::{PidfdFlags, pidfd_open};

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::client::ClientError;
use crate::protocol::typed::request::Shutdown;

/// Agents have five seconds to end before they are killed; then state is written.
const LIMIT: Duration = Duration::from_secs(30);

/// Stops the daemon and returns when it is gone. That it does not run is what was wanted.
pub fn run(context: &Context) -> anyhow::Result<Exit> {
    let mut client = context.client_of_running();
    let keeper = match client.stream() {
        // Who listens is known from the socket itself: a pid file may be older than the process that has the pid now.
        Ok(stream) => pidfd_open(socket_peercred(stream)?.pid, PidfdFlags::empty()),
        Err(ClientError::Unreachable { .. }) => {
            context.output.text(if context.output.is_json() {
                r#"{"type":"shutting_down"}"#
            } else {
                "the daemon does not run"
            })?;
            return Ok(Exit::Done);
        }
        Err(error) => return Err(error.into()),
    };
    let answer = client.ask(Shutdown {})?;
    match keeper {
        // The socket is taken away before the last agent has ended; a script that starts a new one waits for both.
        Ok(keeper) => wait(&keeper).context("waiting for the daemon to end")?,
        Err(Errno::SRCH) => {}
        Err(error) => return Err(error.into()),
    }
    context.output.answer(&answer, |_| "the daemon is stopped".to_owned())?;
    Ok(Exit::Done)
}

fn wait(process: &impl std::os::fd::AsFd) -> anyhow::Result<()> {
    let limit = Timespec::try_from(LIMIT)?;
    loop {
        match poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&limit)) {
            Ok(0) => {
                return Err(anyhow!("it is still there after {} s; `pintle daemon logs` may say why", LIMIT.as_secs()));
            }
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
