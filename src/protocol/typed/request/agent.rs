//! Agents from `spawn` to `kill`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::target::{KillTarget, SuspendTarget};
use crate::protocol::null;

/// Starts an agent. Answered with `spawn_result`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spawn {
    /// The project's root folder.
    pub project_root: String,
    /// What the agent is asked to do; empty for nothing.
    #[serde(default, deserialize_with = "null::or_default")]
    pub prompt: String,
    /// The agent's kind; `None` is the project's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The agent's name, and that of a new worktree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The branch a new worktree starts from; `None` is the one HEAD is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// In the project's own folder instead of a worktree.
    #[serde(default, deserialize_with = "null::or_default")]
    pub root: bool,
    /// The id of a worktree that exists. Beats `root`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree: Option<String>,
    /// A command line that is the agent, instead of the kind's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Without the kind's built-in launch arguments.
    #[serde(default, deserialize_with = "null::or_default")]
    pub no_auto: bool,
    /// Arguments added in any case.
    #[serde(default, deserialize_with = "null::or_default")]
    pub extra_args: Vec<String>,
    /// The agent plans and does not act.
    #[serde(default, deserialize_with = "null::or_default")]
    pub plan_mode: bool,
    /// No trigger is bound, not even one that says `auto`.
    #[serde(default, deserialize_with = "null::or_default")]
    pub no_trigger: bool,
    /// Ours: the environment's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// Ours: variables set for the agent; `None` unsets one.
    #[serde(default, deserialize_with = "null::or_default")]
    pub vars: BTreeMap<String, Option<String>>,
    /// Ours: the template of its prompt. Those of `vars` that it has placeholders for are filled in there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Ours: the agent def that says what is not said here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_def: Option<String>,
    /// Ours: the trigger to bind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// Ours: the tmux pane in which to show the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pane: Option<String>,
    /// Ours: socket path of the tmux server that `pane` belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
    /// Ours: the terminal's columns, 1 to 65535.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cols: Option<u64>,
    /// Ours: the terminal's rows, 1 to 65535.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// Asks for a project's worktrees and agents (`status_report`) or for one agent (`agent_status`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The project's root folder.
    pub project_root: String,
    /// The one agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// Ends agents. Answered with `kill_result`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kill {
    /// The project's root folder.
    pub project_root: String,
    /// Which agents.
    pub target: KillTarget,
    /// Ids that stay alive whatever the target says; an agent that kills all excludes itself.
    #[serde(default, deserialize_with = "null::or_default")]
    pub exclude: Vec<String>,
}

/// Suspends agents. Answered with `suspend_result`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspend {
    /// The project's root folder.
    pub project_root: String,
    /// Which agents.
    pub target: SuspendTarget,
}

/// Lets a suspended agent go on. Answered with `resume_result`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The project's root folder.
    pub project_root: String,
    /// The agent.
    pub agent_id: String,
}

/// Gives an agent another name. Answered with `rename_result`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rename {
    /// The project's root folder.
    pub project_root: String,
    /// The agent.
    pub agent_id: String,
    /// The new name.
    pub name: String,
}

/// Ours: what an agent's own hooks say about it. Answered with `ok`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The agent, from `PINTLE_AGENT_ID` in its environment.
    pub agent_id: String,
    /// What it says it does.
    pub state: Reported,
    /// More about it, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What an agent can say of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reported {
    /// Busy.
    Working,
    /// Wants an answer.
    Blocked,
    /// Waits for the next thing to do.
    Idle,
    /// Finished what it was asked.
    Done,
}

/// Ours: asks why an agent has the status it has. Answered with `explain_result`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explain {
    /// The agent.
    pub agent_id: String,
}
