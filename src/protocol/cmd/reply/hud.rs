//! The line for status bars, and notifications.

use serde::{Deserialize, Serialize};

use crate::protocol::cmd::request::Level;

/// The line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetHud {
    /// It.
    pub hud: String,
}

/// Its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetHudSegments {
    /// In the order in which they are shown.
    pub segments: Vec<Segment>,
}

/// A part of the line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// What stands in front of the colon.
    pub name: String,
    /// Smaller ones come first.
    pub priority: u32,
    /// Who says it: `builtin`, or an extension.
    pub source: String,
    /// What stands behind the colon; empty ones are not shown.
    pub value: String,
}

/// Notifications, the oldest first. To `notify_drain` and `notify_list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Notifications {
    /// They.
    pub notifications: Vec<Notification>,
    /// Ours: how many older ones there was no room for.
    #[serde(default)]
    pub dropped: u64,
}

/// Something the person was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    /// Never given twice.
    pub id: u64,
    /// What it is about.
    pub title: String,
    /// What there is to say.
    pub message: String,
    /// How much it matters.
    pub level: Level,
    /// When, in unix seconds.
    pub timestamp: f64,
    /// Who says so.
    pub source: String,
    /// Ours: the agent it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Ours: the pane it came from, as its sender said. It may be gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pane: Option<String>,
    /// Ours: socket path of the pane's server, as its sender said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
}
