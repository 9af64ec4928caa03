//! `pintle status`

mod picture;
mod watch;

use clap_complete::ArgValueCandidates;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::{agents, complete, resolve};
use crate::protocol::typed::reply::{AgentStatus, StatusReport};
use crate::protocol::typed::request;
use crate::protocol::{Code, WireError};

/// Show the project's agents, or one of them
///
/// STATUS is what an agent does: starting, working, blocked (it wants an answer), idle, stuck, done, failed or
/// suspended. BECAUSE is how that is known; `pintle explain AGENT` tells all that was looked at.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The one agent
    #[arg(add = ArgValueCandidates::new(complete::agents))]
    agent: Option<String>,
    /// Go on showing them: on every change the screen is drawn anew, or where there is none a table is printed, with --json a line.
    /// On the screen those that wait for you come first; j, k, PgUp and PgDn scroll, q leaves
    #[arg(long, short, conflicts_with = "agent")]
    watch: bool,
}

/// Shows agents.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    if args.watch {
        return watch::watch(context);
    }
    let mut client = context.client();
    let project_root = context.project_root()?;
    let (width, paint) = (context.output.columns(), context.output.paint());
    let table = |agents: &[_], worktrees: &[_]| agents::table(agents, worktrees, width, paint);
    let Some(word) = &args.agent else {
        let report: StatusReport = client.ask(request::Status { project_root, agent_id: None })?;
        context.output.answer(&report, |report| match report.agents.as_slice() {
            [] => "no agents; `pintle spawn` starts one".to_owned(),
            agents => table(agents, &report.worktrees),
        })?;
        return Ok(Exit::Done);
    };
    let id = resolve::agent(context, &mut client, word)?.id;
    let report: StatusReport = client.ask(request::Status { project_root, agent_id: None })?;
    let agent = report.agents.into_iter().find(|agent| agent.id == id);
    let agent =
        agent.ok_or_else(|| WireError::new(Code::AgentNotFound, format!("no agent `{word}` in this project")))?;
    context.output.answer(&AgentStatus(agent), |agent| table(std::slice::from_ref(&agent.0), &report.worktrees))?;
    Ok(Exit::Done)
}
