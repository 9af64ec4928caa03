//! Agents, swarms, schedules and triggers: how their keys are spelt here.
//!
//! The format is the same here and there, so that a file is copied. Whether it can be used is asked of those who read it afterwards
//! ([`Definition::check`]).

use crate::base::yaml::Node;
use crate::daemon::check::Definition;

/// A kind of definition that is written in YAML.
#[derive(Debug)]
pub struct Kind {
    /// What it is.
    pub definition: Definition,
    /// The keys at its top, as they are spelt here.
    pub keys: &'static [&'static str],
}

/// All kinds that are written in YAML.
pub const KINDS: [Kind; 4] = [
    Kind {
        definition: Definition::Agent,
        keys: &[
            "name",
            "agent_type",
            "template",
            "inline_prompt",
            "tags",
            "available_in_command_dialog",
            "icon",
            "command",
            "env",
        ],
    },
    Kind {
        definition: Definition::Swarm,
        keys: &["name", "worktree_count", "worktree_template", "roster", "include_terminal"],
    },
    Kind {
        definition: Definition::Schedule,
        keys: &[
            "name",
            "enabled",
            "recurrence",
            "start_at",
            "next_run",
            "trigger",
            "project_root",
            "target",
            "root",
            "agent_name",
            "created_at",
            "last_run",
            "time_zone",
            "overlap",
        ],
    },
    Kind { definition: Definition::Trigger, keys: &["name", "description", "on", "sequence", "variables", "auto"] },
];

/// Keys further inside of a definition.
pub const INNER_KEYS: [&str; 6] = ["agent_def", "role", "quantity", "expect_exit", "max_retries", "agent"];

/// The maps of a definition whose keys are pintle's: not those of variables, whose names are a person's own.
pub fn maps(document: &Node) -> Vec<&Node> {
    let inner = |key: &str| document.get(key).map(Node::items).unwrap_or_default().iter();
    let items: Vec<&Node> = inner("roster").chain(inner("sequence")).collect();
    let gates = items.iter().filter_map(|action| action.get("gate"));
    std::iter::once(document).chain(document.get("trigger")).chain(gates).chain(items.iter().copied()).collect()
}
