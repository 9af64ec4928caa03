//! Whose turn it is in a repository. Several projects may be worktrees of one: what one of them counts on, another may be about to delete.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The turns of one repository.
#[derive(Debug, Default)]
pub struct Turns {
    /// Held while git is told of a worktree: two at the same moment meet at git's own lock files, where the second is refused.
    pub adding: tokio::sync::Mutex<()>,
    /// Held while a worktree goes.
    pub deleting: tokio::sync::Mutex<()>,
}

/// Those of all repositories.
#[derive(Debug, Default)]
pub struct AllTurns(Mutex<BTreeMap<PathBuf, Arc<Turns>>>);

impl AllTurns {
    /// Those of the repository that a folder belongs to, or would once it is made one.
    pub fn of(&self, root: &Path) -> Arc<Turns> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = shared_folder(root);
        all.entry(folder.unwrap_or_else(|| real(root.to_owned()).join(".git"))).or_default().clone()
    }
}

/// The folder of git's that all worktrees share of the repository around a folder. Read and not asked of git, which takes as long as everything
/// else that opens a project, nor of libgit2, which does not open every repository.
pub fn shared_folder(root: &Path) -> Option<PathBuf> {
    let is_bare = |folder: &Path| ["HEAD", "objects", "refs"].iter().all(|name| folder.join(name).exists());
    let found = root.ancestors().find_map(|folder| {
        let dot_git = folder.join(".git");
        if dot_git.exists() { Some(dot_git) } else { is_bare(folder).then(|| folder.to_owned()) }
    })?;
    let said = if found.is_file() { std::fs::read_to_string(&found).unwrap_or_default() } else { String::new() };
    let Some(folder) = said.strip_prefix("gitdir: ") else { return Some(real(found)) };
    let folder = found.with_file_name("").join(folder.trim_end());
    let common = std::fs::read_to_string(folder.join("commondir")).unwrap_or_default();
    Some(real(folder.join(common.trim_end())))
}

fn real(path: PathBuf) -> PathBuf {
    std::fs::canonicalize(&path).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worktrees_of_one_repository_take_turns() {
        let top = tempfile::tempdir().unwrap();
        let at = |path: &str| top.path().join(path);
        std::fs::create_dir_all(at("main/.git/worktrees/linked")).unwrap();
        std::fs::create_dir_all(at("main/deep")).unwrap();
        std::fs::create_dir_all(at("linked")).unwrap();
        std::fs::write(at("main/.git/worktrees/linked/commondir"), "../..\n").unwrap();
        std::fs::write(at("linked/.git"), "gitdir: ../main/.git/worktrees/linked\n").unwrap();
        let all = AllTurns::default();
        let main = all.of(&at("main"));
        assert!(Arc::ptr_eq(&main, &all.of(&at("linked"))) && Arc::ptr_eq(&main, &all.of(&at("main/deep"))));
        std::fs::create_dir(at("other")).unwrap();
        let before = all.of(&at("other"));
        assert!(!Arc::ptr_eq(&main, &before));
        std::fs::create_dir(at("other/.git")).unwrap();
        assert!(Arc::ptr_eq(&before, &all.of(&at("other"))));
    }
}
