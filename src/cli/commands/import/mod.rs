//! `pintle import axium|purepoint`

mod folder;
mod place;
mod report;
mod source;
mod trial;

use std::path::PathBuf;

use clap::{Subcommand, ValueHint};

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::import::Plan;
use place::{Manner, put};
use report::Report;
use source::Source;

/// Bring over the settings of another tool, and say what could not be carried
///
/// A file that is there already is left alone, unless --force is given; the old one is kept beside it then. The tool's own
/// files are never changed. What is in a format that pintle shares is copied with its comments; what would not work
/// becomes a comment on its own lines.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    tool: Tool,
}

/// The tool.
#[derive(Debug, Subcommand)]
pub enum Tool {
    /// Environments, prefix rules and HUD of Axium [~/.config/axium, or AXIUM_HOME]
    Axium(How),
    /// Templates, agents, swarms, schedules, triggers and settings of PurePoint [~/.pu, and .pu of this project]
    ///
    /// What is the user's own goes to ~/.config/pintle, what is a project's to its .pintle. A project that PurePoint made
    /// and that has no .pintle is used in place: nothing has to be brought over.
    Purepoint(How),
}

/// How it is done.
#[derive(Debug, clap::Args)]
pub struct How {
    /// The folder to read; for PurePoint, a project will do too
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    from: Option<PathBuf>,
    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Replace files that are there already; the old ones are kept as FILE.bak
    #[arg(long)]
    force: bool,
}

/// Brings over what can be.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let (tool, how, sources) = match &args.tool {
        Tool::Axium(how) => ("axium", how, source::axium(context, how.from.as_deref())),
        Tool::Purepoint(how) => ("purepoint", how, source::purepoint(context, how.from.as_deref())?),
    };
    let mut report = Report::new(tool, how.dry_run);
    let mut is_there = false;
    for source in sources {
        if let Some(tree) = folder::read(&source.from)? {
            is_there = true;
            bring(context, &source, (source.plan)(&tree), how, &mut report)?;
        }
    }
    if !is_there {
        anyhow::bail!("there is nothing to bring over: {}", source::missing(context, &args.tool, how.from.as_deref()));
    }
    if context.output.is_json() {
        context.output.json(&report.json())?;
    } else {
        context.output.text(&report.words(context.output.paint()))?;
    }
    Ok(Exit::Done)
}

fn bring(context: &Context, source: &Source, plan: Plan, how: &How, report: &mut Report) -> anyhow::Result<()> {
    let manner = Manner { dry_run: how.dry_run, force: how.force };
    let Some(target) = &source.to else {
        report.in_place(&source.from);
        return Ok(());
    };
    let plan = trial::readable(plan, &context.places, target, manner)?;
    for new in plan.files {
        let path = target.join(&new.path);
        let fate = put(&path, new.text.as_bytes(), new.mode, manner)?;
        report.file(source.from.join(&new.path), path, fate, new.changes);
    }
    report.rest(&source.from, plan.left, plan.notes, &plan.programs);
    Ok(())
}
