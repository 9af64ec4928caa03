//! Agent defs: an agent that is spawned again and again, by its name.

use serde::Serialize;

use super::read;
use super::store::Definition;
use super::template::slips_in;
use crate::base::yaml::{Spot, YamlError};

/// An agent def.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AgentDef {
    /// Its name.
    pub name: String,
    /// The kind of agent.
    pub agent_type: String,
    /// The template of its prompt. It wins over `inline_prompt`.
    pub template: Option<String>,
    /// Its prompt itself, in which placeholders are filled in as in a template.
    pub inline_prompt: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Whether it is offered where a person chooses what to start.
    pub available_in_command_dialog: bool,
    /// A sign for it.
    pub icon: Option<String>,
    /// A command line to run in place of the kind's own.
    pub command: Option<String>,
    /// The environment it runs in.
    pub env: Option<String>,
}

impl Definition for AgentDef {
    const NOUN: &'static str = "agent def";
    const FOLDER: &'static str = "agents";

    fn of(document: &Spot<'_>, stem: &str) -> Result<Self, YamlError> {
        document.map()?;
        Ok(Self {
            name: read::name_or(document, stem)?,
            agent_type: read::needed(document, "agent_type")?,
            template: read::text(document, "template")?,
            inline_prompt: read::text(document, "inline_prompt")?,
            tags: read::texts(document, "tags")?,
            available_in_command_dialog: read::flag_or(document, "available_in_command_dialog", true)?,
            icon: read::text(document, "icon")?,
            command: read::text(document, "command")?,
            env: read::text(document, "env")?,
        })
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn slips(&self, document: &Spot<'_>) -> Vec<YamlError> {
        let prompt = document.get("inline_prompt");
        let slips = self.inline_prompt.as_deref().map(slips_in).unwrap_or_default();
        prompt.iter().flat_map(|prompt| slips.iter().map(|slip| prompt.wrong(slip))).collect()
    }
}
