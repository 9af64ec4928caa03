//! What the daemon answers, one struct a reply.
//!
//! A key whose value is none is either left out or `null`, and which of the two is part of the contract: `Option`
//! with `skip_serializing_if` is the first, `Option` alone the second.

mod change;
mod definition;
mod grid;
mod info;
mod worktree;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use change::{AgentPulse, Diff, DiffResult, PulseReport, WorktreePulse};
pub use definition::{
    AgentDefDetail, AgentDefList, Defined, KeptWorktree, RunSwarmPartial, RunSwarmResult, ScheduleDetail, ScheduleList,
    SwarmDefDetail, SwarmDefList, TemplateDetail, TemplateInfo, TemplateList, TriggerDetail, TriggerList,
    UndoSwarmResult,
};
pub use grid::{Grid, GridChild, GridLayout, GridNode, GridSubscribed};
pub use info::{Activity, Agent, AgentEntry, Status, TriggerState, Worktree};
pub use worktree::{
    CreateWorktreeResult, DeleteWorktreeResult, SavedWorktree, SavedWorktreeList, WorktreeCheck, WorktreeSurvey,
    WorktreeSurveys,
};

use crate::protocol::WireError;
use crate::protocol::bytes::HexBytes;
use crate::protocol::tag::tagged;

tagged! {
    /// A reply of dialect `type`.
    ///
    /// `ok` is `Done` here: a variant `Ok` would shadow the prelude's in every `use Reply::*`.
    pub enum Reply by "type" {
        "error" => Error(WireError),
        "ok" => Done(Done),
        "health_report" => HealthReport(HealthReport),
        "init_result" => InitResult(InitResult),
        "shutting_down" => ShuttingDown(ShuttingDown),
        "restarting" => Restarting(Restarting),
        "config_report" => ConfigReport(ConfigReport),
        "spawn_result" => SpawnResult(SpawnResult),
        "status_report" => StatusReport(StatusReport),
        "agent_status" => AgentStatus(AgentStatus),
        "kill_result" => KillResult(KillResult),
        "suspend_result" => SuspendResult(SuspendResult),
        "resume_result" => ResumeResult(ResumeResult),
        "rename_result" => RenameResult(RenameResult),
        "diff_result" => DiffResult(DiffResult),
        "pulse_report" => PulseReport(PulseReport),
        "explain_result" => ExplainResult(ExplainResult),
        "logs_result" => LogsResult(LogsResult),
        "attach_ready" => AttachReady(AttachReady),
        "capture_result" => CaptureResult(CaptureResult),
        "wait_result" => WaitResult(WaitResult),
        "status_subscribed" => StatusSubscribed(StatusSubscribed),
        "events_subscribed" => EventsSubscribed(EventsSubscribed),
        "create_worktree_result" => CreateWorktreeResult(CreateWorktreeResult),
        "delete_worktree_result" => DeleteWorktreeResult(DeleteWorktreeResult),
        "worktree_surveys" => WorktreeSurveys(WorktreeSurveys),
        "saved_worktree_list" => SavedWorktreeList(SavedWorktreeList),
        "worktree_check" => WorktreeCheck(WorktreeCheck),
        "template_list" => TemplateList(TemplateList),
        "template_detail" => TemplateDetail(TemplateDetail),
        "agent_def_list" => AgentDefList(AgentDefList),
        "agent_def_detail" => AgentDefDetail(AgentDefDetail),
        "swarm_def_list" => SwarmDefList(SwarmDefList),
        "swarm_def_detail" => SwarmDefDetail(SwarmDefDetail),
        "schedule_list" => ScheduleList(ScheduleList),
        "schedule_detail" => ScheduleDetail(ScheduleDetail),
        "trigger_list" => TriggerList(TriggerList),
        "trigger_detail" => TriggerDetail(TriggerDetail),
        "run_swarm_result" => RunSwarmResult(RunSwarmResult),
        "run_swarm_partial" => RunSwarmPartial(RunSwarmPartial),
        "undo_swarm_result" => UndoSwarmResult(UndoSwarmResult),
        "grid_layout" => GridLayout(GridLayout),
        "grid_subscribed" => GridSubscribed(GridSubscribed),
    }
}

/// It is done, and there is nothing to say about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

/// How the daemon is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthReport {
    /// The daemon's process.
    pub pid: u32,
    /// Seconds since the daemon started.
    pub uptime_seconds: u64,
    /// [`PROTOCOL_VERSION`](crate::protocol::PROTOCOL_VERSION).
    pub protocol_version: u32,
    /// Root folders of all registered projects.
    pub projects: Vec<String>,
    /// Agents that are alive.
    pub agent_count: u64,
}

/// The folder is a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitResult {
    /// `false`: it was one before.
    pub created: bool,
}

/// The daemon ends; so does the connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShuttingDown {}

/// The daemon is being replaced; the connection ends, the next one reaches the new daemon.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restarting {}

/// The agent kinds of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigReport {
    /// The kind that `spawn` takes where none is named.
    pub default_agent: String,
    /// The kinds by name.
    pub agents: BTreeMap<String, AgentConfig>,
    /// What in the files has no effect, a line each with file, place and key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// One agent kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentConfig {
    /// Its name.
    pub name: String,
    /// The program.
    pub command: String,
    /// The flag in front of a prompt.
    pub prompt_flag: Option<String>,
    /// It talks to a person.
    pub interactive: bool,
    /// What the config says; `None`: nothing, what is built in holds.
    pub launch_args: Option<Vec<String>>,
    /// What holds.
    pub resolved_launch_args: Vec<String>,
}

/// The agent runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpawnResult {
    /// Its worktree; `None` at the root.
    pub worktree_id: Option<String>,
    /// Its id.
    pub agent_id: String,
    /// Its status.
    pub status: Status,
}

/// A project's worktrees and agents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StatusReport {
    /// The worktrees, their agents' manifest entries in them.
    pub worktrees: Vec<Worktree>,
    /// All agents, those in worktrees too.
    pub agents: Vec<Agent>,
    /// In the answer to `status` only: agents that were killed and whose output can still be read, in the order of their starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub killed: Vec<Killed>,
}

/// An agent that is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Killed {
    /// Its id, with which `logs`, `capture` and `explain` still find it.
    pub id: String,
    /// What people called it.
    pub name: String,
}

/// One agent; its fields stand beside `type`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgentStatus(pub Agent);

/// Agents were ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KillResult {
    /// Their ids.
    pub killed: Vec<String>,
    /// How each ended; `None` where that is not known (it was gone before).
    pub exit_codes: BTreeMap<String, Option<i32>>,
    /// Ids that the target meant and `exclude` spared.
    pub skipped: Vec<String>,
}

/// Agents were suspended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuspendResult {
    /// Their ids.
    pub suspended: Vec<String>,
}

/// The agent goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumeResult {
    /// Its id.
    pub agent_id: String,
    /// Its status.
    pub status: Status,
}

/// The agent has another name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenameResult {
    /// Its id.
    pub agent_id: String,
    /// The name as it is stored.
    pub name: String,
}

/// Why an agent has the status it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainResult {
    /// Its id.
    pub agent_id: String,
    /// Its status.
    pub status: Status,
    /// Its activity.
    pub activity: Activity,
    /// The deciding fact in a few words.
    pub because: String,
    /// Everything that was looked at, the deciding fact first.
    pub facts: Vec<Fact>,
}

/// One thing that is known about an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What was looked at.
    pub name: String,
    /// What was seen, for people.
    pub value: String,
}

/// What an agent printed last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogsResult {
    /// Its id.
    pub agent_id: String,
    /// The bytes.
    pub data: HexBytes,
}

/// The stream begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachReady {
    /// The agent's id.
    pub agent_id: String,
    /// How many bytes of the past are about to be sent.
    pub buffered_bytes: u64,
    /// Number of the first byte that will be sent, from 0 at the agent's start.
    pub offset: u64,
}

/// An agent's screen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureResult {
    /// Its id.
    pub agent_id: String,
    /// The lines, joined by `\n`, without the blanks at their ends.
    pub content: String,
    /// Columns of the terminal.
    pub cols: u16,
    /// Rows of the terminal.
    pub rows: u16,
    /// Where the cursor is.
    pub cursor: Cursor,
}

/// A place on the screen, from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Lines from the top.
    pub row: u16,
    /// Columns from the left.
    pub col: u16,
}

/// What was waited for has happened, or time is up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitResult {
    /// The agent's id.
    pub agent_id: String,
    /// `false`: time is up, or it will not come any more.
    pub reached: bool,
    /// Its status now.
    pub status: Status,
    /// How it ended, where it has.
    pub exit_code: Option<i32>,
    /// Ours: its process was ended to rest, so that nothing more comes before it is resumed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
}

/// `status_event` lines follow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusSubscribed {}

/// `event` lines follow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsSubscribed {}

#[cfg(test)]
mod tests;
