//! `pintle worktree restore`

use clap_complete::ArgValueCandidates;

use super::told;
use crate::cli::complete;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::output::one_line;
use crate::cli::style::Paint;
use crate::cli::table::{Column, render};
use crate::protocol::typed::reply::SavedWorktreeList;
use crate::protocol::typed::request::{ListSavedWorktrees, RestoreWorktree};

/// Make one again from the work that was saved when it was deleted; without a name, list what is saved
///
/// Its branch, its files and what was staged are as they were; a file without changes is what git checks out. What is saved stays so, under `refs/pintle/saved` in the repository:
/// `git update-ref -d refs/pintle/saved/ID` throws it away.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The id that it had, as listed
    #[arg(add = ArgValueCandidates::new(complete::saved_worktrees))]
    saved: Option<String>,
    /// Another name, where a worktree has that one by now
    #[arg(long, requires = "saved")]
    name: Option<String>,
}

const COLUMNS: [Column; 4] =
    [Column::fixed("SAVED"), Column::yielding("NAME", 13), Column::yielding("BRANCH", 14), Column::fixed("AT")];

/// Restores it, or lists what can be.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let project_root = context.project_root()?;
    match &args.saved {
        None => {
            let answer = client.ask(ListSavedWorktrees { project_root })?;
            let (columns, paint) = (context.output.columns(), context.output.paint());
            context.output.answer(&answer, |answer| table(answer, columns, paint))?;
        }
        Some(saved) => {
            let answer = client.ask(RestoreWorktree { project_root, saved: saved.clone(), name: args.name.clone() })?;
            context.output.answer(&answer, |answer| told(context, &mut client, answer))?;
        }
    }
    Ok(Exit::Done)
}

fn table(list: &SavedWorktreeList, width: Option<u16>, paint: Paint) -> String {
    if list.saved.is_empty() {
        return "nothing is saved; `pintle worktree delete --force` saves what it deletes".to_owned();
    }
    let rows: Vec<_> = list
        .saved
        .iter()
        .map(|saved| {
            vec![
                saved.saved_ref.rsplit('/').next().unwrap_or_default().into(),
                one_line(&saved.worktree_name).into(),
                one_line(&saved.branch).into(),
                saved.saved_at.to_string().into(),
            ]
        })
        .collect();
    render(&COLUMNS, &rows, width, paint)
}
