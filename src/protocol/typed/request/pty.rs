//! An agent's terminal.

use serde::{Deserialize, Serialize};

use crate::protocol::bytes::HexBytes;
use crate::protocol::limits::{LOGS_TAIL, WAIT_SECONDS};
use crate::protocol::null;

/// Asks for the last bytes an agent printed. Answered with `logs_result`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logs {
    /// The agent.
    pub agent_id: String,
    /// How many bytes; [`LOGS_TAIL`] where absent.
    #[serde(default = "null::whole::<LOGS_TAIL>", deserialize_with = "null::or_whole::<_, LOGS_TAIL>")]
    pub tail: u64,
}

/// Follows an agent's output. Answered with `attach_ready`, then the stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attach {
    /// The agent.
    pub agent_id: String,
    /// Ours: what comes before the live bytes.
    #[serde(default, deserialize_with = "null::or_default")]
    pub replay: Replay,
    /// Ours: go on from this byte offset, as a client does that was attached before. Beats `replay`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// Ours: columns of the attaching terminal, 1 to 65535.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cols: Option<u64>,
    /// Ours: rows of the attaching terminal, 1 to 65535.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Ours: the tmux pane it is shown in, from the client's `TMUX_PANE`. The pane is marked with the agent as long as it shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pane: Option<String>,
    /// Ours: socket path of the pane's server, from the client's `TMUX`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
}

/// What an attached client is sent before the live bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replay {
    /// Every byte that is still kept.
    #[default]
    All,
    /// One painting of the screen as it is now.
    Screen,
    /// Nothing.
    None,
}

/// Types into an agent's terminal. Answered with `ok`; with nothing while attached.
///
/// `data` is last, so that what serde writes is what [`encode_input`](crate::protocol::typed::encode_input) writes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The agent.
    pub agent_id: String,
    /// The bytes are a message: deliver them whole, confirm that they arrived, press Enter.
    #[serde(default, deserialize_with = "null::or_default", skip_serializing_if = "is_false")]
    pub submit: bool,
    /// The bytes.
    pub data: HexBytes,
}

/// Changes the size of an agent's terminal. Answered with `ok`; with nothing while attached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resize {
    /// The agent.
    pub agent_id: String,
    /// Columns, 1 to 65535.
    pub cols: u64,
    /// Rows, 1 to 65535.
    pub rows: u64,
}

/// Ours: ends a stream. Answered with the stream line `detached`, also where there is no stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detach {}

/// Ours: asks for the rendered screen. Answered with `capture_result`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// The agent.
    pub agent_id: String,
    /// First line: from 0 at the top of the screen, or from the end, where -1 is the last line that is not blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<i64>,
    /// Last line, itself included, counted in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<i64>,
    /// With colours and attributes as escape sequences.
    #[serde(default, deserialize_with = "null::or_default")]
    pub ansi: bool,
}

/// Ours: waits for something to happen to an agent. Answered with `wait_result`, also when time is up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    /// The agent.
    pub agent_id: String,
    /// What to wait for.
    pub until: Until,
    /// How long at most; [`WAIT_SECONDS`] where absent. Not checked here:
    /// it may be negative or beyond what a `Duration` holds.
    #[serde(default = "null::seconds::<WAIT_SECONDS>", deserialize_with = "null::or_seconds::<_, WAIT_SECONDS>")]
    pub timeout_seconds: f64,
}

/// What to wait for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// The agent has ended.
    Exit,
    /// It waits for the next thing to do.
    Idle,
    /// It wants an answer.
    Blocked,
    /// A regular expression is found on its screen.
    Match(String),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_false(value: &bool) -> bool {
    !value
}
