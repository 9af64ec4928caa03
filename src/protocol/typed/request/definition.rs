//! Definitions: templates, agent defs, swarm defs, schedules, triggers. The same four requests for each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::null;
use crate::protocol::typed::definition::{
    AgentDefFields, ScheduleFields, SwarmDefFields, TemplateFields, TriggerFields,
};

/// The scope where none is named.
fn local() -> String {
    "local".to_owned()
}

fn or_local<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_else(local))
}

macro_rules! definition_requests {
    ($($what:literal: $List:ident, $Get:ident, $Save:ident($Fields:ident), $Delete:ident;)*) => {$(
        #[doc = concat!("Asks for all ", $what, "s. Answered with a list.")]
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $List {
            /// The project's root folder.
            pub project_root: String,
            /// Ours: only those of this scope, `local` or `global`, also those that are hidden by another.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub scope: Option<String>,
        }

        #[doc = concat!("Asks for one ", $what, ", the project's own before the user's. Answered with its detail.")]
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $Get {
            /// The project's root folder.
            pub project_root: String,
            /// Its name.
            pub name: String,
            /// Ours: the one of this scope, `local` or `global`, also where it is hidden by another.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub scope: Option<String>,
        }

        #[doc = concat!("Makes or changes one ", $what, ". Answered with `ok`.")]
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $Save {
            /// The project's root folder.
            pub project_root: String,
            /// `local` or `global`.
            #[serde(default = "local", deserialize_with = "or_local")]
            pub scope: String,
            /// What it is.
            #[serde(flatten)]
            pub fields: $Fields,
        }

        #[doc = concat!("Deletes one ", $what, ". Answered with `ok`.")]
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $Delete {
            /// The project's root folder.
            pub project_root: String,
            /// Its name.
            pub name: String,
            /// `local` or `global`.
            #[serde(default = "local", deserialize_with = "or_local")]
            pub scope: String,
        }
    )*};
}

definition_requests! {
    "template": ListTemplates, GetTemplate, SaveTemplate(TemplateFields), DeleteTemplate;
    "agent def": ListAgentDefs, GetAgentDef, SaveAgentDef(AgentDefFields), DeleteAgentDef;
    "swarm def": ListSwarmDefs, GetSwarmDef, SaveSwarmDef(SwarmDefFields), DeleteSwarmDef;
    "schedule": ListSchedules, GetSchedule, SaveSchedule(ScheduleFields), DeleteSchedule;
    "trigger": ListTriggers, GetTrigger, SaveTrigger(TriggerFields), DeleteTrigger;
}

/// Makes the worktrees and agents of a swarm. Answered with `run_swarm_result` or `run_swarm_partial`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSwarm {
    /// The project's root folder.
    pub project_root: String,
    /// The swarm def.
    pub swarm_name: String,
    /// What the placeholders in its agents' prompts stand for.
    #[serde(default, deserialize_with = "null::or_default")]
    pub vars: BTreeMap<String, String>,
}

/// Ours: ends the agents of one run of a swarm and removes those of its worktrees that hold no work. Answered with
/// `undo_swarm_result`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoSwarm {
    /// The project's root folder.
    pub project_root: String,
    /// The run, as `run_swarm` told it.
    pub run_id: String,
}
