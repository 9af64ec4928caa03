//! Whether there is work in a worktree, or on a branch that nobody has checked out.

use std::ffi::OsStr;
use std::path::Path;

use super::branch::base;
use super::git::{GitError, git};
use super::{BRANCH_PREFIX, WorktreeError};

/// What would be missed if the worktree were gone: files that are not committed, or commits that are on no other branch. `None`: nothing.
pub async fn work_in(root: &Path, path: &Path, branch: &str) -> Result<Option<String>, GitError> {
    let changed = git(path, &["status", "--porcelain"]).await?.lines().count();
    if changed > 0 {
        return Ok(Some(format!("{changed} changed or new files that are not committed")));
    }
    let exclude = format!("--exclude={branch}");
    let tip = format!("refs/heads/{branch}");
    let words = ["rev-list", "--count", &tip, "--not", &exclude, "--branches", "--tags", "--remotes"];
    let commits = git(root, &words).await?;
    Ok(Some(format!("{commits} commits that are on no other branch")).filter(|_| commits != "0"))
}

/// Says why no worktree can be made in this folder, if that is so.
pub async fn check(root: &Path) -> Result<(), WorktreeError> {
    base(root, None).await.map(drop)
}

/// Removes a worktree in which there is nothing that is not committed; git refuses any other. Its branch stays.
pub async fn remove_unused(root: &Path, path: &Path) -> Result<(), GitError> {
    let words = [OsStr::new("worktree"), OsStr::new("remove"), OsStr::new("--"), path.as_os_str()];
    git(root, &words).await.map(drop)
}

/// Names of worktrees whose branch holds work that HEAD does not have: a new worktree cannot have them.
pub async fn names_in_use(root: &Path) -> Result<Vec<String>, GitError> {
    let pattern = format!("refs/heads/{BRANCH_PREFIX}");
    let listed =
        git(root, &["for-each-ref", "--format=%(refname:short)", "--no-merged=HEAD", pattern.as_str()]).await?;
    Ok(listed.lines().filter_map(|branch| branch.strip_prefix(BRANCH_PREFIX)).map(str::to_owned).collect())
}
