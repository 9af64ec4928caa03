//! What would be lost with a worktree: what git has nowhere else.
//!
//! Files that git ignores do not count, nor does what the project's own folder has word for word: such files were brought along. Commits
//! count if no other branch, tag or remote has them.

mod elsewhere;
mod find;
mod hidden;
mod inside;
mod made_here;
mod walk;

use std::collections::BTreeSet;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use self::elsewhere::Elsewhere;
use self::find::{Found, find};
pub use self::hidden::flagged;
use self::hidden::hidden;
pub use self::inside::within;
use self::inside::{git_folder_of, ignored, is_linked_worktree, submodules, unended, work_in};
use self::walk::{Walk, as_path, walk};
use super::WorktreeError;
use super::git::{GitError, NO_LOCKS, ask, git, list};

/// Most commits that are looked at: for whoever reads the list, more of them are no news.
const COMMITS_MAX: &str = "100";
/// Most entries of a kind that an error names.
const NAMED: usize = 5;

/// Where a worktree is, and its branch.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The project.
    pub root: &'a Path,
    /// The worktree's folder.
    pub path: &'a Path,
    /// Its branch.
    pub branch: &'a str,
}

/// A remote's branch that goes with a worktree, so that what only it has counts too.
#[derive(Clone, Copy, Debug)]
pub struct Remote<'a> {
    /// `refs/remotes/…`
    pub tracked: &'a str,
    /// Where that is.
    pub commit: &'a str,
}

/// What a worktree holds that is nowhere else. Paths as text, with what is none replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Its folder is there.
    pub is_there: bool,
    /// Files of git's that are changed, staged or not.
    pub changed: Vec<String>,
    /// Files that git does not know.
    pub untracked: Vec<String>,
    /// Files and whole folders that git ignores, which therefore do not count, and that the project's own folder has not in the same way.
    pub ignored: Vec<String>,
    /// Commits that nothing else has, the newest first: short id and subject.
    pub commits: Vec<String>,
    /// Repositories inside of it with work of their own, submodules or not, and what git has begun there and not ended (a rebase, a merge).
    /// Nothing of that can be saved from outside.
    pub repositories: Vec<String>,
    /// Why somebody has locked it (`git worktree lock`).
    pub locked: Option<String>,
    /// The commit that is checked out.
    pub head: Option<String>,
    /// The branch that it is on, `refs/heads/…`; `None` where it is on none.
    pub on: Option<String>,
    /// The commit that its branch is at.
    pub tip: Option<String>,
    /// The folder that git keeps for it, where there is one.
    pub(super) git_folder: Option<PathBuf>,
    /// Repositories inside that git takes for one thing each. Those with work keep the worktree; of the others git would save the commit at
    /// most, and not even that where there is none.
    pub(super) closed_repositories: Vec<Vec<u8>>,
    /// The same as `changed`, byte for byte, as far as the folder is there.
    pub(super) changed_paths: Vec<Vec<u8>>,
    /// Every file there, as it looked before anything else was asked.
    walk: Walk,
}

impl Survey {
    /// What of it cannot be saved, in words.
    pub fn unsavable(&self) -> Option<String> {
        let part = Self { repositories: self.repositories.clone(), ..Self::default() };
        (!part.repositories.is_empty()).then(|| part.to_string())
    }

    /// Whether anything of it is nowhere else.
    pub fn would_lose(&self) -> bool {
        ![&self.changed, &self.untracked, &self.commits, &self.repositories].iter().all(|list| list.is_empty())
    }
}

impl fmt::Display for Survey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (&self.changed, "changed file", "changed files"),
            (&self.untracked, "untracked file", "untracked files"),
            (&self.commits, "commit that nothing else has", "commits that nothing else has"),
            (&self.repositories, "thing that cannot be saved from outside", "things that cannot be saved from outside"),
        ];
        let mut is_first = true;
        for (list, one, many) in parts.into_iter().filter(|(list, _, _)| !list.is_empty()) {
            let names: Vec<&str> = list.iter().take(NAMED).map(String::as_str).collect();
            let rest = if list.len() > NAMED { ", …" } else { "" };
            let what = if list.len() == 1 { one } else { many };
            let comma = if is_first { "" } else { "; " };
            write!(f, "{comma}{} {what} ({}{rest})", list.len(), names.join(", "))?;
            is_first = false;
        }
        Ok(())
    }
}

/// Looks at a worktree.
pub async fn survey(place: &Place<'_>, remote: Option<Remote<'_>>) -> Result<Survey, WorktreeError> {
    let mut survey =
        Survey { tip: commit(place.root, &format!("refs/heads/{}", place.branch)).await?, ..Survey::default() };
    match find(place).await? {
        Found::There(folder) => {
            survey.is_there = true;
            // Before git is asked: what is written meanwhile is seen by whoever compares later.
            survey.walk = walk(place.path).await?;
            survey.head = commit(place.path, "HEAD").await?;
            let links: BTreeSet<Vec<u8>> = submodules(place.path).await?.into_iter().collect();
            let empty = links.into_iter().filter(|link| !place.path.join(as_path(link)).join(".git").exists());
            let empty: Vec<Vec<u8>> = empty.collect();
            files(place, &mut survey).await?;
            survey.changed_paths.extend(hidden(place.path).await?);
            survey.changed = survey.changed_paths.iter().map(|path| text(path)).collect();
            // git does not look into these at all.
            let lying = empty.iter().flat_map(|link| survey.walk.below(link)).map(|path| text(path));
            let lying: Vec<String> =
                lying.map(|path| format!("{path}, where git keeps nothing but a submodule")).collect();
            survey.repositories.extend(lying);
            let (looked_at, elsewhere) = repositories(place, &mut survey).await?;
            survey.repositories.extend(unended(place.root, &folder, &looked_at, &elsewhere).await?);
            survey.git_folder = Some(folder);
        }
        Found::Away(Some(folder)) => {
            survey.head = commit_within(place.root, &folder, "HEAD").await?;
            survey.changed = staged(place.root, &folder).await?;
            let elsewhere = Elsewhere::of(place.path, []);
            survey.repositories.extend(unended(place.root, &folder, &BTreeSet::new(), &elsewhere).await?);
            survey.git_folder = Some(folder);
        }
        Found::Away(None) => {}
    }
    if let Some(folder) = &survey.git_folder {
        survey.on = ask(place.root, &within(folder, &["symbolic-ref", "--quiet", "HEAD"])).await?;
    }
    let locked = survey.git_folder.as_ref().and_then(|folder| std::fs::read_to_string(folder.join("locked")).ok());
    survey.locked = locked.map(|why| why.trim().to_owned());
    survey.commits = commits(place, &survey, remote).await?;
    Ok(survey)
}

/// Whether anybody has written into it since it was looked at, wherever its folder is by now: then the first such path. What git ignores does
/// not count.
pub async fn written_since(folder: &Path, survey: &Survey) -> Result<Option<String>, WorktreeError> {
    if !survey.is_there {
        return Ok(None);
    }
    let now = walk(folder).await?;
    let written = survey.walk.differences(&now);
    if written.is_empty() {
        return Ok(None);
    }
    let ignored = ignored(folder, &now.repositories, &written).await?;
    Ok(written.iter().find(|path| !ignored.contains(*path)).map(|path| text(path)))
}

/// Files that are staged in a worktree that is away: nothing else of it is left.
async fn staged(root: &Path, folder: &Path) -> Result<Vec<String>, GitError> {
    let words = match commit_within(root, folder, "HEAD").await? {
        Some(_) => {
            within(folder, &["diff-index", "--cached", "--name-only", "-z", "--ignore-submodules=none", "HEAD", "--"])
        }
        None => within(folder, &["ls-files", "-z"]),
    };
    let said = list(root, &words).await?;
    Ok(said.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(text).collect())
}

/// The same as [`commit`] where a worktree may be away.
async fn commit_within(root: &Path, folder: &Path, name: &str) -> Result<Option<String>, GitError> {
    ask(root, &within(folder, &["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")])).await
}

async fn commit(folder: &Path, name: &str) -> Result<Option<String>, GitError> {
    ask(folder, &["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")]).await
}

async fn files(place: &Place<'_>, survey: &mut Survey) -> Result<(), WorktreeError> {
    const ALL: [&str; 3] = ["--untracked-files=all", "--ignored=matching", "--ignore-submodules=none"];
    let words = [&[NO_LOCKS, "status", "--porcelain=v2", "-z"][..], &ALL].concat();
    let said = list(place.path, &words).await?;
    let mut entries = said.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
    while let Some(entry) = entries.next() {
        match entry.split_first() {
            Some((b'?', path)) => {
                let path = path.strip_prefix(b" ").unwrap_or(path);
                // A folder is a repository of which git tracks nothing, and looked at as such.
                match path.strip_suffix(b"/") {
                    Some(folder) => survey.closed_repositories.push(folder.to_vec()),
                    None if is_brought(place, path) => {}
                    None => survey.untracked.push(text(path)),
                }
            }
            Some((b'!', path)) => {
                let path = path.strip_prefix(b" ").unwrap_or(path);
                survey.ignored.extend((!is_brought(place, path)).then(|| text(path)));
            }
            Some((b'1', _)) => survey.changed_paths.extend(nth(entry, 8)),
            Some((b'2', _)) => {
                // What it was called before is an entry of its own.
                entries.next();
                survey.changed_paths.extend(nth(entry, 9));
            }
            Some((b'u', _)) => survey.changed_paths.extend(nth(entry, 10)),
            _ => {}
        }
    }
    Ok(())
}

/// Repositories inside, wherever they lie. One that git ignores does not count, unless a repository elsewhere knows it. Returns the folders
/// that git keeps for those that were looked at, and what lies elsewhere for them.
async fn repositories(place: &Place<'_>, survey: &mut Survey) -> Result<(BTreeSet<PathBuf>, Elsewhere), WorktreeError> {
    let all = survey.walk.repositories.clone();
    // What lies in another one is asked of neither: this repository does not look into that one, and that one's word is not enough.
    let outer = |path: &Path| {
        let around = all.iter().filter(|outer| path.starts_with(outer));
        around.min_by_key(|outer| outer.as_os_str().len()).map_or(path, PathBuf::as_path).to_owned()
    };
    let bytes = |path: &Path| path.as_os_str().as_bytes().to_vec();
    let asked: BTreeSet<Vec<u8>> = all.iter().map(|folder| bytes(&outer(folder))).collect();
    let ignored = ignored(place.path, &[], &Vec::from_iter(asked)).await?;
    let is_ignored = |folder: &Path| ignored.contains(&bytes(&outer(folder)));
    let checkouts = all.iter().filter(|folder| !is_ignored(folder)).map(|folder| place.path.join(folder));
    let (elsewhere, mut looked_at) = (Elsewhere::of(place.path, checkouts), BTreeSet::new());
    for folder in &all {
        let (path, name) = (place.path.join(folder), folder.display());
        if is_linked_worktree(&path) {
            survey.repositories.push(format!("{name}, a worktree of its own"));
        } else if !is_ignored(folder) {
            looked_at.extend(git_folder_of(&path));
            let what = work_in(&path, &elsewhere).await;
            survey.repositories.extend(what.map(|what| format!("{name}, which {what}")));
        }
    }
    Ok((looked_at, elsewhere))
}

/// The path of an entry: everything behind so many blanks.
fn nth(entry: &[u8], blanks: usize) -> Option<Vec<u8>> {
    entry.splitn(blanks + 1, |byte| *byte == b' ').nth(blanks).map(<[u8]>::to_vec)
}

fn text(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

/// Whether the project's own folder has the same there, or it is a link to that.
fn is_brought(place: &Place<'_>, path: &[u8]) -> bool {
    let path = Path::new(std::ffi::OsStr::from_bytes(path));
    let (here, there) = (place.path.join(path), place.root.join(path));
    // A link of the project's leads here: there is only this one.
    if std::fs::canonicalize(&there).is_ok_and(|there| there.starts_with(place.path)) {
        return false;
    }
    match std::fs::read_link(&here) {
        Ok(target) => target == there || std::fs::read_link(&there).is_ok_and(|other| other == target),
        Err(_) => {
            let size = |path: &Path| {
                std::fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_file).map(|file| file.len())
            };
            size(&here).is_some()
                && size(&here) == size(&there)
                && std::fs::read(&here).ok() == std::fs::read(&there).ok()
        }
    }
}

/// The commits that go with the worktree, its branch, and the remote's. What is on a branch, a tag or a remote stays, and what is saved; a
/// stash, a reflog, or what somebody has checked out without a branch is gone with the next step that they take. A ref that only leads to
/// what goes has nothing itself.
async fn commits(place: &Place<'_>, survey: &Survey, remote: Option<Remote<'_>>) -> Result<Vec<String>, GitError> {
    let mut words = vec!["log".to_owned(), "--format=%h %s".to_owned(), format!("--max-count={COMMITS_MAX}")];
    words.extend([&survey.head, &survey.tip].into_iter().flatten().cloned());
    words.extend(remote.map(|remote| remote.commit.to_owned()));
    if words.len() == 3 {
        return Ok(Vec::new());
    }
    let branch = format!("refs/heads/{}", place.branch);
    let going: Vec<&str> = [branch.as_str()].into_iter().chain(remote.map(|remote| remote.tracked)).collect();
    let said = git(place.root, &["for-each-ref", "--format=%(refname) %(symref)"]).await?;
    let leading = said.lines().filter_map(|line| line.split_once(' ')).filter(|(_, to)| going.contains(to));
    // By git's own rules a name holds nothing that means more in a pattern.
    let mut gone: Vec<String> = going.iter().copied().chain(leading.map(|(name, _)| name)).map(str::to_owned).collect();
    let (remotes, _) = Elsewhere::of(place.path, []).remotes(place.root, &[]).await?;
    gone.extend(remotes.iter().map(|name| format!("refs/remotes/{name}/*")));
    words.push("--not".to_owned());
    for kept in ["refs/heads", "refs/remotes", "refs/tags", "refs/pintle/saved"] {
        // What is excluded is so for the next word only.
        words.extend(gone.iter().map(|name| format!("--exclude={name}")));
        words.push(format!("--glob={kept}"));
    }
    words.push("--".to_owned());
    Ok(git(place.root, &words).await?.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_lost_in_words() {
        let mut survey = Survey::default();
        assert!(!survey.would_lose());
        survey.changed = vec!["a".into()];
        survey.commits = (0..7).map(|number| number.to_string()).collect();
        assert!(survey.would_lose());
        let said = "1 changed file (a); 7 commits that nothing else has (0, 1, 2, 3, 4, …)";
        assert_eq!(survey.to_string(), said);
    }

    #[test]
    fn paths_may_have_blanks() {
        let entry = b"1 .M N... 100644 100644 100644 aa bb a file  with blanks";
        assert_eq!(nth(entry, 8).as_deref(), Some(b"a file  with blanks".as_slice()));
        assert_eq!(nth(b"1 .M", 8), None);
    }
}
