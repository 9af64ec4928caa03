//! What would be lost with a worktree: what git has nowhere else.
//!
//! Files that git ignores do not count, nor does what the project's own folder has word for word: such files were brought along. Commits
//! count if no other branch, tag or remote has them.

use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::WorktreeError;
use super::git::{GitError, ask, git, list};

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

/// What a worktree holds that is nowhere else. Paths as text, with what is none replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Its folder is there.
    pub is_there: bool,
    /// Files of git's that are changed, staged or not.
    pub changed: Vec<String>,
    /// Files that git does not know.
    pub untracked: Vec<String>,
    /// Commits that nothing else has, the newest first: short id and subject.
    pub commits: Vec<String>,
    /// Repositories inside of it with work of their own, submodules or not. Nothing of that can be saved from outside.
    pub repositories: Vec<String>,
    /// Why somebody has locked it (`git worktree lock`).
    pub locked: Option<String>,
    /// The commit that is checked out.
    pub head: Option<String>,
    /// The commit that its branch is at.
    pub tip: Option<String>,
}

impl Survey {
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
            (&self.repositories, "repository of its own inside", "repositories of their own inside"),
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

/// Looks at a worktree. `without` is a remote's branch (`refs/remotes/…`) that goes with it, so that what only that has counts too.
pub async fn survey(place: &Place<'_>, without: Option<&str>) -> Result<Survey, WorktreeError> {
    let mut survey =
        Survey { tip: commit(place.root, &format!("refs/heads/{}", place.branch)).await?, ..Survey::default() };
    if is_checkout(place).await? {
        survey.is_there = true;
        survey.head = commit(place.path, "HEAD").await?;
        survey.locked = locked(place.path).await?;
        files(place, &mut survey).await?;
    }
    survey.commits = commits(place, &survey, without).await?;
    Ok(survey)
}

async fn commit(folder: &Path, name: &str) -> Result<Option<String>, GitError> {
    ask(folder, &["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")]).await
}

/// Whether the folder is the worktree that git knows. Inside of the project git would speak of the project itself where a worktree has lost
/// its `.git`, so that is asked first.
async fn is_checkout(place: &Place<'_>) -> Result<bool, WorktreeError> {
    let is_empty = std::fs::read_dir(place.path).map_or(true, |mut entries| entries.next().is_none());
    if is_empty {
        return Ok(false);
    }
    if is_top(place.path).await? {
        return Ok(true);
    }
    // What leads to it may be lost on either side; git writes both anew if one is left.
    let words = ["worktree".as_ref(), "repair".as_ref(), place.path.as_os_str()];
    ask(place.root, &words).await?;
    if is_top(place.path).await? { Ok(true) } else { Err(WorktreeError::NoCheckout(place.path.to_owned())) }
}

async fn is_top(path: &Path) -> Result<bool, GitError> {
    let top = ask(path, &["rev-parse", "--show-toplevel"]).await?.map(PathBuf::from);
    let real = std::fs::canonicalize(path).ok();
    Ok(top.is_some() && top.and_then(|top| std::fs::canonicalize(top).ok()) == real)
}

async fn locked(path: &Path) -> Result<Option<String>, GitError> {
    let folder = git(path, &["rev-parse", "--absolute-git-dir"]).await?;
    Ok(std::fs::read_to_string(Path::new(&folder).join("locked")).ok().map(|why| why.trim().to_owned()))
}

async fn files(place: &Place<'_>, survey: &mut Survey) -> Result<(), WorktreeError> {
    let words = ["status", "--porcelain=v2", "-z", "--untracked-files=all", "--ignore-submodules=none"];
    let said = list(place.path, &words).await?;
    let mut entries = said.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
    let mut inner = submodules(place.path).await?;
    while let Some(entry) = entries.next() {
        match entry.split_first() {
            Some((b'?', path)) => {
                let path = path.strip_prefix(b" ").unwrap_or(path);
                match path.strip_suffix(b"/") {
                    Some(folder) => inner.push(folder.to_vec()),
                    None if is_brought(place, path) => {}
                    None => survey.untracked.push(text(path)),
                }
            }
            Some((b'1', _)) => survey.changed.extend(nth(entry, 8)),
            Some((b'2', _)) => {
                // What it was called before is an entry of its own.
                entries.next();
                survey.changed.extend(nth(entry, 9));
            }
            Some((b'u', _)) => survey.changed.extend(nth(entry, 10)),
            _ => {}
        }
    }
    for folder in inner {
        if has_work(&place.path.join(std::ffi::OsStr::from_bytes(&folder))).await? {
            survey.repositories.push(text(&folder));
        }
    }
    Ok(())
}

/// The path of an entry: everything behind so many blanks.
fn nth(entry: &[u8], blanks: usize) -> Option<String> {
    entry.splitn(blanks + 1, |byte| *byte == b' ').nth(blanks).map(text)
}

fn text(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

/// Whether the project's own folder has the same there, or it is a link to that.
fn is_brought(place: &Place<'_>, path: &[u8]) -> bool {
    let path = Path::new(std::ffi::OsStr::from_bytes(path));
    let (here, there) = (place.path.join(path), place.root.join(path));
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

/// Submodules that are checked out, by their paths.
async fn submodules(path: &Path) -> Result<Vec<Vec<u8>>, GitError> {
    let said = list(path, &["ls-files", "--stage", "-z"]).await?;
    let links = said.split(|byte| *byte == 0).filter(|entry| entry.starts_with(b"160000 "));
    let paths = links.filter_map(|entry| Some(entry.splitn(2, |byte| *byte == b'\t').nth(1)?.to_vec()));
    Ok(paths.filter(|link| path.join(std::ffi::OsStr::from_bytes(link)).join(".git").exists()).collect())
}

/// Whether a repository inside of a worktree has anything that is not on a remote.
async fn has_work(path: &Path) -> Result<bool, GitError> {
    if !list(path, &["status", "--porcelain", "-z"]).await?.is_empty() {
        return Ok(true);
    }
    let words =
        ["rev-list", "--max-count=1", "HEAD", "--branches", "--glob=refs/stas[h]", "--not", "--remotes", "--tags"];
    // Without a commit there is no HEAD, and nothing that could be lost.
    Ok(ask(path, &words).await?.is_some_and(|found| !found.is_empty()))
}

/// The commits that go with the worktree and its branch.
async fn commits(place: &Place<'_>, survey: &Survey, without: Option<&str>) -> Result<Vec<String>, GitError> {
    let mut words = vec!["log".to_owned(), "--format=%h %s".to_owned(), format!("--max-count={COMMITS_MAX}")];
    words.extend([&survey.head, &survey.tip].into_iter().flatten().cloned());
    if words.len() == 3 {
        return Ok(Vec::new());
    }
    // What is checked out in this very worktree is one of all, unless only the project's own is looked at.
    words.extend([
        "--single-worktree".to_owned(),
        "--not".to_owned(),
        format!("--exclude=refs/heads/{}", place.branch),
    ]);
    words.extend(without.map(|branch| format!("--exclude={branch}")));
    words.extend(["--all".to_owned(), "--".to_owned()]);
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
        assert_eq!(nth(entry, 8).as_deref(), Some("a file  with blanks"));
        assert_eq!(nth(b"1 .M", 8), None);
    }
}
