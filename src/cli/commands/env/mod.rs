//! `pintle env …`

mod guard;
mod list;
mod set;

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Environments: which one holds where, and the guards of those that matter
///
/// An environment is named in envs.yaml. Which one holds for a command is decided in this order: --env of the command or the
/// agent's own, the pane's, its window's, its session's, the project's `env:`, the global one.
#[derive(Debug, clap::Args)]
#[command(after_help = "See `pintle run` and `pintle why` for what commands make of it.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do with environments.
#[derive(Debug, Subcommand)]
pub enum Command {
    Set(set::Args),
    Get(set::GetArgs),
    Clear(set::ClearArgs),
    List(list::Args),
    Show(list::ShowArgs),
    Explain(list::ExplainArgs),
    Arm(guard::ArmArgs),
    Disarm(guard::DisarmArgs),
    Log(guard::LogArgs),
}

/// Does what the word says.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Set(args) => set::set(context, args),
        Command::Get(args) => set::get(context, args),
        Command::Clear(args) => set::clear(context, args),
        Command::List(args) => list::list(context, args),
        Command::Show(args) => list::show(context, args),
        Command::Explain(args) => list::explain(context, args),
        Command::Arm(args) => guard::arm(context, args),
        Command::Disarm(args) => guard::disarm(context, args),
        Command::Log(args) => guard::log(context, args),
    }
}
