//! What is in a worktree's folders and not in its index.

use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use git2::IndexEntry;
use rustix::fs::{FileType, Mode, OFlags, openat};

use super::walk::{Folder, Known, SUBMODULE, each, open};

/// Something that the index does not know.
#[derive(Debug)]
pub struct Unknown {
    /// Relative to the worktree.
    pub path: Vec<u8>,
    /// It is a folder.
    pub is_folder: bool,
}

/// Reads the folders that the index knows, and returns what else is in them, folders as a whole, in no order.
pub fn unknown(
    folder: &Path,
    entries: &[IndexEntry],
    folders: &[Folder],
    threads: usize,
) -> std::io::Result<Vec<Unknown>> {
    let root = openat(rustix::fs::CWD, folder, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let look = Look { root, entries, folders, next: AtomicUsize::new(0) };
    Ok(std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(|| look.work())).collect();
        let mut found = look.work();
        for other in others {
            found.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        found
    }))
}

struct Look<'a> {
    root: OwnedFd,
    entries: &'a [IndexEntry],
    folders: &'a [Folder],
    next: AtomicUsize,
}

impl Look<'_> {
    /// Takes folders until there are none.
    fn work(&self) -> Vec<Unknown> {
        let mut found = Vec::new();
        let mut buffer = Vec::with_capacity(32 << 10);
        while let Some(folder) = self.folders.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if let Ok(open) = open(self.root.as_fd(), &folder.path) {
                self.read(folder, open.as_fd(), buffer.spare_capacity_mut(), &mut found);
            }
        }
        found
    }

    fn read(&self, folder: &Folder, open: BorrowedFd<'_>, buffer: &mut [MaybeUninit<u8>], found: &mut Vec<Unknown>) {
        let known: HashMap<_, _> = folder.children(self.entries).collect();
        each(open, buffer, |name, kind| {
            let is_folder = kind == FileType::Directory;
            let is_new = match known.get(name) {
                Some(Known::File(at)) => is_folder && self.entries[*at].mode != SUBMODULE,
                Some(Known::Folder(_)) => !is_folder,
                None => name != b".git",
            };
            if is_new && (is_folder || matches!(kind, FileType::RegularFile | FileType::Symlink)) {
                found.push(Unknown { path: [&folder.path, name].concat(), is_folder });
            }
        });
    }
}
