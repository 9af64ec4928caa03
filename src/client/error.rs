//! What can go wrong between a client and the daemon.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::base::files::FileError;
use crate::base::paths::PathsError;
use crate::protocol::{Code, WireError};

/// A call that gave no answer to use.
#[derive(Debug, Error)]
pub enum ClientError {
    /// Nobody listens, and none was to be started.
    #[error("no daemon answers at {}: {source}", socket.display())]
    Unreachable {
        /// Where it should be.
        socket: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A daemon was started and nobody listens all the same.
    #[error("the daemon was started and does not answer at {}", socket.display())]
    NotStarted {
        /// Where it should be.
        socket: PathBuf,
        /// Its log.
        log: PathBuf,
        /// What the log says last.
        last: Option<String>,
    },
    /// The folders it needs are not there and cannot be made.
    #[error(transparent)]
    Places(#[from] PathsError),
    /// Its log cannot be opened.
    #[error(transparent)]
    Log(#[from] FileError),
    /// The program could not be started at all.
    #[error("cannot start the daemon: {0}")]
    Start(io::Error),
    /// The daemon's own no.
    #[error("{0}")]
    Refused(#[from] WireError),
    /// Nothing came in time.
    #[error("no answer to `{request}` within {} s", limit.as_secs())]
    TimedOut {
        /// What was asked.
        request: String,
        /// How long it was waited for.
        limit: Duration,
    },
    /// The connection ended before the answer came.
    #[error("the connection was lost before `{request}` was answered; it may have been carried out or not")]
    Lost {
        /// What was asked.
        request: String,
    },
    /// An answer that this version does not understand.
    #[error("the daemon's answer is not understood: {0}")]
    Strange(String),
    /// The system refused to read or write.
    #[error("talking to the daemon: {0}")]
    Io(io::Error),
}

impl ClientError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            // What the system says of a path that does not fit into a socket's address.
            Self::Unreachable { source, .. } if source.kind() == io::ErrorKind::InvalidInput => {
                Some("a socket's path has 107 bytes at most: set XDG_RUNTIME_DIR to a shorter folder".to_owned())
            }
            Self::Unreachable { .. } => {
                Some("`pintle daemon start` starts it, `pintle doctor` looks closer".to_owned())
            }
            Self::NotStarted { log, last: Some(last), .. } => Some(format!("{} ends with: {last}", log.display())),
            Self::NotStarted { log, last: None, .. } => Some(format!("its log is {}", log.display())),
            Self::Refused(error) => error.hint.clone(),
            // Not `pintle doctor`: what it asks, nobody would answer either.
            Self::TimedOut { .. } => {
                Some("`pintle daemon logs --keeper` says whether the daemon ends again and again".to_owned())
            }
            Self::Lost { .. } => Some("`pintle status` shows what came of it".to_owned()),
            Self::Strange(_) => {
                Some("`pintle daemon restart` lets it run the program that is installed now".to_owned())
            }
            _ => None,
        }
    }

    /// The wire's word for it, or one of ours where the daemon had no part in it: `UNREACHABLE`, `LOST`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } | Self::NotStarted { .. } | Self::Start(_) => "UNREACHABLE",
            Self::Places(_) | Self::Log(_) | Self::Io(_) => Code::IoError.as_str(),
            Self::Refused(error) => error.code.as_str(),
            Self::TimedOut { .. } => Code::Timeout.as_str(),
            Self::Lost { .. } => "LOST",
            Self::Strange(_) => Code::ParseError.as_str(),
        }
    }

    /// Whether the connection is what failed: the same request may succeed on a new one.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. })
    }
}

/// Whether the other side of a socket is gone, as opposed to something being wrong with the call.
pub(super) fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof)
}
