//! What the files of other tools become: old text in, new text out, with a list of what could not be carried.
//!
//! Everything in here is a function of the files' contents; `commands/import` reads and writes them. A text is copied, comments and
//! all, and changed only where pintle would read it otherwise: [`mend`] comments out what cannot be used, [`prefix`] writes rules
//! anew that would do something else, [`keys`] spells keys as pintle does. Reading the old files into types and writing those out was
//! the alternative; it loses comments and order, which are half of what a person has put into such a file.

pub mod axium;
mod definition;
mod keys;
mod mend;
mod prefix;
pub mod purepoint;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::base::yaml::YamlError;

/// What lies in a tool's folder, two levels deep, by path relative to it.
pub type Tree = BTreeMap<PathBuf, Entry>;

/// Something in a tool's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file that may hold settings.
    File {
        /// Its contents.
        bytes: Vec<u8>,
        /// Its permission bits.
        mode: u32,
    },
    /// A folder.
    Folder,
    /// What was not read, and why.
    Unread(&'static str),
}

/// What is to be written, and what is to be said.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The new files.
    pub files: Vec<New>,
    /// What stays behind.
    pub left: Vec<Left>,
    /// What will be different, a line each.
    pub notes: Vec<String>,
    /// The words in front of commands, as far as they are known: each has to be a program.
    pub programs: BTreeSet<String>,
}

/// A file to be written.
#[derive(Debug, PartialEq, Eq)]
pub struct New {
    /// Its path, in the tool's folder and in ours alike.
    pub path: PathBuf,
    /// Its contents.
    pub text: String,
    /// Its permission bits, those of the old one.
    pub mode: u32,
    /// How it differs from the old one, a line each; none if it is a copy.
    pub changes: Vec<String>,
}

/// Something that could not be carried.
#[derive(Debug, PartialEq, Eq)]
pub struct Left {
    /// Where it stands in the tool's folder: a path, and the lines if it is a part of a file.
    pub what: String,
    /// Why it could not be carried, and what can be done about it.
    pub why: String,
}

impl Plan {
    /// Something stays behind: where it stands, and why.
    pub fn leave(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.left.push(Left { what: what.into(), why: why.into() });
    }

    /// A file that stays behind as a whole.
    fn refused(&mut self, path: &Path, error: &YamlError) {
        self.leave(path.display().to_string(), format!("{}{}", error.at, error.reason));
    }
}

impl Left {
    /// Some lines of a file, counted from 1.
    fn lines(path: &Path, first: usize, last: usize, why: String) -> Self {
        let lines = if first == last { format!("line {first}") } else { format!("lines {first} to {last}") };
        Self { what: format!("{}, {lines}", path.display()), why }
    }
}

/// A folder with these files, for tests; a `/` in the place of a text is a folder.
#[cfg(test)]
fn tree_of(files: &[(&str, &str)]) -> Tree {
    let entry = |(name, text): &(&str, &str)| {
        let file = || Entry::File { bytes: text.as_bytes().to_vec(), mode: 0o600 };
        (PathBuf::from(name), if *text == "/" { Entry::Folder } else { file() })
    };
    files.iter().map(entry).collect()
}
