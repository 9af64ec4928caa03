//! `pintle resume`

use clap_complete::ArgValueCandidates;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::{complete, resolve};
use crate::protocol::typed::request;

/// Let a suspended agent go on
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The agent: id, beginning of an id, or name
    #[arg(add = ArgValueCandidates::new(complete::agents))]
    agent: String,
}

/// What to do about an agent that is suspended, as a line that can be typed.
pub fn hint(agent: &str) -> String {
    format!("`pintle resume {}` lets it go on", shell_words::quote(agent))
}

/// Resumes an agent.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let agent_id = resolve::agent(context, &mut client, &args.agent)?.id;
    let answer = client.ask(request::Resume { project_root: context.project_root()?, agent_id })?;
    context.output.answer(&answer, |answer| format!("{} goes on", answer.agent_id))?;
    Ok(Exit::Done)
}
