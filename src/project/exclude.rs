//! What a project keeps is kept out of git.

use std::io::Write as _;
use std::path::Path;

use git2::Repository;

use super::registry::{Project, ProjectError};
use super::worktree::shared_folder;
use crate::base::files::{FileError, read_if_there};

/// Adds the folder to the repository's `info/exclude`, which is the user's own and is not committed. A project that is no
/// repository has nothing to exclude from.
pub fn exclude(root: &Path, folder: &Path) -> Result<(), ProjectError> {
    let Some(shared) = shared_folder(root) else { return Ok(()) };
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // For a worktree the common folder holds the exclude file that git reads.
    let path = shared.join("info/exclude");
    // A link is no folder to git.
    let line = if root.join(&name).is_symlink() { name } else { format!("{name}/") };
    let text = read_if_there(&path)?.unwrap_or_default();
    if text.split(|byte| *byte == b'\n').any(|known| known.trim_ascii() == line.as_bytes()) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(&path);
    std::fs::create_dir_all(folder).map_err(FileError::at(folder))?;
    let mut file = std::fs::File::options().create(true).append(true).open(&path).map_err(FileError::at(&path))?;
    let start = if text.is_empty() || text.ends_with(b"\n") { "" } else { "\n" };
    file.write_all(format!("{start}{line}\n").as_bytes()).map_err(FileError::at(&path))?;
    Ok(())
}

/// The same for a project that is there: it may have been one before it was a repository, or its file of excludes was removed. `git add` takes
/// a worktree in it for a submodule. Whoever ignores its worktrees in another way, to share the rest, is left alone.
pub fn again(project: &Project) -> Result<(), ProjectError> {
    let worktree = match project.folder.is_symlink() {
        // Of a link itself libgit2 says that it is ignored where git does not.
        true => return exclude(&project.root, &project.folder),
        false => project.folder.join("worktrees/wt-"),
    };
    let is_ignored = |repository: Repository| {
        let path = worktree.strip_prefix(repository.workdir()?.canonicalize().ok()?).ok()?.to_owned();
        repository.is_path_ignored(path).ok()
    };
    match Repository::discover(&project.root).ok().and_then(is_ignored) {
        Some(false) => exclude(&project.root, &project.folder),
        // It is, or nobody can tell.
        Some(true) | None => Ok(()),
    }
}
