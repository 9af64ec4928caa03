//! An index of nothing but what may differ, made for git to compare with.
//!
//! In it stands what the base has at these paths, so that git compares the base with the files without looking at any other entry or tree: a
//! third of what it takes with all of them. What cannot be told by an entry of the base is left to git's own way with the whole index, by
//! the short list of cases in [`narrow`].

use std::collections::BTreeMap;
use std::path::Path;

use super::in_folder;
use super::index::{EXTENDED, Entry, INTENT_TO_ADD, Index, MOST, NAME, filled_up};
use super::staged::Staged;
use super::walk::{Found, SUBMODULE};

/// So many files are worth a git of their own: it takes about as long to start as to compare a third of them.
const WORTH_IT: usize = 100;

/// What stands in such an index.
pub struct Narrow<'a> {
    entries: BTreeMap<&'a [u8], New<'a>>,
    /// Files come, and others go: git is to see all of them at once, since some may have been renamed.
    in_one: bool,
}

impl Narrow<'_> {
    /// The index; or several, at most so many, for as many gits. What they say in this order is what one would say.
    pub fn written(&self, most: usize) -> Vec<Vec<u8>> {
        let parts = if self.in_one { 1 } else { most.min(self.entries.len() / WORTH_IT).max(1) };
        let entries: Vec<_> = self.entries.iter().map(|(path, new)| (*path, *new)).collect();
        entries.chunks(entries.len().div_ceil(parts).max(1)).map(written).collect()
    }
}

/// What is to stand in it; `None` where the whole index is needed.
pub fn narrow<'a>(folder: &Path, index: &'a Index, found: &Found, staged: &'a [Staged]) -> Option<Narrow<'a>> {
    // git looks into submodules, of what is only meant to be added it shows all, and files it is not to look at are as the index has them.
    let is_special = |entry: Entry<'_>| entry.mode() == SUBMODULE || entry.is_intent_to_add() || entry.is_left_alone();
    if found.submodule {
        return None;
    }
    let mut narrow: BTreeMap<&[u8], New<'_>> = BTreeMap::new();
    let mut some_go = !found.gone.is_empty();
    for entry in found.suspects.iter().map(|at| index.entry(*at)) {
        if is_special(entry) {
            return None;
        }
        narrow.insert(entry.path(), New { mode: entry.mode(), id: Some(entry.id()) });
    }
    for Staged { path, base, at } in staged {
        let entry = at.map(|at| index.entry(at));
        if entry.is_some_and(is_special) || base.is_some_and(|(mode, _)| mode == SUBMODULE) {
            return None;
        }
        match (base, entry) {
            // Where the file system has no such modes, the index says which it is.
            (Some((mode, _)), Some(entry)) if *mode != entry.mode() => return None,
            // Gone for git, whatever is there.
            (Some(_), None) if in_folder(folder, path).symlink_metadata().is_ok() => return None,
            (Some((mode, id)), entry) => {
                some_go |= entry.is_none();
                narrow.insert(path, New { mode: *mode, id: Some(id.as_bytes()) });
            }
            // Neither in the base nor in the folder. If it goes only now git fails, since nobody has such content, and all is compared.
            (None, _) if at.is_some_and(|at| found.gone.binary_search(&at).is_ok()) => {
                narrow.remove(path.as_slice());
            }
            (None, _) => {
                narrow.insert(path, New { mode: entry?.mode(), id: None });
            }
        }
    }
    let in_one = some_go && narrow.values().any(|new| new.id.is_none());
    Some(Narrow { entries: narrow, in_one })
}

/// An entry to be written.
#[derive(Clone, Copy)]
struct New<'a> {
    mode: u32,
    /// What is in it. `None`: it is only meant to be added, as `git add --intent-to-add` writes it.
    id: Option<&'a [u8]>,
}

/// An index of these entries, which are sorted by their paths. It remembers nothing of their files, so that git looks into each.
fn written(entries: &[(&[u8], New<'_>)]) -> Vec<u8> {
    /// The id of a file without content, which such entries have.
    const EMPTY: &[u8; NAME] = b"\xe6\x9d\xe2\x9b\xb2\xd1\xd6\x43\x4b\x8b\x29\xae\x77\x5a\xd8\xc2\xe4\x8c\x53\x91";
    let mut bytes = b"DIRC\0\0\0\x03".to_vec();
    bytes.extend((entries.len() as u32).to_be_bytes());
    for (path, New { mode, id }) in entries {
        let start = bytes.len();
        // Times, device and inode; user, group and size behind the mode.
        bytes.extend([0; 24]);
        bytes.extend(mode.to_be_bytes());
        bytes.extend([0; 12]);
        bytes.extend(id.unwrap_or(EMPTY));
        let length = path.len().min(usize::from(MOST)) as u16;
        match id {
            Some(_) => bytes.extend(length.to_be_bytes()),
            None => bytes.extend([length | EXTENDED, INTENT_TO_ADD].map(u16::to_be_bytes).concat()),
        }
        bytes.extend_from_slice(path);
        bytes.resize(start + filled_up(bytes.len() - start), 0);
    }
    // In place of the sum, which git does not check.
    bytes.extend([0; NAME]);
    bytes
}
