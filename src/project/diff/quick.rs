//! The quick way: our walk finds the files that may differ, and git looks at those and no others.

use git2::{Commit, Repository};
use thiserror::Error;

use super::attributes::{Attributes, attributes, is_among};
use super::listings::Listing;
use super::staged::staged;
use super::suspects::Suspects;
use super::unknown::unknown;
use super::untracked::untracked;
use super::walk::{Remembered, walk};
use super::{Diff, DiffSpec, How, Want};
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
    /// Something that the walk knows nothing of.
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
    let stat = rustix::fs::stat(repository.path().join("index")).ok();
    let written = stat.as_ref().map_or((0, 0), |stat| (stat.st_mtime, stat.st_mtime_nsec as i64));
    let listing = Listing::begin(how.listings, &spec.path, stat.as_ref());
    let index = index::read(&repository.path().join("index"))?;
    if index.has_conflicts {
        return Err(NotQuick::Special("conflicts"));
    }
    let remembered = Remembered { index: &index, written };
    let base = base(&repository, spec.base.as_deref())?;
    let tree = base.tree()?;
    // The trees are read while other threads walk.
    let (found, staged) = std::thread::scope(|scope| {
        let walking = scope.spawn(|| walk(&spec.path, &remembered, how.threads, how.follow));
        let staged = staged(&repository, &tree, &index);
        (walking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), staged)
    });
    let (found, staged) = (found?, staged?);
    // Whoever asks libgit2 for the index, for patterns say, is not to read all of it once more.
    repository.set_index(&mut git2::Index::new()?)?;
    let attributes = attributes(&repository, &spec.path, &index, &found.attributes)?;
    let is_same = staged.is_empty() && found.suspects.is_empty() && !found.submodule;
    // What is in a submodule, and what a program makes of a file, can change without this worktree's noticing.
    if let Some(follow) = how.follow
        && !is_same
        && (found.submodule || attributes == Attributes::Filters)
    {
        follow.cannot();
    }
    let (index, found, staged, base) = (&index, &found, &staged, &base.id().to_string());
    let suspects = Suspects { spec, want, base, index, found, staged, attributes };
    let compare = || if is_same { Ok(<_>::default()) } else { suspects.compare(how.threads) };
    // git is at work while we look for files that it does not know.
    let (compared, untracked) = std::thread::scope(|scope| {
        let comparing = scope.spawn(compare);
        let threads = how.threads.saturating_sub(1).max(1);
        let unknown = unknown(&spec.path, index, &found.folders, threads, &listing).map_err(NotQuick::from);
        let untracked = unknown.and_then(|unknown| Ok(untracked(&repository, &spec.path, unknown, how.follow)?));
        (comparing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), untracked)
    });
    listing.end(&spec.path);
    let ((text, mut counts), untracked) = (compared?, untracked?);
    if want == Want::Counts {
        let matter = attributes != Attributes::None || is_among(&untracked);
        let kinds = if matter { by_git::kinds(spec, &untracked)? } else { Vec::new() };
        counts = counts.with_untracked(&spec.path, &untracked, &kinds);
    }
    Ok(Diff { text, counts, untracked })
}

/// The commit from which the worktree went its own way.
fn base<'r>(repository: &'r Repository, base: Option<&str>) -> Result<Commit<'r>, git2::Error> {
    let head = repository.head()?.peel_to_commit()?;
    let Some(base) = base else { return Ok(head) };
    let base = repository.revparse_single(base)?.peel_to_commit()?;
    repository.find_commit(repository.merge_base(base.id(), head.id())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::diff::{Counts, git_in};

    /// Where this way fails another one answers, and is slower: nobody else would notice.
    #[test]
    fn it_is_taken_for_what_agents_do() {
        let folder = tempfile::tempdir().unwrap();
        let git = |words: &[&str]| git_in(folder.path(), words);
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        git(&["init", "--quiet", "--initial-branch", "main"]);
        write("changed", "1\n");
        write("gone", "x\ny\n");
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", "x"]);
        git(&["checkout", "--quiet", "-b", "work"]);
        write("committed", "1\n");
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", "x"]);
        write("staged", "1\n2\n");
        write("staged and gone", "1\n");
        git(&["add", "--all"]);
        std::fs::remove_file(folder.path().join("staged and gone")).unwrap();
        std::fs::remove_file(folder.path().join("gone")).unwrap();
        write("changed", "2\n");
        write("unknown", "1\n");
        let spec = DiffSpec { path: folder.path().to_owned(), base: Some("main".to_owned()) };
        for want in [Want::Patch, Want::Stat] {
            let diff = super::diff(&spec, want, How { threads: 2, follow: None, listings: None }).unwrap();
            let Counts { files, insertions, deletions } = diff.counts;
            assert_eq!(([files, insertions, deletions], diff.untracked), ([4, 4, 3], vec![b"unknown".to_vec()]));
        }
    }
}
