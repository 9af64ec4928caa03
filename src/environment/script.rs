//! What an environment means to a shell: a script that a prompt sources, for bash and zsh, and for fish.
//!
//! It has nothing but calls of functions that the shell's own script defines, so that all logic stands where it is reviewed:
//!
//! ```sh
//! __pintle_set PINTLE_ENV 'prod'
//! __pintle_set AWS_REGION 'eu-central-1'
//! __pintle_unset AWS_PROFILE
//! __pintle_kube '/run/user/1000/pintle/kube/5f2c.yaml'
//! __pintle_wrap kubectl run
//! __pintle_wrap aws vars AWS_PROFILE 'prod' -u AWS_SESSION_TOKEN
//! ```
//!
//! `vars` is for a command whose rules set variables only, that are the same for every call, and that nothing guards: its function
//! needs no process of ours. `run` is for all others.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::path::Path;

use super::envs::{Environment, Envs, NAME, doubted};
use super::guard::{Level, guarded_commands, known_commands, may_concern};
use super::prefix::{Action, Rule, Rules};
use super::resolve::Variables;
use super::template::{Template, Values};

/// The scripts of one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// 16 hexadecimal digits that differ where the scripts differ.
    pub hash: String,
    /// For bash and zsh.
    pub sh: String,
    /// For fish.
    pub fish: String,
}

/// 16 hexadecimal digits that differ where the content does. No secret hangs on it.
pub fn content_hash(content: &[u8]) -> String {
    format!("{:016x}", fnv(&[content]))
}

/// Words that a function must not take from a shell: its own, and ours.
const TAKEN: [&str; 48] = [
    "alias", "and", "begin", "bg", "break", "builtin", "case", "cd", "command", "continue", "coproc", "declare", "do",
    "done", "elif", "else", "end", "esac", "eval", "exec", "exit", "export", "fg", "fi", "for", "function", "if", "in",
    "jobs", "local", "not", "or", "pintle", "read", "readonly", "return", "select", "set", "shift", "source", "status",
    "switch", "test", "then", "time", "trap", "unset", "while",
];

/// Whether a shell gets a function for a command of this name. Others have the shims and `pintle run`.
pub fn can_wrap(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_.+-".contains(letter);
    name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.chars().all(plain) && !TAKEN.contains(&name)
}

/// The commands that are to go through pintle in this environment, sorted: those with rules that can apply in it, and those that its
/// guard may concern.
pub fn wrapped_commands<'a>(rules: &'a Rules, env: Option<&'a Environment>) -> Vec<&'a str> {
    let with_rules = rules.commands().into_iter().filter(|name| possible(rules, env, name).next().is_some());
    let names: BTreeSet<&str> = with_rules.chain(env.map(guarded_commands).unwrap_or_default()).collect();
    names.into_iter().collect()
}

/// The commands that are to go through pintle in any environment or without one. It takes as long as the files are long: a rule is asked
/// for the environments it names, and not each environment for each rule.
pub fn wrapped_anywhere<'a>(rules: &'a Rules, envs: &'a Envs) -> BTreeSet<&'a str> {
    let mut keys: HashMap<&str, bool> = HashMap::new();
    let mut has = |key| *keys.entry(key).or_insert_with(|| envs.iter().any(|env| env.value(key).is_some()));
    let mut can_apply = |rule: &Rule| match (&rule.conditions.envs, rule.conditions.needs) {
        (Some(names), needs) => names
            .value
            .iter()
            .filter_map(|name| envs.get(name))
            .any(|env| needs.is_none_or(|key| env.value(key).is_some())),
        (None, Some(key)) => has(key),
        (None, None) => true,
    };
    let mut found: BTreeSet<&str> =
        rules.iter().filter(|rule| can_apply(rule)).map(|rule| rule.command.as_str()).collect();
    let mut guarded = envs.iter().filter(|env| env.guard != Level::Free).peekable();
    if guarded.peek().is_some() {
        found.extend(known_commands());
    }
    found.extend(guarded.flat_map(|env| env.guard_commands.command_words()));
    found
}

/// The rules that can apply to a command in this environment, whatever its words are.
fn possible<'a>(rules: &'a Rules, env: Option<&Environment>, name: &str) -> impl Iterator<Item = &'a Rule> {
    rules.for_command(name).filter(move |rule| rule.conditions.fit(env))
}

/// Writes the scripts. `overlay` is the file that goes in front of `KUBECONFIG`, if the environment has one. `elsewhere` are the commands
/// that are wrapped in any environment: here they have functions that do nothing but look again, since another environment may hold by
/// the time that a command is typed.
pub fn script(
    rules: &Rules,
    env: Option<&Environment>,
    overlay: Option<&Path>,
    elsewhere: &[impl AsRef<str>],
) -> Script {
    let mut text = Text::default();
    if let Some(env) = env {
        text.set(NAME, &env.name);
        for (name, value) in &env.vars {
            match value {
                Some(value) => text.set(name, value),
                None => text.line(&["__pintle_unset", name].map(Word::Plain)),
            }
        }
    }
    if let Some(overlay) = overlay {
        text.line(&[Word::Plain("__pintle_kube"), Word::Value(&overlay.to_string_lossy())]);
    }
    let here = wrapped_commands(rules, env);
    for name in here.iter().copied().filter(|name| can_wrap(name)) {
        match only_vars(rules, env, name) {
            Some(vars) => text.wrap(name, &vars),
            None => text.line(&["__pintle_wrap", name, "run"].map(Word::Plain)),
        }
    }
    for name in elsewhere.iter().map(AsRef::as_ref).filter(|name| can_wrap(name) && here.binary_search(name).is_err()) {
        text.wrap(name, &Variables::new());
    }
    text.hashed()
}

/// The scripts of an environment that is chosen and that nobody describes (any more): what it means nobody can say, so that it sets
/// nothing but its own name with a mark of doubt, for prompts and scripts that would take the plain name for its values; and every command that may mean something in any environment goes to `pintle run`, which refuses and says why. To leave
/// the commands as they are would be to run them without the guard that the environment may have had.
pub fn refusing(env: &str, rules: &Rules, elsewhere: &[impl AsRef<str>]) -> Script {
    let mut text = Text::default();
    text.set(NAME, &doubted(env));
    let named = rules.commands().into_iter().chain(elsewhere.iter().map(AsRef::as_ref));
    let names: BTreeSet<&str> = named.chain(known_commands()).collect();
    for name in names.into_iter().filter(|name| can_wrap(name)) {
        text.line(&["__pintle_wrap", name, "run"].map(Word::Plain));
    }
    text.hashed()
}

/// The variables of a command for which nothing else is done, and which are the same for every call.
fn only_vars<'a>(rules: &'a Rules, env: Option<&'a Environment>, name: &str) -> Option<Variables<'a>> {
    if env.is_some_and(|env| may_concern(env, name, true)) {
        return None;
    }
    let values = Values { env, pane: None, cwd: None };
    let mut vars = Variables::new();
    for rule in possible(rules, env, name) {
        let Action::Vars(own) = &rule.action else { return None };
        let everywhere = own.iter().filter_map(|(_, value)| value.as_ref()).all(Template::is_of_environment);
        // Without the pane's overlay in front, and whoever finds out is `run`.
        if !everywhere || rule.sets("KUBECONFIG") || !rule.conditions.skip_if_flag.is_empty() {
            return None;
        }
        // A value that is missing is told when the command runs.
        rule.set_vars(&values, &mut vars).ok()?;
    }
    Some(vars)
}

/// A word of a script.
#[derive(Clone, Copy)]
enum Word<'a> {
    /// Of letters that mean nothing to a shell.
    Plain(&'a str),
    /// Anything.
    Value(&'a str),
}

#[derive(Default)]
struct Text {
    sh: String,
    fish: String,
}

impl Text {
    fn line(&mut self, words: &[Word<'_>]) {
        let joined = |quote: fn(&str) -> String| {
            let word = |word: &Word<'_>| match word {
                Word::Plain(word) => (*word).to_owned(),
                Word::Value(value) => quote(value),
            };
            words.iter().map(word).collect::<Vec<_>>().join(" ")
        };
        // Writing to a string cannot fail.
        let _ = writeln!(self.sh, "{}", joined(quote_sh));
        let _ = writeln!(self.fish, "{}", joined(quote_fish));
    }

    /// The whole of it.
    fn hashed(self) -> Script {
        let hash = format!("{:016x}", fnv(&[self.sh.as_bytes(), self.fish.as_bytes()]));
        Script { hash, sh: self.sh, fish: self.fish }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.line(&[Word::Plain("__pintle_set"), Word::Plain(name), Word::Value(value)]);
    }

    fn wrap(&mut self, name: &str, vars: &Variables<'_>) {
        let values: Vec<(&str, Cow<'_, str>)> =
            vars.iter().filter_map(|(name, value)| Some((*name, String::from_utf8_lossy(value.as_ref()?)))).collect();
        let set = values.iter().flat_map(|(name, value)| [Word::Plain(name), Word::Value(value)]);
        let unset = vars.iter().filter(|(_, value)| value.is_none());
        let mut unset = unset.map(|(name, _)| Word::Plain(name)).peekable();
        let flag = unset.peek().is_some().then_some(Word::Plain("-u"));
        let head = ["__pintle_wrap", name, "vars"].map(Word::Plain);
        self.line(&head.into_iter().chain(set).chain(flag).chain(unset).collect::<Vec<_>>());
    }
}

/// What the function of a wrapped command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrapped {
    /// It looks whether another environment holds by now.
    Looks,
    /// It sets variables.
    Sets,
    /// It calls `pintle run`.
    Runs,
}

/// The commands that a script for bash and zsh wraps.
pub fn wrapped_in(sh: &str) -> Vec<(&str, Wrapped)> {
    let mut found = Vec::new();
    let mut quoted = false;
    for line in sh.lines() {
        // A value may have any line in it.
        if let (false, Some(rest)) = (quoted, line.strip_prefix("__pintle_wrap ")) {
            let mut words = rest.split(' ');
            let name = words.next().unwrap_or_default();
            found.push(match (words.next(), words.next()) {
                (Some("run"), _) => (name, Wrapped::Runs),
                (_, None) => (name, Wrapped::Looks),
                _ => (name, Wrapped::Sets),
            });
        }
        let mut letters = line.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\'' => quoted = !quoted,
                '\\' if !quoted => drop(letters.next()),
                _ => {}
            }
        }
    }
    found
}

/// A value for bash and zsh. Nothing is special between single quotes but the quote itself.
fn quote_sh(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// A value for fish, in whose single quotes a backslash protects a quote and itself.
fn quote_fish(value: &str) -> String {
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

/// FNV-1a. What it tells apart is versions of one person's files, and it stays the same from build to build, which std's hasher does
/// not promise.
fn fnv(texts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in texts.iter().flat_map(|text| text.iter()) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;
