//! Remotes that stay when a worktree goes. One that lies inside of it is no other place.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::project::worktree::git::{GitError, git};

/// What lies elsewhere.
pub(super) struct Elsewhere {
    /// The worktree, as the system calls it.
    top: PathBuf,
    /// Checkouts in it that are looked at: each of them keeps the worktree itself, for what only it has.
    checkouts: Vec<PathBuf>,
}

impl Elsewhere {
    pub(super) fn of(top: &Path, checkouts: impl IntoIterator<Item = PathBuf>) -> Self {
        let real = |path: PathBuf| std::fs::canonicalize(&path).unwrap_or(path);
        Self { top: real(top.to_owned()), checkouts: checkouts.into_iter().map(real).collect() }
    }

    /// Names of a repository's remotes that go with the worktree, and of those that stay. `words` say which repository is meant, `at` is what
    /// its paths start from.
    pub(super) async fn remotes(
        &self,
        at: &Path,
        words: &[&OsStr],
    ) -> Result<(BTreeSet<String>, BTreeSet<String>), GitError> {
        let said = git(at, &[words, &["remote".as_ref(), "--verbose".as_ref()]].concat()).await?;
        // `NAME\tURL (fetch)`; a remote may have several.
        let urls: Vec<(&str, &str)> = said
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .filter_map(|(name, rest)| Some((name, rest.rsplit_once(" (")?.0)))
            .collect();
        let names = |goes: bool| {
            let meant = urls.iter().filter(move |(_, url)| self.goes(at, url) == goes);
            meant.map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<String>>()
        };
        let going = names(true);
        let staying = names(false).difference(&going).cloned().collect();
        Ok((going, staying))
    }

    fn goes(&self, at: &Path, url: &str) -> bool {
        // What is no path of this machine is no file here.
        let Ok(path) = std::fs::canonicalize(at.join(url.strip_prefix("file://").unwrap_or(url))) else { return false };
        // The worktree itself has its branches in the project's repository.
        path.starts_with(&self.top)
            && path != self.top
            && path != self.top.join(".git")
            && !self.checkouts.iter().any(|checkout| path.starts_with(checkout))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_with_a_worktree() {
        let temp = tempfile::tempdir().unwrap();
        let top = temp.path().join("top");
        for folder in ["top/inner/.git", "top/build/b.git", "outside"] {
            std::fs::create_dir_all(temp.path().join(folder)).unwrap();
        }
        std::fs::write(top.join(".git"), "").unwrap();
        let elsewhere = Elsewhere::of(&top, [top.join("inner")]);
        let file = format!("file://{}", top.join("build/b.git").display());
        for (url, expected) in [
            ("../build/b.git", true),
            (&file, true),
            ("../inner", false),
            ("../inner/.git", false),
            ("..", false),
            ("../.git", false),
            ("../../outside", false),
            ("../nowhere", false),
            ("https://example.org/b.git", false),
            ("git@example.org:b.git", false),
        ] {
            assert_eq!(elsewhere.goes(&top.join("inner"), url), expected, "{url}");
        }
    }
}
