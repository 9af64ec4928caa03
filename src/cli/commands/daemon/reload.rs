//! `pintle daemon reload`

use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::client::ClientError;
use crate::protocol::cmd::parse_reply;
use crate::protocol::limits::ANSWER_WAIT;

/// Reads configuration and definitions again. Starts nothing: a daemon that does not run has nothing to read again.
pub fn run(context: &Context) -> anyhow::Result<Exit> {
    let line = context.client_of_running().call_raw(&json!({"cmd": "reload"}), ANSWER_WAIT)?;
    parse_reply(&line).map_err(ClientError::from)?;
    let answer: Value = serde_json::from_slice(&line)?;
    if context.output.is_json() {
        context.output.json(&answer)?;
        return Ok(Exit::Done);
    }
    let warnings = answer["warnings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let warnings = warnings.iter().filter_map(Value::as_str).map(|warning| format!("{warning}\n"));
    context.output.text(&std::iter::once("read again\n".to_owned()).chain(warnings).collect::<String>())?;
    Ok(Exit::Done)
}
