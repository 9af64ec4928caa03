//! `envs.yaml`: the environments a person has.
//!
//! ```yaml
//! envs:
//!   base:
//!     region: eu-central-1          # a key of your own: {{env.region}} in prefixes.yaml
//!     vars: {AWS_REGION: eu-central-1, AWS_PROFILE: null}
//!   prod:
//!     extends: base
//!     color: red
//!     guard: typed
//!     guard_commands: ["make deploy*", flux]
//!     kube: {context: prod, namespace: web}
//! ```
//!
//! What an environment `extends` is laid under it, key by key: `vars` one by one, `guard_commands` one after the other. A key that
//! is null takes the parent's away, and a variable that is null is unset wherever the environment holds. `kube` with a context stands
//! for itself; one with a namespace only keeps the parent's context. Values are taken as they are: templates are for `prefixes.yaml`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::OnceLock;

use globset::{Glob, GlobSet, GlobSetBuilder};
use thiserror::Error;

use super::guard::Level;
use crate::base::near::near;
use crate::base::text::is_unseen;
use crate::base::undo;
use crate::base::yaml::{Node, Place, Placed, Spot, YamlError, text_of};

/// The variable that says to a command, a prompt, a script which environment holds.
pub const NAME: &str = "PINTLE_ENV";
/// What is told in the place of a name where nobody knows which environment holds. No environment can have this name.
pub const UNREAD: &str = "?";
/// The keys of an environment that mean something by themselves.
pub const KNOWN_KEYS: [&str; 7] = ["extends", "color", "description", "vars", "kube", "guard", "guard_commands"];
/// The keys of `kube`.
pub const KUBE_KEYS: [&str; 2] = ["context", "namespace"];
/// Longest name of an environment, in bytes. It becomes part of lines and of the status bar.
const LONGEST_NAME: usize = 64;

/// All environments of a file, with what they extend already in them.
#[derive(Debug, Default)]
pub struct Envs {
    by_name: BTreeMap<String, Environment>,
    warnings: Vec<YamlError>,
}

/// One environment.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// Where it stands in the file.
    pub at: Place,
    /// What it extends.
    pub extends: Option<String>,
    /// Its colour, as written; `hud` knows the words.
    pub color: Option<String>,
    /// A line for people.
    pub description: Option<String>,
    /// Variables to set, or with `None` to unset.
    pub vars: BTreeMap<String, Option<String>>,
    /// What kubectl and its kin are to talk to.
    pub kube: Option<KubeContext>,
    /// How much is asked before a command changes things.
    pub guard: Level,
    /// What else changes things.
    pub guard_commands: GuardCommands,
    /// The keys of a person's own.
    pub keys: BTreeMap<String, String>,
}

/// A context of a kubeconfig.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeContext {
    /// Its name.
    pub context: String,
    /// The namespace in it, if not the context's own.
    pub namespace: Option<String>,
}

/// `guard_commands`: globs, compiled when the first command is judged. A file has many and a command needs those of one environment.
#[derive(Clone, Debug, Default)]
pub struct GuardCommands {
    globs: Vec<Glob>,
    compiled: OnceLock<Compiled>,
}

#[derive(Clone, Debug)]
struct Compiled {
    words: GlobSet,
    lines: GlobSet,
}

/// Why there is no environment of a name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnknownEnvironment {
    /// No name was given.
    #[error("Environment name cannot be empty")]
    Empty,
    /// None is called so.
    #[error("Unknown environment: {name}{}", did_you_mean(near))]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// Names like it, closest first.
        near: Vec<String>,
    },
}

fn did_you_mean(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("\nDid you mean: {}?", near.join(", ")) }
}

impl Envs {
    /// Reads the file's bytes. `path` is for messages only.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, YamlError> {
        let text = text_of(path, bytes.to_vec())?;
        let document = Node::parse(path, &text)?;
        let root = Spot::root(path, &document);
        root.map()?;
        let mut warnings = root.unknown_keys(&["envs"]);
        let mut own = BTreeMap::new();
        if let Some(envs) = root.get("envs") {
            for (name, spot) in envs.map()? {
                check_name(&envs, name)?;
                own.insert(name.value.as_str(), read(name, spot, &mut warnings)?);
            }
        }
        let mut envs = Self { by_name: BTreeMap::new(), warnings };
        for name in own.keys() {
            envs.settle(name, &own)?;
        }
        Ok(envs)
    }

    /// Lays a name and whatever it extends over one another, the most general first. A loop and not a recursion: a chain may be as
    /// long as the file.
    fn settle(&mut self, name: &str, own: &BTreeMap<&str, Own<'_>>) -> Result<(), YamlError> {
        let mut chain: Vec<&str> = Vec::new();
        let mut next = Some(name);
        while let Some(name) = next.filter(|name| !self.by_name.contains_key(*name)) {
            let Some((key, env)) = own.get_key_value(name) else { break };
            chain.push(key);
            next = env.extends.as_ref().map(|(parent, _)| *parent);
            if let Some((parent, spot)) = &env.extends {
                if !own.contains_key(parent) {
                    let hint = crate::base::yaml::suggestion(parent, own.keys().copied().filter(|known| known != key));
                    return Err(spot.wrong(format!("unknown environment `{parent}`; {hint}")));
                }
                if let Some(start) = chain.iter().position(|name| name == parent) {
                    let round = chain[start..].iter().chain([parent]).copied().collect::<Vec<_>>().join(" -> ");
                    return Err(spot.wrong(format!("these environments extend each other: {round}")));
                }
            }
        }
        for name in chain.into_iter().rev() {
            let env = &own[name];
            let parent = env.extends.as_ref().and_then(|(parent, _)| self.by_name.get(*parent));
            let whole = env.over(name, parent)?;
            self.by_name.insert(name.to_owned(), whole);
        }
        Ok(())
    }

    /// The environment of this name.
    pub fn get(&self, name: &str) -> Option<&Environment> {
        self.by_name.get(name)
    }

    /// The environment of this name, or the words to say that there is none.
    pub fn find(&self, name: &str) -> Result<&Environment, UnknownEnvironment> {
        if name.is_empty() {
            return Err(UnknownEnvironment::Empty);
        }
        self.get(name).ok_or_else(|| {
            let near = near(name, self.names()).into_iter().map(str::to_owned).collect();
            UnknownEnvironment::Unknown { name: name.to_owned(), near }
        })
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.by_name.keys().map(String::as_str)
    }

    /// All environments, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &Environment> {
        self.by_name.values()
    }

    /// What in the file has no effect though somebody wrote it.
    pub fn warnings(&self) -> &[YamlError] {
        &self.warnings
    }
}

impl Environment {
    /// A value for `{{env.KEY}}`: a key of a person's own, else one that means something: `name`, `color`, `description`, `guard`,
    /// `kube.context`, `kube.namespace`, `vars.NAME`.
    pub fn value(&self, key: &str) -> Option<&str> {
        if let Some(value) = self.keys.get(key) {
            return Some(value);
        }
        match key {
            "name" => Some(&self.name),
            "color" => self.color.as_deref(),
            "description" => self.description.as_deref(),
            "guard" => Some(self.guard.as_str()),
            "kube.context" => Some(&self.kube.as_ref()?.context),
            "kube.namespace" => self.kube.as_ref()?.namespace.as_deref(),
            _ => self.vars.get(key.strip_prefix("vars.")?)?.as_deref(),
        }
    }
}

impl GuardCommands {
    /// The patterns as written, the parent's first.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.globs.iter().map(Glob::glob)
    }

    /// The command words that the patterns begin with, as far as they are plain words.
    pub fn command_words(&self) -> impl Iterator<Item = &str> {
        self.patterns().filter_map(|pattern| pattern.split(' ').next()).filter(|word| is_plain(word))
    }

    /// Whether one of them begins with a pattern, and so may be about any command.
    pub fn has_open_words(&self) -> bool {
        self.command_words().count() < self.globs.len()
    }

    /// Whether one of them is about this command: its word, or its words joined by single spaces.
    pub fn is_match(&self, word: &str, lines: &[String]) -> bool {
        if self.globs.is_empty() {
            return false;
        }
        let compiled = self.compiled.get_or_init(|| {
            let set = |of_words: bool| {
                let mut builder = GlobSetBuilder::new();
                for glob in self.globs.iter().filter(|glob| glob.glob().contains(' ') != of_words) {
                    builder.add(glob.clone());
                }
                // Each was compiled for itself when the file was read; together they could only be too large.
                builder.build().unwrap_or_default()
            };
            Compiled { words: set(true), lines: set(false) }
        });
        compiled.words.is_match(word) || lines.iter().any(|line| compiled.lines.is_match(line))
    }
}

fn is_plain(word: &str) -> bool {
    !word.is_empty() && !word.contains(['*', '?', '[', ']', '{', '}', '\\'])
}

/// What an environment says itself.
struct Own<'a> {
    at: Place,
    extends: Option<(&'a str, Spot<'a>)>,
    /// Keys in the file's order; `None` takes the parent's away.
    scalars: Vec<(&'a str, Option<&'a str>)>,
    vars: Said<Vec<(&'a str, Option<&'a str>)>>,
    kube: Said<(Option<&'a str>, Option<&'a str>, Spot<'a>)>,
    guard: Said<Level>,
    guard_commands: Said<Vec<Glob>>,
}

/// What is said of a key: nothing, null, or something.
type Said<T> = Option<Option<T>>;

fn read<'a>(name: &Placed<String>, env: Spot<'a>, warnings: &mut Vec<YamlError>) -> Result<Own<'a>, YamlError> {
    let mut own = Own {
        at: name.at,
        extends: None,
        scalars: Vec::new(),
        vars: None,
        kube: None,
        guard: None,
        guard_commands: None,
    };
    for (key, value) in env.map()? {
        let given = (!value.is_null()).then_some(&value);
        match key.value.as_str() {
            "extends" => own.extends = given.map(|value| Ok((value.text()?, value.clone()))).transpose()?,
            "vars" => own.vars = Some(given.map(read_vars).transpose()?),
            "kube" => own.kube = Some(given.map(|value| read_kube(value, warnings)).transpose()?),
            "guard" => own.guard = Some(given.map(|value| value.word(Level::WORDS)).transpose()?),
            "guard_commands" => own.guard_commands = Some(given.map(|value| read_globs(value, warnings)).transpose()?),
            "color" | "description" => own.scalars.push((&key.value, given.map(Spot::text).transpose()?)),
            _ if value.is_scalar() || value.is_null() => {
                warnings.extend(value.slip(key, &KNOWN_KEYS));
                own.scalars.push((&key.value, given.map(Spot::text).transpose()?));
            }
            _ => {
                let what = "only texts, numbers and booleans can be used as {{env.KEY}}: this has no effect";
                let meant = near(&key.value, KNOWN_KEYS).first().map(|close| format!("; did you mean `{close}`?"));
                warnings.push(value.wrong_at(key.at, format!("{what}{}", meant.unwrap_or_default())));
            }
        }
    }
    Ok(own)
}

fn read_vars<'a>(vars: &Spot<'a>) -> Result<Vec<(&'a str, Option<&'a str>)>, YamlError> {
    let mut found = Vec::new();
    for (name, value) in vars.map()? {
        check_variable(&name.value).map_err(|reason| value.wrong_at(name.at, reason))?;
        let text = if value.is_null() { None } else { Some(value.text()?) };
        if text.is_some_and(|text| !undo::can_tell(OsStr::new(text))) {
            let reason =
                "U+001E and U+001F cannot be in a value: what is started here could not be told that it is not its own";
            return Err(value.wrong(reason));
        }
        found.push((name.value.as_str(), text));
    }
    Ok(found)
}

type KubeSaid<'a> = (Option<&'a str>, Option<&'a str>, Spot<'a>);

fn read_kube<'a>(kube: &Spot<'a>, warnings: &mut Vec<YamlError>) -> Result<KubeSaid<'a>, YamlError> {
    kube.map()?;
    warnings.extend(kube.unknown_keys(&KUBE_KEYS));
    let text = |key| kube.get(key).map(|value| value.text()).transpose();
    Ok((text("context")?, text("namespace")?, kube.clone()))
}

fn read_globs(patterns: &Spot<'_>, warnings: &mut Vec<YamlError>) -> Result<Vec<Glob>, YamlError> {
    let mut globs = Vec::new();
    for pattern in patterns.list()? {
        let text = pattern.text()?;
        let glob = Glob::new(text).map_err(|error| pattern.wrong(error.kind()))?;
        if !text.split(' ').next().is_some_and(is_plain) {
            let what =
                "the command word is a pattern: it guards what has rules or is known, but can wrap nothing by itself";
            warnings.push(pattern.wrong(what));
        }
        globs.push(glob);
    }
    Ok(globs)
}

impl Own<'_> {
    /// What it is in full.
    fn over(&self, name: &str, parent: Option<&Environment>) -> Result<Environment, YamlError> {
        let mut env = parent.cloned().unwrap_or_default();
        name.clone_into(&mut env.name);
        env.at = self.at;
        env.extends = self.extends.as_ref().map(|(parent, _)| (*parent).to_owned());
        for (key, value) in &self.scalars {
            let value = value.map(str::to_owned);
            match (*key, value) {
                ("color", value) => env.color = value,
                ("description", value) => env.description = value,
                (key, Some(value)) => drop(env.keys.insert(key.to_owned(), value)),
                (key, None) => drop(env.keys.remove(key)),
            }
        }
        match &self.vars {
            None => {}
            Some(None) => env.vars.clear(),
            Some(Some(vars)) => {
                let owned = |(name, value): &(&str, Option<&str>)| ((*name).to_owned(), value.map(str::to_owned));
                env.vars.extend(vars.iter().map(owned));
            }
        }
        if let Some(kube) = &self.kube {
            env.kube = kube.as_ref().map(|kube| kube_over(kube, env.kube)).transpose()?;
        }
        if let Some(guard) = self.guard {
            env.guard = guard.unwrap_or_default();
        }
        match &self.guard_commands {
            None => {}
            Some(None) => env.guard_commands = GuardCommands::default(),
            Some(Some(globs)) => {
                let all = env.guard_commands.globs.iter().chain(globs).cloned().collect();
                env.guard_commands = GuardCommands { globs: all, compiled: OnceLock::new() };
            }
        }
        Ok(env)
    }
}

fn kube_over(own: &KubeSaid<'_>, parent: Option<KubeContext>) -> Result<KubeContext, YamlError> {
    let (context, namespace, spot) = own;
    let namespace = namespace.map(str::to_owned);
    match (context, parent) {
        (Some(""), _) => Err(spot.wrong("`context` is empty")),
        (Some(context), _) => Ok(KubeContext { context: (*context).to_owned(), namespace }),
        (None, Some(parent)) => Ok(KubeContext { namespace: namespace.or(parent.namespace), ..parent }),
        (None, None) => Err(spot.wrong("`context` is missing: the name of a context of your kubeconfig")),
    }
}

/// How one is shown that is chosen and that nobody describes, so that commands are refused in it and nothing of it is applied: `prod?`.
pub fn doubted(name: &str) -> String {
    format!("{}?", if name == UNREAD { "" } else { name })
}

fn check_name(envs: &Spot<'_>, name: &Placed<String>) -> Result<(), YamlError> {
    let text = &name.value;
    let reason = if text.is_empty() {
        UnknownEnvironment::Empty.to_string()
    } else if text.contains(|letter: char| letter.is_whitespace() || letter == '/' || is_unseen(letter)) {
        format!("the name {text:?} may not have blanks, `/` or control characters in it")
    } else if text == UNREAD {
        format!("the name `{UNREAD}` is what is shown where nobody knows which environment holds")
    } else if text.len() > LONGEST_NAME {
        format!("the name `{text}` is longer than {LONGEST_NAME} bytes")
    } else {
        return Ok(());
    };
    Err(envs.wrong_at(name.at, reason))
}

/// Variables that bash, zsh or fish do not let anybody set: an error at every prompt.
const READ_ONLY: [&str; 10] =
    ["BASHOPTS", "BASH_VERSINFO", "EUID", "GROUPS", "PPID", "SHELLOPTS", "UID", "_", "pipestatus", "status"];

/// Says why a shell or pintle could not live with a variable of this name.
pub(super) fn check_variable(name: &str) -> Result<(), String> {
    let mut letters = name.chars();
    let first = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_');
    if !first || !letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
        return Err(format!("{name:?} is no name of a variable: letters, digits and `_`, no digit first"));
    }
    if READ_ONLY.contains(&name) {
        return Err(format!("`{name}` belongs to the shell, which lets nobody set it"));
    }
    // PINTLE_BYPASS in a file would take the guard away and nobody would know.
    if name.starts_with("PINTLE_") { Err(format!("`{name}` belongs to pintle")) } else { Ok(()) }
}

#[cfg(test)]
#[path = "envs_tests.rs"]
mod tests;
