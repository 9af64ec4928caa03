//! `pintle swarm run NAME` and `pintle swarm undo RUN`

use std::io::IsTerminal;

use clap_complete::ArgValueCandidates;

use super::progress::Progress;
use super::runs;
use crate::cli::complete;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Usage, warn};
use crate::cli::output::one_line;
use crate::cli::signals::{Came, Signals, first_of};
use crate::client::{Client, ClientError, Ran};
use crate::protocol::typed::reply::UndoSwarmResult;
use crate::protocol::typed::request::{GetSwarmDef, RunSwarm, Status, UndoSwarm};

/// Start a swarm: its worktrees, and its agents in them
///
/// Everything is checked before anything starts. When an agent cannot be started no more are begun, those that run stay, and the exit code is
/// 1; `pintle swarm undo RUN` takes them back. A name that is taken by an earlier run gets -2, -3 and so on. C-c leaves the run to itself; it goes
/// on.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its name
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::swarms))]
    name: String,
    /// What {{NAME}} stands for in its agents' prompts; once for each
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable, add = ArgValueCandidates::new(complete::placeholders))]
    vars: Vec<(String, String)>,
}

/// Take a run back: end its agents, and remove those of its worktrees that hold no work
///
/// A worktree with files that are not committed, with commits that are nowhere else, or with other agents in it stays.
#[derive(Debug, clap::Args)]
pub struct UndoArgs {
    /// The run, or the beginning of its id; `pintle swarm runs` lists them
    #[arg(value_name = "RUN", add = ArgValueCandidates::new(complete::swarm_runs))]
    run: String,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it takes NAME=VALUE")?;
    if name.is_empty() { Err("a name is missing".to_owned()) } else { Ok((name.to_owned(), value.to_owned())) }
}

/// Starts it, shows how far it is, and says what runs.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let project_root = context.project_root()?;
    let mut client = context.client();
    let def = client.ask(GetSwarmDef { project_root: project_root.clone(), name: args.name.clone(), scope: None })?;
    let placeholders = def.placeholders.as_slice();
    if let Some((name, _)) = args.vars.iter().find(|(name, _)| !placeholders.contains(name)) {
        return Err(no_such_variable(&args.name, name, placeholders).into());
    }
    let signals = Signals::listen()?;
    let progress = match context.output.is_json() || !std::io::stderr().is_terminal() {
        true => None,
        false => Some(Progress::begin(context, &mut client, &project_root, &def)?),
    };
    let vars = args.vars.iter().cloned().collect();
    let request = RunSwarm { project_root: project_root.clone(), swarm_name: args.name.clone(), vars };
    let came = first_of(&signals, move || {
        let ran = client.ask(request);
        (client, ran)
    })?;
    let far = progress.map(Progress::end);
    let (mut client, ran) = match came {
        Came::Answer(answer) => answer,
        Came::Signal(signal) => {
            let (agents, run) = far.map(|far| (far.agents, far.run_id)).unzip();
            let agents = agents.map_or_else(String::new, |agents| format!(", {agents} agents are there"));
            let said = format!("the run of {} goes on{agents}: nobody waits for it any more", one_line(&args.name));
            let run = run.flatten().unwrap_or_else(|| "RUN".to_owned());
            let hint =
                format!("`pintle swarm runs` lists it; when it is there, `pintle swarm undo {run}` takes it back");
            warn(&said, &hint, context.color);
            return Ok(Exit::Signal(signal));
        }
    };
    if matches!(ran, Err(ClientError::Lost { .. })) && !context.output.is_json() {
        let said = format!(
            "the daemon ended while {} was started; if it is replaced, the next one goes on with it",
            one_line(&args.name)
        );
        warn(&said, "`pintle notify list` says what has come of it, `pintle swarm runs` lists it", context.color);
        return Ok(Exit::Failed);
    }
    match ran? {
        Ran::Whole(answer) => {
            context.output.answer(&answer, |answer| {
                lines(&mut client, &project_root, &answer.spawned_agents) + &undo_line(&answer.run_id)
            })?;
            Ok(Exit::Done)
        }
        Ran::Partial(answer) => {
            context.output.answer(&answer, |answer| lines(&mut client, &project_root, &answer.spawned_agents))?;
            let hint = format!("those above run; `pintle swarm undo {}` takes them back", answer.run_id);
            warn(&answer.error_message, &hint, context.color);
            Ok(Exit::Failed)
        }
    }
}

/// A slip of the finger: what it was for would be missing, or stay as it is by default.
fn no_such_variable(swarm: &str, name: &str, placeholders: &[String]) -> Usage {
    let usage = Usage::new(format!("no prompt of the swarm {} has {{{{{}}}}} in it", one_line(swarm), one_line(name)));
    match placeholders {
        [] => usage.with_hint("its prompts have nothing to be filled in"),
        known => usage.with_hint(format!("to be filled in: {}", known.join(", "))),
    }
}

fn undo_line(run: &str) -> String {
    format!("{run}: `pintle swarm undo {run}` takes it back\n")
}

/// A line for each agent: id, name, worktree. Where that cannot be asked, the ids.
fn lines(client: &mut Client, root: &str, ids: &[String]) -> String {
    let report = client.ask(Status { project_root: root.to_owned(), agent_id: None }).unwrap_or_default();
    let worktree = |id: &str| report.worktrees.iter().find(|worktree| worktree.id == id).map(|it| one_line(&it.name));
    let line = |id: &String| match report.agents.iter().find(|agent| agent.id == *id) {
        Some(agent) => {
            let place = agent.worktree_id.as_deref().and_then(worktree);
            let place = place.map_or_else(String::new, |name| format!("  in {name}"));
            format!("{id}  {}{place}\n", one_line(&agent.name))
        }
        None => format!("{id}\n"),
    };
    ids.iter().map(line).collect()
}

/// Takes a run back, and says what stays.
pub fn undo(context: &Context, args: &UndoArgs) -> anyhow::Result<Exit> {
    let project_root = context.project_root()?;
    let mut client = context.client();
    let report = client.ask(Status { project_root: project_root.clone(), agent_id: None })?;
    // As with agents, the beginning of an id is enough.
    let mut meant = runs::of(&report).into_iter().map(|run| run.run_id).filter(|id| id.starts_with(&args.run));
    let run_id = meant.next().filter(|_| meant.next().is_none()).unwrap_or_else(|| args.run.clone());
    let answer = client.ask(UndoSwarm { project_root, run_id })?;
    context.output.answer(&answer, undone)?;
    Ok(Exit::Done)
}

fn undone(answer: &UndoSwarmResult) -> String {
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let (killed, removed) = (many(answer.killed.len(), "agent"), many(answer.removed.len(), "worktree"));
    let kept = answer.kept.iter().map(|kept| format!("{} stays: {}\n", one_line(&kept.name), one_line(&kept.reason)));
    format!("{killed} ended, {removed} removed\n") + &kept.collect::<String>()
}
