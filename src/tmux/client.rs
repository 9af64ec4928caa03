//! One connection to a tmux server, shared by everybody in the daemon who talks to it.
//!
//! It is a control-mode client (`tmux -C`) that attaches to a session the user already has: a command costs 0.05 ms there and
//! 2.5 ms as a process. It is one client a server, never makes a session, and leaves when the last [`Handle`] goes. A bare
//! `tmux -C` would make a session; every way to attach in here names one that was listed just before.
//!
//! The client is an actor (`client/actor.rs`), since it is a loop around pipes. While there is no client (its session was closed, it hung
//! for 2 s) calls go through `tmux` processes (`client/batch.rs`), and a new client is tried for, first after 50 ms and then ever more
//! rarely up to once in 5 s, as long as somebody calls or watches. When nobody does there is no timer and no process.
//!
//! A person's hook that takes long (`after-split-window` with a `run-shell` that is waited for) stops the queue of whichever client set it
//! off, and counts as hanging too. The two cannot be told apart: tmux writes the block of a command, a hook's as well, when it has
//! begun, and nothing when what it waits for has ended; and what waits behind it may be carried out in the moment between our giving
//! up and tmux's noticing. So the command with the hook is answered, questions behind it are asked again in a process, and what must not
//! be done twice is [`TmuxError::Unanswered`]. To wait longer for hooks would make everybody else wait as long for a client that hangs.
//!
//! A handle is for one life of a server. When another server answers at its socket, or none, every call is
//! [`TmuxError::ServerGone`]: what is known of panes is then history.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::command::Command;
use super::error::TmuxError;
use super::server::{ServerId, Socket, Version};

mod actor;
pub(super) mod batch;
mod link;
mod pipeline;
mod process;
mod push;

/// How long tmux may take to answer before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a client may take to leave before it is killed.
const LEAVING: Duration = Duration::from_millis(500);
/// Calls that wait to be taken by the actor. When as many wait, [`Handle::call`] waits.
const QUEUE: usize = 256;

/// Makes the command that becomes this program, which is `tmux`: the client must not outlive whoever started it ([`crate::base::bound`]),
/// and be told to end then, not killed (`client/link.rs`).
pub type Launch = fn(&str) -> std::process::Command;

/// What a command came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Carried out. What it printed, each line with its `\n`. Up to 3.3 as it is; later versions write control bytes as `\033` and
    /// leave backslashes alone, so text from outside is asked for as `#{q:…}` (see [`super::pane`]).
    Done(Vec<u8>),
    /// Refused, for this reason in tmux's words.
    Refused(Vec<u8>),
    /// Not carried out: the condition of [`Command::only_if`] was false.
    Stale,
}

/// What is asked of the actor.
#[derive(Debug)]
enum Request {
    Call { commands: Vec<Command>, urgent: bool, answer: oneshot::Sender<Result<Vec<Answer>, TmuxError>> },
    Watch(oneshot::Sender<watch::Receiver<u64>>),
    Hook(oneshot::Sender<()>),
    Close(oneshot::Sender<()>),
}

/// Why the actor ended.
#[derive(Clone, Copy, Debug)]
enum End {
    Closed,
    Gone,
}

/// A connection to one tmux server. Clones share it; when the last one is dropped, the client leaves.
#[derive(Clone, Debug)]
pub struct Handle {
    requests: mpsc::Sender<Request>,
    server: Arc<ServerId>,
    version: Version,
    count: Arc<AtomicU64>,
    end: Arc<OnceLock<End>>,
}

impl Handle {
    /// Finds out who listens at `socket` and attaches a client, whose process is made by `launch`. Errors: nobody listens ([`TmuxError::ServerGone`]), its tmux is
    /// older than 3.2, it does not answer. A server without a session is served through processes until it has one.
    pub async fn open(socket: &Socket, launch: Launch) -> Result<Self, TmuxError> {
        let found = process::survey(socket).await?;
        found.version.needs(Version::OLDEST, "the control client")?;
        let link = match link::Link::connect(&found.server, launch).await {
            Ok(link) => Some(link),
            Err(error @ (TmuxError::ServerGone(_) | TmuxError::Silent(_) | TmuxError::Missing(_))) => {
                return Err(error);
            }
            // Its session was closed at this moment, or it has none.
            Err(_) => None,
        };
        let (requests, queue) = mpsc::channel(QUEUE);
        let (count, end) = (Arc::new(AtomicU64::new(0)), Arc::new(OnceLock::new()));
        let actor = actor::Actor::new(found.server.clone(), launch, queue, link, count.clone(), end.clone())?;
        tokio::spawn(actor.run());
        Ok(Self { requests, server: Arc::new(found.server), version: found.version, count, end })
    }

    /// Whether it can still be used: not closed, and its server not known to be gone.
    pub fn is_open(&self) -> bool {
        self.end.get().is_none() && !self.requests.is_closed()
    }

    /// Whether its server is known to be gone, and not only this connection closed.
    pub fn is_gone(&self) -> bool {
        matches!(self.end.get(), Some(End::Gone))
    }

    /// The server, as it was when this was opened and as it stays.
    pub fn server(&self) -> &ServerId {
        &self.server
    }

    /// Its version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Carries out commands in this order and returns an answer for each, in the same order. They are written at once, and calls
    /// do not wait for each other's answers. A command that is refused does not keep the next from being carried out.
    ///
    /// Errors are of the connection: the server is gone or hangs; or the client was lost with a command of
    /// [`Effect::Once`](super::command::Effect) written and not answered ([`TmuxError::Unanswered`]). Up to 256 commands are in
    /// flight and 256 calls in the queue; beyond that this waits. Dropping the future does not take back what was sent.
    pub async fn call(&self, commands: Vec<Command>) -> Result<Vec<Answer>, TmuxError> {
        self.carry_out(commands, true).await
    }

    /// The same for what nobody waits for: the daemon does not stay awake for the answer ([`crate::base::awake`]), where it would take
    /// turns with a tmux that draws what it was told.
    pub async fn tell(&self, commands: Vec<Command>) -> Result<Vec<Answer>, TmuxError> {
        self.carry_out(commands, false).await
    }

    async fn carry_out(&self, commands: Vec<Command>, urgent: bool) -> Result<Vec<Answer>, TmuxError> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        self.ask(|answer| Request::Call { commands, urgent, answer }).await?
    }

    /// Carries out one command and returns its answer. Errors as in [`Handle::call`].
    pub async fn ask_one(&self, command: Command) -> Result<Answer, TmuxError> {
        let name = command.name();
        let answer = self.call(vec![command]).await?.pop();
        answer.ok_or(TmuxError::Unanswered(name))
    }

    /// A number that grows when something about sessions, windows, panes, layout or focus may have changed. Many changes may be one
    /// step. A reader asks again for what it shows; it is not told what changed, since tmux does not tell everything and a list
    /// of all panes costs 0.3 ms. The channel closes when the server is gone or the handle is closed.
    ///
    /// With tmux's focus-events off, which program of an attached client has the focus changes unseen.
    pub async fn watch(&self) -> Result<watch::Receiver<u64>, TmuxError> {
        self.ask(Request::Watch).await
    }

    /// The number that [`Handle::watch`] waits for, as it is. What is seen after it was asked for holds until it grows, for
    /// [`Command::seen`].
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Sets our hooks again. A `set-hook` without an index, as configurations have it, replaces the whole array, and ours with it.
    pub async fn hook(&self) -> Result<(), TmuxError> {
        self.ask(Request::Hook).await
    }

    /// Ends the connection for all clones; returns when the client has left, after half a second at most. Calls in flight and
    /// later ones are [`TmuxError::Closed`].
    pub async fn close(&self) {
        // Whoever comes second finds it ended, or waits for nothing.
        let _ = self.ask(Request::Close).await;
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T, TmuxError> {
        let (sender, receiver) = oneshot::channel();
        let ended = || match self.end.get() {
            Some(End::Gone) => TmuxError::ServerGone(self.server.socket.clone()),
            Some(End::Closed) | None => TmuxError::Closed,
        };
        self.requests.send(request(sender)).await.map_err(|_| ended())?;
        receiver.await.map_err(|_| ended())
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
