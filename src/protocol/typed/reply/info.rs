//! Agents and worktrees as a client sees them.
//!
//! [`Agent`] is the live view, in the wire's snake_case. [`Worktree`] and [`AgentEntry`] are the manifest's view
//! and keep its camelCase keys, so that a client which reads the file and one which asks see the same.
//!
//! Timestamps are RFC 3339 in UTC with `Z` on the way out and take any offset on the way in. A time without an
//! offset is refused: whose midnight it means cannot be known.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What an agent is, coarsely: what all clients have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Alive and working.
    Streaming,
    /// Alive and wants input, has nothing to do, or is suspended.
    Waiting,
    /// Ended.
    Broken,
}

/// What an agent is, finely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// Its program comes up.
    Starting,
    /// It does something.
    Working,
    /// It wants an answer.
    Blocked,
    /// It waits for the next thing to do.
    Idle,
    /// It says it works, and nothing moves.
    Stuck,
    /// Ended with exit code 0.
    Done,
    /// Ended otherwise.
    Failed,
    /// Stopped until it is resumed.
    Suspended,
}

/// Where an agent is in its trigger's sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriggerState {
    /// More steps to come.
    Active,
    /// A gate runs.
    Gating,
    /// All steps are done.
    Completed,
    /// A gate failed for good.
    Failed,
}

/// An agent, live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// `ag-` and eight of `[a-z0-9]`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its kind.
    pub agent_type: String,
    /// Its status.
    pub status: Status,
    /// Its process, while there is one.
    pub pid: Option<u32>,
    /// How it ended: as is, or 128 + signal.
    pub exit_code: Option<i32>,
    /// Seconds since it last printed, while it is alive.
    pub idle_seconds: Option<u64>,
    /// Its worktree; `None` at the root.
    pub worktree_id: Option<String>,
    /// When it was spawned.
    pub started_at: Timestamp,
    /// The session that `resume` goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// What it was asked to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// It is suspended.
    pub suspended: bool,
    /// The trigger bound to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_name: Option<String>,
    /// The trigger's next step, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_seq_index: Option<u64>,
    /// How the trigger stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_state: Option<TriggerState>,
    /// Steps in the trigger's sequence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_total: Option<u64>,
    /// Ours: the environment it runs in.
    pub env: Option<String>,
    /// Ours: its activity.
    pub activity: Activity,
    /// Ours: how that is known, in a few words.
    pub because: String,
    /// Ours: a tmux pane that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pane: Option<String>,
    /// Ours: how many clients are attached.
    pub attached: u32,
    /// Ours: the run of a swarm that it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swarm_run: Option<String>,
}

/// A worktree as in the manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Worktree {
    /// `wt-` and eight of `[a-z0-9]`.
    pub id: String,
    /// Its normalised name.
    pub name: String,
    /// Its folder, absolute.
    pub path: String,
    /// Its branch.
    pub branch: String,
    /// The branch it was made from.
    pub base_branch: Option<String>,
    /// `active` while it is in use. A word of the manifest, passed on as it stands there.
    pub status: String,
    /// Its agents by id.
    pub agents: BTreeMap<String, AgentEntry>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Ours: the run of a swarm that it was made for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swarm_run: Option<String>,
}

/// An agent as in the manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentEntry {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its kind.
    pub agent_type: String,
    /// Its status.
    pub status: Status,
    /// What it was asked to do.
    pub prompt: Option<String>,
    /// When it was spawned.
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Its process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// The session that `resume` goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// It is suspended.
    #[serde(default)]
    pub suspended: bool,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_at: Option<Timestamp>,
    /// The command line that is the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// It was spawned to plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_mode: Option<bool>,
    /// It was spawned without triggers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_trigger: Option<bool>,
    /// The trigger bound to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_name: Option<String>,
    /// The trigger's next step, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_seq_index: Option<u64>,
    /// How the trigger stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_state: Option<TriggerState>,
    /// Steps in the trigger's sequence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_total: Option<u64>,
    /// How often the gate of this step has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate_attempts: Option<u64>,
}
