//! `diff`: what has changed in worktrees since they left their bases.

use super::create_worktree::is_active;
use super::place::made_worktree;
use crate::daemon::services::Services;
use crate::project::diff::{self, Counts, DiffError, DiffSpec, Want};
use crate::project::manifest::{Manifest, WorktreeEntry};
use crate::protocol::WireError;
use crate::protocol::limits::DIFF_MAX;
use crate::protocol::typed::reply::{Diff, DiffResult};
use crate::protocol::typed::request;

/// Compares one worktree, or all that are active side by side. One that cannot be compared says why, and the others are.
pub async fn diff(services: &Services, request: request::Diff) -> Result<DiffResult, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let entries = match &request.worktree_id {
        Some(id) => vec![made_worktree(&project.store.read(), id)?.clone()],
        None => active(&project.store.read()),
    };
    let want = if request.stat { Want::Stat } else { Want::Patch };
    let compared = services.comparisons.diffs(entries.iter().map(spec).collect(), want, &services.clock).await?;
    let mut room = DIFF_MAX;
    let diffs = entries.into_iter().zip(compared).map(|(entry, compared)| on_the_wire(entry, compared, &mut room));
    Ok(DiffResult { diffs: diffs.collect() })
}

/// Those that are in use, oldest first.
pub fn active(manifest: &Manifest) -> Vec<WorktreeEntry> {
    manifest.worktrees_in_order().into_iter().filter(|entry| is_active(entry)).cloned().collect()
}

/// What is compared with what.
pub fn spec(entry: &WorktreeEntry) -> DiffSpec {
    DiffSpec { path: entry.path.clone().into(), base: entry.base_branch.clone() }
}

fn on_the_wire(entry: WorktreeEntry, compared: Result<diff::Diff, DiffError>, room: &mut usize) -> Diff {
    let (diff, mut error) = match compared {
        Ok(diff) => (diff, None),
        Err(error) => (diff::Diff::default(), Some(error.to_string())),
    };
    let diff::Diff { text, counts: Counts { files, insertions, deletions }, untracked } = diff;
    let text = if text.len() > *room {
        let mib = text.len().div_ceil(1 << 20);
        error = Some(format!(
            "the diff has {mib} MiB, for which there is no room in one answer; ask with `stat`, or look at it in {}",
            entry.path
        ));
        Vec::new()
    } else {
        *room -= text.len();
        text
    };
    Diff {
        worktree_id: entry.id,
        worktree_name: entry.name,
        branch: entry.branch,
        base_branch: entry.base_branch,
        diff_output: diff::text(text),
        files_changed: files,
        insertions,
        deletions,
        untracked: untracked.iter().map(|path| diff::shown(path)).collect(),
        error,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_diff_without_room_says_so_and_is_counted() {
        let entry = || WorktreeEntry {
            id: "wt-1".to_owned(),
            name: "a".to_owned(),
            path: "/p/a".to_owned(),
            branch: "pintle/a".to_owned(),
            base_branch: None,
            status: "active".to_owned(),
            agents: BTreeMap::new(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            extra: serde_json::Map::new(),
            swarm_run: None,
            made_at: None,
        };
        let counts = Counts { files: 1, insertions: 2, deletions: 3 };
        let compared = |text: &str| Ok(diff::Diff { text: text.into(), counts, untracked: vec![b"\xff".to_vec()] });
        let mut room = 5;
        let first = on_the_wire(entry(), compared("abc"), &mut room);
        assert_eq!((first.diff_output.as_str(), first.error, room), ("abc", None, 2));
        let second = on_the_wire(entry(), compared("abc"), &mut room);
        assert_eq!((second.diff_output.as_str(), second.files_changed, room), ("", 1, 2));
        assert!(second.error.is_some_and(|error| error.contains("no room") && error.contains("/p/a")));
        assert_eq!(on_the_wire(entry(), compared("ab"), &mut room).untracked, [r#""\377""#]);
    }
}
