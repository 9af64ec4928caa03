//! `config.yaml`, of the user and of projects: what each says, or what it said when it could be read last.
//!
//! They are small and read whenever they are needed, so that a change in them counts at once.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::copies::Copies;
use crate::base::clock::Clock;
use crate::base::files::{Content, read_settled};
use crate::base::yaml::{Place, YamlError};
use crate::project::config::{self, ConfigError, ConfigFile};

/// What a config file says.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Its content; where it cannot be read, the content it had before.
    pub config: Arc<ConfigFile>,
    /// Why it cannot be read now.
    pub broken: Option<YamlError>,
}

/// The config files that have been read, as they were when they could be.
#[derive(Debug, Default)]
pub struct Configs {
    /// Which files are told to be young by.
    pub clock: Clock,
    /// Of these and of the other files of the config folder.
    pub copies: Copies,
    good: Mutex<HashMap<PathBuf, Arc<ConfigFile>>>,
}

impl Configs {
    /// Has read none so far.
    pub fn new(clock: Clock, copies: Copies) -> Self {
        Self { clock, copies, good: Mutex::default() }
    }

    /// Reads a file; one that is not there says nothing. An error is a file that could not be read since it is there: whoever has just
    /// made it is better told than served without it.
    pub fn read(&self, path: &Path) -> Result<Said, ConfigError> {
        let content = read_settled(path, || self.copies.of(path), &self.clock);
        let mut good = self.good();
        let before = good.get(path).cloned().or_else(|| self.copy_of(path));
        let bytes = match (content.map_err(ConfigError::from), &before) {
            (Ok(Content::Settled(None)), _) => {
                good.remove(path);
                self.copies.keep(path, None);
                return Ok(Said::default());
            }
            (Ok(Content::Settled(Some(bytes))), _) => Ok(bytes),
            // It was never there, and something else was written beside it.
            (Ok(Content::Taken), None) => return Ok(Said::default()),
            (Ok(Content::Cut), None) => Ok(Vec::new()),
            (Ok(Content::Cut | Content::Taken), Some(config)) => {
                return Ok(Said { config: config.clone(), broken: None });
            }
            (Err(error), _) => Err(error),
        };
        let read = bytes.and_then(|bytes| Ok((config::parse(path, bytes.clone())?, bytes)));
        match (read, before) {
            (Ok((read, bytes)), _) => {
                self.copies.keep(path, Some(&bytes));
                let config = Arc::new(read);
                good.insert(path.to_owned(), config.clone());
                Ok(Said { config, broken: None })
            }
            (Err(error), Some(config)) => Ok(Said { config, broken: Some(with_place(error)) }),
            (Err(error), None) => Err(error),
        }
    }

    /// Whether a file is there, or was a moment ago: one that is moved away and written anew is not gone in between.
    pub fn is_there(&self, path: &Path) -> bool {
        path.exists() || self.was_taken(path) && self.remembers(path)
    }

    /// Whether something was moved or made just now where a file is not.
    pub fn was_taken(&self, path: &Path) -> bool {
        matches!(read_settled(path, || None, &self.clock), Ok(Content::Taken))
    }

    /// Whether it is known what a file said.
    pub fn remembers(&self, path: &Path) -> bool {
        self.good().contains_key(path) || self.copies.has(path)
    }

    /// What the daemon before this one could read.
    fn copy_of(&self, path: &Path) -> Option<Arc<ConfigFile>> {
        config::parse(path, self.copies.of(path)?).ok().map(Arc::new)
    }

    /// Forgets all but these: projects come and go.
    pub fn keep_only(&self, paths: &BTreeSet<&Path>) {
        for (path, _) in self.good().extract_if(|path, _| !paths.contains(path.as_path())) {
            self.copies.keep(&path, None);
        }
    }

    fn good(&self) -> MutexGuard<'_, HashMap<PathBuf, Arc<ConfigFile>>> {
        self.good.lock().unwrap_or_else(PoisonError::into_inner)
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

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use std::time::Duration;

    fn configs_in(folder: &Path, clock: &Clock) -> Configs {
        Configs::new(clock.clone(), Copies::new(folder.join("kept")))
    }

    #[test]
    fn a_file_that_cannot_be_read_says_what_it_said_before() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("config.yaml");
        // By this clock everything is long ago.
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH);
        let configs = configs_in(temp.path(), &clock);
        let env = || {
            let said = configs.read(&path).unwrap();
            (said.config.env.as_ref().map(|env| env.value.clone()), said.broken.map(|error| error.to_string()))
        };
        std::fs::write(&path, "env: [\n").unwrap();
        assert!(configs.read(&path).is_err(), "there is nothing before");
        std::fs::write(&path, "env: prod\n").unwrap();
        assert_eq!(env(), (Some("prod".to_owned()), None));
        std::fs::write(&path, "env: [x]\n").unwrap();
        let broken = format!("{}: line 1, column 6: env: this has to be a text", path.display());
        assert_eq!(env(), (Some("prod".to_owned()), Some(broken)));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(env(), (None, None), "one that is gone says nothing");
        std::fs::write(&path, "env: dev\n").unwrap();
        assert_eq!(env(), (Some("dev".to_owned()), None));
        std::fs::write(&path, "env: [\n").unwrap();
        let next = configs_in(temp.path(), &clock).read(&path).unwrap();
        assert_eq!(next.config.env.as_ref().unwrap().value, "dev", "of the daemon before");
        configs.keep_only(&BTreeSet::new());
        std::fs::write(&path, "env: [\n").unwrap();
        assert!(configs.read(&path).is_err(), "what is forgotten is not before");
    }

    #[test]
    fn a_file_is_gone_when_nobody_has_put_it_back_for_a_moment() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("project");
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("config.yaml");
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH);
        let configs = configs_in(temp.path(), &clock);
        let next = || configs_in(temp.path(), &clock);
        let has_env = |configs: &Configs| configs.read(&path).unwrap().config.env.is_some();
        let changed = || std::fs::File::open(&folder).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        assert!(!has_env(&configs), "it was never there");
        std::fs::write(&path, "env: prod\n").unwrap();
        assert!(has_env(&configs));
        std::fs::rename(&path, folder.join("config.yaml~")).unwrap();
        changed();
        assert!(has_env(&configs) && configs.is_there(&path), "it was moved away in this instant");
        assert!(has_env(&next()) && next().is_there(&path), "a daemon that starts now");
        std::fs::write(&path, "env: dev\n").unwrap();
        assert!(has_env(&configs));
        std::fs::remove_file(&path).unwrap();
        changed();
        clock.advance(Duration::from_secs(2));
        assert!(!next().is_there(&path) && !has_env(&next()), "removed while no daemon ran");
        assert!(!has_env(&configs) && !configs.is_there(&path));
    }

    #[test]
    fn a_file_is_empty_when_nobody_has_filled_it_for_a_moment() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("config.yaml");
        std::fs::write(&path, "env: prod\n").unwrap();
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH);
        let configs = Configs::new(clock.clone(), Copies::default());
        let has_env = || configs.read(&path).unwrap().config.env.is_some();
        assert!(has_env());
        let file = std::fs::File::create(&path).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        assert!(has_env(), "it was emptied in this instant");
        clock.advance(Duration::from_secs(2));
        assert!(!has_env());
    }
}
