//! Worktrees: an agent's own checkout of the repository, under `.pintle/worktrees`.
//!
//! Made by `git` and not by `git2`: libgit2 runs no external filters (a checkout would hold LFS pointers in place of files), knows no
//! sparse checkouts, runs no `post-checkout` hook, and cannot open a repository with reftables or sha256. What git is asked on the way is
//! asked of the same git, which is running anyway; a question is 2 ms.
//!
//! A branch is never deleted, but one that was made for a worktree that then could not be made, and only while nothing was added to it.

mod branch;
mod create;
mod git;
mod name;
mod work;

pub use create::{CreateSpec, Created, create, undo};
pub use git::GitError;
pub use name::{BRANCH_PREFIX, LONGEST, branch_name, normalised};
pub use work::{check, names_in_use, remove_unused, work_in};

use std::path::PathBuf;

use thiserror::Error;

/// A worktree that cannot be made.
#[derive(Debug, Error)]
pub enum WorktreeError {
    /// The project is no repository.
    #[error("{0}: not in a git repository; run `git init` there and commit something, or spawn with `root`")]
    NoRepository(PathBuf),
    /// There is nothing to start from.
    #[error(
        "{0}: nothing has been committed yet, so there is nothing a worktree could start from; commit something first"
    )]
    NoCommit(PathBuf),
    /// The base that was asked for does not exist.
    #[error("no branch, tag or commit `{0}`; `git branch --all` lists the branches")]
    NoBase(String),
    /// The branch holds work that the base does not have.
    #[error(
        "the branch `{branch}` exists and has {commits} that `{base}` does not have; merge or rename it, or choose another name"
    )]
    Unmerged {
        /// The branch of the worktree.
        branch: String,
        /// How many commits, in words.
        commits: String,
        /// What it was to start from.
        base: String,
    },
    /// git itself.
    #[error(transparent)]
    Git(#[from] GitError),
}
