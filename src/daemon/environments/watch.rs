//! Config files are followed: a change counts a moment later, without a request.
//!
//! Folders are watched and not files, since editors put a new file in the place of the old one. A file that is a link into somebody's
//! repository is watched there as well.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ::notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use super::files::project_places;
use crate::daemon::services::Services;

/// An editor writes in several steps.
const SETTLE: Duration = Duration::from_millis(60);
const SETTLE_SIGNED: SignedDuration = SignedDuration::from_millis(60);
/// So often it is waited for.
const TURNS: usize = 16;

/// What is watched for whom.
pub struct Watch {
    watcher: Option<RecommendedWatcher>,
    folders: BTreeSet<PathBuf>,
}

impl Watch {
    /// Tells `changed` of every change in the folders. Without inotify (a limit of the system, say) `reload` is what is left.
    pub fn new(changed: Arc<Notify>) -> Self {
        let told = move |event: ::notify::Result<::notify::Event>| match event {
            // That somebody reads is none of our business, and reading is what we do ourselves.
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => {}
            _ => changed.notify_one(),
        };
        let watcher = ::notify::recommended_watcher(told);
        let watcher =
            watcher.inspect_err(|error| tracing::warn!(%error, "files are not watched; use `pintle daemon reload`"));
        Self { watcher: watcher.ok(), folders: BTreeSet::new() }
    }

    /// Watches these folders from here on, and no others. One that is not there is not watched.
    pub fn only(&mut self, folders: BTreeSet<PathBuf>) {
        let Some(watcher) = &mut self.watcher else { return };
        for gone in self.folders.difference(&folders) {
            // It is not watched any more when it was removed.
            let _ = watcher.unwatch(gone);
        }
        let watched = folders.into_iter().filter(|folder| {
            self.folders.contains(folder) || watcher.watch(folder, RecursiveMode::NonRecursive).is_ok()
        });
        self.folders = watched.collect();
    }
}

/// Folders in which a change of these files shows.
fn folders_of<'a>(files: impl IntoIterator<Item = &'a Path>) -> BTreeSet<PathBuf> {
    let behind = |file: &Path| std::fs::canonicalize(file).ok();
    let files = files.into_iter().flat_map(|file| [Some(file.to_owned()), behind(file)]);
    files.flatten().filter_map(|file| Some(file.parent()?.to_owned())).collect()
}

/// Reads config files again whenever they change, for as long as the daemon runs.
pub async fn follow(services: Arc<Services>) {
    let environments = &services.environments;
    let places = &services.places;
    // An editor that makes the first file there makes the folder as well, and nobody would hear of it.
    if let Err(error) = std::fs::create_dir_all(&places.config) {
        tracing::debug!(%error, path = %places.config.display(), "the config folder cannot be made");
    }
    let mut watch = Watch::new(environments.files_changed.clone());
    loop {
        let own = [places.envs_file(), places.prefixes_file(), places.hud_file(), places.config_file()];
        let projects = services.projects.roots();
        let projects = projects.iter().flat_map(|root| project_places(root));
        let files: Vec<PathBuf> = own.into_iter().chain(projects).collect();
        watch.only(folders_of(files.iter().map(PathBuf::as_path)));
        // Read once they are watched: what changed before that was heard by nobody.
        services.reload_environments();
        tokio::select! {
            () = environments.files_changed.notified() => {}
            () = services.projects.roots_changed.notified() => {}
        }
        settle(&services, &files).await;
    }
}

/// Waits until nobody is writing: `>` and many editors empty a file before they fill it, and for that moment it says nothing at all,
/// which would be believed. So what was written just now is looked at later, but not for ever: somebody may write without end.
async fn settle(services: &Services, files: &[PathBuf]) {
    for _ in 0..TURNS {
        let quiet = tokio::time::timeout(SETTLE, services.environments.files_changed.notified()).await.is_err();
        let now = services.clock.now();
        let age = |file: &PathBuf| {
            let meta = std::fs::metadata(file).ok()?;
            let written = Timestamp::new(meta.mtime(), i32::try_from(meta.mtime_nsec()).ok()?).ok()?;
            Some(now.duration_since(written))
        };
        let is_young = |age: SignedDuration| !age.is_negative() && age < SETTLE_SIGNED;
        if quiet && !files.iter().filter_map(age).any(is_young) {
            return;
        }
    }
}

/// Listens to what shells say that they have applied, for as long as the daemon runs.
pub async fn follow_shells(services: Arc<Services>) {
    let environments = &services.environments;
    let mut watch = Watch::new(environments.applied.clone());
    let folder = services.places.shell().join("ack");
    if let Err(error) = std::fs::create_dir_all(&folder) {
        tracing::debug!(%error, path = %folder.display(), "shells cannot say what they have applied");
    }
    watch.only(BTreeSet::from([folder]));
    loop {
        environments.applied.notified().await;
        services.panes.changed.notify_one();
    }
}
