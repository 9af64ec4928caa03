//! The people who look: clients that are no control clients.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
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
    /// That pane's terminal (`/dev/pts/5`).
    pub pane_tty: PathBuf,
    /// Whether it wants to hear of what it does not see: the option `@pintle_bell` is `on` where it is.
    pub bell: bool,
}

const FIELDS: [&str; 5] = ["client_control_mode", "client_name", "pane_id", "pane_tty", "@pintle_bell"];

/// Everybody who looks at this server.
pub async fn list(handle: &Handle) -> Result<Vec<Viewer>, TmuxError> {
    let ask = Command::repeatable(&ListClients::new().format(super::pane::format(&FIELDS)).build());
    let text = printed(handle.ask_one(ask).await?)?;
    let viewer = |[control, name, pane, pane_tty, bell]: [Vec<u8>; 5]| {
        let pane = std::str::from_utf8(&pane).ok()?.parse().ok()?;
        let name = String::from_utf8_lossy(&name).into_owned();
        let pane_tty = PathBuf::from(OsString::from_vec(pane_tty));
        (control != b"1").then(|| Viewer { name, pane, pane_tty, bell: bell == b"on" })
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

/// Rings the bell of a pane: what its program would do, so that tmux marks the window, and makes a noise for whom `bell-action`,
/// `monitor-bell` and `visual-bell` say. To write to the clients' own terminals was the alternative, and would have asked nobody.
pub fn ring(pane_tty: &Path) -> std::io::Result<()> {
    // A terminal that nobody reads is not waited for, and does not become ours.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    std::fs::OpenOptions::new().write(true).custom_flags(flags).open(pane_tty)?.write_all(b"\x07")
}

/// Lets a client look at a pane, in whichever session it is.
pub async fn go_to(handle: &Handle, viewer: &Viewer, pane: &PaneKey) -> Result<(), TmuxError> {
    let name = pane.pane.to_string();
    let switch = SwitchClient::new().target_client(&viewer.name).target_session(&name);
    super::pane::checked(handle, pane, Command::once(&switch.build())).await.map(drop)
}
