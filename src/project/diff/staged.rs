//! Whether files of the index are others than in a commit.

use git2::{IndexEntry, ObjectType, Oid, Repository, Tree};

use super::index::{Read, Remembered};

/// Whether anything differs between a commit's tree and the index, either way. Our own and not libgit2's comparison, which makes an entry of
/// everything it passes: four times as long.
pub fn differs(repository: &Repository, base: &Tree<'_>, index: &Read) -> Result<bool, git2::Error> {
    if index.tree.id == Some(base.id()) {
        return Ok(false);
    }
    below(repository, base, Some(&index.tree), &mut Vec::new(), &index.entries)
}

/// The same for one folder. A tree is sorted as if its folders ended with `/`, which is the order of the index.
fn below(
    repository: &Repository,
    tree: &Tree<'_>,
    remembered: Option<&Remembered>,
    path: &mut Vec<u8>,
    mut entries: &[IndexEntry],
) -> Result<bool, git2::Error> {
    let length = path.len();
    for item in tree {
        path.truncate(length);
        path.extend_from_slice(item.name_bytes());
        if item.kind() == Some(ObjectType::Tree) {
            path.push(b'/');
            if !entries.first().is_some_and(|entry| entry.path.starts_with(path)) {
                return Ok(true);
            }
            let inside = entries.partition_point(|entry| entry.path.starts_with(path));
            let known = remembered.and_then(|remembered| remembered.folders.get(item.name_bytes()));
            // What git remembers to be the same tree need not be read.
            if known.and_then(|known| known.id) != Some(item.id()) {
                let inner = repository.find_tree(item.id())?;
                if below(repository, &inner, known, path, &entries[..inside])? {
                    return Ok(true);
                }
            }
            entries = &entries[inside..];
            continue;
        }
        match entries.split_first() {
            Some((entry, rest)) if entry.path == *path && is_same(entry, item.id(), item.filemode_raw()) => {
                entries = rest;
            }
            _ => return Ok(true),
        }
    }
    path.truncate(length);
    Ok(!entries.is_empty())
}

fn is_same(entry: &IndexEntry, id: Oid, mode: i32) -> bool {
    // Very old trees have modes with a group's rights in them.
    let plain = |mode: u32| if mode & 0o170_000 == 0o100_000 { 0o100_644 | (mode & 0o111) } else { mode };
    entry.id == id && plain(entry.mode) == plain(mode as u32)
}
