//! `pintle pane show`, `next` and `restore`

use clap_complete::ArgValueCandidates;

use super::At;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::show::{Place, Side};
use crate::cli::{complete, resolve};
use crate::client::ClientError;
use crate::protocol::cmd::reply::{Reply, RestorePanes};
use crate::protocol::cmd::request;

/// Open a pane that shows an agent
///
/// The agent lives whatever becomes of the pane, and can be shown in any number of them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The agent: id, beginning of an id, or name
    #[arg(add = ArgValueCandidates::new(complete::agents))]
    agent: String,
    /// Where the new pane goes
    #[arg(long, value_enum, default_value = "right")]
    side: Side,
    /// The pane to split; the one we are in where absent
    #[arg(long, short, value_name = "PANE", add = ArgValueCandidates::new(complete::panes))]
    target: Option<String>,
}

/// Shows an agent.
pub(super) fn run(context: &Context, args: &Args, at: &At) -> anyhow::Result<Exit> {
    let (target, tmux) = at.here(args.target.as_deref())?;
    let place = Place::beside(context, args.side, Some(&target)).map_err(ClientError::from)?.on_server(tmux);
    let mut client = context.client();
    let agent = resolve::agent(context, &mut client, &args.agent)?;
    let (reply, line) = client.ask_cmd(place.request(&agent.id))?;
    match reply {
        Reply::TmuxSplitRun(split) if !context.output.is_json() => context.output.text(&split.pane)?,
        _ => context.output.line(&line)?,
    }
    Ok(Exit::Done)
}

/// Go to the next agent that wants an answer, or has nothing to do
///
/// Its pane gets the keys; if no pane shows it, one is opened beside this one.
#[derive(Debug, clap::Args)]
pub struct NextArgs {
    /// The pane to go from; the one we are in where absent. A key of tmux passes #{pane_id}
    #[arg(long, value_name = "PANE")]
    pane: Option<String>,
}

/// Goes to the next agent.
pub(super) fn next(context: &Context, args: &NextArgs, at: &At) -> anyhow::Result<Exit> {
    let (pane, tmux) = at.here(args.pane.as_deref())?;
    let mut client = context.client();
    let request = request::FocusNext { pane: Some(pane.clone()), tmux: tmux.clone() };
    let (reply, line) = client.ask_cmd(request)?;
    let Reply::FocusNext(found) = reply else { anyhow::bail!("the daemon's answer is not understood") };
    if context.output.is_json() {
        context.output.line(&line)?;
    }
    match (&found.focused_agent, &found.pane) {
        (None, _) if !context.output.is_json() => context.output.text("no agent waits for you")?,
        (Some(agent), None) => {
            let place = Place::beside(context, Side::Right, Some(&pane)).map_err(ClientError::from)?;
            place.on_server(tmux).in_folder(found.project_root.clone()).go(&mut client, agent)?;
        }
        _ => {}
    }
    Ok(Exit::Done)
}

/// Open the panes of agents again that were there when tmux ended, arranged as they were
///
/// In the session we are in. Agents that have ended meanwhile leave a shell in their place, or an empty leaf of the grid. What was lost
/// can be restored for 30 days.
///
/// Exits with 0 if something was restored, whatever else is said, or nothing was lost; with 1 if nothing of it could be restored.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// A pane of the session; the one we are in where absent
    #[arg(long, value_name = "PANE")]
    pane: Option<String>,
}

/// Opens panes again.
pub(super) fn restore(context: &Context, args: &RestoreArgs, at: &At) -> anyhow::Result<Exit> {
    let (pane, tmux) = at.here(args.pane.as_deref())?;
    let (reply, line) = context.client().ask_cmd(request::RestorePanes { pane: Some(pane), tmux })?;
    let Reply::RestorePanes(restored) = reply else { anyhow::bail!("the daemon's answer is not understood") };
    let failed = restored.restored.is_empty() && !restored.warnings.is_empty();
    match context.output.is_json() {
        true => context.output.line(&line)?,
        false if failed => anyhow::bail!("nothing could be restored: {}", restored.warnings.join("; ")),
        false => context.output.text(&words(&restored))?,
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

fn words(restored: &RestorePanes) -> String {
    let windows = restored.restored.iter().map(|window| {
        let name = crate::cli::output::one_line(&window.name);
        format!("{} {name}: {}\n", window.window, window.agents.join(", "))
    });
    let warnings = restored.warnings.iter().map(|warning| format!("{warning}\n"));
    let said: String = windows.chain(warnings).collect();
    if said.is_empty() { "nothing to restore: no panes of agents were lost here".to_owned() } else { said }
}
