//! The projects that are known: opened when first named, remembered across restarts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;
use tokio::sync::Notify;

use super::config::ConfigError;
use super::exclude;
use super::manifest::Manifest;
use super::state::{Kept, StateFile};
use super::store::{Store, StoreError};
use super::worktree::{AllTurns, Doors, Turns, git};
use crate::base::clock::Clock;
use crate::base::files::FileError;
use crate::base::paths::maker_of_checkout;

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
}

/// An opened project.
pub struct Project {
    /// Absolute, without symlinks.
    pub root: PathBuf,
    /// `.pintle`, or an existing `.pu`.
    pub folder: PathBuf,
    /// Its manifest.
    pub store: Arc<Store>,
    /// Whose turn it is in its repository.
    pub repository: Arc<Turns>,
    /// Who is on the way into its worktrees.
    pub doors: Arc<Doors>,
}

impl Project {
    fn new(root: PathBuf, folder: PathBuf, store: Store, repository: Arc<Turns>) -> Self {
        Self { root, folder, store: Arc::new(store), repository, doors: Arc::default() }
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
    turns: AllTurns,
    /// Told when there is another project, or one less.
    pub roots_changed: Notify,
    /// Told when there is something in [`Registry::take_opened`].
    pub opened: Notify,
    as_found: Mutex<Vec<(Arc<Project>, Arc<Manifest>)>>,
}

impl Registry {
    /// Knows the projects that `state.json` names.
    pub fn new(state: Arc<Kept<StateFile>>, clock: Clock) -> Self {
        // A checkout is no project of its own, though an earlier version may have taken it for one.
        let projects = |state: &StateFile| {
            let roots = state.projects.iter().filter(|root| maker_of_checkout(root).is_none());
            roots.map(|root| (root.clone(), None)).collect()
        };
        let known = state.read(projects);
        Self {
            state,
            clock,
            known: Mutex::new(known),
            turns: AllTurns::default(),
            roots_changed: Notify::new(),
            opened: Notify::new(),
            as_found: Mutex::default(),
        }
    }

    /// Projects that were opened since this was last asked, with the manifest that was found there.
    pub fn take_opened(&self) -> Vec<(Arc<Project>, Arc<Manifest>)> {
        std::mem::take(&mut *self.as_found.lock().unwrap_or_else(PoisonError::into_inner))
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
        if let Some(maker) = maker_by_file(&known, &root) {
            maker.store.refresh()?;
            return Ok(maker);
        }
        let same = known.values().flatten().find(|project| project.store.is_in(&folder)).cloned();
        let is_found = same.is_none();
        let store = match same {
            // The same folder under another name, as a bind mount gives it.
            Some(same) if same.store.is_in(&same.folder) => return Ok(same),
            Some(moved) => {
                known.remove(&moved.root);
                moved.store.moved_to(&folder)?
            }
            None => Store::open(&folder, self.clock.clone())?,
        };
        let project = Arc::new(Project::new(root.clone(), folder, store, self.turns.of(&root)));
        settle(&project)?;
        follow_worktrees(&project);
        known.insert(root, Some(project.clone()));
        self.save(&known);
        if is_found {
            let mut as_found = self.as_found.lock().unwrap_or_else(PoisonError::into_inner);
            as_found.push((project.clone(), project.store.read()));
            self.opened.notify_one();
        }
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
            Ok(project) => {
                exclude::again(&project)?;
                return Ok((project, false));
            }
            Err(error) => return Err(error),
        }
        let root = resolve(root)?;
        if root.as_os_str().as_encoded_bytes().contains(&b'\n') {
            return Err(ProjectError::LineBreak(root));
        }
        // Open, but its manifest was taken away. It stays the same store: two writers of one file would be one too many.
        if let Some(Some(project)) = self.all().get(&root) {
            exclude::exclude(&root, &project.folder)?;
            project.store.create_anew()?;
            return Ok((project.clone(), true));
        }
        let folder = folder_of(&root);
        exclude::exclude(&root, &folder)?;
        let (store, created) = Store::open_or_create(&folder, &root.to_string_lossy(), self.clock.clone())?;
        let project = Arc::new(Project::new(root.clone(), folder, store, self.turns.of(&root)));
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
    match resolved.is_dir() {
        true => Ok(maker_of_checkout(&resolved).map_or_else(|| resolved.clone(), Path::to_owned)),
        false => Err(ProjectError::NoFolder(root.into())),
    }
}

/// The project that has made the checkout at `root` which is reached by another way: its worktrees are behind a link, or mounted there too.
fn maker_by_file(known: &BTreeMap<PathBuf, Option<Arc<Project>>>, root: &Path) -> Option<Arc<Project>> {
    // Other folders are no checkouts of anybody.
    if !root.join(".git").is_file() {
        return None;
    }
    let file = |path: &Path| rustix::fs::stat(path).ok().map(|about| (about.st_dev, about.st_ino));
    let here = file(root)?;
    let has_made = |project: &&Arc<Project>| {
        project.store.read().worktrees.values().any(|worktree| file(Path::new(&worktree.path)) == Some(here))
    };
    known.values().flatten().find(has_made).cloned()
}

/// `.pintle`, but a project that another tool of this family made (`.pu`) is used in place.
fn folder_of(root: &Path) -> PathBuf {
    let ours = root.join(".pintle");
    let theirs = root.join(".pu");
    if !ours.exists() && theirs.is_dir() { theirs } else { ours }
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
        let exclude = || std::fs::read_to_string(root.join(".git/info/exclude")).unwrap();
        assert_eq!(exclude().matches(".pintle/").count(), 1, "{}", exclude());
        // Whoever ignores the worktrees alone shares the rest.
        std::fs::write(root.join(".gitignore"), "/.pintle/worktrees/\n").unwrap();
        std::fs::write(root.join(".git/info/exclude"), "").unwrap();
        assert!(!projects.init(text).unwrap().1);
        assert_eq!(exclude(), "");
        std::fs::remove_file(root.join(".gitignore")).unwrap();
        assert!(!projects.init(text).unwrap().1);
        assert_eq!(exclude(), ".pintle/\n");
        drop(projects);
        assert_eq!(registry(temp.path()).roots(), [root.canonicalize().unwrap()]);
    }

    #[test]
    fn a_project_of_a_relative_is_used_in_place() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::create_dir(temp.path().join(".pu")).unwrap();
        let projects = registry(temp.path());
        let (project, _) = projects.init(temp.path().to_str().unwrap()).unwrap();
        assert!(project.folder.ends_with(".pu"));
    }

    /// Also one that an earlier version took for a project.
    #[test]
    fn a_checkout_is_no_project_of_its_own() {
        let temp = tempfile::tempdir().unwrap();
        let (root, projects) = (temp.path().canonicalize().unwrap(), registry(temp.path()));
        projects.init(root.to_str().unwrap()).unwrap();
        let checkout = root.join(".pintle/worktrees/wt-1");
        std::fs::create_dir_all(checkout.join(".pintle")).unwrap();
        std::fs::copy(root.join(".pintle/manifest.json"), checkout.join(".pintle/manifest.json")).unwrap();
        assert_eq!(projects.open(checkout.to_str().unwrap()).unwrap().root, root);
        projects.state.change(|state| state.projects.push(checkout));
        assert_eq!(registry(temp.path()).roots().len(), 1);
        let state = projects.state.clone();
        assert_eq!(Registry::new(state, Clock::System).roots(), [root]);
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
