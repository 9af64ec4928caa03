//! The quick way: our walk finds the files that may differ, and libgit2 compares those that are plain, else git.

use git2::{Commit, Repository};
use rustix::fs::Stat;
use thiserror::Error;

use super::attributes::{Attributes, attributes, is_among};
use super::given::Given;
use super::plain::plainly;
use super::staged::differing;
use super::untracked::untracked;
use super::walk::{Found, Remembered, SUBMODULE, walk};
use super::{Counts, Diff, DiffSpec, How, Want};
use super::{by_git, index};
use crate::project::worktree::git::GitError;

/// Why git must be asked.
#[derive(Debug, Error)]
pub enum NotQuick {
    /// libgit2 does not know it, or cannot find something; git finds more, and says better what is missing.
    #[error(transparent)]
    Git(#[from] git2::Error),
    /// git did not compare the suspects alone.
    #[error(transparent)]
    Refused(#[from] GitError),
    /// The worktree cannot be walked.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Something that libgit2 compares otherwise than git.
    #[error("{0}")]
    Special(&'static str),
}

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
    let base = base(&repository, spec.base.as_deref())?;
    let tree = base.tree()?;
    // The trees are read while another thread walks.
    let (found, staged) = std::thread::scope(|scope| {
        let walking = scope.spawn(|| walk(&spec.path, &remembered, how.threads, how.follow));
        let staged = differing(&repository, &tree, &index);
        (walking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), staged)
    });
    let (found, staged) = (found?, staged?);
    let attributes = attributes(&repository, &spec.path, entries, &found.unknown)?;
    let (text, mut counts) = match plainly(&repository, &tree, entries, &found, staged, attributes, want) {
        Ok(compared) => compared,
        Err(why) => {
            tracing::debug!(path = %spec.path.display(), %why, "suspects compared by git");
            // What is in a submodule, and what a program makes of a file, can change without this worktree's noticing.
            if let Some(follow) = how.follow
                && (found.submodule || attributes == Attributes::Filters)
            {
                follow.cannot();
            }
            with_git(spec, want, &base, &index, &found)?
        }
    };
    let untracked = untracked(&repository, &spec.path, found.unknown, how.follow)?;
    if want == Want::Counts {
        let matter = attributes != Attributes::None || is_among(&untracked);
        let kinds = if matter { by_git::kinds(spec, &untracked)? } else { Vec::new() };
        counts = counts.with_untracked(&spec.path, &untracked, &kinds);
    }
    Ok(Diff { text, counts, untracked })
}

/// Has git compare. It looks at the suspects' files only, and knows what is behind every case.
fn with_git(
    spec: &DiffSpec,
    want: Want,
    base: &Commit<'_>,
    index: &index::Read,
    found: &Found,
) -> Result<(Vec<u8>, Counts), NotQuick> {
    let is_asked_for = |at| found.suspects.binary_search(&at).is_ok() || index.entries[at].mode == SUBMODULE;
    // One that is not there yet is empty for git too.
    let given = if index.entries.is_empty() { None } else { Some(Given::of(&index.marked(is_asked_for))?) };
    // It would look at all files in advance, marked or not.
    Ok(by_git::compare(spec, want, &base.id().to_string(), given.as_ref(), &["core.preloadIndex=false"])?)
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
