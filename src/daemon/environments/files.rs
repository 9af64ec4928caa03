//! What people write in the files of the config folder, as far as it can be read, and the rules that were added by requests.
//!
//! `envs.yaml`, `prefixes.yaml` and `hud.yaml` are held here. `config.yaml`, the user's and those of projects, is held by
//! [`crate::daemon::configs`] for whoever starts an agent, so that here it is only looked at: whether it is broken is told with the
//! others.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Environments;
use super::fresh::Seen;
use super::look;
use super::project::UNREAD_PROJECT;
use crate::base::files::{Content, read_settled};
use crate::base::paths::Places;
use crate::base::yaml::YamlError;
use crate::daemon::configs::{Configs, Said, unreadable, with_place};
use crate::environment::envs::{Environment, Envs};
use crate::environment::prefix::{Rule, Rules, Source};
use crate::environment::script::wrapped_anywhere;
use crate::hud::color::Color;
use crate::hud::render::Look;
use crate::project::hud_file::HudFile;
use crate::project::state::RuleEntry;
use crate::protocol::{Code, WireError};

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
    /// The commands that go through us in any environment, sorted. Asked for with every change of what somebody has set.
    wrapped: Vec<String>,
    /// The rules of the file alone: what was added is laid over them.
    own: Arc<Rules>,
    hud: Arc<HudFile>,
    /// What was read, and in which state.
    seen: Vec<(PathBuf, Seen)>,
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
    /// Nothing: no daemon has ever read it. Commands are refused, since nobody can say what it should make of them.
    Nothing,
    /// Nothing, of the user's `config.yaml` that no daemon has ever read: agents that need it are refused.
    Refusal,
    /// Nothing, of a project's: agents in it are refused, and so are commands, since nobody can say which environment holds for them.
    RefusalInProject,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instead = match self.instead {
            Instead::Before => "what it said before stays in force",
            Instead::Nothing => "nothing of it is in force",
            Instead::Refusal => "no agent that needs it is started until it is corrected",
            Instead::RefusalInProject => UNREAD_PROJECT,
        };
        write!(f, "{}; {instead}", self.error)
    }
}

impl PartialEq for Loaded {
    /// Whether they were read from the same files in the same state.
    fn eq(&self, other: &Self) -> bool {
        let state = |(file, seen): &(PathBuf, Seen)| (file.clone(), seen.stamp);
        let is_same = self.seen.iter().map(state).eq(other.seen.iter().map(state));
        is_same && self.broken == other.broken && self.added == other.added
    }
}

impl Loaded {
    /// The commands that go through us in any environment, sorted: for each there is a shim, and a function in every shell.
    pub fn wrapped_anywhere(&self) -> Vec<&str> {
        self.wrapped.iter().map(String::as_str).collect()
    }

    /// Reads the files, and looks at the config files of `projects`. One that is broken leaves in force what `before` has of it.
    pub fn read(
        places: &Places,
        configs: &Configs,
        projects: &[PathBuf],
        added: &[RuleEntry],
        before: Option<&Loaded>,
    ) -> Self {
        let files = [places.envs_file(), places.prefixes_file(), places.hud_file(), places.config_file()];
        let mut seen: Vec<(PathBuf, Seen)> =
            files.iter().chain(projects).map(|file| (file.clone(), Seen::of(file, &configs.clock))).collect();
        let [envs_file, prefixes_file, hud_file, config_file] = &files;
        let mut reader = Reader { before, configs, broken: Vec::new(), unsettled: Vec::new() };
        let envs = reader.load(envs_file, Envs::parse, |before| &before.envs);
        let own = reader.load(prefixes_file, Rules::parse, |before| &before.own);
        let hud = reader.load(hud_file, HudFile::parse, |before| &before.hud);
        for file in std::iter::once(config_file).chain(projects) {
            let (error, instead) = match configs.read(file) {
                Ok(Said { broken: Some(error), .. }) => (error, Instead::Before),
                Ok(_) => continue,
                Err(error) if file == config_file => (with_place(error), Instead::Refusal),
                Err(error) => (with_place(error), Instead::RefusalInProject),
            };
            reader.broken.push(Broken { error, instead });
        }
        for (_, seen) in seen.iter_mut().filter(|(file, _)| reader.unsettled.contains(file)) {
            *seen = seen.unsettled();
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
        let wrapped = wrapped_anywhere(&rules, &envs).into_iter().map(str::to_owned).collect();
        let (rules, look, added) = (Arc::new(rules), Arc::new(look), added.to_vec());
        Self { envs, rules, look, broken: reader.broken, warnings, refused, wrapped, own, hud, seen, added }
    }

    /// Whether a file is not as it was when it was read.
    pub(super) fn is_stale(&self) -> bool {
        self.seen.iter().any(|(file, seen)| !seen.is_still(file))
    }

    /// Whether this file is as it was when it was read.
    pub(super) fn is_still(&self, file: &Path) -> bool {
        self.seen.iter().any(|(read, seen)| read == file && seen.is_still(file))
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

    /// Refuses what comes from a file that says which commands run where, as long as no daemon has ever read it: to run a command as it
    /// is would be the one thing that whoever writes such a file does not want.
    pub fn is_known(&self, places: &Places) -> Result<(), WireError> {
        let files = [places.envs_file(), places.prefixes_file()];
        let unknown = |broken: &&Broken| broken.instead == Instead::Nothing && files.contains(&broken.error.path);
        match self.broken.iter().find(unknown) {
            Some(broken) => Err(WireError::new(Code::ConfigError, broken.to_string())),
            None => Ok(()),
        }
    }

    /// Whether a command has rules.
    pub fn sources(&self, command: &str) -> impl Iterator<Item = &Source> {
        self.rules.for_command(command).map(|rule| &rule.source)
    }
}

/// Reads files, and falls back to what they said before.
struct Reader<'a> {
    before: Option<&'a Loaded>,
    configs: &'a Configs,
    broken: Vec<Broken>,
    /// Files that said nothing, or half of it, when they were read.
    unsettled: Vec<PathBuf>,
}

impl Reader<'_> {
    /// What a file says; one that is not there says nothing.
    fn load<T: Default>(
        &mut self,
        path: &Path,
        parse: impl Fn(&Path, &[u8]) -> Result<T, YamlError>,
        of: impl FnOnce(&Loaded) -> &Arc<T>,
    ) -> Arc<T> {
        let copies = &self.configs.copies;
        let content = read_settled(path, || copies.of(path), &self.configs.clock);
        if matches!(content, Ok(Content::Cut)) || matches!(content, Ok(Content::Taken)) && copies.has(path) {
            self.unsettled.push(path.to_owned());
        }
        let bytes = match (content, self.before) {
            (Ok(Content::Taken), _) if !copies.has(path) => Ok(None),
            // What was wrong with what it said before is gone with that.
            (Ok(Content::Cut | Content::Taken), Some(before)) => return of(before).clone(),
            (Ok(Content::Cut | Content::Taken), None) => Ok(copies.of(path)),
            (Ok(Content::Settled(bytes)), _) => Ok(bytes),
            (Err(error), _) => Err(unreadable(path, &error.source)),
        };
        let read = bytes.and_then(|bytes| {
            let read = parse(path, bytes.as_deref().unwrap_or_default())?;
            copies.keep(path, bytes.as_deref());
            Ok(read)
        });
        let error = match read {
            Ok(read) => return Arc::new(read),
            Err(error) => error,
        };
        let was_read =
            |before: &&Loaded| before.broken_file(path).is_none_or(|broken| broken.instead == Instead::Before);
        let before = self.before.filter(was_read).map(|before| of(before).clone());
        let before = before.or_else(|| parse(path, &copies.of(path)?).ok().map(Arc::new));
        let instead = if before.is_some() { Instead::Before } else { Instead::Nothing };
        self.broken.push(Broken { error, instead });
        before.unwrap_or_default()
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Clock;
    use crate::daemon::copies::Copies;

    #[test]
    fn a_broken_file_leaves_in_force_what_it_said_before() {
        let temp = tempfile::tempdir().unwrap();
        let mut places = Places::from_env().unwrap();
        temp.path().clone_into(&mut places.config);
        let write = |text: &str| std::fs::write(temp.path().join("hud.yaml"), text).unwrap();
        let broken = |loaded: &Loaded| loaded.broken.iter().map(|broken| broken.instead).collect::<Vec<_>>();
        write("label: [\n");
        let clock = Clock::fixed(jiff::Timestamp::UNIX_EPOCH);
        let configs = Configs::new(clock, Copies::new(temp.path().join("kept")));
        let first = Loaded::read(&places, &configs, &[], &[], None);
        assert_eq!((broken(&first), first.look.label.as_str()), (vec![Instead::Nothing], "pintle"));
        let again = Loaded::read(&places, &configs, &[], &[], Some(&first));
        assert_eq!(broken(&again), [Instead::Nothing], "there still is nothing to fall back to");
        write("label: one\n");
        let good = Loaded::read(&places, &configs, &[], &[], Some(&again));
        assert_eq!((broken(&good), good.look.label.as_str()), (vec![], "one"));
        write("label: two\nstyle: 3\n");
        let kept = Loaded::read(&places, &configs, &[], &[], Some(&good));
        assert_eq!((broken(&kept), kept.look.label.as_str()), (vec![Instead::Before], "one"));
        assert_eq!(
            kept.broken[0].to_string(),
            format!(
                "{}: line 2, column 8: style: this is a text, but has to be a map; what it said before stays in force",
                places.hud_file().display()
            )
        );
        let kept = Loaded::read(&places, &configs, &[], &[], Some(&kept));
        assert_eq!((broken(&kept), kept.look.label.as_str()), (vec![Instead::Before], "one"));
        std::fs::remove_file(places.hud_file()).unwrap();
        let folder = std::fs::File::open(temp.path()).unwrap();
        folder.set_modified(std::time::UNIX_EPOCH).unwrap();
        for before in [None, Some(&kept)] {
            let moved = Loaded::read(&places, &configs, &[], &[], before);
            assert_eq!((broken(&moved), moved.look.label.as_str()), (vec![], "one"), "moved away in this instant");
        }
        configs.clock.advance(std::time::Duration::from_secs(2));
        let gone = Loaded::read(&places, &configs, &[], &[], Some(&kept));
        assert_eq!((broken(&gone), gone.look.label.as_str()), (vec![], "pintle"), "a file that is gone says nothing");
    }
}
