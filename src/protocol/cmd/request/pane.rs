//! tmux panes.
//!
//! A pane is named by its id (`%3`), on the server whose socket `tmux` names (the path in a client's own `TMUX`). Without `tmux` it
//! is looked for on the servers that are known, and must be there once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::null;

/// Ours: says that there is a tmux server, as the plugin does when one starts. From then on its status bar is kept up to date.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterTmux {
    /// Its socket's path.
    pub tmux: String,
}

/// Ours: says that a tmux server wants nothing more of us, as the plugin does when it is taken out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnregisterTmux {
    /// Its socket's path.
    pub tmux: String,
}

/// Ours: asks for all panes of the known servers, or of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPanes {
    /// Socket path of the only server that matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
}

/// Runs a command in a new tmux pane beside another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TmuxSplitRun {
    /// What to run.
    pub command: Command,
    /// Where the new pane goes.
    pub split: Split,
    /// Ours: the pane to split; `None` is the caller's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Ours: the caller's own pane, from its `TMUX_PANE`.
    #[serde(default, alias = "pane_id", skip_serializing_if = "Option::is_none")]
    pub pane: Option<String>,
    /// Ours: socket path of the tmux server these panes belong to, from the caller's `TMUX`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
    /// Ours: the folder to run it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Ours: the environment's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// Ours: variables set for it; `None` unsets one.
    #[serde(default, deserialize_with = "null::or_default")]
    pub vars: BTreeMap<String, Option<String>>,
    /// Ours: how much the new pane gets.
    #[serde(default, alias = "height", skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Ours: the new pane gets the keys from then on.
    #[serde(default, deserialize_with = "null::or_default", skip_serializing_if = "std::ops::Not::not")]
    pub focus: bool,
}

/// A command in one of two forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a command is a string or a list of strings")]
pub enum Command {
    /// As a person types it.
    Line(String),
    /// Word for word.
    Argv(Vec<String>),
}

/// Where a new pane goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Side by side, tmux's `-h`.
    Horizontal,
    /// One above the other, tmux's `-v`.
    Vertical,
}

/// How much a new pane gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a size is a number of cells or a string like \"30%\"")]
pub enum Size {
    /// Columns or rows.
    Cells(u64),
    /// As tmux takes it: `30` or `30%`. Not checked here.
    Text(String),
}

/// Types into a tmux pane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TmuxSendKeys {
    /// The pane.
    #[serde(alias = "pane_id")]
    pub pane: String,
    /// What to type.
    pub keys: Keys,
    /// Ours: socket path of its server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
}

/// What is typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "keys are a string, typed as it is, or a list of names of keys")]
pub enum Keys {
    /// Typed as it is; each line break is Enter.
    Text(String),
    /// Pressed one after the other, by tmux's names.
    Names(Vec<String>),
}

/// Asks for what a tmux pane shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TmuxCapturePane {
    /// The pane.
    #[serde(alias = "pane_id")]
    pub pane: String,
    /// The first line, counted from the last that is not blank: -1 is that one, -10 the tenth from the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<i64>,
    /// The last line, counted likewise; it is included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<i64>,
    /// Ours: with colours, as escape sequences.
    #[serde(default, deserialize_with = "null::or_default")]
    pub ansi: bool,
    /// Ours: socket path of its server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
}

/// Ours: goes to the pane of the next agent that waits for somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FocusNext {
    /// The caller's own pane, from its `TMUX_PANE`.
    #[serde(default, alias = "pane_id", skip_serializing_if = "Option::is_none")]
    pub pane: Option<String>,
    /// Socket path of its server, from the caller's `TMUX`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
}

/// Ours: makes the panes of agents again that were there when an earlier server ended, arranged as they were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestorePanes {
    /// The caller's own pane, from its `TMUX_PANE`: its session gets the windows.
    #[serde(default, alias = "pane_id", skip_serializing_if = "Option::is_none")]
    pub pane: Option<String>,
    /// Socket path of its server, from the caller's `TMUX`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
}
