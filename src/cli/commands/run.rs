//! `pintle run` and `pintle why`, as far as [`crate::cli::run`] leaves them to us: their manual, and `--json` in front.

use std::ffi::OsString;

use clap_complete::ArgValueCandidates;

use crate::cli::complete;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::run::{Wish, carry_out};

/// Run a command in the environment that holds here, with its prefix rules, past its guard
///
/// The process becomes the command: its pid, terminal, signals and exit code are the command's own. 125: what it would become is not
/// known; 126 and 127: it cannot be run, is not found, as a shell has it; 77: its guard did not let it run. Without a daemon the same
/// is worked out from the files.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// In this environment, whatever holds here
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(complete::environments))]
    env: Option<String>,
    /// Say what would run and why; run nothing
    #[arg(long)]
    explain: bool,
    /// The command and its arguments
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true)]
    argv: Vec<OsString>,
}

/// Runs it.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let wish =
        Wish { env: args.env.clone(), explain: args.explain, json: context.output.is_json(), argv: args.argv.clone() };
    Ok(Exit::Code(carry_out(&wish)))
}

/// Say what a command would become here and why: environment, rules, variables, guard; runs nothing
#[derive(Debug, clap::Args)]
pub struct WhyArgs {
    /// In this environment, whatever holds here
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(complete::environments))]
    env: Option<String>,
    /// The command and its arguments
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true)]
    argv: Vec<OsString>,
}

/// Says it.
pub fn why(context: &Context, args: &WhyArgs) -> anyhow::Result<Exit> {
    let wish = Wish { env: args.env.clone(), explain: true, json: context.output.is_json(), argv: args.argv.clone() };
    Ok(Exit::Code(carry_out(&wish)))
}
