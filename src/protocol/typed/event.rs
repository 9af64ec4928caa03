//! What comes in a stream, after `attach_ready`, `status_subscribed` or `events_subscribed`.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::reply::{Activity, Grid, Status, StatusReport};
use super::request::GridAction;
use crate::protocol::bytes::HexBytes;
use crate::protocol::tag::tagged;

tagged! {
    /// A line of a stream.
    pub enum StreamLine by "type" {
        "output" => Output(Output),
        "exited" => Exited(Exited),
        "lagged" => Lagged(Lagged),
        "detached" => Detached(Detached),
        "status_event" => StatusEvent(StatusEvent),
        "event" => Event(Event),
        "grid_event" => GridEvent(GridEvent),
    }
}

/// Bytes an agent printed. The daemon writes these with [`encode_output`](super::encode_output) and clients should
/// read them with [`parse_output`](super::parse_output); this struct is the shape both must agree with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The agent.
    pub agent_id: String,
    /// Number of the first byte, from 0 at the agent's start.
    pub offset: u64,
    /// Ours: these bytes paint the screen as it was at `offset`. They are no output and do not count in offsets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paint: Option<bool>,
    /// The bytes, 64 KiB at most unless they paint.
    pub data: HexBytes,
}

/// The agent's process has ended, and everything it printed was sent. The connection is back to requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exited {
    /// The agent.
    pub agent_id: String,
    /// How it ended.
    pub exit_code: Option<i32>,
    /// Ours: it was ended to rest, and goes on when it is resumed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
}

/// This reader was too slow; the stream goes on with the newest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lagged {
    /// The agent whose output has a hole; left out in a stream of events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The size of the hole in an agent's output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped_bytes: Option<u64>,
    /// Ours: the number of `event` lines that were left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped_events: Option<u64>,
}

impl Lagged {
    /// A hole in an agent's output.
    pub fn bytes(agent_id: impl Into<String>, skipped: u64) -> Self {
        Self { agent_id: Some(agent_id.into()), skipped_bytes: Some(skipped), skipped_events: None }
    }

    /// A hole in a stream of events.
    pub fn events(skipped: u64) -> Self {
        Self { skipped_events: Some(skipped), ..Self::default() }
    }
}

/// The stream has ended because the client wanted something else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detached {}

/// A project's worktrees and agents after a change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StatusEvent(pub StatusReport);

/// Something happened. The kind's own fields stand beside `kind` and `at`.
///
/// Not an enum of kinds: a client must be able to pass on the events of a daemon that knows more of them, and of
/// extensions, whose kinds nobody knows beforehand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What happened.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// The kind's own fields.
    #[serde(flatten, deserialize_with = "own_fields")]
    pub fields: Map<String, Value>,
}

/// Something was done to a project's grid, by a request or by a person in tmux.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GridEvent {
    /// The project.
    pub project_root: String,
    /// What was done. The leaf of a `split` is the new one.
    pub command: GridAction,
    /// Ours: how the grid lies now; `None` when it is gone.
    pub layout: Option<Grid>,
}

/// The kinds of [`Event`] there are, for `kinds` of `subscribe_events`.
pub const KINDS: &[&str] = &[
    "agent_spawned",
    "agent_status",
    "agent_exited",
    "notification",
    "env_change",
    "hud_refresh",
    "daemon_reload",
    "config_reloaded",
];

impl Event {
    /// An agent was spawned.
    pub fn agent_spawned(at: Timestamp, project_root: &str, agent_id: &str) -> Self {
        Self::of_agent("agent_spawned", at, project_root, agent_id, [])
    }

    /// An agent's status or activity is another.
    pub fn agent_status(at: Timestamp, project_root: &str, agent_id: &str, status: Status, activity: Activity) -> Self {
        let fields = [("status", word(status)), ("activity", word(activity))];
        Self::of_agent("agent_status", at, project_root, agent_id, fields)
    }

    /// An agent has ended.
    pub fn agent_exited(at: Timestamp, project_root: &str, agent_id: &str, exit_code: Option<i32>) -> Self {
        let fields = [("exit_code", Value::from(exit_code))];
        Self::of_agent("agent_exited", at, project_root, agent_id, fields)
    }

    /// The person was told something.
    pub fn notification(at: Timestamp, id: u64) -> Self {
        let fields = [("id".to_owned(), Value::from(id))];
        Self { kind: "notification".to_owned(), at, fields: fields.into_iter().collect() }
    }

    /// Another environment holds than before: everywhere, or in a pane.
    pub fn env_change(at: Timestamp, new: Option<&str>, old: Option<&str>, pane: Option<&str>) -> Self {
        let mut fields = Map::from_iter([("new".to_owned(), new.into()), ("old".to_owned(), old.into())]);
        fields.extend(pane.map(|pane| ("pane".to_owned(), pane.into())));
        Self { kind: "env_change".to_owned(), at, fields }
    }

    /// Config files were read again by a request: three events, which have always come in this order.
    pub fn reloaded(at: Timestamp) -> [Self; 3] {
        ["hud_refresh", "daemon_reload", "config_reloaded"].map(|kind| Self {
            kind: kind.to_owned(),
            at,
            fields: Map::new(),
        })
    }

    fn of_agent<const N: usize>(
        kind: &str,
        at: Timestamp,
        project_root: &str,
        agent_id: &str,
        fields: [(&str, Value); N],
    ) -> Self {
        let common = [("project_root", Value::from(project_root)), ("agent_id", Value::from(agent_id))];
        let fields = common.into_iter().chain(fields);
        Self { kind: kind.to_owned(), at, fields: fields.map(|(name, value)| (name.to_owned(), value)).collect() }
    }
}

/// Everything beside `kind` and `at`, but for the tag: it is the line's, not the event's.
fn own_fields<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    let mut fields = Map::deserialize(deserializer)?;
    fields.shift_remove("type");
    Ok(fields)
}

/// A word of a closed set as it stands on the wire.
fn word(word: impl Serialize) -> Value {
    // Cannot fail: a variant without fields is a string.
    serde_json::to_value(word).unwrap_or_default()
}
