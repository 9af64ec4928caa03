//! `pintle tmux uninstall`

use std::ffi::OsString;

use serde_json::json;

use super::plan;
use super::server::{Server, Which};
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Leaves tmux as it was, and says what to do so that it stays so.
pub fn run(context: &Context, which: &Which) -> anyhow::Result<Exit> {
    let server = Server::find(which)?;
    let mut commands = plan::uninstall(&server.read()?).commands;
    let changed = !commands.is_empty();
    let panes = server.ask(["list-panes", "-a", "-F", "#{pane_id}"].map(OsString::from))?;
    commands.extend(plan::forget_panes(panes.lines()));
    server.write(&commands)?;
    if context.output.is_json() {
        context.output.json(&json!({"type": "tmux_uninstalled", "changed": changed}))?;
        return Ok(Exit::Done);
    }
    context.output.text(match changed {
        true => "pintle is out of this tmux; status line and keys are as they were\nto keep it so, take it out of tmux.conf too",
        false => "nothing of pintle's is in this tmux",
    })?;
    Ok(Exit::Done)
}
