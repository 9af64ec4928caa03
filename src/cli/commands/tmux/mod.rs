//! `pintle tmux …`: the HUD in the user's status line, our keys under his prefix, and the way out again.
//!
//! [`quote`], [`seen`], [`place`], [`keys`] and [`plan`] are pure: what tmux said, and what follows from it. [`server`] runs `tmux`.

mod install;
mod key;
mod keys;
mod log;
mod place;
mod plan;
mod quote;
mod seen;
mod server;
mod status;
mod tell;
mod uninstall;
pub mod version;

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use server::Which;

const OPTIONS: &str = "\
Options, to be set in tmux.conf before:
  @pintle_status       right (default), left or off: where the HUD is added
  @pintle_right_key    A    new agent in a pane beside this one
  @pintle_below_key    B    new agent in a pane below this one
  @pintle_next_key     W    next agent that waits for you
  @pintle_palette_key  P    palette
  @pintle_notify_key   N    notifications
  @pintle_notify_time  4000 milliseconds that a notification is shown
  @pintle_bell         off  `on` rings the bell in the pane of an agent
Keys stand behind tmux's prefix; `off` binds none. A key that is bound already
is left alone, unless an option names it.";

/// Put pintle into tmux's status line and keys, or take it out again
///
/// In tmux.conf: `run-shell 'pintle tmux install'`, or with the plugin manager TPM the repository itself. What you have set is kept:
/// status line, hooks and bindings are added to, and `uninstall` puts back what was there, byte for byte.
#[derive(Debug, clap::Args)]
#[command(after_help = OPTIONS)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do with tmux.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add the HUD to the status line and bind the keys; twice is the same as once
    Install(Which),
    /// Take out all that was added, and put back what was there
    Uninstall(Which),
    /// Say what is installed, what was skipped, and why
    Status(Which),
    /// Do what a key does, in a pane; for bindings in tmux
    Key(key::Args),
}

/// Does what the word says.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Install(which) => install::run(context, which),
        Command::Uninstall(which) => uninstall::run(context, which),
        Command::Status(which) => status::run(context, which),
        Command::Key(args) => key::run(context, args),
    }
}
