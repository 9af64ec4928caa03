//! What tmux could not do for us.

use thiserror::Error;

use super::server::{PaneId, ServerError, Socket, Version};

/// Why something about tmux failed.
#[derive(Debug, Error)]
pub enum TmuxError {
    /// Neither the request nor its caller names a pane.
    #[error("no pane to split: name one as `target`, or call from inside tmux")]
    NoTarget,
    /// An id, a version or a socket that is none.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// tmux has no such pane, or its process is another one by now.
    #[error("tmux has no pane {0}")]
    NoPane(PaneId),
    /// The pane's keys do something else at the moment.
    #[error("pane {0} is in copy mode, where keys are commands; leave it there (q) and try again")]
    InMode(PaneId),
    /// A word that is no key.
    #[error("tmux knows no key `{0}`; names look like Enter, C-c, M-x or F5, and text is sent as a string")]
    NoKey(String),
    /// Not a size of a pane.
    #[error("`{0}` is no size of a pane; give cells (20) or per cent (30%)")]
    NoSize(String),
    /// There is no tmux.
    #[error("tmux cannot be run: {0}; install tmux 3.2 or later")]
    Missing(std::io::Error),
    /// It said no.
    #[error("tmux refused: {0}")]
    Refused(String),
    /// Nobody listens at the socket, or another server than before.
    #[error("the tmux server at {0} is gone")]
    ServerGone(Socket),
    /// Somebody listens at the socket and ends the connection: another version of tmux, which speaks another protocol.
    #[error(
        "the tmux server at {socket} ({}) and the `tmux` that the daemon runs ({}) do not understand each other; put the \
         server's version first in PATH, then `pintle daemon stop`: the next command starts the daemon with it",
        named(.server), named(.own)
    )]
    Foreign {
        /// Where it listens.
        socket: Socket,
        /// Its version, if it could be found out.
        server: Option<Version>,
        /// The version of the client, if it says.
        own: Option<Version>,
    },
    /// The server lives and has nothing a client could attach to.
    #[error("the tmux server at {0} has no session to attach to")]
    NoSession(Socket),
    /// It does not answer in time.
    #[error("the tmux server at {0} does not answer; `tmux -S {0} list-sessions` shows whether it hangs")]
    Silent(Socket),
    /// Asked, and not answered: it may have been done.
    #[error(
        "tmux did not answer `{0}`: it may have been carried out or not, so it was not repeated; look at the pane first"
    )]
    Unanswered(String),
    /// A word that tmux cannot be given.
    #[error("`{0}`: tmux takes no text with a NUL byte in it")]
    Nul(String),
    /// More than one message to a server can hold.
    #[error("`{command}` is {bytes} bytes long; while its control client is down tmux takes at most {most}")]
    TooLong {
        /// The command's name.
        command: String,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        most: usize,
    },
    /// tmux said something that does not parse.
    #[error("tmux answered `{command}` with something else than was asked for: {answer}")]
    Unexpected {
        /// The command's name.
        command: String,
        /// The beginning of the answer.
        answer: String,
    },
    /// The handle was closed.
    #[error("the connection to tmux was closed")]
    Closed,
}

impl TmuxError {
    /// Whether it says that at this socket there is no server that could be worked with, now or for as long as it lives. What does not
    /// answer may do so the next time.
    pub fn is_absence(&self) -> bool {
        matches!(
            self,
            Self::ServerGone(_) | Self::Foreign { .. } | Self::Missing(_) | Self::Server(ServerError::TooOld { .. })
        )
    }
}

fn named(version: &Option<Version>) -> String {
    version.map_or_else(|| "version unknown".to_owned(), |version| format!("version {version}"))
}
