//! Triggers: what is to happen when something has happened, step by step.

use std::collections::BTreeMap;

use serde::Serialize;

use super::read;
use super::store::Definition;
use crate::base::yaml::{Spot, YamlError};

/// A trigger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TriggerDef {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What sets it off.
    pub on: Event,
    /// What is done then, one step at a time.
    pub sequence: Vec<Step>,
    /// What the placeholders in its steps stand for.
    pub variables: BTreeMap<String, String>,
    /// Whether it binds itself to every agent that does not refuse triggers.
    pub auto: bool,
}

/// What sets a trigger off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// An agent has nothing to do any more.
    AgentIdle,
    /// Somebody commits in a worktree of ours.
    PreCommit,
    /// Somebody pushes from one.
    PrePush,
    /// An agent has ended.
    AgentExited,
    /// A schedule could not do what it was to do.
    ScheduleFailed,
}

impl Event {
    /// All, each with its word.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("agent_idle", Self::AgentIdle),
        ("pre_commit", Self::PreCommit),
        ("pre_push", Self::PrePush),
        ("agent_exited", Self::AgentExited),
        ("schedule_failed", Self::ScheduleFailed),
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, event)| *event == self).map_or("", |(word, _)| word)
    }
}

/// One step of a trigger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What is typed to the agent.
    pub inject: Option<String>,
    /// What has to hold before.
    pub gate: Option<Gate>,
    /// How often a failed gate is tried again.
    pub max_retries: u64,
}

/// A command that has to end as expected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// The command, for `sh -c`.
    pub run: String,
    /// The exit code with which it passes.
    pub expect_exit: i32,
}

impl Definition for TriggerDef {
    const NOUN: &'static str = "trigger";
    const FOLDER: &'static str = "triggers";

    fn of(document: &Spot<'_>, stem: &str) -> Result<Self, YamlError> {
        document.map()?;
        let sequence = document.get("sequence").ok_or_else(|| document.lacks("sequence", ""))?;
        Ok(Self {
            name: read::name_or(document, stem)?,
            description: read::text(document, "description")?,
            on: event(document)?,
            sequence: sequence.list()?.iter().map(step).collect::<Result<_, _>>()?,
            variables: read::variables(document, "variables")?,
            auto: read::flag_or(document, "auto", false)?,
        })
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn slips(&self, document: &Spot<'_>) -> Vec<YamlError> {
        let steps = document.get("sequence").and_then(|sequence| sequence.list().ok()).unwrap_or_default();
        let of_step = |step: &Spot<'_>| {
            let gate = step.get("gate").map(|gate| gate.unknown_keys(&["run", "expect_exit"])).unwrap_or_default();
            step.unknown_keys(&["inject", "gate", "max_retries"]).into_iter().chain(gate).collect::<Vec<_>>()
        };
        steps.iter().flat_map(of_step).collect()
    }
}

/// Hyphens are accepted in place of underscores: git calls its hooks `pre-commit`.
fn event(document: &Spot<'_>) -> Result<Event, YamlError> {
    let spot = document.get("on").ok_or_else(|| document.lacks("on", ""))?;
    let word = spot.text()?.replace('-', "_");
    match Event::WORDS.iter().find(|(known, _)| *known == word) {
        Some((_, event)) => Ok(*event),
        None => spot.word(&Event::WORDS),
    }
}

fn step(spot: &Spot<'_>) -> Result<Step, YamlError> {
    spot.map()?;
    let gate = spot.get("gate").map(|gate| {
        gate.map()?;
        let expect_exit = read::number_or(&gate, "expect_exit", 0, 0..=255)?;
        Ok(Gate { run: read::needed(&gate, "run")?, expect_exit: i32::try_from(expect_exit).unwrap_or(0) })
    });
    let step = Step {
        inject: read::text(spot, "inject")?,
        gate: gate.transpose()?,
        max_retries: read::number_or(spot, "max_retries", 0, 0..=100)?.unsigned_abs(),
    };
    match (&step.inject, &step.gate) {
        (None, None) => Err(spot.wrong("a step has an `inject`, a `gate`, or both; this one has neither")),
        _ => Ok(step),
    }
}
