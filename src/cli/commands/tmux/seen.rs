//! What a tmux server says of itself: its version, its global options and its key table, in one answer.
//!
//! Pure: [`ASK`] is what to ask, [`Seen::read`] understands the answer. Bytes stay bytes, since a status line may be in any encoding and is
//! to be put back as it was.

use std::collections::BTreeMap;

use super::quote::{quote, readable, unescape, words};

/// The key table of the keys behind tmux's prefix.
pub const TABLE: &str = "prefix";

/// Stands between the parts of the answer. No option has this name, and no line of a key table begins with it.
const MARK: &str = "==pintle==";

/// The commands that are asked, in the order in which [`Seen::read`] expects their answers.
///
/// All key tables, since tmux calls it an error to ask for one that is empty; and the notes last, since there it cannot be avoided: what
/// comes before is then complete all the same.
pub const ASK: &[&[&str]] = &[
    &["display-message", "-p", "#{version}"],
    &["list-sessions", "-F", SESSION],
    &["display-message", "-p", MARK],
    &["show-options", "-g"],
    &["display-message", "-p", MARK],
    &["list-keys"],
    &["display-message", "-p", MARK],
    // From 3.8 on the prefix stands before each key, unless it is said to be none.
    &["list-keys", "-N", "-P", "", "-T", TABLE],
];

/// Whether a session's status line, which may be one of its own, reads our option, and the session's name.
const SESSION: &str = "#{m:*@pintle_hud*,#{status-left}#{status-right}} #{session_name}";

/// What a tmux server says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// As tmux has it, `3.3a`.
    pub version: String,
    /// The sessions whose `status-left` and `status-right` do not read `@pintle_hud`, by name.
    pub sessions_without: Vec<String>,
    /// Global session options and user options with their values.
    pub options: BTreeMap<String, Vec<u8>>,
    /// What the keys of the prefix table do.
    pub bindings: Vec<Binding>,
    /// What tmux said of keys that were asked for one by one.
    pub asked: BTreeMap<String, Asked>,
}

/// A key of the prefix table, as tmux lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The key's name, which is tmux's own of several that it may have.
    pub key: String,
    /// What it does, as tmux writes it.
    pub command: Vec<u8>,
    /// The whole binding, as tmux reads it: a `bind-key` command.
    pub line: Vec<u8>,
}

/// What tmux said of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It is bound, and its own name for it is this.
    Bound(String),
    /// Nothing is bound to it.
    Free,
    /// There is no such key.
    Unknown,
}

impl Seen {
    /// Understands the answer to [`ASK`]; `None` when it is not whole.
    pub fn read(answer: &[u8]) -> Option<Self> {
        let mut parts = answer.split(|&byte| byte == b'\n').collect::<Vec<_>>().into_iter();
        let mut part = || -> Option<Vec<&[u8]>> {
            let mut lines = Vec::new();
            loop {
                match parts.next() {
                    Some(line) if line == MARK.as_bytes() => return Some(lines),
                    Some(line) => lines.push(line),
                    None => return None,
                }
            }
        };
        let (head, options, keys) = (part()?, part()?, part()?);
        let notes: BTreeMap<Vec<u8>, &[u8]> = parts.filter_map(note).collect();
        let (version, sessions) = head.split_first()?;
        Some(Self {
            version: text(version),
            sessions_without: sessions.iter().filter_map(|line| line.strip_prefix(b"0 ")).map(text).collect(),
            options: options.into_iter().map(option).collect(),
            bindings: keys.into_iter().filter_map(|line| binding(line, |key| notes.get(key).copied())).collect(),
            asked: BTreeMap::new(),
        })
    }

    /// A global option's value. An option that is not there and one that is empty are two things.
    pub fn option(&self, name: &str) -> Option<&[u8]> {
        self.options.get(name).map(Vec::as_slice)
    }

    /// The same as text.
    pub fn option_text(&self, name: &str) -> Option<String> {
        self.option(name).map(text)
    }

    /// What is bound to a key, under whichever of its names.
    pub fn binding(&self, key: &str) -> Option<&Binding> {
        let key = self.canonical(key);
        self.bindings.iter().find(|binding| binding.key == key)
    }

    /// tmux's own name of a key, where it is known.
    pub fn canonical<'a>(&'a self, key: &'a str) -> &'a str {
        match self.asked.get(key) {
            Some(Asked::Bound(own)) => own,
            _ => key,
        }
    }

    /// Whether a key has to be asked for by itself, since it may stand in the list under another name (`^a` is `C-a`) or be none. Single
    /// letters and signs have one name only.
    pub fn is_unclear(&self, key: &str) -> bool {
        key.chars().nth(1).is_some() && !self.bindings.iter().any(|binding| binding.key == key)
    }
}

impl Asked {
    /// The commands that ask for one key.
    pub fn ask(key: &str) -> [&str; 4] {
        ["list-keys", "-T", TABLE, key]
    }

    /// Understands the answer: what was printed, and whether the command failed with what complaint.
    pub fn read(printed: &[u8], complaint: Option<&[u8]>) -> Self {
        let line = printed.split(|&byte| byte == b'\n').next().unwrap_or_default();
        match (binding(line, |_| None), complaint) {
            (Some(bound), None) => Self::Bound(bound.key),
            (_, Some(said)) if said.starts_with(b"invalid key") => Self::Unknown,
            _ => Self::Free,
        }
    }
}

fn text(bytes: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(bytes.as_ref()).into_owned()
}

/// `name value`, or a name alone for an array without elements.
fn option(line: &[u8]) -> (String, Vec<u8>) {
    let at = line.iter().position(|&byte| byte == b' ').unwrap_or(line.len());
    let (name, value) = line.split_at(at);
    (text(name), unescape(value.trim_ascii()))
}

/// `bind-key -r -T prefix KEY COMMAND…`, where the key is in the table that concerns us. tmux does not print the note there.
fn binding<'a>(line: &[u8], note: impl Fn(&[u8]) -> Option<&'a [u8]>) -> Option<Binding> {
    let words = words(line);
    let (verb, mut rest) = words.split_first()?;
    let mut flags = vec![*verb];
    let (mut in_table, mut noted) = (false, false);
    while let [flag @ [b'-', _, ..], behind @ ..] = rest {
        let takes = if matches!(*flag, b"-T" | b"-N") { 2 } else { 1 };
        in_table |= *flag == b"-T" && behind.first() == Some(&TABLE.as_bytes());
        noted |= *flag == b"-N";
        flags.extend(rest.iter().take(takes));
        rest = rest.get(takes..)?;
    }
    let (key, command) = rest.split_first().filter(|_| in_table && *verb == b"bind-key")?;
    let name = unescape(key);
    let note = note(&name).filter(|_| !noted).map(quote);
    if let Some(note) = &note {
        flags.splice(1..1, [b"-N".as_slice(), note]);
    }
    let line = readable(&[&flags, [*key].as_slice(), command].concat());
    Some(Binding { key: text(name), command: command.join(&b' '), line })
}

/// `KEY   what it does`, as `list-keys -N` has it.
fn note(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let key = *words(line).first()?;
    let note = line.trim_ascii_start().get(key.len()..)?;
    Some((key.to_vec(), note.trim_ascii()))
}

#[cfg(test)]
#[path = "seen_tests.rs"]
mod tests;
