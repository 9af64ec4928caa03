//! Streams of what changes.

use serde::{Deserialize, Serialize};

/// Follows a project's worktrees and agents. Answered with `status_subscribed`, then `status_event` lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscribeStatus {
    /// The project's root folder.
    pub project_root: String,
}

/// Follows a project's grid. Answered with `grid_subscribed`, then `grid_event` lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscribeGrid {
    /// The project's root folder.
    pub project_root: String,
}

/// Ours: follows the daemon's events. Answered with `events_subscribed`, then `event` lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscribeEvents {
    /// Only these of [`KINDS`](crate::protocol::typed::event::KINDS); `None` is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<String>>,
}
