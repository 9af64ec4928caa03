//! `pintle daemon start`

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Usage;
use crate::client::ClientError;
use crate::protocol::typed::request::Health;

/// Starts the daemon, unless it runs.
pub fn run(context: &Context) -> anyhow::Result<Exit> {
    let running = match context.client_of_running().ask(Health {}) {
        Ok(answer) => Some(answer),
        Err(ClientError::Unreachable { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    if let Some(answer) = running {
        context.output.answer(&answer, |answer| format!("the daemon runs already (pid {})", answer.pid))?;
        return Ok(Exit::Done);
    }
    if !context.places.is_own_socket() {
        let message =
            format!("nobody listens at {}, and a daemon of ours would not either", context.places.socket().display());
        let hint = "leave --socket and PINTLE_SOCKET out; `listen:` in config.yaml adds sockets to a daemon";
        return Err(Usage::new(message).with_hint(hint).into());
    }
    let answer = context.client_that_starts().ask(Health {})?;
    context.output.answer(&answer, |answer| format!("the daemon is started (pid {})", answer.pid))?;
    Ok(Exit::Done)
}
