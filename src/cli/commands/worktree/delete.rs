//! `pintle worktree delete`

use clap_complete::ArgValueCandidates;

use super::survey;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::output::one_line;
use crate::cli::{complete, resolve};
use crate::protocol::typed::reply::DeleteWorktreeResult;
use crate::protocol::typed::request::{DeleteWorktree, SurveyWorktrees};

/// Delete one: its folder, its branch, its agents
///
/// Refused, with a list, where that would lose work: files that are changed or that git does not know, commits that no other branch, tag or
/// remote has. Files that git ignores do not count, nor do commits that only a reflog knows. The branch is deleted only if all of it is somewhere else.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The worktree: its id, the beginning of one, or its name
    #[arg(add = ArgValueCandidates::new(complete::worktrees))]
    worktree: String,
    /// Also where work would be lost: it is saved first, for `pintle worktree restore`
    #[arg(long, short)]
    force: bool,
    /// Delete its branch on the remote too, if that is where it was seen last
    #[arg(long)]
    remote: bool,
    /// Only say what would be lost
    #[arg(long, short = 'n', conflicts_with_all = ["force", "remote"])]
    dry_run: bool,
}

/// Deletes it. Exit code 1: not all of it is gone, or with `--dry-run`: something would be lost.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let project_root = context.project_root()?;
    let found = resolve::worktree(context, &mut client, &args.worktree)?;
    let (worktree_id, name) = (found.id, found.name);
    if args.dry_run {
        let answer = client.ask(SurveyWorktrees { project_root, worktree_id: Some(worktree_id) })?;
        context.output.answer(&answer, |answer| answer.surveys.iter().map(survey::described).collect())?;
        let may_go = answer.surveys.iter().all(survey::may_go);
        return Ok(if may_go { Exit::Done } else { Exit::Failed });
    }
    let (force, delete_remote) = (args.force, args.remote);
    let request = DeleteWorktree { project_root, worktree_id, force, delete_remote, spare_agents: false };
    let answer = client.ask(request)?;
    context.output.answer(&answer, |answer| words(answer, &name))?;
    Ok(if answer.errors.is_empty() { Exit::Done } else { Exit::Failed })
}

/// What became of it, a line each.
pub fn words(answer: &DeleteWorktreeResult, name: &str) -> String {
    let mut parts = Vec::new();
    if answer.directory_removed {
        parts.push("its folder is gone".to_owned());
    }
    if answer.branch_deleted {
        parts.push("its branch too".to_owned());
    }
    if answer.remote_deleted {
        parts.push("on the remote too".to_owned());
    }
    match answer.killed_agents.len() {
        0 => {}
        1 => parts.push("its agent too".to_owned()),
        several => parts.push(format!("its {several} agents too")),
    }
    let what = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    let word = if answer.directory_removed { "deleted" } else { "not deleted" };
    let mut said = format!("{} ({}) {word}{what}\n", one_line(name), answer.worktree_id);
    if let Some(saved) = &answer.saved_ref {
        let id = saved.rsplit('/').next().unwrap_or(saved);
        said.push_str(&format!("its work is saved: `pintle worktree restore {id}` brings it back\n"));
    }
    answer.errors.iter().for_each(|error| said.push_str(&format!("{}\n", one_line(error))));
    said
}
