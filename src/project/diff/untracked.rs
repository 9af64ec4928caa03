//! Files that git neither knows nor ignores.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use git2::Repository;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, openat, statat};

use super::in_folder;
use super::unknown::Unknown;
use super::walk::{Follow, each, note_links, open};

/// Looks through what the index does not know: files that are not ignored, and what is in folders that are not. In one thread, since
/// libgit2 answers one at a time what is ignored; folders that are (build results, packages) are not entered.
pub fn untracked(
    repository: &Repository,
    folder: &Path,
    unknown: Vec<Unknown>,
    follow: Option<&dyn Follow>,
) -> Result<Vec<Vec<u8>>, git2::Error> {
    let mut found = Vec::new();
    let mut left = unknown;
    let mut buffer = Vec::with_capacity(32 << 10);
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(root): Result<OwnedFd, _> = openat(rustix::fs::CWD, folder, flags, Mode::empty()) else {
        return Ok(found);
    };
    while let Some(Unknown { path, is_folder }) = left.pop() {
        // With the `/`, since patterns may be for folders only.
        let asked = if is_folder { [&path[..], b"/"].concat() } else { path.clone() };
        if repository.is_path_ignored(in_folder(Path::new(""), &asked))? {
            continue;
        }
        if !is_folder {
            if let (Some(follow), Ok(stat)) = (follow, statat(&root, path.as_slice(), AtFlags::SYMLINK_NOFOLLOW)) {
                note_links(follow, folder, &path, &stat);
            }
            found.push(path);
            continue;
        }
        let Ok(inner) = open(root.as_fd(), &path) else { continue };
        if let Some(follow) = follow {
            follow.folder(inner.as_fd());
        }
        let (before, mut repository_inside) = (left.len(), false);
        each(inner.as_fd(), buffer.spare_capacity_mut(), |name, kind| {
            repository_inside |= name == b".git";
            let is_folder = kind == FileType::Directory;
            if is_folder || matches!(kind, FileType::RegularFile | FileType::Symlink) {
                left.push(Unknown { path: [&asked, name].concat(), is_folder });
            }
        });
        if repository_inside {
            left.truncate(before);
            found.push(asked);
        }
    }
    found.sort_unstable();
    Ok(found)
}
