//! `pintle pane …`

mod act;
mod capture;
mod list;
mod show;

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::show::Pane;
use crate::client::ClientError;
use crate::protocol::WireError;

/// tmux panes: list, split, type into, look at, show agents in
///
/// PANE is tmux's id of a pane, %3. It is looked up on the tmux server that --tmux names, else on the one we are in; outside of tmux on
/// the one known server that has such a pane.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tmux server that listens at this socket [default: the one we are in]
    #[arg(long, global = true, value_name = "SOCKET", value_hint = clap::ValueHint::FilePath)]
    tmux: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

/// What to do with panes.
#[derive(Debug, Subcommand)]
pub enum Command {
    List(list::Args),
    Split(act::SplitArgs),
    Send(act::SendArgs),
    Capture(capture::Args),
    Show(show::Args),
    Next(show::NextArgs),
    Restore(show::RestoreArgs),
}

/// Does what the word says.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let at = At::named(args.tmux.as_ref())?;
    match &args.command {
        Command::List(args) => list::run(context, args, &at),
        Command::Split(args) => act::split(context, args, &at),
        Command::Send(args) => act::send(context, args, &at),
        Command::Capture(args) => capture::run(context, args, &at),
        Command::Show(args) => show::run(context, args, &at),
        Command::Next(args) => show::next(context, args, &at),
        Command::Restore(args) => show::restore(context, args, &at),
    }
}

/// The tmux server that is meant: the one at a socket that was named, else the one we are in.
#[derive(Debug, Default)]
struct At {
    named: Option<String>,
}

impl At {
    fn named(socket: Option<&PathBuf>) -> anyhow::Result<Self> {
        let absolute = socket.map(std::path::absolute).transpose().context("--tmux")?;
        let utf8 = |path: PathBuf| path.into_os_string().into_string();
        let named = absolute.map(utf8).transpose();
        Ok(Self { named: named.map_err(|path| anyhow!("--tmux {}: it must be valid UTF-8", path.display()))? })
    }

    /// Its socket; `None` where nobody has said which, and every known one may be meant.
    fn server(&self) -> Option<String> {
        self.named.clone().or_else(crate::cli::show::server)
    }

    /// The pane that was named, or the one we are in, with the socket of its server. On another server we are in none.
    fn here(&self, named: Option<&str>) -> Result<(String, Option<String>), ClientError> {
        if let Some(pane) = named {
            return Ok((pane.to_owned(), self.server()));
        }
        let ours = crate::cli::show::pane();
        match ours.ok().filter(|pane| self.named.as_ref().is_none_or(|named| named == pane.socket())) {
            Some(Pane { id, server }) => Ok((id, Some(server))),
            None => {
                let which = if self.named.is_some() {
                    "this is no pane of that tmux server"
                } else {
                    "this is no pane of tmux"
                };
                let error = WireError::parse(format!("{which}, so it is not known which one is meant"));
                Err(error.with_hint("name one, as `pintle pane list` shows them").into())
            }
        }
    }
}

/// The pane that was named, or the one we are in, with the socket of the server we are in.
pub fn here(named: Option<&str>) -> Result<(String, Option<String>), ClientError> {
    At::default().here(named)
}
