//! `pintle daemon stop`

use std::os::fd::OwnedFd;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::sockopt::socket_peercred;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::client::{Client, ClientError};
use crate::protocol::typed::reply::ShuttingDown;
use crate::protocol::typed::request::{Health, Shutdown};

/// Agents have five seconds to end before they are killed; then state is written.
const LIMIT: Duration = Duration::from_secs(30);

/// Stops the daemon and returns when both its processes are gone. That it does not run is what was wanted.
pub fn run(context: &Context) -> anyhow::Result<Exit> {
    let mut client = context.client_of_running();
    let keeper = match client.stream() {
        // Who listens is known from the socket itself: a pid file may be older than the process that has the pid now.
        Ok(stream) => Process::open(socket_peercred(stream)?.pid)?,
        Err(ClientError::Unreachable { .. }) => {
            let json = context.output.is_json();
            context.output.text(if json { r#"{"type":"ok","running":false}"# } else { "the daemon does not run" })?;
            return Ok(Exit::Done);
        }
        Err(error) => return Err(error.into()),
    };
    let answer = stop(&mut client, &keeper)?;
    keeper.wait().context("waiting for the keeper to end")?;
    context.output.answer(&answer, |_| "the daemon is stopped".to_owned())?;
    Ok(Exit::Done)
}

/// Asks the daemon to stop; and the keeper, which can do it too, where the daemon does not answer.
fn stop(client: &mut Client, keeper: &Process) -> anyhow::Result<ShuttingDown> {
    let asked = client.ask(Health {}).and_then(|health| {
        let daemon = Pid::from_raw(health.pid.cast_signed()).map(Process::open).transpose();
        client.ask(Shutdown {}).map(|answer| (answer, daemon))
    });
    match asked {
        Ok((answer, daemon)) => {
            // It is still on its way out when the keeper, which has nothing more to wait for, is gone.
            if let Some(daemon) = daemon? {
                daemon.wait().context("waiting for the daemon to end")?;
            }
            Ok(answer)
        }
        Err(ClientError::Lost { .. } | ClientError::TimedOut { .. }) => {
            keeper.terminate()?;
            Ok(ShuttingDown {})
        }
        Err(error) => Err(error.into()),
    }
}

/// A process that can be waited for though it is not our child, and not be mistaken for another; none if it is gone.
struct Process(Option<OwnedFd>);

impl Process {
    fn open(pid: Pid) -> anyhow::Result<Self> {
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(process) => Ok(Self(Some(process))),
            Err(Errno::SRCH) => Ok(Self(None)),
            Err(error) => Err(error.into()),
        }
    }

    fn terminate(&self) -> anyhow::Result<()> {
        match self.0.as_ref().map(|process| pidfd_send_signal(process, Signal::TERM)) {
            None | Some(Ok(()) | Err(Errno::SRCH)) => Ok(()),
            Some(Err(error)) => Err(error.into()),
        }
    }

    fn wait(&self) -> anyhow::Result<()> {
        let Some(process) = &self.0 else { return Ok(()) };
        let limit = Timespec::try_from(LIMIT)?;
        loop {
            match poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&limit)) {
                Ok(0) => {
                    let seconds = LIMIT.as_secs();
                    return Err(anyhow!("it is still there after {seconds} s; `pintle daemon logs` may say why"));
                }
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
