//! What is known about a definition beside what its file says: the placeholders of its prompts, what in it has no effect, and names of what
//! is not there. A spawn would refuse those; a definition may be written before what it needs.
//!
//! `list`, `get` and `pintle config check` ask here, with a daemon or without, so that they say the same.

use std::path::Path;
use std::sync::Arc;

use super::{of_agent_def, prompt_of};
use crate::base::paths::Places;
use crate::base::yaml::{Spot, YamlError, suggestion};
use crate::daemon::configs::Configs;
use crate::daemon::environments::files::{Instead, Loaded};
use crate::daemon::kinds::Settings;
use crate::daemon::services::Services;
use crate::definition::agent_def::AgentDef;
use crate::definition::schedule_def::{ScheduleDef, ScheduleTrigger};
use crate::definition::swarm_def::SwarmDef;
use crate::definition::template::{self, Template};
use crate::definition::trigger_def::TriggerDef;
use crate::definition::{Definition, DefinitionError, Folders, Found, Store};
use crate::environment::envs::Envs;
use crate::project::registry::Project;
use crate::protocol::WireError;

/// What there is that a definition may name.
pub struct Known {
    folders: Folders,
    /// The project's root folder.
    root: String,
    /// Kinds of agents. Where the settings cannot be read nobody knows them, and that is told elsewhere.
    settings: Option<Settings>,
    /// Environments; the same.
    envs: Option<Arc<Envs>>,
}

impl Known {
    /// What a daemon knows.
    pub fn of(services: &Services, project: &Project) -> Self {
        Self {
            folders: super::folders(services, project),
            root: project.root_text(),
            settings: Settings::read(services, project).ok(),
            envs: envs(&services.environments.loaded(), &services.places),
        }
    }

    /// What the files say. `project` is the project's own folder (`.pintle`).
    pub fn of_files(places: &Places, project: &Path) -> Self {
        let configs = Configs::default();
        let loaded = Loaded::read(places, &configs, &[], &[], None);
        let (config, root) = (project.join("config.yaml"), project.parent().unwrap_or(project));
        // By the name that a daemon has for it.
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        Self {
            folders: Folders { local: project.to_owned(), global: places.config.clone() },
            root: root.to_string_lossy().into_owned(),
            settings: Settings::of_files(&configs, &places.config_file(), Some(&config)).ok(),
            envs: envs(&loaded, places),
        }
    }
}

fn envs(loaded: &Loaded, places: &Places) -> Option<Arc<Envs>> {
    let broken = loaded.broken_file(&places.envs_file());
    Some(loaded.envs.clone()).filter(|_| broken.is_none_or(|broken| broken.instead == Instead::Before))
}

/// What is known about a definition beside what its file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// The placeholders of its prompts, each once.
    pub placeholders: Vec<String>,
    /// What has no effect in its file, and what it names that is not there.
    pub warnings: Vec<YamlError>,
}

impl Around {
    /// Of one that was found.
    pub fn of<T: Surrounded>(found: &Found<T>, known: &Known) -> Self {
        let mut around = Self { placeholders: Vec::new(), warnings: found.slips() };
        found.definition.look_around(&Look { document: &found.document(), known }, &mut around);
        around
    }

    fn placeholders_of(&mut self, prompt: &str) {
        for name in template::variables(prompt) {
            if !self.placeholders.contains(&name) {
                self.placeholders.push(name);
            }
        }
    }
}

/// A definition that has something around it.
pub trait Surrounded: Definition {
    /// Adds what is around it.
    fn look_around(&self, look: &Look<'_>, around: &mut Around);
}

/// A document, and what there is.
pub struct Look<'a> {
    document: &'a Spot<'a>,
    known: &'a Known,
}

impl Look<'_> {
    /// What is wrong with the value of a key, which a template says or the document: then it is told where it stands.
    fn wrong(&self, key: &str, reason: &str) -> YamlError {
        match self.document.get(key) {
            Some(spot) => spot.wrong(reason),
            None => self.document.wrong_at(Default::default(), format!("{key}: {reason}")),
        }
    }

    fn kind(&self, spot: Option<Spot<'_>>, kind: &str) -> Option<YamlError> {
        let settings = self.known.settings.as_ref().filter(|_| !kind.is_empty())?;
        let error = settings.kind(Some(kind)).err()?;
        Some(spot?.wrong(on_one_line(&error)))
    }

    fn environment(&self, env: Option<&str>) -> Option<YamlError> {
        let (env, envs) = (env?, self.known.envs.as_ref()?);
        let hint = || suggestion(env, envs.names());
        envs.get(env).is_none().then(|| self.wrong("env", &format!("unknown environment `{env}`; {}", hint())))
    }

    fn store<T: Definition>(&self) -> Store<'_, T> {
        Store::new(&self.known.folders)
    }
}

fn on_one_line(error: &WireError) -> String {
    error.hint.iter().fold(error.message.clone(), |text, hint| format!("{text}; {hint}"))
}

fn not_there(error: DefinitionError) -> String {
    on_one_line(&error.into())
}

/// A prompt beside a command line is noted with the agent, and nobody types it.
const UNHEARD: &str =
    "is noted with the agent and reaches nobody, since `command` is run as it stands; leave out either";

impl Surrounded for Template {
    fn look_around(&self, look: &Look<'_>, around: &mut Around) {
        around.placeholders_of(&self.body);
        around.warnings.extend(look.kind(look.document.get("agent"), &self.agent));
        if self.command.is_some() && !self.body.trim().is_empty() {
            around.warnings.push(look.wrong("command", &format!("the prompt below {UNHEARD}")));
        }
    }
}

impl Surrounded for AgentDef {
    fn look_around(&self, look: &Look<'_>, around: &mut Around) {
        around.warnings.extend(look.kind(look.document.get("agent_type"), &self.agent_type));
        around.warnings.extend(look.environment(self.env.as_deref()));
        match prompt_of(&look.known.folders, self.clone()) {
            Ok((def, prompt)) => {
                around.placeholders_of(&prompt.text);
                let key = if self.template.is_some() { "template" } else { "inline_prompt" };
                let whose = if self.command.is_some() { "this prompt" } else { "its prompt" };
                if def.command.is_some() && !prompt.text.trim().is_empty() {
                    around.warnings.push(look.wrong(key, &format!("{whose} {UNHEARD}")));
                }
            }
            Err(error) => around.warnings.push(look.wrong("template", &not_there(error))),
        }
    }
}

impl Surrounded for SwarmDef {
    fn look_around(&self, look: &Look<'_>, around: &mut Around) {
        let roster = look.document.get("roster").and_then(|roster| roster.list().ok()).unwrap_or_default();
        for (entry, spot) in self.roster.iter().zip(roster) {
            let spot = spot.get("agent_def").unwrap_or(spot);
            let found = look.store::<AgentDef>().get(&entry.agent_def);
            let prompt = found.map_err(WireError::from);
            match prompt.and_then(|found| of_agent_def(&look.known.folders, found.definition)) {
                Ok((_, prompt)) => around.placeholders_of(&prompt.text),
                Err(error) => around.warnings.push(spot.wrong(on_one_line(&error))),
            }
        }
    }
}

impl Surrounded for ScheduleDef {
    fn look_around(&self, look: &Look<'_>, around: &mut Around) {
        // Of another project nobody knows here what is there.
        let is_elsewhere = self.project_root.as_ref().is_some_and(|root| *root != look.known.root);
        let Some(trigger) = look.document.get("trigger").filter(|_| !is_elsewhere) else { return };
        let lacking = match &self.trigger {
            ScheduleTrigger::AgentDef { name } => look.store::<AgentDef>().get(name).err(),
            ScheduleTrigger::SwarmDef { name, .. } => look.store::<SwarmDef>().get(name).err(),
            ScheduleTrigger::InlinePrompt { agent, .. } => {
                let kind = agent.as_deref().unwrap_or_default();
                around.warnings.extend(look.kind(trigger.get("agent"), kind));
                None
            }
            ScheduleTrigger::Send { .. } => None,
        };
        let named = trigger.get("name").unwrap_or(trigger);
        around.warnings.extend(lacking.map(|error| named.wrong(not_there(error))));
    }
}

/// What it does stands in itself.
impl Surrounded for TriggerDef {
    fn look_around(&self, _: &Look<'_>, _: &mut Around) {}
}
