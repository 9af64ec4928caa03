//! An agent in a tmux pane of its own.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::context::Context;
use super::exit::Exit;
use super::failure::warn;
use crate::client::{Client, ClientError};
use crate::protocol::WireError;
use crate::protocol::cmd::Reply;
use crate::protocol::cmd::request::{Command, EnvScope, GetPaneEnv, SetPaneEnv, Split, TmuxSplitRun};

/// Where the new pane goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Side {
    /// Beside this one.
    Right,
    /// Under this one.
    Below,
}

/// Opens a pane that shows the agent. The agent lives in any case: what goes wrong here is told with how to show it by hand, and the command
/// has failed, since half of what it was asked for is missing.
pub fn show(context: &Context, client: &mut Client, agent_id: &str, side: Side) -> Exit {
    let place = Place::beside(context, side, None);
    let opened = place.map_err(ClientError::from).and_then(|place| place.open(client, agent_id));
    let Err(error) = opened else { return Exit::Done };
    let message = format!("{agent_id} runs, but is not shown: {error}");
    warn(&message, &format!("pintle attach {agent_id}"), context.color);
    Exit::Failed
}

/// A pane, and its tmux server.
pub struct Pane {
    /// `%3`.
    pub id: String,
    /// As [`server`] has it.
    pub server: String,
}

impl Pane {
    /// The socket of its server. There may be commas in its path.
    pub fn socket(&self) -> &str {
        self.server.rsplitn(3, ',').last().unwrap_or_default()
    }
}

/// The pane we are in. An error says that it is none.
pub fn pane() -> Result<Pane, WireError> {
    match (variable("TMUX_PANE"), server()) {
        (Some(id), Some(server)) => Ok(Pane { id, server }),
        _ => Err(WireError::parse("this is no pane of tmux")),
    }
}

/// The tmux server we are in, whole, as `TMUX` names it: its socket and its process. Whoever was started in a pane of an earlier server at
/// the same socket is in none of this one's.
pub fn server() -> Option<String> {
    variable("TMUX")
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

/// Where in tmux a new pane is to be.
#[derive(Debug, Clone)]
pub struct Place {
    /// The pane beside it.
    pane: String,
    /// The socket of its tmux server; without it, the daemon looks which one has such a pane.
    server: Option<String>,
    side: Side,
    /// The daemon's socket, where it is not the usual one.
    socket: Option<PathBuf>,
    /// The project's folder: there the pane's own pintle finds the agent's name, and a shell opened beside it is of use.
    cwd: Option<String>,
}

impl Place {
    /// Beside `pane` (`%3`), or beside the one we are in. A popup is in none, so that it must be told.
    pub fn beside(context: &Context, side: Side, pane: Option<&str>) -> Result<Self, WireError> {
        let (pane, server) = match pane {
            Some(pane) => (pane.to_owned(), server()),
            None => self::pane().map(|pane| (pane.id, Some(pane.server)))?,
        };
        let (socket, cwd) = (context.socket.clone(), context.project_root().ok());
        Ok(Self { pane, server, side, socket, cwd })
    }

    /// The same, on the tmux server at this socket.
    #[must_use]
    pub fn on_server(self, server: Option<String>) -> Self {
        Self { server, ..self }
    }

    /// The same, in another project's folder.
    #[must_use]
    pub fn in_folder(self, cwd: Option<String>) -> Self {
        Self { cwd, ..self }
    }

    /// Opens a pane there that shows the agent.
    pub fn open(&self, client: &mut Client, agent_id: &str) -> Result<(), ClientError> {
        client.ask_cmd(self.request(agent_id)).map(drop)
    }

    /// The same, and the pane gets the keys: somebody goes there.
    pub fn go(&self, client: &mut Client, agent_id: &str) -> Result<(), ClientError> {
        client.ask_cmd(TmuxSplitRun { focus: true, ..self.request(agent_id) }).map(drop)
    }

    /// Opens a pane there with a shell in it, in the environment that the other one has of its own; any other holds in both. The keys
    /// go there: a shell is to be typed into, while an agent works by itself and is looked at.
    pub fn open_shell(&self, client: &mut Client) -> Result<(), ClientError> {
        let (reply, _) = client.ask_cmd(GetPaneEnv { pane: self.pane.clone(), tmux: self.server.clone() })?;
        let env = match reply {
            Reply::GetPaneEnv(answer) if answer.source == "pane" => answer.env,
            _ => None,
        };
        // With an environment the pane is empty first, and tmux would begin that anew where no command is named.
        let command = match env {
            Some(_) => Command::Line("exec \"$SHELL\"".to_owned()),
            None => Command::Argv(Vec::new()),
        };
        client.ask_cmd(TmuxSplitRun { command, env, focus: true, ..self.request("") }).map(drop)
    }

    /// Lets an environment hold in the pane beside which others are opened.
    pub fn set_env(&self, client: &mut Client, env: &str) -> Result<(), ClientError> {
        let (pane, tmux) = (self.pane.clone(), self.server.clone());
        client.ask_cmd(SetPaneEnv { pane, env: env.to_owned(), scope: EnvScope::Pane, tmux }).map(drop)
    }

    /// What opens it.
    pub fn request(&self, agent_id: &str) -> TmuxSplitRun {
        TmuxSplitRun {
            command: Command::Argv(attach_command(program(), self.socket.as_deref(), agent_id)),
            split: self.side.into(),
            target: Some(self.pane.clone()),
            pane: None,
            tmux: self.server.clone(),
            cwd: self.cwd.clone(),
            env: None,
            vars: Default::default(),
            size: None,
            focus: false,
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
