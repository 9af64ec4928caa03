//! Where a command stands: which daemon, which project, how to show things.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow};

use super::args::Globals;
use super::failure::Usage;
use super::output::Output;
use super::project;
use super::style::Choice;
use crate::base::clock::Clock;
use crate::base::paths::Places;
use crate::client::{Client, Connector, Start};

/// Long enough for a machine that is busy with other things, and short enough for a person who wants to know what is wrong.
pub const A_LOOK: Duration = Duration::from_secs(4);

/// What every command is given.
#[derive(Debug)]
pub struct Context {
    /// Where things are.
    pub places: Places,
    /// How things are shown.
    pub output: Output,
    /// What `--color` says, for standard error.
    pub color: Choice,
    /// What time it is.
    pub clock: Clock,
    /// `--socket` or `PINTLE_SOCKET`, for other pintles that are to talk to the same daemon.
    pub socket: Option<PathBuf>,
    project: Option<PathBuf>,
}

impl Context {
    /// Reads the surroundings. Touches nothing.
    pub fn new(globals: &Globals) -> anyhow::Result<Self> {
        let places = Places::from_env()?;
        let socket = globals.socket.clone().filter(|path| !path.as_os_str().is_empty());
        let socket = socket.map(std::path::absolute).transpose().context("--socket")?;
        let places = match &socket {
            Some(socket) => places.with_socket(socket.clone()),
            None => places,
        };
        let output = Output::new(globals.json, globals.color);
        let (color, project) = (globals.color, globals.project.clone());
        Ok(Self { places, output, color, clock: Clock::System, socket, project })
    }

    /// A client that starts a daemon where none listens, unless `PINTLE_NO_AUTOSTART` is set.
    pub fn client(&self) -> Client {
        Client::new(self.connector())
    }

    /// What such a client is made of, for threads that need one each.
    pub fn connector(&self) -> Connector {
        let forbidden = std::env::var_os("PINTLE_NO_AUTOSTART").is_some_and(|value| !value.is_empty());
        self.connector_that(if forbidden { Start::Never } else { Start::WhenAbsent })
    }

    /// A client that starts nothing: for questions whose answer may be "there is none".
    pub fn client_of_running(&self) -> Client {
        Client::new(self.connector_that(Start::Never))
    }

    /// A client that starts nothing and soon gives up: for questions after the daemon's health, to which a daemon that lives has the
    /// answer at once.
    pub fn client_that_looks(&self) -> Client {
        self.client_of_running().at_most(A_LOOK)
    }

    /// A client that starts a daemon whatever the environment says: for `daemon start`.
    pub fn client_that_starts(&self) -> Client {
        Client::new(self.connector_that(Start::WhenAbsent))
    }

    fn connector_that(&self, start: Start) -> Connector {
        Connector::new(self.places.clone(), start, self.clock.clone())
    }

    /// The project's root folder, as it goes over the wire.
    pub fn project_root(&self) -> anyhow::Result<String> {
        let root = match &self.project {
            Some(folder) => folder.canonicalize().with_context(|| format!("--project {}", folder.display()))?,
            None => {
                let here = std::env::current_dir().context("the current folder")?;
                project::root(&here, std::env::var_os("PINTLE_PROJECT_ROOT").map(PathBuf::from).as_deref())
            }
        };
        let utf8 = |root: PathBuf| anyhow!("{}: a project's path must be valid UTF-8", root.display());
        root.into_os_string().into_string().map_err(|root| utf8(root.into()))
    }

    /// For commands to which `--json` can mean nothing: refuses it rather than ignoring it.
    pub fn refuse_json(&self, command: &str, instead: &str) -> Result<(), Usage> {
        match self.output.is_json() {
            true => Err(Usage::new(format!("`pintle {command}` has nothing to say in JSON")).with_hint(instead)),
            false => Ok(()),
        }
    }
}
