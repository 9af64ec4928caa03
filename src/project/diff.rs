//! What has changed in a worktree since it left its base: committed, staged and not, together.
//!
//! What is said is what `git diff` says, since git says it. What takes it long is ours in nearly all cases ([`quick`]): a walk over the files that
//! the index knows ([`walk`]), on as many threads as there are cores, finds those that may differ, and git is given an index of those alone
//! ([`narrow`]), or one in which all others are marked as not to be looked at ([`suspects`]). Meanwhile we look for files that it does not know
//! ([`unknown`], [`untracked`]), for which it would need a second walk. That libgit2 compares the few files was the way before: it takes
//! longer than git does from its start to its end, and says something else of attributes, renames, names with a space, files without content,
//! links and submodules.
//!
//! Nothing is written: an index that is refreshed is locked, and an agent that commits at that moment is refused by git ([`given`]).
//!
//! The index is read by ourselves too ([`index`]): libgit2 checks the sum of all of it first.
//!
//! Where there is no walk git does all of it ([`by_git`]): repositories that libgit2 cannot open (reftable, sha256), sparse or split indexes,
//! conflicts.

mod attributes;
mod by_git;
mod given;
mod index;
mod listings;
mod narrow;
mod quick;
mod staged;
mod stat;
mod suspects;
mod unknown;
mod untracked;
mod walk;

pub use listings::Listings;
pub use stat::Counts;
pub use walk::{Follow, Linked};

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use thiserror::Error;

use super::worktree::git::GitError;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// The patch.
    Patch,
    /// A table of files with how much has changed in each, 80 columns wide.
    Stat,
    /// The counts only, and the untracked files' too.
    Counts,
}

/// A worktree to be looked at.
#[derive(Clone, Debug)]
pub struct DiffSpec {
    /// Its folder.
    pub path: PathBuf,
    /// What it was made from. `None`: it is compared with its own HEAD.
    pub base: Option<String>,
}

/// What has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// The patch or the table, as git prints it; of any encoding, since lines of files are in it.
    pub text: Vec<u8>,
    /// Of what git knows.
    pub counts: Counts,
    /// Paths of files that git neither knows nor ignores, relative to the worktree, in their order. A repository inside is one path that
    /// ends with `/`.
    pub untracked: Vec<Vec<u8>>,
}

/// A worktree that cannot be compared.
#[derive(Debug, Error)]
pub enum DiffError {
    /// Its folder is gone.
    #[error("{0}: the folder of the worktree is gone")]
    NoFolder(PathBuf),
    /// Its base is gone.
    #[error(
        "no branch, tag or commit `{0}` any more, from which the worktree was made; a branch of that name would do"
    )]
    NoBase(String),
    /// Nothing is committed where its HEAD is.
    #[error("{0}: nothing has been committed on this branch yet, so there is nothing to compare with")]
    NoCommit(PathBuf),
    /// Base and HEAD have no commit in common.
    #[error("`{0}` and the worktree's HEAD have no commit in common")]
    NothingInCommon(String),
    /// git itself.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// How many threads may work on one worktree, who is told of every folder that is looked at, and what is known already.
#[derive(Clone, Copy)]
pub struct How<'a> {
    /// At least 1.
    pub threads: usize,
    /// Follows the folders, for [`super::pulse`].
    pub follow: Option<&'a dyn Follow>,
    /// What is remembered of its folders, and the time.
    pub listings: Option<(&'a Listings, Timestamp)>,
}

/// Compares. To be called on a thread that may wait.
pub fn diff(spec: &DiffSpec, want: Want, how: How<'_>) -> Result<Diff, DiffError> {
    let missing = || DiffError::NoFolder(spec.path.clone());
    if !spec.path.is_dir() {
        return Err(missing());
    }
    match quick::diff(spec, want, how) {
        Ok(diff) => Ok(diff),
        Err(why) => {
            tracing::debug!(path = %spec.path.display(), %why, "compared by git");
            if let Some(follow) = how.follow {
                follow.cannot();
            }
            by_git::diff(spec, want)
        }
    }
}

/// A path for people and clients: as it is where it is UTF-8, else as git writes such paths, `"caf\351"`.
pub fn shown(path: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(path) {
        return text.to_owned();
    }
    let mut out = "\"".to_owned();
    for &byte in path {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\{byte:03o}")),
        }
    }
    out + "\""
}

/// Text of any encoding for people and clients: what is not UTF-8 is `U+FFFD`. Not copied where all of it is.
pub fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The path in a worktree.
fn in_folder(folder: &Path, path: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    folder.join(std::ffi::OsStr::from_bytes(path))
}

/// git, with which tests make what is compared.
#[cfg(test)]
fn git_in(folder: &Path, words: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@b"];
    let output = std::process::Command::new("git").current_dir(folder).args(identity).args(words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {output:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_are_no_text_are_told_apart() {
        assert_eq!(shown("größe a\tb".as_bytes()), "größe a\tb");
        assert_eq!(shown(b"caf\xe9 \"x\"\n"), r#""caf\351 \"x\"\012""#);
        assert_eq!(text(b"a\xffb".to_vec()), "a\u{fffd}b");
    }
}
