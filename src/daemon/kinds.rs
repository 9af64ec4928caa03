//! Kinds of agents as a project sees them: built in, changed by the user's config, changed by the project's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::configs::Configs;
use super::environments::files::{Broken, Instead};
use super::services::Services;
use crate::agent::kind::{Kind, KindOverride, NAMES, PromptBy, builtin};
use crate::agent::rule::{Compiled, RuleSpec, Rules};
use crate::agent::status::Activity;
use crate::base::near::near;
use crate::base::yaml::{Place, Placed, YamlError, suggestion};
use crate::project::config::{
    self, ActivityFile, ConfigError, ConfigFile, KindFile, PromptFile, RuleFile, Scope, UnusedKey, Why,
};
use crate::project::registry::Project;
use crate::project::worktree::{BRANCH_PREFIX, Bring, Pattern, is_branch_prefix};
use crate::protocol::{Code, WireError};

/// What new worktrees get.
#[derive(Clone, Debug)]
pub struct WorktreeSettings {
    /// What their branches begin with.
    pub branch_prefix: String,
    /// Files that they have a copy of, or a link to, beside the env files.
    pub bring: Bring,
    /// Commands that are run in them first.
    pub setup: Vec<String>,
}

impl Default for WorktreeSettings {
    fn default() -> Self {
        Self { branch_prefix: BRANCH_PREFIX.to_owned(), bring: Bring::default(), setup: Vec::new() }
    }
}

impl WorktreeSettings {
    fn lay_over(&mut self, file: &mut ConfigFile, path: &Path) -> Result<(), ConfigError> {
        let wrong = |at: Place, reason: String| ConfigError::from(YamlError { path: path.to_owned(), at, reason });
        if let Some(Placed { value, at }) = file.branch_prefix.take() {
            if !is_branch_prefix(&value) {
                return Err(wrong(at, format!("branch_prefix: no branch can begin with `{value}`")));
            }
            self.branch_prefix = value;
        }
        let patterns = |key: &str, texts: Vec<Placed<String>>| {
            let read = |text: Placed<String>| {
                Pattern::parse(&text.value).map_err(|reason| wrong(text.at, format!("{key}: {reason}")))
            };
            texts.into_iter().map(read).collect::<Result<Vec<_>, _>>()
        };
        if let Some(texts) = file.copy.take() {
            self.bring.copy = patterns("copy", texts)?;
        }
        if let Some(texts) = file.link.take() {
            self.bring.link = patterns("link", texts)?;
        }
        if let Some(setup) = file.setup.take() {
            self.setup = setup;
        }
        Ok(())
    }
}

/// What both config files say together.
pub struct Settings {
    /// Kind of agents that are spawned without one.
    pub default_agent: String,
    /// All kinds by name.
    pub kinds: BTreeMap<String, Kind>,
    /// Launch arguments that a file sets, by kind; for `config_report`.
    pub launch_args: BTreeMap<String, Vec<String>>,
    /// `.env` files of the project.
    pub env_files: Vec<String>,
    /// What new worktrees get.
    pub worktrees: WorktreeSettings,
    /// How many worktrees a swarm may make at once, where a file says.
    max_parallel: Option<(PathBuf, Placed<u64>)>,
    /// Where the default kind is set, unless it is the built-in one.
    default_at: Option<(PathBuf, Place)>,
    /// Where rules are set: kind, pattern, place.
    rules_at: Vec<(String, String, PathBuf, Place)>,
    /// What is wrong with a file that cannot be read now and says what it said before.
    broken: Vec<Broken>,
    /// The files, the user's own first.
    files: Vec<(PathBuf, Scope)>,
}

impl Settings {
    /// Reads both files. They are small and read when needed, so that a change in them counts at once.
    pub fn read(services: &Services, project: &Project) -> Result<Self, ConfigError> {
        let configs = &services.environments.configs;
        Self::of_files(configs, &services.places.config_file(), Some(&project.config_file()))
    }

    /// What holds where no project says otherwise.
    pub fn global(services: &Services) -> Result<Self, ConfigError> {
        Self::of_files(&services.environments.configs, &services.places.config_file(), None)
    }

    /// What the user's file and a project's say together. One that is not there says nothing.
    pub fn of_files(configs: &Configs, global: &Path, project: Option<&Path>) -> Result<Self, ConfigError> {
        let mut settings = Self {
            default_agent: "claude".to_owned(),
            kinds: NAMES.into_iter().filter_map(builtin).map(|kind| (kind.name.clone(), kind)).collect(),
            launch_args: BTreeMap::new(),
            env_files: [".env", ".env.local"].map(str::to_owned).to_vec(),
            worktrees: WorktreeSettings::default(),
            max_parallel: None,
            default_at: None,
            rules_at: Vec::new(),
            broken: Vec::new(),
            files: Vec::new(),
        };
        let files = std::iter::once((global, Scope::Global)).chain(project.map(|project| (project, Scope::Project)));
        for (path, scope) in files {
            let said = configs.read(path)?;
            settings.lay_over(Arc::unwrap_or_clone(said.config), path)?;
            settings.broken.extend(said.broken.map(|error| Broken { error, instead: Instead::Before }));
            settings.files.push((path.to_owned(), scope));
        }
        Ok(settings)
    }

    fn lay_over(&mut self, mut file: ConfigFile, path: &Path) -> Result<(), ConfigError> {
        self.worktrees.lay_over(&mut file, path)?;
        if let Some(Placed { value, at }) = file.default_agent {
            self.default_agent = value;
            self.default_at = Some((path.to_owned(), at));
        }
        if let Some(env_files) = file.env_files {
            self.env_files = env_files;
        }
        if let Some(most) = file.max_parallel {
            self.max_parallel = Some((path.to_owned(), most));
        }
        for (name, kind) in file.agents.unwrap_or_default() {
            let Some(kind) = kind else { continue };
            if let Some(args) = &kind.launch_args {
                self.launch_args.insert(name.clone(), args.clone());
            }
            for rule in kind.status.iter().flat_map(|status| status.rules.iter().flatten()) {
                self.rules_at.push((name.clone(), rule.pattern.value.clone(), path.to_owned(), rule.pattern.at));
            }
            let base = self.kinds.remove(&name).unwrap_or_else(|| Kind::custom(&name));
            self.kinds.insert(name, base.override_with(to_override(kind)));
        }
        Ok(())
    }

    /// The kind with this name, or the default one.
    pub fn kind(&self, name: Option<&str>) -> Result<&Kind, WireError> {
        let Some(name) = name else { return Ok(self.default_kind()?) };
        self.kinds.get(name).ok_or_else(|| {
            let error = WireError::new(Code::InvalidArgument, format!("unknown agent type `{name}`"));
            error.with_hint(self.suggest(name))
        })
    }

    /// How many worktrees a swarm may make at once, where a file says.
    pub fn max_parallel(&self) -> Result<Option<usize>, ConfigError> {
        let Some((path, Placed { value, at })) = &self.max_parallel else { return Ok(None) };
        let most = usize::try_from(*value).ok().filter(|most| (1..=64).contains(most));
        most.map(Some).ok_or_else(|| {
            let reason = format!("max_parallel: `{value}` is no number from 1 to 64");
            YamlError { path: path.clone(), at: *at, reason }.into()
        })
    }

    fn default_kind(&self) -> Result<&Kind, ConfigError> {
        let name = &self.default_agent;
        self.kinds.get(name).ok_or_else(|| {
            let (path, at) = self.default_at.clone().unwrap_or_default();
            let reason = format!("default_agent: unknown agent type `{name}`; {}", self.suggest(name));
            YamlError { path, at, reason }.into()
        })
    }

    fn suggest(&self, name: &str) -> String {
        suggestion(name, self.kinds.keys().map(String::as_str))
    }

    /// The kind's rules, compiled.
    pub fn rules(&self, services: &Services, kind: &Kind) -> Result<Rules, ConfigError> {
        self.compiled(&services.rules, kind)
    }

    fn compiled(&self, compiled: &Compiled, kind: &Kind) -> Result<Rules, ConfigError> {
        compiled.get(&kind.rules).map_err(|error| {
            let set = self.rules_at.iter().find(|(of, pattern, ..)| *of == kind.name && pattern == error.pattern());
            let (path, at) = set.map(|(_, _, path, at)| (path.clone(), *at)).unwrap_or_default();
            YamlError { path, at, reason: format!("agents.{}: {error}", kind.name) }.into()
        })
    }

    /// Everything in the files that a spawn or a swarm would refuse.
    pub fn mistakes(&self, compiled: &Compiled) -> Vec<ConfigError> {
        let rules = self.kinds.values().filter_map(|kind| self.compiled(compiled, kind).err());
        let others = [self.default_kind().err(), self.max_parallel().err()];
        others.into_iter().flatten().chain(rules).collect()
    }

    /// What a client is told of the files, a line each: which of them cannot be read now, and keys that have no effect.
    pub fn remarks(&self) -> Vec<String> {
        let broken = self.broken.iter().map(ToString::to_string);
        broken.chain(self.unused_keys().iter().map(ToString::to_string)).collect()
    }

    /// Keys in the files that have no effect: nothing is refused because of them, but nobody meant to write them.
    pub fn unused_keys(&self) -> Vec<YamlError> {
        let global = self.files.first().map(|(path, _)| path.display().to_string()).unwrap_or_default();
        let of_file = |(path, scope): &(PathBuf, Scope)| {
            // That a file has become unreadable since it was read is told by whoever reads it next.
            let keys = config::unused_keys(path, *scope).unwrap_or_default();
            let told = |key: UnusedKey| YamlError { path: path.clone(), at: key.at, reason: unused(&key, &global) };
            keys.into_iter().map(told).collect::<Vec<_>>()
        };
        self.files.iter().flat_map(of_file).collect()
    }
}

fn unused(key: &UnusedKey, global: &str) -> String {
    let UnusedKey { path, why, .. } = key;
    match why {
        Why::GlobalOnly => format!("{path}: has no effect in a project's file; it belongs in {global}"),
        Why::Unknown { name, known } => match near(name, known.iter().copied()).first() {
            Some(close) => format!("{path}: unknown key, without effect; did you mean `{close}`?"),
            None => {
                // One spelling of each is enough.
                let known = known.iter().filter(|key| !key.contains(|letter: char| letter.is_ascii_uppercase()));
                let known: Vec<&str> = known.copied().collect();
                format!("{path}: unknown key, without effect; known here are: {}", known.join(", "))
            }
        },
    }
}

fn to_override(file: KindFile) -> KindOverride {
    let rules = file.status.and_then(|status| status.rules);
    KindOverride {
        command: file.command,
        launch_args: file.launch_args,
        prompt_flag: file.prompt_flag,
        prompt: file.prompt.map(|prompt| match prompt {
            PromptFile::Argv => PromptBy::Argv,
            PromptFile::Typed => PromptBy::Typed,
        }),
        interactive: file.interactive,
        plan_args: file.plan_args,
        session_args: file.session_args,
        resume: file.resume,
        resume_last: file.resume_last,
        env: file.env,
        rules: rules.map(|rules| rules.into_iter().map(to_rule).collect()),
    }
}

fn to_rule(rule: RuleFile) -> RuleSpec {
    let activity = match rule.activity {
        ActivityFile::Working => Activity::Working,
        ActivityFile::Blocked => Activity::Blocked,
        ActivityFile::Idle => Activity::Idle,
        ActivityFile::Done => Activity::Done,
    };
    let pattern = rule.pattern.value;
    let because = rule.because.unwrap_or_else(|| format!("its screen shows `{pattern}`"));
    RuleSpec { pattern, activity, because, last_lines: rule.last_lines }
}
