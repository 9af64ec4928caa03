//! Which agents `kill` and `suspend` mean. Two spellings are in use; one is written, both are read.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::protocol::error::shorten;

/// Whom to kill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "Spelling")]
pub enum KillTarget {
    /// One agent. Also spelt `{"agent":ID}`.
    Agent {
        /// Its id.
        id: String,
    },
    /// The agents of one worktree. Also spelt `{"worktree":ID}`.
    Worktree {
        /// Its id.
        id: String,
    },
    /// Every agent in a worktree. Also spelt `"all_worktrees"`.
    All {
        /// And those at the root. Also spelt `"all"`, all in one word.
        include_root: bool,
    },
}

/// Whom to suspend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "Spelling")]
pub enum SuspendTarget {
    /// One agent. Also spelt `{"agent":ID}`.
    Agent {
        /// Its id.
        id: String,
    },
    /// Every agent of the project. Also spelt `"all"`.
    All,
}

/// A target that names nobody.
#[derive(Debug, thiserror::Error)]
pub enum UnknownTarget {
    /// A word, or a `type`, that is no kind of target.
    #[error("unknown target `{}`", shorten(.0))]
    Word(String),
    /// A kind of target that needs an id, without one.
    #[error("a target of type `{0}` needs a string `id`")]
    NoId(&'static str),
    /// An `include_root` that is no boolean.
    #[error("`include_root` is true or false")]
    IncludeRoot,
    /// An object of neither spelling.
    #[error("a target is {{\"type\":…}}, {{\"agent\":ID}}, {{\"worktree\":ID}} or a word")]
    Shape,
}

/// Either spelling, before it is understood. The object stays a map: a struct would be filled from a list too.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a target is an object with `type`, `agent` or `worktree`, or a word")]
enum Spelling {
    Word(String),
    Object(Map<String, Value>),
}

impl TryFrom<Spelling> for KillTarget {
    type Error = UnknownTarget;

    fn try_from(spelling: Spelling) -> Result<Self, UnknownTarget> {
        let object = match spelling {
            Spelling::Word(word) => {
                return match word.as_str() {
                    "all" => Ok(Self::All { include_root: true }),
                    "all_worktrees" => Ok(Self::All { include_root: false }),
                    _ => Err(UnknownTarget::Word(word)),
                };
            }
            Spelling::Object(object) => object,
        };
        match kind(&object)? {
            ("agent", key) => Ok(Self::Agent { id: id(&object, key, "agent")? }),
            ("worktree", key) => Ok(Self::Worktree { id: id(&object, key, "worktree")? }),
            ("all", _) => match object.get("include_root") {
                None | Some(Value::Null) => Ok(Self::All { include_root: false }),
                Some(&Value::Bool(include_root)) => Ok(Self::All { include_root }),
                Some(_) => Err(UnknownTarget::IncludeRoot),
            },
            (other, _) => Err(UnknownTarget::Word(other.to_owned())),
        }
    }
}

impl TryFrom<Spelling> for SuspendTarget {
    type Error = UnknownTarget;

    fn try_from(spelling: Spelling) -> Result<Self, UnknownTarget> {
        let object = match spelling {
            Spelling::Word(word) if word == "all" => return Ok(Self::All),
            Spelling::Word(word) => return Err(UnknownTarget::Word(word)),
            Spelling::Object(object) => object,
        };
        match kind(&object)? {
            ("agent", key) => Ok(Self::Agent { id: id(&object, key, "agent")? }),
            ("all", _) => Ok(Self::All),
            (other, _) => Err(UnknownTarget::Word(other.to_owned())),
        }
    }
}

/// What kind of target an object is, and under which key its id stands.
fn kind(object: &Map<String, Value>) -> Result<(&str, &'static str), UnknownTarget> {
    match object.get("type") {
        Some(Value::String(kind)) => Ok((kind, "id")),
        Some(Value::Null) | None if object.contains_key("agent") => Ok(("agent", "agent")),
        Some(Value::Null) | None if object.contains_key("worktree") => Ok(("worktree", "worktree")),
        _ => Err(UnknownTarget::Shape),
    }
}

fn id(object: &Map<String, Value>, key: &str, kind: &'static str) -> Result<String, UnknownTarget> {
    match object.get(key) {
        Some(Value::String(id)) => Ok(id.clone()),
        _ => Err(UnknownTarget::NoId(kind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kill(json: &str) -> Result<KillTarget, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    fn check(json: &str, expected: KillTarget) {
        assert_eq!(kill(json), Ok(expected), "{json}");
    }

    #[test]
    fn both_spellings_of_a_kill() {
        let agent = || KillTarget::Agent { id: "ag-1".into() };
        check(r#"{"type":"agent","id":"ag-1"}"#, agent());
        check(r#"{"agent":"ag-1"}"#, agent());
        check(r#"{"type":null,"agent":"ag-1"}"#, agent());
        let worktree = || KillTarget::Worktree { id: "wt-1".into() };
        check(r#"{"type":"worktree","id":"wt-1"}"#, worktree());
        check(r#"{"worktree":"wt-1"}"#, worktree());
        let all = |include_root| KillTarget::All { include_root };
        check(r#"{"type":"all"}"#, all(false));
        check(r#"{"type":"all","include_root":null}"#, all(false));
        check(r#"{"type":"all","include_root":true}"#, all(true));
        check(r#""all""#, all(true));
        check(r#""all_worktrees""#, all(false));
    }

    #[test]
    fn what_names_nobody() {
        let cases = [
            (r#""some""#, "unknown target `some`"),
            (r#"{"type":"root"}"#, "unknown target `root`"),
            (r#"{"type":"agent"}"#, "a target of type `agent` needs a string `id`"),
            (r#"{"worktree":3}"#, "a target of type `worktree` needs a string `id`"),
            (r#"{"type":"all","include_root":1}"#, "`include_root` is true or false"),
            (r#"{"id":"ag-1"}"#, "a target is {\"type\":…}"),
            (r#"["agent","ag-1"]"#, "a target is an object"),
            ("7", "a target is an object"),
        ];
        for (json, expected) in cases {
            let error = kill(json).unwrap_err();
            assert!(error.starts_with(expected), "{json}: {error}");
        }
    }

    #[test]
    fn both_spellings_of_a_suspend() {
        let read = |json: &str| serde_json::from_str::<SuspendTarget>(json);
        let agent = SuspendTarget::Agent { id: "ag-1".into() };
        assert_eq!(read(r#"{"type":"agent","id":"ag-1"}"#).unwrap(), agent);
        assert_eq!(read(r#"{"agent":"ag-1"}"#).unwrap(), agent);
        assert_eq!(read(r#"{"type":"all"}"#).unwrap(), SuspendTarget::All);
        assert_eq!(read(r#""all""#).unwrap(), SuspendTarget::All);
        assert!(read(r#"{"worktree":"wt-1"}"#).is_err());
    }
}
