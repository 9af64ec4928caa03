//! `pintle suspend`

use clap_complete::ArgValueCandidates;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::{complete, resolve};
use crate::protocol::typed::request::{self, SuspendTarget};

/// Let agents rest until they are resumed
///
/// An agent whose kind can go on with an earlier session is ended, and started again by `pintle resume`; any other is
/// stopped where it stands. Either way it keeps its id and name.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The agent: id, beginning of an id, or name
    #[arg(required_unless_present = "all", add = ArgValueCandidates::new(complete::unsuspended_agents))]
    agent: Option<String>,
    /// All agents of the project
    #[arg(long, conflicts_with = "agent")]
    all: bool,
}

/// Suspends agents.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let target = match &args.agent {
        Some(word) => SuspendTarget::Agent { id: resolve::agent(context, &mut client, word)?.id },
        None => SuspendTarget::All,
    };
    let answer = client.ask(request::Suspend { project_root: context.project_root()?, target })?;
    context.output.answer(&answer, |answer| match answer.suspended.as_slice() {
        [] => "nothing to suspend".to_owned(),
        ids => ids.iter().map(|id| format!("{id} is suspended\n")).collect(),
    })?;
    Ok(Exit::Done)
}
