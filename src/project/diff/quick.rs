//! The quick way: our walk finds the files that may differ, and libgit2 compares those.

use std::path::Path;

use git2::{
    Commit, Delta, DiffFindOptions, DiffOptions, DiffStatsFormat, Index, IndexEntry, IndexTime, Patch, Repository, Tree,
};
use rustix::fs::Stat;
use thiserror::Error;

use super::index;
use super::staged::differing;
use super::untracked::untracked;
use super::walk::{Found, Remembered, SUBMODULE, is_left_alone, walk};
use super::{Counts, Diff, DiffSpec, How, Want};

/// Why git must be asked.
#[derive(Debug, Error)]
pub enum NotQuick {
    /// libgit2 does not know it, or cannot find something; git finds more, and says better what is missing.
    #[error(transparent)]
    Git(#[from] git2::Error),
    /// The worktree cannot be walked.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Something that libgit2 compares otherwise than git.
    #[error("{0}")]
    Special(&'static str),
}

/// Columns of the table: those of a terminal, as git has it where there is none.
const STAT_WIDTH: usize = 80;
/// So many files are compared with each other to see which was renamed; git's own number.
const RENAMES: usize = 1000;

/// Compares the quick way.
pub fn diff(spec: &DiffSpec, want: Want, how: How<'_>) -> Result<Diff, NotQuick> {
    let repository = Repository::open(&spec.path)?;
    let folder = repository.workdir().ok_or(NotQuick::Special("there is no worktree"))?;
    if folder.canonicalize()? != spec.path.canonicalize()? {
        return Err(NotQuick::Special("its repository has its files elsewhere"));
    }
    // Asked before it is read: one that is written meanwhile makes more suspects, not fewer.
    let written = rustix::fs::stat(repository.path().join("index")).map_or((0, 0), |stat| modified(&stat));
    let index = index::read(&repository.path().join("index"))?;
    if index.has_conflicts {
        return Err(NotQuick::Special("conflicts"));
    }
    let entries = &index.entries;
    let remembered = Remembered { entries, written };
    let base = base(&repository, spec.base.as_deref())?.tree()?;
    // The trees are read while another thread walks.
    let (found, staged) = std::thread::scope(|scope| {
        let walking = scope.spawn(|| walk(&spec.path, &remembered, how.threads, how.follow));
        let staged = differing(&repository, &base, &index);
        (walking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), staged)
    });
    let (found, staged) = (found?, staged?);
    // Whoever asks libgit2 for the index, for attributes say, is not to read all of it once more.
    repository.set_index(&mut Index::new()?)?;
    let suspects = suspects(&repository, entries, &found, staged)?;
    let untracked = untracked(&repository, &spec.path, found.unknown, how.follow)?;
    let (text, mut counts) = compare(&repository, &base, entries, suspects, want)?;
    if want == Want::Counts {
        counts = counts.with_untracked(&spec.path, &untracked);
    }
    Ok(Diff { text, counts, untracked })
}

fn modified(stat: &Stat) -> (i64, i64) {
    (stat.st_mtime, stat.st_mtime_nsec as i64)
}

/// The commit from which the worktree went its own way.
fn base<'r>(repository: &'r Repository, base: Option<&str>) -> Result<Commit<'r>, git2::Error> {
    let head = repository.head()?.peel_to_commit()?;
    let Some(base) = base else { return Ok(head) };
    let base = repository.revparse_single(base)?.peel_to_commit()?;
    repository.find_commit(repository.merge_base(base.id(), head.id())?)
}

/// Paths at which something may be different, or why git must look at them.
fn suspects(
    repository: &Repository,
    entries: &[IndexEntry],
    found: &Found,
    staged: Vec<Vec<u8>>,
) -> Result<Vec<Vec<u8>>, NotQuick> {
    /// `git add --intent-to-add`.
    const INTENT_TO_ADD: u16 = 1 << 13;
    if found.submodule {
        return Err(NotQuick::Special("a submodule is checked out"));
    }
    for &at in &found.suspects {
        if entries[at].mode == SUBMODULE || entries[at].flags_extended & INTENT_TO_ADD != 0 {
            return Err(NotQuick::Special("a submodule, or a file that is only meant to be added"));
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
    for path in &suspects {
        // libgit2 runs no programs, and would compare what is in the folder with what the filter made of it.
        if repository
            .get_attr_bytes(&super::in_folder(Path::new(""), path), "filter", git2::AttrCheckFlags::FILE_THEN_INDEX)?
            .is_some()
        {
            return Err(NotQuick::Special("a changed file with a filter"));
        }
    }
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
    loop {
        if suspects.is_empty() {
            // None would mean all.
            return Ok(<_>::default());
        }
        let mut options = options(&suspects);
        let index = index_of(entries, &suspects)?;
        // As libgit2 compares a tree with a worktree, in two steps.
        let mut diff = repository.diff_tree_to_index(Some(base), Some(&index), Some(&mut options))?;
        diff.merge(&repository.diff_index_to_workdir(Some(&index), Some(&mut options))?)?;
        if diff.deltas().any(|delta| delta.status() == Delta::Typechange) {
            // git shows one as a file that goes and another that comes, and counts it once.
            return Err(NotQuick::Special("a file that has become a link, or the other way round"));
        }
        diff.find_similar(Some(DiffFindOptions::new().renames(true).rename_limit(RENAMES)))?;
        let compared = match want {
            Want::Patch => patches(&diff)?,
            Want::Stat | Want::Counts => table(&diff, want)?,
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

fn patches(diff: &git2::Diff<'_>) -> Result<(Vec<u8>, Counts), git2::Error> {
    let (mut text, mut counts) = (Vec::new(), Counts::default());
    for at in 0..diff.deltas().len() {
        let Some(mut patch) = Patch::from_diff(diff, at)? else { continue };
        let (_, insertions, deletions) = patch.line_stats()?;
        counts.files += 1;
        counts.insertions += insertions as u64;
        counts.deletions += deletions as u64;
        text.extend_from_slice(&patch.to_buf()?);
    }
    Ok((text, counts))
}

fn table(diff: &git2::Diff<'_>, want: Want) -> Result<(Vec<u8>, Counts), git2::Error> {
    let stats = diff.stats()?;
    let counts = Counts {
        files: stats.files_changed() as u64,
        insertions: stats.insertions() as u64,
        deletions: stats.deletions() as u64,
    };
    let text = match want {
        _ if counts.files == 0 => Vec::new(),
        Want::Counts => Vec::new(),
        Want::Patch | Want::Stat => stats.to_buf(DiffStatsFormat::FULL, STAT_WIDTH)?.to_vec(),
    };
    Ok((text, counts))
}
