//! Takes a worktree away: its folder, what git knows of it, its branch.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::git::{GitError, ask, git, git_within};

/// How long another machine may take to delete a branch.
const REMOTE_LIMIT: Duration = Duration::from_secs(15);

/// Where a folder is put to be removed.
pub fn away(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".removing");
    name.into()
}

/// Takes a folder away from its place, in one step: what is written there from then on is something else, and does not go with it. One that
/// is not there is as it should be.
pub fn put_away(path: &Path) -> io::Result<()> {
    match std::fs::rename(path, away(path)) {
        Err(error) if [io::ErrorKind::DirectoryNotEmpty, io::ErrorKind::AlreadyExists].contains(&error.kind()) => {
            Err(io::Error::new(error.kind(), format!("{} is in the way", away(path).display())))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && std::fs::symlink_metadata(away(path)).is_ok() => {
            // Nobody has looked at that.
            Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{} is in the way", away(path).display())))
        }
        renamed => gone(renamed),
    }
}

/// Puts a worktree back that was put away. What lies in its place meanwhile is put away instead, unless that is a worktree.
pub fn put_back(path: &Path) -> io::Result<()> {
    let is_worktree = |path: &Path| path.join(".git").exists();
    if !is_worktree(&away(path)) || is_worktree(path) {
        return Ok(());
    }
    match renameat_with(CWD, away(path), CWD, path, RenameFlags::EXCHANGE) {
        Err(Errno::NOENT) => gone(std::fs::rename(away(path), path)),
        // A file system that cannot do that.
        Err(Errno::INVAL | Errno::NOSYS) if std::fs::symlink_metadata(path).is_err() => {
            gone(std::fs::rename(away(path), path))
        }
        exchanged => Ok(exchanged?),
    }
}

/// Removes the folder, put away by then, and what git knows of it. An error is the folder's, with the path in it that could not be removed;
/// git then knows the worktree still.
pub async fn remove(root: &Path, path: &Path) -> io::Result<()> {
    let folder = away(path);
    let removed = tokio::task::spawn_blocking(move || remove_folder(&folder)).await;
    removed.map_err(io::Error::other)??;
    if std::fs::symlink_metadata(path).is_ok() {
        // It is not what was looked at, and git would remove it with the rest; the doctor names it.
        tracing::warn!(path = %path.display(), "something new lies where a worktree was");
        return Ok(());
    }
    // Twice: locked ones too. One that git does not know is as it should be.
    let words = [OsStr::new("worktree"), OsStr::new("remove"), OsStr::new("--force"), OsStr::new("--force")];
    let words = [&words[..], &[OsStr::new("--"), path.as_os_str()]].concat();
    if let Err(error) = git(root, &words).await {
        tracing::debug!(path = %path.display(), %error, "git knew nothing of a worktree that is removed");
    }
    Ok(())
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            // Caches of packages are written once and then closed, folders too.
            open_folders(folder);
            gone(std::fs::remove_dir_all(folder)).map_err(|error| named(folder, &error))
        }
        removed => gone(removed).map_err(|error| named(folder, &error)),
    }
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// The same error with a file that is left, since the system does not say which it was.
fn named(folder: &Path, error: &io::Error) -> io::Error {
    let mut at = folder.to_owned();
    while let Some(inner) = std::fs::read_dir(&at).ok().and_then(|mut entries| entries.next()?.ok()) {
        at = inner.path();
        if !at.is_dir() || at.is_symlink() {
            break;
        }
    }
    io::Error::new(error.kind(), format!("{}: {error}", at.display()))
}

/// Lets their owner into all folders. What is somebody else's stays as it is.
fn open_folders(folder: &Path) {
    let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700));
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        open_folders(&entry.path());
    }
}

/// Deletes a branch that is at this commit still and that nobody has checked out. Returns whether it was deleted.
pub async fn delete_branch(root: &Path, branch: &str, tip: &str) -> Result<bool, GitError> {
    let name = format!("refs/heads/{branch}");
    let elsewhere = ask(root, &["for-each-ref", "--format=%(worktreepath)%(symref)", &name]).await?;
    // One that only leads to another has nothing to lose, and what it leads to is somebody else's.
    if elsewhere.is_none_or(|path| !path.is_empty()) {
        return Ok(false);
    }
    // git compares and deletes in one step.
    git(root, &["update-ref", "--no-deref", "-d", &name, tip]).await?;
    ask(root, &["config", "--local", "--remove-section", &format!("branch.{branch}")]).await?;
    Ok(true)
}

/// A branch on another machine, as this repository has seen it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteBranch {
    /// The remote.
    remote: String,
    /// Its name there.
    name: String,
    /// `refs/remotes/…`
    pub tracked: String,
    /// Where it was seen.
    pub commit: String,
}

/// The remote's branch of a branch: the one it is set up with, else the one of its name on the only remote or on `origin`.
pub async fn remote_branch(root: &Path, branch: &str) -> Result<Option<RemoteBranch>, GitError> {
    let upstream = ["for-each-ref", "--format=%(upstream:remotename) %(upstream:remoteref) %(upstream)"];
    let upstream = ask(root, &[upstream[0], upstream[1], &format!("refs/heads/{branch}")]).await?.unwrap_or_default();
    let named: Vec<&str> = upstream.split(' ').collect();
    let (remote, name, tracked) = match named.as_slice() {
        [remote, name, tracked] if !remote.is_empty() && *remote != "." && *name == format!("refs/heads/{branch}") => {
            ((*remote).to_owned(), branch.to_owned(), (*tracked).to_owned())
        }
        // One that it only started from is not its own.
        _ => {
            let remotes = git(root, &["remote"]).await?;
            let mut remotes: Vec<&str> = remotes.lines().collect();
            if remotes.len() != 1 {
                remotes.retain(|remote| *remote == "origin");
            }
            let Some(remote) = remotes.first() else { return Ok(None) };
            ((*remote).to_owned(), branch.to_owned(), format!("refs/remotes/{remote}/{branch}"))
        }
    };
    let commit = ask(root, &["rev-parse", "--verify", "--quiet", &tracked]).await?;
    Ok(commit.map(|commit| RemoteBranch { remote, name, tracked, commit }))
}

/// Deletes it there, if it is where it was seen: what somebody else has pushed since is theirs. An error is in words.
pub async fn delete_remote_branch(root: &Path, branch: &RemoteBranch) -> Result<(), String> {
    let RemoteBranch { remote, name, commit, .. } = branch;
    let lease = format!("--force-with-lease=refs/heads/{name}:{commit}");
    let words = ["push", "--quiet", "--no-verify", &lease, "--", remote, &format!(":refs/heads/{name}")];
    match git_within(REMOTE_LIMIT, root, &words).await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(format!("{remote} did not answer within {} s", REMOTE_LIMIT.as_secs())),
        Err(error) => Err(error.to_string()),
    }
}
