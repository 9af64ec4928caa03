//! What has changed in worktrees.

use serde::{Deserialize, Serialize};

use super::{Activity, Status};

/// What has changed in worktrees since they left their bases.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffResult {
    /// In the order in which the worktrees were made.
    pub diffs: Vec<Diff>,
}

/// What has changed in one worktree: committed, staged and not, together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// The worktree's id.
    pub worktree_id: String,
    /// Its name.
    pub worktree_name: String,
    /// Its branch.
    pub branch: String,
    /// What it was made from; without, it is compared with its own HEAD.
    pub base_branch: Option<String>,
    /// The patch, or with `stat` the table, as git prints it. What is not UTF-8 in it is `U+FFFD`.
    pub diff_output: String,
    /// Files that are different.
    pub files_changed: u64,
    /// Lines that are new.
    pub insertions: u64,
    /// Lines that are gone.
    pub deletions: u64,
    /// Paths of files that git neither knows nor ignores; they are in no count. One that is not UTF-8 is written as git does:
    /// `"caf\351"`.
    pub untracked: Vec<String>,
    /// Why this one could not be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A project at a glance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PulseReport {
    /// In the order in which they were made.
    pub worktrees: Vec<WorktreePulse>,
    /// Agents in the project's own folder.
    pub root_agents: Vec<AgentPulse>,
}

/// A worktree at a glance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorktreePulse {
    /// Its id.
    pub worktree_id: String,
    /// Its name.
    pub worktree_name: String,
    /// Its branch.
    pub branch: String,
    /// Seconds since it was made.
    pub elapsed_seconds: u64,
    /// Its agents.
    pub agents: Vec<AgentPulse>,
    /// Files that are different, untracked ones too.
    pub files_changed: u64,
    /// Lines that are new, those of untracked files too.
    pub insertions: u64,
    /// Lines that are gone.
    pub deletions: u64,
    /// Ours: how many of the files git does not know.
    #[serde(default)]
    pub untracked: u64,
    /// Why it could not be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff_error: Option<String>,
}

/// An agent at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentPulse {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its kind.
    pub agent_type: String,
    /// Its status.
    pub status: Status,
    /// Its activity.
    pub activity: Activity,
    /// How it ended: as is, or 128 + signal.
    pub exit_code: Option<i32>,
    /// Seconds from its start to now, or to its end or suspension.
    pub runtime_seconds: u64,
    /// Seconds since it last printed, while it is alive.
    pub idle_seconds: Option<u64>,
    /// What it was asked to do; of more than 80 characters the first 77 and `...`.
    pub prompt_snippet: Option<String>,
}
