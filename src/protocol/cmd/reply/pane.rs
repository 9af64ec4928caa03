//! tmux panes.

use serde::{Deserialize, Serialize};

/// The panes of tmux servers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPanes {
    /// Server by server, in tmux's own order.
    pub panes: Vec<Pane>,
    /// Sockets of known servers that did not answer, so that their panes are not listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silent: Vec<String>,
}

/// A pane of a tmux server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pane {
    /// Its id, `%3`.
    pub pane: String,
    /// Socket path of its server.
    pub tmux: String,
    /// Its session's name.
    pub session: String,
    /// Its window's id, `@1`.
    pub window: String,
    /// Number of the window in its session.
    pub window_index: u32,
    /// The window's name.
    pub window_name: String,
    /// Number of the pane in its window.
    pub pane_index: u32,
    /// The process that tmux started in it.
    pub pid: u32,
    /// Columns.
    pub cols: u32,
    /// Rows.
    pub rows: u32,
    /// The active one of its window.
    pub active: bool,
    /// Somebody sees it.
    pub visible: bool,
    /// What is typed into it is typed into the other panes of its window as well.
    #[serde(default)]
    pub synchronized: bool,
    /// The folder it is in.
    pub cwd: String,
    /// Its title.
    pub title: String,
    /// The agent it shows.
    pub agent_id: Option<String>,
    /// Its environment.
    pub env: Option<String>,
}

/// What a pane shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TmuxCapturePane {
    /// Lines, each ended by a line break.
    pub content: String,
}

/// The pane and the agent that were gone to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FocusNext {
    /// The agent; `None` when none waits.
    // Without a default of its own: a key that must be there tells this reply from others.
    #[serde(deserialize_with = "Option::deserialize")]
    pub focused_agent: Option<String>,
    /// Root folder of its project.
    pub project_root: Option<String>,
    /// The pane that shows it; `None` when there is none on this server.
    pub pane: Option<String>,
}

/// What was made again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestorePanes {
    /// Window by window.
    pub restored: Vec<RestoredWindow>,
    /// What could not be, and why.
    pub warnings: Vec<String>,
}

/// A window that was made again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoredWindow {
    /// Its new id, `@3`.
    pub window: String,
    /// Its name.
    pub name: String,
    /// The agents it shows.
    pub agents: Vec<String>,
}
