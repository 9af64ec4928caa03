//! Where a definition is kept: with its project, or with the user.

use std::path::{Path, PathBuf};

/// Where a definition is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// In the project's folder. It shadows a global one of the same name.
    Local,
    /// In the user's config folder, for all projects.
    Global,
}

impl Scope {
    /// Both, in the order in which they are looked through.
    pub const ALL: [Self; 2] = [Self::Local, Self::Global];

    /// Its word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Global => "global",
        }
    }

    /// The one that a word means.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// The folders in which a project's definitions are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// The project's own (`.pintle`, or a `.pu` that is used in place).
    pub local: PathBuf,
    /// The user's config folder.
    pub global: PathBuf,
}

impl Folders {
    /// The folder of a scope, in which each kind has one of its own.
    pub fn of(&self, scope: Scope) -> &Path {
        match scope {
            Scope::Local => &self.local,
            Scope::Global => &self.global,
        }
    }
}
