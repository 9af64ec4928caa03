//! The projects that are known: opened when first named, remembered across restarts.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;
use tokio::sync::Notify;

use super::config::ConfigError;
use super::state::{Kept, StateFile};
use super::store::{Store, StoreError};
use super::worktree::git::{GitError, blocking, bytes_of};
use super::worktree::{Doors, git};
use crate::base::clock::Clock;
use crate::base::files::{FileError, read_if_there};

/// A project that cannot be used.
#[derive(Debug, Error)]
pub enum ProjectError {
    /// Only absolute paths name a project, since the daemon has no working directory.
    #[error("{0:?} is not an absolute path; give the project's full path")]
    NotAbsolute(String),
    /// There is no such folder.
    #[error("{0}: no such folder")]
    NoFolder(PathBuf),
    /// Shells are told of projects a line each.
    #[error("{0:?} has a line break in it; no project can be there")]
    LineBreak(PathBuf),
    /// Its manifest.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its config.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its folder.
    #[error(transparent)]
    File(#[from] FileError),
    /// Its repository.
    #[error("{path}: {source}")]
    Git {
        /// The project.
        path: PathBuf,
        /// What git says.
        source: GitError,
    },
}

/// An opened project.
pub struct Project {
    /// Absolute, without symlinks.
    pub root: PathBuf,
    /// `.pintle`, or an existing `.pu`.
    pub folder: PathBuf,
    /// Its manifest.
    pub store: Arc<Store>,
    /// Held while git is told of a worktree: two at the same moment meet at git's own lock files, where the second is refused.
    pub adding: tokio::sync::Mutex<()>,
    /// Held while a worktree goes.
    pub deleting: tokio::sync::Mutex<()>,
    /// Who is on the way into its worktrees.
    pub doors: Arc<Doors>,
}

impl Project {
    fn new(root: PathBuf, folder: PathBuf, store: Store) -> Self {
        Self {
            root,
            folder,
            store: Arc::new(store),
            adding: tokio::sync::Mutex::default(),
            deleting: tokio::sync::Mutex::default(),
            doors: Arc::default(),
        }
    }

    /// The root as the wire and the manifest have it.
    pub fn root_text(&self) -> String {
        self.root.to_string_lossy().into_owned()
    }

    /// The project's own `config.yaml`.
    pub fn config_file(&self) -> PathBuf {
        self.folder.join("config.yaml")
    }
}

/// Worktrees that were moved with their project are where they lie now, for the manifest and for git.
fn follow_worktrees(project: &Project) {
    let manifest = project.store.read();
    let moved = manifest.worktrees.values().filter_map(|entry| {
        let here = project.folder.join("worktrees").join(&entry.id);
        (!Path::new(&entry.path).exists() && here.is_dir()).then(|| (entry.id.clone(), here))
    });
    let moved: Vec<(String, PathBuf)> = moved.collect();
    if moved.is_empty() {
        return;
    }
    let repaired =
        git::blocking(&project.root).args(["worktree", "repair"]).args(moved.iter().map(|(_, here)| here)).output();
    if let Err(error) = git::bytes_of("worktree", repaired) {
        tracing::warn!(root = %project.root.display(), %error, "git was not told that worktrees have moved");
    }
    project.store.note(move |manifest| {
        for (id, here) in &moved {
            if let Some(entry) = manifest.worktrees.get_mut(id) {
                entry.path = here.to_string_lossy().into_owned();
            }
        }
    });
}

/// All known projects.
pub struct Registry {
    state: Arc<Kept<StateFile>>,
    clock: Clock,
    known: Mutex<BTreeMap<PathBuf, Option<Arc<Project>>>>,
    /// Told when there is another project, or one less.
    pub roots_changed: Notify,
}

impl Registry {
    /// Knows the projects that `state.json` names.
    pub fn new(state: Arc<Kept<StateFile>>, clock: Clock) -> Self {
        let known = state.read(|state| state.projects.iter().map(|root| (root.clone(), None)).collect());
        Self { state, clock, known: Mutex::new(known), roots_changed: Notify::new() }
    }

    /// Roots of all known projects.
    pub fn roots(&self) -> Vec<PathBuf> {
        self.all().keys().cloned().collect()
    }

    /// Root of the innermost known project that a folder is in.
    pub fn around(&self, folder: &Path) -> Option<PathBuf> {
        let known = self.all();
        folder.ancestors().find(|folder| known.contains_key(*folder)).map(Path::to_owned)
    }

    /// The project with this root, if it is open, whatever has become of its file.
    pub fn known(&self, root: &str) -> Option<Arc<Project>> {
        self.all().get(Path::new(root)).cloned().flatten()
    }

    /// The project at `root`, opened if it was not. An uninitialised one is an error.
    pub fn open(&self, root: &str) -> Result<Arc<Project>, ProjectError> {
        let root = resolve(root)?;
        let mut known = self.all();
        if let Some(Some(project)) = known.get(&root) {
            project.store.refresh()?;
            return Ok(project.clone());
        }
        let folder = folder_of(&root);
        let same = known.values().flatten().find(|project| project.store.is_in(&folder)).cloned();
        let store = match same {
            // The same folder under another name, as a bind mount gives it.
            Some(same) if same.store.is_in(&same.folder) => return Ok(same),
            Some(moved) => {
                known.remove(&moved.root);
                moved.store.moved_to(&folder)?
            }
            None => Store::open(&folder, self.clock.clone())?,
        };
        let project = Arc::new(Project::new(root.clone(), folder, store));
        settle(&project)?;
        follow_worktrees(&project);
        known.insert(root, Some(project.clone()));
        self.save(&known);
        Ok(project)
    }

    /// The open project whose manifest has this agent. Its folder may have been moved since the agent was started.
    pub fn of_agent(&self, agent: &str) -> Option<Arc<Project>> {
        self.all().values().flatten().find(|project| project.store.read().agent(agent).is_some()).cloned()
    }

    /// Forgets the project with this root. Its folder, if there is one, is not touched.
    pub fn forget(&self, root: &Path) {
        let mut known = self.all();
        known.remove(root);
        self.save(&known);
    }

    /// Makes the project at `root` if it is none. The flag says whether it was made.
    pub fn init(&self, root: &str) -> Result<(Arc<Project>, bool), ProjectError> {
        match self.open(root) {
            Err(ProjectError::Store(StoreError::NotInitialized(_))) => {}
            other => return other.map(|project| (project, false)),
        }
        let root = resolve(root)?;
        if root.as_os_str().as_encoded_bytes().contains(&b'\n') {
            return Err(ProjectError::LineBreak(root));
        }
        // Open, but its manifest was taken away. It stays the same store: two writers of one file would be one too many.
        if let Some(Some(project)) = self.all().get(&root) {
            exclude(&root, &project.folder)?;
            project.store.create_anew()?;
            return Ok((project.clone(), true));
        }
        let folder = folder_of(&root);
        exclude(&root, &folder)?;
        let (store, created) = Store::open_or_create(&folder, &root.to_string_lossy(), self.clock.clone())?;
        let project = Arc::new(Project::new(root.clone(), folder, store));
        let mut known = self.all();
        known.insert(root, Some(project.clone()));
        self.save(&known);
        Ok((project, created))
    }

    /// Returns when the roots of all projects are on the disk, as far as the disk takes them.
    pub async fn remembered(&self) {
        self.state.written().await;
    }

    fn save(&self, known: &BTreeMap<PathBuf, Option<Arc<Project>>>) {
        if !self.state.read(|state| known.keys().eq(&state.projects)) {
            self.state.change(|state| state.projects = known.keys().cloned().collect());
            self.roots_changed.notify_one();
        }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Option<Arc<Project>>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets right what a manifest says of its project's place, when its folder was moved or copied from somewhere else.
fn settle(project: &Project) -> Result<(), StoreError> {
    let (root, before) = (project.root_text(), project.store.read().project_root.clone());
    if root == before {
        return Ok(());
    }
    // Where it came from there is a project still, which the agents belong to.
    let origin = folder_of(Path::new(&before));
    let as_copy = origin.join("manifest.json").exists() && !project.store.is_in(&origin);
    tracing::warn!(root, before, as_copy, "the project was moved or copied");
    project.store.settle(&root, as_copy)
}

fn resolve(root: &str) -> Result<PathBuf, ProjectError> {
    if !Path::new(root).is_absolute() {
        return Err(ProjectError::NotAbsolute(root.to_owned()));
    }
    let resolved = std::fs::canonicalize(root).map_err(|_| ProjectError::NoFolder(root.into()))?;
    if resolved.is_dir() { Ok(resolved) } else { Err(ProjectError::NoFolder(root.into())) }
}

/// `.pintle`, but a project that another tool of this family made (`.pu`) is used in place.
fn folder_of(root: &Path) -> PathBuf {
    let ours = root.join(".pintle");
    let theirs = root.join(".pu");
    if !ours.exists() && theirs.is_dir() { theirs } else { ours }
}

/// Adds the folder to the repository's `info/exclude`, which is the user's own and is not committed. A project that is no
/// repository has nothing to exclude from.
fn exclude(root: &Path, folder: &Path) -> Result<(), ProjectError> {
    let common = match git2::Repository::discover(root) {
        Ok(repository) => repository.commondir().to_owned(),
        Err(error) if error.code() == git2::ErrorCode::NotFound => return Ok(()),
        // libgit2 does not know every repository; git does, and says better why one cannot be used.
        Err(_) => asked_of_git(root).map_err(|source| ProjectError::Git { path: root.to_owned(), source })?,
    };
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // For a worktree the common folder holds the exclude file that git reads.
    let path = common.join("info/exclude");
    let line = format!("{name}/");
    let text = read_if_there(&path)?.unwrap_or_default();
    if text.split(|byte| *byte == b'\n').any(|known| known.trim_ascii() == line.as_bytes()) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(&path);
    std::fs::create_dir_all(folder).map_err(FileError::at(folder))?;
    let mut file = std::fs::File::options().create(true).append(true).open(&path).map_err(FileError::at(&path))?;
    let start = if text.is_empty() || text.ends_with(b"\n") { "" } else { "\n" };
    file.write_all(format!("{start}{line}\n").as_bytes()).map_err(FileError::at(&path))?;
    Ok(())
}

/// The folder that all worktrees of a repository have in common.
fn asked_of_git(root: &Path) -> Result<PathBuf, GitError> {
    let said = bytes_of("rev-parse", blocking(root).args(["rev-parse", "--git-common-dir"]).output())?;
    // Relative to where it was asked, mostly.
    Ok(root.join(OsStr::from_bytes(said.strip_suffix(b"\n").unwrap_or(&said))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(temp: &Path) -> Registry {
        Registry::new(Kept::load(temp.join("state.json")).0, Clock::System)
    }

    #[test]
    fn init_makes_once_excludes_once_and_is_remembered() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("repo");
        git2::Repository::init(&root).unwrap();
        let text = root.to_str().unwrap();
        let projects = registry(temp.path());
        assert!(matches!(projects.open(text), Err(ProjectError::Store(StoreError::NotInitialized(_)))));
        assert!(projects.init(text).unwrap().1);
        assert!(!projects.init(text).unwrap().1);
        let exclude = std::fs::read_to_string(root.join(".git/info/exclude")).unwrap();
        assert_eq!(exclude.matches(".pintle/").count(), 1, "{exclude}");
        drop(projects);
        assert_eq!(registry(temp.path()).roots(), [root.canonicalize().unwrap()]);
    }

    #[test]
    fn repositories_that_libgit2_cannot_open_are_projects() {
        for format in ["--ref-format=reftable", "--object-format=sha256"] {
            let temp = tempfile::tempdir().unwrap();
            let root = temp.path().join("repo");
            std::fs::create_dir(&root).unwrap();
            assert!(blocking(&root).args(["init", "--quiet", format]).status().unwrap().success());
            registry(temp.path()).init(root.to_str().unwrap()).unwrap();
            let exclude = std::fs::read_to_string(root.join(".git/info/exclude")).unwrap();
            assert_eq!(exclude.matches(".pintle/").count(), 1, "{exclude}");
        }
        let temp = tempfile::tempdir().unwrap();
        git2::Repository::init(temp.path()).unwrap();
        std::fs::write(temp.path().join(".git/config"), "[core]\nrepositoryformatversion = 7\n").unwrap();
        let refused = registry(temp.path()).init(temp.path().to_str().unwrap()).err().unwrap().to_string();
        assert!(refused.contains("Expected git repo version <= 1, found 7"), "{refused}");
    }

    #[test]
    fn a_project_of_a_relative_is_used_in_place() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::create_dir(temp.path().join(".pu")).unwrap();
        let projects = registry(temp.path());
        let (project, _) = projects.init(temp.path().to_str().unwrap()).unwrap();
        assert!(project.folder.ends_with(".pu"));
    }

    #[test]
    fn what_is_forgotten_stays_forgotten() {
        let temp = tempfile::tempdir().unwrap();
        let roots = ["one", "two"].map(|name| temp.path().join(name));
        let projects = registry(temp.path());
        for root in &roots {
            std::fs::create_dir(root).unwrap();
            projects.init(root.to_str().unwrap()).unwrap();
        }
        projects.forget(&roots[0].canonicalize().unwrap());
        let left = [roots[1].canonicalize().unwrap()];
        assert_eq!(projects.roots(), left);
        assert_eq!(registry(temp.path()).roots(), left);
        assert!(roots[0].join(".pintle/manifest.json").exists());
    }

    #[test]
    fn a_damaged_state_file_is_kept_aside() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("state.json");
        std::fs::write(&path, "not json").unwrap();
        let (state, warning) = Kept::load(path.clone());
        let projects = Registry::new(state, Clock::System);
        assert!(projects.roots().is_empty());
        assert!(warning.unwrap().contains("state.json.damaged"));
        assert_eq!(std::fs::read(path.with_extension("json.damaged")).unwrap(), b"not json");
    }

    #[test]
    fn only_absolute_paths_of_folders_are_projects() {
        let temp = tempfile::tempdir().unwrap();
        let projects = registry(temp.path());
        assert!(matches!(projects.open("relative"), Err(ProjectError::NotAbsolute(_))));
        assert!(matches!(projects.open("/nonexistent-folder"), Err(ProjectError::NoFolder(_))));
        let odd = temp.path().join("two\nlines");
        std::fs::create_dir(&odd).unwrap();
        assert!(matches!(projects.init(odd.to_str().unwrap()), Err(ProjectError::LineBreak(_))));
        assert!(!odd.join(".pintle").exists());
    }
}
