//! Windows: how their panes lie, and making them.

use tmux_interface::{DisplayMessage, NewWindow, SelectLayout};

use super::client::{Answer, Handle};
use super::command::{Command, format_text};
use super::error::TmuxError;
use super::grid::Cell;
use super::pane::{ProgramSpec, key, printed, run, unexpected};
use super::server::{PaneKey, SessionId, WindowId};

/// How the panes of these windows lie, in one round trip. `None` for a window that is gone.
pub async fn layouts(handle: &Handle, windows: &[WindowId]) -> Result<Vec<Option<Cell>>, TmuxError> {
    let ask = |window: &WindowId| {
        let ask =
            DisplayMessage::new().print().target_pane(window.to_string()).message("#{window_id} #{window_layout}");
        Command::repeatable(&ask.build())
    };
    let answers = handle.call(windows.iter().map(ask).collect()).await?;
    let layout = |window: &WindowId, answer: Answer| {
        let Answer::Done(text) = answer else { return Ok(None) };
        let text = String::from_utf8_lossy(&text);
        // A window that does not exist is answered with what holds for another one, or with nothing.
        match text.trim().split_once(' ').filter(|(id, _)| *id == window.to_string()) {
            Some((_, layout)) => layout.parse().map(Some).map_err(|_| unexpected("display-message", text.as_bytes())),
            None => Ok(None),
        }
    };
    windows.iter().zip(answers).map(|(window, answer)| layout(window, answer)).collect()
}

/// Makes a window at the end of a session and returns its one pane. It does not become the active window.
pub async fn create(
    handle: &Handle,
    session: SessionId,
    name: &str,
    program: &ProgramSpec,
) -> Result<PaneKey, TmuxError> {
    // With a colon at its end a session's id is no window's index.
    let target = format!("{session}:");
    let new = NewWindow::new().detached().print().format("#{pane_id} #{pane_pid}").target_window(&target);
    let new = Command::once(&new.build()).word("-n").word(format_text(name));
    let text = printed(handle.ask_one(run(new, program)).await?)?;
    key(handle, &text).ok_or_else(|| unexpected("new-window", &text))
}

/// Arranges the panes of the window that `pane` is in, in their order, as `layout` says; it must have as many.
pub async fn arrange(handle: &Handle, pane: &PaneKey, layout: &str) -> Result<(), TmuxError> {
    let select = SelectLayout::new().target_pane(pane.pane.to_string()).layout_name(layout);
    let select = Command::repeatable(&select.build());
    super::pane::checked(handle, pane, select).await.map(drop)
}
