//! What the shell offers behind a command: the agents of the project, asked from a daemon that runs already.

mod words;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use clap_complete::CompletionCandidate;
use serde_json::json;

pub use words::arguments;
use words::{current, option};

use super::agents::word;
use super::args::Globals;
use super::commands::definition::swarm::runs::{self, SwarmRun};
use super::commands::definition::{self, Noun, Row};
use super::context::Context;
use crate::base::text::is_unseen;
use crate::protocol::typed::reply::{Agent, SavedWorktree, Status, StatusReport, Worktree};
use crate::protocol::typed::request::{GetAgentDef, GetSwarmDef, GetTemplate};
use crate::protocol::typed::{Line, Reply, parse_line};

/// A person waits with a finger on Tab.
const LIMIT: Duration = Duration::from_millis(200);

/// The ids and names of the project's agents. Nothing where no daemon runs: Tab must not start one.
pub fn agents() -> Vec<CompletionCandidate> {
    agents_that(|_| true)
}

/// Those that can be resumed.
pub fn suspended_agents() -> Vec<CompletionCandidate> {
    agents_that(|agent| agent.suspended)
}

/// Those that can be suspended.
pub fn unsuspended_agents() -> Vec<CompletionCandidate> {
    agents_that(|agent| !agent.suspended && agent.status != Status::Broken)
}

fn agents_that(fits: fn(&Agent) -> bool) -> Vec<CompletionCandidate> {
    let report = ask(&globals());
    report.iter().flat_map(|report| &report.agents).filter(|agent| fits(agent)).flat_map(candidates).collect()
}

/// The names of the project's worktrees.
pub fn worktrees() -> Vec<CompletionCandidate> {
    let report = ask(&globals());
    let candidate =
        |worktree: &Worktree| CompletionCandidate::new(&worktree.name).help(Some(worktree.id.clone().into()));
    let offered = |worktree: &&Worktree| is_offered(&worktree.name);
    report.iter().flat_map(|report| &report.worktrees).filter(offered).map(candidate).collect()
}

/// What is saved of worktrees that were deleted, by the id that each had.
pub fn saved_worktrees() -> Vec<CompletionCandidate> {
    let candidate = |saved: SavedWorktree| {
        let id = saved.saved_ref.rsplit('/').next().unwrap_or_default().to_owned();
        CompletionCandidate::new(id).help(Some(super::output::one_line(&saved.worktree_name).into()))
    };
    match ask_for("list_saved_worktrees", &globals()) {
        Some(Reply::SavedWorktreeList(list)) => list.saved.into_iter().map(candidate).collect(),
        _ => Vec::new(),
    }
}

/// The panes of the tmux server we are in, or of all that are known.
pub fn panes() -> Vec<CompletionCandidate> {
    let known = || {
        let context = Context::new(&globals()).ok()?;
        let request = json!({"cmd": "list_panes", "tmux": super::show::server()});
        let line = context.client_of_running().call_raw(&request, LIMIT).ok()?;
        match crate::protocol::cmd::parse_reply(&line).ok()? {
            crate::protocol::cmd::Reply::ListPanes(list) => Some(list.panes),
            _ => None,
        }
    };
    let candidate = |pane: crate::protocol::cmd::reply::Pane| {
        let help = format!("{}:{} {}", pane.session, pane.window_index, pane.agent_id.unwrap_or(pane.window_name));
        CompletionCandidate::new(pane.pane).help(Some(super::output::one_line(&help).into()))
    };
    known().unwrap_or_default().into_iter().map(candidate).collect()
}

/// The environments, from the file: they are the same whether a daemon runs or not.
pub fn environments() -> Vec<CompletionCandidate> {
    let known = || {
        let file = Context::new(&globals()).ok()?.places.envs_file();
        let bytes = crate::base::files::read_if_there(&file).ok()??;
        crate::environment::envs::Envs::parse(&file, &bytes).ok()
    };
    let envs = known().unwrap_or_default();
    let candidate = |env: &crate::environment::envs::Environment| {
        let help = env.description.as_deref().map(super::output::one_line);
        is_offered(&env.name).then(|| CompletionCandidate::new(&env.name).help(help.map(Into::into)))
    };
    envs.iter().filter_map(candidate).collect()
}

/// The templates.
pub fn templates() -> Vec<CompletionCandidate> {
    definitions::<definition::template::Template>()
}

/// The agent defs.
pub fn agent_defs() -> Vec<CompletionCandidate> {
    definitions::<definition::agent::Agent>()
}

/// The swarms.
pub fn swarms() -> Vec<CompletionCandidate> {
    definitions::<definition::swarm::Swarm>()
}

/// The runs of swarms of which anything is left.
pub fn swarm_runs() -> Vec<CompletionCandidate> {
    let candidate = |run: SwarmRun| {
        let names = if run.worktrees.is_empty() { run.agents } else { run.worktrees };
        CompletionCandidate::new(run.run_id).help(Some(super::output::one_line(&names.join(" ")).into()))
    };
    ask(&globals()).iter().flat_map(runs::of).map(candidate).collect()
}

/// The definitions of a kind, those too whose file cannot be used: one may want to edit or delete it.
pub fn definitions<N: Noun>() -> Vec<CompletionCandidate> {
    let known = || {
        let context = Context::new(&globals()).ok()?;
        let list = N::list(context.project_root().ok()?);
        Some(N::rows(&context.client_of_running().at_most(LIMIT).ask(list).ok()?))
    };
    let candidate = |row: Row| {
        let about = if row.error.is_some() { "cannot be used".to_owned() } else { row.about };
        let help = format!("{} {}", row.scope, super::output::one_line(&about));
        is_offered(&row.name).then(|| CompletionCandidate::new(&row.name).help(Some(help.trim().to_owned().into())))
    };
    known().unwrap_or_default().into_iter().filter_map(candidate).collect()
}

/// The kinds of agents: those of the files, and those built in.
pub fn kinds() -> Vec<CompletionCandidate> {
    let Some(Reply::ConfigReport(config)) = ask_for("get_config", &globals()) else { return Vec::new() };
    let candidate = |name: &String| {
        let help = (*name == config.default_agent).then(|| "the default".into());
        CompletionCandidate::new(name).help(help)
    };
    config.agents.keys().filter(|name| is_offered(name)).map(candidate).collect()
}

/// The branches of the repository we are in, what was worked on last first. From git itself: it needs no daemon, and a project is none
/// that a daemon has to know.
pub fn branches() -> Vec<CompletionCandidate> {
    let mut git = Command::new("git");
    if let Some(project) = globals().project {
        git.arg("-C").arg(project);
    }
    git.args([
        "for-each-ref",
        "--sort=-committerdate",
        "--count=200",
        "--format=%(refname:short)",
        "refs/heads",
        "refs/tags",
    ]);
    let Ok(output) = git.stdin(Stdio::null()).stderr(Stdio::null()).output() else { return Vec::new() };
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    let offered = names.lines().filter(|name| is_offered(name)).enumerate();
    offered.map(|(at, name)| CompletionCandidate::new(name).display_order(Some(at))).collect()
}

/// The placeholders of what is named on the line: `NAME=` for each. `--template` and `--def` of a spawn, or the swarm that is run.
pub fn placeholders() -> Vec<CompletionCandidate> {
    // Behind the `=` stands what nobody knows. `NAME=` once more would be a finished word to the shell, and a blank would follow.
    let current = current().unwrap_or_default();
    if current.strip_prefix("--var=").unwrap_or(&current).contains('=') {
        return Vec::new();
    }
    let known = || {
        let context = Context::new(&globals()).ok()?;
        let (project_root, scope) = (context.project_root().ok()?, None);
        let mut client = context.client_of_running().at_most(LIMIT);
        let named = |options: [&str; 2]| options.into_iter().find_map(option)?.into_string().ok();
        if let Some(name) = named(["--template", "-t"]) {
            return Some(client.ask(GetTemplate { project_root, name, scope }).ok()?.variables);
        }
        if let Some(name) = named(["--def", "-d"]) {
            return Some(client.ask(GetAgentDef { project_root, name, scope }).ok()?.placeholders);
        }
        let name = option("run")?.into_string().ok()?;
        Some(client.ask(GetSwarmDef { project_root, name, scope }).ok()?.placeholders)
    };
    let candidate = |name: String| CompletionCandidate::new(format!("{name}="));
    known().unwrap_or_default().into_iter().map(candidate).collect()
}

fn globals() -> Globals {
    Globals {
        project: option("--project").map(PathBuf::from),
        socket: option("--socket").or_else(|| std::env::var_os("PINTLE_SOCKET")).map(PathBuf::from),
        ..Globals::default()
    }
}

fn ask(globals: &Globals) -> Option<StatusReport> {
    match ask_for("status", globals)? {
        Reply::StatusReport(report) => Some(report),
        _ => None,
    }
}

/// What the daemon answers to a request that needs nothing but a project.
fn ask_for(request: &str, globals: &Globals) -> Option<Reply> {
    let context = Context::new(globals).ok()?;
    let request = json!({"type": request, "project_root": context.project_root().ok()?});
    let line = context.client_of_running().call_raw(&request, LIMIT).ok()?;
    match parse_line(&line).ok()? {
        Line::Reply(reply) => Some(reply),
        _ => None,
    }
}

/// Names come before ids: that is what people remember.
fn candidates(agent: &Agent) -> Vec<CompletionCandidate> {
    let kind = &agent.agent_type;
    let activity = word(agent.activity);
    let by_name = format!("{kind}, {activity}");
    let by_id = format!("{}: {kind}, {activity}", super::output::one_line(&agent.name));
    let by_name = CompletionCandidate::new(&agent.name).help(Some(by_name.into())).display_order(Some(0));
    let by_id = CompletionCandidate::new(&agent.id).help(Some(by_id.into())).display_order(Some(1));
    is_offered(&agent.name).then_some(by_name).into_iter().chain([by_id]).collect()
}

/// Whether a name comes out of the shell's line as it goes in. zsh and fish put quotes where they are needed.
///
/// bash puts candidates into the line as they are, and there `x;rm` is a command; our own script has quotes for it, and says so. But
/// what is a pattern to bash has become names of files before that.
fn is_offered(name: &str) -> bool {
    let is_bash = std::env::var_os("_CLAP_COMPLETE_COMP_TYPE").is_some();
    let is_pattern = || name.contains(['*', '?', '[']) || ["+(", "@(", "!("].iter().any(|start| name.contains(start));
    let quoted = !is_bash || (std::env::var_os("PINTLE_COMPLETE_QUOTED").is_some() && !is_pattern());
    is_plain(name) || (quoted && !name.starts_with('-') && !name.is_empty() && !name.contains(is_unseen))
}

/// Whether a shell takes the text for one word without any quotes.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "._@%+,/:-".contains(c);
    name.chars().all(plain) && name.chars().next().is_some_and(char::is_alphanumeric)
}
