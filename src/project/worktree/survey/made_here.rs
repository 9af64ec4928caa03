//! Commits that somebody has made in a repository, told from those that came with it.
//!
//! What no branch of a remote has need not be anybody's work: releases are often tagged beside all branches, and a submodule is checked out
//! at what was fetched by its id. Such a commit is nobody's where all of this speaks for that: the repository was cloned and has a remote;
//! its log of what was checked out is whole, from the clone on; no log says that the commit was made here; and it is older than the clone,
//! since git writes no log for `git commit-tree`. It counts all the same where a branch, a stash or another ref leads to it, unless that is
//! a branch with nothing but its beginning in its log.
//!
//! What the repository around says of a submodule was the other way to know it: that may be what somebody has made here as well.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::elsewhere::Elsewhere;
use super::inside::within;
use crate::project::worktree::git::{GitError, ask, git};

/// What a log says where nothing was made, only looked at.
const MOVES: [&str; 3] = ["clone: ", "checkout: ", "branch: Created from "];

/// Whether somebody has made commits that no remote elsewhere has, by any of its refs, stashes and HEADs. Whatever cannot be looked at counts.
pub(super) async fn has_commits(at: &Path, folder: &Path, elsewhere: &Elsewhere) -> bool {
    // Where the history was cut off when it was fetched came from a remote as well. What FETCH_HEAD names need not: `git fetch . mine:other`.
    let shallow = fs::read_to_string(folder.join("shallow")).unwrap_or_default();
    // A submodule knows its folder, which may be gone, and git goes there before it answers.
    let words = within(folder, &["--work-tree", "."]);
    // What git cannot follow may be anything.
    let Ok((going, staying)) = elsewhere.remotes(at, &words).await else { return true };
    let has_remote = !staying.is_empty();
    let repository =
        Repository { at, folder, shallow: shallow.lines().map(str::to_owned).collect(), going, has_remote };
    repository.has_commits().await.unwrap_or(true)
}

struct Repository<'a> {
    at: &'a Path,
    folder: &'a Path,
    shallow: Vec<String>,
    /// Remotes that are no other place.
    going: BTreeSet<String>,
    /// There is one that is.
    has_remote: bool,
}

impl Repository<'_> {
    async fn has_commits(&self) -> Result<bool, GitError> {
        // What only a remote that goes has is as much as nowhere else.
        let going: Vec<String> = self.going.iter().map(|name| format!("--remotes={name}")).collect();
        let going = || going.iter().map(String::as_str);
        let all: Vec<&str> =
            ["--max-count=1", "--exclude=refs/remotes/*", "--all"].into_iter().chain(going()).collect();
        if self.beside_remotes(&all).await?.is_empty() {
            return Ok(false);
        }
        let Some(history) = self.history().await? else { return Ok(true) };
        let begun = self.only_begun().await?;
        let excluded: Vec<String> = begun.iter().map(|name| format!("--exclude={name}")).collect();
        let mut made: Vec<&str> = vec!["--max-count=1", "--exclude=refs/remotes/*", "--exclude=refs/tags/*"];
        made.extend(excluded.iter().map(String::as_str));
        made.push("--glob=refs/*");
        made.extend(going());
        if !self.beside_remotes(&made).await?.is_empty() {
            return Ok(true);
        }
        let others: Vec<&str> =
            ["--timestamp", "HEAD", "--tags"].into_iter().chain(begun.iter().map(String::as_str)).collect();
        let others = self.beside_remotes(&others).await?;
        Ok(!others.lines().all(|line| history.is_before(line, |id| self.is_only_here(id))))
    }

    fn words<'a>(&'a self, words: &[&'a str]) -> Vec<&'a OsStr> {
        within(self.folder, &["--work-tree", "."])
            .into_iter()
            .chain(words.iter().map(|word| OsStr::new(*word)))
            .collect()
    }

    /// Commits of these refs that no remote has.
    async fn beside_remotes(&self, refs: &[&str]) -> Result<String, GitError> {
        let shallow = self.shallow.iter().map(String::as_str);
        let but: Vec<String> = self.going.iter().map(|name| format!("--exclude={name}/*")).collect();
        let words = ["rev-list"].iter().chain(refs).chain(&["--not"]).copied().chain(but.iter().map(String::as_str));
        let words: Vec<&str> = words.chain(["--remotes"]).chain(shallow).chain(["--"]).collect();
        git(self.at, &self.words(&words)).await
    }

    /// What is known of its commits; `None`: not enough.
    async fn history(&self) -> Result<Option<History>, GitError> {
        let ask = async |words: &[&str]| ask(self.at, &self.words(words)).await;
        let is_logged = ask(&["config", "--type=bool", "--get", "core.logAllRefUpdates"]).await?;
        let head = ask(&["rev-parse", "--verify", "--quiet", "HEAD"]).await?;
        let log = fs::read(self.folder.join("logs/HEAD"));
        let (Some(head), Ok(log)) = (head.filter(|_| self.has_remote && is_logged.as_deref() != Some("false")), log)
        else {
            return Ok(None);
        };
        let mut logs = vec![String::from_utf8_lossy(&log).into_owned()];
        let refs = self.folder.join("logs/refs");
        Ok(read(&refs, &refs.join("remotes"), &mut logs).ok().and_then(|()| History::of(&logs, &head)))
    }

    /// Branches of which the log knows their beginning only, and that are where they began.
    async fn only_begun(&self) -> Result<Vec<String>, GitError> {
        let words = ["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads"];
        let said = git(self.at, &self.words(&words)).await?;
        let is_begun = |id: &str, name: &str| {
            let log = fs::read(self.folder.join("logs").join(name)).unwrap_or_default();
            let log = String::from_utf8_lossy(&log);
            let mut lines = log.lines().map(Line::of);
            let (first, second) = (lines.next().flatten(), lines.next());
            second.is_none() && first.is_some_and(|line| line.is_first() && line.is_move() && line.new == id)
        };
        let refs = said.lines().filter_map(|line| line.split_once(' '));
        Ok(refs.filter(|(id, name)| is_begun(id, name)).map(|(_, name)| name.to_owned()).collect())
    }

    /// Whether a commit is a file of its own that no other repository shares: those that are cloned come packed, or as the same file.
    fn is_only_here(&self, id: &str) -> bool {
        let path = id.split_at_checked(2).map(|(folder, file)| self.folder.join("objects").join(folder).join(file));
        path.is_some_and(|path| fs::metadata(path).is_ok_and(|file| file.nlink() == 1))
    }
}

/// Reads all logs below a folder, but for one folder there.
fn read(folder: &Path, but: &Path, logs: &mut Vec<String>) -> std::io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path: PathBuf = entry?.path();
        if path.is_dir() && path != but {
            read(&path, but, logs)?;
        } else if path.is_file() {
            logs.push(String::from_utf8_lossy(&fs::read(path)?).into_owned());
        }
    }
    Ok(())
}

/// A line of a log of git's: `OLD NEW NAME <MAIL> SECONDS ZONE\tMESSAGE`.
struct Line<'a> {
    old: &'a str,
    new: &'a str,
    at: i64,
    message: &'a str,
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let (about, message) = line.split_once('\t').unwrap_or((line, ""));
        let (old, rest) = about.split_once(' ')?;
        let (new, who) = rest.split_once(' ')?;
        let at = who.rsplit(' ').nth(1)?.parse().ok()?;
        Some(Self { old, new, at, message })
    }

    fn is_first(&self) -> bool {
        self.old.bytes().all(|byte| byte == b'0')
    }

    fn is_move(&self) -> bool {
        MOVES.iter().any(|start| self.message.starts_with(start))
    }
}

/// What the logs of a repository say that was cloned, where they say all of it.
#[derive(Debug, PartialEq, Eq)]
struct History {
    /// When it was cloned, in seconds.
    since: i64,
    /// What was made here.
    made: BTreeSet<String>,
}

impl History {
    /// `None`: it was not cloned, or lines are missing. git drops those that are old, and writes none where it is told so.
    fn of(logs: &[String], head: &str) -> Option<Self> {
        let mut at = None;
        let mut since = None;
        for line in logs.first()?.lines() {
            let line = Line::of(line)?;
            let follows = match at {
                None => line.is_first() && line.message.starts_with("clone: "),
                Some(before) => line.old == before,
            };
            if !follows {
                return None;
            }
            since = since.or(Some(line.at));
            at = Some(line.new);
        }
        if at != Some(head) {
            return None;
        }
        let mut made = BTreeSet::new();
        for line in logs.iter().flat_map(|log| log.lines()) {
            let line = Line::of(line)?;
            made.extend((!line.is_move()).then(|| line.new.to_owned()));
        }
        Some(Self { since: since?, made })
    }

    /// Whether a commit (`SECONDS ID`) was there before the repository. In the second in which that was cloned it is one that was not written
    /// here.
    fn is_before(&self, commit: &str, is_only_here: impl Fn(&str) -> bool) -> bool {
        let Some((seconds, id)) = commit.split_once(' ') else { return false };
        let Ok(seconds) = seconds.parse::<i64>() else { return false };
        let is_before = seconds < self.since || seconds == self.since && !is_only_here(id);
        is_before && !self.made.contains(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLONE: &str = "00 aa a b <a@b> 100 +0000\tclone: from x\n";

    fn history(more: &str, head: &str) -> Option<History> {
        History::of(&[format!("{CLONE}{more}")], head)
    }

    #[test]
    fn a_log_is_whole_from_the_clone_on() {
        assert!(history("", "aa").is_some());
        assert!(history("aa bb a <> 101 +0000\tcheckout: moving from main to v1\n", "bb").is_some());
        for (more, head) in [
            ("", "bb"),
            ("cc bb a <> 101 +0000\tcheckout: moving from main to v1\n", "bb"),
            ("broken\n", "aa"),
            ("aa bb a <> 101 +0000\tcheckout: moving from main to v1\n", "aa"),
        ] {
            assert_eq!(history(more, head), None, "{more}");
        }
        assert_eq!(History::of(&["00 aa a <> 100 +0000\tcommit (initial): x\n".into()], "aa"), None);
        assert_eq!(History::of(&["aa bb a <> 100 +0000\tcheckout: moving from a to b\n".into()], "bb"), None);
        assert_eq!(History::of(&[String::new()], "aa"), None);
    }

    #[test]
    fn what_was_made_here_counts_and_what_is_older_does_not() {
        let more = "aa bb a <> 101 +0000\tcommit: x\nbb aa a <> 102 +0000\tcheckout: moving from x to main\n";
        let branch = "00 cc a <> 99 +0000\tbranch: Created from v1\ncc dd a <> 90 +0000\tam: old\n".to_owned();
        let history = History::of(&[format!("{CLONE}{more}"), branch], "aa").unwrap();
        for (commit, expected) in [
            ("99 ee", true),
            ("99 cc", true),
            ("100 ee", true),
            ("100 only", false),
            ("101 ee", false),
            ("99 bb", false),
            ("99 dd", false),
            ("nonsense", false),
        ] {
            assert_eq!(history.is_before(commit, |id| id == "only"), expected, "{commit}");
        }
    }
}
