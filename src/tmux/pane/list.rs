//! All panes of a server, in one round trip.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use tmux_interface::{ListClients, ListPanes};

use super::super::client::{Answer, Handle};
use super::super::command::Command;
use super::super::error::TmuxError;
use super::super::server::{PaneId, PaneKey, ServerId, SessionId, WindowId};
use super::{field, origin};

/// A pane as `list-panes` knows it. What people wrote is text to be shown: bytes that are no UTF-8 are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pane {
    /// Which one it is.
    pub key: PaneKey,
    /// Its session; the first one where the window is linked into several.
    pub session: SessionId,
    /// The session's name.
    pub session_name: String,
    /// Its window.
    pub window: WindowId,
    /// The window's number in the session.
    pub window_index: u32,
    /// The window's name.
    pub window_name: String,
    /// It is the window's active pane.
    pub active: bool,
    /// Its process has ended and it was kept (`remain-on-exit`).
    pub dead: bool,
    /// It is in copy mode or another mode, where keys are commands.
    pub in_mode: bool,
    /// What is typed into it is typed into the other panes of its window as well (`synchronize-panes`).
    pub synchronized: bool,
    /// Columns.
    pub cols: u32,
    /// Rows.
    pub rows: u32,
    /// The folder that its foreground process is in; none when tmux cannot know.
    pub cwd: Option<PathBuf>,
    /// Its title, as programs set it.
    pub title: String,
    /// Its foreground command's name, if it was asked for.
    pub command: Option<String>,
    /// `@pintle_agent`. Empty values of options are none. tmux looks options up in pane, window, session and global.
    pub agent: Option<String>,
    /// `@pintle_env`.
    pub env: Option<String>,
    /// `@pintle_grid`.
    pub grid: Option<String>,
    /// The panes from which it may have been split, one where that is certain, until it is settled what it inherits
    /// ([`SPLIT_OPTION`](super::SPLIT_OPTION)). Empty for every other.
    pub split_from: Vec<PaneId>,
    /// A person's client shows it now: its session, the session's active window, and not behind a zoomed pane.
    pub visible: bool,
    /// Keys of such a client go to it; if tmux's `focus-events` are on, only while the client's terminal has the focus.
    pub focused: bool,
}

/// Whether to ask for each pane's foreground command: that costs tmux a look into `/proc` a pane, 0.2 ms for 20 panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commands {
    /// [`Pane::command`] is `None`.
    Omitted,
    /// It is there.
    Listed,
}

const FIELDS: [&str; 22] = [
    "session_id",
    "session_name",
    "window_id",
    "window_index",
    "window_name",
    "window_active",
    "window_zoomed_flag",
    "pane_id",
    "pane_pid",
    "pane_active",
    "pane_dead",
    "pane_in_mode",
    "pane_synchronized",
    "pane_width",
    "pane_height",
    "pane_current_path",
    "pane_title",
    "@pintle_agent",
    "@pintle_env",
    "@pintle_grid",
    origin::SPLIT_OPTION,
    "pane_current_command",
];
const CLIENT_FIELDS: [&str; 3] = ["client_control_mode", "session_id", "client_flags"];

/// Lists every pane once, in tmux's order of sessions, windows and places.
pub async fn list(handle: &Handle, commands: Commands) -> Result<Vec<Pane>, TmuxError> {
    let mut fields = FIELDS;
    if commands == Commands::Omitted {
        // A variable that nobody sets, and that costs nothing.
        fields[21] = "@pintle_none";
    }
    let panes = Command::repeatable(&ListPanes::new().all().format(field::format(&fields)).build());
    let clients = Command::repeatable(&ListClients::new().format(field::format(&CLIENT_FIELDS)).build());
    let answers: [Answer; 2] =
        handle.call(vec![panes, clients]).await?.try_into().map_err(|_| TmuxError::Unanswered("list-panes".into()))?;
    let answers = answers.map(without_session);
    let [panes, clients] = answers.map(super::printed);
    let (panes, clients) = (panes?, clients?);
    let viewers = viewers(&clients).ok_or_else(|| super::unexpected("list-clients", &clients))?;
    parse(&panes, handle.server(), &viewers, commands).ok_or_else(|| super::unexpected("list-panes", &panes))
}

/// A server has no session while it reads its configuration, from which the plugin tells us of it. tmux calls it an error to ask for
/// all panes then; the true answer is that there are none.
fn without_session(answer: Answer) -> Answer {
    match answer {
        Answer::Refused(why) if why.starts_with(b"no current target") => Answer::Done(Vec::new()),
        answer => answer,
    }
}

/// Sessions that people look at, and whether one of them has the focus.
fn viewers(printed: &[u8]) -> Option<HashMap<SessionId, bool>> {
    let mut viewers = HashMap::new();
    for [control, session, flags] in field::records::<3>(printed)? {
        if control != b"1" {
            let focused = flags.split(|byte| *byte == b',').any(|flag| flag == b"focused");
            *viewers.entry(parsed(&session)?).or_default() |= focused;
        }
    }
    Some(viewers)
}

fn parse(
    printed: &[u8],
    server: &ServerId,
    viewers: &HashMap<SessionId, bool>,
    commands: Commands,
) -> Option<Vec<Pane>> {
    let mut panes: Vec<Pane> = Vec::new();
    let mut known: HashMap<PaneId, usize> = HashMap::new();
    for record in field::records::<22>(printed)? {
        let pane = pane(record, server, viewers, commands)?;
        match known.get(&pane.key.pane) {
            // Its window is in another session as well: who looks there sees the same pane.
            Some(&at) => {
                panes[at].visible |= pane.visible;
                panes[at].focused |= pane.focused;
            }
            None => {
                known.insert(pane.key.pane, panes.len());
                panes.push(pane);
            }
        }
    }
    Some(panes)
}

fn pane(
    record: [Vec<u8>; 22],
    server: &ServerId,
    viewers: &HashMap<SessionId, bool>,
    commands: Commands,
) -> Option<Pane> {
    let [
        session,
        session_name,
        window,
        window_index,
        window_name,
        window_active,
        zoomed,
        pane,
        pid,
        active,
        dead,
        in_mode,
        synchronized,
        cols,
        rows,
        cwd,
        title,
        agent,
        env,
        grid,
        split,
        command,
    ] = record;
    let session = parsed(&session)?;
    let pane: PaneId = parsed(&pane)?;
    let active = active == b"1";
    let shown = window_active == b"1" && (active || zoomed != b"1");
    let visible = shown && viewers.contains_key(&session);
    Some(Pane {
        key: PaneKey { server: server.clone(), pane, pane_pid: super::pane_pid(std::str::from_utf8(&pid).ok()?)? },
        session,
        session_name: text(&session_name),
        window: parsed(&window)?,
        window_index: parsed(&window_index)?,
        window_name: text(&window_name),
        active,
        dead: dead == b"1",
        in_mode: !matches!(&in_mode[..], b"" | b"0"),
        synchronized: synchronized == b"1",
        cols: parsed(&cols)?,
        rows: parsed(&rows)?,
        cwd: (!cwd.is_empty()).then(|| PathBuf::from(OsString::from_vec(cwd))),
        title: text(&title),
        command: (commands == Commands::Listed).then(|| text(&command)),
        agent: option(&agent),
        env: option(&env),
        grid: option(&grid),
        split_from: origin::origin(pane, &split),
        visible,
        focused: visible && active && viewers.get(&session).copied().unwrap_or(false),
    })
}

fn parsed<T: std::str::FromStr>(bytes: &[u8]) -> Option<T> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn option(bytes: &[u8]) -> Option<String> {
    (!bytes.is_empty()).then(|| text(bytes))
}
