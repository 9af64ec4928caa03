//! `pintle pane split` and `pintle pane send`

use clap_complete::ArgValueCandidates;

use super::At;
use crate::cli::complete;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::show::Side;
use crate::protocol::cmd::reply::Reply;
use crate::protocol::cmd::request::{Command, Keys, Size, TmuxSendKeys, TmuxSplitRun};

/// Open a pane beside or below one, running a command
#[derive(Debug, clap::Args)]
pub struct SplitArgs {
    /// Where the new pane goes
    #[arg(value_enum)]
    side: Side,
    /// The pane to split; the one we are in where absent
    #[arg(long, short, value_name = "PANE", add = ArgValueCandidates::new(complete::panes))]
    target: Option<String>,
    /// How much it gets: cells, or per cent with %
    #[arg(long, value_name = "SIZE")]
    size: Option<String>,
    /// The folder to run it in
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    cwd: Option<String>,
    /// Set a variable of the command
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
    vars: Vec<(String, String)>,
    /// The command, word for word; a shell where there is none
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let named = text.split_once('=').filter(|(name, _)| !name.is_empty());
    named.map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or_else(|| "it takes NAME=VALUE".to_owned())
}

/// Opens a pane and prints its id.
pub(super) fn split(context: &Context, args: &SplitArgs, at: &At) -> anyhow::Result<Exit> {
    let (target, tmux) = at.here(args.target.as_deref())?;
    let cwd = args.cwd.as_ref().map(std::path::absolute).transpose()?;
    let request = TmuxSplitRun {
        command: Command::Argv(args.command.clone()),
        split: args.side.into(),
        target: Some(target),
        pane: None,
        tmux,
        cwd: cwd.map(|cwd| cwd.to_string_lossy().into_owned()),
        env: None,
        vars: args.vars.iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect(),
        size: args.size.clone().map(Size::Text),
        focus: false,
    };
    let (reply, line) = context.client().ask_cmd(request)?;
    match reply {
        Reply::TmuxSplitRun(split) if !context.output.is_json() => context.output.text(&split.pane)?,
        _ => context.output.line(&line)?,
    }
    Ok(Exit::Done)
}

/// Type text into a pane, or press keys
///
/// Text is typed as it is; a line break in it is Enter. With --keys each word is a key by tmux's name: Enter, C-c, F5.
#[derive(Debug, clap::Args)]
pub struct SendArgs {
    /// The pane
    #[arg(add = ArgValueCandidates::new(complete::panes))]
    pane: String,
    /// What to type, words joined by blanks
    #[arg(required = true, value_name = "TEXT")]
    text: Vec<String>,
    /// The words are names of keys
    #[arg(long, short)]
    keys: bool,
    /// Press Enter behind the text
    #[arg(long, short, conflicts_with = "keys")]
    enter: bool,
}

/// Types into a pane.
pub(super) fn send(context: &Context, args: &SendArgs, at: &At) -> anyhow::Result<Exit> {
    let keys = match args.keys {
        true => Keys::Names(args.text.clone()),
        false => Keys::Text(args.text.join(" ") + if args.enter { "\n" } else { "" }),
    };
    let (_, line) = context.client().ask_cmd(TmuxSendKeys { pane: args.pane.clone(), keys, tmux: at.server() })?;
    if context.output.is_json() {
        context.output.line(&line)?;
    }
    Ok(Exit::Done)
}
