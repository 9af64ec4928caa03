//! The files that people write, checked without a daemon: by the functions with which a daemon reads them, so that both say the same.
//!
//! Reads files and nothing else. It is here and not in `cli`, since it takes every room that has a word to say about one of them, and
//! this is the place where they meet.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::configs::{Configs, with_place};
use super::definitions::around::{Around, Known, Surrounded};
use super::environments::files::Loaded;
use super::environments::project::{ProjectEnv, env_in, project_file, project_places, unread};
use super::kinds::Settings;
use crate::agent::rule::Compiled;
use crate::base::paths::Places;
use crate::base::yaml::{YamlError, suggestion};
use crate::definition::Definition as _;
use crate::definition::agent_def::AgentDef;
use crate::definition::schedule_def::ScheduleDef;
use crate::definition::swarm_def::SwarmDef;
use crate::definition::template::Template;
pub use crate::definition::template::variables;
use crate::definition::trigger_def::TriggerDef;
use crate::definition::{Folders, Store, check_draft, keys_in};
use crate::environment::envs::Envs;
use crate::project::config;
use crate::{environment, project};

/// A file of the config folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// `envs.yaml`: environments.
    Envs,
    /// `prefixes.yaml`: prefix rules.
    Prefixes,
    /// `hud.yaml`: how the line for status bars looks.
    Hud,
    /// `config.yaml`: kinds of agents and defaults.
    Config,
}

impl Which {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Envs, Self::Prefixes, Self::Hud, Self::Config];

    /// Its name, without the ending.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Envs => "envs",
            Self::Prefixes => "prefixes",
            Self::Hud => "hud",
            Self::Config => "config",
        }
    }

    /// The one of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|which| which.as_str() == name)
    }

    /// Where it is, or would be.
    pub fn path(self, places: &Places) -> PathBuf {
        match self {
            Self::Envs => places.envs_file(),
            Self::Prefixes => places.prefixes_file(),
            Self::Hud => places.hud_file(),
            Self::Config => places.config_file(),
        }
    }

    /// Its JSON schema (draft 2020-12), for editors.
    pub fn schema(self) -> Value {
        match self {
            Self::Envs => environment::schema::envs(),
            Self::Prefixes => environment::schema::prefixes(),
            Self::Hud => project::schema::hud(),
            Self::Config => project::schema::config(),
        }
        .to_value()
    }
}

/// A kind of definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Definition {
    /// A prompt with placeholders.
    Template,
    /// An agent by a name.
    Agent,
    /// Agents in worktrees.
    Swarm,
    /// Something at its time.
    Schedule,
    /// Something on its occasion.
    Trigger,
}

impl Definition {
    /// Its word on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Agent => "agent",
            Self::Swarm => "swarm",
            Self::Schedule => "schedule",
            Self::Trigger => "trigger",
        }
    }

    /// The folder of its files, in the project's and in the user's.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Template => Template::FOLDER,
            Self::Agent => AgentDef::FOLDER,
            Self::Swarm => SwarmDef::FOLDER,
            Self::Schedule => ScheduleDef::FOLDER,
            Self::Trigger => TriggerDef::FOLDER,
        }
    }

    /// How the names of its files end.
    pub fn ending(self) -> &'static str {
        if self == Self::Template { Template::ENDINGS[0] } else { AgentDef::ENDINGS[0] }
    }

    /// What is wrong with a file of it. `stem` is the name of one that has none in it.
    pub fn check(self, path: &Path, text: &str, stem: &str) -> Result<(), YamlError> {
        match self {
            Self::Template => Template::read(path, text, stem).map(drop),
            Self::Agent => AgentDef::read(path, text, stem).map(drop),
            Self::Swarm => SwarmDef::read(path, text, stem).map(drop),
            Self::Schedule => ScheduleDef::read(path, text, stem).map(drop),
            Self::Trigger => TriggerDef::read(path, text, stem).map(drop),
        }
    }

    /// What a text says by the keys of its file, which are those on the wire, and what of it would be lost if these were saved. `path` and
    /// `stem` as above.
    pub fn keys(self, path: &Path, text: &str, stem: &str) -> Result<(Map<String, Value>, Vec<YamlError>), YamlError> {
        match self {
            Self::Template => keys_in::<Template>(path, text, stem),
            Self::Agent => keys_in::<AgentDef>(path, text, stem),
            Self::Swarm => keys_in::<SwarmDef>(path, text, stem),
            Self::Schedule => keys_in::<ScheduleDef>(path, text, stem),
            Self::Trigger => keys_in::<TriggerDef>(path, text, stem),
        }
    }

    /// Checks a text that is to stand in `file`, beside the files that are there, and says what the definition is called. An error is about
    /// `draft`, where the text stands now.
    pub fn check_draft(self, file: &Path, draft: &Path, text: &str) -> Result<String, YamlError> {
        fn name<T: crate::definition::Definition>(definition: T) -> String {
            definition.name().to_owned()
        }
        match self {
            Self::Template => check_draft(file, draft, text).map(name::<Template>),
            Self::Agent => check_draft(file, draft, text).map(name::<AgentDef>),
            Self::Swarm => check_draft(file, draft, text).map(name::<SwarmDef>),
            Self::Schedule => check_draft(file, draft, text).map(name::<ScheduleDef>),
            Self::Trigger => check_draft(file, draft, text).map(name::<TriggerDef>),
        }
    }
}

/// What is wrong with the name of a definition.
pub fn check_name(name: &str) -> Result<(), String> {
    crate::definition::mistake_in_name(name).map_or(Ok(()), Err)
}

/// What is wrong with the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What cannot be used: a daemon goes on with what the file said before, or refuses what needs it.
    pub errors: Vec<YamlError>,
    /// What has no effect though somebody wrote it.
    pub warnings: Vec<YamlError>,
}

/// Checks the user's four files and a project's `config.yaml`. A file that is not there has no mistakes.
pub fn check(places: &Places, project: Option<&Path>) -> Findings {
    let configs = Configs::default();
    let loaded = Loaded::read(places, &configs, project.map(Path::to_owned).as_slice(), &[], None);
    let mut found = Findings {
        errors: loaded.broken.iter().map(|broken| broken.error.clone()).collect(),
        warnings: loaded.warnings.clone(),
    };
    if let Some(project) = project.filter(|_| loaded.broken_file(&places.envs_file()).is_none()) {
        found.errors.extend(unknown_environment(project, &loaded.envs));
    }
    // Where one of the two cannot be read that was found above.
    if let Ok(settings) = Settings::of_files(&configs, &places.config_file(), project) {
        found.errors.extend(settings.mistakes(&Compiled::default()).into_iter().map(with_place));
        found.warnings.extend(settings.unused_keys());
    }
    found.errors.sort_by(|one, other| (&one.path, one.at).cmp(&(&other.path, other.at)));
    found.warnings.sort_by(|one, other| (&one.path, one.at).cmp(&(&other.path, other.at)));
    found
}

/// Checks the definitions of the user and of a project, whose folder is named (`.pintle`), and says of which kinds there are any.
pub fn check_definitions(places: &Places, project: &Path) -> (Findings, Vec<Definition>) {
    let folders = Folders { local: project.to_owned(), global: places.config.clone() };
    let known = Known::of_files(places, project);
    let (mut found, mut there) = (Findings::default(), Vec::new());
    let counts = [
        (Definition::Template, found.look_at::<Template>(&folders, &known)),
        (Definition::Agent, found.look_at::<AgentDef>(&folders, &known)),
        (Definition::Swarm, found.look_at::<SwarmDef>(&folders, &known)),
        (Definition::Schedule, found.look_at::<ScheduleDef>(&folders, &known)),
        (Definition::Trigger, found.look_at::<TriggerDef>(&folders, &known)),
    ];
    there.extend(counts.into_iter().filter(|(_, count)| *count > 0).map(|(kind, _)| kind));
    (found, there)
}

impl Findings {
    /// Adds what is wrong with the definitions of a kind; how many there are.
    fn look_at<T: Surrounded>(&mut self, folders: &Folders, known: &Known) -> usize {
        match Store::<T>::new(folders).all() {
            Ok(all) => {
                let count = all.len();
                for entry in all {
                    match entry {
                        Ok(found) => self.warnings.extend(Around::of(&found, known).warnings),
                        Err(broken) => self.errors.push(broken.error),
                    }
                }
                count
            }
            Err(error) => {
                // A folder that cannot be read: which one, the error says.
                let reason = error.to_string();
                self.errors.push(YamlError { path: folders.local.join(T::FOLDER), at: Default::default(), reason });
                0
            }
        }
    }

    /// Both findings in one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.errors.extend(other.errors);
        self.warnings.extend(other.warnings);
        self
    }
}

/// Where the file may be in which a project names its environment.
pub fn project_files(root: &Path) -> [PathBuf; 2] {
    project_places(root)
}

/// The environment that a project names in its `config.yaml`, as a daemon that reads it for the first time finds it; `None` where it
/// names none. An error says what is wrong with the file, and what follows from that.
pub fn project_env(root: &Path) -> Result<Option<String>, String> {
    let configs = Configs::default();
    let Some(file) = project_file(&configs, root) else {
        // Moved away to be corrected, most likely: what was not known before is not guessed now.
        let taken = project_places(root).into_iter().find(|file| configs.was_taken(file));
        return taken
            .map_or(Ok(None), |file| Err(format!("{} was moved away a moment ago; try again", file.display())));
    };
    match env_in(&configs, &file) {
        ProjectEnv::None => Ok(None),
        ProjectEnv::Named(name) => Ok(Some(name)),
        ProjectEnv::Unread(error) => Err(unread(&error).message),
    }
}

/// Whether a project names an environment that is not there: everything in it would be refused.
fn unknown_environment(project: &Path, envs: &Envs) -> Option<YamlError> {
    let env = config::read(project).ok()?.env?;
    if envs.get(&env.value).is_some() {
        return None;
    }
    let hint = suggestion(&env.value, envs.names());
    let reason = format!("env: unknown environment `{}`; {hint}", env.value);
    Some(YamlError { path: project.to_owned(), at: env.at, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files by name; `project.yaml` is the project's. Errors and warnings are lines, with the folder left out.
    #[track_caller]
    fn check_files(files: &[(&str, &str)], errors: &[&str], warnings: &[&str]) {
        let temp = tempfile::tempdir().unwrap();
        let mut places = Places::from_env().unwrap();
        temp.path().clone_into(&mut places.config);
        for (name, text) in files {
            std::fs::write(temp.path().join(name), text).unwrap();
        }
        let found = check(&places, Some(&temp.path().join("project.yaml")));
        let folder = format!("{}/", temp.path().display());
        let told = |found: &[YamlError]| -> Vec<String> {
            found.iter().map(|error| error.to_string().replace(&folder, "")).collect()
        };
        assert_eq!(told(&found.errors), errors, "errors in {files:#?}");
        assert_eq!(told(&found.warnings), warnings, "warnings in {files:#?}");
    }

    #[test]
    fn files_that_are_not_there_or_empty_are_right() {
        check_files(&[], &[], &[]);
        check_files(
            &[("envs.yaml", ""), ("hud.yaml", "# x\n"), ("config.yaml", "{}\n"), ("project.yaml", "")],
            &[],
            &[],
        );
    }

    #[test]
    fn every_file_is_looked_at_and_told_once() {
        check_files(
            &[
                ("envs.yaml", "envs:\n  a: {guard: cofirm}\n"),
                ("prefixes.yaml", "- {command: a, prefix: x, when: {env: [prd]}}\n"),
                ("hud.yaml", "style: {theme: taal}\nlable: x\n"),
                ("config.yaml", "agents: [1]\n"),
                ("project.yaml", "env: [\n"),
            ],
            &[
                "config.yaml: line 1, column 9: agents: this has to be a map",
                "envs.yaml: line 2, column 14: envs.a.guard: unknown word `cofirm`; did you mean: confirm?",
                "hud.yaml: line 1, column 16: style.theme: unknown word `taal`; did you mean: teal?",
                "project.yaml: line 1, column 6: env: this has to be a text",
            ],
            // Which environments there are nobody knows, so that `prd` is no news; a file with a mistake has no slips yet.
            &[],
        );
    }

    #[test]
    fn what_one_file_says_of_another_is_checked() {
        check_files(
            &[
                ("envs.yaml", "envs:\n  prod: {color: rde}\n  web: {extends: prod}\n"),
                ("prefixes.yaml", "- {command: a, prefix: x, when: {env: [prd]}}\n"),
                ("hud.yaml", "layout: [agent]\nlable: x\n"),
                ("config.yaml", "default_agent: mine\nlistn: []\n"),
                ("project.yaml", "env: prd\nagents: {mine: {status: {rules: [{pattern: '(', activity: idle}]}}}\n"),
            ],
            &[
                "project.yaml: line 1, column 6: env: unknown environment `prd`; did you mean: prod?",
                "project.yaml: line 2, column 44: agents.mine: status rule 1: pattern `(`: unclosed group",
            ],
            &[
                "config.yaml: line 2, column 1: listn: unknown key, without effect; did you mean `listen`?",
                "envs.yaml: line 2, column 3: envs.prod.color: unknown color `rde`: use black, red, green, yellow, blue, \
                 magenta, cyan, white, one of these after `bright`, colour0 to colour255 or #rrggbb; it is not shown",
                "hud.yaml: line 1, column 10: layout[0]: there may be no segment `agent`; did you mean `agents`?",
                "hud.yaml: line 2, column 1: lable: unknown key, without effect; did you mean: label?",
                "prefixes.yaml: line 1, column 39: when.env: unknown environment `prd`; did you mean: prod?",
            ],
        );
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_an_error() {
        let temp = tempfile::tempdir().unwrap();
        let mut places = Places::from_env().unwrap();
        temp.path().clone_into(&mut places.config);
        std::fs::create_dir(places.hud_file()).unwrap();
        let found = check(&places, None);
        assert_eq!(found.errors.len(), 1, "{found:?}");
        assert!(found.errors[0].reason.contains("directory"), "{found:?}");
    }

    #[test]
    fn every_schema_is_about_its_file() {
        for which in Which::ALL {
            assert_eq!(which.schema()["title"], format!("{}.yaml", which.as_str()));
            assert_eq!(Which::of(which.as_str()), Some(which));
        }
    }
}
