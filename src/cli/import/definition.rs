//! Templates, agents, swarms, schedules and triggers: what has to stand in a file of each kind.
//!
//! The format is the same here and there, so that a file is copied. What is looked at is what would make it useless: a key that has to
//! be there, a word that nobody knows.

use std::path::Path;

use crate::base::yaml::{Node, Place, Value, YamlError, suggestion};

/// A kind of definition that is written in YAML.
#[derive(Debug)]
pub struct Kind {
    /// Its folder.
    pub folder: &'static str,
    /// The keys at its top, as they are spelt here.
    pub keys: &'static [&'static str],
    /// What is wrong in its own way with one.
    check: fn(&Looked<'_>) -> Result<(), YamlError>,
}

/// The folder of templates, which are Markdown.
pub const TEMPLATES: &str = "templates";

/// All kinds that are written in YAML.
pub const KINDS: [Kind; 4] = [
    Kind {
        folder: "agents",
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
        check: |_| Ok(()),
    },
    Kind {
        folder: "swarms",
        keys: &["name", "worktree_count", "worktree_template", "roster", "include_terminal"],
        check: |def| def.each("roster", |entry| entry.needs("agent_def").map(drop)),
    },
    Kind {
        folder: "schedules",
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
        check: schedule,
    },
    Kind {
        folder: "triggers",
        keys: &["name", "description", "on", "sequence", "variables", "auto"],
        check: |def| {
            def.word("on", &["agent_idle", "pre_commit", "pre_push"])?;
            def.needs("sequence")?;
            def.each("sequence", |action| match action.node.get("gate") {
                Some(gate) => Looked { node: gate, ..*action }.needs("run").map(drop),
                None => action.needs("inject").map(drop),
            })
        },
    },
];

/// Keys further inside of a definition.
pub const INNER_KEYS: [&str; 6] = ["agent_def", "role", "quantity", "expect_exit", "max_retries", "agent"];

impl Kind {
    /// Says what is wrong with a definition of this kind. `path` is for the error.
    pub fn check(&self, path: &Path, node: &Node) -> Result<(), YamlError> {
        let def = Looked { path, node };
        def.needs("name")?;
        (self.check)(&def)
    }
}

/// The maps of a definition whose keys are pintle's: not those of variables, whose names are a person's own.
pub fn maps(document: &Node) -> Vec<&Node> {
    let inner = |key: &str| document.get(key).map(Node::items).unwrap_or_default().iter();
    let items: Vec<&Node> = inner("roster").chain(inner("sequence")).collect();
    let gates = items.iter().filter_map(|action| action.get("gate"));
    std::iter::once(document).chain(document.get("trigger")).chain(gates).chain(items.iter().copied()).collect()
}

fn schedule(def: &Looked<'_>) -> Result<(), YamlError> {
    def.needs("start_at")?;
    // Five fields are a cron expression, which its own parser will judge.
    if def.node.get("recurrence").and_then(Node::scalar).is_some_and(|text| text.split_whitespace().count() != 5) {
        def.word("recurrence", &["none", "hourly", "daily", "weekdays", "weekly", "monthly"])?;
    }
    let trigger = Looked { node: def.needs("trigger")?, ..*def };
    match trigger.word("type", &["agent_def", "swarm_def", "inline_prompt"])? {
        "inline_prompt" => trigger.needs("prompt").map(drop),
        _ => trigger.needs("name").map(drop),
    }?;
    let in_worktree = def.node.get("root").and_then(Node::scalar) == Some("false");
    if in_worktree { def.needs("agent_name").map(drop) } else { Ok(()) }
}

/// A map in a file.
#[derive(Clone, Copy)]
struct Looked<'a> {
    path: &'a Path,
    node: &'a Node,
}

impl<'a> Looked<'a> {
    fn needs(&self, key: &str) -> Result<&'a Node, YamlError> {
        if !matches!(self.node.value, Value::Map(_)) {
            return Err(self.wrong(self.node.at, "this has to be a map".to_owned()));
        }
        self.node.get(key).ok_or_else(|| self.wrong(self.node.at, format!("`{key}` is missing")))
    }

    fn word(&self, key: &str, words: &[&'static str]) -> Result<&'static str, YamlError> {
        let value = self.needs(key)?;
        let text = value.scalar().unwrap_or_default();
        words.iter().find(|word| **word == text.replace('-', "_")).copied().ok_or_else(|| {
            let known = suggestion(text, words.iter().copied());
            self.wrong(value.at, format!("{key}: unknown word `{text}`; {known}"))
        })
    }

    fn each(&self, key: &str, look: impl Fn(&Looked<'a>) -> Result<(), YamlError>) -> Result<(), YamlError> {
        let items = self.node.get(key).map(Node::items).unwrap_or_default();
        items.iter().try_for_each(|node| look(&Looked { node, ..*self }))
    }

    fn wrong(&self, at: Place, reason: String) -> YamlError {
        YamlError { path: self.path.to_owned(), at, reason }
    }
}
