//! The line for status bars, and notifications.

use serde::{Deserialize, Serialize};

use crate::protocol::null;

/// Asks for the line that stands in status bars.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetHud {
    /// For this pane; `None` is what holds for all that have nothing of their own.
    #[serde(default, alias = "pane_id", skip_serializing_if = "Option::is_none")]
    pub pane: Option<String>,
    /// Ours: socket path of the pane's server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
    /// Ours: how colours are written.
    #[serde(default, deserialize_with = "null::or_default")]
    pub format: HudFormat,
}

impl GetHud {
    /// The same for a pane, and the socket path of its server.
    pub fn of_pane(self, pane: String, tmux: String) -> Self {
        Self { pane: Some(pane), tmux: Some(tmux), ..self }
    }
}

/// How the line's colours are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HudFormat {
    /// Not at all.
    #[default]
    Plain,
    /// As tmux's `#[fg=…]`.
    Tmux,
    /// As escape sequences.
    Ansi,
}

/// Asks for the parts of the line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetHudSegments {}

/// Tells the person something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    /// What it is about.
    pub title: String,
    /// What there is to say.
    #[serde(alias = "body")]
    pub message: String,
    /// How much it matters.
    #[serde(default, deserialize_with = "null::or_default")]
    pub level: Level,
    /// Ours: the pane it comes from.
    #[serde(default, alias = "pane_id", skip_serializing_if = "Option::is_none")]
    pub pane: Option<String>,
    /// Ours: socket path of the pane's server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
}

/// How much a notification matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Good to know.
    #[default]
    Info,
    /// Somebody should look.
    Warning,
    /// Something failed.
    Error,
    /// Something is done.
    Success,
}

/// Asks for the notifications, which are then gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifyDrain {}

/// Ours: asks for the notifications, which stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifyList {}
