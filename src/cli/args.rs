//! The command line as a whole. What a command takes stands in its own file.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueHint};

use super::commands::definition::{agent, schedule, swarm, template, trigger};
use super::commands::{
    attach, call, capture, completions, config, daemon, diff, doctor, env, explain, grid, health, hud, import, init,
    kill, logs, notify, palette, pane, pulse, rename, report, resume, run, send, shell, spawn, status, suspend, tmux,
    wait, worktree,
};
use super::context::Context;
use super::exit::{Exit, MANUAL};
use super::style::Choice;

/// Agents in real terminals that outlive panes, ssh and the daemon itself
///
/// AGENT is everywhere an agent's id, a beginning of the id that fits one agent only, or its name.
/// The daemon is started by the first command that needs it.
#[derive(Debug, Parser)]
#[command(name = "pintle", version, arg_required_else_help = true, after_long_help = MANUAL)]
#[command(after_help = "See `pintle --help` for exit codes and what --json prints.")]
pub struct Cli {
    /// What all commands understand.
    #[command(flatten)]
    pub globals: Globals,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What all commands understand.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// Print what the daemon answers, one JSON object a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Talk to the daemon at this socket
    #[arg(long, global = true, value_name = "PATH", env = "PINTLE_SOCKET", value_hint = ValueHint::FilePath)]
    pub socket: Option<PathBuf>,
    /// The project's folder [default: the nearest folder above with .pintle or .pu, else the git repository, else here]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub project: Option<PathBuf>,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    #[arg(help = "Colours: auto (on a terminal, not under NO_COLOR), always or never")]
    pub color: Choice,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    Init(init::Args),
    Spawn(spawn::Args),
    Status(status::Args),
    Attach(attach::Args),
    Palette(palette::Args),
    Logs(logs::Args),
    Send(send::Args),
    Capture(capture::Args),
    Wait(wait::Args),
    Kill(kill::Args),
    Suspend(suspend::Args),
    Resume(resume::Args),
    Rename(rename::Args),
    Explain(explain::Args),
    Worktree(worktree::Args),
    Diff(diff::Args),
    Pulse(pulse::Args),
    Template(template::Args),
    #[command(visible_alias = "agent-def")]
    Agent(agent::Args),
    Swarm(swarm::Args),
    Schedule(schedule::Args),
    Trigger(trigger::Args),
    Report(report::Args),
    Pane(pane::Args),
    Grid(grid::Args),
    Hud(hud::Args),
    Env(env::Args),
    Run(run::Args),
    Why(run::WhyArgs),
    Config(config::Args),
    Shell(shell::Args),
    Notify(notify::Args),
    Health(health::Args),
    Doctor(doctor::Args),
    Call(call::Args),
    Tmux(tmux::Args),
    Daemon(daemon::Args),
    Import(import::Args),
    Completions(completions::Args),
}

impl Command {
    /// Does it.
    pub fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::Init(args) => init::run(context, args),
            Self::Spawn(args) => spawn::run(context, args),
            Self::Status(args) => status::run(context, args),
            Self::Attach(args) => attach::run(context, args),
            Self::Palette(args) => palette::run(context, args),
            Self::Logs(args) => logs::run(context, args),
            Self::Send(args) => send::run(context, args),
            Self::Capture(args) => capture::run(context, args),
            Self::Wait(args) => wait::run(context, args),
            Self::Kill(args) => kill::run(context, args),
            Self::Suspend(args) => suspend::run(context, args),
            Self::Resume(args) => resume::run(context, args),
            Self::Rename(args) => rename::run(context, args),
            Self::Worktree(args) => worktree::run(context, args),
            Self::Diff(args) => diff::run(context, args),
            Self::Pulse(args) => pulse::run(context, args),
            Self::Template(args) => template::run(context, args),
            Self::Agent(args) => agent::run(context, args),
            Self::Swarm(args) => swarm::run(context, args),
            Self::Schedule(args) => schedule::run(context, args),
            Self::Trigger(args) => trigger::run(context, args),
            Self::Explain(args) => explain::run(context, args),
            Self::Report(args) => report::run(context, args),
            Self::Pane(args) => pane::run(context, args),
            Self::Grid(args) => grid::run(context, args),
            Self::Hud(args) => hud::run(context, args),
            Self::Env(args) => env::run(context, args),
            Self::Run(args) => run::run(context, args),
            Self::Why(args) => run::why(context, args),
            Self::Config(args) => config::run(context, args),
            Self::Shell(args) => shell::run(context, args),
            Self::Notify(args) => notify::run(context, args),
            Self::Health(args) => health::run(context, args),
            Self::Doctor(args) => doctor::run(context, args),
            Self::Call(args) => call::run(context, args),
            Self::Tmux(args) => tmux::run(context, args),
            Self::Daemon(args) => daemon::run(context, args),
            Self::Import(args) => import::run(context, args),
            Self::Completions(args) => completions::run(context, args),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_argument_says_what_it_is() {
        fn check(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            assert!(command.get_about().is_some(), "{path} says nothing of itself");
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{path}: {} says nothing of itself", argument.get_id());
            }
            command.get_subcommands().for_each(|inner| check(inner, &path));
        }
        check(&Cli::command(), "");
    }

    /// What clap does not wrap for us, and would wrap badly.
    #[test]
    fn what_is_laid_out_by_hand_fits_eighty_columns() {
        fn check(command: &clap::Command) {
            let written = [command.get_after_help(), command.get_after_long_help()];
            for line in written
                .into_iter()
                .flatten()
                .flat_map(|text| text.to_string().lines().map(str::to_owned).collect::<Vec<_>>())
            {
                assert!(line.chars().count() <= 80, "{}: {line}", command.get_name());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
