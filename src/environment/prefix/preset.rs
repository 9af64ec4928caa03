//! `preset: NAME`: rules for tools that many people have, from keys of the environment.
//!
//! | preset | key of the environment | becomes |
//! |---|---|---|
//! | kubectl | `kube_context`, `kube_namespace` | `--context=…`, `--namespace=…`, not for plugins |
//! | helm | `kube_context`, `kube_namespace` | `HELM_KUBECONTEXT`, `HELM_NAMESPACE` |
//! | terraform | `tf_workspace`, `tf_data_dir` | `TF_WORKSPACE`, `TF_DATA_DIR` |
//! | aws | `aws_profile`, `aws_region` | `AWS_PROFILE` (keys in variables would beat it and are unset), `AWS_REGION` and `AWS_DEFAULT_REGION` |
//! | docker | `docker_context`, `docker_host` | `DOCKER_CONTEXT` (`DOCKER_HOST` would beat it and is unset), `DOCKER_HOST` |
//! | psql | `pg_host`, `pg_port`, `pg_database`, `pg_user`, `pg_service` | `PGHOST`, `PGPORT`, `PGDATABASE`, `PGUSER`, `PGSERVICE` |
//!
//! Variables where the tool has them: they reach scripts and plugins, and a flag that is typed wins by itself. A key that the
//! environment does not have adds nothing. Under `config` another template can stand for one (`config: {profile: "{{env.account}}"}`,
//! then the value has to be there), and null takes one away. For Kubernetes `kube:` of the environment is better than the preset: it
//! reaches plugins too.

use super::read::template;
use super::{Action, Conditions, Position, Rule, Source, Strategy};
use crate::base::yaml::{Spot, YamlError};
use crate::environment::template::Template;

/// Rules for a tool.
#[derive(Debug)]
pub struct Preset {
    /// Its name, which is the command.
    pub name: &'static str,
    params: &'static [Param],
    /// Where the first argument is a flag or one of these only.
    verbs: Option<&'static [&'static str]>,
}

/// One value of a preset.
#[derive(Debug)]
struct Param {
    name: &'static str,
    /// The key of the environment that has it.
    key: &'static str,
    gives: Gives,
}

#[derive(Debug)]
enum Gives {
    /// `FLAG=value`.
    Flag(&'static str),
    /// Variables to set to it, and others that would win over them.
    Vars(&'static [&'static str], &'static [&'static str]),
}

use Gives::{Flag, Vars};

const fn param(name: &'static str, key: &'static str, gives: Gives) -> Param {
    Param { name, key, gives }
}

/// All presets.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "kubectl",
        params: &[
            param("context", "kube_context", Flag("--context")),
            param("namespace", "kube_namespace", Flag("--namespace")),
        ],
        verbs: Some(KUBECTL_VERBS),
    },
    Preset {
        name: "helm",
        params: &[
            param("context", "kube_context", Vars(&["HELM_KUBECONTEXT"], &[])),
            param("namespace", "kube_namespace", Vars(&["HELM_NAMESPACE"], &[])),
        ],
        verbs: None,
    },
    Preset {
        name: "terraform",
        params: &[
            param("workspace", "tf_workspace", Vars(&["TF_WORKSPACE"], &[])),
            param("data_dir", "tf_data_dir", Vars(&["TF_DATA_DIR"], &[])),
        ],
        verbs: None,
    },
    Preset {
        name: "aws",
        params: &[
            param("profile", "aws_profile", Vars(&["AWS_PROFILE"], AWS_KEYS)),
            param("region", "aws_region", Vars(&["AWS_REGION", "AWS_DEFAULT_REGION"], &[])),
        ],
        verbs: None,
    },
    Preset {
        name: "docker",
        params: &[
            param("context", "docker_context", Vars(&["DOCKER_CONTEXT"], &["DOCKER_HOST"])),
            param("host", "docker_host", Vars(&["DOCKER_HOST"], &["DOCKER_CONTEXT"])),
        ],
        verbs: None,
    },
    Preset {
        name: "psql",
        params: &[
            param("host", "pg_host", Vars(&["PGHOST"], &[])),
            param("port", "pg_port", Vars(&["PGPORT"], &[])),
            param("database", "pg_database", Vars(&["PGDATABASE"], &[])),
            param("user", "pg_user", Vars(&["PGUSER"], &[])),
            param("service", "pg_service", Vars(&["PGSERVICE"], &[])),
        ],
        verbs: None,
    },
];

/// Credentials in variables: aws takes them before those of the profile in `AWS_PROFILE`.
const AWS_KEYS: &[&str] = &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// What kubectl does itself. Every other first word is a plugin, before which no flag may stand and which may not know ours.
const KUBECTL_VERBS: &[&str] = &[
    "alpha",
    "annotate",
    "api-resources",
    "api-versions",
    "apply",
    "attach",
    "auth",
    "autoscale",
    "certificate",
    "cluster-info",
    "completion",
    "config",
    "cordon",
    "cp",
    "create",
    "debug",
    "delete",
    "describe",
    "diff",
    "drain",
    "edit",
    "events",
    "exec",
    "explain",
    "expose",
    "get",
    "help",
    "kustomize",
    "label",
    "logs",
    "options",
    "patch",
    "plugin",
    "port-forward",
    "proxy",
    "replace",
    "rollout",
    "run",
    "scale",
    "set",
    "taint",
    "top",
    "uncordon",
    "version",
    "wait",
];

/// The rules a line with `preset` stands for.
pub(super) fn rules(
    spot: &Spot<'_>,
    name: &Spot<'_>,
    source: &Source,
    conditions: &Conditions,
) -> Result<Vec<Rule>, YamlError> {
    let words: Vec<(&'static str, &'static Preset)> = PRESETS.iter().map(|preset| (preset.name, preset)).collect();
    let preset = name.word(&words)?;
    let stray = ["command", "strategy", "prefix", "position", "args", "vars", "after"]
        .into_iter()
        .find_map(|key| spot.get(key));
    if let Some(stray) = stray {
        return Err(stray.wrong("a preset has its own; write a rule of your own instead"));
    }
    let config = spot.get("config");
    let params: Vec<(&'static str, ())> = preset.params.iter().map(|param| (param.name, ())).collect();
    for (key, _) in config.as_ref().map(Spot::map).transpose()?.unwrap_or_default() {
        if !params.iter().any(|(name, ())| *name == key.value) {
            let known = crate::base::yaml::suggestion(&key.value, params.iter().map(|(name, ())| *name));
            let reason = format!("preset `{}` has no `{}`; {known}", preset.name, key.value);
            return Err(config.as_ref().unwrap_or(spot).wrong_at(key.at, reason));
        }
    }
    let own = config.as_ref().map(Spot::map).transpose()?.unwrap_or_default();
    let mut rules = Vec::new();
    for param in preset.params {
        let said = own.iter().find(|(key, _)| key.value == param.name).map(|(_, value)| value);
        if said.is_some_and(Spot::is_null) {
            continue;
        }
        let value = said.map(Spot::text).transpose()?;
        let needs = if value.is_some() { None } else { Some(param.key) };
        let value = value.map_or_else(|| format!("{{{{env.{}}}}}", param.key), str::to_owned);
        let (strategy, action) = param.gives.action(|text| template(said.unwrap_or(spot), text), &value)?;
        let conditions = Conditions { needs, verbs: preset.verbs, ..conditions.clone() };
        let source = match source {
            Source::File { path, line, .. } => {
                Source::File { path: path.clone(), line: *line, preset: Some(preset.name) }
            }
            Source::Owner(owner) => Source::Owner(owner.clone()),
        };
        rules.push(Rule { command: preset.name.to_owned(), strategy, source, action, conditions });
    }
    Ok(rules)
}

impl Gives {
    fn action(
        &self,
        template: impl Fn(&str) -> Result<Template, YamlError>,
        value: &str,
    ) -> Result<(Strategy, Action), YamlError> {
        match self {
            Flag(flag) => {
                let words = vec![template(&format!("{flag}={value}"))?];
                Ok((Strategy::ArgsPrepend, Action::Args { words, after: Vec::new(), position: Position::Start }))
            }
            Vars(set, unset) => {
                let value = template(value)?;
                let unset = unset.iter().map(|name| ((*name).to_owned(), None));
                let set = set.iter().map(|name| ((*name).to_owned(), Some(value.clone())));
                Ok((Strategy::EnvVars, Action::Vars(unset.chain(set).collect())))
            }
        }
    }
}
