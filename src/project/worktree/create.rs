//! Makes a worktree, whole or not at all.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use tokio::sync::Mutex;

use super::WorktreeError;
use super::branch::{Base, Way, base, way};
use super::git::{GitError, ask, git, git_making, git_making_bound};
use crate::base::test_point;

/// What is to be made.
#[derive(Clone, Debug)]
pub struct CreateSpec {
    /// The worktree's id.
    pub id: String,
    /// The project.
    pub root: PathBuf,
    /// Where: a folder that does not exist.
    pub path: PathBuf,
    /// Its branch.
    pub branch: String,
    /// What it starts from; `None`: where HEAD is.
    pub base: Option<String>,
}

/// What it will start from, and how it will get its branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    base: Base,
    way: Way,
}

impl Plan {
    /// What it starts from: a branch, a tag, or the commit.
    pub fn base_branch(&self) -> &str {
        &self.base.name
    }

    /// The commit at which its branch will be made; `None` if the branch is there.
    pub fn made_at(&self) -> Option<&str> {
        (self.way == Way::New).then_some(&self.base.commit)
    }
}

/// Says how it will be made, or why it cannot be.
pub async fn plan(spec: &CreateSpec) -> Result<Plan, WorktreeError> {
    let base = base(&spec.root, spec.base.as_deref()).await?;
    let way = way(&spec.root, &spec.branch, &base).await?;
    Ok(Plan { base, way })
}

/// Makes a worktree. If that fails nothing of it stays. Many may be made at once; `adding` is the repository's, held while git itself allows
/// one only.
pub async fn create(spec: &CreateSpec, plan: &Plan, adding: &Mutex<()>) -> Result<(), WorktreeError> {
    if let Err(error) = add(spec, &plan.way, &plan.base, adding).await {
        let error = with_room(error, &spec.path);
        undo(&spec.root, &spec.path, &spec.branch, plan.made_at()).await;
        return Err(error.into());
    }
    test_point::reach("worktree.made");
    Ok(())
}

/// With less than this, in KiB, a disk counts as full when something fails.
const LITTLE: u64 = 16 << 10;

/// The same error with the reason that git does not tell: that there is no room where the files were to be.
fn with_room(error: GitError, path: &Path) -> GitError {
    let GitError::Refused { verb, said } = error else { return error };
    let disk = path.ancestors().find_map(|folder| Some((folder, rustix::fs::statvfs(folder).ok()?)));
    match disk.map(|(folder, disk)| (folder, disk.f_bavail.saturating_mul(disk.f_frsize) >> 10)) {
        Some((folder, left)) if left < LITTLE => {
            let said = format!("{said}; only {left} KiB are left on the disk of {}", folder.display());
            GitError::Refused { verb, said }
        }
        _ => GitError::Refused { verb, said },
    }
}

/// In two steps, both of which are git's own: a worktree without files, and its files. `git worktree add` starts another git for the
/// second, which would outlive both of us.
async fn add(spec: &CreateSpec, way: &Way, base: &Base, adding: &Mutex<()>) -> Result<(), GitError> {
    let id = OsStr::new(&spec.id);
    let (path, branch, commit) = (spec.path.as_os_str(), OsStr::new(&spec.branch), OsStr::new(&base.commit));
    // A base on a remote is no reason to push there.
    let mut words = ["worktree", "add", "--no-checkout", "--no-track"].map(OsStr::new).to_vec();
    match way {
        Way::New => words.extend([OsStr::new("-b"), branch, OsStr::new("--"), path, commit]),
        Way::Forward(_) | Way::AsItIs => {
            words.truncate(3);
            words.extend([OsStr::new("--"), path, branch]);
        }
    }
    let telling = adding.lock().await;
    if let Way::Forward(tip) = way {
        // Only from where it was seen: somebody may have pushed to it since. `-B` would take that away.
        let branch = format!("refs/heads/{}", spec.branch);
        git_making(id, &spec.root, &["update-ref", &branch, &base.commit, tip]).await?;
    }
    git_making(id, &spec.root, &words).await?;
    drop(telling);
    test_point::reach("worktree.added");
    git_making_bound(id, &spec.path, &["checkout", "--force", "--quiet"]).await.map(drop)
}

/// Takes back what was made of a worktree: its folder, what git knows of it, and its branch if that was `made` for it at this commit and
/// still is there. What cannot be taken back is left: it is in nobody's way, and `git worktree prune` knows it.
pub async fn undo(root: &Path, path: &Path, branch: &str, made: Option<&str>) {
    let words =
        [OsStr::new("worktree"), OsStr::new("remove"), OsStr::new("--force"), OsStr::new("--"), path.as_os_str()];
    if git(root, &words).await.is_err() {
        // git has no worktree there (any more), or half of one.
        let folder = path.to_owned();
        let removed = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(&folder)).await;
        if let Ok(Err(error)) = removed
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(path = %path.display(), %error, "what was made of a worktree could not be removed");
        }
        // Only this one: `git worktree prune` would forget those of others whose disk is off.
        let _ = ask(root, &[&words[..3], &[OsStr::new("--force")], &words[3..]].concat()).await;
    }
    if let Some(commit) = made {
        // Only if it is where it was made: git compares and deletes in one step.
        let _ = ask(root, &["update-ref", "-d", &format!("refs/heads/{branch}"), commit]).await;
    }
}
