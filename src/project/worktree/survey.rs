//! What would be lost with a worktree: what git has nowhere else.
//!
//! Files that git ignores do not count, nor does what the project's own folder has word for word: such files were brought along. Commits
//! count if no other branch, tag or remote has them.

mod inside;

use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use self::inside::{has_work, repositories, submodules, unended};
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
    if is_checkout(place).await? {
        survey.is_there = true;
        survey.head = commit(place.path, "HEAD").await?;
        let folder = PathBuf::from(git(place.path, &["rev-parse", "--absolute-git-dir"]).await?);
        survey.locked = std::fs::read_to_string(folder.join("locked")).ok().map(|why| why.trim().to_owned());
        files(place, &mut survey).await?;
        hidden(place.path, &mut survey).await?;
        survey.repositories.extend(unended(place.path, &folder).await?);
    } else {
        // git knows what was checked out there, and whether somebody has locked it: its disk may only be off.
        (survey.head, survey.locked) = known(place).await?;
    }
    survey.commits = commits(place, &survey, remote).await?;
    Ok(survey)
}

/// What git knows of a worktree whose folder is not there: the commit, and why it is locked.
async fn known(place: &Place<'_>) -> Result<(Option<String>, Option<String>), GitError> {
    let said = list(place.root, &["worktree", "list", "--porcelain"]).await?;
    let said = String::from_utf8_lossy(&said);
    let mine = said.split("\n\n").find(|entry| {
        let path = entry.lines().next().and_then(|line| line.strip_prefix("worktree "));
        path.is_some_and(|path| Path::new(path) == place.path)
    });
    let value = |key: &str| mine.and_then(|entry| entry.lines().find_map(|line| line.strip_prefix(key)));
    let head = value("HEAD ").filter(|head| head.bytes().any(|byte| byte != b'0'));
    Ok((head.map(str::to_owned), value("locked").map(|why| why.trim().to_owned())))
}

/// Files that git was told not to look at (`--assume-unchanged`, `--skip-worktree`), and that are different all the same.
async fn hidden(path: &Path, survey: &mut Survey) -> Result<(), GitError> {
    for (name, id) in flagged(path).await? {
        let file = std::ffi::OsStr::from_bytes(&name);
        let words = ["hash-object".as_ref(), "--path".as_ref(), file, "--".as_ref(), file];
        if path.join(file).is_file() && ask(path, &words).await?.as_deref() != Some(id.as_str()) {
            survey.changed.push(text(&name));
        }
    }
    Ok(())
}

/// These files, each with what the index has of it.
pub async fn flagged(path: &Path) -> Result<Vec<(Vec<u8>, String)>, GitError> {
    let said = list(path, &["ls-files", "-v", "--stage", "-z"]).await?;
    let entry = |entry: &[u8]| {
        let (tag, rest) = (*entry.first()?, entry.get(2..)?);
        let tab = rest.iter().position(|byte| *byte == b'\t')?;
        let id = rest[..tab].split(|byte| *byte == b' ').nth(1)?;
        (tag.is_ascii_lowercase() || tag == b'S').then(|| (rest[tab + 1..].to_vec(), text(id)))
    };
    Ok(said.split(|byte| *byte == 0).filter_map(entry).collect())
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
    if is_ours(place).await? {
        return Ok(true);
    }
    // What leads to it may be lost on either side; git writes both anew if one is left.
    let words = ["worktree".as_ref(), "repair".as_ref(), place.path.as_os_str()];
    ask(place.root, &words).await?;
    if is_ours(place).await? { Ok(true) } else { Err(WorktreeError::NoCheckout(place.path.to_owned())) }
}

/// Whether it is a linked worktree of this very repository. One with a repository of its own inside is somebody else's.
async fn is_ours(place: &Place<'_>) -> Result<bool, GitError> {
    if !place.path.join(".git").is_file() {
        return Ok(false);
    }
    let top = ask(place.path, &["rev-parse", "--show-toplevel"]).await?;
    let shared = |folder| async move {
        let said = ask(folder, &["rev-parse", "--git-common-dir"]).await?;
        Ok::<_, GitError>(said.and_then(|said| std::fs::canonicalize(folder.join(said)).ok()))
    };
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let is_top = top.is_some_and(|top| real(Path::new(&top)) == real(place.path));
    Ok(is_top && shared(place.path).await? == shared(place.root).await?)
}

async fn files(place: &Place<'_>, survey: &mut Survey) -> Result<(), WorktreeError> {
    let words =
        ["status", "--porcelain=v2", "-z", "--untracked-files=all", "--ignored=matching", "--ignore-submodules=none"];
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
            Some((b'!', path)) => {
                let path = path.strip_prefix(b" ").unwrap_or(path);
                survey.ignored.extend((!is_brought(place, path)).then(|| text(path)));
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
    inner.extend(repositories(place.path).await?);
    inner.sort_unstable();
    inner.dedup();
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
/// stash, a reflog, or what somebody has checked out without a branch is gone with the next step that they take.
async fn commits(place: &Place<'_>, survey: &Survey, remote: Option<Remote<'_>>) -> Result<Vec<String>, GitError> {
    let mut words = vec!["log".to_owned(), "--format=%h %s".to_owned(), format!("--max-count={COMMITS_MAX}")];
    words.extend([&survey.head, &survey.tip].into_iter().flatten().cloned());
    words.extend(remote.map(|remote| remote.commit.to_owned()));
    if words.len() == 3 {
        return Ok(Vec::new());
    }
    words.extend([
        "--not".to_owned(),
        format!("--exclude=refs/heads/{}", place.branch),
        "--glob=refs/heads".to_owned(),
    ]);
    words.extend(remote.map(|remote| format!("--exclude={}", remote.tracked)));
    words.extend(["--glob=refs/remotes", "--glob=refs/tags", "--glob=refs/pintle/saved", "--"].map(str::to_owned));
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
