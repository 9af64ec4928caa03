//! Worktrees of a project.

use serde::{Deserialize, Serialize};

use crate::protocol::null;

/// Makes a worktree with a branch of its own. Answered with `create_worktree_result`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateWorktree {
    /// The project's root folder.
    pub project_root: String,
    /// What it is to be called; it is normalised.
    pub name: String,
    /// The branch, tag or commit that it starts from. `None`: the branch that HEAD is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
}

/// Asks what has changed in a worktree since it left its base. Answered with `diff_result`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// The project's root folder.
    pub project_root: String,
    /// The one worktree. `None`: all that are active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree_id: Option<String>,
    /// How much has changed in each file, instead of what.
    #[serde(default, deserialize_with = "null::or_default")]
    pub stat: bool,
}

/// Asks for the project at a glance: what its agents do, and how much has changed. Answered with `pulse_report`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    /// The project's root folder.
    pub project_root: String,
}
