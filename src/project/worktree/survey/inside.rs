//! What is inside of a worktree and not the worktree's own: repositories, and what git has begun there. Nothing of that can be saved from
//! outside.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::project::worktree::git::{GitError, ask, git, list};

/// What git keeps for a worktree while something goes on there, and what it means.
const UNENDED: [(&str, &str); 6] = [
    ("rebase-merge", "a rebase"),
    ("rebase-apply", "a rebase"),
    ("MERGE_HEAD", "a merge"),
    ("CHERRY_PICK_HEAD", "a cherry-pick"),
    ("REVERT_HEAD", "a revert"),
    ("BISECT_LOG", "a bisect"),
];

/// What has been begun and not ended, refs that only this worktree has, and submodules that are kept without being checked out.
pub(super) async fn unended(path: &Path, folder: &Path) -> Result<Vec<String>, GitError> {
    let mut found = Vec::new();
    for (file, what) in UNENDED {
        if folder.join(file).exists() {
            found.push(format!("{what} that is not ended"));
        }
    }
    let own =
        git(path, &["for-each-ref", "--format=%(refname)", "refs/worktree", "refs/bisect", "refs/rewritten"]).await?;
    found.extend(own.lines().map(str::to_owned));
    let kept = std::fs::read_dir(folder.join("modules")).map_or(0, |entries| entries.flatten().count());
    if kept > submodules(path).await?.len() {
        found.push("a submodule that is not checked out any more".to_owned());
    }
    Ok(found)
}

/// Submodules that are checked out, by their paths.
pub(super) async fn submodules(path: &Path) -> Result<Vec<Vec<u8>>, GitError> {
    let said = list(path, &["ls-files", "--stage", "-z"]).await?;
    let links = said.split(|byte| *byte == 0).filter(|entry| entry.starts_with(b"160000 "));
    let paths = links.filter_map(|entry| Some(entry.splitn(2, |byte| *byte == b'\t').nth(1)?.to_vec()));
    Ok(paths.filter(|link| path.join(OsStr::from_bytes(link)).join(".git").exists()).collect())
}

/// Folders with a repository of their own, wherever they lie, but where git ignores them.
pub(super) async fn repositories(path: &Path) -> Result<Vec<Vec<u8>>, GitError> {
    let top = path.to_owned();
    let found = tokio::task::spawn_blocking(move || {
        let mut found = Vec::new();
        look(&top, Path::new(""), &mut found);
        found
    });
    let mut ours = Vec::new();
    for folder in found.await.unwrap_or_default() {
        if ask(path, &["check-ignore".as_ref(), "--quiet".as_ref(), "--".as_ref(), folder.as_os_str()]).await?.is_none()
        {
            ours.push(folder.into_os_string().into_encoded_bytes());
        }
    }
    Ok(ours)
}

fn look(top: &Path, folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(top.join(folder)).into_iter().flatten().flatten() {
        if entry.file_name() == ".git" {
            continue;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let inner = folder.join(entry.file_name());
            if std::fs::symlink_metadata(entry.path().join(".git")).is_ok() {
                found.push(inner.clone());
            }
            look(top, &inner, found);
        }
    }
}

/// Whether a repository inside of a worktree has anything that is not on a remote. A tag may never have been pushed.
pub(super) async fn has_work(path: &Path) -> Result<bool, GitError> {
    let words = ["status", "--porcelain", "-z", "--untracked-files=all", "--ignore-submodules=none"];
    if !list(path, &words).await?.is_empty() {
        return Ok(true);
    }
    let words =
        ["rev-list", "--max-count=1", "HEAD", "--branches", "--tags", "--glob=refs/stas[h]", "--not", "--remotes"];
    // Without a commit there is no HEAD, and nothing that could be lost.
    Ok(ask(path, &words).await?.is_some_and(|found| !found.is_empty()))
}
