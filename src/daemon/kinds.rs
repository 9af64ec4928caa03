//! Kinds of agents as a project sees them: built in, changed by the user's config, changed by the project's.

use std::collections::BTreeMap;

use super::services::Services;
use crate::agent::kind::{Kind, KindOverride, NAMES, PromptBy, builtin};
use crate::agent::rule::RuleSpec;
use crate::agent::status::Activity;
use crate::project::config::{self, ConfigError, ConfigFile, KindFile, PromptFile, RuleFile};
use crate::project::registry::Project;
use crate::protocol::{Code, WireError, near};

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
}

impl Settings {
    /// Reads both files. They are small and read when needed, so that a change in them counts at once.
    pub fn read(services: &Services, project: &Project) -> Result<Self, ConfigError> {
        let global = config::read(&services.places.config_file())?;
        let own = project.config()?;
        let mut settings = Self {
            default_agent: "claude".to_owned(),
            kinds: NAMES.into_iter().filter_map(builtin).map(|kind| (kind.name.clone(), kind)).collect(),
            launch_args: BTreeMap::new(),
            env_files: [".env", ".env.local"].map(str::to_owned).to_vec(),
        };
        for (file, path) in [(global, services.places.config_file()), (own, project.config_file())] {
            settings.lay_over(file).map_err(|reason| ConfigError::Invalid { path, line: 0, column: 0, reason })?;
        }
        Ok(settings)
    }

    fn lay_over(&mut self, file: ConfigFile) -> Result<(), String> {
        if let Some(default_agent) = file.default_agent {
            self.default_agent = default_agent;
        }
        if let Some(env_files) = file.env_files {
            self.env_files = env_files;
        }
        for (name, kind) in file.agents.unwrap_or_default() {
            let Some(kind) = kind else { continue };
            if let Some(args) = &kind.launch_args {
                self.launch_args.insert(name.clone(), args.clone());
            }
            let change = to_override(&name, kind)?;
            let base = self.kinds.remove(&name).unwrap_or_else(|| Kind::custom(&name));
            self.kinds.insert(name, base.override_with(change));
        }
        Ok(())
    }

    /// The kind with this name, or the default one.
    pub fn kind(&self, name: Option<&str>) -> Result<&Kind, WireError> {
        let name = name.unwrap_or(&self.default_agent);
        self.kinds.get(name).ok_or_else(|| {
            let known = self.kinds.keys().map(String::as_str);
            let close = near(name, known.clone());
            let error = WireError::new(Code::InvalidArgument, format!("unknown agent type `{name}`"));
            match close.as_slice() {
                [] => error.with_hint(format!("known are: {}", known.collect::<Vec<_>>().join(", "))),
                close => error.with_hint(format!("did you mean: {}?", close.join(", "))),
            }
        })
    }
}

fn to_override(name: &str, file: KindFile) -> Result<KindOverride, String> {
    let rules = file.status.and_then(|status| status.rules);
    let rules = rules.map(|rules| rules.into_iter().map(|rule| to_rule(name, rule)).collect::<Result<_, _>>());
    Ok(KindOverride {
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
        rules: rules.transpose()?,
    })
}

fn to_rule(kind: &str, rule: RuleFile) -> Result<RuleSpec, String> {
    let activity = match rule.activity.as_str() {
        "working" => Activity::Working,
        "blocked" => Activity::Blocked,
        "idle" => Activity::Idle,
        other => {
            return Err(format!("agents.{kind}.status.rules: activity `{other}` is none of working, blocked, idle"));
        }
    };
    let because = rule.because.unwrap_or_else(|| format!("its screen shows `{}`", rule.pattern));
    Ok(RuleSpec { pattern: rule.pattern, activity, because, last_lines: rule.last_lines })
}
