//! Schedules: what is to be done, and when.

use std::collections::BTreeMap;
use std::str::FromStr;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};
use thiserror::Error;

use super::read;
use super::store::Definition;
use crate::base::yaml::{Spot, YamlError, suggestion};

/// A schedule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScheduleDef {
    /// Its name.
    pub name: String,
    /// Whether it runs at all.
    pub enabled: bool,
    /// How often.
    pub recurrence: Recurrence,
    /// From when on; also the time of day (and the day of the week or month) of a plain recurrence.
    pub start_at: Timestamp,
    /// What it does.
    pub trigger: ScheduleTrigger,
    /// What it is about, for people and for other programs of this family.
    pub target: String,
    /// Whether an agent runs in the project's own folder, and not in a new worktree.
    pub root: bool,
    /// What an agent in a worktree is called.
    pub agent_name: Option<String>,
    /// The time zone that its times of day are in.
    pub time_zone: String,
    /// What happens when it is due and the last run's agents still live.
    pub overlap: Overlap,
    /// The project of a global one.
    pub project_root: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it ran last.
    pub last_run: Option<Timestamp>,
}

/// What a schedule does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
        vars: BTreeMap<String, String>,
    },
    /// Spawns an agent with this prompt.
    InlinePrompt {
        /// The prompt.
        prompt: String,
        /// The agent's kind.
        agent: Option<String>,
    },
    /// Types something to an agent that is there.
    Send {
        /// The agent.
        agent_id: String,
        /// What is typed.
        text: String,
    },
}

/// What happens when a schedule is due and the last run's agents still live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// This run is left out.
    #[default]
    Skip,
    /// It comes when they have ended.
    Queue,
    /// It runs beside them.
    Allow,
}

impl Overlap {
    const WORDS: [(&'static str, Self); 3] = [("skip", Self::Skip), ("queue", Self::Queue), ("allow", Self::Allow)];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, overlap)| *overlap == self).map_or("", |(word, _)| word)
    }
}

/// How often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recurrence {
    /// Once.
    None,
    /// Every hour.
    Hourly,
    /// Every day.
    Daily,
    /// From Monday to Friday.
    Weekdays,
    /// Every week.
    Weekly,
    /// Every month that has the day.
    Monthly,
    /// By a cron expression of five fields.
    Cron(Box<Cron>, String),
}

/// A text that is no recurrence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecurrenceError {
    /// No word and no five fields.
    #[error("unknown word `{0}`; {1}, or five fields of cron")]
    Word(String, String),
    /// Five fields that cron would not take.
    #[error("`{0}` is no cron expression: {1}")]
    Cron(String, String),
}

impl Recurrence {
    const WORDS: [(&'static str, Self); 6] = [
        ("none", Self::None),
        ("hourly", Self::Hourly),
        ("daily", Self::Daily),
        ("weekdays", Self::Weekdays),
        ("weekly", Self::Weekly),
        ("monthly", Self::Monthly),
    ];

    /// Its word or expression, as it was written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Cron(_, text) => text,
            word => Self::WORDS.iter().find(|(_, known)| known == word).map_or("", |(word, _)| word),
        }
    }
}

impl FromStr for Recurrence {
    type Err = RecurrenceError;

    fn from_str(text: &str) -> Result<Self, RecurrenceError> {
        if let Some((_, word)) = Self::WORDS.into_iter().find(|(word, _)| *word == text) {
            return Ok(word);
        }
        if text.split_whitespace().count() != 5 {
            let known = suggestion(text, Self::WORDS.iter().map(|(word, _)| *word));
            return Err(RecurrenceError::Word(text.to_owned(), known));
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let wrong = |reason: String| RecurrenceError::Cron(text.to_owned(), reason);
        let cron = parser.parse(text).map_err(|error| wrong(error.to_string()))?;
        // The 30th of February never comes.
        let found = cron.find_next_occurrence(&DateTime::constant(2024, 1, 1, 0, 0, 0, 0), true);
        if found.is_err() {
            return Err(wrong("there is no such day".to_owned()));
        }
        Ok(Self::Cron(Box::new(cron), text.to_owned()))
    }
}

impl Serialize for Recurrence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The time zone of this name, as the IANA's database has it: `Europe/Berlin`, `UTC`.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

impl Definition for ScheduleDef {
    const NOUN: &'static str = "schedule";
    const FOLDER: &'static str = "schedules";
    const FOREIGN: &'static [&'static str] = &["next_run"];

    fn of(document: &Spot<'_>, stem: &str) -> Result<Self, YamlError> {
        document.map()?;
        let root = read::flag_or(document, "root", true)?;
        let agent_name = read::text(document, "agent_name")?;
        if !root && agent_name.is_none() {
            return Err(document.lacks("agent_name", ", which a schedule with `root: false` needs for its worktree"));
        }
        let trigger = document.get("trigger").ok_or_else(|| document.lacks("trigger", ""))?;
        Ok(Self {
            name: read::name_or(document, stem)?,
            enabled: read::flag_or(document, "enabled", true)?,
            recurrence: recurrence(document)?,
            start_at: read::time(document, "start_at")?.ok_or_else(|| document.lacks("start_at", ""))?,
            trigger: what(&trigger)?,
            target: read::text(document, "target")?.unwrap_or_default(),
            root,
            agent_name,
            time_zone: zone(document)?,
            overlap: document.get("overlap").map_or(Ok(Overlap::Skip), |spot| spot.word(&Overlap::WORDS))?,
            project_root: read::text(document, "project_root")?,
            created_at: read::time(document, "created_at")?,
            last_run: read::time(document, "last_run")?,
        })
    }

    fn name(&self) -> &str {
        &self.name
    }
}

fn recurrence(document: &Spot<'_>) -> Result<Recurrence, YamlError> {
    let spot = document.get("recurrence").ok_or_else(|| document.lacks("recurrence", ""))?;
    spot.text()?.parse().map_err(|error: RecurrenceError| spot.wrong(error))
}

fn zone(document: &Spot<'_>) -> Result<String, YamlError> {
    let Some(spot) = document.get("time_zone") else { return Ok("UTC".to_owned()) };
    let name = spot.text()?;
    match time_zone(name) {
        Some(_) => Ok(name.to_owned()),
        None => {
            Err(spot.wrong(format!("no time zone has the name `{name}`; they are called like Europe/Berlin or UTC")))
        }
    }
}

fn what(spot: &Spot<'_>) -> Result<ScheduleTrigger, YamlError> {
    #[derive(Clone, Copy)]
    enum What {
        AgentDef,
        SwarmDef,
        InlinePrompt,
        Send,
    }
    const WORDS: [(&str, What); 4] = [
        ("agent_def", What::AgentDef),
        ("swarm_def", What::SwarmDef),
        ("inline_prompt", What::InlinePrompt),
        ("send", What::Send),
    ];
    spot.map()?;
    let word = spot.get("type").ok_or_else(|| spot.lacks("type", ""))?.word(&WORDS)?;
    Ok(match word {
        What::AgentDef => ScheduleTrigger::AgentDef { name: read::needed(spot, "name")? },
        What::SwarmDef => {
            ScheduleTrigger::SwarmDef { name: read::needed(spot, "name")?, vars: read::variables(spot, "vars")? }
        }
        What::InlinePrompt => {
            ScheduleTrigger::InlinePrompt { prompt: read::needed(spot, "prompt")?, agent: read::text(spot, "agent")? }
        }
        What::Send => {
            ScheduleTrigger::Send { agent_id: read::needed(spot, "agent_id")?, text: read::needed(spot, "text")? }
        }
    })
}
