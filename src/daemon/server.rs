//! Accepting connections, and how many.

use std::collections::{BTreeMap, HashMap};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::connection;
use super::services::Services;
use crate::base::test_point;
use crate::protocol::limits::{BUSY_WAIT, CONNECTION_IDLE, CONNECTIONS};
use crate::protocol::{Dialect, WireError};

/// How many may wait for a place. More are refused at once, so that a flood costs nothing but its own second.
const WAITING: usize = 256;

/// Who is connected.
#[derive(Default)]
pub struct Connections {
    places: Mutex<Places>,
    /// Told when a connection ends or becomes idle.
    changed: Notify,
}

#[derive(Default)]
struct Places {
    taken: BTreeMap<u64, Place>,
    next: u64,
    waiting: usize,
}

struct Place {
    /// Since when nothing is asked; `None` while a request or a stream is under way.
    idle_since: Option<Instant>,
    evict: Arc<Notify>,
}

/// A connection's right to be there.
pub struct PlaceGuard {
    connections: Arc<Connections>,
    number: u64,
    evict: Arc<Notify>,
}

impl Connections {
    /// A place, at once or within the second that a newcomer may wait. The one that is idle for longest makes room.
    async fn place(self: &Arc<Self>, services: &Services) -> Option<PlaceGuard> {
        let deadline = tokio::time::Instant::now() + BUSY_WAIT;
        let idle_limit = test_point::limit("PINTLE_TEST_IDLE_MS", CONNECTION_IDLE);
        let mut asked_to_leave = false;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before looking, so that a place that becomes free in between is not missed.
            changed.as_mut().enable();
            if let Some(guard) = self.take() {
                return Some(guard);
            }
            let next_idle = if asked_to_leave { None } else { self.evict_idlest(services.clock.instant(), idle_limit) };
            asked_to_leave |= next_idle == Some(Duration::ZERO);
            let retry = next_idle.filter(|wait| !wait.is_zero()).map(|wait| tokio::time::Instant::now() + wait);
            let until = retry.unwrap_or(deadline).min(deadline);
            if tokio::time::timeout_at(until, changed).await.is_err() && tokio::time::Instant::now() >= deadline {
                return self.take();
            }
        }
    }

    fn take(self: &Arc<Self>) -> Option<PlaceGuard> {
        let mut places = self.places();
        if places.taken.len() >= CONNECTIONS {
            return None;
        }
        places.next += 1;
        let number = places.next;
        let evict = Arc::new(Notify::new());
        places.taken.insert(number, Place { idle_since: None, evict: evict.clone() });
        Some(PlaceGuard { connections: self.clone(), number, evict })
    }

    /// Asks the connection that is idle for longest to leave. Returns zero if one was asked, else how long until one may be.
    fn evict_idlest(&self, now: Instant, limit: Duration) -> Option<Duration> {
        let mut places = self.places();
        let idlest = places.taken.values_mut().filter(|place| place.idle_since.is_some());
        let idlest = idlest.min_by_key(|place| place.idle_since)?;
        let left = limit.saturating_sub(now.saturating_duration_since(idlest.idle_since?));
        if left.is_zero() {
            // Not idle any more, so that the next newcomer asks another one.
            idlest.idle_since = None;
            idlest.evict.notify_one();
        }
        Some(left)
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PlaceGuard {
    /// The connection waits for a request.
    pub fn set_idle(&self, since: Option<Instant>) {
        if let Some(place) = self.connections.places().taken.get_mut(&self.number) {
            place.idle_since = since;
        }
        if since.is_some() {
            self.connections.changed.notify_waiters();
        }
    }

    /// Completes when the connection should make room.
    pub async fn evicted(&self) {
        self.evict.notified().await;
    }
}

impl Drop for PlaceGuard {
    fn drop(&mut self) {
        self.connections.places().taken.remove(&self.number);
        self.connections.changed.notify_waiters();
    }
}

/// The sockets that are served, by their paths, until this is dropped.
pub struct Servers {
    services: Arc<Services>,
    connections: Arc<Connections>,
    tasks: HashMap<PathBuf, JoinSet<()>>,
}

impl Servers {
    /// None yet.
    pub fn new(services: Arc<Services>) -> Self {
        Self { services, connections: Arc::default(), tasks: HashMap::new() }
    }

    /// Serves a socket, in the place of an earlier one at the same path: the file of that one is gone. Who is connected stays so.
    pub fn serve(&mut self, path: PathBuf, listener: OwnedFd) {
        let mut task = JoinSet::new();
        task.spawn(serve(self.services.clone(), self.connections.clone(), listener));
        self.tasks.insert(path, task);
    }
}

/// Serves a listening socket until the daemon ends.
async fn serve(services: Arc<Services>, connections: Arc<Connections>, listener: OwnedFd) {
    let listener = std::os::unix::net::UnixListener::from(listener);
    let listener = match UnixListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "a socket cannot be listened on"),
    };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if is_ours(&stream) {
                    tokio::spawn(welcome(services.clone(), connections.clone(), stream));
                }
            }
            Err(error) => {
                // Out of descriptors, most likely: they come back when connections end.
                tracing::error!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Only the owner's own processes: the socket's mode says so, and this does not depend on a file system that keeps modes.
fn is_ours(stream: &UnixStream) -> bool {
    let uid = rustix::process::geteuid().as_raw();
    match stream.peer_cred() {
        Ok(peer) if peer.uid() == uid => true,
        Ok(peer) => {
            tracing::warn!(uid = peer.uid(), "another user's connection was refused");
            false
        }
        Err(_) => false,
    }
}

async fn welcome(services: Arc<Services>, connections: Arc<Connections>, stream: UnixStream) {
    let place = match connections.take() {
        Some(place) => Some(place),
        None => {
            let may_wait = {
                let mut places = connections.places();
                let may_wait = places.waiting < WAITING;
                places.waiting += usize::from(may_wait);
                may_wait
            };
            if may_wait {
                let place = connections.place(&services).await;
                connections.places().waiting -= 1;
                place
            } else {
                None
            }
        }
    };
    match place {
        Some(place) => connection::serve(services, stream, place).await,
        None => refuse(stream),
    }
}

fn refuse(stream: UnixStream) {
    let mut line = Vec::new();
    WireError::busy().encode(Dialect::Either, &mut line);
    // A fresh socket's buffer takes a line; whoever does not read it at all is not waited for.
    let _ = stream.try_write(&line);
}
