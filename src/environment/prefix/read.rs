//! Rules as people and programs write them, in all their shapes.

use std::path::Path;
use std::sync::Arc;

use super::preset;
use super::{Action, Conditions, Position, Rule, Source, Strategy};
use crate::base::yaml::{Node, Place, Placed, Spot, Value, YamlError, text_of};
use crate::environment::envs::check_variable;
use crate::environment::template::Template;

/// The keys of a rule that are its own; those of `config` may stand beside them.
pub const RULE_KEYS: [&str; 8] =
    ["command", "strategy", "config", "prefix", "preset", "when", "skip_if_flag", "position"];
/// The keys of `config`.
pub const CONFIG_KEYS: [&str; 4] = ["args", "vars", "command", "after"];
/// The keys of `when`.
pub const WHEN_KEYS: [&str; 1] = ["env"];
/// Words of `position` besides a number.
const POSITIONS: &[(&str, Position)] =
    &[("start", Position::Start), ("end", Position::End), ("after-subcommand", Position::AfterSubcommand)];

pub(super) fn file(path: &Path, bytes: &[u8], warnings: &mut Vec<YamlError>) -> Result<Vec<Rule>, YamlError> {
    let text = text_of(path, bytes.to_vec())?;
    let document = Node::parse(path, &text)?;
    let root = Spot::root(path, &document);
    let list = if root.is_list() || root.is_null() {
        Some(root)
    } else {
        root.map()?;
        warnings.extend(root.unknown_keys(&["prefixes"]));
        root.get("prefixes")
    };
    let path: Arc<Path> = Arc::from(path);
    let mut rules = Vec::new();
    for spot in list.map(|list| list.list()).transpose()?.unwrap_or_default() {
        let source = Source::File { path: path.clone(), line: spot.at().line().unwrap_or_default(), preset: None };
        rules.extend(rule(&spot, &source, warnings)?);
    }
    Ok(rules)
}

/// The reason alone where it fails: there is no file and no place.
pub(super) fn registered(
    owner: &str,
    command: &str,
    strategy: &str,
    config: &serde_json::Value,
) -> Result<Rule, String> {
    let config = from_json(config);
    let text = |text: &str| Node { at: Place::default(), value: Value::Scalar(text.to_owned()) };
    let key = |key: &str, value| (Placed { value: key.to_owned(), at: Place::default() }, value);
    let mut entries = vec![key("command", text(command)), key("strategy", text(strategy))];
    // In the flat shape of `vars` every key is a variable.
    let hoisted = ["when", "skip_if_flag", "position"]
        .into_iter()
        .filter(|_| CONFIG_KEYS.iter().any(|key| config.get(key).is_some()));
    entries.extend(hoisted.filter_map(|name| Some(key(name, config.get(name)?.clone()))));
    entries.push(key("config", config));
    let node = Node { at: Place::default(), value: Value::Map(entries) };
    let source = Source::Owner(owner.to_owned());
    let rules = rule(&Spot::root(Path::new(""), &node), &source, &mut Vec::new()).map_err(|error| error.reason)?;
    rules.into_iter().next().ok_or_else(|| "it says nothing".to_owned())
}

fn from_json(value: &serde_json::Value) -> Node {
    use serde_json::Value as Json;
    let value = match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Scalar(value.to_string()),
        Json::Number(value) => Value::Scalar(value.to_string()),
        Json::String(value) => Value::Scalar(value.clone()),
        Json::Array(items) => Value::List(items.iter().map(from_json).collect()),
        Json::Object(entries) => {
            let entry = |(key, value): (&String, &Json)| {
                (Placed { value: key.clone(), at: Place::default() }, from_json(value))
            };
            Value::Map(entries.iter().map(entry).collect())
        }
    };
    Node { at: Place::default(), value }
}

/// One rule, or what a preset stands for.
fn rule(spot: &Spot<'_>, source: &Source, warnings: &mut Vec<YamlError>) -> Result<Vec<Rule>, YamlError> {
    spot.map()?;
    warnings.extend(spot.unknown_keys(&[&RULE_KEYS[..], &["args", "vars", "after"]].concat()));
    let conditions = conditions(spot, warnings)?;
    if let Some(name) = spot.get("preset") {
        return preset::rules(spot, &name, source, &conditions);
    }
    let strategy = match (spot.get("strategy"), spot.get("prefix")) {
        (Some(word), None) => word.word(Strategy::WORDS)?,
        (None, Some(_)) => Strategy::Wrapper,
        (Some(word), Some(prefix)) => match word.word(Strategy::WORDS)? {
            Strategy::Wrapper => Strategy::Wrapper,
            other => return Err(prefix.wrong(format!("`prefix` is for `wrapper`, but `strategy` is `{other}`"))),
        },
        (None, None) => return Err(spot.lacks("strategy", ": args_append, args_prepend, env_vars or wrapper")),
    };
    let action = match strategy {
        Strategy::EnvVars => vars(spot)?,
        Strategy::ArgsPrepend => args(spot, Position::Start, warnings)?,
        Strategy::ArgsAppend => args(spot, Position::End, warnings)?,
        Strategy::Wrapper => wrap(spot, warnings)?,
    };
    if let (Some(position), true) = (spot.get("position"), matches!(action, Action::Vars(_) | Action::Wrap(_))) {
        return Err(position.wrong(format!("`position` is for arguments, `{strategy}` has none")));
    }
    let made = |command| Rule {
        command,
        strategy,
        source: source.clone(),
        action: action.clone(),
        conditions: conditions.clone(),
    };
    Ok(commands(spot)?.into_iter().map(made).collect())
}

/// The command, or several.
fn commands(spot: &Spot<'_>) -> Result<Vec<String>, YamlError> {
    let command = spot.get("command").ok_or_else(|| spot.lacks("command", ""))?;
    let names = command.texts()?;
    for name in &names {
        if name.is_empty() || name.contains('/') {
            return Err(
                command.wrong(format!("{name:?} is no file name: a command is known by the last part of its path"))
            );
        }
        if *name == "pintle" {
            return Err(command.wrong("pintle calls itself by this name"));
        }
    }
    if names.is_empty() {
        Err(command.wrong("there is none"))
    } else {
        Ok(names.into_iter().map(str::to_owned).collect())
    }
}

fn conditions(spot: &Spot<'_>, warnings: &mut Vec<YamlError>) -> Result<Conditions, YamlError> {
    let mut conditions = Conditions::default();
    if let Some(when) = spot.get("when") {
        when.map()?;
        warnings.extend(when.unknown_keys(&WHEN_KEYS));
        let named = |envs: Spot<'_>| {
            let value = envs.texts()?.into_iter().map(str::to_owned).collect();
            Ok::<_, YamlError>(Placed { value, at: envs.at() })
        };
        conditions.envs = when.get("env").map(named).transpose()?;
    }
    if let Some(flags) = spot.get("skip_if_flag") {
        for flag in flags.texts()? {
            if !flag.starts_with('-') || flag.contains('=') || flag.len() < 2 {
                return Err(flags.wrong(format!("{flag:?} is no flag: it begins with `-` and has no `=`")));
            }
            conditions.skip_if_flag.push(flag.to_owned());
        }
    }
    Ok(conditions)
}

/// What a key of `config` says, wherever it stands: under `config`, in the rule, or as all of `config`.
fn said<'a>(spot: &Spot<'a>, key: &str, warnings: &mut Vec<YamlError>) -> Result<Option<Spot<'a>>, YamlError> {
    let config = spot.get("config");
    let beside = if key == "command" { spot.get("prefix") } else { spot.get(key) };
    let inside = match &config {
        Some(config) if config.is_map() => {
            warnings.extend(config.unknown_keys(&[&CONFIG_KEYS[..], &["when", "skip_if_flag", "position"]].concat()));
            config.get(key)
        }
        Some(config) => Some(config.clone()),
        None => None,
    };
    match (inside, beside) {
        (Some(_), Some(beside)) => Err(beside.wrong("it is said twice: under `config` and here")),
        (inside, beside) => Ok(inside.or(beside)),
    }
}

fn vars(spot: &Spot<'_>) -> Result<Action, YamlError> {
    let config = spot.get("config");
    let nested = config.as_ref().and_then(|config| config.get("vars")).filter(Spot::is_map);
    let vars = match (nested, config, spot.get("vars")) {
        (Some(_), _, Some(beside)) | (None, Some(_), Some(beside)) => {
            return Err(beside.wrong("it is said twice: under `config` and here"));
        }
        (Some(vars), _, None) | (None, Some(vars), None) | (None, None, Some(vars)) => vars,
        (None, None, None) => return Err(spot.wrong("`vars` is missing: the variables to set")),
    };
    let mut found = Vec::new();
    for (name, value) in vars.map()? {
        check_variable(&name.value).map_err(|reason| value.wrong_at(name.at, reason))?;
        found.push((name.value.clone(), if value.is_null() { None } else { Some(template(&value, value.text()?)?) }));
    }
    if found.is_empty() { Err(vars.wrong("there are none")) } else { Ok(Action::Vars(found)) }
}

fn args(spot: &Spot<'_>, position: Position, warnings: &mut Vec<YamlError>) -> Result<Action, YamlError> {
    let args = said(spot, "args", warnings)?.ok_or_else(|| spot.wrong("`args` is missing: the words to add"))?;
    let config = spot.get("config").filter(Spot::is_map);
    let after = spot.get("after").or_else(|| config?.get("after"));
    let after = match after {
        Some(after) if after.is_scalar() => after.text()?.split_whitespace().map(str::to_owned).collect(),
        Some(after) => after.texts()?.into_iter().map(str::to_owned).collect(),
        None => Vec::new(),
    };
    let position = match spot.get("position") {
        None => position,
        Some(given) => match given.text()?.parse() {
            Ok(number) => Position::Behind(number),
            Err(_) => given.word(POSITIONS)?,
        },
    };
    Ok(Action::Args { words: words(&args)?, after, position })
}

fn wrap(spot: &Spot<'_>, warnings: &mut Vec<YamlError>) -> Result<Action, YamlError> {
    let command =
        said(spot, "command", warnings)?.ok_or_else(|| spot.wrong("`prefix` is missing: the words in front"))?;
    Ok(Action::Wrap(words(&command)?))
}

/// A text is split as a shell would, a list is taken as it is.
fn words(spot: &Spot<'_>) -> Result<Vec<Template>, YamlError> {
    let words = if spot.is_scalar() {
        let tight = tighten(spot.text()?);
        let words = shell_words::split(&tight).map_err(|_| spot.wrong("a quote is not closed"))?;
        words.iter().map(|word| template(spot, word)).collect::<Result<Vec<_>, _>>()?
    } else {
        spot.list()?.iter().map(|word| template(word, word.text()?)).collect::<Result<Vec<_>, _>>()?
    };
    if words.is_empty() { Err(spot.wrong("there are none")) } else { Ok(words) }
}

pub(super) fn template(spot: &Spot<'_>, text: &str) -> Result<Template, YamlError> {
    Template::parse(text).map_err(|error| spot.wrong(error))
}

/// `{{ env }}` without its blanks, at which a shell would split.
fn tighten(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find("{{") {
        let (before, marker) = rest.split_at(at);
        out.push_str(before);
        let end = if marker.starts_with("{{{{") { None } else { marker.find("}}") };
        rest = match end {
            Some(end) => {
                out.push_str(&format!("{{{{{}}}}}", marker[2..end].trim()));
                &marker[end + 2..]
            }
            None => {
                let escape = if marker.starts_with("{{{{") { 4 } else { 2 };
                out.push_str(&marker[..escape]);
                &marker[escape..]
            }
        };
    }
    out + rest
}
