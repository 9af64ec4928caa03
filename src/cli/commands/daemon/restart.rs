//! `pintle daemon restart`

use std::time::Duration;

use anyhow::anyhow;

use super::start;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::client::ClientError;
use crate::protocol::typed::request::{DaemonRestart, Health};

/// How long the old daemon may take to leave: it writes its state first.
const LIMIT: Duration = Duration::from_secs(30);

/// Restarts the daemon and returns when the new one answers. Where none runs, one is started.
pub fn run(context: &Context) -> anyhow::Result<Exit> {
    let mut client = context.client_of_running();
    let before = match client.ask(Health {}) {
        Ok(answer) => answer.pid,
        Err(ClientError::Unreachable { .. }) => return start::run(context),
        Err(error) => return Err(error.into()),
    };
    client.ask(DaemonRestart {})?;
    let start = context.clock.instant();
    // The old one closes this connection when it goes, so that the next question waits for the new one in the listener's
    // backlog; while the old one still answers, it is asked again.
    while start.elapsed() < LIMIT {
        match context.client_of_running().ask(Health {}) {
            Ok(answer) if answer.pid != before => {
                let words = |pid| format!("the daemon is restarted (pid {before} -> {pid})");
                context.output.answer(&answer, |answer| words(answer.pid))?;
                return Ok(Exit::Done);
            }
            Ok(_) | Err(ClientError::Lost { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        #[expect(clippy::disallowed_methods, reason = "a process of one thread that has nothing else to do")]
        std::thread::sleep(Duration::from_millis(2));
    }
    Err(anyhow!("the old daemon (pid {before}) still answers after {} s", LIMIT.as_secs()))
}
