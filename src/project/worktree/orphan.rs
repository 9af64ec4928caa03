//! What is left of worktrees that nobody knows: after a crash nothing should be, and whoever doubts it can look.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::git::{GitError, list};

/// Folders below `folder`, where a project's worktrees are, that are none of the `known`: lying there, or in git's own list.
pub async fn orphans(root: &Path, folder: &Path, known: &BTreeSet<PathBuf>) -> Result<Vec<PathBuf>, GitError> {
    let lying = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: BTreeSet<PathBuf> = lying.collect();
    // A line break in a path is the only thing that an older git cannot say here, and our own paths have none.
    let said = list(root, &["worktree", "list", "--porcelain"]).await?;
    let lines = said.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"worktree "));
    let listed = lines.map(|path| PathBuf::from(std::ffi::OsStr::from_bytes(path)));
    found.extend(listed.filter(|path| path.parent() == Some(folder)));
    Ok(found.difference(known).cloned().collect())
}
