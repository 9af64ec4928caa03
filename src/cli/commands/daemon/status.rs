//! `pintle daemon status`

use crate::cli::commands::health;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::protocol::typed::request::Health;

/// Says whether the daemon runs.
pub fn run(context: &Context) -> anyhow::Result<Exit> {
    let answer = context.client_that_looks().ask(Health {})?;
    context.output.answer(&answer, health::words)?;
    Ok(Exit::Done)
}
