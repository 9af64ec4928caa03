//! Environments, and the prefix rules that bring commands into them.
//!
//! A pane is named as in the requests of tmux: its id, and the socket of its server as `tmux`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Command;
use crate::protocol::null;

/// Makes an environment the global one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetEnv {
    /// Its name.
    #[serde(default, alias = "env", deserialize_with = "null::or_default")]
    pub value: String,
}

/// Ours: from here on there is no global environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearEnv {}

/// Gives a pane an environment of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPaneEnv {
    /// The pane.
    #[serde(default, alias = "pane_id", deserialize_with = "null::or_default")]
    pub pane: String,
    /// The environment's name.
    #[serde(default, alias = "value", deserialize_with = "null::or_default")]
    pub env: String,
    /// Ours: how far it reaches.
    #[serde(default, deserialize_with = "null::or_default")]
    pub scope: EnvScope,
    /// Ours: socket path of the pane's server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
}

/// How far an environment of a pane reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvScope {
    /// That pane.
    #[default]
    Pane,
    /// Every pane of its window that has none of its own.
    Window,
    /// Every pane of its session whose window has none either.
    Session,
}

/// Asks which environment holds in a pane.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetPaneEnv {
    /// The pane.
    #[serde(default, alias = "pane_id", deserialize_with = "null::or_default")]
    pub pane: String,
    /// Ours: socket path of its server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
}

/// Takes a pane's own environment away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearPaneEnv {
    /// The pane.
    #[serde(default, alias = "pane_id", deserialize_with = "null::or_default")]
    pub pane: String,
    /// Ours: the pane's own, its window's or its session's.
    #[serde(default, deserialize_with = "null::or_default")]
    pub scope: EnvScope,
    /// Ours: socket path of its server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
}

/// Ours: asks for the environments there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEnvs {
    /// With the values of variables whose names say that they are secret.
    #[serde(default, deserialize_with = "null::or_default")]
    pub reveal: bool,
}

/// Ours: asks which environment holds and where it comes from, rung by rung.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainEnv {
    /// Where the question is asked.
    #[serde(default, deserialize_with = "null::or_default")]
    pub context: Context,
}

/// Ours: lifts an environment's guard for a while, in one pane.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmEnv {
    /// The environment's name.
    #[serde(default, deserialize_with = "null::or_default")]
    pub env: String,
    /// The pane.
    #[serde(default, alias = "pane_id", deserialize_with = "null::or_default")]
    pub pane: String,
    /// Socket path of its server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
    /// For how long, in seconds; 8 hours at most.
    pub seconds: u64,
}

/// Ours: puts a lifted guard back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisarmEnv {
    /// The environment's name; `None` is every one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// The pane; `None` is every one.
    #[serde(default, alias = "pane_id", skip_serializing_if = "Option::is_none")]
    pub pane: Option<String>,
    /// Socket path of its server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
}

/// Asks for what a config file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetConfig {
    /// `hud`, `envs`, `prefixes` or `config`, and behind dots a key in it.
    #[serde(alias = "spoke")]
    pub key: String,
    /// With values that look secret.
    #[serde(default, deserialize_with = "null::or_default")]
    pub reveal: bool,
}

/// Asks what a command becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplyPrefixes {
    /// Its word, or all words.
    pub command: Command,
    /// The words behind it.
    #[serde(default, deserialize_with = "null::or_default")]
    pub args: Vec<String>,
    /// Where it is to run.
    #[serde(default, deserialize_with = "null::or_default")]
    pub context: Context,
}

/// Where a command runs, which decides about its environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// The environment itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// Ours: the agent, from `PINTLE_AGENT_ID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The pane.
    #[serde(default, alias = "pane_id", skip_serializing_if = "Option::is_none")]
    pub pane: Option<String>,
    /// Ours: socket path of its server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
    /// The folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Ours: the caller's own `KUBECONFIG`, in front of which an overlay goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<String>,
}

/// Asks for the commands that have rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPrefixedCommands {}

/// Adds a rule, beside those of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegisterPrefix {
    /// The command's word.
    pub command: String,
    /// `args_append`, `args_prepend`, `env_vars` or `wrapper`; left out where `wrapper` stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// As in the file.
    #[serde(default, deserialize_with = "null::or_default", skip_serializing_if = "Map::is_empty")]
    pub config: Map<String, Value>,
    /// Words in front of the command; the same as strategy `wrapper`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrapper: Option<Command>,
    /// Whose it is.
    #[serde(default, alias = "spoke", skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// Takes rules away that were added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnregisterPrefix {
    /// The command's word.
    pub command: String,
    /// Ours: only of this strategy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// Ours: only of this owner.
    #[serde(default, alias = "spoke", skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}
