//! Keys of a `config.yaml` that have no effect: slips of the fingers, and what belongs in another file.
//!
//! They are no errors: a folder that is shared with another tool has that tool's keys, and a file for a newer pintle should work
//! with this one. But a slip that nobody names costs somebody an evening, so that they can be listed. Which keys are known is asked of
//! the types that are read, so that there is no second list to keep. `serde_ignored` was the alternative: it finds the keys, but
//! neither their lines nor what they could have been.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::{ConfigFile, KindFile, RuleFile, StatusFile};
use crate::base::yaml::{Node, Place, fields_of};

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The user's own.
    Global,
    /// A project's.
    Project,
}

/// A key that has no effect where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedKey {
    /// Where it stands in the file.
    pub at: Place,
    /// The way to it: `agents.claude.comand`.
    pub path: String,
    /// Why it has none.
    pub why: Why,
}

/// Why a key has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nothing of this name is read here.
    Unknown {
        /// The last word of the way to it.
        name: String,
        /// What is read here, both spellings.
        known: &'static [&'static str],
    },
    /// It counts in the user's own file only.
    GlobalOnly,
}

/// The keys without effect in the text of a config file, in their order. None in a text that is no YAML: whoever reads it says that.
pub fn unused_keys(text: &str, scope: Scope) -> Vec<UnusedKey> {
    let mut found = Vec::new();
    let Ok(tree) = Node::parse(Path::new(""), text) else { return found };
    look::<ConfigFile>(&tree, "", &mut found);
    for (name, kind) in tree.get("agents").map(Node::entries).into_iter().flatten() {
        let path = format!("agents.{}.", name.value);
        look::<KindFile>(kind, &path, &mut found);
        if let Some(status) = kind.get("status") {
            look::<StatusFile>(status, &format!("{path}status."), &mut found);
            for (number, rule) in status.get("rules").map(Node::items).into_iter().flatten().enumerate() {
                look::<RuleFile>(rule, &format!("{path}status.rules[{number}]."), &mut found);
            }
        }
    }
    if scope == Scope::Project {
        let listen = tree.entries().iter().filter(|(key, _)| key.value == "listen");
        found.extend(listen.map(|(key, _)| UnusedKey { at: key.at, path: key.value.clone(), why: Why::GlobalOnly }));
    }
    found.sort_by_key(|key| key.at);
    found
}

/// The keys of one map that `T` does not read.
fn look<T: DeserializeOwned>(tree: &Node, path: &str, found: &mut Vec<UnusedKey>) {
    let known = fields_of::<T>();
    let strangers = tree.entries().iter().map(|(key, _)| key).filter(|key| !known.contains(&key.value.as_str()));
    found.extend(strangers.map(|key| UnusedKey {
        at: key.at,
        path: format!("{path}{}", key.value),
        why: Why::Unknown { name: key.value.clone(), known },
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, scope: Scope, expected: &[(&str, &str)]) {
        let found = unused_keys(text, scope);
        let found: Vec<(String, &str)> = found.iter().map(|key| (key.at.to_string(), key.path.as_str())).collect();
        let expected: Vec<(String, &str)> = expected.iter().map(|(at, path)| (format!("{at}: "), *path)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn slips_are_found_at_every_depth() {
        use Scope::{Global, Project};
        check("", Global, &[]);
        check("# nothing\n", Global, &[]);
        check("agents: [\n", Global, &[]);
        check(
            "defualt_agent: x\nenv_file: [a]\n",
            Global,
            &[("line 1, column 1", "defualt_agent"), ("line 2, column 1", "env_file")],
        );
        let kinds = "agents:\n  mine:\n    comand: x\n    env: {ANY: x}\n  other: null\n  more: {promt: argv, promptFlag: -p}\n";
        check(
            kinds,
            Project,
            &[("line 3, column 5", "agents.mine.comand"), ("line 6, column 10", "agents.more.promt")],
        );
        let rules = "agents:\n  a:\n    status:\n      rule: x\n      rules:\n      - {pattern: x, activity: idle, becase: y}\n";
        check(
            rules,
            Project,
            &[("line 4, column 7", "agents.a.status.rule"), ("line 6, column 38", "agents.a.status.rules[0].becase")],
        );
    }

    #[test]
    fn what_belongs_in_another_file_is_found() {
        check("listen: [/s]\n", Scope::Global, &[]);
        check("default_agent: x\nlisten: [/s]\n", Scope::Project, &[("line 2, column 1", "listen")]);
        assert_eq!(unused_keys("listen: []", Scope::Project)[0].why, Why::GlobalOnly);
    }

    #[test]
    fn what_is_known_is_what_is_read() {
        let found = unused_keys("agents: {a: {comand: x}}", Scope::Global);
        let Why::Unknown { name, known } = &found[0].why else { panic!("{found:?}") };
        assert_eq!(name, "comand");
        for key in ["command", "launch_args", "launchArgs", "status"] {
            assert!(known.contains(&key), "{known:?}");
        }
        assert!(fields_of::<String>().is_empty());
    }
}
