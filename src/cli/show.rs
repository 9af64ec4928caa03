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
    let place = Place::beside(context, side, None);
    let opened = place.map_err(ClientError::from).and_then(|place| place.open(client, agent_id));
    if let Err(error) = opened {
        let message = format!("{agent_id} runs, but is not shown: {error}");
        warn(&message, &format!("pintle attach {agent_id}"), context.color);
    }
}

/// Where in tmux a new pane is to be.
#[derive(Debug, Clone)]
pub struct Place {
    /// The pane beside it.
    pane: String,
    /// The socket of its tmux server.
    server: String,
    side: Side,
    /// The daemon's socket, where it is not the usual one.
    socket: Option<PathBuf>,
    /// The project's folder: there the pane's own pintle finds the agent's name, and a shell opened beside it is of use.
    cwd: Option<String>,
}

impl Place {
    /// Beside `pane` (`%3`), or beside the one we are in. A popup is in none, so that it must be told.
    pub fn beside(context: &Context, side: Side, pane: Option<&str>) -> Result<Self, WireError> {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let server = variable("TMUX").and_then(|tmux| Some(tmux.split(',').next()?.to_owned()));
        match (pane.map(str::to_owned).or_else(|| variable("TMUX_PANE")), server) {
            (Some(pane), Some(server)) => {
                let (socket, cwd) = (context.socket.clone(), context.project_root().ok());
                Ok(Self { pane, server, side, socket, cwd })
            }
            _ => Err(WireError::parse("this is no pane of tmux")),
        }
    }

    /// Opens a pane there that shows the agent.
    pub fn open(&self, client: &mut Client, agent_id: &str) -> Result<(), ClientError> {
        let request = serde_json::to_value(Request::from(self.request(agent_id)))
            .map_err(|error| ClientError::Strange(error.to_string()))?;
        let line = client.call_raw(&request, ANSWER_WAIT)?;
        parse_reply(&line).map(|_| ()).map_err(ClientError::from)
    }

    fn request(&self, agent_id: &str) -> TmuxSplitRun {
        let split = match self.side {
            Side::Right => Split::Horizontal,
            Side::Below => Split::Vertical,
        };
        TmuxSplitRun {
            command: Command::Argv(attach_command(program(), self.socket.as_deref(), agent_id)),
            split,
            target: Some(self.pane.clone()),
            pane: Some(self.pane.clone()),
            tmux: Some(self.server.clone()),
            cwd: self.cwd.clone(),
            env: None,
            vars: Default::default(),
            size: None,
        }
    }
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
