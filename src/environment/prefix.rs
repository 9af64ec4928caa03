//! `prefixes.yaml`: what is added to which command.
//!
//! ```yaml
//! prefixes:
//!   - preset: aws                                  # AWS_PROFILE from the key `aws_profile`, see `preset`
//!   - {command: mysql, strategy: env_vars, vars: {MYSQL_HOST: "{{env.db}}", MYSQL_PWD: ~}}
//!   - command: docker
//!     strategy: args_prepend
//!     config: {args: [-f, "{{env}}.yaml"], after: [compose]}
//!     when: {env: [dev, test]}
//!     skip_if_flag: [--env-file]
//!   - {command: psql, prefix: "aws-vault exec {{env.account}} --"}
//! ```
//!
//! What a strategy needs stands under `config` or in the rule itself. A list stands bare or under `prefixes`. `position` says where
//! arguments go: `start` (what `args_prepend` does by itself), `end` (what `args_append` does: before a bare `--`),
//! `after-subcommand` (behind the first word that is neither a flag nor the value of one) or a number of the user's words to leave in
//! front. Words in `after` come first: where the call begins with them, the arguments stand behind them.

pub mod preset;
mod read;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use thiserror::Error;

use super::envs::Envs;
use super::template::Template;
use crate::base::yaml::{Placed, YamlError};

pub use read::{CONFIG_KEYS, RULE_KEYS, WHEN_KEYS};

/// What a rule does to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// Sets and unsets variables.
    EnvVars,
    /// Puts words behind the command word.
    ArgsPrepend,
    /// Puts words at the end.
    ArgsAppend,
    /// Puts words in front of the command word.
    Wrapper,
}

impl Strategy {
    /// Every strategy with its word in files and on the wire.
    pub const WORDS: &[(&'static str, Self)] = &[
        ("args_append", Self::ArgsAppend),
        ("args_prepend", Self::ArgsPrepend),
        ("env_vars", Self::EnvVars),
        ("wrapper", Self::Wrapper),
    ];

    /// The word in files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EnvVars => "env_vars",
            Self::ArgsPrepend => "args_prepend",
            Self::ArgsAppend => "args_append",
            Self::Wrapper => "wrapper",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Who made a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A line of a file.
    File {
        /// The file.
        path: Arc<Path>,
        /// The line.
        line: u64,
        /// The preset that the line asks for.
        preset: Option<&'static str>,
    },
    /// Somebody, while the daemon ran.
    Owner(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, preset: None } => write!(f, "{}:{line}", path.display()),
            Self::File { path, line, preset: Some(preset) } => write!(f, "{}:{line} (preset {preset})", path.display()),
            Self::Owner(owner) => write!(f, "registered by {owner}"),
        }
    }
}

/// One rule, read and checked.
#[derive(Clone, Debug)]
pub struct Rule {
    /// File name of the command words it is for.
    pub command: String,
    /// What it does.
    pub strategy: Strategy,
    /// Who made it.
    pub source: Source,
    pub(super) action: Action,
    pub(super) conditions: Conditions,
}

/// When a rule applies.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    /// In these environments only.
    pub envs: Option<Placed<Vec<String>>>,
    /// Not when one of these flags was given.
    pub skip_if_flag: Vec<String>,
    /// Where the environment has this key only.
    pub needs: Option<&'static str>,
    /// Where the first argument is a flag or one of these only.
    pub verbs: Option<&'static [&'static str]>,
}

/// What a rule does, with its values.
#[derive(Clone, Debug)]
pub(super) enum Action {
    /// `None` unsets.
    Vars(Vec<(String, Option<Template>)>),
    Args {
        words: Vec<Template>,
        after: Vec<String>,
        position: Position,
    },
    Wrap(Vec<Template>),
}

/// Where arguments go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    Start,
    End,
    AfterSubcommand,
    Behind(usize),
}

/// A rule that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RuleError {
    /// It says nothing that can be done.
    #[error("rule for `{command}`: {reason}")]
    Invalid {
        /// The command it is for.
        command: String,
        /// What is wrong, the key in front if it is known.
        reason: String,
    },
    /// Somebody else has such a rule.
    #[error("`{command}` has a {strategy} rule by {owner} already")]
    Conflict {
        /// The command.
        command: String,
        /// The strategy.
        strategy: Strategy,
        /// Whose rule it is.
        owner: String,
    },
}

/// All rules: the file's, then those made while the daemon ran, each in their order.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
    by_command: HashMap<String, Vec<usize>>,
    warnings: Vec<YamlError>,
}

impl Rules {
    /// Reads a file's bytes. `path` is for messages and for [`Source`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, YamlError> {
        let mut warnings = Vec::new();
        let rules = read::file(path, bytes, &mut warnings)?;
        let mut rules = Self { rules, by_command: HashMap::new(), warnings };
        rules.index();
        Ok(rules)
    }

    /// Adds a rule that was made by somebody. It takes the place of the same owner's rule for the same command and strategy.
    pub fn add(&mut self, rule: Rule) -> Result<(), RuleError> {
        let alike = |known: &&mut Rule| known.command == rule.command && known.strategy == rule.strategy;
        let registered = |known: &&mut Rule| matches!(known.source, Source::Owner(_));
        match self.rules.iter_mut().filter(registered).find(alike) {
            Some(known) if known.source == rule.source => *known = rule,
            Some(Rule { source: Source::Owner(owner), .. }) => {
                let owner = owner.clone();
                return Err(RuleError::Conflict { command: rule.command, strategy: rule.strategy, owner });
            }
            _ => self.rules.push(rule),
        }
        self.index();
        Ok(())
    }

    /// Takes away rules that somebody made, for a command, of one strategy or all, of one owner or all. Returns how many. The file's
    /// stay.
    pub fn remove(&mut self, command: &str, strategy: Option<Strategy>, owner: Option<&str>) -> usize {
        let before = self.rules.len();
        self.rules.retain(|rule| {
            let Source::Owner(of) = &rule.source else { return true };
            rule.command != command
                || strategy.is_some_and(|strategy| strategy != rule.strategy)
                || owner.is_some_and(|owner| owner != of)
        });
        self.index();
        before - self.rules.len()
    }

    /// The rules for a command word's file name, in the order in which they apply.
    pub fn for_command(&self, name: &str) -> impl Iterator<Item = &Rule> {
        self.by_command.get(name).into_iter().flatten().map(|at| &self.rules[*at])
    }

    /// Every command that has rules, sorted.
    pub fn commands(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.by_command.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// All rules, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// What in the file has no effect though somebody wrote it.
    pub fn warnings(&self) -> &[YamlError] {
        &self.warnings
    }

    /// Environments that the file's rules ask for and that are not there: such a rule never applies.
    pub fn unknown_environments(&self, envs: &Envs) -> Vec<YamlError> {
        let mut found = Vec::new();
        for rule in &self.rules {
            let Source::File { path, .. } = &rule.source else { continue };
            let Some(names) = &rule.conditions.envs else { continue };
            for name in names.value.iter().filter(|name| envs.get(name).is_none()) {
                let hint = crate::base::yaml::suggestion(name, envs.names());
                let reason = format!("when.env: unknown environment `{name}`; {hint}");
                found.push(YamlError { path: path.to_path_buf(), at: names.at, reason });
            }
        }
        found
    }

    fn index(&mut self) {
        self.by_command.clear();
        for (at, rule) in self.rules.iter().enumerate() {
            self.by_command.entry(rule.command.clone()).or_default().push(at);
        }
    }
}

impl Rule {
    /// A rule as `register_prefix` has it. `config` is read as under `config:` of a file's rule, in all its shapes; `when`,
    /// `skip_if_flag` and `position` may stand in it too.
    pub fn registered(
        owner: &str,
        command: &str,
        strategy: &str,
        config: &serde_json::Value,
    ) -> Result<Self, RuleError> {
        read::registered(owner, command, strategy, config)
            .map_err(|reason| RuleError::Invalid { command: command.to_owned(), reason })
    }
}

impl fmt::Display for Rule {
    /// Command, strategy and where it stands.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.command, self.strategy, self.source)
    }
}

#[cfg(test)]
#[path = "prefix_tests.rs"]
mod tests;
