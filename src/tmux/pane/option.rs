//! Options of panes, of their windows and of everybody.

use tmux_interface::SetOption;

use super::super::client::{Answer, Handle};
use super::super::command::Command;
use super::super::error::TmuxError;
use super::super::server::PaneKey;

/// Whose option it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// A pane's.
    Pane(&'a PaneKey),
    /// That of the window a pane is in.
    WindowOf(&'a PaneKey),
    /// The one that is used where no session, window or pane has its own.
    Global,
}

/// An option to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionSpec<'a> {
    /// Whose it is.
    pub scope: Scope<'a>,
    /// Its name (`@pintle_env`).
    pub name: &'a str,
    /// Its value; none takes it away, so that the next wider one is in force. One that is not set is no error then.
    pub value: Option<&'a [u8]>,
}

/// Sets an option. Any option that is written redraws every attached client, so callers write what has changed. Errors: as for every
/// pane ([`super`]), and those of the connection.
pub async fn set_option(handle: &Handle, scope: Scope<'_>, name: &str, value: &[u8]) -> Result<(), TmuxError> {
    one(handle, OptionSpec { scope, name, value: Some(value) }).await
}

/// Takes an option away. Errors as in [`set_option`].
pub async fn unset_option(handle: &Handle, scope: Scope<'_>, name: &str) -> Result<(), TmuxError> {
    one(handle, OptionSpec { scope, name, value: None }).await
}

async fn one(handle: &Handle, option: OptionSpec<'_>) -> Result<(), TmuxError> {
    let written = write_options(handle, &[option]).await?.pop();
    written.unwrap_or_else(|| Err(TmuxError::Unanswered("set-option".to_owned())))
}

/// Writes many options in one round trip, for which tmux redraws once. Returns what became of each, in their order. An error of the
/// connection is all there is to return: then nobody knows which of them were written.
pub async fn write_options(
    handle: &Handle,
    options: &[OptionSpec<'_>],
) -> Result<Vec<Result<(), TmuxError>>, TmuxError> {
    let elsewhere = options.iter().filter_map(|option| option.scope.pane()).find(|key| key.server != *handle.server());
    if let Some(key) = elsewhere {
        return Err(TmuxError::ServerGone(key.server.socket.clone()));
    }
    let answers = handle.tell(options.iter().map(OptionSpec::command).collect()).await?;
    Ok(options.iter().zip(answers).map(|(option, answer)| option.scope.written(answer)).collect())
}

impl OptionSpec<'_> {
    fn command(&self) -> Command {
        let set = match self.scope {
            Scope::Pane(key) => SetOption::new().pane().target_pane(key.pane.to_string()),
            Scope::WindowOf(key) => SetOption::new().window().target_pane(key.pane.to_string()),
            Scope::Global => SetOption::new().global(),
        };
        let set = if self.value.is_none() { set.unset() } else { set };
        // Behind `--`, where no value can be taken for a flag.
        let command = Command::repeatable(&set.build()).word("--").word(self.name);
        let command = self.value.into_iter().fold(command, Command::word);
        match self.scope.pane() {
            Some(key) => command.only_if(key.pane, super::is_same(key)),
            None => command,
        }
    }
}

impl<'a> Scope<'a> {
    fn pane(self) -> Option<&'a PaneKey> {
        match self {
            Self::Pane(key) | Self::WindowOf(key) => Some(key),
            Self::Global => None,
        }
    }

    fn written(self, answer: Answer) -> Result<(), TmuxError> {
        match self.pane() {
            Some(key) => super::in_pane(answer, key.pane).map(drop),
            None => super::printed(answer).map(drop),
        }
    }
}
