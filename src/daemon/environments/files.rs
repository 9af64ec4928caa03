//! What people write about environments: `envs.yaml` and `prefixes.yaml`, and the rules that were added by requests.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use super::Environments;
use crate::base::files::{Stamp, read_if_there};
use crate::base::paths::Places;
use crate::base::yaml::YamlError;
use crate::environment::envs::{Environment, Envs};
use crate::environment::prefix::{Rule, Rules, Source};
use crate::project::config;
use crate::project::state::RuleEntry;
use crate::protocol::WireError;

/// What the files say, as far as they can be read.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Environments.
    pub envs: Arc<Envs>,
    /// Prefix rules: the file's, then those added by requests.
    pub rules: Arc<Rules>,
    /// Files that cannot be read now, and why; what they last said stays in force.
    pub broken: Vec<String>,
    /// What in them has no effect.
    pub warnings: Vec<String>,
    /// The rules of the file alone: what was added is laid over them.
    own: Arc<Rules>,
    seen: [Option<Stamp>; 2],
    added: Vec<RuleEntry>,
}

impl PartialEq for Loaded {
    /// Whether they were read from the same files in the same state.
    fn eq(&self, other: &Self) -> bool {
        self.seen == other.seen && self.broken == other.broken && self.added == other.added
    }
}

impl Loaded {
    /// Reads the files. One that is broken leaves in force what `before` has of it.
    pub fn read(places: &Places, added: &[RuleEntry], before: Option<&Loaded>) -> Self {
        let before = before.cloned().unwrap_or_default();
        let (envs_file, prefixes_file) = (places.envs_file(), places.prefixes_file());
        let seen = [&envs_file, &prefixes_file].map(|file| Stamp::of(file).ok().flatten());
        let mut broken = Vec::new();
        let envs = load(&envs_file, Envs::parse, before.envs, &mut broken);
        let own = load(&prefixes_file, Rules::parse, before.own, &mut broken);
        let mut warnings: Vec<String> = [envs.warnings(), own.warnings()].concat();
        warnings.extend(own.unknown_environments(&envs));
        let mut rules = Rules::clone(&own);
        for entry in added {
            let rule = Rule::registered(&entry.owner, &entry.command, &entry.strategy, &entry.config.clone().into());
            if let Err(error) = rule.and_then(|rule| rules.add(rule)) {
                warnings.push(error.to_string());
            }
        }
        Self { envs, rules: Arc::new(rules), broken, warnings, own, seen, added: added.to_vec() }
    }

    /// Whether a command has rules.
    pub fn sources(&self, command: &str) -> impl Iterator<Item = &Source> {
        self.rules.for_command(command).map(|rule| &rule.source)
    }
}

/// What a file says; one that is not there says nothing.
fn load<T>(
    path: &Path,
    parse: impl FnOnce(&Path, &[u8]) -> Result<T, YamlError>,
    before: Arc<T>,
    broken: &mut Vec<String>,
) -> Arc<T> {
    let read = read_if_there(path).map_err(|error| error.to_string());
    match read.and_then(|bytes| parse(path, &bytes.unwrap_or_default()).map_err(|error| error.to_string())) {
        Ok(read) => Arc::new(read),
        Err(error) => {
            broken.push(error);
            before
        }
    }
}

impl Environments {
    /// The environment of this name, or that there is none.
    pub fn find(&self, name: &str) -> Result<Environment, WireError> {
        Ok(self.loaded().envs.find(name)?.clone())
    }

    /// What a project's config names as its environment. It is asked for with every look at a pane, and read once: the file is watched.
    pub fn project_env(&self, root: &Path) -> Option<String> {
        let mut known = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(env) = known.get(root) {
            return env.clone();
        }
        let env = Self::read_project_env(root);
        known.insert(root.to_owned(), env.clone());
        env
    }

    fn read_project_env(root: &Path) -> Option<String> {
        let files = [".pintle", ".pu"].map(|folder| root.join(folder).join("config.yaml"));
        let file = files.into_iter().find(|file| file.exists())?;
        // A file that cannot be read names none; `reload` and `doctor` say what is wrong with it.
        config::read(&file).ok()?.env.map(|env| env.value)
    }
}
