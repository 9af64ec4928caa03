//! `pintle daemon …`

mod logs;
mod reload;
mod restart;
mod run;
mod start;
mod status;
mod stop;

pub use logs::newest_daemons as newest_log;
pub use run::keeper;

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Start, stop and look after the daemon
///
/// Every other command starts the daemon when it is not there, unless PINTLE_NO_AUTOSTART is set.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do with the daemon.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start it, if it does not run
    Start,
    /// End all agents, and then the daemon
    Stop,
    /// Replace the daemon's process by a new one from the program on disk; agents and attached terminals go on
    Restart,
    /// Say whether it runs; start nothing
    Status,
    /// Run it here, in the foreground, until Ctrl-C
    Run(run::Args),
    /// Print its log
    Logs(logs::Args),
    /// Read configuration and definitions again
    Reload,
}

/// Does what the word says.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Start => start::run(context),
        Command::Stop => stop::run(context),
        Command::Restart => restart::run(context),
        Command::Status => status::run(context),
        Command::Run(args) => run::run(context, args),
        Command::Logs(args) => logs::run(context, args),
        Command::Reload => reload::run(context),
    }
}
