//! The rules, each a function from sources to what breaks them.

use std::fmt;

use super::source::{Named, Source};
use super::{ARROWS, LARGEST_FILE, ONLY_IN, UNSAFE_IN};

/// A place that breaks a rule.
#[derive(Debug)]
pub struct Breach {
    pub file: String,
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}:{}: {}", self.file, self.line, self.what)
    }
}

fn breach(source: &Source, line: usize, what: String) -> Breach {
    Breach { file: source.file.clone(), line, what }
}

/// What a path is, where a rule names it.
pub enum Name {
    /// A crate, whatever is taken from it.
    Crate(&'static str),
    /// The last words of a path in a crate that is not ours and not tokio: its clock is the one tests can stop.
    Item(&'static str, &'static str),
}

impl Name {
    fn fits(&self, named: &Named) -> bool {
        let first = named.path.first().map_or("", String::as_str);
        match *self {
            Self::Crate(name) => first == name,
            Self::Item(of, item) => {
                !matches!(first, "crate" | "tokio") && named.path.ends_with(&[of.to_owned(), item.to_owned()])
            }
        }
    }
}

/// Every path into another room must be in the table.
pub fn arrows(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources {
        let room = source.room();
        let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == room) else {
            found.push(breach(source, 1, format!("the room `{room}` is not in the table of arrows")));
            continue;
        };
        for named in source.paths.iter().filter(|named| named.path[0] == "crate") {
            if !allows(room, allowed, named) {
                let to = named.path[1..].join("::");
                let may = if allowed.is_empty() { "nothing of ours".to_owned() } else { allowed.join(", ") };
                let to = if to.is_empty() { "the whole crate" } else { &to };
                found.push(breach(source, named.line, format!("{room} -> {to}, but {room} may import: {may}")));
            }
        }
    }
    found
}

fn allows(room: &str, allowed: &[&str], named: &Named) -> bool {
    let inner = &named.path[1..];
    let Some(target) = inner.first() else { return false };
    // `use super::*` of the tests at the foot of `main.rs` or `lib.rs` takes what is their own.
    let own_tests = target == "*" && named.in_test && matches!(room, "main" | "lib");
    let granted = |grant: &&str| {
        let grant: Vec<&str> = grant.split("::").collect();
        inner.len() >= grant.len() && inner.iter().zip(&grant).all(|(have, want)| have == want)
    };
    target == room || own_tests || allowed.iter().any(granted)
}

/// Some names belong to one place.
pub fn names(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources {
        for rule in ONLY_IN {
            let here = rule.places.iter().any(|place| source.room() == *place || source.file == *place);
            let paths = source.paths.iter().filter(|named| !named.in_test && rule.name.fits(named));
            for named in paths.filter(|_| !here) {
                let (path, places) = (named.path.join("::"), rule.places.join(", "));
                found.push(breach(source, named.line, format!("`{path}` belongs in {places} only: {}", rule.why)));
            }
        }
    }
    found
}

/// `unsafe` stands in named files, and a file that no longer needs it leaves the list.
pub fn unsafe_code(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources {
        let listed = UNSAFE_IN.iter().any(|(file, _)| *file == source.file);
        let first = source.tokens.iter().find(|token| token.is("unsafe"));
        match (listed, first) {
            (false, Some(token)) => {
                found.push(breach(source, token.line, "`unsafe` outside of the files named for it".to_owned()));
            }
            (true, None) => {
                found.push(breach(source, 1, "named for `unsafe`, but has none: take it off the list".to_owned()));
            }
            _ => {}
        }
    }
    found
}

/// No `.unwrap()` outside of tests.
pub fn unwraps(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources {
        for (at, window) in source.tokens.windows(3).enumerate() {
            let unwrap = window[0].is(".") && window[1].is("unwrap") && window[2].is("(");
            if unwrap && !source.in_test[at] {
                let what = "`.unwrap()` outside of tests: return the error, or `expect` and say why it cannot happen";
                found.push(breach(source, window[1].line, what.to_owned()));
            }
        }
    }
    found
}

/// A file can be read in one sitting.
pub fn sizes(sources: &[Source]) -> Vec<Breach> {
    let too_long = |source: &&Source| source.text.lines().count() > LARGEST_FILE;
    let what = |source: &Source| {
        let lines = source.text.lines().count();
        breach(
            source,
            LARGEST_FILE + 1,
            format!("{lines} lines, {LARGEST_FILE} are allowed; it usually holds two things"),
        )
    };
    sources.iter().filter(too_long).map(what).collect()
}

/// Every room, and the root, says at its head what it is.
pub fn heads(sources: &[Source]) -> Vec<Breach> {
    let is_head = |source: &&Source| {
        let parts: Vec<&str> = source.file.split('/').collect();
        parts.len() == 1 || (parts.len() == 2 && parts[1] == "mod.rs")
    };
    let silent = |source: &&Source| !source.text.trim_start().starts_with("//!");
    let what =
        |source| breach(source, 1, "no head comment (`//!`) that says what this is and what it is not".to_owned());
    sources.iter().filter(is_head).filter(silent).map(what).collect()
}
