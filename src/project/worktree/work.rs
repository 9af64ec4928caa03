//! Whether worktrees can be made here, and under which names.

use std::path::Path;

use super::WorktreeError;
use super::branch::base;
use super::git::{GitError, git};

/// Says why no worktree can be made in this folder, if that is so.
pub async fn check(root: &Path) -> Result<(), WorktreeError> {
    base(root, None).await.map(drop)
}

/// Names of worktrees whose branch, which begins with `prefix`, holds work that HEAD does not have: a new worktree cannot have them.
pub async fn names_in_use(root: &Path, prefix: &str) -> Result<Vec<String>, GitError> {
    let words = ["for-each-ref", "--format=%(refname:lstrip=2)", "--no-merged=HEAD", "refs/heads/"];
    let listed = git(root, &words).await?;
    Ok(listed.lines().filter_map(|branch| branch.strip_prefix(prefix)).map(str::to_owned).collect())
}
