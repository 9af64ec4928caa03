//! The one writer of a manifest.
//!
//! Changes that come at the same moment are written together: whoever finds no write under way writes for everybody who queued
//! up meanwhile. Fifty renames at once are a handful of fsyncs, and each is durable when its caller goes on. A change is visible
//! to readers only when it is on the disk; one that could not be written is as if it had not been made.
//!
//! The file belongs to its reader as well: people and other programs add keys to it, break it, move it away. So before every write,
//! and whenever the project is named, the file's stamp tells whether it is still what was written last. What somebody else wrote
//! is taken in first ([`Manifest::take_in`]); over a file that does not parse, or is not there any more, nothing is written.
//!
//! [`Store::change_soon`] is the exception, for facts that something else keeps until they are written (a new agent is known to
//! the keeper as well): it does not wait the 10 ms that a disk takes to be sure.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;
use tokio::sync::oneshot;

use super::manifest::{AgentEntry, Manifest, VERSION};
use crate::base::clock::Clock;
use crate::base::files::{FileError, LockGuard, Stamp, is_temporary, read_if_there, try_lock, write_atomic};

/// A manifest that cannot be read or written.
#[derive(Clone, Debug, Error)]
pub enum StoreError {
    /// There is none in this folder, which is the project's `.pintle`.
    #[error("{}: this is no project yet; run `pintle init` there", .0.parent().unwrap_or(.0).display())]
    NotInitialized(PathBuf),
    /// It does not parse; it is left as it is and a copy is kept aside.
    #[error("{path}: line {line}, column {column}: {reason}; nothing was changed, a copy is kept in {copy}")]
    Damaged {
        /// The manifest.
        path: PathBuf,
        /// Where the first error is, from 1.
        line: usize,
        /// Where in that line, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
        /// Where the copy is.
        copy: PathBuf,
    },
    /// It is of another layout than is understood here, and is left as it is.
    #[error(
        "{path}: it is of version {version}, and this pintle understands {VERSION}; nothing was changed: use a newer pintle"
    )]
    Version {
        /// The manifest.
        path: PathBuf,
        /// The version it says it has.
        version: u32,
    },
    /// Another daemon has the project.
    #[error("{0}: another pintle daemon has this project open")]
    Locked(PathBuf),
    /// The disk or the system refused.
    #[error("{0}")]
    File(Arc<FileError>),
    /// The write was given up because the daemon ends.
    #[error("the daemon is ending; try again in a moment")]
    Ending,
}

impl From<FileError> for StoreError {
    fn from(error: FileError) -> Self {
        StoreError::File(Arc::new(error))
    }
}

enum Change {
    Once(Box<dyn FnOnce(&mut Manifest) + Send>),
    /// In memory already, and made again whenever memory is replaced by what was written.
    Soon(Soon),
}

struct Queued {
    change: Change,
    /// Who waits for it.
    written: Option<oneshot::Sender<Result<(), StoreError>>>,
}

#[derive(Default)]
struct Queue {
    changes: Vec<Queued>,
    /// Changes that have happened and could not be written so far: made again on whatever is read or written next.
    owed: Vec<Soon>,
    writing: bool,
}

type Soon = Arc<dyn Fn(&mut Manifest) + Send + Sync>;

/// A manifest in memory and on disk.
pub struct Store {
    path: PathBuf,
    clock: Clock,
    current: Mutex<Arc<Manifest>>,
    queue: Mutex<Queue>,
    /// The stamp of what was read or written last. Held while the file is written or taken in. Locked before the two above, never
    /// after.
    stamp: Mutex<Option<Stamp>>,
    /// Shared with the store of the same folder at the place it was moved to. Apart from the stamp, which is held for as long as a
    /// disk takes.
    lock: Mutex<Arc<LockGuard>>,
}

impl Store {
    /// Opens the manifest in `folder`.
    pub fn open(folder: &Path, clock: Clock) -> Result<Self, StoreError> {
        let path = folder.join("manifest.json");
        let Some((manifest, stamp)) = load(&path)? else { return Err(StoreError::NotInitialized(folder.to_owned())) };
        let lock = Arc::new(lock(&path)?);
        sweep(&path);
        Ok(Self::with(path, manifest, clock, stamp, lock))
    }

    /// Whether the manifest in `folder` is this one, under whatever name.
    pub fn is_in(&self, folder: &Path) -> bool {
        self.lock().is_at(&lock_path(&folder.join("manifest.json")))
    }

    /// The same manifest where its folder is now, with all that is known of it. This one can write nothing any more.
    pub fn moved_to(&self, folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("manifest.json");
        let Some((theirs, stamp)) = load(&path)? else { return Err(StoreError::NotInitialized(folder.to_owned())) };
        let mut manifest = Manifest::clone(&self.read());
        manifest.take_in(theirs);
        Ok(Self::with(path, manifest, self.clock.clone(), stamp, self.lock().clone()))
    }

    /// Says in the file where the project is. With `as_copy` the agents and worktrees in it are another project's, from which the
    /// folder was copied, and are taken out.
    pub fn settle(&self, root: &str, as_copy: bool) -> Result<(), StoreError> {
        let mut stamp = self.stamp();
        let _queue = self.queue();
        let mut manifest = Manifest::clone(&self.read());
        root.clone_into(&mut manifest.project_root);
        if as_copy {
            manifest.agents.clear();
            manifest.worktrees.clear();
            manifest.swarm_runs.clear();
        }
        *stamp = Some(save(&self.path, &manifest)?);
        *self.current() = Arc::new(manifest);
        Ok(())
    }

    /// Opens the manifest in `folder`, which is made if there is none. The flag says whether it was.
    pub fn open_or_create(folder: &Path, root: &str, clock: Clock) -> Result<(Self, bool), StoreError> {
        match Self::open(folder, clock.clone()) {
            Err(StoreError::NotInitialized(_)) => {}
            other => return other.map(|store| (store, false)),
        }
        std::fs::create_dir_all(folder).map_err(FileError::at(folder))?;
        let path = folder.join("manifest.json");
        let manifest = Manifest::new(root, clock.now());
        let lock = Arc::new(lock(&path)?);
        sweep(&path);
        let stamp = save(&path, &manifest)?;
        Ok((Self::with(path, manifest, clock, stamp, lock), true))
    }

    fn with(path: PathBuf, manifest: Manifest, clock: Clock, stamp: Stamp, lock: Arc<LockGuard>) -> Self {
        let (current, queue) = (Mutex::new(Arc::new(manifest)), Mutex::default());
        Self { path, clock, current, queue, stamp: Mutex::new(Some(stamp)), lock: Mutex::new(lock) }
    }

    /// Takes in what somebody else wrote into the file since it was read or written last. A file that is gone, damaged or of
    /// another version is an error, and what is in memory stays.
    pub fn refresh(&self) -> Result<(), StoreError> {
        match self.stamp.try_lock() {
            Ok(mut stamp) => self.take_in(&mut stamp),
            // Whoever writes just now takes in by himself. He replaces the file, so there is one at any moment.
            Err(_) if Stamp::of(&self.path)?.is_some() => Ok(()),
            Err(_) => Err(self.not_initialized()),
        }
    }

    /// Makes the file again that was taken away, with the agents that still have a process: they run, and must be in a manifest.
    pub fn create_anew(&self) -> Result<(), StoreError> {
        let mut stamp = self.stamp();
        let folder = self.path.parent().unwrap_or(&self.path);
        std::fs::create_dir_all(folder).map_err(FileError::at(folder))?;
        if !self.lock().is_at(&lock_path(&self.path)) {
            *self.lock() = Arc::new(lock(&self.path)?);
        }
        // Nothing is queued in between that would be lost: memory is replaced under the queue's lock, as a change made soon is.
        let _queue = self.queue();
        let known = self.read();
        let mut manifest = Manifest::new(&known.project_root, self.clock.now());
        let runs = |entry: &&AgentEntry| entry.pid.is_some() && entry.completed_at.is_none();
        manifest.agents = known.agents.values().filter(runs).map(|entry| (entry.id.clone(), entry.clone())).collect();
        *stamp = Some(save(&self.path, &manifest)?);
        *self.current() = Arc::new(manifest);
        Ok(())
    }

    /// The manifest as it is on disk.
    pub fn read(&self) -> Arc<Manifest> {
        self.current().clone()
    }

    /// Makes a change and returns what it returned, once it is durable.
    pub async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Manifest) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (result_tx, result_rx) = oneshot::channel();
        let (written, is_written) = oneshot::channel();
        let change = Change::Once(Box::new(move |manifest| drop(result_tx.send(change(manifest)))));
        self.enqueue(self.queue(), Queued { change, written: Some(written) });
        is_written.await.map_err(|_| StoreError::Ending)??;
        result_rx.await.map_err(|_| StoreError::Ending)
    }

    /// Makes a change that readers see at once and that is on disk a moment later. It may be made more than once, so it must say
    /// how things are and not what to add to them. On a disk that has no room to spare, or over a file that somebody else changed,
    /// it waits and fails like any other.
    pub async fn change_soon(
        self: &Arc<Self>,
        change: impl Fn(&mut Manifest) + Send + Sync + 'static,
    ) -> Result<(), StoreError> {
        if !self.has_room() || !self.is_as_left() {
            return self.change(change).await;
        }
        self.note(change);
        Ok(())
    }

    /// Makes a change that has happened, whatever becomes of the file: readers see it at once, and it is written with the next
    /// change if it cannot be now. Like [`Store::change_soon`], it may be made more than once.
    pub fn note(self: &Arc<Self>, change: impl Fn(&mut Manifest) + Send + Sync + 'static) {
        let change = Arc::new(change);
        // Under the queue's lock, so that no write ends in between and takes the change out of memory again.
        let queue = self.queue();
        let mut manifest = Manifest::clone(&self.current());
        change(&mut manifest);
        *self.current() = Arc::new(manifest);
        self.enqueue(queue, Queued { change: Change::Soon(change), written: None });
    }

    fn has_room(&self) -> bool {
        /// Far more than a manifest takes.
        const ROOM: u64 = 16 << 20;
        let folder = self.path.parent().unwrap_or(&self.path);
        rustix::fs::statvfs(folder).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) > ROOM)
    }

    fn is_as_left(&self) -> bool {
        // While somebody writes it is ours.
        self.stamp.try_lock().map_or(true, |known| Stamp::of(&self.path).is_ok_and(|stamp| stamp == *known))
    }

    fn enqueue(self: &Arc<Self>, mut queue: MutexGuard<'_, Queue>, queued: Queued) {
        queue.changes.push(queued);
        if !std::mem::replace(&mut queue.writing, true) {
            let store = self.clone();
            tokio::task::spawn_blocking(move || store.write_queued());
        }
    }

    fn write_queued(&self) {
        loop {
            let changes = {
                let mut queue = self.queue();
                if queue.changes.is_empty() {
                    queue.writing = false;
                    return;
                }
                std::mem::take(&mut queue.changes)
            };
            let mut waiting = Vec::with_capacity(changes.len());
            let mut made = Vec::with_capacity(changes.len());
            for queued in changes {
                made.push(queued.change);
                waiting.extend(queued.written);
            }
            let soon = |change: &Change| match change {
                Change::Soon(change) => Some(change.clone()),
                Change::Once(_) => None,
            };
            let happened: Vec<Soon> = made.iter().filter_map(soon).collect();
            let result = self.write(made);
            match &result {
                Ok(()) => self.queue().owed.clear(),
                Err(_) => self.queue().owed.extend(happened),
            }
            if let (Err(error), true) = (&result, waiting.is_empty()) {
                // Nobody waits who could be told.
                tracing::error!(%error, "a change is in memory only so far; it will be written with the next one");
            }
            for written in waiting {
                let _ = written.send(result.clone());
            }
        }
    }

    fn write(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let mut stamp = self.stamp();
        self.take_in(&mut stamp)?;
        let mut manifest = Manifest::clone(&self.current());
        // What is owed is in memory already, or was made again when the file was taken in.
        for change in changes {
            match change {
                Change::Once(change) => change(&mut manifest),
                Change::Soon(change) => change(&mut manifest),
            }
        }
        manifest.updated_at = self.clock.now();
        *stamp = Some(save(&self.path, &manifest)?);
        let queue = self.queue();
        for queued in &queue.changes {
            if let Change::Soon(change) = &queued.change {
                change(&mut manifest);
            }
        }
        *self.current() = Arc::new(manifest);
        Ok(())
    }

    fn take_in(&self, known: &mut Option<Stamp>) -> Result<(), StoreError> {
        let stamp = Stamp::of(&self.path)?;
        if stamp.is_some() && stamp == *known {
            return Ok(());
        }
        let Some((theirs, stamp)) = load(&self.path)? else {
            return Err(self.not_initialized());
        };
        tracing::info!(path = %self.path.display(), "somebody else wrote it; what they added is taken in");
        // Under the queue's lock for the same reason as in `note`.
        let queue = self.queue();
        let mut manifest = Manifest::clone(&self.current());
        manifest.take_in(theirs);
        queue.owed.iter().for_each(|change| change(&mut manifest));
        *self.current() = Arc::new(manifest);
        *known = Some(stamp);
        Ok(())
    }

    fn not_initialized(&self) -> StoreError {
        StoreError::NotInitialized(self.path.parent().unwrap_or(&self.path).to_owned())
    }

    fn stamp(&self) -> MutexGuard<'_, Option<Stamp>> {
        self.stamp.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Arc<LockGuard>> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self) -> MutexGuard<'_, Arc<Manifest>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes what a writer that was killed left beside the file.
fn sweep(path: &Path) {
    let entries = path.parent().and_then(|folder| std::fs::read_dir(folder).ok());
    for entry in entries.into_iter().flatten().flatten() {
        if is_temporary(&entry.file_name().to_string_lossy()) {
            // What cannot be removed is in nobody's way.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn lock_path(manifest: &Path) -> PathBuf {
    manifest.with_extension("lock")
}

fn lock(manifest: &Path) -> Result<LockGuard, StoreError> {
    try_lock(&lock_path(manifest))?.ok_or_else(|| StoreError::Locked(manifest.to_owned()))
}

fn save(path: &Path, manifest: &Manifest) -> Result<Stamp, StoreError> {
    let invalid = |error: serde_json::Error| FileError { path: path.to_owned(), source: error.into() };
    let mut bytes = serde_json::to_vec_pretty(manifest).map_err(invalid)?;
    bytes.push(b'\n');
    Ok(write_atomic(path, &bytes, 0o644)?)
}

/// Reads the file with the stamp that it had before, so that a change in between is seen the next time.
fn load(path: &Path) -> Result<Option<(Manifest, Stamp)>, StoreError> {
    let Some(stamp) = Stamp::of(path)? else { return Ok(None) };
    let Some(bytes) = read_if_there(path)? else { return Ok(None) };
    Ok(Some((parse(path, &bytes)?, stamp)))
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Manifest, StoreError> {
    /// What every version has.
    #[derive(serde::Deserialize)]
    struct AnyVersion {
        version: u32,
    }
    // First, since a newer layout need not even parse as this one.
    if let Ok(AnyVersion { version }) = serde_json::from_slice(bytes)
        && version != VERSION
    {
        return Err(StoreError::Version { path: path.to_owned(), version });
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let copy = path.with_extension("json.damaged");
        // The copy is a courtesy for whoever repairs the file in place; that it cannot be made changes nothing.
        let _ = write_atomic(&copy, bytes, 0o600);
        let (line, column, reason) = (error.line(), error.column(), error.to_string());
        let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
        StoreError::Damaged { path: path.to_owned(), line, column, reason, copy }
    })
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
