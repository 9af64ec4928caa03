//! What becomes of worktrees.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The worktree is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateWorktreeResult {
    /// Its id.
    pub worktree_id: String,
}

/// The worktree is gone, or as much of it as could be removed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteWorktreeResult {
    /// Its id.
    pub worktree_id: String,
    /// Agents that were in it and were killed.
    pub killed_agents: Vec<String>,
    /// Its branch is gone here. It stays where somebody has checked it out elsewhere.
    pub branch_deleted: bool,
    /// Its branch is gone on the remote.
    pub remote_deleted: bool,
    /// Its folder is gone. If not, the worktree stays in the list, and `errors` says why.
    pub directory_removed: bool,
    /// Where its work was saved; `null` if there was none.
    pub saved_ref: Option<String>,
    /// Ours: what could not be done, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
}

/// What worktrees hold that is nowhere else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorktreeSurveys {
    /// One each.
    pub surveys: Vec<WorktreeSurvey>,
}

/// What a worktree holds that is nowhere else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorktreeSurvey {
    /// Its id.
    pub worktree_id: String,
    /// Its name.
    pub worktree_name: String,
    /// Its branch.
    pub branch: String,
    /// Its folder is there.
    pub is_there: bool,
    /// Something would be lost with it.
    pub would_lose: bool,
    /// Files of git's that are changed, staged or not.
    pub changed: Vec<String>,
    /// Files that git does not know, and that are not those of the project's own folder.
    pub untracked: Vec<String>,
    /// Files and whole folders that git ignores (a folder ends with `/`): they go with it and do not count. Those of the project's own folder
    /// are left out.
    #[serde(default)]
    pub ignored: Vec<String>,
    /// Commits that no other branch, tag or remote has, a hundred at most, the newest first: short id and subject.
    pub commits: Vec<String>,
    /// Repositories inside of it with work of their own: it cannot be saved, and keeps the worktree from being deleted.
    pub repositories: Vec<String>,
    /// Agents in it that are alive or can go on.
    pub live_agents: Vec<String>,
    /// Somebody has locked it (`git worktree lock`), for this reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked: Option<String>,
    /// It could not be looked at, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The work of worktrees that were deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedWorktreeList {
    /// One each, the newest first.
    pub saved: Vec<SavedWorktree>,
}

/// The work of a worktree that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedWorktree {
    /// Where it is saved.
    pub saved_ref: String,
    /// The id that the worktree had.
    pub worktree_id: String,
    /// Its name.
    pub worktree_name: String,
    /// Its branch.
    pub branch: String,
    /// When it was saved.
    pub saved_at: Timestamp,
}

/// Whether anything is left over of worktrees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorktreeCheck {
    /// How many there are.
    pub count: u64,
    /// Ids of those whose folder is gone.
    pub gone: Vec<String>,
    /// Ids of those that are being made or deleted now, or that could not be removed.
    pub unfinished: Vec<String>,
    /// Folders among those of worktrees that none has.
    pub orphans: Vec<String>,
}
