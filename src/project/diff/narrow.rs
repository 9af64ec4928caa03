//! An index of nothing but what may differ, made for git to compare with.
//!
//! In it stands what the base has at these paths, so that git compares the base with the files without looking at any other entry or tree: a
//! third of what it takes with all of them. What cannot be told by an entry of the base is left to git's own way with the whole index, by
//! the short list of cases in [`narrow`].

use std::collections::BTreeMap;
use std::path::Path;

use git2::IndexEntry;

use super::in_folder;
use super::index::{INTENT_TO_ADD, New, written};
use super::staged::Staged;
use super::walk::{Found, SUBMODULE, is_left_alone};

/// Such an index; `None` where the whole one is needed.
///
/// That several gits compare a part each was tried: on two cores the second one takes from the first what it gains.
pub fn narrow(folder: &Path, entries: &[IndexEntry], found: &Found, staged: &[Staged]) -> Option<Vec<u8>> {
    // git looks into submodules, of what is only meant to be added it shows all, and files it is not to look at are as the index has them.
    let is_special = |entry: &IndexEntry| {
        entry.mode == SUBMODULE || entry.flags_extended & INTENT_TO_ADD != 0 || is_left_alone(entry)
    };
    if found.submodule {
        return None;
    }
    let mut narrow: BTreeMap<&[u8], New> = BTreeMap::new();
    for entry in found.suspects.iter().map(|at| &entries[*at]) {
        if is_special(entry) {
            return None;
        }
        narrow.insert(entry.path.as_slice(), New { mode: entry.mode, id: Some(entry.id) });
    }
    for Staged { path, base, at } in staged {
        let entry = at.map(|at| &entries[at]);
        if entry.is_some_and(is_special) || base.is_some_and(|(mode, _)| mode == SUBMODULE) {
            return None;
        }
        match (base, entry) {
            // Where the file system has no such modes, the index says which it is.
            (Some((mode, _)), Some(entry)) if *mode != entry.mode => return None,
            // Gone for git, whatever is there.
            (Some(_), None) if in_folder(folder, path).symlink_metadata().is_ok() => return None,
            (Some((mode, id)), _) => {
                narrow.insert(path, New { mode: *mode, id: Some(*id) });
            }
            // Neither in the base nor in the folder.
            (None, _) if at.is_some_and(|at| found.gone.binary_search(&at).is_ok()) => {
                narrow.remove(path.as_slice());
            }
            (None, _) => {
                narrow.insert(path, New { mode: entry?.mode, id: None });
            }
        }
    }
    Some(written(&narrow))
}
