//! `pintle shell …`

mod init;
mod status;

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Hooks for bash, zsh and fish: the environment of the pane at every prompt, and the commands with rules
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do with the hooks.
#[derive(Debug, Subcommand)]
pub enum Command {
    Init(init::Args),
    Status(status::Args),
}

/// Does what the word says.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Init(args) => init::run(context, args),
        Command::Status(args) => status::run(context, args),
    }
}
