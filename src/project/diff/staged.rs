//! Which files of the index are others than in a commit.

use std::ops::Range;

use git2::{ObjectType, Oid, Repository, Tree};

use super::index::{Index, Remembered};

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
pub fn staged(repository: &Repository, base: &Tree<'_>, index: &Index) -> Result<Vec<Staged>, git2::Error> {
    let mut search = Search { repository, index, found: Vec::new() };
    if index.tree.id != Some(base.id()) {
        search.below(base, Some(&index.tree), &mut Vec::new(), 0..index.len())?;
    }
    Ok(search.found)
}

struct Search<'a> {
    repository: &'a Repository,
    index: &'a Index,
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
            let before = left.clone().take_while(|at| self.index.entry(*at).path() < path.as_slice()).count();
            self.added(left.start..left.start + before);
            left.start += before;
            if is_tree {
                let inside = self.index.below(left.clone(), path);
                left.start = inside.end;
                let known = remembered.and_then(|remembered| remembered.folders.get(item.name_bytes()));
                // What git remembers to be the same tree need not be read.
                if known.and_then(|known| known.id) != Some(item.id()) {
                    self.below(&self.repository.find_tree(item.id())?, known, path, inside)?;
                }
                continue;
            }
            let at = left.clone().next().filter(|at| self.index.entry(*at).path() == path.as_slice());
            left.start += usize::from(at.is_some());
            let base = (canonical(item.filemode_raw()), item.id());
            let is_same = |at| {
                let entry = self.index.entry(at);
                (entry.mode(), entry.id()) == (base.0, base.1.as_bytes())
            };
            if !at.is_some_and(is_same) {
                self.found.push(Staged { path: path.clone(), base: Some(base), at });
            }
        }
        self.added(left);
        path.truncate(length);
        Ok(())
    }

    fn added(&mut self, entries: Range<usize>) {
        let added = entries.map(|at| Staged { path: self.index.entry(at).path().to_vec(), base: None, at: Some(at) });
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
