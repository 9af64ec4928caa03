//! `pintle daemon run`, and the keeper as a client starts it.

use crate::base::clock::Clock;
use crate::base::paths::Places;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::keeper::run::{Options, Outcome, run as keep};

/// How to run in the foreground.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// End when the process that started it ends: for a program that brings its own daemon
    #[arg(long)]
    managed: bool,
}

/// Runs the keeper here, until it is stopped.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    context.refuse_json("daemon run", "`pintle health --json` asks a daemon that runs")?;
    let options = Options { places: context.places.clone(), detached: false, managed: args.managed };
    match keep(&options, &context.clock)? {
        Outcome::Stopped => {}
        Outcome::AlreadyRunning(busy) => context.output.text(&format!("the daemon runs already: {busy}"))?,
    }
    Ok(Exit::Done)
}

/// Runs the keeper apart from whoever started it, and returns the exit code. What it says before it has opened its own
/// log goes to standard error, which the client that starts it has pointed at that log.
pub fn keeper() -> i32 {
    let kept = Places::from_env().map_err(anyhow::Error::from).and_then(|places| {
        let options = Options { places, detached: true, managed: false };
        keep(&options, &Clock::System).map_err(anyhow::Error::from)
    });
    match kept {
        Ok(Outcome::Stopped) => Exit::Done.code(),
        // The loser of a race between two clients: the winner's keeper is the one to use. Or that one's socket is gone, and about to be
        // made anew: if that never comes, this is the last line of the log, which the client shows.
        Ok(Outcome::AlreadyRunning(busy)) => {
            let pid = busy.holder.as_ref().map(|holder| holder.process.pid);
            let end = pid.map(|pid| format!("; if nothing answers there, `kill {pid}` ends it and its agents"));
            eprintln!("pintle: {busy}{}", end.unwrap_or_default());
            Exit::Done.code()
        }
        Err(error) => {
            eprintln!("pintle: {error:#}");
            Exit::Failed.code()
        }
    }
}
