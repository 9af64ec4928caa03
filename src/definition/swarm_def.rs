//! Swarm defs: worktrees that are made together, each with the same agents in it.

use serde::Serialize;

use super::read;
use super::store::Definition;
use crate::base::yaml::{Spot, YamlError};

/// More worktrees, or agents of one def in a worktree, are a slip of the finger.
const MOST: i64 = 100;

/// A swarm def.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SwarmDef {
    /// Its name.
    pub name: String,
    /// How many worktrees; 0: its agents run in the project's own folder.
    pub worktree_count: u64,
    /// What its worktrees are called, with `{index}` for the number; empty: `<swarm>-<index>`.
    pub worktree_template: String,
    /// Who is in each.
    pub roster: Vec<RosterEntry>,
    /// Whether each gets a terminal as well.
    pub include_terminal: bool,
}

/// Agents of one def.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RosterEntry {
    /// The agent def.
    pub agent_def: String,
    /// What they do, in a word for people.
    pub role: String,
    /// How many of them.
    pub quantity: u64,
}

impl Definition for SwarmDef {
    const NOUN: &'static str = "swarm def";
    const FOLDER: &'static str = "swarms";

    fn of(document: &Spot<'_>, stem: &str) -> Result<Self, YamlError> {
        document.map()?;
        let roster = document.get("roster").map(|roster| roster.list()).transpose()?.unwrap_or_default();
        Ok(Self {
            name: read::name_or(document, stem)?,
            worktree_count: read::number_or(document, "worktree_count", 1, 0..=MOST)?.unsigned_abs(),
            worktree_template: worktree_template(document)?,
            roster: roster.iter().map(entry).collect::<Result<_, _>>()?,
            include_terminal: read::flag_or(document, "include_terminal", false)?,
        })
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn slips(&self, document: &Spot<'_>) -> Vec<YamlError> {
        let roster = document.get("roster").and_then(|roster| roster.list().ok()).unwrap_or_default();
        roster.iter().flat_map(|entry| entry.unknown_keys(&["agent_def", "role", "quantity"])).collect()
    }
}

/// Without the number, the second worktree would want the first one's name.
fn worktree_template(document: &Spot<'_>) -> Result<String, YamlError> {
    let template = read::text(document, "worktree_template")?.unwrap_or_default();
    let many = read::number_or(document, "worktree_count", 1, 0..=MOST)? > 1;
    match document.get("worktree_template") {
        Some(spot) if many && !template.is_empty() && !template.contains("{index}") => {
            Err(spot.wrong("several worktrees need `{index}` in their name"))
        }
        _ => Ok(template),
    }
}

fn entry(spot: &Spot<'_>) -> Result<RosterEntry, YamlError> {
    spot.map()?;
    Ok(RosterEntry {
        agent_def: read::needed(spot, "agent_def")?,
        role: read::text(spot, "role")?.unwrap_or_default(),
        quantity: read::number_or(spot, "quantity", 1, 0..=MOST)?.unsigned_abs(),
    })
}
