//! What is in `~/.config/axium`, as far as it can be carried.
//!
//! Its files were described by its documentation and examples: `envs.yaml` (free keys below names), `prefixes.yaml` (`command` and
//! `prefix`, with `${env.KEY}` in it), `hud.yaml`. Its extensions are Python modules that run inside of it and import its code; there
//! is nothing in them that could run anywhere else.

use std::path::Path;

use serde_json::Value as Json;

use super::mend::{Cut, mend};
use super::prefix::{self, Rewritten};
use super::{Entry, Left, New, Plan, Tree};
use crate::base::yaml::{Node, Place, text_of};
use crate::environment::envs::Envs;
use crate::environment::prefix::Rules;

/// What it writes while it runs. Nobody would miss it.
const LEFTOVERS: [&str; 6] =
    ["axiumd.log", "axiumd.pid", "axiumd.sock", "daemon.sock", "completions.json", "__pycache__"];

/// What to write, given what lies in its folder.
pub fn plan(tree: &Tree) -> Plan {
    let mut plan = Plan::default();
    let envs = plan.envs(tree);
    let has_rules = plan.prefixes(tree, &envs);
    plan.copy(tree, "hud.yaml");
    for (path, entry) in tree {
        plan.rest_of_axium(path, entry);
    }
    if has_rules {
        plan.notes.push(
            "where no environment is set, a rule with a value of one refuses its command, and one for some environments does nothing; `pintle env set --global NAME` sets one everywhere"
                .to_owned(),
        );
    }
    plan
}

impl Plan {
    fn envs(&mut self, tree: &Tree) -> Envs {
        let path = Path::new("envs.yaml");
        let Some((text, mode)) = self.text(tree, path) else { return Envs::default() };
        let check = |text: &str| Envs::parse(path, text.as_bytes()).map(drop);
        match mend(&text, env_starts, check) {
            Ok((text, cuts)) => {
                let envs = Envs::parse(path, text.as_bytes()).unwrap_or_default();
                self.cut(path, cuts);
                self.files.push(New { path: path.to_owned(), text, mode, changes: Vec::new() });
                envs
            }
            Err(error) => {
                self.refused(path, &error);
                Envs::default()
            }
        }
    }

    /// Says whether there are any.
    fn prefixes(&mut self, tree: &Tree, envs: &Envs) -> bool {
        let path = Path::new("prefixes.yaml");
        let Some((text, mode)) = self.text(tree, path) else { return false };
        let rules = |text: &str| Rules::parse(path, text.as_bytes());
        let (text, cuts) = match mend(&text, rule_starts, |text| rules(text).map(drop)) {
            Ok(mended) => mended,
            Err(error) => {
                self.refused(path, &error);
                return false;
            }
        };
        self.cut(path, cuts);
        let document = Node::parse(path, &text);
        let rewritten = document.map(|document| prefix::rewrite(&text, &document, envs)).unwrap_or_default();
        // A text with rules in a shape that was not thought of stays as it is rather than be broken.
        let Rewritten { text, changes, notes, programs } = match rules(&rewritten.text) {
            Ok(_) => rewritten,
            Err(_) => Rewritten { text, changes: Vec::new(), ..rewritten },
        };
        let has_rules = rules(&text).is_ok_and(|rules| rules.iter().next().is_some());
        self.notes.extend(notes.into_iter().map(|note| format!("prefixes.yaml, {note}")));
        self.programs.extend(programs);
        self.files.push(New { path: path.to_owned(), text, mode, changes });
        has_rules
    }

    /// What is the same here and there.
    fn copy(&mut self, tree: &Tree, name: &str) {
        let path = Path::new(name);
        let Some((text, mode)) = self.text(tree, path) else { return };
        match Node::parse(path, &text) {
            Ok(_) => self.files.push(New { path: path.to_owned(), text, mode, changes: Vec::new() }),
            Err(error) => self.refused(path, &error),
        }
    }

    /// The text of a file and its mode, if there is one and it is text.
    fn text(&mut self, tree: &Tree, path: &Path) -> Option<(String, u32)> {
        let Some(Entry::File { bytes, mode }) = tree.get(path) else { return None };
        match text_of(path, bytes.clone()) {
            Ok(text) => Some((text, *mode)),
            Err(error) => {
                self.refused(path, &error);
                None
            }
        }
    }

    fn cut(&mut self, path: &Path, cuts: Vec<Cut>) {
        let left = |cut: Cut| Left::lines(path, cut.first, cut.last, format!("{}; it is a comment there", cut.why));
        self.left.extend(cuts.into_iter().map(left));
    }

    /// What has no place here, each with the reason.
    fn rest_of_axium(&mut self, path: &Path, entry: &Entry) {
        let name = path.display().to_string();
        let first = path.iter().next().unwrap_or_default().to_string_lossy().into_owned();
        let is_inside = path.iter().count() > 1;
        match (first.as_str(), is_inside) {
            ("envs.yaml" | "prefixes.yaml" | "hud.yaml", false) => match entry {
                Entry::File { .. } => {}
                Entry::Folder => self.leave(name, "this has to be a file"),
                Entry::Unread(why) => self.leave(name, *why),
            },
            ("spokes" | "gears", true) if *entry == Entry::Folder => self.leave(
                name,
                "it is Python that runs inside of Axium; an extension of pintle is a program of its own and has to be written as one",
            ),
            ("overrides", true) => self.leave(name, "it is about an extension that could not be carried"),
            ("permissions.yaml", false) => {
                self.leave(name, "it grants extensions what they ask for; those could not be carried");
            }
            ("config.yaml" | "settings.yaml", false) => self.leave(name, "settings of Axium's own daemon"),
            ("state.json", false) => self.leave(name, active(entry)),
            ("spokes" | "gears" | "overrides", _) => {}
            _ if is_inside || LEFTOVERS.contains(&first.as_str()) || first.starts_with('.') => {}
            _ => self.leave(name, "pintle does not know what it is"),
        }
    }
}

/// Where a part of `envs.yaml` may begin: an environment, a key of one, and what is inside of a key with a map or a list.
fn env_starts(document: &Node) -> Vec<u64> {
    let envs = document.get("envs").map(Node::entries).unwrap_or_default();
    let keys = || envs.iter().flat_map(|(_, env)| env.entries());
    let inner = keys().flat_map(|(_, value)| value.entries());
    let places = envs.iter().chain(keys()).chain(inner).map(|(key, _)| key.at);
    places.chain(keys().flat_map(|(_, value)| value.items()).map(|item| item.at)).filter_map(Place::line).collect()
}

/// Where a part of `prefixes.yaml` may begin: with a rule. Half a rule would do something else.
fn rule_starts(document: &Node) -> Vec<u64> {
    prefix::items(document).iter().filter_map(|item| item.at.line()).collect()
}

/// What to do about the environment that was set.
fn active(entry: &Entry) -> String {
    let state: Option<Json> =
        if let Entry::File { bytes, .. } = entry { serde_json::from_slice(bytes).ok() } else { None };
    let env = state.as_ref().and_then(|state| state["active_env"].as_str()).filter(|env| !env.is_empty());
    match env {
        Some(env) => format!("which environments are set; `pintle env set --global {env}` sets the same one"),
        None => "which environments are set; `pintle env set` sets them".to_owned(),
    }
}

#[cfg(test)]
#[path = "axium_tests.rs"]
mod tests;
