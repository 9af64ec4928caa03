//! What can be wrong with a definition.

use std::path::PathBuf;

use thiserror::Error;

use crate::base::files::FileError;
use crate::base::yaml::YamlError;

/// A definition that cannot be had, saved or deleted.
#[derive(Debug, Error)]
pub enum DefinitionError {
    /// The name cannot be that of a definition.
    #[error("{0}")]
    Name(String),
    /// There is none of this name.
    #[error("no {noun} has the name `{name}`")]
    NotFound {
        /// What was looked for: `template`.
        noun: &'static str,
        /// The name.
        name: String,
        /// What to do next: names that are close, or all.
        known: String,
    },
    /// There is none of this name in this scope.
    #[error("no {scope} {noun} has the name `{name}`")]
    NotIn {
        /// What was looked for.
        noun: &'static str,
        /// The name.
        name: String,
        /// Where it was looked for.
        scope: &'static str,
    },
    /// There is one of this name, but not in this scope.
    #[error("no {scope} {noun} has the name `{name}`; there is a {other} one")]
    Elsewhere {
        /// What was looked for.
        noun: &'static str,
        /// The name.
        name: String,
        /// Where it was looked for.
        scope: &'static str,
        /// Where it is.
        other: &'static str,
        /// The command that deletes that one.
        delete: String,
    },
    /// What was to be saved is refused: the key and the reason.
    #[error("{0}")]
    Invalid(String),
    /// Its file cannot be used, and is left as it is.
    #[error("{error}")]
    Broken {
        /// What is wrong with it, and where.
        error: YamlError,
        /// The command that opens it.
        edit: String,
    },
    /// Its file cannot be changed without losing a comment in it, or a key that is not known here.
    #[error("{}: line {line}: {what} would be lost, so nothing was changed", path.display())]
    CannotEdit {
        /// The file.
        path: PathBuf,
        /// The line of what would be lost, from 1.
        line: usize,
        /// What would be lost.
        what: String,
        /// The command that opens it.
        edit: String,
    },
    /// The disk or the system refused.
    #[error(transparent)]
    File(#[from] FileError),
}
