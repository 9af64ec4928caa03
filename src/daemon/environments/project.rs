//! Which environment a project names, in its `config.yaml`.

use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use super::Environments;
use super::fresh::Seen;
use crate::base::files::{Content, read_settled};
use crate::base::yaml::YamlError;
use crate::daemon::configs::{Configs, with_place};
use crate::environment::envs::UNREAD;
use crate::protocol::{Code, WireError};

/// What it means that a project's `config.yaml` could never be read.
pub const UNREAD_PROJECT: &str = "which environment holds in this project is not known, so that no agent is started and no command with \
                                  rules is run in it until the file is corrected";

/// What a project's `config.yaml` says of its environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProjectEnv {
    /// Nothing: there is no such file, or no `env` in it.
    #[default]
    None,
    /// Its name.
    Named(String),
    /// Nobody knows, since the file could never be read: what is wrong with it.
    Unread(YamlError),
}

/// What a project names, and its config file as it was then, in both of its places.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub env: ProjectEnv,
    seen: [Seen; 2],
}

impl ProjectEnv {
    /// The environment's name; [`UNREAD`] where nobody knows it. Nobody can describe one of that name, so that whoever looks for it is as
    /// well off as with one that is gone: commands are refused, shells get nothing of it, status bars say so.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Named(name) => Some(name),
            Self::Unread(_) => Some(UNREAD),
        }
    }
}

/// That the environment of a place is not known, since a project's `config.yaml` could never be read.
pub fn unread(error: &YamlError) -> WireError {
    WireError::new(Code::ConfigError, format!("{error}; {UNREAD_PROJECT}"))
}

/// The config file of a project, if it has one. One that was moved away just now, to be written anew, is still its own.
pub fn project_file(configs: &Configs, root: &Path) -> Option<PathBuf> {
    project_places(root).into_iter().find(|file| configs.is_there(file))
}

/// Where a project's config file may be: in our folder, else in one that another tool of this family made.
pub fn project_places(root: &Path) -> [PathBuf; 2] {
    [".pintle", ".pu"].map(|folder| root.join(folder).join("config.yaml"))
}

/// What a project's config file says of its environment. One that cannot be read names what it named before: a slip while somebody
/// edits must not take a project out of its environment.
pub fn env_in(configs: &Configs, file: &Path) -> ProjectEnv {
    match configs.read(file) {
        Ok(said) => said.config.env.as_ref().map_or(ProjectEnv::None, |env| ProjectEnv::Named(env.value.clone())),
        Err(error) => ProjectEnv::Unread(with_place(error)),
    }
}

impl Environments {
    /// What a project's config names as its environment. It is asked for with every look at a pane, and read once: the file is watched.
    pub fn project_env(&self, root: &Path) -> ProjectEnv {
        self.named(root, |named| named.env.clone())
    }

    /// Its config file as it was when it was read, in each of its places.
    pub(super) fn project_seen(&self, root: &Path) -> [Seen; 2] {
        self.named(root, |named| named.seen)
    }

    fn named<T>(&self, root: &Path, of: impl FnOnce(&Named) -> T) -> T {
        let mut all = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(named) = all.get(root) {
            return of(named);
        }
        let named = self.read_project(root, &ProjectEnv::None);
        let asked = of(&named);
        all.insert(root.to_owned(), named);
        asked
    }

    /// The same, read now.
    pub(super) fn read_project(&self, root: &Path, before: &ProjectEnv) -> Named {
        let configs = &self.configs;
        let is_missed = |file: &Path| match read_settled(file, || configs.copies.of(file), &configs.clock) {
            Ok(Content::Cut) => true,
            Ok(Content::Taken) => configs.remembers(file),
            Ok(Content::Settled(_)) | Err(_) => false,
        };
        let seen = project_places(root).map(|file| {
            let seen = Seen::of(&file, &configs.clock);
            if is_missed(&file) { seen.unsettled() } else { seen }
        });
        Named { env: self.env_in_config(root, before), seen }
    }

    /// What the file says now. One that could not be read before and is moved away for a moment, mostly to be corrected, is not known still.
    fn env_in_config(&self, root: &Path, before: &ProjectEnv) -> ProjectEnv {
        match (project_file(&self.configs, root), before) {
            (Some(file), _) => env_in(&self.configs, &file),
            (None, ProjectEnv::Unread(error)) if self.configs.was_taken(&error.path) => before.clone(),
            (None, _) => ProjectEnv::None,
        }
    }

    /// Whether a file that is not there for this moment is missed: it was read, or it could not be.
    pub(super) fn misses(&self, file: &Path) -> bool {
        let named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        let is_unread = |named: &Named| matches!(&named.env, ProjectEnv::Unread(error) if error.path == file);
        self.configs.remembers(file) || named.values().any(is_unread)
    }
}
