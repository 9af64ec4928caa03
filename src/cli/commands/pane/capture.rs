//! `pintle pane capture`

use clap_complete::ArgValueCandidates;

use super::At;
use crate::cli::complete;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::protocol::cmd::reply::Reply;
use crate::protocol::cmd::request::TmuxCapturePane;

/// Print what a pane shows
///
/// Lines are counted backwards from the last one that is not blank: -1 is that one, -10 the tenth from the end.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The pane; the one we are in where absent
    #[arg(add = ArgValueCandidates::new(complete::panes))]
    pane: Option<String>,
    /// The first line to print
    #[arg(long, short, value_name = "LINE", allow_negative_numbers = true)]
    start: Option<i64>,
    /// The last line to print
    #[arg(long, short, value_name = "LINE", allow_negative_numbers = true)]
    end: Option<i64>,
    /// With colours, as escape sequences
    #[arg(long)]
    ansi: bool,
}

/// Prints what a pane shows.
pub(super) fn run(context: &Context, args: &Args, at: &At) -> anyhow::Result<Exit> {
    let (pane, tmux) = at.here(args.pane.as_deref())?;
    let request = TmuxCapturePane { pane, start: args.start, end: args.end, ansi: args.ansi, tmux };
    let (reply, line) = context.client().ask_cmd(request)?;
    match reply {
        Reply::TmuxCapturePane(captured) if !context.output.is_json() => context.output.text(&captured.content)?,
        _ => context.output.line(&line)?,
    }
    Ok(Exit::Done)
}
