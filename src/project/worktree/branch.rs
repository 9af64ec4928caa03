//! What a worktree starts from, and whether its branch may be used.

use std::path::Path;

use super::WorktreeError;
use super::git::{ask, git};

/// What a worktree starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The branch or tag that was asked for, or that HEAD is on; where there is none, the commit. A word that means something else in another
    /// worktree or at another time (`HEAD`, `main~2`) would make what has been done there invisible.
    pub name: String,
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
            let name = name(root, asked).await?.unwrap_or_else(|| commit.clone());
            Ok(Base { name, commit })
        }
        None => {
            let commit = commit(root, "HEAD").await?.ok_or_else(|| WorktreeError::NoCommit(root.to_owned()))?;
            let name = ask(root, &["symbolic-ref", "--quiet", "--short", "HEAD"]).await?;
            Ok(Base { name: name.unwrap_or_else(|| commit.clone()), commit })
        }
    }
}

/// The name of the branch or tag that is meant, if one is.
async fn name(root: &Path, asked: &str) -> Result<Option<String>, WorktreeError> {
    let words = ["rev-parse", "--verify", "--quiet", "--symbolic-full-name", "--end-of-options", asked];
    let full = ask(root, &words).await?.unwrap_or_default();
    // What was asked for may say more than the short form: `heads/v1` beside a tag of that name.
    let is_itself = full.strip_suffix(asked).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    let kinds = ["refs/heads/", "refs/remotes/", "refs/tags/"];
    let short = kinds.iter().find_map(|kind| full.strip_prefix(kind));
    Ok(if is_itself { Some(asked) } else { short }.filter(|name| !name.is_empty()).map(str::to_owned))
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

/// How the branch may be used. One with work that is not in the base is an error, and so is one that is checked out: it is somebody's.
pub async fn way(root: &Path, branch: &str, base: &Base) -> Result<Way, WorktreeError> {
    let Some(tip) = commit(root, &format!("refs/heads/{branch}")).await? else { return Ok(Way::New) };
    let words = ["for-each-ref", "--format=%(worktreepath)", &format!("refs/heads/{branch}")];
    let at = git(root, &words).await?;
    if !at.is_empty() {
        let (branch, is_there) = (branch.to_owned(), Path::new(&at).exists());
        return Err(match is_there {
            true => WorktreeError::CheckedOut { branch, at },
            false => WorktreeError::CheckedOutNowhere { branch, at },
        });
    }
    if tip == base.commit {
        return Ok(Way::AsItIs);
    }
    let only_there = git(root, &["rev-list", "--count", &format!("{}..{tip}", base.commit)]).await?;
    if only_there == "0" {
        return Ok(Way::Forward(tip));
    }
    let commits = if only_there == "1" { "a commit".to_owned() } else { format!("{only_there} commits") };
    Err(WorktreeError::Unmerged { branch: branch.to_owned(), commits, base: base.name.clone() })
}
