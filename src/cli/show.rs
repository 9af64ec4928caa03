//! An agent in a tmux pane of its own.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::context::Context;
use super::failure::warn;
use crate::client::{Client, ClientError};
use crate::protocol::WireError;
use crate::protocol::cmd::parse_reply;
use crate::protocol::cmd::request::{Command, Request, Split, TmuxSplitRun};
use crate::protocol::limits::ANSWER_WAIT;

/// Where the new pane goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Side {
    /// Beside this one.
    Right,
    /// Under this one.
    Below,
}

/// Opens a pane that shows the agent. The agent lives in any case: what goes wrong here is a warning that says how to
/// show it by hand.
pub fn show(context: &Context, client: &mut Client, agent_id: &str, side: Side) {
    // In the project's folder, where the pane's own pintle finds the agent's name, and where a shell opened beside it
    // is of use.
    let cwd = context.project_root().ok();
    let opened = pane().and_then(|pane| open(client, request(context, agent_id, side, pane, cwd)));
    if let Err(error) = opened {
        let message = format!("{agent_id} runs, but is not shown: {error}");
        warn(&message, &format!("pintle attach {agent_id}"), context.color);
    }
}

/// A pane, and the socket of its tmux server.
pub struct Pane {
    /// `%3`.
    pub id: String,
    /// The socket's path.
    pub server: String,
}

/// The pane we are in. An error says that it is none.
pub fn pane() -> Result<Pane, ClientError> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let server = variable("TMUX").and_then(|tmux| Some(tmux.split(',').next()?.to_owned()));
    match (variable("TMUX_PANE"), server) {
        (Some(id), Some(server)) => Ok(Pane { id, server }),
        _ => Err(WireError::parse("this is no pane of tmux").into()),
    }
}

fn request(context: &Context, agent_id: &str, side: Side, pane: Pane, cwd: Option<String>) -> TmuxSplitRun {
    let split = match side {
        Side::Right => Split::Horizontal,
        Side::Below => Split::Vertical,
    };
    let command = Command::Argv(attach_command(program(), context.socket.as_deref(), agent_id));
    let (target, pane, tmux) = (Some(pane.id.clone()), Some(pane.id), Some(pane.server));
    TmuxSplitRun { command, split, target, pane, tmux, cwd, env: None, vars: Default::default(), size: None }
}

fn attach_command(program: PathBuf, socket: Option<&Path>, agent_id: &str) -> Vec<String> {
    let program = program.into_os_string().into_string().unwrap_or_else(|_| "pintle".to_owned());
    let socket = socket.and_then(Path::to_str).map(|socket| ["--socket".to_owned(), socket.to_owned()]);
    std::iter::once(program)
        .chain(socket.into_iter().flatten())
        .chain(["attach".to_owned(), agent_id.to_owned()])
        .collect()
}

/// This very program, since the pane's PATH may have another one or none; by name where it was replaced meanwhile.
fn program() -> PathBuf {
    std::env::current_exe().ok().filter(|path| path.exists()).unwrap_or_else(|| PathBuf::from("pintle"))
}

fn open(client: &mut Client, request: TmuxSplitRun) -> Result<(), ClientError> {
    let request =
        serde_json::to_value(Request::from(request)).map_err(|error| ClientError::Strange(error.to_string()))?;
    let line = client.call_raw(&request, ANSWER_WAIT)?;
    parse_reply(&line).map(|_| ()).map_err(ClientError::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pane_talks_to_the_same_daemon() {
        let command =
            |socket: Option<&str>| attach_command("/bin/pintle".into(), socket.map(Path::new), "ag-1").join(" ");
        assert_eq!(command(None), "/bin/pintle attach ag-1");
        assert_eq!(command(Some("/run/x.sock")), "/bin/pintle --socket /run/x.sock attach ag-1");
    }
}
