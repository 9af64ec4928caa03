//! What is in a worktree's folders and not in its index.

use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::fs::{FileType, Mode, OFlags, openat};

use super::index::Index;
use super::listings::Listing;
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
    index: &Index,
    folders: &[Folder],
    threads: usize,
    listing: &Listing<'_>,
) -> std::io::Result<Vec<Unknown>> {
    let root = openat(rustix::fs::CWD, folder, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let look = Look { root, index, folders, listing, next: AtomicUsize::new(0) };
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
    index: &'a Index,
    folders: &'a [Folder],
    listing: &'a Listing<'a>,
    next: AtomicUsize,
}

impl Look<'_> {
    /// Takes folders until there are none.
    fn work(&self) -> Vec<Unknown> {
        let mut found = Vec::new();
        let mut buffer = Vec::with_capacity(32 << 10);
        while let Some(folder) = self.folders.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if let Ok(open) = open(self.root.as_fd(), &folder.path) {
                let read = || self.read(folder, open.as_fd(), buffer.spare_capacity_mut());
                let inside = self.listing.of(&folder.path, open.as_fd(), read);
                let path = |name: &Vec<u8>| [&folder.path, name.as_slice()].concat();
                found
                    .extend(inside.iter().map(|(name, is_folder)| Unknown { path: path(name), is_folder: *is_folder }));
            }
        }
        found
    }

    /// Names in a folder, and whether they are of folders.
    fn read(&self, folder: &Folder, open: BorrowedFd<'_>, buffer: &mut [MaybeUninit<u8>]) -> Vec<(Vec<u8>, bool)> {
        let mut found = Vec::new();
        let known: HashMap<_, _> = folder.children(self.index).collect();
        each(open, buffer, |name, kind| {
            let is_folder = kind == FileType::Directory;
            let is_new = match known.get(name) {
                Some(Known::File(at)) => is_folder && self.index.entry(*at).mode() != SUBMODULE,
                Some(Known::Folder(_)) => !is_folder,
                None => name != b".git",
            };
            if is_new && (is_folder || matches!(kind, FileType::RegularFile | FileType::Symlink)) {
                found.push((name.to_vec(), is_folder));
            }
        });
        found
    }
}
