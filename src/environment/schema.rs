//! JSON schemas of the two files, for editors.
//!
//! The types here describe and are never filled: the files are read by hand, for the sake of their mistakes' places. A test holds
//! their keys against the keys that are read.

#![expect(dead_code, reason = "only their shape is used")]

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, schema_for};

/// The schema of `envs.yaml`.
pub fn envs() -> Schema {
    schema_for!(EnvsFile)
}

/// The schema of `prefixes.yaml`.
pub fn prefixes() -> Schema {
    schema_for!(PrefixesFile)
}

/// A text, a number or a boolean, taken as it is written.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Number(f64),
    Boolean(bool),
}

/// One text, or several.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Texts {
    One(String),
    Several(Vec<Scalar>),
}

/// The environments, by name.
#[derive(JsonSchema)]
#[schemars(title = "envs.yaml")]
struct EnvsFile {
    /// The environments, by name: no blanks, no `/`.
    envs: Option<BTreeMap<String, Option<Env>>>,
}

/// An environment. Keys of your own can be used in prefixes.yaml as {{env.KEY}}.
#[derive(JsonSchema)]
struct Env {
    /// The environment that is laid under this one, key by key.
    extends: Option<String>,
    /// Colour in the status bar and in questions: a name as tmux has it, `colour208` or `#rrggbb`.
    color: Option<String>,
    /// A line for people.
    description: Option<String>,
    /// Variables to export; null unsets one.
    vars: Option<BTreeMap<String, Option<Scalar>>>,
    /// What kubectl and its kin talk to, by way of KUBECONFIG.
    kube: Option<Kube>,
    /// What is asked before a command changes things.
    guard: Option<Guard>,
    /// What else changes things: globs on the words of a command; one without a blank is the command word.
    guard_commands: Option<Vec<String>>,
    /// Keys of your own.
    #[serde(flatten)]
    own: BTreeMap<String, Option<Scalar>>,
}

/// A context of your kubeconfig.
#[derive(JsonSchema)]
struct Kube {
    /// Its name.
    context: Option<String>,
    /// The namespace, if not the context's own.
    namespace: Option<String>,
}

/// How much is asked before a command changes things.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Guard {
    /// Nothing.
    Free,
    /// A yes.
    Confirm,
    /// The environment's name, typed.
    Typed,
    /// What changes things is refused.
    Readonly,
    /// Every command that has rules or is known is refused.
    Locked,
}

/// What is added to which command.
#[derive(JsonSchema)]
#[schemars(title = "prefixes.yaml")]
#[serde(untagged)]
enum PrefixesFile {
    /// With a key.
    Keyed {
        /// The rules, in the order in which they apply.
        prefixes: Option<Vec<Rule>>,
    },
    /// Bare.
    Bare(Vec<Rule>),
}

/// What is added to a command.
#[derive(JsonSchema)]
struct Rule {
    /// File name of the command, or of several.
    command: Option<Texts>,
    /// What is done.
    strategy: Option<Strategy>,
    /// What the strategy needs; its keys may stand in the rule itself. For a preset: its values.
    config: Option<serde_json::Value>,
    /// Words to put in front: means `wrapper`. A text is split as a shell would.
    prefix: Option<Texts>,
    /// Tested rules for a tool, from keys of the environment.
    preset: Option<Preset>,
    /// Where it applies.
    when: Option<When>,
    /// It does not apply when one of these flags was given.
    skip_if_flag: Option<Texts>,
    /// Where arguments go.
    position: Option<Position>,
    /// Words to add. A text is split as a shell would.
    args: Option<Texts>,
    /// Variables to set; null unsets one.
    vars: Option<BTreeMap<String, Option<Scalar>>>,
    /// Words of the call behind which the arguments go, if it begins with them.
    after: Option<Texts>,
}

/// What a rule does.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Strategy {
    /// Words at the end, before a bare `--`.
    ArgsAppend,
    /// Words behind the command word.
    ArgsPrepend,
    /// Variables.
    EnvVars,
    /// Words in front of the command word.
    Wrapper,
}

/// Rules for a tool.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Preset {
    Kubectl,
    Helm,
    Terraform,
    Aws,
    Docker,
    Psql,
}

/// Where a rule applies.
#[derive(JsonSchema)]
struct When {
    /// In these environments only.
    env: Option<Texts>,
}

/// Where arguments go.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Position {
    Named(NamedPosition),
    /// Behind so many of the words that were typed.
    Behind(u32),
}

/// Where arguments go.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum NamedPosition {
    /// Behind the command word.
    Start,
    /// At the end, before a bare `--`.
    End,
    /// Behind the first word that is neither a flag nor the value of one.
    AfterSubcommand,
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::environment::envs::{KNOWN_KEYS, KUBE_KEYS};
    use crate::environment::guard::Level;
    use crate::environment::prefix::preset::PRESETS;
    use crate::environment::prefix::{CONFIG_KEYS, RULE_KEYS, Strategy as Read, WHEN_KEYS};

    /// The keys or words of a definition, sorted.
    fn names(schema: &Schema, of: &str) -> Vec<String> {
        let of = &schema.as_value()["$defs"][of];
        let mut names: Vec<String> = match (&of["properties"], &of["enum"], &of["oneOf"]) {
            (Value::Object(keys), ..) => keys.keys().cloned().collect(),
            (_, Value::Array(words), _) => words.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            (_, _, Value::Array(words)) => {
                words.iter().filter_map(|word| word["const"].as_str()).map(str::to_owned).collect()
            }
            _ => panic!("{of}"),
        };
        names.sort();
        names
    }

    #[track_caller]
    fn check<'a>(schema: &Schema, of: &str, read: impl IntoIterator<Item = &'a str>) {
        let mut read: Vec<&str> = read.into_iter().collect();
        read.sort_unstable();
        read.dedup();
        assert_eq!(names(schema, of), read, "{of}");
    }

    #[test]
    fn they_know_what_is_read() {
        let (envs, prefixes) = (envs(), prefixes());
        check(&envs, "Env", KNOWN_KEYS);
        check(&envs, "Kube", KUBE_KEYS);
        check(&envs, "Guard", Level::WORDS.iter().map(|(word, _)| *word));
        check(&prefixes, "Rule", RULE_KEYS.into_iter().chain(CONFIG_KEYS));
        check(&prefixes, "When", WHEN_KEYS);
        check(&prefixes, "Strategy", Read::WORDS.iter().map(|(word, _)| *word));
        check(&prefixes, "Preset", PRESETS.iter().map(|preset| preset.name));
        assert_eq!(names(&prefixes, "NamedPosition"), ["after-subcommand", "end", "start"]);
    }
}
