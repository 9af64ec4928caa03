//! What libgit2 compares as git does: lines of files that nothing else has a say in.
//!
//! Whatever is not as plain is left to git, by a list of cases. Each of them is one in which libgit2 was seen to say something else.

use git2::{Delta, DiffOptions, Index, IndexEntry, IndexTime, Patch, Repository, Tree};

use super::attributes::Attributes;
use super::quick::NotQuick;
use super::walk::{Found, SUBMODULE, is_left_alone};
use super::{Counts, Want, abbreviation};

/// libgit2 keeps a note of every line, which may be longer than the line, and would keep it in the daemon.
const LARGE: u64 = 8 << 20;
/// The id of a file without content.
const EMPTY: &[u8] = b"\xe6\x9d\xe2\x9b\xb2\xd1\xd6\x43\x4b\x8b\x29\xae\x77\x5a\xd8\xc2\xe4\x8c\x53\x91";

/// Has libgit2 compare what is simple, or says why git must.
pub fn plainly(
    repository: &Repository,
    base: &Tree<'_>,
    entries: &[IndexEntry],
    found: &Found,
    staged: Vec<Vec<u8>>,
    attributes: Attributes,
    want: Want,
) -> Result<(Vec<u8>, Counts), NotQuick> {
    if found.submodule {
        return Err(NotQuick::Special("a submodule is checked out"));
    }
    let suspects = suspects(entries, found, staged)?;
    if suspects.is_empty() {
        return Ok(<_>::default());
    }
    if attributes != Attributes::None {
        return Err(NotQuick::Special("attributes that have a say in it"));
    }
    if want == Want::Stat {
        return Err(NotQuick::Special("a table, in which names are folded and bars drawn to scale"));
    }
    // Whoever asks libgit2 for the index, for attributes say, is not to read all of it once more.
    repository.set_index(&mut Index::new()?)?;
    compare(repository, base, entries, suspects, want)
}

/// Paths at which something may be different, or why git must look at them.
fn suspects(entries: &[IndexEntry], found: &Found, staged: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, NotQuick> {
    /// `git add --intent-to-add`.
    const INTENT_TO_ADD: u16 = 1 << 13;
    for entry in found.suspects.iter().map(|at| &entries[*at]) {
        if entry.mode == SUBMODULE || entry.flags_extended & INTENT_TO_ADD != 0 {
            return Err(NotQuick::Special("a submodule, or a file that is only meant to be added"));
        }
        if is_left_alone(entry) {
            return Err(NotQuick::Special("a file that was left out of the checkout, and is there"));
        }
    }
    for path in &staged {
        let entry = entries.binary_search_by(|entry| entry.path.cmp(path)).map(|at| &entries[at]);
        if entry.is_ok_and(|entry| is_left_alone(entry) || entry.flags_extended & INTENT_TO_ADD != 0) {
            return Err(NotQuick::Special("a changed file that git does not look at"));
        }
    }
    let mut suspects = staged;
    suspects.extend(found.suspects.iter().map(|at| entries[*at].path.clone()));
    suspects.sort_unstable();
    suspects.dedup();
    Ok(suspects)
}

/// Has libgit2 compare what is suspected.
fn compare(
    repository: &Repository,
    base: &Tree<'_>,
    entries: &[IndexEntry],
    mut suspects: Vec<Vec<u8>>,
    want: Want,
) -> Result<(Vec<u8>, Counts), NotQuick> {
    let abbreviation = abbreviation::length(&repository.commondir().join("objects"));
    loop {
        if suspects.is_empty() {
            // None would mean all.
            return Ok(<_>::default());
        }
        let mut options = options(&suspects);
        options.id_abbrev(abbreviation);
        let index = index_of(entries, &suspects)?;
        // As libgit2 compares a tree with a worktree, in two steps.
        let mut diff = repository.diff_tree_to_index(Some(base), Some(&index), Some(&mut options))?;
        diff.merge(&repository.diff_index_to_workdir(Some(&index), Some(&mut options))?)?;
        if let Some(why) = is_not_simple(&diff) {
            return Err(NotQuick::Special(why));
        }
        let compared = match want {
            Want::Counts => (Vec::new(), counts(&diff)?),
            Want::Patch | Want::Stat => patches(&diff)?,
        };
        // Of a file that was only touched, or changed and changed back, this is known now that it was read.
        let before = suspects.len();
        for delta in diff.deltas() {
            let (old, new) = (delta.old_file(), delta.new_file());
            if delta.status() == Delta::Unmodified
                || (delta.status() == Delta::Modified && old.id() == new.id() && old.mode() == new.mode())
            {
                suspects.retain(|path| Some(path.as_slice()) != new.path_bytes());
            }
        }
        if suspects.len() == before {
            return Ok(compared);
        }
    }
}

/// Why libgit2 would not say of these what git says.
fn is_not_simple(diff: &git2::Diff<'_>) -> Option<&'static str> {
    let (mut added, mut deleted) = (false, false);
    for delta in diff.deltas() {
        if delta.new_file().size() > LARGE {
            return Some("a large file");
        }
        if !delta.new_file().path_bytes().is_some_and(is_plain) {
            return Some("a name that git quotes, or puts a tab behind");
        }
        let is_empty = match delta.status() {
            // git shows one as a file that goes and another that comes, and counts it once.
            Delta::Typechange => return Some("a file that has become a link, or the other way round"),
            Delta::Added => {
                added = true;
                delta.new_file().size() == 0
            }
            Delta::Deleted => {
                deleted = true;
                // How large it was is not known here.
                delta.old_file().id().as_bytes() == EMPTY
            }
            _ => continue,
        };
        if is_empty {
            return Some("a file without content, of which git says only that it comes or goes");
        }
    }
    // libgit2 reckons otherwise how much two files have in common, and which of two that are the same went where.
    (added && deleted).then_some("files that come and others that go, of which some may have been renamed")
}

/// An index of nothing but the suspects. What it remembers of the times of their files is left out: libgit2 is to look at what is in them.
fn index_of(entries: &[IndexEntry], suspects: &[Vec<u8>]) -> Result<Index, git2::Error> {
    let mut index = Index::new()?;
    let known = suspects.iter().filter_map(|path| entries.binary_search_by(|entry| entry.path.cmp(path)).ok());
    for at in known {
        let IndexEntry { mode, file_size, id, path, .. } = &entries[at];
        let zero = IndexTime::new(0, 0);
        index.add(&IndexEntry {
            ctime: zero,
            mtime: zero,
            dev: 0,
            ino: 0,
            mode: *mode,
            uid: 0,
            gid: 0,
            file_size: *file_size,
            id: *id,
            flags: 0,
            flags_extended: 0,
            path: path.clone(),
        })?;
    }
    Ok(index)
}

fn options(suspects: &[Vec<u8>]) -> DiffOptions {
    let mut options = DiffOptions::new();
    // What a person has configured for their own eyes must not change what programs read.
    options.old_prefix("a").new_prefix("b").context_lines(3).indent_heuristic(true);
    options.include_typechange(true).ignore_submodules(true).disable_pathspec_match(true);
    for path in suspects {
        options.pathspec(path.as_slice());
    }
    options
}

/// Whether a name is printed as it is.
fn is_plain(name: &[u8]) -> bool {
    name.iter().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

fn patches(diff: &git2::Diff<'_>) -> Result<(Vec<u8>, Counts), git2::Error> {
    let (mut text, mut counts) = (Vec::new(), Counts::default());
    for at in 0..diff.deltas().len() {
        let Some(mut patch) = Patch::from_diff(diff, at)? else { continue };
        let (_, insertions, deletions) = patch.line_stats()?;
        counts.files += 1;
        counts.insertions += insertions as u64;
        counts.deletions += deletions as u64;
        // Line by line: as a whole it would be there twice, and it may be large.
        patch.print(&mut |_, _, line| {
            if matches!(line.origin(), ' ' | '+' | '-') {
                text.push(line.origin() as u8);
            }
            match line.origin() {
                // What it says of the place is cut; git then leaves out a space at its end.
                'H' => {
                    text.extend_from_slice(line.content().trim_ascii_end());
                    text.push(b'\n');
                }
                _ => text.extend_from_slice(line.content()),
            }
            true
        })?;
    }
    Ok((text, counts))
}

fn counts(diff: &git2::Diff<'_>) -> Result<Counts, git2::Error> {
    let stats = diff.stats()?;
    Ok(Counts {
        files: stats.files_changed() as u64,
        insertions: stats.insertions() as u64,
        deletions: stats.deletions() as u64,
    })
}
