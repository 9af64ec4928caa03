//! `pintle config …`

pub mod check;
pub mod edit;
mod path;
mod project_env;
mod schema;
mod show;

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::daemon::check::Which;

pub use project_env::{project_file, project_folder, set_project_env};

/// The files you write: check, show and edit them
///
/// They are envs.yaml, prefixes.yaml, hud.yaml and config.yaml in pintle's config folder, and a project's own config.yaml. A change
/// counts a moment after it is saved. A file that is broken leaves in force what it said before.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do with the files.
#[derive(Debug, Subcommand)]
pub enum Command {
    Check(check::Args),
    Show(show::Args),
    Path(path::Args),
    Edit(edit::Args),
    Schema(schema::Args),
}

/// Does what the word says.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Check(args) => check::run(context, args),
        Command::Show(args) => show::run(context, args),
        Command::Path(args) => path::run(context, args),
        Command::Edit(args) => edit::run(context, args),
        Command::Schema(args) => schema::run(context, args),
    }
}

/// A file that people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// Environments
    Envs,
    /// Rules for commands
    Prefixes,
    /// How the line for status bars looks
    Hud,
    /// Kinds of agents and defaults
    Config,
    /// The same for the project we are in
    Project,
}

impl Name {
    /// Where it is, or would be.
    fn path(self, context: &Context) -> anyhow::Result<PathBuf> {
        Ok(match self {
            Self::Project => project_file(&context.project_root()?),
            other => other.which().path(&context.places),
        })
    }

    /// What it is. A project's is of the same kind as the user's own.
    fn which(self) -> Which {
        match self {
            Self::Envs => Which::Envs,
            Self::Prefixes => Which::Prefixes,
            Self::Hud => Which::Hud,
            Self::Config | Self::Project => Which::Config,
        }
    }

    /// Its word on the command line.
    fn as_str(self) -> &'static str {
        if self == Self::Project { "project" } else { self.which().as_str() }
    }
}

/// How to open the file that is meant: for whoever says that something in it is wrong.
pub fn how_to_edit(context: &Context, file: &Path) -> String {
    let named = Name::value_variants().iter().find(|name| name.path(context).is_ok_and(|path| path == file));
    match named {
        Some(name) => format!("correct it, for instance with `pintle config edit {}`", name.as_str()),
        None => "correct the file that is named".to_owned(),
    }
}
