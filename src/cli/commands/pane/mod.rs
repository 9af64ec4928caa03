//! `pintle pane …`

mod act;
mod capture;
mod list;
mod show;

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::show::Pane;
use crate::client::ClientError;
use crate::protocol::WireError;

/// tmux panes: list, split, type into, look at, show agents in
///
/// PANE is tmux's id of a pane, %3. It is looked up on the tmux server we are in; elsewhere on the one known server that has such
/// a pane.
#[derive(Debug, clap::Args)]
pub struct Args {
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
    match &args.command {
        Command::List(args) => list::run(context, args),
        Command::Split(args) => act::split(context, args),
        Command::Send(args) => act::send(context, args),
        Command::Capture(args) => capture::run(context, args),
        Command::Show(args) => show::run(context, args),
        Command::Next(args) => show::next(context, args),
        Command::Restore(args) => show::restore(context, args),
    }
}

/// The socket of the server we are in, if we are in one.
fn server() -> Option<String> {
    crate::cli::show::server()
}

/// The pane that was named, or the one we are in, with the socket of its server.
pub fn here(named: Option<&str>) -> Result<(String, Option<String>), ClientError> {
    match (named, crate::cli::show::pane()) {
        (Some(pane), _) => Ok((pane.to_owned(), server())),
        (None, Ok(Pane { id, server })) => Ok((id, Some(server))),
        (None, Err(_)) => {
            let error = WireError::parse("this is no pane of tmux, so it is not known which one is meant");
            Err(error.with_hint("name one, as `pintle pane list` shows them").into())
        }
    }
}
