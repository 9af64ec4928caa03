//! The keeper's life: lock, socket, daemon, and one loop over everything that can happen.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};
use rustix::process::{
    Pid, Resource, Signal, getppid, getrlimit, kill_process_group, set_child_subreaper,
    set_parent_process_death_signal, setrlimit, setsid,
};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use thiserror::Error;

use super::kept::{Kept, Spare};
use super::listen::{ListenError, Listener};
use super::lock::{Busy, Holder, Locks, Taken};
use super::message::ToDaemon;
use super::spawn::Pending;
use super::supervise::{BackOff, Daemon};
use crate::base::clock::Clock;
use crate::base::descriptor::close_inherited;
use crate::base::files::FileError;
use crate::base::paths::{PathsError, Places};
use crate::base::process::Table;

/// How the keeper was asked to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where everything is.
    pub places: Places,
    /// Leave the terminal and the session of whoever started us.
    pub detached: bool,
    /// End when the parent process does.
    pub managed: bool,
}

/// How the keeper ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It kept, was told to stop, and stopped.
    Stopped,
    /// Another keeper holds a lock: use that one.
    AlreadyRunning(Busy),
}

/// Why the keeper could not start.
#[derive(Debug, Error)]
pub enum KeeperError {
    /// A folder could not be made or trusted.
    #[error(transparent)]
    Paths(#[from] PathsError),
    /// Lock, pid file or log could not be opened.
    #[error(transparent)]
    File(#[from] FileError),
    /// The state folder is that of a keeper which cannot be reached from here.
    #[error(
        "{busy}: two at once would undo each other's changes. Set PINTLE_SOCKET={} to use that one (or XDG_RUNTIME_DIR as it was set \
         there), or end it and its agents with `kill {}`",
        holder.socket.display(),
        holder.process.pid
    )]
    Elsewhere {
        /// The lock.
        busy: Busy,
        /// Whose it is.
        holder: Holder,
    },
    /// No socket.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Anything else the system refused.
    #[error("the keeper could not be set up: {0}")]
    System(#[from] io::Error),
}

impl From<rustix::io::Errno> for KeeperError {
    fn from(errno: rustix::io::Errno) -> Self {
        KeeperError::System(errno.into())
    }
}

/// A daemon that was asked to end in order gets this long before the keeper ends the agents itself.
const ORDERLY: Duration = Duration::from_secs(15);
/// How long an agent may take to end after SIGTERM when there is no daemon to see to it.
const GRACE: Duration = Duration::from_secs(5);

/// Keeps until told to stop. The process must have nothing open yet beside its standard streams: what else there is was inherited.
pub fn run(options: &Options, clock: &Clock) -> Result<Outcome, KeeperError> {
    close_inherited()?;
    options.places.make()?;
    let locks = match Locks::take(&options.places)? {
        Taken::Ours(locks) => locks,
        Taken::Theirs(busy) => {
            return match busy.elsewhere(&options.places).cloned() {
                Some(holder) => Err(KeeperError::Elsewhere { busy, holder }),
                None => Ok(Outcome::AlreadyRunning(busy)),
            };
        }
    };
    settle(options)?;
    let mut keeper = Keeper::new(options, clock.clone(), locks)?;
    keeper.log("keeping");
    keeper.start_daemon();
    let result = keeper.serve();
    keeper.clean_up();
    result.map(|()| Outcome::Stopped)
}

/// Makes this process fit to be everybody's parent.
fn settle(options: &Options) -> Result<(), KeeperError> {
    if options.detached {
        // Fails if we lead a group already, which a starter that made one for us has seen to.
        let _ = setsid();
        // A long-lived process must not keep a folder busy.
        rustix::process::chdir("/")?;
    }
    if options.managed {
        let parent = getppid();
        set_parent_process_death_signal(Some(Signal::TERM))?;
        if getppid() != parent {
            return Err(io::Error::other("the parent process ended before the keeper was ready").into());
        }
    }
    // Orphans of agents become our children, so that they can be found and reaped.
    set_child_subreaper(Some(rustix::process::getpid()))?;
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Children,
    StopSignal,
    Link,
    /// A spawn under way, by its number.
    Report(u32),
    /// A PTY, by its number.
    Pty(u32),
}

impl Token {
    pub(super) fn pack(self) -> epoll::EventData {
        let (kind, number) = match self {
            Token::Children => (0, 0),
            Token::StopSignal => (1, 0),
            Token::Link => (2, 0),
            Token::Report(number) => (3, number),
            Token::Pty(number) => (4, number),
        };
        epoll::EventData::new_u64(kind << 32 | u64::from(number))
    }

    fn unpack(data: epoll::EventData) -> Self {
        let number = data.u64() as u32;
        match data.u64() >> 32 {
            0 => Token::Children,
            1 => Token::StopSignal,
            2 => Token::Link,
            3 => Token::Report(number),
            _ => Token::Pty(number),
        }
    }
}

/// Everything the keeper has. What it does with agents is in `agents`, with the daemon in `daemon`.
pub(super) struct Keeper {
    pub(super) places: Places,
    pub(super) clock: Clock,
    pub(super) exe: PathBuf,
    pub(super) log: File,
    pub(super) epoll: OwnedFd,
    pub(super) children: UnixStream,
    stop_signal: UnixStream,
    pub(super) listeners: Vec<Listener>,
    pub(super) kept: HashMap<u32, Kept>,
    pub(super) spare: Spare,
    pub(super) pending: HashMap<u32, Pending>,
    pub(super) next_number: u32,
    pub(super) daemon: Option<Daemon>,
    pub(super) back_off: BackOff,
    pub(super) restarts: u32,
    /// When to start the next daemon.
    pub(super) start_at: Option<Instant>,
    /// Set once told to stop: when to stop waiting for the daemon.
    pub(super) stop_by: Option<Instant>,
    pub(super) nofile: u64,
    pub(super) done: bool,
    pub(super) locks: Locks,
}

impl Keeper {
    fn new(options: &Options, clock: Clock, locks: Locks) -> Result<Self, KeeperError> {
        let places = options.places.clone();
        let listener = Listener::new(&places.own_socket())?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let children = signal_pipe(&[SIGCHLD])?;
        // SIGHUP too: a keeper in the foreground ends with its terminal; a detached one has none.
        let stop_signal = signal_pipe(&[SIGTERM, SIGINT, SIGHUP])?;
        epoll::add(&epoll, &children, Token::Children.pack(), epoll::EventFlags::IN)?;
        epoll::add(&epoll, &stop_signal, Token::StopSignal.pack(), epoll::EventFlags::IN)?;
        Ok(Self {
            exe: std::env::current_exe()?,
            log: open_log(&places)?,
            nofile: raise_nofile(),
            places,
            clock,
            epoll,
            children,
            stop_signal,
            listeners: vec![listener],
            kept: HashMap::new(),
            spare: Spare::default(),
            pending: HashMap::new(),
            next_number: 0,
            daemon: None,
            back_off: BackOff::default(),
            restarts: 0,
            start_at: None,
            stop_by: None,
            done: false,
            locks,
        })
    }

    pub(super) fn log(&mut self, line: &str) {
        let _ = writeln!(self.log, "{} keeper[{}]: {line}", self.clock.now(), std::process::id());
    }

    fn serve(&mut self) -> Result<(), KeeperError> {
        let mut events = Vec::with_capacity(64);
        while !self.done {
            events.clear();
            let timeout =
                self.next_deadline().map(|at| to_timespec(at.saturating_duration_since(self.clock.instant())));
            match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), timeout.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
            for event in &events {
                self.handle(Token::unpack(event.data), event.flags);
            }
            self.keep_deadlines();
        }
        Ok(())
    }

    fn next_deadline(&self) -> Option<Instant> {
        [self.start_at, self.stop_by].into_iter().flatten().min()
    }

    fn keep_deadlines(&mut self) {
        let now = self.clock.instant();
        if self.start_at.is_some_and(|at| at <= now) {
            self.start_daemon();
        }
        if self.stop_by.is_some_and(|at| at <= now) {
            self.log("the daemon does not end: ending the agents without it");
            self.end_agents();
            self.done = true;
        }
    }

    fn handle(&mut self, token: Token, flags: epoll::EventFlags) {
        match token {
            Token::Children => self.reap(),
            Token::StopSignal => self.told_to_stop(),
            Token::Link => self.serve_link(flags),
            Token::Report(number) => self.advance(number),
            Token::Pty(number) => self.pump(number),
        }
    }

    fn told_to_stop(&mut self) {
        drain(&self.stop_signal);
        if self.stop_by.is_none() {
            self.log("told to stop");
            self.stop_by = Some(self.clock.instant() + ORDERLY);
            if self.daemon.is_none() {
                self.stop_by = Some(self.clock.instant());
            }
            self.tell(ToDaemon::Stop);
        }
    }

    /// Ends every agent without the daemon's help: SIGTERM to their groups, a grace, SIGKILL to all that descend from them.
    pub(super) fn end_agents(&mut self) {
        let alive = |keeper: &Self| {
            let running = keeper.kept.values().filter(|kept| kept.exit.is_none());
            running.map(|kept| (kept.process.pid, kept.agent.clone())).collect::<Vec<_>>()
        };
        for (pid, _) in alive(self) {
            let _ = Pid::from_raw(pid).map(|pid| kill_process_group(pid, Signal::TERM));
        }
        let deadline = self.clock.instant() + GRACE;
        while !alive(self).is_empty() && self.clock.instant() < deadline {
            let left = to_timespec(deadline.saturating_duration_since(self.clock.instant()));
            let mut poll = [rustix::event::PollFd::new(&self.children, rustix::event::PollFlags::IN)];
            let _ = rustix::event::poll(&mut poll, Some(&left));
            self.reap();
        }
        let table = Table::read("PINTLE_AGENT_ID");
        for kept in self.kept.values() {
            for member in table.family(kept.process.pid, &kept.agent) {
                member.signal(Signal::KILL);
            }
        }
    }

    /// Leaves nothing behind but the lock files, which must never be removed. What another keeper has put into a runtime folder that
    /// was made anew is not ours to remove.
    fn clean_up(&mut self) {
        self.listeners.iter().for_each(Listener::remove);
        if self.locks.has_runtime(&self.places) {
            let _ = std::fs::remove_file(self.places.pid_file());
        }
        self.log("stopped");
    }
}

fn signal_pipe(signals: &[i32]) -> io::Result<UnixStream> {
    let (reader, writer) = UnixStream::pair()?;
    reader.set_nonblocking(true)?;
    for signal in signals {
        signal_hook::low_level::pipe::register(*signal, writer.try_clone()?)?;
    }
    Ok(reader)
}

pub(super) fn drain(pipe: &UnixStream) {
    let mut buffer = [0; 64];
    while matches!((&mut &*pipe).read(&mut buffer), Ok(count) if count > 0) {}
}

fn to_timespec(duration: Duration) -> Timespec {
    // Rounded up: waking a moment too early would spin until the deadline has really passed.
    let duration = duration + Duration::from_micros(100);
    Timespec { tv_sec: duration.as_secs() as i64, tv_nsec: duration.subsec_nanos().into() }
}

/// Raises the soft limit of open files, of which each agent takes four. Returns the limit that programs shall see.
fn raise_nofile() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let mut raised = limit;
    raised.current = raised.maximum;
    let _ = setrlimit(Resource::Nofile, raised);
    limit.current.unwrap_or(u64::MAX)
}

fn open_log(places: &Places) -> Result<File, FileError> {
    const LARGE: u64 = 1 << 20;
    let path = places.log().join("keeper.log");
    // A few lines a day: rotated at start is often enough.
    if std::fs::metadata(&path).is_ok_and(|meta| meta.len() > LARGE) {
        let _ = std::fs::rename(&path, path.with_extension("log.old"));
    }
    File::options().create(true).append(true).mode(0o600).open(&path).map_err(FileError::at(&path))
}
