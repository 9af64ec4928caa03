//! Files under the state folder: what must survive a restart and belongs to no project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Notify;

use crate::base::files::{read_if_there, write_atomic};

/// `state.json`. Keys of other parts of pintle survive.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct StateFile {
    /// Roots of the registered projects.
    #[serde(default)]
    pub projects: Vec<PathBuf>,
    /// Sockets of the tmux servers whose status bars are kept up to date.
    #[serde(default)]
    pub tmux_servers: Vec<PathBuf>,
    /// Name of the global environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_env: Option<String>,
    /// Environments of panes, windows and sessions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<OverrideEntry>,
    /// Guards that are lifted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub armed: Vec<ArmedEntry>,
    /// Prefix rules that were added by requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleEntry>,
    /// Everything else in the file.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A tmux server as it is told from every other that was or will be at its socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TmuxEntry {
    /// Its socket.
    pub socket: PathBuf,
    /// Its process.
    pub pid: u32,
    /// When it was started, in unix seconds.
    pub start_time: u64,
}

/// The environment of a pane, a window or a session. tmux gives no id twice while its server lives, so a pane that is respawned keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverrideEntry {
    /// Its server.
    pub tmux: TmuxEntry,
    /// Its id: `%3`, `@1` or `$0`.
    pub id: String,
    /// The environment's name.
    pub env: String,
}

/// A guard that is lifted in a pane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmedEntry {
    /// The pane's server.
    pub tmux: TmuxEntry,
    /// The pane's id, `%3`.
    pub pane: String,
    /// The process that tmux started in it, for which it was lifted: it is not for the next one.
    pub pane_pid: u32,
    /// The environment's name.
    pub env: String,
    /// Until when.
    pub until: Timestamp,
}

/// A prefix rule that was added by a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleEntry {
    /// Whose it is.
    pub owner: String,
    /// The command's word.
    pub command: String,
    /// `args_append`, `args_prepend`, `env_vars` or `wrapper`.
    pub strategy: String,
    /// As in the file.
    #[serde(default)]
    pub config: Map<String, Value>,
}

/// `notifications.json`: what nobody has read yet.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NotificationsFile {
    /// The oldest first.
    #[serde(default)]
    pub notifications: Vec<NotificationEntry>,
    /// How many older ones there was no room for.
    #[serde(default)]
    pub dropped: u64,
    /// Id of the next one.
    #[serde(default)]
    pub next_id: u64,
}

/// A notification.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NotificationEntry {
    /// Never given twice.
    pub id: u64,
    /// What it is about.
    pub title: String,
    /// What there is to say.
    pub message: String,
    /// `info`, `warning`, `error` or `success`.
    pub level: String,
    /// When it came.
    pub at: Timestamp,
    /// Who sent it.
    pub source: String,
    /// The agent it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The pane it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pane: Option<String>,
    /// Socket path of the pane's server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
}

/// `panes.json`: windows that show agents, by the socket of their tmux server, so that they can be made again when it is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanesFile {
    /// By socket path.
    #[serde(default)]
    pub servers: BTreeMap<String, ServerEntry>,
}

/// What a tmux server showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerEntry {
    /// Its process.
    pub pid: u32,
    /// When it was started, in unix seconds.
    pub start_time: u64,
    /// Windows with agents, in their order.
    #[serde(default)]
    pub windows: Vec<WindowEntry>,
    /// Windows of an earlier server at this socket that were not made again yet.
    #[serde(default)]
    pub lost: Vec<WindowEntry>,
    /// Since when they are known to be lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_since: Option<Timestamp>,
}

/// A window that shows agents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowEntry {
    /// Its session's name.
    pub session: String,
    /// Its own name.
    pub name: String,
    /// How its panes lie, in tmux's own words.
    pub layout: String,
    /// The project whose grid it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<String>,
    /// Its panes in the layout's order.
    pub panes: Vec<PaneEntry>,
}

/// A pane of such a window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaneEntry {
    /// The agent it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The folder it was in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<PathBuf>,
}

/// A file of the state folder: what it holds is in memory, and on the disk a moment after each change.
///
/// Nobody who changes or reads it waits for the disk: the event loop must not stand still for an fsync. After a crash in between,
/// the file holds what was true a moment before; who has promised more waits for [`written`](Self::written). However many changes
/// come meanwhile, one write follows the other.
#[derive(Debug)]
pub struct Kept<T> {
    path: PathBuf,
    value: Mutex<T>,
    writing: Mutex<Writing>,
    /// Told when nobody writes any more.
    at_rest: Notify,
}

#[derive(Debug, Default)]
struct Writing {
    /// Somebody writes.
    under_way: bool,
    /// There is something that is not on the disk yet.
    wanted: bool,
}

impl<T: DeserializeOwned + Default> Kept<T> {
    /// Reads the file; one that is not there is as if it were empty. One that does not parse is kept aside, and the text says so: the
    /// daemon works without.
    pub fn load(path: PathBuf) -> (Arc<Self>, Option<String>) {
        let (value, warning) = match load(&path) {
            Ok(value) => (value, None),
            Err(warning) => (T::default(), Some(warning)),
        };
        (Arc::new(Self { path, value: Mutex::new(value), writing: Mutex::default(), at_rest: Notify::new() }), warning)
    }
}

impl<T: Serialize + Send + 'static> Kept<T> {
    /// Looks at what it holds.
    pub fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.value())
    }

    /// Changes what it holds.
    pub fn change<R>(self: &Arc<Self>, change: impl FnOnce(&mut T) -> R) -> R {
        let result = change(&mut self.value());
        let begins = {
            let mut writing = self.writing();
            writing.wanted = true;
            !std::mem::replace(&mut writing.under_way, true)
        };
        if begins {
            let kept = self.clone();
            match tokio::runtime::Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn_blocking(move || kept.write())),
                // Outside of the daemon nobody else has a turn.
                Err(_) => kept.write(),
            }
        }
        result
    }

    /// Returns when every change so far is on the disk, or the disk has refused it: for who promises that it will be remembered.
    pub async fn written(&self) {
        let at_rest = self.at_rest.notified();
        let mut at_rest = std::pin::pin!(at_rest);
        // Before the look, so that an end between the look and the wait is not missed.
        at_rest.as_mut().enable();
        if self.writing().under_way {
            at_rest.await;
        }
    }

    fn write(&self) {
        loop {
            {
                let mut writing = self.writing();
                if !std::mem::take(&mut writing.wanted) {
                    writing.under_way = false;
                    self.at_rest.notify_waiters();
                    return;
                }
            }
            let bytes = serde_json::to_vec_pretty(&*self.value());
            let written = match bytes {
                Ok(bytes) => write_atomic(&self.path, &bytes, 0o600).map(drop).map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            if let Err(error) = written {
                tracing::warn!(error, "it is in memory only so far, and will be written with the next change");
            }
        }
    }

    fn value(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn load<T: DeserializeOwned + Default>(path: &Path) -> Result<T, String> {
    let bytes = read_if_there(path).map_err(|error| error.to_string())?.unwrap_or_default();
    if bytes.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(&bytes).map_err(|error| {
        let aside = path.with_extension("json.damaged");
        let kept = std::fs::rename(path, &aside).is_ok();
        let kept = if kept { format!("; it is kept in {}", aside.display()) } else { String::new() };
        format!("{}: {error}; what it held is forgotten{kept}", path.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_disk(path: &Path) -> StateFile {
        load(path).unwrap()
    }

    #[tokio::test]
    async fn the_last_of_many_changes_is_on_the_disk() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("state.json");
        let (kept, warning) = Kept::<StateFile>::load(path.clone());
        assert_eq!(warning, None);
        for number in 0..100 {
            kept.change(|state| state.projects = vec![PathBuf::from(format!("/{number}"))]);
        }
        kept.written().await;
        assert_eq!(on_disk(&path).projects, [PathBuf::from("/99")]);
    }

    #[test]
    fn keys_of_others_survive_and_a_disk_that_refuses_is_asked_again() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("folder");
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("state.json");
        std::fs::write(&path, r#"{"theirs": 1}"#).unwrap();
        let (kept, _) = Kept::<StateFile>::load(path.clone());
        std::fs::remove_dir_all(&folder).unwrap();
        kept.change(|state| state.tmux_servers.push("/one".into()));
        std::fs::create_dir(&folder).unwrap();
        kept.change(|state| state.tmux_servers.push("/two".into()));
        let written = on_disk(&path);
        assert_eq!((written.tmux_servers.len(), &written.extra["theirs"]), (2, &1.into()));
    }
}
