//! `pintle tmux uninstall`

use std::ffi::OsString;

use serde_json::json;

use super::install::tell;
use super::plan;
use super::server::{Server, Which};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::warn;
use crate::protocol::limits::ANSWER_WAIT;

/// Leaves tmux as it was, and says what to do so that it stays so.
pub fn run(context: &Context, which: &Which) -> anyhow::Result<Exit> {
    let server = Server::find(which)?;
    let installed = !plan::uninstall(&server.read()?).commands.is_empty();
    // First, so that nothing is written again behind our back; and to a daemon that does not run as well, since it remembers.
    let mut client = if installed { context.client() } else { context.client_of_running() };
    let told = tell(&mut client, "unregister_tmux", &server, ANSWER_WAIT);
    // Seen anew: the daemon may have written, or taken with it, what was there a moment ago.
    let mut commands = plan::uninstall(&server.read()?).commands;
    let panes = server.ask(["list-panes", "-a", "-F", "#{pane_id}"].map(OsString::from))?;
    commands.extend(plan::forget_panes(panes.lines()));
    // A daemon that lives has taken its own out by now.
    let hooks = plan::forget_hooks(&server.hooks()?);
    let changed = installed || !hooks.is_empty();
    commands.extend(hooks);
    server.write(&commands)?;
    if let Err(error) = told
        && installed
    {
        let message = format!("the daemon could not be told, and may write @pintle_hud again: {error}");
        warn(&message, "`pintle daemon start`, then `pintle tmux uninstall` once more", context.color);
    }
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
