//! Whether worktrees can be made here, and under which names.

use std::path::Path;

use super::WorktreeError;
use super::branch::base;
use super::git::{GitError, git};

/// Says why no worktree can be made in this folder, if that is so.
pub async fn check(root: &Path) -> Result<(), WorktreeError> {
    base(root, None).await.map(drop)
}

/// Names of worktrees whose branch, which begins with `prefix`, holds work that HEAD does not have, or is checked out somewhere: a new worktree
/// cannot have them.
pub async fn names_in_use(root: &Path, prefix: &str) -> Result<Vec<String>, GitError> {
    const UNMERGED: [&str; 3] = ["for-each-ref", "--format=%(refname:lstrip=2)", "--no-merged=HEAD"];
    const CHECKED_OUT: [&str; 2] = ["for-each-ref", "--format=%(if)%(worktreepath)%(then)%(refname:lstrip=2)%(end)"];
    let mut listed = git(root, &[&UNMERGED[..], &["refs/heads/"]].concat()).await?;
    listed.push('\n');
    listed.push_str(&git(root, &[&CHECKED_OUT[..], &["refs/heads/"]].concat()).await?);
    Ok(listed.lines().filter_map(|branch| branch.strip_prefix(prefix)).map(str::to_owned).collect())
}
