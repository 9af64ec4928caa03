//! `config.yaml`, of a project and of the user: kinds of agents and defaults. The project's wins, key by key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;
use thiserror::Error;

use crate::base::files::{FileError, read_if_there, write_atomic};

/// A config file that cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// It does not parse or holds something of the wrong type.
    #[error("{path}: line {line}, column {column}: {reason}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where, from 1; 0 when it is not known.
        line: u64,
        /// Where in the line, from 1.
        column: u64,
        /// What is wrong.
        reason: String,
    },
    /// It cannot be changed without losing what a person wrote.
    #[error("{0}: cannot be changed without losing something in it; set `{1}` by hand")]
    CannotEdit(PathBuf, String),
    /// The system refused.
    #[error(transparent)]
    File(#[from] FileError),
}

/// One `config.yaml`. Every key is optional; null means absent.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub struct ConfigFile {
    /// Kind of agents that are spawned without one.
    #[serde(alias = "defaultAgent")]
    pub default_agent: Option<String>,
    /// Kinds by name: new ones, or changes to the built-in ones.
    pub agents: Option<BTreeMap<String, Option<KindFile>>>,
    /// `.env` files, relative to the project, whose variables agents get.
    #[serde(alias = "envFiles")]
    pub env_files: Option<Vec<String>>,
    /// More sockets to listen on (global file only).
    pub listen: Option<Vec<String>>,
}

/// A kind of agent as a file describes it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub struct KindFile {
    /// The program.
    pub command: Option<String>,
    /// Arguments at every start; null: the built-in ones.
    #[serde(alias = "launchArgs")]
    pub launch_args: Option<Vec<String>>,
    /// Flag that takes the prompt.
    #[serde(alias = "promptFlag")]
    pub prompt_flag: Option<String>,
    /// How a prompt is given.
    pub prompt: Option<PromptFile>,
    /// Whether it stays for more than one prompt.
    pub interactive: Option<bool>,
    /// Arguments that make it plan only.
    #[serde(alias = "planArgs")]
    pub plan_args: Option<Vec<String>>,
    /// Arguments that tell it its session id, with `{session_id}`.
    #[serde(alias = "sessionArgs")]
    pub session_args: Option<Vec<String>>,
    /// Arguments that start it again with its session, with `{session_id}`.
    pub resume: Option<Vec<String>>,
    /// Arguments that start it again when the session is not known.
    #[serde(alias = "resumeLast")]
    pub resume_last: Option<Vec<String>>,
    /// Variables it gets; null unsets one.
    pub env: Option<BTreeMap<String, Option<String>>>,
    /// Rules on its screen.
    pub status: Option<StatusFile>,
}

/// How a prompt is given to a program.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum PromptFile {
    /// On the command line.
    Argv,
    /// Typed when it is ready.
    Typed,
}

/// `status:` of a kind.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub struct StatusFile {
    /// First match wins; they come before the built-in ones of the kind.
    pub rules: Option<Vec<RuleFile>>,
}

/// What a text on the screen says about the agent.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct RuleFile {
    /// Regular expression on the screen's text.
    pub pattern: String,
    /// `working`, `blocked` or `idle`.
    pub activity: String,
    /// Shown as the reason.
    #[serde(default)]
    pub because: Option<String>,
    /// Only so many lines from the bottom.
    #[serde(default, alias = "lastLines")]
    pub last_lines: Option<usize>,
}

/// Reads a config file; one that does not exist is empty.
pub fn read(path: &Path) -> Result<ConfigFile, ConfigError> {
    let Some(bytes) = read_if_there(path)? else { return Ok(ConfigFile::default()) };
    let text = String::from_utf8(bytes).map_err(|error| ConfigError::Invalid {
        path: path.to_owned(),
        line: 0,
        column: 0,
        reason: format!("not UTF-8 after byte {}", error.utf8_error().valid_up_to()),
    })?;
    parse(path, &text)
}

fn parse(path: &Path, text: &str) -> Result<ConfigFile, ConfigError> {
    // An empty document is null, which is no map.
    serde_saphyr::from_str::<Option<ConfigFile>>(text).map(Option::unwrap_or_default).map_err(|error| {
        let location = error.location();
        ConfigError::Invalid {
            path: path.to_owned(),
            line: location.map_or(0, |location| location.line()),
            column: location.map_or(0, |location| location.column()),
            reason: reason(&error.without_snippet().to_string()),
        }
    })
}

/// The library's message without the position, which we give in our own form.
fn reason(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    line.split(" at line ").next().unwrap_or_default().trim_end_matches([',', ':', ' ']).to_owned()
}

/// Sets (or with `None` removes) `agents.NAME.launch_args` in a config file and leaves every other byte as a person wrote it.
pub fn set_launch_args(path: &Path, agent: &str, launch_args: Option<&[String]>) -> Result<(), ConfigError> {
    let before = read(path)?;
    let text = read_if_there(path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let edited = edit(&text, agent, launch_args).filter(|edited| {
        // The editing library is young: what it wrote is believed only if it reads back as exactly the change meant.
        parse(path, edited).is_ok_and(|after| after == with_launch_args(before.clone(), agent, launch_args))
    });
    let Some(edited) = edited else {
        return Err(ConfigError::CannotEdit(path.to_owned(), format!("agents.{agent}.launch_args")));
    };
    write_atomic(path, edited.as_bytes(), 0o644)?;
    Ok(())
}

fn with_launch_args(mut config: ConfigFile, agent: &str, launch_args: Option<&[String]>) -> ConfigFile {
    let kind = config.agents.get_or_insert_default().entry(agent.to_owned()).or_default();
    kind.get_or_insert_default().launch_args = launch_args.map(<[String]>::to_vec);
    config
}

fn edit(text: &str, agent: &str, launch_args: Option<&[String]>) -> Option<String> {
    let value = match launch_args {
        None => "null".to_owned(),
        // JSON is YAML: a flow list on one line, quoted so that no word is taken for something else.
        Some(words) => serde_json::to_string(words).ok()?,
    };
    let lines: Vec<&str> = text.lines().collect();
    let agents = find_key(&lines, 0..lines.len(), 0, &["agents"]);
    let mut out: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let Some(agents) = agents else {
        out.extend(["agents:".to_owned(), format!("  {}:", quoted(agent)?), format!("    launch_args: {value}")]);
        return Some(out.join("\n") + "\n");
    };
    let body = block(&lines, agents);
    let indent = body.clone().map(|at| lines[at]).find(|line| is_content(line)).map_or(2, indentation);
    match find_key(&lines, body, indent, &[agent]) {
        None => {
            out.insert(agents + 1, format!("{}{}:", " ".repeat(indent), quoted(agent)?));
            out.insert(agents + 2, format!("{}launch_args: {value}", " ".repeat(indent * 2)));
        }
        Some(kind) => {
            let body = block(&lines, kind);
            let inner = body.clone().map(|at| lines[at]).find(|line| is_content(line)).map_or(indent + 2, indentation);
            let line = format!("{}launch_args: {value}", " ".repeat(inner));
            match find_key(&lines, body, inner, &["launch_args", "launchArgs"]) {
                None => out.insert(kind + 1, line),
                Some(old) => {
                    let end = block(&lines, old).end;
                    out.splice(old..end, [line]);
                }
            }
        }
    }
    Some(out.join("\n") + "\n")
}

/// A name as a YAML key, quoted if it is not a plain word.
fn quoted(name: &str) -> Option<String> {
    let plain = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter));
    if plain { Some(name.to_owned()) } else { serde_json::to_string(name).ok() }
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn is_content(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && !line.starts_with('#')
}

/// The line in `range` with exactly this indentation that begins with one of the keys.
fn find_key(lines: &[&str], range: std::ops::Range<usize>, indent: usize, keys: &[&str]) -> Option<usize> {
    range.into_iter().find(|at| {
        let line = lines[*at];
        let key = line.trim_start().split_once(':').map(|(key, _)| key.trim_end().trim_matches(['"', '\'']));
        is_content(line) && indentation(line) == indent && key.is_some_and(|key| keys.contains(&key))
    })
}

/// The lines that belong to the key at `at`: those after it that are indented further, blank ones and comments between included.
fn block(lines: &[&str], at: usize) -> std::ops::Range<usize> {
    let outer = indentation(lines[at]);
    let deeper = |index: &usize| indentation(lines[*index]) > outer;
    let end = (at + 1..lines.len())
        .filter(|index| is_content(lines[*index]))
        .take_while(deeper)
        .last()
        .map_or(at + 1, |last| last + 1);
    at + 1..end.max(at + 1)
}

/// A `.env` file's variables: `NAME=value`, `export` allowed, `#` comments, quotes around the whole value taken off.
pub fn parse_env_file(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(|line| {
            let line = line.trim();
            let line = line.strip_prefix("export ").unwrap_or(line);
            let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
            Some((name.trim().to_owned(), unquote(value.trim())))
        })
        .collect()
}

fn unquote(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner.to_owned();
        }
    }
    match value.find(" #") {
        Some(comment) => value[..comment].trim_end().to_owned(),
        None => value.to_owned(),
    }
}

impl FromStr for ConfigFile {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        parse(Path::new("config.yaml"), text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_and_null_are_read() {
        let config: ConfigFile =
            "defaultAgent: codex\nagents:\n  claude:\n    launchArgs: []\n  codex: null\nlisten: null\n"
                .parse()
                .unwrap();
        assert_eq!(config.default_agent.as_deref(), Some("codex"));
        let agents = config.agents.unwrap();
        assert_eq!(agents["claude"].as_ref().unwrap().launch_args, Some(vec![]));
        assert_eq!(agents["codex"], None);
        assert_eq!("".parse::<ConfigFile>().unwrap(), ConfigFile::default());
    }

    #[test]
    fn an_error_names_file_line_and_key() {
        let error =
            "default_agent: claude\nagents:\n  claude:\n    interactive: maybe\n".parse::<ConfigFile>().unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("config.yaml: line 4, column "), "{text}");
    }

    #[test]
    fn launch_args_are_set_and_everything_else_stays() {
        let check = |before: &str, args: Option<&[&str]>, expected: &str| {
            let args = args.map(|args| args.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
            assert_eq!(edit(before, "claude", args.as_deref()).unwrap(), expected, "from {before:?}");
        };
        check("", Some(&["--a b"]), "agents:\n  claude:\n    launch_args: [\"--a b\"]\n");
        check(
            "# mine\nagents:\n    # here\n    codex:\n        command: x\n",
            Some(&[]),
            "# mine\nagents:\n    claude:\n        launch_args: []\n    # here\n    codex:\n        command: x\n",
        );
        check(
            "agents:\n  claude: # the\n    launchArgs:\n      - a\n      # b\n      - c\n    command: claude # own\nz: 1\n",
            None,
            "agents:\n  claude: # the\n    launch_args: null\n    command: claude # own\nz: 1\n",
        );
    }

    #[test]
    fn a_file_that_cannot_be_edited_is_left() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("config.yaml");
        std::fs::write(&path, "agents: {claude: {command: x}}\n").unwrap();
        let error = set_launch_args(&path, "claude", Some(&[])).unwrap_err();
        assert!(matches!(error, ConfigError::CannotEdit(..)), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "agents: {claude: {command: x}}\n");
        std::fs::write(&path, "agents:\n  claude:\n    command: x # y\n").unwrap();
        set_launch_args(&path, "claude", Some(&["--z".to_owned()])).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "agents:\n  claude:\n    launch_args: [\"--z\"]\n    command: x # y\n"
        );
    }

    #[test]
    fn env_files_are_read_as_people_write_them() {
        let text = "# c\nexport A=1\nB = \"two words\"\nC='#no'\nD=x # comment\nE=\nnonsense\n";
        let expected = [("A", "1"), ("B", "two words"), ("C", "#no"), ("D", "x"), ("E", "")];
        let got = parse_env_file(text);
        assert_eq!(got.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(), expected);
    }
}
