//! Panes, through one `tmux` process a call.

use std::process::Stdio;

use thiserror::Error;
use tokio::process::Command;

use super::command::SplitSpec;

/// What tmux could not do.
#[derive(Debug, Error)]
pub enum TmuxError {
    /// Neither the request nor its caller names a pane.
    #[error("no pane to split: name one as `target`, or call from inside tmux")]
    NoTarget,
    /// Not a pane id.
    #[error("`{0}` is no pane id; those look like %3")]
    NotAPane(String),
    /// tmux has no such pane.
    #[error("tmux has no pane {0}")]
    NoPane(String),
    /// There is no tmux.
    #[error("tmux cannot be run: {0}; install tmux 3.2 or later")]
    Missing(std::io::Error),
    /// It said no.
    #[error("tmux refused: {0}")]
    Refused(String),
}

/// Splits a pane of the server at `socket` (the default one without) and returns the new pane's id.
pub async fn split(socket: Option<&str>, spec: &SplitSpec) -> Result<String, TmuxError> {
    let digits = spec.target.strip_prefix('%').unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(TmuxError::NotAPane(spec.target.clone()));
    }
    let mut command = Command::new("tmux");
    if let Some(socket) = socket {
        command.args(["-S", socket]);
    }
    command.args(spec.to_argv()).stdin(Stdio::null()).env_remove("TMUX").kill_on_drop(true);
    let output = command.output().await.map_err(TmuxError::Missing)?;
    let error = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    match String::from_utf8_lossy(&output.stdout).trim() {
        pane if output.status.success() && pane.starts_with('%') => Ok(pane.to_owned()),
        _ if error.contains("can't find pane") => Err(TmuxError::NoPane(spec.target.clone())),
        _ if error.contains("no space for new pane") => {
            Err(TmuxError::Refused(format!("{} is too small to be split", spec.target)))
        }
        _ => Err(TmuxError::Refused(error)),
    }
}
