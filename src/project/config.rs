//! `config.yaml`, of a project and of the user: kinds of agents and defaults. The project's wins, key by key.

mod edit;
mod unused;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;

pub use edit::set_launch_args;
pub use unused::{Scope, UnusedKey, Why};

use crate::base::files::{FileError, read_if_there};
use crate::base::yaml::{self, Placed, YamlError};

/// A config file that cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// It does not parse or holds something of the wrong type.
    #[error(transparent)]
    Invalid(#[from] YamlError),
    /// It cannot be changed without losing what a person wrote.
    #[error("{0}: cannot be changed without losing something in it; set `{1}` by hand")]
    CannotEdit(PathBuf, String),
    /// The system refused.
    #[error(transparent)]
    File(#[from] FileError),
}

/// One `config.yaml`. Every key is optional; null means absent.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(default)]
#[schemars(title = "config.yaml")]
pub struct ConfigFile {
    /// Kind of agents that are spawned without one.
    #[serde(alias = "defaultAgent")]
    #[schemars(with = "Option<String>")]
    pub default_agent: Option<Placed<String>>,
    /// Kinds by name: new ones, or changes to the built-in ones.
    pub agents: Option<BTreeMap<String, Option<KindFile>>>,
    /// `.env` files, relative to the project, whose variables agents get; new worktrees have a copy.
    #[serde(alias = "envFiles")]
    pub env_files: Option<Vec<String>>,
    /// Files of the project, by path or pattern, that new worktrees get a copy of.
    #[schemars(with = "Option<Vec<String>>")]
    pub copy: Option<Vec<Placed<String>>>,
    /// Files of the project, by path or pattern, that new worktrees get a link to.
    #[schemars(with = "Option<Vec<String>>")]
    pub link: Option<Vec<Placed<String>>>,
    /// Commands that are run in a new worktree before anybody works there.
    pub setup: Option<Vec<String>>,
    /// What the branches of new worktrees begin with.
    #[serde(alias = "branchPrefix")]
    #[schemars(with = "Option<String>")]
    pub branch_prefix: Option<Placed<String>>,
    /// The environment of what runs in the project (a project's file only).
    #[schemars(with = "Option<String>")]
    pub env: Option<Placed<String>>,
    /// How many worktrees a swarm makes at once, 1 to 64; null: by cores and memory.
    #[serde(alias = "maxParallel")]
    #[schemars(with = "Option<u64>")]
    pub max_parallel: Option<Placed<u64>>,
    /// More sockets to listen on (global file only).
    pub listen: Option<Vec<String>>,
}

/// A kind of agent as a file describes it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
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
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum PromptFile {
    /// On the command line.
    Argv,
    /// Typed when it is ready.
    Typed,
}

/// `status:` of a kind.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(default)]
pub struct StatusFile {
    /// First match wins; they come before the built-in ones of the kind.
    pub rules: Option<Vec<RuleFile>>,
}

/// What a text on the screen says about the agent.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
pub struct RuleFile {
    /// Regular expression on the screen's text.
    #[schemars(with = "String")]
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
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
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
    parse(path, read_if_there(path)?.unwrap_or_default())
}

/// What these bytes of a config file say.
pub fn parse(path: &Path, bytes: Vec<u8>) -> Result<ConfigFile, ConfigError> {
    Ok(yaml::parse(path, &yaml::text_of(path, bytes)?)?)
}

/// The keys in a config file that have no effect. None in one that does not parse: [`read`] says why.
pub fn unused_keys(path: &Path, scope: Scope) -> Result<Vec<UnusedKey>, ConfigError> {
    Ok(unused::unused_keys(&text_of(path)?, scope))
}

fn text_of(path: &Path) -> Result<String, ConfigError> {
    Ok(yaml::text_of(path, read_if_there(path)?.unwrap_or_default())?)
}

impl FromStr for ConfigFile {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        parse(Path::new("config.yaml"), text.into())
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
}
