//! Options of panes, of their windows and of everybody.

use tmux_interface::SetOption;

use super::super::client::{Answer, Handle};
use super::super::command::{Command, format_text};
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
    let written = write_options(handle, &[OptionSpec { scope, name, value: Some(value) }]).await?.pop();
    written.unwrap_or_else(|| Err(TmuxError::Unanswered("set-option".to_owned())))
}

/// Takes an option of a pane away where it still has this value. It does so whoever runs in the pane by now: an option stays when a pane is
/// respawned, so that whoever has set it for the process before would else never be rid of it. That it has another value, or the pane is
/// gone, is no error. Errors: those of the connection, and [`TmuxError::ServerGone`] for a pane of another server.
pub async fn unset_value(handle: &Handle, pane: &PaneKey, name: &str, value: &str) -> Result<(), TmuxError> {
    if pane.server != *handle.server() {
        return Err(TmuxError::ServerGone(pane.server.socket.clone()));
    }
    let unset = OptionSpec { scope: Scope::Pane(pane), name, value: None }.bare();
    let has_it = format!("#{{==:#{{{name}}},{}}}", compared(value));
    match handle.tell(vec![unset.only_if(pane.pane, has_it)]).await?.pop() {
        Some(Answer::Stale) => Ok(()),
        Some(answer) => super::printed(answer).map(drop),
        None => Err(TmuxError::Unanswered("set-option".to_owned())),
    }
}

/// Text as one side of a format's comparison, where it stands for itself.
fn compared(text: &str) -> String {
    format_text(text).replace(',', "#,").replace('}', "#}")
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
        match self.scope.pane() {
            Some(key) => self.bare().only_if(key.pane, super::is_same(key)),
            None => self.bare(),
        }
    }

    /// Without the condition that the pane is the same still.
    fn bare(&self) -> Command {
        let set = match self.scope {
            Scope::Pane(key) => SetOption::new().pane().target_pane(key.pane.to_string()),
            Scope::WindowOf(key) => SetOption::new().window().target_pane(key.pane.to_string()),
            Scope::Global => SetOption::new().global(),
        };
        let set = if self.value.is_none() { set.unset() } else { set };
        // Behind `--`, where no value can be taken for a flag.
        let command = Command::repeatable(&set.build()).word("--").word(self.name);
        self.value.into_iter().fold(command, Command::word)
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
