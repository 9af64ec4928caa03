//! Which files of the index are others than in a commit.

use git2::{IndexEntry, ObjectType, Oid, Repository, Tree};

use super::index::{Read, Remembered};

/// Paths that differ between a commit's tree and the index, either way. Our own and not libgit2's comparison, which makes an entry of
/// everything it passes: four times as long.
pub fn differing(repository: &Repository, base: &Tree<'_>, index: &Read) -> Result<Vec<Vec<u8>>, git2::Error> {
    let mut found = Vec::new();
    if index.tree.id != Some(base.id()) {
        below(repository, base, Some(&index.tree), &mut Vec::new(), &index.entries, &mut found)?;
    }
    Ok(found)
}

/// The same for one folder. A tree is sorted as if its folders ended with `/`, which is the order of the index.
fn below(
    repository: &Repository,
    tree: &Tree<'_>,
    remembered: Option<&Remembered>,
    path: &mut Vec<u8>,
    mut entries: &[IndexEntry],
    found: &mut Vec<Vec<u8>>,
) -> Result<(), git2::Error> {
    let length = path.len();
    for item in tree {
        path.truncate(length);
        path.extend_from_slice(item.name_bytes());
        let is_tree = item.kind() == Some(ObjectType::Tree);
        if is_tree {
            path.push(b'/');
        }
        let before = entries.iter().take_while(|entry| entry.path < *path).count();
        found.extend(entries[..before].iter().map(|entry| entry.path.clone()));
        entries = &entries[before..];
        if is_tree {
            let inside = entries.partition_point(|entry| entry.path.starts_with(path));
            let known = remembered.and_then(|remembered| remembered.folders.get(item.name_bytes()));
            // What git remembers to be the same tree need not be read.
            if known.and_then(|known| known.id) != Some(item.id()) {
                let inner = repository.find_tree(item.id())?;
                below(repository, &inner, known, path, &entries[..inside], found)?;
            }
            entries = &entries[inside..];
            continue;
        }
        match entries.split_first() {
            Some((entry, rest)) if entry.path == *path => {
                if !is_same(entry, item.id(), item.filemode_raw()) {
                    found.push(path.clone());
                }
                entries = rest;
            }
            _ => found.push(path.clone()),
        }
    }
    found.extend(entries.iter().map(|entry| entry.path.clone()));
    path.truncate(length);
    Ok(())
}

fn is_same(entry: &IndexEntry, id: Oid, mode: i32) -> bool {
    // Very old trees have modes with a group's rights in them.
    let plain = |mode: u32| if mode & 0o170_000 == 0o100_000 { 0o100_644 | (mode & 0o111) } else { mode };
    entry.id == id && plain(entry.mode) == plain(mode as u32)
}
