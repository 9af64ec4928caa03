//! `pintle rename`

use clap_complete::ArgValueCandidates;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::{complete, resolve};
use crate::protocol::typed::request;

/// Give an agent another name
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The agent: id, beginning of an id, or name
    #[arg(add = ArgValueCandidates::new(complete::agents))]
    agent: String,
    /// The new name
    name: String,
}

/// Renames an agent.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let agent_id = resolve::agent(context, &mut client, &args.agent)?.id;
    let (project_root, name) = (context.project_root()?, args.name.clone());
    let answer = client.ask(request::Rename { project_root, agent_id, name })?;
    context.output.answer(&answer, |answer| format!("{} is called {} now", answer.agent_id, answer.name))?;
    Ok(Exit::Done)
}
