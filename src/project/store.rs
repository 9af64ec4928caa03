//! The one writer of a manifest.
//!
//! Changes that come at the same moment are written together: whoever finds no write under way writes for everybody who queued
//! up meanwhile. Fifty renames at once are a handful of fsyncs, and each is durable when its caller goes on. A change is visible
//! to readers only when it is on the disk; one that could not be written is as if it had not been made.
//!
//! [`Store::change_soon`] is the exception, for facts that something else keeps until they are written (a new agent is known to
//! the keeper as well): it does not wait the 10 ms that a disk takes to be sure.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;
use tokio::sync::oneshot;

use super::manifest::Manifest;
use crate::base::clock::Clock;
use crate::base::files::{FileError, LockGuard, is_temporary, read_if_there, try_lock, write_atomic};

/// A manifest that cannot be read or written.
#[derive(Clone, Debug, Error)]
pub enum StoreError {
    /// There is none.
    #[error("{0}: the project has no manifest; run `pintle init` there")]
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
    Soon(Arc<dyn Fn(&mut Manifest) + Send + Sync>),
}

struct Queued {
    change: Change,
    /// Who waits for it.
    written: Option<oneshot::Sender<Result<(), StoreError>>>,
}

#[derive(Default)]
struct Queue {
    changes: Vec<Queued>,
    writing: bool,
}

/// A manifest in memory and on disk.
pub struct Store {
    path: PathBuf,
    clock: Clock,
    current: Mutex<Arc<Manifest>>,
    queue: Mutex<Queue>,
    _lock: LockGuard,
}

impl Store {
    /// Opens the manifest in `folder`.
    pub fn open(folder: &Path, clock: Clock) -> Result<Self, StoreError> {
        let path = folder.join("manifest.json");
        let Some(bytes) = read_if_there(&path)? else { return Err(StoreError::NotInitialized(folder.to_owned())) };
        let manifest = parse(&path, &bytes)?;
        Self::with(path, manifest, clock)
    }

    /// Opens the manifest in `folder`, which is made if there is none. The flag says whether it was.
    pub fn open_or_create(folder: &Path, root: &str, clock: Clock) -> Result<(Self, bool), StoreError> {
        match Self::open(folder, clock.clone()) {
            Err(StoreError::NotInitialized(_)) => {}
            other => return other.map(|store| (store, false)),
        }
        std::fs::create_dir_all(folder).map_err(FileError::at(folder))?;
        let manifest = Manifest::new(root, clock.now());
        let store = Self::with(folder.join("manifest.json"), manifest.clone(), clock)?;
        save(&store.path, &manifest)?;
        Ok((store, true))
    }

    fn with(path: PathBuf, manifest: Manifest, clock: Clock) -> Result<Self, StoreError> {
        let lock = try_lock(&path.with_extension("lock"))?.ok_or_else(|| StoreError::Locked(path.clone()))?;
        sweep(&path);
        Ok(Self { path, clock, current: Mutex::new(Arc::new(manifest)), queue: Mutex::default(), _lock: lock })
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
    /// how things are and not what to add to them. On a disk that has no room to spare it waits and fails like any other.
    pub async fn change_soon(
        self: &Arc<Self>,
        change: impl Fn(&mut Manifest) + Send + Sync + 'static,
    ) -> Result<(), StoreError> {
        if !self.has_room() {
            return self.change(change).await;
        }
        let change = Arc::new(change);
        // Under the queue's lock, so that no write ends in between and takes the change out of memory again.
        let queue = self.queue();
        let mut manifest = Manifest::clone(&self.current());
        change(&mut manifest);
        *self.current() = Arc::new(manifest);
        self.enqueue(queue, Queued { change: Change::Soon(change), written: None });
        Ok(())
    }

    fn has_room(&self) -> bool {
        /// Far more than a manifest takes.
        const ROOM: u64 = 16 << 20;
        let folder = self.path.parent().unwrap_or(&self.path);
        rustix::fs::statvfs(folder).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) > ROOM)
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
            let mut manifest = Manifest::clone(&self.current());
            let mut waiting = Vec::with_capacity(changes.len());
            for queued in changes {
                match queued.change {
                    Change::Once(change) => change(&mut manifest),
                    Change::Soon(change) => change(&mut manifest),
                }
                waiting.extend(queued.written);
            }
            let result = self.write(manifest);
            if let (Err(error), true) = (&result, waiting.is_empty()) {
                // Nobody waits who could be told.
                tracing::error!(%error, "a change is in memory only so far; it will be written with the next one");
            }
            for written in waiting {
                let _ = written.send(result.clone());
            }
        }
    }

    fn write(&self, mut manifest: Manifest) -> Result<(), StoreError> {
        manifest.updated_at = self.clock.now();
        save(&self.path, &manifest)?;
        let queue = self.queue();
        for queued in &queue.changes {
            if let Change::Soon(change) = &queued.change {
                change(&mut manifest);
            }
        }
        *self.current() = Arc::new(manifest);
        Ok(())
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

fn save(path: &Path, manifest: &Manifest) -> Result<(), StoreError> {
    let invalid = |error: serde_json::Error| FileError { path: path.to_owned(), source: error.into() };
    let mut bytes = serde_json::to_vec_pretty(manifest).map_err(invalid)?;
    bytes.push(b'\n');
    Ok(write_atomic(path, &bytes, 0o644)?)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Manifest, StoreError> {
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
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn store(folder: &Path) -> Arc<Store> {
        Arc::new(Store::open_or_create(folder, "/p", Clock::fixed(Timestamp::UNIX_EPOCH)).unwrap().0)
    }

    #[tokio::test]
    async fn changes_made_at_once_are_all_there() {
        let temp = tempfile::tempdir().unwrap();
        let store = store(temp.path());
        let changes = (0..50).map(|index| {
            let store = store.clone();
            tokio::spawn(async move { store.change(move |m| m.extra.insert(format!("k{index}"), index.into())).await })
        });
        for change in changes.collect::<Vec<_>>() {
            change.await.unwrap().unwrap();
        }
        let on_disk = parse(Path::new("m"), &std::fs::read(temp.path().join("manifest.json")).unwrap()).unwrap();
        assert_eq!(on_disk.extra.len(), 50);
        assert_eq!(on_disk, *store.read());
    }

    #[tokio::test]
    async fn a_change_made_soon_is_seen_at_once_survives_other_writes_and_reaches_the_disk() {
        let temp = tempfile::tempdir().unwrap();
        let store = store(temp.path());
        let others = (0..20).map(|index| {
            let store = store.clone();
            tokio::spawn(async move { store.change(move |m| m.extra.insert(format!("k{index}"), index.into())).await })
        });
        let others: Vec<_> = others.collect();
        for index in 0..20 {
            let key = format!("soon{index}");
            store.change_soon(move |m| drop(m.extra.insert(key.clone(), 1.into()))).await.unwrap();
            assert!(store.read().extra.contains_key(&format!("soon{index}")));
            tokio::task::yield_now().await;
        }
        for other in others {
            other.await.unwrap().unwrap();
        }
        // A durable change that comes after is written with or after all of them.
        store.change(|m| drop(m.extra.insert("last".into(), 1.into()))).await.unwrap();
        let on_disk = parse(Path::new("m"), &std::fs::read(temp.path().join("manifest.json")).unwrap()).unwrap();
        assert_eq!(on_disk.extra.len(), 41);
    }

    #[tokio::test]
    async fn a_change_that_cannot_be_written_was_not_made() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("p");
        let store = store(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        let error = store.change(|m| m.version = 7).await.unwrap_err();
        assert!(error.to_string().contains("manifest.json"), "{error}");
        assert_eq!(store.read().version, 1);
    }

    #[test]
    fn a_damaged_manifest_is_named_copied_and_left() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("manifest.json");
        std::fs::write(&path, "{\n \"version\": x}").unwrap();
        let Err(error) = Store::open(temp.path(), Clock::System) else { panic!("opened") };
        assert!(matches!(error, StoreError::Damaged { line: 2, .. }), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(path.with_extension("json.damaged")).unwrap());
    }

    #[test]
    fn one_writer() {
        let temp = tempfile::tempdir().unwrap();
        let _store = store(temp.path());
        assert!(matches!(Store::open(temp.path(), Clock::System), Err(StoreError::Locked(_))));
    }
}
