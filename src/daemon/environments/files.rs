//! What people write in the files of the config folder, as far as it can be read, and the rules that were added by requests.
//!
//! `envs.yaml`, `prefixes.yaml` and `hud.yaml` are held here. `config.yaml`, the user's and those of projects, is read by whoever starts
//! an agent and not held, so that here it is only looked at: whether it is broken is told with the others. Of a project's the
//! environment is held all the same, since every command in it asks for that.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use super::look;
use super::{Environments, Named};
use crate::base::files::{Stamp, read_if_there};
use crate::base::paths::Places;
use crate::base::yaml::{Place, YamlError};
use crate::environment::envs::{Environment, Envs};
use crate::environment::prefix::{Rule, Rules, Source};
use crate::environment::script::wrapped_commands;
use crate::hud::color::Color;
use crate::hud::render::Look;
use crate::project::config::{self, ConfigError};
use crate::project::hud_file::HudFile;
use crate::project::state::RuleEntry;
use crate::protocol::WireError;

/// What the files say, as far as they can be read.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Environments.
    pub envs: Arc<Envs>,
    /// Prefix rules: the file's, then those added by requests.
    pub rules: Arc<Rules>,
    /// How the line for status bars looks.
    pub look: Arc<Look>,
    /// Files that cannot be read now, and why.
    pub broken: Vec<Broken>,
    /// What in them has no effect.
    pub warnings: Vec<YamlError>,
    /// Rules that were added and that are not taken, a line each.
    pub refused: Vec<String>,
    /// The rules of the file alone: what was added is laid over them.
    own: Arc<Rules>,
    hud: Arc<HudFile>,
    /// What was read, and in which state.
    seen: Vec<(PathBuf, Option<Stamp>)>,
    added: Vec<RuleEntry>,
}

/// A file that cannot be read now. `Display` says file, place, what is wrong, and what holds meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong.
    pub error: YamlError,
    /// What holds meanwhile.
    pub instead: Instead,
}

/// What holds while a file is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// What it said before.
    Before,
    /// As if it was empty: it has not been read since the daemon was started.
    Nothing,
    /// Nothing has to: who needs it is refused.
    Refusal,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instead = match self.instead {
            Instead::Before => "what it said before stays in force",
            Instead::Nothing => "nothing of it is in force",
            Instead::Refusal => "no agent that needs it is started until it is corrected",
        };
        write!(f, "{}; {instead}", self.error)
    }
}

impl PartialEq for Loaded {
    /// Whether they were read from the same files in the same state.
    fn eq(&self, other: &Self) -> bool {
        self.seen == other.seen && self.broken == other.broken && self.added == other.added
    }
}

impl Loaded {
    /// The commands that go through us in any environment, sorted: for each there is a shim, and a function in every shell.
    pub fn wrapped_anywhere(&self) -> BTreeSet<&str> {
        let environments = self.envs.iter().map(Some).chain([None]);
        environments.flat_map(|env| wrapped_commands(&self.rules, env)).collect()
    }

    /// Reads the files, and looks at the config files of `projects`. One that is broken leaves in force what `before` has of it.
    pub fn read(places: &Places, projects: &[PathBuf], added: &[RuleEntry], before: Option<&Loaded>) -> Self {
        let files = [places.envs_file(), places.prefixes_file(), places.hud_file(), places.config_file()];
        let seen = files.iter().chain(projects).map(|file| (file.clone(), stamp(file))).collect();
        let [envs_file, prefixes_file, hud_file, config_file] = &files;
        let mut reader = Reader { before, broken: Vec::new() };
        let envs = reader.load(envs_file, Envs::parse, |before| &before.envs);
        let own = reader.load(prefixes_file, Rules::parse, |before| &before.own);
        let hud = reader.load(hud_file, HudFile::parse, |before| &before.hud);
        for file in std::iter::once(config_file).chain(projects) {
            if let Err(error) = config::read(file) {
                reader.broken.push(Broken { error: with_place(error), instead: Instead::Refusal });
            }
        }
        let (look, no_segments) = look::of_file(hud_file, &hud);
        let mut warnings = [envs.warnings(), &unknown_colors(envs_file, &envs), own.warnings()].concat();
        // While envs.yaml was never read nobody can say which there are.
        if !reader.broken.iter().any(|broken| broken.error.path == *envs_file && broken.instead == Instead::Nothing) {
            warnings.extend(own.unknown_environments(&envs));
        }
        warnings.extend(hud.warnings.iter().cloned().chain(no_segments));
        let mut rules = Rules::clone(&own);
        let mut refused = Vec::new();
        for entry in added {
            let rule = Rule::registered(&entry.owner, &entry.command, &entry.strategy, &entry.config.clone().into());
            if let Err(error) = rule.and_then(|rule| rules.add(rule)) {
                refused.push(error.to_string());
            }
        }
        let (rules, look, added) = (Arc::new(rules), Arc::new(look), added.to_vec());
        Self { envs, rules, look, broken: reader.broken, warnings, refused, own, hud, seen, added }
    }

    /// Whether a file is not as it was when it was read.
    pub(super) fn is_stale(&self) -> bool {
        self.seen.iter().any(|(file, seen)| stamp(file) != *seen)
    }

    /// Everything in the files that cannot be used or has no effect, a line each.
    pub fn remarks(&self) -> Vec<String> {
        let broken = self.broken.iter().map(ToString::to_string);
        broken.chain(self.warnings.iter().map(ToString::to_string)).chain(self.refused.iter().cloned()).collect()
    }

    /// What is wrong with a file, if it is broken.
    pub fn broken_file(&self, path: &Path) -> Option<&Broken> {
        self.broken.iter().find(|broken| broken.error.path == path)
    }

    /// Whether a command has rules.
    pub fn sources(&self, command: &str) -> impl Iterator<Item = &Source> {
        self.rules.for_command(command).map(|rule| &rule.source)
    }
}

fn stamp(file: &Path) -> Option<Stamp> {
    Stamp::of(file).ok().flatten()
}

/// The config file of a project, if it has one.
pub fn project_file(root: &Path) -> Option<PathBuf> {
    project_places(root).into_iter().find(|file| file.exists())
}

/// Where a project's config file may be: in our folder, else in one that another tool of this family made.
pub fn project_places(root: &Path) -> [PathBuf; 2] {
    [".pintle", ".pu"].map(|folder| root.join(folder).join("config.yaml"))
}

/// Reads files, and falls back to what they said before.
struct Reader<'a> {
    before: Option<&'a Loaded>,
    broken: Vec<Broken>,
}

impl Reader<'_> {
    /// What a file says; one that is not there says nothing.
    fn load<T: Default>(
        &mut self,
        path: &Path,
        parse: impl FnOnce(&Path, &[u8]) -> Result<T, YamlError>,
        of: impl FnOnce(&Loaded) -> &Arc<T>,
    ) -> Arc<T> {
        let read = read_if_there(path).map_err(|error| unreadable(path, &error.source));
        let error = match read.and_then(|bytes| parse(path, &bytes.unwrap_or_default())) {
            Ok(read) => return Arc::new(read),
            Err(error) => error,
        };
        let was_read =
            |before: &&Loaded| before.broken_file(path).is_none_or(|broken| broken.instead == Instead::Before);
        let (instead, held) = match self.before.filter(was_read) {
            Some(before) => (Instead::Before, of(before).clone()),
            None => (Instead::Nothing, Arc::default()),
        };
        self.broken.push(Broken { error, instead });
        held
    }
}

/// A file that the system does not let us read.
pub fn unreadable(path: &Path, error: &std::io::Error) -> YamlError {
    YamlError { path: path.to_owned(), at: Place::default(), reason: error.to_string() }
}

/// What is wrong with a `config.yaml`, as with any other file.
pub fn with_place(error: ConfigError) -> YamlError {
    let unplaced = |path: PathBuf, reason: String| YamlError { path, at: Place::default(), reason };
    match error {
        ConfigError::Invalid(error) => error,
        ConfigError::File(error) => unreadable(&error.path, &error.source),
        ConfigError::CannotEdit(path, key) => unplaced(path, format!("{key}: cannot be changed")),
    }
}

/// Colours that nobody knows, each where it is said and not where it is inherited.
fn unknown_colors(path: &Path, envs: &Envs) -> Vec<YamlError> {
    let mut found = Vec::new();
    for env in envs.iter() {
        let inherited = env.extends.as_deref().and_then(|parent| envs.get(parent)?.color.as_deref());
        let Some(color) = env.color.as_deref().filter(|color| Some(*color) != inherited) else { continue };
        if let Err(error) = color.parse::<Color>() {
            let reason = format!("envs.{}.color: {error}; it is not shown", env.name);
            found.push(YamlError { path: path.to_owned(), at: env.at, reason });
        }
    }
    found
}

impl Environments {
    /// The environment of this name, or that there is none.
    pub fn find(&self, name: &str) -> Result<Environment, WireError> {
        Ok(self.loaded().envs.find(name)?.clone())
    }

    /// What a project's config names as its environment. It is asked for with every look at a pane, and read once: the file is watched.
    /// One that cannot be read names what it named before.
    pub fn project_env(&self, root: &Path) -> Option<String> {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match named.get(root) {
            Some(named) if named.is_fresh => return named.env.clone(),
            before => before.and_then(|named| named.env.clone()),
        };
        let read = project_file(root).map(|file| config::read(&file));
        let env = match read {
            None => None,
            Some(Ok(config)) => config.env.map(|env| env.value),
            // Not none: a slip while somebody edits must not take a project out of its environment.
            Some(Err(_)) => before,
        };
        named.insert(root.to_owned(), Named { env: env.clone(), is_fresh: true });
        env
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_leaves_in_force_what_it_said_before() {
        let temp = tempfile::tempdir().unwrap();
        let mut places = Places::from_env().unwrap();
        temp.path().clone_into(&mut places.config);
        let write = |text: &str| std::fs::write(temp.path().join("hud.yaml"), text).unwrap();
        let broken = |loaded: &Loaded| loaded.broken.iter().map(|broken| broken.instead).collect::<Vec<_>>();
        write("label: [\n");
        let first = Loaded::read(&places, &[], &[], None);
        assert_eq!((broken(&first), first.look.label.as_str()), (vec![Instead::Nothing], "pintle"));
        let again = Loaded::read(&places, &[], &[], Some(&first));
        assert_eq!(broken(&again), [Instead::Nothing], "there still is nothing to fall back to");
        write("label: one\n");
        let good = Loaded::read(&places, &[], &[], Some(&again));
        assert_eq!((broken(&good), good.look.label.as_str()), (vec![], "one"));
        write("label: two\nstyle: 3\n");
        let kept = Loaded::read(&places, &[], &[], Some(&good));
        assert_eq!((broken(&kept), kept.look.label.as_str()), (vec![Instead::Before], "one"));
        assert_eq!(
            kept.broken[0].to_string(),
            format!(
                "{}: line 2, column 8: style: this is a text, but has to be a map; what it said before stays in force",
                places.hud_file().display()
            )
        );
        let kept = Loaded::read(&places, &[], &[], Some(&kept));
        assert_eq!((broken(&kept), kept.look.label.as_str()), (vec![Instead::Before], "one"));
        std::fs::remove_file(places.hud_file()).unwrap();
        let gone = Loaded::read(&places, &[], &[], Some(&kept));
        assert_eq!((broken(&gone), gone.look.label.as_str()), (vec![], "pintle"), "a file that is gone says nothing");
    }
}
