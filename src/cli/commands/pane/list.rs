//! `pintle pane list`

use super::At;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Usage, warn};
use crate::cli::output::{one_line, visible};
use crate::cli::table::{Cell, Column, render};
use crate::protocol::cmd::reply::{Pane, Reply};
use crate::protocol::cmd::request::ListPanes;

/// List panes with their agents, of the tmux server we are in or of all that are known
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Of all known servers, also when inside one
    #[arg(long)]
    all: bool,
}

const COLUMNS: [Column; 8] = [
    Column::fixed("SERVER"),
    Column::fixed("PANE"),
    Column::fixed("WINDOW"),
    Column::fixed("SIZE"),
    Column::fixed("AGENT"),
    Column::fixed("ENV"),
    Column::yielding("TITLE", 10),
    Column::yielding("FOLDER", 10),
];

/// Lists panes.
pub(super) fn run(context: &Context, args: &Args, at: &At) -> anyhow::Result<Exit> {
    if args.all && at.named.is_some() {
        return Err(Usage::new("--all and --tmux exclude each other").with_hint("leave one of them out").into());
    }
    let tmux = at.server().filter(|_| !args.all);
    let (reply, line) = context.client().ask_cmd(ListPanes { tmux })?;
    let Reply::ListPanes(reply) = reply else { anyhow::bail!("the daemon's answer is not understood") };
    if context.output.is_json() {
        context.output.line(&line)?;
        return Ok(Exit::Done);
    }
    for silent in &reply.silent {
        let silent = visible(silent);
        let message = format!("the tmux server at {silent} does not answer, so its panes are not listed");
        warn(&message, &format!("`tmux -S {silent} list-sessions` shows whether it hangs"), context.color);
    }
    if reply.panes.is_empty() {
        context.output.text("no tmux server is known; start tmux, or call from inside it")?;
        return Ok(Exit::Done);
    }
    // Which server a pane is on is said where its id does not say it.
    let several = reply.panes.iter().any(|pane| pane.tmux != reply.panes[0].tmux);
    let row = |pane: &Pane| {
        let active = if pane.active { "*" } else { "" };
        [
            if several { visible(&pane.tmux) } else { String::new() },
            pane.pane.clone(),
            one_line(&format!("{}:{}{active}", pane.session, pane.window_index)),
            format!("{}x{}", pane.cols, pane.rows),
            pane.agent_id.as_deref().map(one_line).unwrap_or_default(),
            pane.env.as_deref().map(one_line).unwrap_or_default(),
            one_line(&pane.title),
            one_line(&pane.cwd),
        ]
        .map(Cell::from)
        .to_vec()
    };
    let rows: Vec<Vec<Cell>> = reply.panes.iter().map(row).collect();
    context.output.text(&render(&COLUMNS, &rows, context.output.columns(), context.output.paint()))?;
    Ok(Exit::Done)
}
