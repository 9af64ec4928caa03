//! The daemon itself, and a project's settings.

use serde::{Deserialize, Serialize};

/// Asks whether the daemon is well. Answered with `health_report`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {}

/// Makes a project of a folder. Answered with `init_result`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Init {
    /// The project's root folder, absolute.
    pub project_root: String,
}

/// Ends every agent and then the daemon. Answered with `shutting_down`, then the connection closes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shutdown {}

/// Ours: replaces the daemon's process by a new one from the binary on disk; agents, their output and this socket
/// go on. Answered with `restarting`, then the connection closes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonRestart {}

/// Asks for the agent kinds of a project. Answered with `config_report`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetConfig {
    /// The project's root folder.
    pub project_root: String,
}

/// Sets the launch arguments of one agent kind in the project's config. Answered with `ok`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateAgentConfig {
    /// The project's root folder.
    pub project_root: String,
    /// The kind's name.
    pub agent_name: String,
    /// `None` goes back to what is built in; an empty list means no arguments at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launch_args: Option<Vec<String>>,
}
