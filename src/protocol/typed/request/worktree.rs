//! Worktrees of a project.

use serde::{Deserialize, Serialize};

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
