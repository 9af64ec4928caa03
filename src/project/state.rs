//! Files under the state folder: what must survive a restart and belongs to no project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::base::files::{FileError, read_if_there, write_atomic};

/// `state.json`. Keys of other parts of pintle survive.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct StateFile {
    /// Roots of the registered projects.
    #[serde(default)]
    pub projects: Vec<PathBuf>,
    /// Sockets of the tmux servers whose status bars are kept up to date.
    #[serde(default)]
    pub tmux_servers: Vec<PathBuf>,
    /// Everything else in the file.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
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

/// Reads a file of this kind; one that is not there is as if it were empty. One that does not parse is kept aside, and the error says
/// so: the daemon works without.
pub fn load<T: DeserializeOwned + Default>(path: &Path) -> Result<T, String> {
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

/// Writes such a file, durably.
pub fn save<T: Serialize>(path: &Path, file: &T) -> Result<(), FileError> {
    let invalid = |error: serde_json::Error| FileError { path: path.to_owned(), source: error.into() };
    write_atomic(path, &serde_json::to_vec_pretty(file).map_err(invalid)?, 0o600)?;
    Ok(())
}

/// Changes `state.json`: it is read, changed and written, so that what others keep in it stays.
pub fn change(path: &Path, change: impl FnOnce(&mut StateFile)) -> Result<(), FileError> {
    let mut state = load(path).unwrap_or_default();
    change(&mut state);
    save(path, &state)
}
