//! Definitions as they stand in requests and replies alike: what is saved is what is got.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::clock::time_of;
use crate::protocol::WireError;
use crate::protocol::null;
use crate::protocol::reason::read_fields;

/// Reads a definition that somebody has written in another form than a request, and says what is wrong in the same words.
pub fn read<T: serde::de::DeserializeOwned>(keys: &serde_json::Value) -> Result<T, WireError> {
    read_fields("definition", &keys.to_string())
}

/// A prompt with placeholders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateFields {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default, deserialize_with = "null::or_default")]
    pub description: String,
    /// The kind of agent it is written for; empty: any.
    #[serde(default, deserialize_with = "null::or_default")]
    pub agent: String,
    /// The prompt, with placeholders `{{NAME}}`.
    pub body: String,
    /// A command line to run in place of the kind's own.
    #[serde(default)]
    pub command: Option<String>,
}

/// An agent that is spawned again and again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentDefFields {
    /// Its name.
    pub name: String,
    /// The agent's kind.
    pub agent_type: String,
    /// The template of its prompt. It wins over `inline_prompt`.
    #[serde(default)]
    pub template: Option<String>,
    /// Its prompt itself.
    #[serde(default)]
    pub inline_prompt: Option<String>,
    /// Words to find it by.
    #[serde(default, deserialize_with = "null::or_default")]
    pub tags: Vec<String>,
    /// Whether it is offered where a person chooses what to start.
    #[serde(default = "null::yes", deserialize_with = "null::or_yes")]
    pub available_in_command_dialog: bool,
    /// A sign for it.
    #[serde(default)]
    pub icon: Option<String>,
    /// A command line to run in place of the kind's own.
    #[serde(default)]
    pub command: Option<String>,
    /// The environment's name.
    #[serde(default)]
    pub env: Option<String>,
}

/// Worktrees that are made together, each with the same agents in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwarmDefFields {
    /// Its name.
    pub name: String,
    /// How many worktrees; 0: its agents run in the project's own folder.
    #[serde(default = "null::whole::<1>", deserialize_with = "null::or_whole::<_, 1>")]
    pub worktree_count: u64,
    /// What its worktrees are called, with `{index}` for the number; empty: `<swarm>-<index>`.
    #[serde(default, deserialize_with = "null::or_default")]
    pub worktree_template: String,
    /// Who is in each.
    #[serde(default, deserialize_with = "null::or_default")]
    pub roster: Vec<RosterEntry>,
    /// Whether each gets a terminal as well.
    #[serde(default, deserialize_with = "null::or_default")]
    pub include_terminal: bool,
}

/// Agents of one def in a swarm.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterEntry {
    /// The agent def.
    pub agent_def: String,
    /// What they do, for people.
    #[serde(default, deserialize_with = "null::or_default")]
    pub role: String,
    /// How many.
    #[serde(default = "null::whole::<1>", deserialize_with = "null::or_whole::<_, 1>")]
    pub quantity: u64,
}

/// What is to be done, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleFields {
    /// Its name.
    pub name: String,
    /// Whether it runs at all.
    #[serde(default = "null::yes", deserialize_with = "null::or_yes")]
    pub enabled: bool,
    /// `none`, `hourly`, `daily`, `weekdays`, `weekly`, `monthly`, or five fields of cron.
    pub recurrence: String,
    /// From when on.
    #[serde(deserialize_with = "time")]
    pub start_at: Timestamp,
    /// What it does.
    pub trigger: ScheduleTrigger,
    /// What it is about.
    #[serde(default, deserialize_with = "null::or_default")]
    pub target: String,
    /// In the project's own folder, and not in a new worktree.
    #[serde(default = "null::yes", deserialize_with = "null::or_yes")]
    pub root: bool,
    /// What an agent in a worktree is called.
    #[serde(default)]
    pub agent_name: Option<String>,
    /// Ours: the time zone of its times of day.
    #[serde(default = "utc", deserialize_with = "or_utc")]
    pub time_zone: String,
    /// Ours: what happens when the last run's agents still live: `skip`, `queue`, `allow`.
    #[serde(default = "skip", deserialize_with = "or_skip")]
    pub overlap: String,
}

fn time<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    time_of(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

fn utc() -> String {
    "UTC".to_owned()
}

fn skip() -> String {
    "skip".to_owned()
}

fn or_utc<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_else(utc))
}

fn or_skip<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_else(skip))
}

/// What a schedule does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ScheduleTrigger {
    /// Spawns an agent of this def.
    AgentDef {
        /// The def.
        name: String,
    },
    /// Runs a swarm.
    SwarmDef {
        /// The swarm def.
        name: String,
        /// What its placeholders stand for.
        #[serde(default, deserialize_with = "null::or_default")]
        vars: BTreeMap<String, String>,
    },
    /// Spawns an agent with this prompt.
    InlinePrompt {
        /// The prompt.
        prompt: String,
        /// The agent's kind.
        #[serde(default)]
        agent: Option<String>,
    },
    /// Ours: types something to an agent that is there.
    Send {
        /// The agent.
        agent_id: String,
        /// What is typed.
        text: String,
    },
}

impl Default for ScheduleTrigger {
    fn default() -> Self {
        Self::InlinePrompt { prompt: String::new(), agent: None }
    }
}

/// What is to happen when something has happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerFields {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// `agent_idle`, `pre_commit`, `pre_push`; ours `agent_exited`, `schedule_failed`. Hyphens are accepted.
    pub on: String,
    /// What is done then, one step at a time.
    pub sequence: Vec<Step>,
    /// What the placeholders in it stand for.
    #[serde(default, deserialize_with = "null::or_default")]
    pub variables: BTreeMap<String, String>,
    /// Ours: it binds itself to every agent that does not refuse triggers.
    #[serde(default, deserialize_with = "null::or_default")]
    pub auto: bool,
}

/// One step of a trigger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is typed to the agent.
    #[serde(default)]
    pub inject: Option<String>,
    /// What has to hold before.
    #[serde(default)]
    pub gate: Option<Gate>,
    /// How often a failed gate is tried again.
    #[serde(default, deserialize_with = "null::or_default")]
    pub max_retries: u64,
}

/// A command that has to end as expected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// The command.
    pub run: String,
    /// Its exit code where it passes.
    #[serde(default, deserialize_with = "null::or_default")]
    pub expect_exit: i32,
}
