//! Definitions as they are listed and shown.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::protocol::typed::definition::{
    AgentDefFields, ScheduleFields, SwarmDefFields, TemplateFields, TriggerFields,
};

/// A template in a list: without its body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateInfo {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The kind of agent it is written for; empty: any.
    pub agent: String,
    /// A command line to run in place of the kind's own.
    pub command: Option<String>,
    /// `local` or `global`.
    pub source: String,
    /// The placeholders in its body.
    pub variables: Vec<String>,
    /// Ours: its file.
    pub path: String,
    /// Ours: its file cannot be used, and why. Then it has the file's name and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Ours: what has no effect in it, or names what is not there; a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateDetail {
    /// What it is.
    #[serde(flatten)]
    pub fields: TemplateFields,
    /// `local` or `global`.
    pub source: String,
    /// The placeholders in its body.
    pub variables: Vec<String>,
    /// Ours: its file.
    pub path: String,
    /// Ours: what has no effect in it, or names what is not there; a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A definition in a list, or alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defined<F> {
    /// What it is.
    #[serde(flatten)]
    pub fields: F,
    /// `local` or `global`.
    pub scope: String,
    /// Ours: its file.
    pub path: String,
    /// Ours, in lists: its file cannot be used, and why. Then it has the file's name and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Ours, of agent and swarm defs: the placeholders in the prompts that are used. A trigger has `variables` of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub placeholders: Vec<String>,
    /// Ours: what has no effect in it, or names what is not there; a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// An agent def.
pub type AgentDefDetail = Defined<AgentDefFields>;
/// A swarm def.
pub type SwarmDefDetail = Defined<SwarmDefFields>;
/// A trigger.
pub type TriggerDetail = Defined<TriggerFields>;

/// A schedule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleDetail {
    /// What it is, and where.
    #[serde(flatten)]
    pub defined: Defined<ScheduleFields>,
    /// When it is due next; `None`: never.
    pub next_run: Option<Timestamp>,
    /// The project it runs in.
    pub project_root: String,
    /// When it was made; `None` where its file does not say.
    pub created_at: Option<Timestamp>,
    /// When it ran last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<Timestamp>,
}

macro_rules! lists {
    ($($(#[$attribute:meta])* $List:ident { $key:ident: $Entry:ty })*) => {$(
        $(#[$attribute])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $List {
            /// By name; those of the user that the project's shadow left out.
            pub $key: Vec<$Entry>,
        }
    )*};
}

lists! {
    /// All templates.
    TemplateList { templates: TemplateInfo }
    /// All agent defs.
    AgentDefList { agent_defs: AgentDefDetail }
    /// All swarm defs.
    SwarmDefList { swarm_defs: SwarmDefDetail }
    /// All schedules.
    ScheduleList { schedules: ScheduleDetail }
    /// All triggers.
    TriggerList { triggers: TriggerDetail }
}

/// All agents of a swarm run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSwarmResult {
    /// Their ids: worktree by worktree, in the order of the roster.
    pub spawned_agents: Vec<String>,
    /// Ours: the run, for `undo_swarm`.
    pub run_id: String,
}

/// Some agents of a swarm run; one could not be started, and no more were after it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSwarmPartial {
    /// The ids of those that run.
    pub spawned_agents: Vec<String>,
    /// The code of what went wrong.
    pub error_code: String,
    /// What went wrong.
    pub error_message: String,
    /// Ours: the run, for `undo_swarm`.
    pub run_id: String,
}

/// A run of a swarm was taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoSwarmResult {
    /// The ids of the agents that were ended.
    pub killed: Vec<String>,
    /// The ids of the worktrees that are gone.
    pub removed: Vec<String>,
    /// Worktrees that stay.
    pub kept: Vec<KeptWorktree>,
}

/// A worktree that stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptWorktree {
    /// Its id.
    pub worktree_id: String,
    /// Its name.
    pub name: String,
    /// Why it stays.
    pub reason: String,
}
