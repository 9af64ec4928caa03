//! `pintle worktree prune`

use std::io::{self, IsTerminal, Write};

use super::{delete, survey};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{self, Usage};
use crate::protocol::typed::reply::WorktreeSurvey;
use crate::protocol::typed::request::{DeleteWorktree, SurveyWorktrees};

/// Delete all with which nothing would be lost and in which no agent lives
///
/// That is: their commits are on another branch or a remote, no file is changed or unknown to git, and no agent in them is alive or
/// suspended; and those whose folder somebody has removed. What stays is listed with the reason.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only say what would be deleted, and what stays
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Deletes them.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let project_root = context.project_root()?;
    let asked = SurveyWorktrees { project_root: project_root.clone(), worktree_id: None };
    let answer = client.ask(asked)?;
    if args.dry_run && context.output.is_json() {
        context.output.answer(&answer, |_| String::new())?;
        return Ok(Exit::Done);
    }
    let (going, staying): (Vec<_>, Vec<_>) = answer.surveys.iter().partition(|survey| goes(survey));
    if !context.output.is_json() {
        context.output.text(&preview(&going, &staying))?;
    }
    if args.dry_run || going.is_empty() || !(args.yes || agreed(going.len())?) {
        return Ok(Exit::Done);
    }
    let mut exit = Exit::Done;
    for survey in going {
        let request = DeleteWorktree {
            project_root: project_root.clone(),
            worktree_id: survey.worktree_id.clone(),
            spare_agents: true,
            ..DeleteWorktree::default()
        };
        match client.ask(request) {
            Ok(answer) => {
                context.output.answer(&answer, |answer| delete::words(answer, &survey.worktree_name))?;
                if !answer.errors.is_empty() {
                    exit = Exit::Failed;
                }
            }
            // Somebody has begun to work there meanwhile. The others go all the same.
            Err(error) => exit = failure::report(&error.into(), context.output.is_json(), context.color),
        }
    }
    Ok(exit)
}

fn goes(survey: &WorktreeSurvey) -> bool {
    survey::may_go(survey) && survey.live_agents.is_empty()
}

fn preview(going: &[&WorktreeSurvey], staying: &[&WorktreeSurvey]) -> String {
    let mut said = String::new();
    if !staying.is_empty() {
        said.push_str("These stay:\n");
        staying.iter().for_each(|survey| said.push_str(&survey::described(survey)));
    }
    if going.is_empty() {
        said.push_str("Nothing to delete.\n");
    } else {
        said.push_str("These go:\n");
        going.iter().for_each(|survey| said.push_str(&survey::described(survey)));
    }
    said
}

/// Asks on the terminal. Where there is none, whoever means it says so.
fn agreed(count: usize) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let error = Usage::new("there is no terminal to ask on")
            .with_hint("`--yes` deletes without asking, `--dry-run` only looks");
        return Err(error.into());
    }
    let what = if count == 1 { "this worktree".to_owned() } else { format!("these {count} worktrees") };
    let mut stderr = io::stderr().lock();
    write!(stderr, "delete {what}? [y/N] ")?;
    stderr.flush()?;
    let mut said = String::new();
    io::stdin().read_line(&mut said)?;
    Ok(["y", "yes"].iter().any(|yes| said.trim().eq_ignore_ascii_case(yes)))
}
