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
    /// How long it is shown a line, in milliseconds; 0 is until it presses a key.
    pub shown_for: usize,
}

/// How long a line is shown, in milliseconds, where nobody says. tmux's own 750 are for what one has just done oneself.
const SHOWN_FOR: usize = 4000;

const FIELDS: [&str; 7] = [
    "client_control_mode",
    "client_name",
    "pane_id",
    "pane_tty",
    "@pintle_bell",
    "@pintle_notify_time",
    "display-time",
];

/// Everybody who looks at this server.
pub async fn list(handle: &Handle) -> Result<Vec<Viewer>, TmuxError> {
    let ask = Command::repeatable(&ListClients::new().format(super::pane::format(&FIELDS)).build());
    let text = printed(handle.ask_one(ask).await?)?;
    let viewer = |[control, name, pane, pane_tty, bell, time, display_time]: [Vec<u8>; 7]| {
        let pane = std::str::from_utf8(&pane).ok()?.parse().ok()?;
        let name = String::from_utf8_lossy(&name).into_owned();
        let pane_tty = PathBuf::from(OsString::from_vec(pane_tty));
        let shown_for = shown_for(&time, &display_time);
        (control != b"1").then(|| Viewer { name, pane, pane_tty, bell: bell == b"on", shown_for })
    };
    let records = records(&text).ok_or_else(|| unexpected("list-clients", &text))?;
    Ok(records.into_iter().filter_map(viewer).collect())
}

/// What the option `@pintle_notify_time` says; else the default, unless the user's messages stay even longer.
fn shown_for(time: &[u8], display_time: &[u8]) -> usize {
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.trim().parse::<u32>().ok()?.try_into().ok();
    match (number(time), number(display_time)) {
        (Some(time), _) => time,
        (None, Some(0)) => 0,
        (None, display_time) => display_time.map_or(SHOWN_FOR, |time| SHOWN_FOR.max(time)),
    }
}

/// Shows a line to these clients, to each for as long as it wants. Those that have left meanwhile miss it.
pub async fn tell(handle: &Handle, viewers: &[Viewer], text: &str) -> Result<(), TmuxError> {
    // A message is a format, and the time of day is put into it as well.
    let text = format_text(text).replace('%', "%%");
    let tell = |viewer: &Viewer| {
        let tell = DisplayMessage::new().target_client(&viewer.name).delay(viewer.shown_for);
        Command::once(&tell.build()).word("--").word(text.as_bytes())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_line_is_shown() {
        fn check(option: &str, display_time: &str, expected: usize) {
            assert_eq!(shown_for(option.as_bytes(), display_time.as_bytes()), expected, "{option:?} {display_time:?}");
        }
        check("", "750", SHOWN_FOR);
        check("", "", SHOWN_FOR);
        check("", "9000", 9000);
        check("", "0", 0);
        check("1500", "9000", 1500);
        check("0", "750", 0);
        check("-1", "750", SHOWN_FOR);
        check("long", "0", 0);
    }
}
