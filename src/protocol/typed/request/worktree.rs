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

/// Takes a worktree away, with its agents and its branch. Answered with `delete_worktree_result`; refused where work would be lost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteWorktree {
    /// The project's root folder.
    pub project_root: String,
    /// Its id.
    pub worktree_id: String,
    /// Ours: also where work would be lost; it is saved first.
    #[serde(default, deserialize_with = "null::or_default")]
    pub force: bool,
    /// Ours: its branch on the remote too.
    #[serde(default, deserialize_with = "null::or_default")]
    pub delete_remote: bool,
    /// Ours: not where an agent is alive or suspended.
    #[serde(default, deserialize_with = "null::or_default")]
    pub spare_agents: bool,
}

/// Ours: what worktrees hold that is nowhere else. Answered with `worktree_surveys`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyWorktrees {
    /// The project's root folder.
    pub project_root: String,
    /// Only this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree_id: Option<String>,
}

/// Ours: the work of worktrees that were deleted. Answered with `saved_worktree_list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSavedWorktrees {
    /// The project's root folder.
    pub project_root: String,
}

/// Ours: makes a worktree again from what was saved. Answered with `create_worktree_result`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreWorktree {
    /// The project's root folder.
    pub project_root: String,
    /// `saved_ref`, or what stands behind `refs/pintle/saved/` in it.
    pub saved: String,
    /// What it is to be called. `None`: as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Ours: whether anything is left over of worktrees. Answered with `worktree_check`; looks into none of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckWorktrees {
    /// The project's root folder.
    pub project_root: String,
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
