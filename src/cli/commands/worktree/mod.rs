//! `pintle worktree …`

mod delete;
mod prune;
mod restore;
mod survey;

use clap::Subcommand;
use clap_complete::ArgValueCandidates;

use crate::cli::complete;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::output::one_line;
use crate::cli::style::Paint;
use crate::cli::table::{Column, render};
use crate::client::Client;
use crate::protocol::typed::reply::{CreateWorktreeResult, StatusReport, Worktree};
use crate::protocol::typed::request::{CreateWorktree, Status};

/// Worktrees: checkouts of the repository with a branch of their own, in which agents work side by side
///
/// They lie in `.pintle/worktrees`; the branch of one called `fix-login` is `pintle/fix-login`. One that is merged is used again for a new
/// worktree of that name, one that holds work is left alone. No work is lost: what would be lost is not deleted, or saved first.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do with worktrees.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the project's worktrees
    List,
    /// Make one
    Create {
        /// Its name: lower case, `-` for white space, `_` and `/`; anything else is left out
        name: String,
        /// The branch, tag or commit that it starts from [default: the branch you are on]
        #[arg(long, short, value_name = "BRANCH", add = ArgValueCandidates::new(complete::branches))]
        base: Option<String>,
    },
    Delete(delete::Args),
    Restore(restore::Args),
    Prune(prune::Args),
}

const COLUMNS: [Column; 6] = [
    Column::fixed("ID"),
    Column::yielding("NAME", 13),
    Column::fixed("STATUS"),
    Column::yielding("BRANCH", 14),
    Column::yielding("BASE", 12),
    Column::fixed("AGENTS"),
];

/// Does what `args` say.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    match &args.command {
        Command::List => {
            let report = report(context, &mut client)?;
            context
                .output
                .answer(&report, |report| table(&report.worktrees, context.output.columns(), context.output.paint()))?;
        }
        Command::Create { name, base } => {
            let project_root = context.project_root()?;
            let answer = client.ask(CreateWorktree { project_root, name: name.clone(), base: base.clone() })?;
            context.output.answer(&answer, |answer| told(context, &mut client, answer))?;
        }
        Command::Delete(args) => return delete::run(context, args),
        Command::Restore(args) => return restore::run(context, args),
        Command::Prune(args) => return prune::run(context, args),
    }
    Ok(Exit::Done)
}

/// One that is made. Where it lies is told where that can be asked.
fn told(context: &Context, client: &mut Client, answer: &CreateWorktreeResult) -> String {
    let known = report(context, client).map(|report| report.worktrees).unwrap_or_default();
    let made = known.iter().find(|worktree| worktree.id == answer.worktree_id);
    made.map_or_else(|| answer.worktree_id.clone(), described)
}

fn report(context: &Context, client: &mut Client) -> anyhow::Result<StatusReport> {
    Ok(client.ask(Status { project_root: context.project_root()?, agent_id: None })?)
}

/// What it started from; of a commit what people read of it.
fn base(worktree: &Worktree) -> Option<&str> {
    const READ: usize = 10;
    let base = worktree.base_branch.as_deref()?;
    let is_commit = [40, 64].contains(&base.len()) && base.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some(if is_commit { &base[..READ] } else { base })
}

fn described(worktree: &Worktree) -> String {
    let base = base(worktree).map_or_else(String::new, |base| format!(" from {}", one_line(base)));
    format!(
        "{} is the worktree {} on {}{base}\n  {}",
        worktree.id,
        one_line(&worktree.name),
        one_line(&worktree.branch),
        one_line(&worktree.path)
    )
}

fn table(worktrees: &[Worktree], width: Option<u16>, paint: Paint) -> String {
    if worktrees.is_empty() {
        return "no worktrees; `pintle worktree create NAME` makes one".to_owned();
    }
    let rows: Vec<_> = worktrees
        .iter()
        .map(|worktree| {
            vec![
                worktree.id.as_str().into(),
                one_line(&worktree.name).into(),
                one_line(&worktree.status).into(),
                one_line(&worktree.branch).into(),
                one_line(base(worktree).unwrap_or_default()).into(),
                worktree.agents.len().to_string().into(),
            ]
        })
        .collect();
    render(&COLUMNS, &rows, width, paint)
}
