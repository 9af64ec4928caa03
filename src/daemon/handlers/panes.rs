//! tmux panes.

use std::path::Path;

use crate::protocol::cmd::reply;
use crate::protocol::cmd::request::{Command, Size, Split, TmuxSplitRun};
use crate::protocol::{Code, WireError};
use crate::tmux::client::Handle;
use crate::tmux::error::TmuxError;
use crate::tmux::pane::{self, Direction, ProgramSpec, SplitSpec};
use crate::tmux::server::{PaneId, Socket};

/// `tmux_split_run`
pub async fn tmux_split_run(request: TmuxSplitRun) -> Result<reply::TmuxSplitRun, WireError> {
    if let Some(env) = request.env {
        return Err(WireError::new(Code::InvalidArgument, format!("Unknown environment: {env}")));
    }
    let target: PaneId =
        request.target.or(request.pane).ok_or(TmuxError::NoTarget)?.parse().map_err(TmuxError::from)?;
    let spec = SplitSpec {
        direction: match request.split {
            Split::Horizontal => Direction::Right,
            Split::Vertical => Direction::Below,
        },
        size: request.size.map(|size| match size {
            Size::Cells(cells) => cells.to_string(),
            Size::Text(text) => text,
        }),
        focus: false,
        program: ProgramSpec {
            cwd: request.cwd.map(String::into_bytes),
            vars: request
                .vars
                .into_iter()
                .map(|(name, value)| (name, value.unwrap_or_default().into_bytes()))
                .collect(),
            argv: match request.command {
                Command::Argv(argv) => argv.into_iter().map(String::into_bytes).collect(),
                // tmux runs a single word with the user's shell, as a person would expect of a line.
                Command::Line(line) => vec![line.into_bytes()],
            },
        },
    };
    let handle = Handle::open(&socket(request.tmux.as_deref())?).await?;
    let target = pane::find(&handle, target).await?;
    let pane = pane::split(&handle, &target, &spec).await?.pane.to_string();
    handle.close().await;
    Ok(reply::TmuxSplitRun { pane_id: pane.clone(), pane })
}

/// The socket that the request names, or the one that tmux itself would use.
fn socket(named: Option<&str>) -> Result<Socket, TmuxError> {
    Ok(match named {
        Some(path) => Socket::new(path)?,
        None => {
            let folder = std::env::var_os("TMUX_TMPDIR");
            Socket::default_of(folder.as_deref().map(Path::new), rustix::process::getuid().as_raw())?
        }
    })
}
