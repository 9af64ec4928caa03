//! Whether anything is left over of the project's worktrees.

use super::verdict::Verdict;
use crate::cli::output::one_line;
use crate::client::{Client, ClientError};
use crate::protocol::Code;
use crate::protocol::typed::request::CheckWorktrees;

/// Most that are named.
const NAMED: usize = 3;

/// Asks the daemon, which knows which there should be. Nothing where this folder is no project, which is said elsewhere.
pub fn all(client: &mut Client, project_root: String) -> Vec<Verdict> {
    let check = match client.ask(CheckWorktrees { project_root }) {
        Ok(check) => check,
        Err(ClientError::Refused(refused)) if refused.code == Code::NotInitialized => return Vec::new(),
        Err(error) => return vec![Verdict::fail("worktrees", error.to_string(), "`pintle daemon logs` may say more")],
    };
    let mut verdicts = Vec::new();
    let mut warn = |list: &[String], what: &str, advice: &str| {
        if !list.is_empty() {
            let names: Vec<String> = list.iter().take(NAMED).map(|name| one_line(name)).collect();
            let rest = if list.len() > NAMED { ", …" } else { "" };
            verdicts.push(Verdict::warn("worktrees", format!("{what}: {}{rest}", names.join(", ")), advice));
        }
    };
    warn(&check.gone, "their folders are gone", "`pintle worktree prune` takes them out of the list");
    warn(
        &check.unfinished,
        "being made or deleted, or could not be removed",
        "where nobody is at it, `pintle worktree delete ID` says what is in its way",
    );
    warn(
        &check.orphans,
        "folders that no worktree has",
        "look what is in them; then remove them, and `git worktree prune`",
    );
    if verdicts.is_empty() {
        let seen = match check.count {
            0 => "none, and nothing left over".to_owned(),
            1 => "1, and nothing left over".to_owned(),
            several => format!("{several}, and nothing left over"),
        };
        verdicts.push(Verdict::ok("worktrees", seen));
    }
    verdicts
}
