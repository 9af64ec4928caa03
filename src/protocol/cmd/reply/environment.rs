//! Environments, and what commands become in them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The environment of a pane.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetPaneEnv {
    /// Its name.
    // Without a default of its own: a key that must be there tells this reply from others.
    #[serde(deserialize_with = "Option::deserialize")]
    pub env: Option<String>,
    /// `pane`, `window`, `session`, `project`, `global` or `none`.
    pub source: String,
}

/// Whether there was one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearPaneEnv {
    /// False when there was none.
    pub cleared: bool,
}

/// The environments, in the order of their file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEnvs {
    /// They.
    pub envs: Vec<EnvInfo>,
}

/// An environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvInfo {
    /// Its name.
    pub name: String,
    /// Its colour, as its file has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `free`, `confirm`, `typed`, `readonly` or `locked`.
    pub guard: String,
    /// It is the global one.
    pub active: bool,
    /// The parent it goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    /// Variables that are set, or unset where there is no value. Values that look secret are `***`.
    pub vars: BTreeMap<String, Option<String>>,
    /// Other keys of it, for templates.
    pub keys: BTreeMap<String, String>,
    /// File and line.
    pub at: String,
}

/// Which environment holds, and why.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ExplainEnv {
    /// Its name.
    pub env: Option<String>,
    /// The rung it stands on.
    pub source: String,
    /// Every rung from the first that counts to the last.
    pub rungs: Vec<Rung>,
    /// Until when its guard is lifted, in unix seconds.
    pub armed_until: Option<f64>,
}

/// One place where an environment can be set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// `command`, `agent`, `pane`, `window`, `session`, `project` or `global`.
    pub source: String,
    /// What is set there.
    pub env: Option<String>,
    /// Where exactly: the pane's id, the project's file.
    pub of: Option<String>,
}

/// Until when a guard is lifted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ArmEnv {
    /// In unix seconds.
    pub until: f64,
}

/// How many guards were put back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisarmEnv {
    /// The number.
    pub disarmed: u64,
}

/// What a config file says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GetConfig {
    /// What stands under the key.
    pub value: Value,
    /// The same, under the name other clients look for.
    pub config: Value,
    /// The file.
    pub source: String,
}

/// What a command becomes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplyPrefixes {
    /// Its words.
    pub command: Vec<String>,
    /// Variables that are set for it.
    pub env_vars: BTreeMap<String, String>,
    /// Ours: variables that are unset for it.
    #[serde(default)]
    pub unset: Vec<String>,
    /// Ours: the rules that applied, each with where it stands.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Ours: the command's other rules, each with why it did nothing.
    #[serde(default)]
    pub passed: Vec<String>,
    /// Ours: the environment.
    #[serde(default)]
    pub env: Option<String>,
    /// Ours: its colour.
    #[serde(default)]
    pub color: Option<String>,
    /// Ours: the rung it stands on.
    #[serde(default)]
    pub source: String,
    /// Ours: what must be said before it runs.
    #[serde(default)]
    pub guard: Option<Guard>,
    /// Ours: why.
    #[serde(default)]
    pub guard_reason: Option<String>,
    /// Ours: nothing must be said since the guard is lifted.
    #[serde(default)]
    pub armed: bool,
    /// Ours: the agent that asks, where something would have to be confirmed: it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

/// What must be said before a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// Yes.
    Confirm,
    /// The environment's name.
    Typed,
    /// Nothing helps but lifting the guard.
    Deny,
}

/// The commands that have rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPrefixedCommands {
    /// Their words, sorted.
    pub commands: Vec<String>,
}

/// How many rules went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnregisterPrefix {
    /// The number.
    pub removed: u64,
}
