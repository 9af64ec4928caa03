//! Definitions: templates, agent defs, swarm defs, schedules, triggers. The same four requests for each.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, Visitor};
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

/// Reads a definition with where it is to be beside its fields: root, scope, fields.
///
/// serde's `flatten` would do, but it collects the whole object before it reads a field, so that nobody could say under which key a value
/// of the wrong type stands.
struct Whole<F>(PhantomData<F>);

impl<'de, F: Deserialize<'de>> Visitor<'de> for Whole<F> {
    type Value = (String, String, F);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
        let (mut root, mut scope) = (None, None);
        let fields = Fields { entries, root: &mut root, scope: &mut scope };
        let fields = F::deserialize(MapAccessDeserializer::new(fields))?;
        let root = root.ok_or_else(|| A::Error::missing_field("project_root"))?;
        Ok((root, scope.flatten().unwrap_or_else(local), fields))
    }
}

/// An object's keys without the two that say where; those are put aside as they come.
struct Fields<'a, A> {
    entries: A,
    root: &'a mut Option<String>,
    scope: &'a mut Option<Option<String>>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.entries.next_key::<String>()? {
            match key.as_str() {
                "project_root" if self.root.is_some() => return Err(A::Error::duplicate_field("project_root")),
                "project_root" => *self.root = Some(self.entries.next_value()?),
                "scope" if self.scope.is_some() => return Err(A::Error::duplicate_field("scope")),
                "scope" => *self.scope = Some(self.entries.next_value()?),
                _ => return seed.deserialize(key.into_deserializer()).map(Some),
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.entries.next_value_seed(seed)
    }
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
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
        pub struct $Save {
            /// The project's root folder.
            pub project_root: String,
            /// `local` or `global`.
            pub scope: String,
            /// What it is.
            #[serde(flatten)]
            pub fields: $Fields,
        }

        impl<'de> Deserialize<'de> for $Save {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let (project_root, scope, fields) = deserializer.deserialize_map(Whole(PhantomData))?;
                Ok(Self { project_root, scope, fields })
            }
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
