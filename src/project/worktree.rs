//! Worktrees: an agent's own checkout of the repository, under `.pintle/worktrees`.
//!
//! Made by `git` and not by `git2`: libgit2 runs no external filters (a checkout would hold LFS pointers in place of files), knows no
//! sparse checkouts, runs no `post-checkout` hook, and cannot open a repository with reftables or sha256. What git is asked on the way is
//! asked of the same git, which is running anyway; a question is 2 ms.
//!
//! A branch is deleted only with its worktree, and only when every commit of it is somewhere else: where it came from, on a remote, or
//! saved. One that was made for a worktree that then could not be made goes again while nothing was added to it.

mod branch;
mod bring;
mod create;
mod doors;
pub(in crate::project) mod git;
mod half_made;
mod name;
mod orphan;
mod remove;
mod save;
mod survey;
mod turns;
mod work;

pub use bring::{Bring, Pattern};
pub use create::{CreateSpec, Plan, create, plan, undo};
pub use doors::{Closed, Doors, Entered};
pub use git::{GitError, MAKES};
pub use half_made::has_files_of_its_own;
pub use name::{BRANCH_PREFIX, LONGEST, is_branch_prefix, normalised};
pub use orphan::orphans;
pub use remove::{RemoteBranch, away, delete_branch, delete_remote_branch, put_away, put_back, remote_branch, remove};
pub use save::{Label, SAVED, Saved, fill, give_up, save, saved};
pub use survey::{Place, Remote, Survey, survey, written_since};
pub use turns::{AllTurns, Turns, shared_folder};
pub use work::{check, names_in_use};

use std::path::PathBuf;

use thiserror::Error;

/// A worktree that cannot be made, or not be taken away.
#[derive(Debug, Error)]
pub enum WorktreeError {
    /// The project is no repository.
    #[error(
        "{0}: not in a git repository; run `git init` there, `pintle init` once more, and commit something, or spawn with `root`"
    )]
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
    /// Somebody has it checked out: git lets a branch be in one place only.
    #[error("the branch `{branch}` is checked out in {at}; check out another one there, or choose another name")]
    CheckedOut {
        /// The branch of the worktree.
        branch: String,
        /// Where.
        at: String,
    },
    /// git knows a worktree that has this branch checked out, and its folder is gone.
    #[error(
        "the branch `{branch}` is checked out in {at}, which is gone; `git worktree prune` lets git forget that, or choose another name"
    )]
    CheckedOutNowhere {
        /// The branch of the worktree.
        branch: String,
        /// Where.
        at: String,
    },
    /// There are files where a worktree was, and git does not know it any more.
    #[error(
        "{0}: this is no checkout any more, its `.git` is gone or leads elsewhere; look at what is in there, and remove the folder by hand"
    )]
    NoCheckout(PathBuf),
    /// Part of it cannot be looked at.
    #[error("{path}: this cannot be looked at, so nobody knows what would be lost with it: {source}")]
    Unseen {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something else is mounted there.
    #[error("{0}: something is mounted there, and would be emptied; unmount it first")]
    Mounted(PathBuf),
    /// git knows it somewhere else.
    #[error("{path}: it was moved to {to}; `git worktree move {to} {path}` brings it back")]
    Moved {
        /// Where it should be.
        path: PathBuf,
        /// Where it is.
        to: PathBuf,
    },
    /// git did not take everything.
    #[error("{path}: `{left}` cannot be saved; move it away, or have git ignore it")]
    Unsaved {
        /// The worktree.
        path: PathBuf,
        /// The first file that is left.
        left: String,
    },
    /// The system refused.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// git itself.
    #[error(transparent)]
    Git(#[from] GitError),
}
