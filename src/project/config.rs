//! `config.yaml`, of a project and of the user: kinds of agents and defaults. The project's wins, key by key.

mod edit;
mod unused;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;
use serde_saphyr::{Location, Spanned};
use thiserror::Error;

pub use edit::set_launch_args;
pub use unused::{Scope, UnusedKey, Why};

use crate::base::files::{FileError, read_if_there};

/// A config file that cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// It does not parse or holds something of the wrong type.
    #[error("{}: {at}{reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where in it.
        at: Place,
        /// What is wrong, the key in front if it is known.
        reason: String,
    },
    /// It cannot be changed without losing what a person wrote.
    #[error("{0}: cannot be changed without losing something in it; set `{1}` by hand")]
    CannotEdit(PathBuf, String),
    /// The system refused.
    #[error(transparent)]
    File(#[from] FileError),
}

/// A place in a file, if it is known. Shown in front of what is wrong there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(Option<(u64, u64)>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((line, column)) => write!(f, "line {line}, column {column}: "),
            None => Ok(()),
        }
    }
}

impl From<Option<Location>> for Place {
    fn from(location: Option<Location>) -> Self {
        let known = location.filter(|location| location.line() > 0);
        Self(known.map(|location| (location.line(), location.column())))
    }
}

/// A value with its place in the file, for mistakes that only others can see. Two are equal when their values are.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Spanned<T>", bound = "T: Deserialize<'de>")]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub at: Place,
}

impl<T> From<Spanned<T>> for Placed<T> {
    fn from(spanned: Spanned<T>) -> Self {
        Self { at: Some(spanned.referenced).into(), value: spanned.value }
    }
}

impl<T: PartialEq> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// One `config.yaml`. Every key is optional; null means absent.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub struct ConfigFile {
    /// Kind of agents that are spawned without one.
    #[serde(alias = "defaultAgent")]
    pub default_agent: Option<Placed<String>>,
    /// Kinds by name: new ones, or changes to the built-in ones.
    pub agents: Option<BTreeMap<String, Option<KindFile>>>,
    /// `.env` files, relative to the project, whose variables agents get.
    #[serde(alias = "envFiles")]
    pub env_files: Option<Vec<String>>,
    /// More sockets to listen on (global file only).
    pub listen: Option<Vec<String>>,
}

/// A kind of agent as a file describes it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub struct KindFile {
    /// The program.
    pub command: Option<String>,
    /// Arguments at every start; null: the built-in ones.
    #[serde(alias = "launchArgs")]
    pub launch_args: Option<Vec<String>>,
    /// Flag that takes the prompt.
    #[serde(alias = "promptFlag")]
    pub prompt_flag: Option<String>,
    /// How a prompt is given.
    pub prompt: Option<PromptFile>,
    /// Whether it stays for more than one prompt.
    pub interactive: Option<bool>,
    /// Arguments that make it plan only.
    #[serde(alias = "planArgs")]
    pub plan_args: Option<Vec<String>>,
    /// Arguments that tell it its session id, with `{session_id}`.
    #[serde(alias = "sessionArgs")]
    pub session_args: Option<Vec<String>>,
    /// Arguments that start it again with its session, with `{session_id}`.
    pub resume: Option<Vec<String>>,
    /// Arguments that start it again when the session is not known.
    #[serde(alias = "resumeLast")]
    pub resume_last: Option<Vec<String>>,
    /// Variables it gets; null unsets one.
    pub env: Option<BTreeMap<String, Option<String>>>,
    /// Rules on its screen.
    pub status: Option<StatusFile>,
}

/// How a prompt is given to a program.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum PromptFile {
    /// On the command line.
    Argv,
    /// Typed when it is ready.
    Typed,
}

/// `status:` of a kind.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub struct StatusFile {
    /// First match wins; they come before the built-in ones of the kind.
    pub rules: Option<Vec<RuleFile>>,
}

/// What a text on the screen says about the agent.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct RuleFile {
    /// Regular expression on the screen's text.
    pub pattern: Placed<String>,
    /// What the agent then does.
    pub activity: ActivityFile,
    /// Shown as the reason.
    #[serde(default)]
    pub because: Option<String>,
    /// Only so many lines from the bottom.
    #[serde(default, alias = "lastLines")]
    pub last_lines: Option<usize>,
}

/// What a screen can say of an agent.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ActivityFile {
    /// It works.
    Working,
    /// It wants an answer.
    Blocked,
    /// It has nothing to do.
    Idle,
    /// It has finished.
    Done,
}

/// Reads a config file; one that does not exist is empty.
pub fn read(path: &Path) -> Result<ConfigFile, ConfigError> {
    parse(path, &text_of(path)?)
}

/// The keys in a config file that have no effect. None in one that does not parse: [`read`] says why.
pub fn unused_keys(path: &Path, scope: Scope) -> Result<Vec<UnusedKey>, ConfigError> {
    Ok(unused::unused_keys(&text_of(path)?, scope))
}

fn text_of(path: &Path) -> Result<String, ConfigError> {
    let bytes = read_if_there(path)?.unwrap_or_default();
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = memchr::memchr_iter(b'\n', &error.as_bytes()[..good]).count() as u64 + 1;
        let start = memchr::memrchr(b'\n', &error.as_bytes()[..good]).map_or(0, |newline| newline + 1);
        let at = Place(Some((line, (good - start) as u64 + 1)));
        ConfigError::Invalid { path: path.to_owned(), at, reason: "this is not UTF-8".to_owned() }
    })
}

fn parse(path: &Path, text: &str) -> Result<ConfigFile, ConfigError> {
    let mut track = serde_path_to_error::Track::new();
    // An empty document is null, which is no map.
    let parsed = serde_saphyr::with_deserializer_from_str(text, |deserializer| {
        Option::<ConfigFile>::deserialize(serde_path_to_error::Deserializer::new(deserializer, &mut track))
    });
    parsed.map(Option::unwrap_or_default).map_err(|error| {
        let (at, reason) = (error.location().into(), reason(&error.without_snippet().to_string()));
        let key = track.path().to_string();
        // How the library tells us places is nobody's business.
        let key = key.strip_suffix(".value").unwrap_or(&key);
        // `.` is the whole document; a `?` in it stands for what has no name.
        let reason = if key == "." || key.contains('?') { reason } else { format!("{key}: {reason}") };
        ConfigError::Invalid { path: path.to_owned(), at, reason }
    })
}

/// The library's message without the position, which we give in our own form.
fn reason(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    line.split(" at line ").next().unwrap_or_default().trim_end_matches([',', ':', ' ']).to_owned()
}

impl FromStr for ConfigFile {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        parse(Path::new("config.yaml"), text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_and_null_are_read() {
        let config: ConfigFile =
            "defaultAgent: codex\nagents:\n  claude:\n    launchArgs: []\n  codex: null\nlisten: null\n"
                .parse()
                .unwrap();
        assert_eq!(config.default_agent.unwrap().value, "codex");
        let agents = config.agents.unwrap();
        assert_eq!(agents["claude"].as_ref().unwrap().launch_args, Some(vec![]));
        assert_eq!(agents["codex"], None);
        assert_eq!("".parse::<ConfigFile>().unwrap(), ConfigFile::default());
    }

    #[test]
    fn an_error_names_file_line_and_key() {
        #[track_caller]
        fn check(text: &str, expected: &[&str]) {
            let error = text.parse::<ConfigFile>().unwrap_err().to_string();
            let all = expected.iter().all(|part| error.contains(part));
            assert!(error.starts_with("config.yaml: line ") && all, "{error}");
        }
        check("agents:\n  claude:\n    interactive: maybe\n", &["line 3, ", "agents.claude.interactive: "]);
        check("default_agent: [x]\n", &["line 1, ", "default_agent: "]);
        check("agents:\n  a:\n    prompt: shouted\n", &["line 3, ", "agents.a.prompt: ", "shouted", "argv", "typed"]);
        let rules = "agents:\n  a:\n    status:\n      rules:\n        - {pattern: x, activity: idle}\n";
        check(
            &format!("{rules}        - {{pattern: y, activity: busy}}\n"),
            &["line 6, ", "agents.a.status.rules[1].activity: ", "busy", "working"],
        );
        check(&format!("{rules}        - {{activity: idle}}\n"), &["line 6, ", "rules[1]", "pattern"]);
        check("agents: {\n", &["line "]);
        let config: ConfigFile = rules.parse().unwrap();
        let kind = config.agents.unwrap()["a"].clone().unwrap();
        let at = kind.status.unwrap().rules.unwrap()[0].pattern.at;
        assert_eq!(at.to_string(), "line 5, column 21: ");
    }

    #[test]
    fn a_byte_that_is_no_text_is_found() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("config.yaml");
        std::fs::write(&path, b"a: 1\nb: \xff\n").unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.ends_with("config.yaml: line 2, column 4: this is not UTF-8"), "{error}");
    }
}
