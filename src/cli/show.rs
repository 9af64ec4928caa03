//! An agent in a tmux pane of its own.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::context::Context;
use super::failure::warn;
use crate::client::{Client, ClientError};
use crate::protocol::WireError;
use crate::protocol::cmd::request::{Command, Split, TmuxSplitRun};

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
    let opened = pane()
        .and_then(|pane| client.ask_cmd(request(context, agent_id, side, &pane.id, Some(pane.server), cwd)).map(drop));
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
    match (variable("TMUX_PANE"), server()) {
        (Some(id), Some(server)) => Ok(Pane { id, server }),
        _ => Err(WireError::parse("this is no pane of tmux").into()),
    }
}

/// The socket of the tmux server we are in.
pub fn server() -> Option<String> {
    Some(variable("TMUX")?.split(',').next()?.to_owned())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl From<Side> for Split {
    fn from(side: Side) -> Self {
        match side {
            Side::Right => Self::Horizontal,
            Side::Below => Self::Vertical,
        }
    }
}

/// What opens a pane beside `target` that shows the agent.
pub fn request(
    context: &Context,
    agent_id: &str,
    side: Side,
    target: &str,
    tmux: Option<String>,
    cwd: Option<String>,
) -> TmuxSplitRun {
    let command = Command::Argv(attach_command(program(), context.socket.as_deref(), agent_id));
    let (split, target) = (side.into(), Some(target.to_owned()));
    TmuxSplitRun { command, split, target, pane: None, tmux, cwd, env: None, vars: Default::default(), size: None }
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
