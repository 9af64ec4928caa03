//! Where a worktree is, and the folder that git keeps for it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Place;
use super::walk::as_path;
use crate::project::worktree::WorktreeError;
use crate::project::worktree::git::{GitError, ask, git};

/// Where a worktree is, with the folder that git keeps for it.
pub(super) enum Found {
    There(PathBuf),
    /// Not where it should be. Its disk may only be off: git knows it as long as nobody has said otherwise.
    Away(Option<PathBuf>),
}

/// Finds it. Inside of the project git would speak of the project itself where a worktree has lost its `.git`, so that is asked first.
pub(super) async fn find(place: &Place<'_>) -> Result<Found, WorktreeError> {
    match std::fs::read_dir(place.path).map(|mut entries| entries.next().is_none()) {
        Ok(false) => {}
        Ok(true) => return Ok(Found::Away(git_folder(place).await?)),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Away(git_folder(place).await?)),
        Err(source) => return Err(WorktreeError::Unseen { path: place.path.to_owned(), source }),
    }
    if !is_ours(place).await? {
        // What leads to it may be lost on either side; git writes both anew if one is left.
        let words = ["worktree".as_ref(), "repair".as_ref(), place.path.as_os_str()];
        ask(place.root, &words).await?;
        if !is_ours(place).await? {
            return Err(WorktreeError::NoCheckout(place.path.to_owned()));
        }
    }
    Ok(Found::There(git(place.path, &["rev-parse", "--absolute-git-dir"]).await?.into()))
}

/// The folder that git keeps for a worktree which is not where it should be. One that git knows somewhere else by now is an error.
async fn git_folder(place: &Place<'_>) -> Result<Option<PathBuf>, WorktreeError> {
    let all = place.root.join(git(place.root, &["rev-parse", "--git-common-dir"]).await?).join("worktrees");
    let leads_to = |folder: &Path| {
        let said = std::fs::read(folder.join("gitdir")).ok()?;
        as_path(said.trim_ascii_end()).parent().map(Path::to_owned)
    };
    let folders = std::fs::read_dir(&all).into_iter().flatten().flatten().map(|entry| entry.path());
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut ours =
        folders.filter(|folder| leads_to(folder).is_some_and(|to| to == place.path || real(&to) == real(place.path)));
    if let Some(folder) = ours.next() {
        return Ok(Some(folder));
    }
    let folder = place.path.file_name().map(|name| all.join(name)).filter(|folder| folder.exists());
    match folder.as_deref().and_then(leads_to) {
        Some(to) if to.exists() => Err(WorktreeError::Moved { path: place.path.to_owned(), to }),
        _ => Ok(folder),
    }
}

/// Whether it is a linked worktree of this very repository. One with a repository of its own inside is somebody else's.
async fn is_ours(place: &Place<'_>) -> Result<bool, GitError> {
    if !place.path.join(".git").is_file() {
        return Ok(false);
    }
    let top = ask(place.path, &["rev-parse", "--show-toplevel"]).await?;
    let shared = |folder| async move {
        let said = ask(folder, &["rev-parse", "--git-common-dir"]).await?;
        Ok::<_, GitError>(said.and_then(|said| std::fs::canonicalize(folder.join(said)).ok()))
    };
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let is_top = top.is_some_and(|top| real(Path::new(&top)) == real(place.path));
    if !is_top || shared(place.path).await? != shared(place.root).await? {
        return Ok(false);
    }
    // The `.git` of another one, copied: what is checked out there is not what is checked out here.
    let folder = git(place.path, &["rev-parse", "--absolute-git-dir"]).await?;
    let leads_to = std::fs::read(Path::new(&folder).join("gitdir")).unwrap_or_default();
    let leads_to = as_path(leads_to.trim_ascii_end());
    Ok(real(leads_to).is_none() || real(leads_to) == real(&place.path.join(".git")))
}
