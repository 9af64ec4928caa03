//! The people who look: clients that are no control clients.

use tmux_interface::{DisplayMessage, ListClients, SwitchClient};

use super::client::Handle;
use super::command::{Command, format_text};
use super::error::TmuxError;
use super::pane::{printed, records, unexpected};
use super::server::{PaneId, PaneKey};

/// A client that a person sits at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// Its name (`/dev/pts/3`), as tmux's `-c` takes it.
    pub name: String,
    /// The pane its keys go to.
    pub pane: PaneId,
}

const FIELDS: [&str; 3] = ["client_control_mode", "client_name", "pane_id"];

/// Everybody who looks at this server.
pub async fn list(handle: &Handle) -> Result<Vec<Viewer>, TmuxError> {
    let ask = Command::repeatable(&ListClients::new().format(super::pane::format(&FIELDS)).build());
    let text = printed(handle.ask_one(ask).await?)?;
    let viewer = |[control, name, pane]: [Vec<u8>; 3]| {
        let pane = std::str::from_utf8(&pane).ok()?.parse().ok()?;
        (control != b"1").then(|| Viewer { name: String::from_utf8_lossy(&name).into_owned(), pane })
    };
    let records = records(&text).ok_or_else(|| unexpected("list-clients", &text))?;
    Ok(records.into_iter().filter_map(viewer).collect())
}

/// Shows a line to these clients for as long as tmux shows messages. Those that have left meanwhile miss it.
pub async fn tell(handle: &Handle, viewers: &[Viewer], text: &str) -> Result<(), TmuxError> {
    // A message is a format, and the time of day is put into it as well.
    let text = format_text(text).replace('%', "%%");
    let tell = |viewer: &Viewer| {
        Command::once(&DisplayMessage::new().target_client(&viewer.name).build()).word("--").word(text.as_bytes())
    };
    handle.call(viewers.iter().map(tell).collect()).await.map(drop)
}

/// Lets a client look at a pane, in whichever session it is.
pub async fn go_to(handle: &Handle, viewer: &Viewer, pane: &PaneKey) -> Result<(), TmuxError> {
    let name = pane.pane.to_string();
    let switch = SwitchClient::new().target_client(&viewer.name).target_session(&name);
    super::pane::checked(handle, pane, Command::once(&switch.build())).await.map(drop)
}
