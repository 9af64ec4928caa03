//! `pintle resume`

use clap_complete::ArgValueCandidates;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::{complete, failure, resolve};
use crate::client::{Client, ClientError};
use crate::protocol::typed::reply::ResumeResult;
use crate::protocol::typed::request;

/// Let suspended agents go on
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The agent: id, beginning of an id, or name
    #[arg(required_unless_present = "all", add = ArgValueCandidates::new(complete::suspended_agents))]
    agent: Option<String>,
    /// All agents of the project that are suspended, one after another
    #[arg(long, conflicts_with = "agent")]
    all: bool,
}

/// What to do about an agent that is suspended, as a line that can be typed.
pub fn hint(agent: &str) -> String {
    format!("`pintle resume {}` lets it go on", shell_words::quote(agent))
}

/// Resumes agents.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let project_root = context.project_root()?;
    let say = |answer: &ResumeResult| context.output.answer(answer, |answer| format!("{} goes on", answer.agent_id));
    let Some(word) = &args.agent else {
        let answers = all(&mut client, &project_root)?;
        if answers.is_empty() && !context.output.is_json() {
            context.output.text("nothing to resume")?;
        }
        let mut exit = Exit::Done;
        for answer in answers {
            match answer {
                Ok(answer) => say(&answer)?,
                Err(error) => exit = failure::report(&error.into(), context.output.is_json(), context.color),
            }
        }
        return Ok(exit);
    };
    let agent_id = resolve::agent(context, &mut client, word)?.id;
    say(&client.ask(request::Resume { project_root, agent_id })?)?;
    Ok(Exit::Done)
}

/// Resumes every agent of a project that is suspended; one that cannot go on keeps no other from it.
///
/// One after another, each when the one before it runs: many programs that start in the same moment are slow together. So it needs no
/// request of its own.
pub fn all(client: &mut Client, project_root: &str) -> Result<Vec<Result<ResumeResult, ClientError>>, ClientError> {
    let project_root = project_root.to_owned();
    let report = client.ask(request::Status { project_root: project_root.clone(), agent_id: None })?;
    let suspended = report.agents.into_iter().filter(|agent| agent.suspended);
    let mut resume = |agent_id| client.ask(request::Resume { project_root: project_root.clone(), agent_id });
    Ok(suspended.map(|agent| resume(agent.id)).collect())
}
