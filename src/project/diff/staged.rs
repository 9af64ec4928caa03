//! Which files of the index are others than in a commit.

use std::ops::Range;

use git2::{IndexEntry, ObjectType, Oid, Repository, Tree};

use super::index::{Read, Remembered};

/// A path at which a commit and the index have something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// Relative to the worktree.
    pub path: Vec<u8>,
    /// What the commit has there, a file's mode and id.
    pub base: Option<(u32, Oid)>,
    /// The position of the index's entry.
    pub at: Option<usize>,
}

/// What differs between a commit's tree and the index, either way. Our own and not libgit2's comparison, which makes an entry of everything
/// it passes: four times as long.
pub fn staged(repository: &Repository, base: &Tree<'_>, index: &Read) -> Result<Vec<Staged>, git2::Error> {
    let mut search = Search { repository, entries: &index.entries, found: Vec::new() };
    if index.tree.id != Some(base.id()) {
        search.below(base, Some(&index.tree), &mut Vec::new(), 0..index.entries.len())?;
    }
    Ok(search.found)
}

struct Search<'a> {
    repository: &'a Repository,
    entries: &'a [IndexEntry],
    found: Vec<Staged>,
}

impl Search<'_> {
    /// One folder. A tree is sorted as if its folders ended with `/`, which is the order of the index.
    fn below(
        &mut self,
        tree: &Tree<'_>,
        remembered: Option<&Remembered>,
        path: &mut Vec<u8>,
        mut left: Range<usize>,
    ) -> Result<(), git2::Error> {
        let length = path.len();
        for item in tree {
            path.truncate(length);
            path.extend_from_slice(item.name_bytes());
            let is_tree = item.kind() == Some(ObjectType::Tree);
            if is_tree {
                path.push(b'/');
            }
            let before = left.clone().take_while(|at| self.entries[*at].path < *path).count();
            self.added(left.start..left.start + before);
            left.start += before;
            if is_tree {
                let inside = self.entries[left.clone()].partition_point(|entry| entry.path.starts_with(path));
                let inside = left.start..left.start + inside;
                left.start = inside.end;
                let known = remembered.and_then(|remembered| remembered.folders.get(item.name_bytes()));
                // What git remembers to be the same tree need not be read.
                if known.and_then(|known| known.id) != Some(item.id()) {
                    self.below(&self.repository.find_tree(item.id())?, known, path, inside)?;
                }
                continue;
            }
            let at = left.clone().next().filter(|at| self.entries[*at].path == *path);
            left.start += usize::from(at.is_some());
            let base = (canonical(item.filemode_raw()), item.id());
            if at.is_none_or(|at| (canonical(self.entries[at].mode.cast_signed()), self.entries[at].id) != base) {
                self.found.push(Staged { path: path.clone(), base: Some(base), at });
            }
        }
        self.added(left);
        path.truncate(length);
        Ok(())
    }

    fn added(&mut self, entries: Range<usize>) {
        let added = entries.map(|at| Staged { path: self.entries[at].path.clone(), base: None, at: Some(at) });
        self.found.extend(added);
    }
}

/// Very old trees have modes with a group's rights in them.
fn canonical(mode: i32) -> u32 {
    let mode = mode.cast_unsigned();
    match mode & 0o170_000 {
        0o100_000 if mode & 0o100 != 0 => 0o100_755,
        0o100_000 => 0o100_644,
        _ => mode,
    }
}
