//! tmux in the daemon: which servers are known, what is in them, and which agent each pane shows.
//!
//! A server is known from a request that names it, from the plugin (`register_tmux`), or because it is the default one. It is opened
//! when it is needed and stays open: one control client each. A task a server follows what happens there ([`follow`]).

pub mod follow;
pub mod grid;
pub mod remembered;
pub mod shown;

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};
use tokio::sync::{Notify, broadcast};

use super::services::Services;
use crate::base::bound;
use crate::project::state::{Kept, StateFile};
use crate::protocol::typed::event::GridEvent;
use crate::protocol::{Code, WireError};
use crate::tmux::client::Handle;
use crate::tmux::error::TmuxError;
use crate::tmux::pane;
use crate::tmux::server::{PaneId, PaneKey, ServerId, Socket};
use follow::Snapshot;
use remembered::Remembered;
use shown::Shown;

/// Changes of grids that a slow subscriber may be behind before it is told that it missed some.
const GRID_EVENTS: usize = 256;
/// Between two attempts to open a server that hangs: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How a server is named on the command line.
const NAME_ONE: &str = "`pintle pane` takes --tmux SOCKET; before any other command write TMUX=SOCKET";

/// A tmux server that is open.
pub struct Server {
    /// The connection.
    pub handle: Handle,
    /// Its process.
    process: Option<OwnedFd>,
    /// Held while it is looked at by somebody who tells others what is different.
    looking: tokio::sync::Mutex<()>,
    /// Held while a pane is marked, or not any more, with the agent that it shows: what is written last is what holds.
    marking: tokio::sync::Mutex<()>,
    /// Told when something is different there of which tmux says nothing.
    again: Notify,
    /// Told when a pane was seen for the first time, or with another process.
    begun: Notify,
    snapshot: Mutex<Arc<Snapshot>>,
}

impl Server {
    /// Whether its process has ended: the kernel knows that before the end of the connection is heard of, in less than a microsecond.
    fn has_ended(&self) -> bool {
        let ended = |process: &OwnedFd| poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&Timespec::default()));
        self.process.as_ref().is_some_and(|process| ended(process).is_ok_and(|count| count > 0))
    }

    /// What was there when it was looked at last, a moment ago at most.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks anew. What is different is told to others a moment later, by the task that follows the server.
    pub async fn look(&self) -> Result<Arc<Snapshot>, TmuxError> {
        Ok(Arc::new(Snapshot::take(&self.handle).await?))
    }

    /// Has the server looked at in a moment, by the task that follows it. However often this is asked for, it is once in that moment.
    pub fn look_again(&self) {
        self.again.notify_one();
    }

    /// Keeps what was seen and returns what was known before.
    fn replace(&self, snapshot: Arc<Snapshot>) -> Arc<Snapshot> {
        std::mem::replace(&mut *self.snapshot.lock().unwrap_or_else(PoisonError::into_inner), snapshot)
    }
}

#[derive(Default)]
struct Slot {
    /// Held while it is being opened, so that nobody opens it twice.
    open: Arc<tokio::sync::Mutex<Option<Arc<Server>>>>,
    /// Held by the one who tries it again and again while it hangs: each attempt takes seconds, for which requests wait.
    awaited: Arc<tokio::sync::Mutex<()>>,
    registered: bool,
    /// It is known whether somebody listens there or not, as the default one is.
    stays: bool,
}

/// Everything that is known of tmux.
pub struct Panes {
    state: Arc<Kept<StateFile>>,
    servers: Mutex<BTreeMap<Socket, Slot>>,
    /// Who is shown where, as those tell who attach.
    pub shown: Shown,
    /// Told when a server was opened or closed, or a pane shows another agent: the status bars may have to say something else.
    pub changed: Notify,
    /// Held by whoever makes windows: two who find that there is no grid, or that windows are lost, must not both make them.
    pub making: tokio::sync::Mutex<()>,
    /// What was done to grids.
    pub grid_events: broadcast::Sender<GridEvent>,
    /// What is to be made again after a restart of tmux.
    pub remembered: Remembered,
}

impl Panes {
    /// Knows the default server and those that were registered before.
    pub fn new(state: Arc<Kept<StateFile>>, remembered: Remembered) -> Self {
        let mut servers: BTreeMap<Socket, Slot> = BTreeMap::new();
        let folder = std::env::var_os("TMUX_TMPDIR");
        let uid = rustix::process::getuid().as_raw();
        // Relative only if TMUX_TMPDIR is; then nobody knows where it is.
        if let Ok(socket) = Socket::default_of(folder.as_deref().map(Path::new), uid) {
            servers.entry(socket).or_default().stays = true;
        }
        for socket in
            state.read(|state| state.tmux_servers.clone()).into_iter().filter_map(|path| Socket::new(path).ok())
        {
            servers.entry(socket).or_default().registered = true;
        }
        Self {
            state,
            servers: Mutex::new(servers),
            shown: Shown::default(),
            changed: Notify::new(),
            making: tokio::sync::Mutex::default(),
            grid_events: broadcast::Sender::new(GRID_EVENTS),
            remembered,
        }
    }

    /// The servers that are open, with whether their status bars are ours to write.
    pub fn open_servers(&self) -> Vec<(Arc<Server>, bool)> {
        let servers = self.servers();
        let open = |slot: &Slot| slot.open.try_lock().ok()?.clone().filter(|server| server.handle.is_open());
        servers.values().filter_map(|slot| Some((open(slot)?, slot.registered))).collect()
    }

    /// This server, if it is open.
    fn open_server(&self, id: &ServerId) -> Option<Arc<Server>> {
        let mut servers = self.open_servers().into_iter().map(|(server, _)| server);
        servers.find(|server| server.handle.server() == id)
    }

    /// Sockets that are known.
    fn sockets(&self) -> Vec<Socket> {
        self.servers().keys().cloned().collect()
    }

    /// From here on the server's status bar is kept up to date, also by later daemons.
    pub fn register(&self, socket: &Socket) {
        self.servers().entry(socket.clone()).or_default().registered = true;
        self.save_registered();
    }

    /// From here on the server's status bar is not ours to write. One that was never registered is no error.
    pub fn unregister(&self, socket: &Socket) {
        if let Some(slot) = self.servers().get_mut(socket) {
            slot.registered = false;
        }
        self.save_registered();
    }

    /// Nobody listens there any more, and with the server has gone what was installed in it: the configuration of the next one registers
    /// it again. Not if that has happened meanwhile.
    pub fn unregister_gone(&self, socket: &Socket) {
        let mut servers = self.servers();
        let Some(slot) = servers.get_mut(socket) else { return };
        if slot.open.try_lock().is_ok_and(|open| !open.as_ref().is_some_and(|server| server.handle.is_open())) {
            slot.registered = false;
        }
        drop(servers);
        self.save_registered();
        self.drop_unknown(socket);
    }

    /// Returns when the next daemon would know them too, as far as the disk takes it.
    pub async fn remembered(&self) {
        self.state.written().await;
    }

    fn save_registered(&self) {
        let registered: Vec<PathBuf> = self.registered().iter().map(|socket| socket.path().to_owned()).collect();
        if !self.state.read(|state| state.tmux_servers == registered) {
            self.state.change(|state| state.tmux_servers = registered);
        }
        self.changed.notify_one();
    }

    /// Nobody listens there. What a client has named once and is no server is not asked for ever.
    fn drop_unknown(&self, socket: &Socket) {
        self.servers().retain(|known, slot| known != socket || slot.registered || slot.stays);
    }

    fn slot(&self, socket: &Socket) -> Arc<tokio::sync::Mutex<Option<Arc<Server>>>> {
        self.servers().entry(socket.clone()).or_default().open.clone()
    }

    /// A pane that shows this agent: the first one of the first server that has one.
    pub fn pane_of(&self, agent: &str) -> Option<PaneId> {
        let servers = self.open_servers();
        servers.iter().find_map(|(server, _)| server.snapshot().showing(agent).next().map(|pane| pane.key.pane))
    }

    /// Sockets whose status bars are ours to write.
    pub fn registered(&self) -> Vec<Socket> {
        self.servers().iter().filter(|(_, slot)| slot.registered).map(|(socket, _)| socket.clone()).collect()
    }

    fn servers(&self) -> MutexGuard<'_, BTreeMap<Socket, Slot>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The socket that a client's `tmux` names: its path, or the whole of its `TMUX`.
pub fn socket(tmux: &str) -> Result<Socket, TmuxError> {
    let socket = if pid(tmux).is_some() { Socket::of_variable(tmux) } else { Socket::new(tmux) };
    Ok(socket?)
}

/// The server's process in a `TMUX`; none in the path of a socket. What tmux runs itself has `-1` for its session.
fn pid(tmux: &str) -> Option<u32> {
    let [session, pid, _socket] = tmux.rsplitn(3, ',').collect::<Vec<_>>().try_into().ok()?;
    session.parse::<i64>().ok()?;
    pid.parse().ok()
}

/// A process, to be asked whether it has ended. None where the kernel gives none.
fn pidfd(pid: u32) -> Option<OwnedFd> {
    pidfd_open(Pid::from_raw(i32::try_from(pid).ok()?)?, PidfdFlags::empty()).ok()
}

impl Services {
    /// The server at this socket, opened if it was not.
    pub async fn tmux(self: &Arc<Self>, socket: &Socket) -> Result<Arc<Server>, TmuxError> {
        let slot = self.panes.slot(socket);
        let mut open = slot.lock().await;
        // Its end may not have been heard of yet, and another one may be at its socket already.
        let is_there = |server: &&Arc<Server>| server.handle.is_open() && !server.has_ended();
        if let Some(server) = open.as_ref().filter(is_there) {
            return Ok(server.clone());
        }
        let handle =
            Handle::open(socket, |program| bound::command(program, Signal::TERM)).await.inspect_err(|error| {
                if error.is_absence() {
                    self.panes.drop_unknown(socket);
                }
            })?;
        let seen = Arc::new(Snapshot::take(&handle).await?);
        let snapshot = Mutex::new(seen.clone());
        let (looking, marking) = Default::default();
        let (again, begun) = (Notify::new(), Notify::new());
        let process = pidfd(handle.server().pid);
        let server = Arc::new(Server { handle, process, looking, marking, again, begun, snapshot });
        // What a daemon that was killed had not settled, and panes that are new since it looked last.
        let newest = self.environments.newest_seen(server.handle.server());
        let before = newest.map(|newest| seen.up_to(newest)).unwrap_or_default();
        self.follow_environments(&server, &before, &seen);
        *open = Some(server.clone());
        drop(open);
        tracing::info!(server = %server.handle.server(), version = %server.handle.version(), "tmux");
        self.panes.remembered.opened(server.handle.server(), self.clock.now());
        self.environments.forget_dead_servers(Some(server.handle.server()), |_| true);
        self.tell_shells();
        tokio::spawn(follow::follow(self.clone(), server.clone()));
        self.panes.changed.notify_one();
        Ok(server)
    }

    /// The same for what nobody waits for: one that hangs is tried again until it answers, or is known not to be there.
    pub async fn tmux_when_it_answers(self: &Arc<Self>, socket: &Socket) -> Result<Arc<Server>, TmuxError> {
        let awaited = self.panes.servers().entry(socket.clone()).or_default().awaited.clone();
        let _one = awaited.lock().await;
        let mut pause = FIRST_PAUSE;
        loop {
            match self.tmux(socket).await {
                Err(TmuxError::Silent(_)) => tokio::time::sleep(pause).await,
                opened => return opened,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Takes our client out of this server, and with it our hooks. It comes back when somebody asks for something there.
    pub async fn leave_tmux(&self, socket: &Socket) {
        let slot = self.panes.slot(socket);
        let mut open = slot.lock().await;
        if let Some(server) = open.take() {
            server.handle.close().await;
        }
    }

    /// Every known server that answers.
    pub async fn all_tmux(self: &Arc<Self>) -> Vec<Arc<Server>> {
        self.every_tmux().await.into_iter().filter_map(|(_, server)| server.ok()).collect()
    }

    /// Every known socket, with the server there or why there is none. All at the same time: one that hangs is waited for, but not by
    /// the others.
    pub async fn every_tmux(self: &Arc<Self>) -> Vec<(Socket, Result<Arc<Server>, TmuxError>)> {
        let open = |socket: Socket| {
            let (services, at) = (self.clone(), socket.clone());
            (socket, tokio::spawn(async move { services.tmux(&at).await }))
        };
        let opening: Vec<_> = self.panes.sockets().into_iter().map(open).collect();
        let mut servers = Vec::new();
        for (socket, server) in opening {
            if let Ok(server) = server.await {
                servers.push((socket, server));
            }
        }
        servers
    }

    /// The pane with this id, on the server that `tmux` names or else on the only known one that has it.
    pub async fn pane(self: &Arc<Self>, tmux: Option<&str>, pane: &str) -> Result<(Arc<Server>, PaneKey), WireError> {
        let id: PaneId = pane.parse().map_err(TmuxError::from)?;
        if let Some(tmux) = tmux {
            let server = self.tmux_with(tmux, id).await?;
            let key = pane::find(&server.handle, id).await?;
            return Ok((server, key));
        }
        let (mut found, mut silent) = (Vec::new(), Vec::new());
        let find = |server: Result<Arc<Server>, TmuxError>| async move {
            let server = server?;
            let key = pane::find(&server.handle, id).await?;
            Ok::<_, TmuxError>((server, key))
        };
        let finding: Vec<_> =
            self.every_tmux().await.into_iter().map(|(socket, server)| (socket, tokio::spawn(find(server)))).collect();
        for (socket, looked) in finding {
            match looked.await {
                Ok(Ok(pane)) => found.push(pane),
                Ok(Err(TmuxError::Silent(_) | TmuxError::Unanswered(_))) => silent.push(socket.to_string()),
                // It has no such pane, or nobody listens there.
                _ => {}
            }
        }
        if !silent.is_empty() {
            let text = format!(
                "tmux at {} does not answer, and may have a pane {id} too; call from inside tmux, or name the server as `tmux`",
                silent.join(", ")
            );
            return Err(WireError::new(Code::TmuxError, text).with_hint(NAME_ONE));
        }
        if found.len() > 1 {
            let sockets: Vec<String> =
                found.iter().map(|(server, _)| server.handle.server().socket.to_string()).collect();
            let text = format!("several tmux servers have a pane {id}: {}; name one as `tmux`", sockets.join(", "));
            return Err(WireError::new(Code::InvalidArgument, text).with_hint(NAME_ONE));
        }
        Ok(found.pop().ok_or(TmuxError::NoPane(id))?)
    }

    /// The server that a client's `tmux` names. A whole `TMUX` names a process: whoever was started in a pane of an earlier server at this
    /// socket is in none of this one's.
    pub async fn tmux_of(self: &Arc<Self>, tmux: &str) -> Result<Arc<Server>, TmuxError> {
        self.tmux_or(tmux, TmuxError::ServerGone(socket(tmux)?)).await
    }

    /// The same for something in a pane.
    async fn tmux_with(self: &Arc<Self>, tmux: &str, id: PaneId) -> Result<Arc<Server>, TmuxError> {
        self.tmux_or(tmux, TmuxError::NoPane(id)).await
    }

    /// The same, with what is said where it is another one.
    async fn tmux_or(self: &Arc<Self>, tmux: &str, another: TmuxError) -> Result<Arc<Server>, TmuxError> {
        let server = self.tmux(&socket(tmux)?).await?;
        let is_another = pid(tmux).is_some_and(|pid| pid != server.handle.server().pid);
        if is_another { Err(another) } else { Ok(server) }
    }

    /// The same as it was when the server was looked at last, which saves a round trip. Whatever is done to a pane checks that it still
    /// is that one; if it is not, [`Services::pane`] looks anew.
    pub async fn pane_seen(
        self: &Arc<Self>,
        tmux: Option<&str>,
        pane: &str,
    ) -> Result<(Arc<Server>, PaneKey), WireError> {
        if let Some(tmux) = tmux {
            let id: PaneId = pane.parse().map_err(TmuxError::from)?;
            let server = self.tmux_with(tmux, id).await?;
            let seen = server.snapshot().panes.iter().map(|pane| &pane.key).find(|key| key.pane == id).cloned();
            if let Some(key) = seen {
                return Ok((server, key));
            }
        }
        self.pane(tmux, pane).await
    }
}
