//! Changing one key of a `config.yaml` that a person wrote, and nothing else in it.
//!
//! No YAML library that is kept writes a document back with its comments and its layout. So lines are replaced, and what comes of it
//! is believed only if it reads back as the change that was meant.

use std::path::Path;

use super::{ConfigError, ConfigFile, parse, read};
use crate::base::files::{read_if_there, write_atomic};

/// Sets (or with `None` removes) `agents.NAME.launch_args` in a config file and leaves every other byte as a person wrote it.
pub fn set_launch_args(path: &Path, agent: &str, launch_args: Option<&[String]>) -> Result<(), ConfigError> {
    let before = read(path)?;
    let text = read_if_there(path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let edited = edit(&text, agent, launch_args).filter(|edited| {
        // The editing library is young: what it wrote is believed only if it reads back as exactly the change meant.
        parse(path, edited.as_bytes().to_vec())
            .is_ok_and(|after| after == with_launch_args(before.clone(), agent, launch_args))
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
