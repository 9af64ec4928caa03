//! tmux panes.

use crate::protocol::cmd::reply;
use crate::protocol::cmd::request::{Command, Size, Split, TmuxSplitRun};
use crate::protocol::{Code, WireError};
use crate::tmux::error::TmuxError;
use crate::tmux::pane::{self, Direction, SplitSpec};

/// `tmux_split_run`
pub async fn tmux_split_run(request: TmuxSplitRun) -> Result<reply::TmuxSplitRun, WireError> {
    if let Some(env) = request.env {
        return Err(WireError::new(Code::InvalidArgument, format!("Unknown environment: {env}")));
    }
    let spec = SplitSpec {
        target: request.target.or(request.pane).ok_or(TmuxError::NoTarget)?,
        direction: match request.split {
            Split::Horizontal => Direction::Right,
            Split::Vertical => Direction::Below,
        },
        cwd: request.cwd,
        vars: request.vars.into_iter().map(|(name, value)| (name, value.unwrap_or_default())).collect(),
        size: request.size.map(|size| match size {
            Size::Cells(cells) => cells.to_string(),
            Size::Text(text) => text,
        }),
        argv: match request.command {
            Command::Argv(argv) => argv,
            // tmux runs a single word with the user's shell, as a person would expect of a line.
            Command::Line(line) => vec![line],
        },
    };
    let pane = pane::split(request.tmux.as_deref(), &spec).await?;
    Ok(reply::TmuxSplitRun { pane_id: pane.clone(), pane })
}
