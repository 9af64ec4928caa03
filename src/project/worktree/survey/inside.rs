//! What is inside of a worktree and not the worktree's own: repositories, and what git has begun there. Nothing of that can be saved from
//! outside. Whatever cannot be looked at counts as work.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::elsewhere::Elsewhere;
use super::hidden::hidden;
use super::made_here::has_commits;
use super::text;
use super::walk::as_path;
use crate::project::worktree::git::{GitError, NO_LOCKS, ask, ask_with_input, git, list};

/// What git keeps for a worktree while something goes on there, and what it means.
const UNENDED: [(&str, &str); 8] = [
    ("rebase-merge", "a rebase that is not ended"),
    ("rebase-apply", "a rebase that is not ended"),
    ("MERGE_HEAD", "a merge that is not ended"),
    ("MERGE_AUTOSTASH", "a merge that has put changes aside"),
    ("CHERRY_PICK_HEAD", "a cherry-pick that is not ended"),
    ("REVERT_HEAD", "a revert that is not ended"),
    ("sequencer", "a row of cherry-picks or reverts that is not ended"),
    ("BISECT_LOG", "a bisect that is not ended"),
];

/// What only the worktree's own folder of git's has: what has been begun and not ended, conflicts, refs that only this worktree has, and
/// submodules that are not checked out (any more). `looked_at` are git's folders of the repositories that were looked at where they are
/// checked out: a submodule's name may be what another one's path is.
pub(super) async fn unended(
    root: &Path,
    folder: &Path,
    looked_at: &BTreeSet<PathBuf>,
    elsewhere: &Elsewhere,
) -> Result<Vec<String>, GitError> {
    let mut found: Vec<String> = begun(folder).map(str::to_owned).collect();
    let refs = ["for-each-ref", "--format=%(refname)", "refs/worktree", "refs/bisect", "refs/rewritten"];
    found.extend(git(root, &within(folder, &refs)).await?.lines().map(str::to_owned));
    let conflicts = list(root, &within(folder, &["ls-files", "--unmerged", "-z"])).await?;
    let named = |entry: &[u8]| Some(text(entry.splitn(2, |byte| *byte == b'\t').nth(1)?));
    let conflicts: BTreeSet<String> = conflicts.split(|byte| *byte == 0).filter_map(named).collect();
    found.extend(conflicts.into_iter().map(|path| format!("a conflict in {path}")));
    let modules = folder.join("modules");
    for module in repositories_of_git(&modules) {
        // Whoever looks at a repository looks at its submodules too.
        let is_looked_at = std::fs::canonicalize(&module)
            .is_ok_and(|module| module.ancestors().any(|folder| looked_at.contains(folder)));
        if !is_looked_at && has_commits(root, &module, elsewhere).await {
            let name = module.strip_prefix(&modules).unwrap_or(&module);
            found.push(format!("the submodule {}, which is not checked out", name.display()));
        }
    }
    Ok(found)
}

/// Words for git with the folder that it keeps for a worktree: the worktree itself may be away.
pub fn within<'a>(folder: &'a Path, words: &[&'a str]) -> Vec<&'a OsStr> {
    let words = words.iter().map(|word| OsStr::new(*word));
    [OsStr::new("--git-dir"), folder.as_os_str()].into_iter().chain(words).collect()
}

fn begun(folder: &Path) -> impl Iterator<Item = &'static str> {
    UNENDED.iter().filter(move |(file, _)| folder.join(file).exists()).map(|(_, what)| *what)
}

/// Repositories without files below git's own `modules`: a name may have several parts, and submodules have submodules.
fn repositories_of_git(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.join("HEAD").exists() && path.join("objects").exists() {
            found.extend(repositories_of_git(&path.join("modules")));
            found.push(path);
        } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(repositories_of_git(&path));
        }
    }
    found
}

/// The submodules of a worktree's index, by their paths.
pub(super) async fn submodules(path: &Path) -> Result<Vec<Vec<u8>>, GitError> {
    let said = list(path, &["ls-files", "--stage", "-z"]).await?;
    let links = said.split(|byte| *byte == 0).filter(|entry| entry.starts_with(b"160000 "));
    Ok(links.filter_map(|entry| Some(entry.splitn(2, |byte| *byte == b'\t').nth(1)?.to_vec())).collect())
}

/// Those of these paths that git ignores. Each is asked of the repository that it lies in, which knows nothing of the one around it: what
/// that one ignores as a whole is ignored too.
pub(super) async fn ignored(
    top: &Path,
    repositories: &[PathBuf],
    paths: &[Vec<u8>],
) -> Result<BTreeSet<Vec<u8>>, GitError> {
    let around = |path: &Path| {
        let inside = repositories.iter().filter(|inner| path.starts_with(inner) && path != **inner);
        inside.max_by_key(|inner| inner.as_os_str().len()).cloned().unwrap_or_default()
    };
    let folders = repositories.iter().map(|inner| inner.as_os_str().as_bytes().to_vec());
    let asked: BTreeSet<Vec<u8>> = folders.chain(paths.iter().cloned()).collect();
    let mut by_repository: BTreeMap<PathBuf, Vec<&Path>> = BTreeMap::new();
    for path in asked.iter().map(|path| as_path(path)) {
        by_repository.entry(around(path)).or_default().push(path);
    }
    let mut found: BTreeSet<Vec<u8>> = BTreeSet::new();
    for (inner, paths) in by_repository {
        let short = |path: &&Path| path.strip_prefix(&inner).unwrap_or(path).as_os_str().as_bytes().to_vec();
        let input = paths.iter().flat_map(|path| [short(path), vec![0]].concat()).collect();
        // A submodule that was put away with its worktree would look for its files where they were.
        let words = ["--work-tree", ".", "check-ignore", "-z", "--stdin"];
        let said = ask_with_input(&top.join(&inner), &words, input).await?;
        let said: BTreeSet<&[u8]> = said.split(|byte| *byte == 0).collect();
        let whole = found.contains(inner.as_os_str().as_bytes());
        let meant = paths.into_iter().filter(|path| whole || said.contains(short(path).as_slice()));
        found.extend(meant.map(|path| path.as_os_str().as_bytes().to_vec()));
    }
    Ok(found)
}

/// The folder that git keeps for a checkout, as the checkout's `.git` says.
pub(super) fn git_folder_of(path: &Path) -> Option<PathBuf> {
    let own = path.join(".git");
    if own.is_dir() {
        return std::fs::canonicalize(own).ok();
    }
    let said = std::fs::read(own).ok()?;
    std::fs::canonicalize(path.join(as_path(said.strip_prefix(b"gitdir: ")?.trim_ascii_end()))).ok()
}

/// Whether it is a checkout that a repository elsewhere knows: what is there was not made to be thrown away, whoever ignores it.
pub(super) fn is_linked_worktree(path: &Path) -> bool {
    git_folder_of(path).is_some_and(|folder| folder.join("commondir").exists())
}

/// What a repository inside of a worktree has that is not on a remote, in a few words.
pub(super) async fn work_in(path: &Path, elsewhere: &Elsewhere) -> Option<&'static str> {
    const UNSEEN: &str = "cannot be looked at";
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    // A repository that is damaged is none, and git would answer for the one around it.
    let top = ask(path, &["rev-parse", "--show-toplevel"]).await.ok().flatten();
    let folder = ask(path, &["rev-parse", "--absolute-git-dir"]).await.ok().flatten().map(PathBuf::from);
    let (Some(_), Some(folder)) = (top.filter(|top| real(Path::new(top)) == real(path)), folder) else {
        return Some(UNSEEN);
    };
    let words = [NO_LOCKS, "status", "--porcelain", "-z", "--untracked-files=all", "--ignore-submodules=none"];
    match list(path, &words).await {
        Ok(said) if said.is_empty() => {}
        Ok(_) => return Some("has changes"),
        Err(_) => return Some(UNSEEN),
    }
    match hidden(path).await {
        Ok(changed) if changed.is_empty() => {}
        Ok(_) => return Some("has changes that git was told not to look at"),
        Err(_) => return Some(UNSEEN),
    }
    if let Some(what) = begun(&folder).next() {
        return Some(what);
    }
    if std::fs::read_dir(folder.join("worktrees")).is_ok_and(|mut entries| entries.next().is_some()) {
        return Some("has worktrees of its own");
    }
    for module in [folder.clone()].into_iter().chain(repositories_of_git(&folder.join("modules"))) {
        if has_commits(path, &module, elsewhere).await {
            return Some("has commits that no branch of a remote has");
        }
    }
    None
}
