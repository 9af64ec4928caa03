//! What is in a `.pu` folder, the user's own or a project's, as far as it can be carried.

use std::path::Path;

use super::definition::{INNER_KEYS, KINDS, Kind, maps};
use super::keys::rename;
use super::mend::{commented, end};
use super::{Entry, New, Plan, Tree};
use crate::base::text::is_unseen;
use crate::base::yaml::{Node, Spot, YamlError, text_of};
use crate::daemon::check::Definition;

/// What it writes while it runs. Nobody would miss it.
const LEFTOVERS: [&str; 4] = ["daemon.sock", "daemon.pid", "daemon.log", "daemon.lock"];

/// Keys of `config.yaml`, at its top and in a kind of agent.
const CONFIG_KEYS: [&str; 4] = ["default_agent", "env_files", "launch_args", "prompt_flag"];

/// What to write, given what lies in the folder.
pub fn plan(tree: &Tree) -> Plan {
    let mut plan = Plan::default();
    let mut enabled = Vec::new();
    for (path, entry) in tree {
        let parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let kind = KINDS.iter().find(|kind| kind.definition.folder() == parts[0]);
        match (parts.as_slice(), kind) {
            ([_, name], Some(kind)) => {
                let is_on = plan.definition(kind, path, name, entry);
                let is_schedule = kind.definition == Definition::Schedule;
                enabled.extend((is_on && is_schedule).then(|| name.trim_end_matches(".yaml").to_owned()));
            }
            ([folder, name], None) if folder == Definition::Template.folder() => plan.template(path, name, entry),
            ([name], None) if name == "config.yaml" => plan.config(path, entry),
            ([name], None) => plan.rest_of_purepoint(name, entry),
            _ => {}
        }
    }
    if !enabled.is_empty() {
        let names = enabled.join(", ");
        plan.notes.push(format!(
            "schedules that are switched on: {names}; each runs twice as long as PurePoint's daemon runs as well"
        ));
    }
    plan
}

impl Plan {
    fn template(&mut self, path: &Path, name: &str, entry: &Entry) {
        let Some((text, mode)) = self.read(path, name, ".md", entry) else { return };
        match Definition::Template.check(path, &text, name.trim_end_matches(".md")) {
            Ok(()) => self.files.push(New { path: path.to_owned(), text, mode, changes: Vec::new() }),
            Err(error) => self.refused(path, &error),
        }
    }

    /// Says whether it was carried and is switched on.
    fn definition(&mut self, kind: &Kind, path: &Path, name: &str, entry: &Entry) -> bool {
        let Some((text, mode)) = self.read(path, name, ".yaml", entry) else { return false };
        let carried = Node::parse(path, &text).and_then(|document| {
            let (text, changes) = rename(&text, &maps(&document), &[kind.keys, &INNER_KEYS[..]].concat());
            let document = Node::parse(path, &text)?;
            // Here the file's name would do; there such a file was none, and an import is no place to begin with it.
            let spot = Spot::root(path, &document);
            spot.map()?;
            spot.get("name").ok_or_else(|| spot.lacks("name", ""))?;
            kind.definition.check(path, &text, name.trim_end_matches(".yaml"))?;
            let enabled = document.get("enabled").and_then(Node::scalar) != Some("false");
            Ok((New { path: path.to_owned(), text, mode, changes }, enabled))
        });
        match carried {
            Ok((new, enabled)) => {
                self.files.push(new);
                enabled
            }
            Err(error) => {
                self.refused(path, &error);
                false
            }
        }
    }

    fn config(&mut self, path: &Path, entry: &Entry) {
        let Some((text, mode)) = self.read(path, "config.yaml", ".yaml", entry) else { return };
        match config(path, &text) {
            Ok((text, changes)) => self.files.push(New { path: path.to_owned(), text, mode, changes }),
            Err(error) => self.refused(path, &error),
        }
    }

    /// The text of a file of ours and its mode. One of another kind is left behind.
    fn read(&mut self, path: &Path, name: &str, ending: &str, entry: &Entry) -> Option<(String, u32)> {
        if name.starts_with('.') {
            return None;
        }
        let shown = path.display().to_string();
        match entry {
            Entry::File { .. } if !name.ends_with(ending) => {
                self.leave(shown, format!("only files that end with {ending} are read in this folder"));
            }
            Entry::File { .. } if name.contains(is_unseen) => {
                self.leave(shown, "its name has characters that cannot be seen");
            }
            Entry::File { bytes, mode } => match text_of(path, bytes.clone()) {
                Ok(text) => return Some((text, *mode)),
                Err(error) => self.refused(path, &error),
            },
            Entry::Folder => self.leave(shown, "folders in this folder are not read"),
            Entry::Unread(why) => self.leave(shown, *why),
        }
        None
    }

    /// What has no place here, each with the reason.
    fn rest_of_purepoint(&mut self, name: &str, entry: &Entry) {
        match name {
            "manifest.json" => self.leave(
                name,
                "its agents are processes of PurePoint's daemon and its worktrees stay where they are; `git worktree list` shows them",
            ),
            "worktrees" => {}
            "prompts" => self.leave(name, "prompts that agents were given; nothing reads them again"),
            _ if KINDS.iter().any(|kind| kind.definition.folder() == name) || name == Definition::Template.folder() => {
                if *entry != Entry::Folder {
                    self.leave(name, "this has to be a folder");
                }
            }
            _ if LEFTOVERS.contains(&name) || name.starts_with('.') => {}
            _ => self.leave(name, "pintle does not know what it is"),
        }
    }
}

/// Keys as they are spelt here, and without what has no effect or another one.
fn config(path: &Path, text: &str) -> Result<(String, Vec<String>), YamlError> {
    let document = Node::parse(path, text)?;
    let kinds = document.get("agents").map(Node::entries).unwrap_or_default();
    let maps: Vec<&Node> = std::iter::once(&document).chain(kinds.iter().map(|(_, kind)| kind)).collect();
    let (renamed, renames) = rename(text, &maps, &CONFIG_KEYS);
    let mut changes = renames.clone();
    let mut lines: Vec<String> = renamed.split_inclusive('\n').map(str::to_owned).collect();
    for (kind, map) in kinds {
        for (key, value) in map.entries() {
            let why = match (key.value.as_str(), value.scalar()) {
                // PurePoint's word for the user's own shell.
                ("command", Some("shell")) if kind.value == "terminal" => "it is the user's shell anyway",
                ("name", _) => "the kind is called as the key above says",
                _ => continue,
            };
            let Some(line) = key.at.line().map(|line| line as usize) else { continue };
            let is_own_line = lines.get(line - 1).is_some_and(|text| text.trim_start().starts_with(&key.value));
            if let (true, Some(last)) = (is_own_line, end(&lines, line)) {
                lines[line - 1..last].iter_mut().for_each(|line| *line = commented(line));
                changes.push(format!("line {line}: `{}` is a comment: {why}", key.value));
            }
        }
    }
    let text = lines.concat();
    // In flow style, or with nothing left in a kind, it stays as it was; both spellings are read.
    if Node::parse(path, &text).is_ok() { Ok((text, changes)) } else { Ok((renamed, renames)) }
}

#[cfg(test)]
#[path = "purepoint_tests.rs"]
mod tests;
