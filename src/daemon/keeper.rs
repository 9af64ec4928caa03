//! The daemon's end of the link to the keeper.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;

use crate::base::descriptor;
use crate::base::process::Identity;
use crate::keeper::link::Link;
use crate::keeper::message::{KeptFds, SpawnSpec, ToDaemon, ToKeeper, VERSION, blob};

/// A spawn that the keeper does not answer for so long has gone wrong (a program on a file system that hangs).
const SPAWN_LIMIT: Duration = Duration::from_secs(20);

/// The keeper answers within its next turn; one of an earlier release does not answer at all for a socket that it has made before.
const LISTEN_LIMIT: Duration = Duration::from_secs(5);

/// What the keeper could not do.
#[derive(Debug, Error)]
pub enum KeeperError {
    /// It says why.
    #[error("{0}")]
    Refused(String),
    /// It did not answer.
    #[error("the program did not start within {} s", SPAWN_LIMIT.as_secs())]
    NoAnswer,
    /// It did not answer whether it listens.
    #[error(
        "the keeper does not answer; one of an earlier release is replaced by `pintle daemon stop` and the next command"
    )]
    NoSocket,
    /// It cannot be talked to.
    #[error("the keeper cannot be reached: {0}")]
    Link(#[from] io::Error),
    /// It is of another release and cannot work with this daemon.
    #[error(
        "the running keeper speaks version {0} of the link and this daemon {VERSION}: run `pintle daemon stop`, then start it again"
    )]
    Version(u32),
    /// It ended.
    #[error("the keeper has ended")]
    Gone,
}

/// A process that the keeper has.
#[derive(Debug)]
pub struct Kept {
    /// The agent's id.
    pub agent: String,
    /// Its process.
    pub process: Identity,
    /// Its exit code if it has ended.
    pub exit: Option<i32>,
    /// What to work with it.
    pub fds: KeptFds,
}

/// Everything a new daemon is told before it serves anybody.
#[derive(Debug, Default)]
pub struct Handover {
    /// The keeper's pid.
    pub keeper: i32,
    /// How many daemons there were before.
    pub restarts: u32,
    /// Listening sockets.
    pub listeners: Vec<(PathBuf, OwnedFd)>,
    /// Agents.
    pub kept: Vec<Kept>,
}

/// What the keeper says by itself.
#[derive(Debug)]
pub enum News {
    /// An agent's process has ended.
    Exited {
        /// The agent's id.
        agent: String,
        /// Its exit code.
        code: i32,
    },
    /// A process came that nobody waits for any more: its spawn took too long.
    Late(Kept),
    /// One more listening socket.
    Listener(PathBuf, OwnedFd),
    /// The keeper was told to stop.
    Stop,
}

type Waiting = HashMap<String, oneshot::Sender<Result<Kept, String>>>;

/// The link: requests go out at once, answers come in through [`KeeperLink::next`].
pub struct KeeperLink {
    readable: AsyncFd<OwnedFd>,
    incoming: Link,
    outgoing: Mutex<Link>,
    spawning: Mutex<Waiting>,
    sockets: Mutex<Sockets>,
}

/// Where the keeper listens.
#[derive(Default)]
struct Sockets {
    made: BTreeSet<PathBuf>,
    asked: HashMap<PathBuf, Vec<oneshot::Sender<Result<(), String>>>>,
}

impl KeeperLink {
    /// Takes the link that the keeper gave us as standard input.
    pub fn from_stdin() -> io::Result<Self> {
        let socket = rustix::stdio::stdin().try_clone_to_owned()?;
        let outgoing = Mutex::new(Link::new(socket.try_clone()?));
        let incoming = descriptor::watch(socket.try_clone()?, Interest::READABLE)?;
        Ok(Self {
            readable: incoming,
            incoming: Link::new(socket),
            outgoing,
            spawning: Mutex::default(),
            sockets: Mutex::default(),
        })
    }

    /// Receives everything until the keeper says that this is all.
    pub async fn handover(&self) -> Result<Handover, KeeperError> {
        let mut handover = Handover::default();
        loop {
            match self.receive().await? {
                ToDaemon::Hello { version, .. } if version != VERSION => return Err(KeeperError::Version(version)),
                ToDaemon::Hello { keeper, restarts, .. } => (handover.keeper, handover.restarts) = (keeper, restarts),
                ToDaemon::Listener { path, fd } => {
                    self.sockets().made.insert(path.clone().into());
                    handover.listeners.push((path.into(), fd));
                }
                ToDaemon::Kept { agent, pid, start_time, exit, fds } => {
                    handover.kept.push(Kept { agent, process: Identity { pid, start_time }, exit, fds });
                }
                ToDaemon::Ready => return Ok(handover),
                // An agent that ended meanwhile: its own message comes again or carried the code already.
                ToDaemon::Exited { agent, code } => {
                    for kept in handover.kept.iter_mut().filter(|kept| kept.agent == agent) {
                        kept.exit = Some(code);
                    }
                }
                // What an earlier daemon asked for.
                ToDaemon::Listening { .. }
                | ToDaemon::ListenFailed { .. }
                | ToDaemon::SpawnFailed { .. }
                | ToDaemon::Stop => {}
            }
        }
    }

    /// The next thing the keeper says that is not the answer to a spawn under way.
    pub async fn next(&self) -> Result<News, KeeperError> {
        loop {
            match self.receive().await? {
                ToDaemon::Kept { agent, pid, start_time, exit, fds } => {
                    let waiting = self.spawning().remove(&agent);
                    let kept = Kept { agent, process: Identity { pid, start_time }, exit, fds };
                    let Some(waiting) = waiting else { return Ok(News::Late(kept)) };
                    if let Err(Ok(kept)) = waiting.send(Ok(kept)) {
                        return Ok(News::Late(kept));
                    }
                }
                ToDaemon::SpawnFailed { agent, error } => {
                    let waiting = self.spawning().remove(&agent);
                    waiting.map(|waiting| waiting.send(Err(error)));
                }
                ToDaemon::Exited { agent, code } => return Ok(News::Exited { agent, code }),
                ToDaemon::Listener { path, fd } => {
                    let path = PathBuf::from(path);
                    self.answer_listen(&path, Ok(()));
                    return Ok(News::Listener(path, fd));
                }
                ToDaemon::Listening { path } => self.answer_listen(&PathBuf::from(path), Ok(())),
                ToDaemon::ListenFailed { path, error } => self.answer_listen(&PathBuf::from(path), Err(error)),
                ToDaemon::Stop => return Ok(News::Stop),
                ToDaemon::Hello { .. } | ToDaemon::Ready => {}
            }
        }
    }

    async fn receive(&self) -> Result<ToDaemon, KeeperError> {
        loop {
            let mut ready = self.readable.readable().await?;
            match self.incoming.receive_from_keeper() {
                Ok(Some(message)) => return Ok(message),
                Ok(None) => return Err(KeeperError::Gone),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Starts a process in a new PTY; `tag` is what a later daemon shall know about it.
    pub async fn spawn(
        &self,
        agent: &str,
        size: (u16, u16),
        spec: &SpawnSpec,
        tag: &[u8],
    ) -> Result<Kept, KeeperError> {
        let (spec, tag) = (spec.to_blob()?, blob(tag)?);
        let (answer, answered) = oneshot::channel();
        self.spawning().insert(agent.to_owned(), answer);
        self.send(ToKeeper::Spawn { agent: agent.to_owned(), cols: size.0, rows: size.1, spec, tag })?;
        match tokio::time::timeout(SPAWN_LIMIT, answered).await {
            Ok(Ok(kept)) => kept.map_err(KeeperError::Refused),
            Ok(Err(_)) => Err(KeeperError::Gone),
            Err(_) => Err(KeeperError::NoAnswer),
        }
    }

    /// Replaces what a later daemon shall know about an agent.
    pub fn tag(&self, agent: &str, tag: &[u8]) -> Result<(), KeeperError> {
        self.send(ToKeeper::Tag { agent: agent.to_owned(), tag: blob(tag)? })
    }

    /// Drops an agent's PTY and output.
    pub fn forget(&self, agent: &str) -> Result<(), KeeperError> {
        self.send(ToKeeper::Forget { agent: agent.to_owned() })
    }

    /// Gives back what an agent's output held for readers that have caught up.
    pub fn trim(&self, agent: &str) -> Result<(), KeeperError> {
        self.send(ToKeeper::Trim { agent: agent.to_owned() })
    }

    /// Sees to it that the keeper listens on this socket, and answers when it does. One that is there already stays; one whose file is
    /// gone, or is another one by now, is made anew. Our own comes with its folder, locks and pid file.
    pub async fn listen(&self, path: &str) -> Result<(), KeeperError> {
        let (answer, answered) = oneshot::channel();
        self.sockets().asked.entry(path.into()).or_default().push(answer);
        self.send(ToKeeper::Listen { path: path.to_owned() })?;
        match tokio::time::timeout(LISTEN_LIMIT, answered).await {
            Ok(Ok(made)) => made.map_err(KeeperError::Refused),
            Ok(Err(_)) => Err(KeeperError::Gone),
            Err(_) => Err(KeeperError::NoSocket),
        }
    }

    /// Where the keeper listens, our own socket too.
    pub fn listening(&self) -> Vec<PathBuf> {
        self.sockets().made.iter().cloned().collect()
    }

    fn answer_listen(&self, path: &Path, made: Result<(), String>) {
        let mut sockets = self.sockets();
        if made.is_ok() {
            sockets.made.insert(path.to_owned());
        }
        // Who has asked later is answered too: the keeper's next answer comes to nobody.
        for asked in sockets.asked.remove(path).unwrap_or_default() {
            let _ = asked.send(made.clone());
        }
    }

    /// Says that this daemon ends; with `stop` the keeper ends too.
    pub fn leave(&self, stop: bool) -> Result<(), KeeperError> {
        self.send(ToKeeper::Leave { stop })
    }

    fn send(&self, message: ToKeeper) -> Result<(), KeeperError> {
        let mut link = self.outgoing.lock().unwrap_or_else(PoisonError::into_inner);
        link.send_to_keeper(message)?;
        // The keeper never waits for us and reads at once, so a full socket drains within its next turn; what is queued goes
        // out with the next message or here.
        let mut turns = 0;
        while link.is_backed_up() && turns < 1000 {
            let mut poll = [rustix::event::PollFd::from_borrowed_fd(link.as_fd(), rustix::event::PollFlags::OUT)];
            let wait = rustix::event::Timespec { tv_sec: 0, tv_nsec: 5_000_000 };
            rustix::event::poll(&mut poll, Some(&wait)).map_err(io::Error::from)?;
            link.flush()?;
            turns += 1;
        }
        Ok(())
    }

    fn sockets(&self) -> MutexGuard<'_, Sockets> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawning(&self) -> MutexGuard<'_, Waiting> {
        self.spawning.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
