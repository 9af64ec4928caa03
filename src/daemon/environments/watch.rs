//! Config files are followed: a change counts a moment later, without a request.
//!
//! Folders are watched and not files, since editors put a new file in the place of the old one. A file that is a link into somebody's
//! repository is watched there as well.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ::notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use super::project::project_places;
use crate::base::files::{SETTLE, make_folder};
use crate::daemon::services::Services;

/// So often a file that is being written is waited for.
const TURNS: usize = 25;

/// After an overlay could not be set back (a full disk, say), so long until it is tried again.
const RESTORE_AGAIN: Duration = Duration::from_secs(5);

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
        let files = files(&services);
        watch.only(folders_of(files.iter().map(PathBuf::as_path)));
        // Read once they are watched: what changed before that was heard by nobody.
        services.reload_environments();
        // Whoever has written without end may have ended since: what was read now is not the last word.
        let is_unsettled = !is_settled(&services, &files);
        tokio::select! {
            () = environments.files_changed.notified() => {}
            () = services.projects.roots_changed.notified() => {}
            () = tokio::time::sleep(SETTLE), if is_unsettled => {}
        }
        settle(&services, &files).await;
    }
}

/// Waits until nobody is writing, since half a file may say something else than the whole. Not for ever: somebody may write without end.
async fn settle(services: &Services, files: &[PathBuf]) {
    for _ in 0..TURNS {
        let quiet = tokio::time::timeout(SETTLE, services.environments.files_changed.notified()).await.is_err();
        if quiet && is_settled(services, files) {
            return;
        }
    }
}

fn is_settled(services: &Services, files: &[PathBuf]) -> bool {
    !files.iter().any(|file| services.environments.is_in_work(file))
}

/// Waits until files that were emptied or taken away just now are written anew, or are meant to be empty or gone. For requests that
/// read at once and not when it is heard of a change.
pub async fn filled(services: &Services) {
    let files = files(services);
    for _ in 0..TURNS {
        if !files.iter().any(|file| services.environments.is_missed(file)) {
            return;
        }
        tokio::time::sleep(SETTLE).await;
    }
}

/// Every file that people write, whether it is there or not.
fn files(services: &Services) -> Vec<PathBuf> {
    let places = &services.places;
    let own = [places.envs_file(), places.prefixes_file(), places.hud_file(), places.config_file()];
    own.into_iter().chain(services.projects.roots().iter().flat_map(|root| project_places(root))).collect()
}

/// Watches one folder of the runtime folder, and makes it where only it is missing.
fn watch_folder(folder: PathBuf, services: &Services, changed: &Arc<Notify>) -> Watch {
    let mut watch = Watch::new(changed.clone());
    if services.places.has_runtime().unwrap_or(false)
        && let Err(error) = make_folder(&folder)
    {
        tracing::debug!(%error, "what others write there is not heard of");
    }
    watch.only(BTreeSet::from([folder]));
    watch
}

/// Sets back whatever somebody writes into an overlay, for as long as the daemon runs: all panes of an environment read the same one, and
/// only root can write it. (`kubectl config use-context` is such a somebody. To let it fail for root as well, the lock file that kubectl
/// makes beside each of its files could stand there for ever; but then it refuses to renew its tokens in the user's own files too.)
pub async fn guard_overlays(services: Arc<Services>) {
    let written = Arc::new(Notify::new());
    let mut remade = services.environments.remade.subscribe();
    loop {
        let _watch = watch_folder(services.places.kube(), &services, &written);
        loop {
            if !services.restore_overlays() {
                // To try it is a change in the folder as well, of which we hear at once.
                tokio::time::sleep(RESTORE_AGAIN).await;
            }
            tokio::select! {
                () = written.notified() => {}
                _ = remade.changed() => break,
            }
        }
    }
}

/// Listens to what shells say that they have applied, for as long as the daemon runs. Mostly somebody has gone to another folder, of
/// which tmux says nothing: where the shells are is looked at anew. In a pane whose shell has no hooks a `cd` is seen with the next look.
pub async fn follow_shells(services: Arc<Services>) {
    let environments = &services.environments;
    let mut remade = environments.remade.subscribe();
    loop {
        let _watch = watch_folder(services.places.shell().join("ack"), &services, &environments.applied);
        loop {
            tokio::select! {
                () = environments.applied.notified() => {}
                _ = remade.changed() => break,
            }
            for (server, _) in services.panes.open_servers() {
                server.look_again();
            }
            services.panes.changed.notify_one();
        }
    }
}
