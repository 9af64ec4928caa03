//! Whether a command runs unasked in an environment.
//!
//! It holds back slips, not malice: who wants to can always call the program by its path. So a command that is not known to change
//! things runs, and `guard_commands` is there for what only its users know. Where it can be seen that a tool does many things and
//! which of them only look (aws, SQL), everything else is taken to change things.

mod aws;
mod cut;
mod docker;
mod psql;
mod sql;
mod table;

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;

use super::envs::Environment;
use super::tool::{TOOLS, UNKNOWN, tool};

/// How much is asked before a command changes things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing.
    #[default]
    Free,
    /// A yes.
    Confirm,
    /// The environment's name, typed.
    Typed,
    /// What changes things is refused.
    Readonly,
    /// Every command that has rules or is known is refused.
    Locked,
}

impl Level {
    /// Every level with its word in `envs.yaml`.
    pub const WORDS: &[(&'static str, Self)] = &[
        ("free", Self::Free),
        ("confirm", Self::Confirm),
        ("typed", Self::Typed),
        ("readonly", Self::Readonly),
        ("locked", Self::Locked),
    ];

    /// The word in `envs.yaml`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Confirm => "confirm",
            Self::Typed => "typed",
            Self::Readonly => "readonly",
            Self::Locked => "locked",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What has to happen before a command runs. The reasons are whole clauses: "`kubectl delete` changes things".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Free,
    /// Somebody says yes.
    Confirm {
        /// Why it is asked.
        reason: String,
    },
    /// Somebody types the environment's name.
    Typed {
        /// Why it is asked.
        reason: String,
    },
    /// It does not run.
    Deny {
        /// Why not, with the environment's name and level.
        reason: String,
    },
}

impl Verdict {
    /// Why it is not free.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Free => None,
            Self::Confirm { reason } | Self::Typed { reason } | Self::Deny { reason } => Some(reason),
        }
    }

    /// The same for another reason.
    #[must_use]
    pub fn because(self, reason_of: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::Free => Self::Free,
            Self::Confirm { reason } => Self::Confirm { reason: reason_of(&reason) },
            Self::Typed { reason } => Self::Typed { reason: reason_of(&reason) },
            Self::Deny { reason } => Self::Deny { reason: reason_of(&reason) },
        }
    }
}

/// A command that is to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Suspect<'a> {
    /// The command word's file name.
    pub name: &'a str,
    /// What stands behind it.
    pub args: &'a [OsString],
    /// Rules apply to it here.
    pub has_rules: bool,
}

/// Judges a command in an environment.
pub fn judge(env: &Environment, suspect: &Suspect<'_>) -> Verdict {
    if env.guard == Level::Free {
        return Verdict::Free;
    }
    let change = change(env, suspect);
    let (name, level) = (&env.name, env.guard);
    match (level, change) {
        (Level::Locked, Some(reason)) => {
            Verdict::Deny { reason: format!("environment `{name}` is {level}, and {reason}") }
        }
        (Level::Locked, None) if suspect.has_rules || tool(suspect.name).is_some() => {
            Verdict::Deny { reason: format!("environment `{name}` is {level}, for `{}` too", suspect.name) }
        }
        (_, None) | (Level::Free, _) => Verdict::Free,
        (Level::Confirm, Some(reason)) => Verdict::Confirm { reason },
        (Level::Typed, Some(reason)) => Verdict::Typed { reason },
        (Level::Readonly, Some(reason)) => {
            Verdict::Deny { reason: format!("environment `{name}` is {level}, and {reason}") }
        }
    }
}

/// Why the guard of an agent's own environment looks at a command that the agent runs in a pane with another one. To choose something
/// else in a tmux of its own must not get an agent past its guard.
pub fn in_agents(reason: &str, env: &str, agent: &str) -> String {
    format!("{reason} (agent {agent} is in {env})")
}

/// The stricter of two verdicts; the first if they are equally strict.
pub fn stricter(one: Verdict, other: Verdict) -> Verdict {
    let how = |verdict: &Verdict| match verdict {
        Verdict::Free => 0,
        Verdict::Confirm { .. } => 1,
        Verdict::Typed { .. } => 2,
        Verdict::Deny { .. } => 3,
    };
    if how(&other) > how(&one) { other } else { one }
}

/// The commands that every guard may concern: those that are known as tools.
pub fn known_commands<'a>() -> impl Iterator<Item = &'a str> {
    TOOLS.into_iter().flat_map(|tool| tool.names).copied()
}

/// The commands that a guard may concern in this environment, as far as their names are known: none where nothing is guarded.
pub fn guarded_commands(env: &Environment) -> Vec<&str> {
    if env.guard == Level::Free {
        return Vec::new();
    }
    let mut names: Vec<&str> = known_commands().chain(env.guard_commands.command_words()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether the guard has to look at calls of this command at all.
pub(super) fn may_concern(env: &Environment, name: &str, has_rules: bool) -> bool {
    let named = || env.guard_commands.command_words().any(|word| word == name);
    env.guard != Level::Free
        && ((has_rules && env.guard == Level::Locked)
            || tool(name).is_some()
            || named()
            || env.guard_commands.has_open_words())
}

/// Why a command changes things, if it does.
fn change(env: &Environment, suspect: &Suspect<'_>) -> Option<String> {
    let words: Vec<Cow<'_, str>> = suspect.args.iter().map(|word| word.to_string_lossy()).collect();
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    table::change(suspect.name, &words).or_else(|| {
        let mut patterns = env.guard_commands.patterns().peekable();
        patterns.peek()?;
        // With the flags in front of the verb and without: `kubectl delete *` means `kubectl -n x delete y` too.
        let Some(verbs) = tool(suspect.name).unwrap_or(&UNKNOWN).possible_verbs(&words) else {
            let reason = || format!("`{}` has too many flags in front to tell whether it is guarded", suspect.name);
            return may_concern(env, suspect.name, suspect.has_rules).then(reason);
        };
        let line = |words: &[&str]| [&[suspect.name], words].concat().join(" ");
        let behind_flags = verbs.into_iter().filter(|at| *at > 0).map(|at| line(&words[at..]));
        let lines: Vec<String> = [line(&words)].into_iter().chain(behind_flags).collect();
        let guarded = env.guard_commands.is_match(suspect.name, &lines);
        guarded.then(|| format!("`{}` is one of its guard_commands", suspect.name))
    })
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
