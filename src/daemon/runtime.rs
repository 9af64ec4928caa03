//! The runtime folder is the system's, and may go while the daemon lives: at a person's last logout it is removed, while tmux and the
//! agents in it go on; at the next login there is an empty one. Whenever it, or something in it, is gone or is another one, everything
//! is made anew: folder, locks, pid file and socket by the keeper, which has them for longer than we live, the rest here.
//!
//! The way to the folder is watched with inotify itself. The `notify` crate was the alternative, which watches folders with everything
//! that happens in them: the one above ours is often `/tmp`.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;
use thiserror::Error;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::keeper::KeeperError;
use super::services::Services;
use super::{listening, shim};
use crate::base::descriptor;
use crate::base::files::SETTLE;

/// So often a folder that is being changed is waited for: who removes one does it file by file, and would find ours in between.
const TURNS: usize = 10;

/// After it could not be made anew (a full disk, say, or another keeper has it, which leaves everything there if it is killed), so long
/// until it is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// Why the runtime folder is not as it should be.
#[derive(Debug, Error)]
enum RuntimeError {
    /// The folder around it is gone: it is not ours to make, nor could we as a rule.
    #[error("{0}: gone, and the socket with it; agents go on, and are reached again when it is there")]
    Gone(PathBuf),
    /// The keeper cannot be asked for such a path.
    #[error("{0}: not UTF-8, so that it is not made anew where somebody removes it")]
    Path(PathBuf),
    /// The keeper could not make it.
    #[error("nobody can reach the daemon: {0}")]
    Keeper(#[from] KeeperError),
}

/// Makes the runtime folder anew whenever that is needed, for as long as the daemon runs.
pub async fn keep(services: Arc<Services>) {
    let folder = &services.places.runtime;
    let mounts = Mounts::watch();
    // What this daemon has written at its start is there, if the folder was.
    let mut is_written = services.places.has_runtime().unwrap_or(false);
    let (mut told, mut is_second) = (None, false);
    while services.is_ending().is_none() {
        // Watched first: what changes while it is made anew is heard of.
        let way = match Way::watch(folder) {
            Ok(way) => way,
            Err(error) => {
                let (folder, pid) = (folder.display(), std::process::id());
                tracing::warn!(%error, "{folder} is not watched; if somebody removes it, `kill {pid}`: the next daemon makes it anew");
                if let Err(trouble) = restore(&services, is_written).await {
                    tracing::warn!("{trouble}");
                }
                return;
            }
        };
        let made = restore(&services, is_written).await;
        // It was made just now, and is to be watched itself. Where that cannot be (somebody took our right to read it) the folder
        // above tells when it goes.
        is_second = made.is_ok() && !way.is_whole && !is_second;
        is_written = is_second;
        if is_second {
            continue;
        }
        let now = made.as_ref().err().map(ToString::to_string);
        if let Some(trouble) = now.as_ref().filter(|_| now != told) {
            tracing::warn!("{trouble}");
        }
        told = now;
        wait(folder, &made, &way, &mounts).await;
    }
}

/// Waits until something has changed, and then until it changes no more.
async fn wait(folder: &Path, made: &Result<(), RuntimeError>, way: &Way, mounts: &Mounts) {
    let known = identity(folder).filter(|_| made.is_ok());
    loop {
        tokio::select! {
            () = way.changed() => break,
            // Somebody mounts something somewhere: mostly not here.
            () = mounts.changed() => if known.is_none() || identity(folder) != known { break },
            () = tokio::time::sleep(AGAIN), if matches!(made, Err(RuntimeError::Keeper(_))) => return,
        }
    }
    for _ in 0..TURNS {
        if tokio::time::timeout(SETTLE, way.changed()).await.is_err() {
            return;
        }
    }
}

/// Which folder is at this path; `None` where there is none.
fn identity(folder: &Path) -> Option<(u64, u64)> {
    std::fs::symlink_metadata(folder).ok().map(|meta| (meta.dev(), meta.ino()))
}

/// Makes everything anew that is not there. What `is_written` already is not written again.
async fn restore(services: &Arc<Services>, is_written: bool) -> Result<(), RuntimeError> {
    let (places, socket) = (&services.places, services.places.own_socket());
    if let Some(above) = places.runtime.parent().filter(|above| !above.is_dir()) {
        return Err(RuntimeError::Gone(above.to_owned()));
    }
    let path = socket.to_str().ok_or_else(|| RuntimeError::Path(socket.clone()))?;
    services.keeper.listen(path).await?;
    if is_written {
        return Ok(());
    }
    if let Err(error) = shim::keep(places) {
        tracing::warn!(%error, "agents may not find `pintle`");
    }
    services.environments.forget_told();
    services.tell_shells();
    services.keep_shims();
    services.environments.remade.send_replace(());
    // They may have been in the same folder. What cannot be done is logged.
    listening::listen_elsewhere(services).await;
    Ok(())
}

/// The folders from the root to ours, watched: for their own end, and ours for whatever is made or removed in it.
struct Way {
    events: AsyncFd<OwnedFd>,
    /// Whether ours is there. Where not, the last folder that is there is watched for the next one.
    is_whole: bool,
}

/// Somebody makes or removes something in a folder, or lets us in.
const ENTRIES: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::ATTRIB);

/// A folder itself is removed or moved.
const ITSELF: WatchFlags = WatchFlags::DELETE_SELF.union(WatchFlags::MOVE_SELF);

impl Way {
    fn watch(folder: &Path) -> io::Result<Self> {
        let events = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let add = |folder: &Path, flags: WatchFlags| {
            // Two names may lead to one folder, which is watched for all that is wanted of either.
            inotify::add_watch(&events, folder, flags | WatchFlags::MASK_ADD | WatchFlags::ONLYDIR)
        };
        let ancestors: Vec<&Path> = folder.ancestors().collect();
        let mut last = Path::new("/");
        let mut is_whole = false;
        for at in ancestors.into_iter().rev() {
            // A link in the place of ours is none of ours, and is waited for to go.
            let flags = if at == folder { ITSELF | ENTRIES | WatchFlags::DONT_FOLLOW } else { ITSELF };
            match add(at, flags) {
                Ok(_) => (last, is_whole) = (at, at == folder),
                Err(Errno::ACCESS) => {}
                Err(Errno::NOENT | Errno::NOTDIR) => {
                    add(last, ENTRIES)?;
                    // It may have come while nobody was looking: then the next one is waited for in it.
                    if add(at, flags).is_err() {
                        break;
                    }
                    (last, is_whole) = (at, at == folder);
                }
                Err(errno) => return Err(errno.into()),
            }
        }
        if !is_whole {
            add(last, ENTRIES)?;
        }
        Ok(Self { events: descriptor::watch(events, Interest::READABLE)?, is_whole })
    }

    /// Returns when something has changed since the last time.
    async fn changed(&self) {
        let Ok(mut ready) = self.events.readable().await else { return std::future::pending().await };
        // What it was is seen by looking.
        let mut events = [0; 4096];
        while rustix::io::read(self.events.get_ref(), &mut events).is_ok_and(|length| length > 0) {}
        ready.clear_ready();
    }
}

/// Whether somebody mounts or unmounts: inotify says nothing of it, and it is how a runtime folder comes and goes.
struct Mounts(Option<AsyncFd<OwnedFd>>);

impl Mounts {
    fn watch() -> Self {
        let watch = || descriptor::watch(std::fs::File::open("/proc/self/mountinfo")?.into(), Interest::PRIORITY);
        let watched = watch().inspect_err(|error| tracing::debug!(%error, "mounts are not watched"));
        Self(watched.ok())
    }

    /// Returns when the mounts are others than the last time.
    async fn changed(&self) {
        let Some(mounts) = &self.0 else { return std::future::pending().await };
        match mounts.ready(Interest::PRIORITY).await {
            Ok(mut ready) => ready.clear_ready(),
            Err(_) => std::future::pending().await,
        }
    }
}
