//! What is saved of a worktree's files, as git's trees.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::bytes;
use crate::project::worktree::WorktreeError;
use crate::project::worktree::git::{GitError, git, git_with_index, list};
use crate::project::worktree::survey::{Survey, flagged, within};

/// What is saved of a worktree's files, as trees.
pub(super) struct Trees {
    /// All of them, as git would commit them.
    pub(super) tree: String,
    /// What is staged, where that is not what is checked out.
    pub(super) index: Option<String>,
    /// Those that git would not give back as they are.
    pub(super) bytes: Option<String>,
}

pub(super) async fn trees(path: &Path, survey: &Survey) -> Result<Trees, WorktreeError> {
    let folder = survey.git_folder.as_deref().ok_or_else(|| WorktreeError::NoCheckout(path.to_owned()))?;
    let index = Copied::of(folder)?;
    let staged = match index.is_there() {
        true => Some(git_with_index(path, &index.path, &["write-tree"]).await?),
        false => None,
    };
    // Anew: writing a tree writes into an index.
    let index = Copied::of(folder)?;
    let tree = tree_with_index(path, &index.path, survey).await?;
    // Its place is needed for the next one.
    drop(index);
    let at_head = tree_of(path, survey.head.as_deref()).await?;
    let bytes = bytes::kept(path, folder, &at_head, &tree, &survey.changed_paths).await?;
    Ok(Trees { tree, index: staged.filter(|staged| *staged != at_head), bytes })
}

/// The tree of what is staged in a worktree that is away.
pub(super) async fn staged(root: &Path, folder: &Path) -> Result<String, WorktreeError> {
    let index = Copied::of(folder)?;
    Ok(git_with_index(root, &index.path, &within(folder, &["write-tree"])).await?)
}

/// A copy of a worktree's index, gone again when it is dropped: somebody may hold git's lock on the index itself, or may have left it there.
pub(super) struct Copied {
    pub(super) path: PathBuf,
}

impl Copied {
    /// None yet, but a place for one.
    pub(super) fn empty(folder: &Path) -> Self {
        let copied = Self { path: folder.join("pintle-saving-index") };
        // What a daemon that was killed has left.
        copied.remove();
        copied
    }

    fn of(folder: &Path) -> Result<Self, WorktreeError> {
        let (own, copied) = (folder.join("index"), Self::empty(folder));
        if own.exists() {
            // With its time: git trusts what it knows of a file only where that is older than the index.
            let copy = std::fs::copy(&own, &copied.path).and_then(|_| {
                let written = std::fs::metadata(&own)?.modified()?;
                std::fs::File::options().write(true).open(&copied.path)?.set_modified(written)
            });
            copy.map_err(|source| WorktreeError::File { path: copied.path.clone(), source })?;
        }
        Ok(copied)
    }

    fn is_there(&self) -> bool {
        self.path.exists()
    }

    fn remove(&self) {
        for path in [self.path.clone(), self.path.with_extension("lock")] {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        self.remove();
    }
}

/// How files become git's: on the disk when it says so, and with whatever line ends they have.
const ADDING: [&str; 6] = ["-c", "core.fsync=all", "-c", "core.fsyncMethod=batch", "-c", "core.safecrlf=false"];

async fn tree_with_index(path: &Path, index: &Path, survey: &Survey) -> Result<String, WorktreeError> {
    for (name, _) in flagged(path).await? {
        // What git was told not to look at. In a sparse checkout that is what is not there, and stays as it was.
        let file = OsStr::from_bytes(&name);
        if path.join(file).symlink_metadata().is_ok() {
            // One of them at a time: git obeys the first only.
            for flag in ["--no-assume-unchanged", "--no-skip-worktree"] {
                let words = ["update-index", flag, "--"].map(OsStr::new);
                git_with_index(path, index, &[&words[..], &[file]].concat()).await?;
            }
        }
    }
    let but_closed: Vec<OsString> = survey.closed_repositories.iter().map(|folder| excluded(folder)).collect();
    let all = |words: &[&str]| {
        let words = ADDING.iter().chain(words).map(OsString::from).chain(["--", ":/"].map(OsString::from));
        words.chain(but_closed.iter().cloned()).collect::<Vec<_>>()
    };
    // Files outside of a sparse checkout too. An older git has no such word.
    if git_with_index(path, index, &all(&["add", "--all", "--sparse"])).await.is_err() {
        git_with_index(path, index, &all(&["add", "--all"])).await?;
    }
    let left = git_with_index(path, index, &all(&["ls-files", "--others", "--exclude-standard"])).await?;
    if !left.is_empty() {
        return Err(WorktreeError::Unsaved {
            path: path.to_owned(),
            left: left.lines().next().unwrap_or_default().to_owned(),
        });
    }
    let write = [&ADDING[..], &["write-tree"]].concat();
    let tree = git_with_index(path, index, &write).await?;
    // Files that were taken out of git and are ignored since: named as changed, and there still.
    let head = tree_of(path, survey.head.as_deref()).await?;
    let said =
        list(path, &["diff-tree", "-r", "-z", "--no-renames", "--name-only", "--diff-filter=D", &head, &tree]).await?;
    let gone = said.split(|byte| *byte == 0).filter(|name| !name.is_empty()).map(OsStr::from_bytes);
    let is_there = |name: &&OsStr| path.join(name).symlink_metadata().is_ok_and(|file| !file.is_dir());
    let ignored: Vec<&OsStr> = gone.filter(is_there).collect();
    if ignored.is_empty() {
        return Ok(tree);
    }
    for name in ignored {
        let words = ADDING.iter().chain(&["--literal-pathspecs", "add", "--force", "--"]).map(OsStr::new).chain([name]);
        git_with_index(path, index, &words.collect::<Vec<_>>()).await?;
    }
    Ok(git_with_index(path, index, &write).await?)
}

/// As git excludes it.
fn excluded(folder: &[u8]) -> OsString {
    let mut pattern = OsString::from(":(exclude,literal,top)");
    pattern.push(OsStr::from_bytes(folder));
    pattern
}

pub(super) async fn tree_of(folder: &Path, commit: Option<&str>) -> Result<String, GitError> {
    match commit {
        Some(commit) => git(folder, &["rev-parse", &format!("{commit}^{{tree}}")]).await,
        // The empty one.
        None => git(folder, &["hash-object", "-t", "tree", "-w", "/dev/null"]).await,
    }
}
