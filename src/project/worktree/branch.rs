//! What a worktree starts from, and whether its branch may be used.

use std::path::Path;

use super::WorktreeError;
use super::git::{ask, git};

/// What a worktree starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The name that was asked for, or the branch that HEAD is on; `None` where HEAD is on none.
    pub name: Option<String>,
    /// The commit.
    pub commit: String,
}

/// Finds the base: the named branch, tag or commit, or else where HEAD is.
pub async fn base(root: &Path, asked: Option<&str>) -> Result<Base, WorktreeError> {
    if ask(root, &["rev-parse", "--git-dir"]).await?.is_none() {
        return Err(WorktreeError::NoRepository(root.to_owned()));
    }
    match asked {
        Some(asked) => {
            let commit = commit(root, asked).await?;
            let commit = commit.ok_or_else(|| WorktreeError::NoBase(asked.to_owned()))?;
            Ok(Base { name: Some(asked.to_owned()), commit })
        }
        None => {
            let commit = commit(root, "HEAD").await?.ok_or_else(|| WorktreeError::NoCommit(root.to_owned()))?;
            Ok(Base { name: ask(root, &["symbolic-ref", "--quiet", "--short", "HEAD"]).await?, commit })
        }
    }
}

async fn commit(root: &Path, name: &str) -> Result<Option<String>, WorktreeError> {
    let name = format!("{name}^{{commit}}");
    Ok(ask(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &name]).await?)
}

/// How a worktree gets its branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// There is none: it is made.
    New,
    /// There is one where the base is.
    AsItIs,
    /// There is one, here, of which the base has every commit: it is moved up to it.
    Forward(String),
}

/// How the branch may be used. One with work that is not in the base is an error: it is somebody's.
pub async fn way(root: &Path, branch: &str, base: &Base) -> Result<Way, WorktreeError> {
    let Some(tip) = commit(root, &format!("refs/heads/{branch}")).await? else { return Ok(Way::New) };
    if tip == base.commit {
        return Ok(Way::AsItIs);
    }
    let only_there = git(root, &["rev-list", "--count", &format!("{}..{tip}", base.commit)]).await?;
    if only_there == "0" {
        return Ok(Way::Forward(tip));
    }
    let commits = if only_there == "1" { "a commit".to_owned() } else { format!("{only_there} commits") };
    let base = base.name.clone().unwrap_or_else(|| "HEAD".to_owned());
    Err(WorktreeError::Unmerged { branch: branch.to_owned(), commits, base })
}
