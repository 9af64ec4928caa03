//! `pintle doctor`

mod checks;
mod chosen;
mod shell;
mod verdict;
mod worktrees;

use serde_json::json;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use verdict::{Verdict, Worth};

/// Look for what is wrong, and say what to do about it
///
/// Looks at folders and their modes, the daemon, its log, tmux, git, this terminal and the configuration, and tries whether commands
/// meet their rules: in a new shell of yours, in scripts, at a Tab. Starts nothing that stays and changes nothing, unless asked to. Ends with 1 when something has to be done.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Start the daemon first
    #[arg(long)]
    start: bool,
}

/// Looks at everything.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut failed = false;
    // Each is said as soon as it is known: the one that hangs is the one to know about.
    checks::all(context, args.start, &mut |verdict: Verdict| {
        failed |= verdict.worth == Worth::Fail;
        if context.output.is_json() {
            let Verdict { worth, what, seen, advice } = verdict;
            return context
                .output
                .json(&json!({"check": what, "result": worth.word(), "seen": seen, "advice": advice}));
        }
        context.output.text(&verdict.words(context.output.paint()))
    })?;
    Ok(if failed { Exit::Failed } else { Exit::Done })
}
