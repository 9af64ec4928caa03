//! What becomes of a command: words, variables, a verdict.
//!
//! Words of the user stay bytes from end to end. Where rules put theirs is said in places between the user's words, so that no rule
//! moves what another one counts; at the same place the earlier rule stands first. Wrappers stand in front of all that came before
//! them. Of variables the later rule wins, and every rule wins over the environment.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use thiserror::Error;

use super::envs::{Environment, KubeContext};
use super::guard::{Suspect, Verdict, judge, stricter};
use super::prefix::{Action, Conditions, Position, Rule, Rules};
use super::template::{MissingValue, Template, Values};
use super::tool::{Tool, UNKNOWN, is_flag, tool};

/// A command that somebody wants to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call<'a> {
    /// Its words, the command first.
    pub argv: &'a [OsString],
    /// The pane it runs in (`%3`).
    pub pane: Option<&'a str>,
    /// The folder it runs in.
    pub cwd: Option<&'a Path>,
}

/// What is run instead.
#[derive(Clone, Debug)]
pub struct Resolved<'a> {
    /// The words, the program first.
    pub argv: Vec<OsString>,
    /// Variables to set, by name.
    pub env_vars: BTreeMap<String, OsString>,
    /// Variables to unset, sorted; none of them is in `env_vars`.
    pub unset: Vec<String>,
    /// The rules that made it so, in their order.
    pub applied: Vec<&'a Rule>,
    /// The command's other rules, and why they did nothing.
    pub passed: Vec<(&'a Rule, Passed)>,
    /// The environment it was resolved in.
    pub env: Option<&'a Environment>,
    /// The context for which an overlay goes in front of `KUBECONFIG`: the environment's, unless a rule says what `KUBECONFIG` is.
    pub kube: Option<&'a KubeContext>,
    /// What has to happen first.
    pub verdict: Verdict,
}

/// Why a rule did nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passed {
    /// It is for other environments.
    OtherEnvironment(Vec<String>),
    /// The user gave this flag.
    FlagGiven(String),
    /// The environment does not have the key that the preset takes its value from.
    NoKey(&'static str),
    /// The first word is a plugin, which may not know our flags.
    Plugin,
}

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherEnvironment(envs) => write!(f, "it is for {}", envs.join(", ")),
            Self::FlagGiven(flag) => write!(f, "`{flag}` was given"),
            Self::NoKey(key) => write!(f, "the environment has no `{key}`"),
            Self::Plugin => f.write_str("this is a plugin, which may not know the flag"),
        }
    }
}

/// Why a command cannot be resolved. It must not run then.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ResolveError {
    /// There is no command word.
    #[error("there is no command to run")]
    NoCommand,
    /// A value is missing.
    #[error("{rule}: {key} of `{command}`: {missing}")]
    Missing {
        /// Who made the rule: file and line, or owner.
        rule: String,
        /// The key in it: `vars.AWS_PROFILE`, `args[1]`.
        key: String,
        /// The command.
        command: String,
        /// What is missing.
        missing: MissingValue,
    },
    /// A value holds a NUL byte, which no argument and no variable can.
    #[error("{rule}: {key} of `{command}`: its value holds a NUL byte")]
    Nul {
        /// Who made the rule.
        rule: String,
        /// The key in it.
        key: String,
        /// The command.
        command: String,
    },
}

/// Resolves a command. `env` is the environment that holds for it (see [`super::overrides`]).
pub fn resolve<'a>(
    rules: &'a Rules,
    env: Option<&'a Environment>,
    call: &Call<'_>,
) -> Result<Resolved<'a>, ResolveError> {
    let (command, args) = call.argv.split_first().ok_or(ResolveError::NoCommand)?;
    let name = command_name(command);
    let values = Values { env, pane: call.pane, cwd: call.cwd.map(|cwd| cwd.as_os_str().as_bytes()) };
    let user = UserWords::new(&name, args);
    let mut made = Made { vars: env.map(environment_vars).unwrap_or_default(), ..Made::default() };
    let (mut applied, mut passed, mut kube) = (Vec::new(), Vec::new(), env.and_then(|env| env.kube.as_ref()));
    for rule in rules.for_command(&name) {
        match rule.conditions.hinder(env, &user) {
            Some(why) => passed.push((rule, why)),
            None => match made.apply(rule, &values, &user)? {
                Some(flag) => passed.push((rule, Passed::FlagGiven(flag))),
                None => applied.push(rule),
            },
        }
    }
    if applied.iter().any(|rule| rule.sets("KUBECONFIG")) {
        kube = None;
    }
    let words = made.words(args);
    let verdict = match env {
        Some(env) if !user.completes => {
            let judged = |args| judge(env, &Suspect { name: &name, args, has_rules: !applied.is_empty() });
            // What a rule adds may make a call worse, but never better.
            stricter(judged(args), if applied.is_empty() { Verdict::Free } else { judged(&words) })
        }
        _ => Verdict::Free,
    };
    let mut argv = made.wrapper;
    argv.push(command.clone());
    argv.extend(words);
    let (mut env_vars, mut unset) = (BTreeMap::new(), Vec::new());
    for (name, value) in made.vars {
        match value {
            Some(value) => drop(env_vars.insert(name.to_owned(), OsString::from_vec(value))),
            None => unset.push(name.to_owned()),
        }
    }
    Ok(Resolved { argv, env_vars, unset, applied, passed, env, kube, verdict })
}

/// A command word's file name, by which it is known. One that is no text has no rules.
fn command_name(command: &OsStr) -> Cow<'_, str> {
    let bytes = command.as_bytes();
    let start = memchr::memrchr(b'/', bytes).map_or(0, |slash| slash + 1);
    String::from_utf8_lossy(&bytes[start..])
}

/// Variables by name; `None` unsets.
pub(super) type Variables<'a> = BTreeMap<&'a str, Option<Vec<u8>>>;

/// The environment's own.
pub(super) fn environment_vars(env: &Environment) -> Variables<'_> {
    env.vars.iter().map(|(name, value)| (name.as_str(), value.clone().map(String::into_bytes))).collect()
}

impl Rule {
    pub(super) fn sets(&self, variable: &str) -> bool {
        matches!(&self.action, Action::Vars(vars) if vars.iter().any(|(name, _)| name == variable))
    }

    fn missing(&self, key: &str, missing: MissingValue) -> ResolveError {
        let (rule, key, command) = (self.source.to_string(), key.to_owned(), self.command.clone());
        ResolveError::Missing { rule, key, command, missing }
    }

    /// A value of this rule.
    fn expand(
        &self,
        template: &Template,
        key: impl Fn() -> String,
        values: &Values<'_>,
    ) -> Result<Vec<u8>, ResolveError> {
        let bytes = template.expand(values).map_err(|missing| self.missing(&key(), missing))?;
        if memchr::memchr(0, &bytes).is_some() {
            let (rule, command) = (self.source.to_string(), self.command.clone());
            return Err(ResolveError::Nul { rule, key: key(), command });
        }
        Ok(bytes)
    }

    fn expand_words(&self, words: &[Template], key: &str, values: &Values<'_>) -> Result<Vec<Vec<u8>>, ResolveError> {
        let word = |(at, word)| self.expand(word, || format!("{key}[{at}]"), values);
        words.iter().enumerate().map(word).collect()
    }

    /// Lays the rule's variables over others.
    pub(super) fn set_vars<'a>(&'a self, values: &Values<'_>, vars: &mut Variables<'a>) -> Result<(), ResolveError> {
        let Action::Vars(own) = &self.action else { return Ok(()) };
        for (name, value) in own {
            let expand = |value| self.expand(value, || format!("vars.{name}"), values);
            vars.insert(name, value.as_ref().map(expand).transpose()?);
        }
        Ok(())
    }
}

impl Conditions {
    /// Whether the rule can apply in this environment, whatever the words are. `hinder` says why not, which copies.
    pub(super) fn fit(&self, env: Option<&Environment>) -> bool {
        self.is_for(env) && self.missing_key(env).is_none()
    }

    fn is_for(&self, env: Option<&Environment>) -> bool {
        self.envs.as_ref().is_none_or(|envs| env.is_some_and(|env| envs.value.contains(&env.name)))
    }

    fn missing_key(&self, env: Option<&Environment>) -> Option<&'static str> {
        self.needs.filter(|key| env.and_then(|env| env.value(key)).is_none())
    }

    /// Why the rule does nothing in this environment, for these words.
    fn hinder(&self, env: Option<&Environment>, user: &UserWords<'_>) -> Option<Passed> {
        if let Some(envs) = self.envs.as_ref().filter(|_| !self.is_for(env)) {
            return Some(Passed::OtherEnvironment(envs.value.clone()));
        }
        if let Some(key) = self.missing_key(env) {
            return Some(Passed::NoKey(key));
        }
        if let Some(flag) = self.skip_if_flag.iter().find(|flag| user.has(flag)) {
            return Some(Passed::FlagGiven(flag.clone()));
        }
        let is_own = |verbs: &[&str]| {
            user.own
                .first()
                .is_none_or(|first| first.as_bytes().starts_with(b"-") || verbs.iter().any(|verb| *first == *verb))
        };
        (!self.verbs.is_none_or(is_own)).then_some(Passed::Plugin)
    }
}

/// What the user typed behind the command.
struct UserWords<'a> {
    tool: Option<&'static Tool>,
    /// Without the `__complete` in front.
    own: &'a [OsString],
    /// A shell asks what the last word could be.
    completes: bool,
    /// How many of `own` stand before a bare `--`.
    end: usize,
}

impl<'a> UserWords<'a> {
    fn new(name: &str, args: &'a [OsString]) -> Self {
        let completes = args.first().is_some_and(|first| first.as_bytes().starts_with(b"__complete"));
        let own = &args[usize::from(completes)..];
        let end = own.iter().position(|word| word == "--").unwrap_or(own.len());
        Self { tool: tool(name), own, completes, end }
    }

    /// Whether a flag was given, under either of its names.
    fn has(&self, flag: &str) -> bool {
        let names = [Some(flag), self.tool.and_then(|tool| tool.other_name(flag))];
        let given = |word: &OsString| names.into_iter().flatten().any(|name| is_flag(word.as_bytes(), name));
        self.own[..self.end].iter().any(given)
    }

    /// Behind how many of the user's arguments, `__complete` counted, a rule's words go.
    fn place(&self, after: &[String], position: Position) -> usize {
        // The last word of a completion is the one that is asked for: nothing may stand behind it.
        let (last, skipped) = if self.completes { (self.own.len().saturating_sub(1), 1) } else { (self.end, 0) };
        let begins = after.len() <= last && after.iter().zip(self.own).all(|(wanted, word)| word == wanted.as_str());
        let place = match position {
            _ if !after.is_empty() && begins => after.len(),
            Position::Start => 0,
            Position::End if self.completes => 0,
            Position::End => self.end,
            Position::AfterSubcommand => self.behind_verb(),
            Position::Behind(count) => count,
        };
        place.min(last).min(self.end) + skipped
    }

    fn behind_verb(&self) -> usize {
        let words: Vec<Cow<'_, str>> = self.own.iter().map(|word| word.to_string_lossy()).collect();
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        self.tool.unwrap_or(&UNKNOWN).before_verb(&words) + 1
    }

    /// The rule's words without the flags that the user gave, and the first of those.
    fn missing_in(&self, words: Vec<Vec<u8>>) -> (Vec<OsString>, Option<String>) {
        let (mut kept, mut given, mut dropping) = (Vec::new(), None, false);
        for word in words {
            if word.starts_with(b"-") && word.len() > 1 && word != b"--" {
                let flag = self.flag_of(&word);
                dropping = self.has(&flag);
                if dropping {
                    given.get_or_insert(flag);
                }
            }
            if !dropping {
                kept.push(OsString::from_vec(word));
            }
        }
        (kept, given)
    }

    /// The flag in a word of a rule: `--context=x` is `--context`, and `-nx` is `-n` where the tool is known to have that.
    fn flag_of(&self, word: &[u8]) -> String {
        let name = word.split(|byte| *byte == b'=').next().unwrap_or(word);
        let name = String::from_utf8_lossy(name);
        let short = name.get(..2).filter(|_| !name.starts_with("--"));
        let attached = short.filter(|short| self.tool.is_some_and(|tool| tool.value_flags.contains(short)));
        attached.map_or_else(|| name.to_string(), str::to_owned)
    }
}

/// What the rules have made so far.
#[derive(Default)]
struct Made<'a> {
    wrapper: Vec<OsString>,
    /// Words and behind how many of the user's they go.
    inserts: Vec<(usize, Vec<OsString>)>,
    vars: Variables<'a>,
}

impl<'a> Made<'a> {
    /// Does what a rule says; the flag that the user gave, if that leaves nothing to do.
    fn apply(
        &mut self,
        rule: &'a Rule,
        values: &Values<'_>,
        user: &UserWords<'_>,
    ) -> Result<Option<String>, ResolveError> {
        match &rule.action {
            Action::Vars(_) => rule.set_vars(values, &mut self.vars)?,
            Action::Wrap(words) => {
                let words = rule.expand_words(words, "command", values)?;
                self.wrapper.splice(..0, words.into_iter().map(OsString::from_vec));
            }
            Action::Args { words, after, position } => {
                let words = rule.expand_words(words, "args", values)?;
                let (kept, given) = user.missing_in(words);
                if kept.is_empty() {
                    return Ok(given);
                }
                self.inserts.push((user.place(after, *position), kept));
            }
        }
        Ok(None)
    }

    /// The user's arguments with ours among them.
    fn words(&mut self, args: &[OsString]) -> Vec<OsString> {
        // Stable: at the same place the earlier rule stands first.
        self.inserts.sort_by_key(|(place, _)| *place);
        let mut words = Vec::with_capacity(args.len() + self.inserts.len());
        let mut taken = 0;
        for (place, own) in self.inserts.drain(..) {
            words.extend_from_slice(&args[taken..place]);
            words.extend(own);
            taken = place;
        }
        words.extend_from_slice(&args[taken..]);
        words
    }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
