//! The command line: words in, words out.
//!
//! One file a command in [`commands`], each with its arguments, whose doc comments are the manual, and the function that
//! does it. What they share: [`context`] (where things are), [`output`] (how things are shown), [`resolve`] (which
//! agent is meant), [`exit`] (how it ends). Nothing in here knows how the daemon does its work, and nothing in here
//! ends the process: `main.rs` does, when everything is put back in order.

mod agents;
mod args;
mod attach;
mod commands;
mod complete;
mod context;
mod exit;
mod failure;
pub mod hot;
mod import;
mod keyboard;
mod keys;
mod output;
mod pager;
mod palette;
mod plain;
mod project;
mod resolve;
pub mod run;
pub mod shell;
mod show;
mod signals;
mod style;
mod table;
mod wrap;

pub use commands::daemon::keeper;

use std::ffi::OsString;

use clap::{CommandFactory, Parser};
use clap_complete::CompleteEnv;
use clap_complete::env::{Bash, Fish, Shells, Zsh};

use args::Cli;
use context::Context;
use exit::Exit;

/// Set by the shell's completion script: what is on the command line is to be completed, not done.
const COMPLETE: &str = "PINTLE_COMPLETE";

/// Runs the command line and returns the process's exit code.
pub fn main() -> i32 {
    if std::env::var_os(COMPLETE).is_some() {
        return complete();
    }
    command_line(std::env::args_os()).code()
}

fn command_line(args: impl Iterator<Item = OsString>) -> Exit {
    let args: Vec<OsString> = args.collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        // What was not understood as a whole may say all the same how it wants to be answered.
        Err(said) => {
            return failure::clap(&said, args.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--json"));
        }
    };
    let context = match Context::new(&cli.globals) {
        Ok(context) => context,
        Err(error) => return failure::report(&error, cli.globals.json, cli.globals.color),
    };
    match cli.command.run(&context) {
        Ok(exit) => exit,
        Err(error) => failure::report(&error, cli.globals.json, cli.globals.color),
    }
}

fn complete() -> i32 {
    let shells = Shells(&[&Bash, &Zsh, &Fish]);
    let completer = CompleteEnv::with_factory(Cli::command).var(COMPLETE).shells(shells);
    let completed = completer.try_complete(complete::arguments(), None);
    match completed {
        Ok(_) => Exit::Done.code(),
        Err(said) => failure::clap(&said, false).code(),
    }
}
