//! One `tmux` process: what is asked before there is a client, and while there is none.

use std::ffi::OsStr;
use std::process::Stdio;

use tmux_interface::{DisplayMessage, ListSessions};
use tokio::process;
use tokio::time::timeout;

use super::super::command::Command;
use super::super::error::TmuxError;
use super::super::server::{ServerId, SessionId, Socket, Version};
use super::{Launch, PATIENCE};

/// What a process printed.
#[derive(Debug)]
pub(super) struct Printed {
    pub stdout: Vec<u8>,
    /// Its lines are one refusal each.
    pub stderr: Vec<u8>,
}

/// A `tmux` that talks to the server at `socket` in UTF-8, whatever the daemon's locale is, and that knows nothing of a tmux the
/// daemon may have been started in.
pub(super) fn tmux(launch: Launch, socket: &Socket) -> process::Command {
    let mut command = process::Command::from(launch("tmux"));
    command.arg("-u").arg("-S").arg(socket.path());
    command.env_remove("TMUX").env_remove("TMUX_PANE").kill_on_drop(true);
    command
}

/// Runs these words in one process. A server that is not there, or that ends meanwhile, is [`TmuxError::ServerGone`]; one that
/// takes longer than a client may is [`TmuxError::Silent`].
pub(super) async fn run(
    socket: &Socket,
    words: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Result<Printed, TmuxError> {
    let mut command = tmux(|program| std::process::Command::new(program), socket);
    command.args(words).stdin(Stdio::null());
    let output = match timeout(PATIENCE, command.output()).await {
        Err(_) => return Err(TmuxError::Silent(socket.clone())),
        Ok(Err(error)) => return Err(TmuxError::Missing(error)),
        Ok(Ok(output)) => output,
    };
    let gone: [&[u8]; 3] = [b"no server running on ", b"error connecting to ", b"server exited"];
    if !output.status.success() && gone.iter().any(|reason| output.stderr.starts_with(reason)) {
        return Err(TmuxError::ServerGone(socket.clone()));
    }
    Ok(Printed { stdout: output.stdout, stderr: output.stderr })
}

/// Who listens at a socket.
#[derive(Clone, Debug)]
pub(super) struct Survey {
    pub server: ServerId,
    pub version: Version,
    /// The session to attach to: one that somebody looks at anyway, so that ours is not the client that makes it look attached.
    pub session: Option<SessionId>,
}

/// Asks in one process who the server is and what sessions it has. Never starts one.
pub(super) async fn survey(socket: &Socket) -> Result<Survey, TmuxError> {
    // Each line says what it is: hooks of the user print into the same stream.
    let who = DisplayMessage::new().print().message("pintle-server #{pid} #{start_time} #{version}").build();
    let sessions = ListSessions::new().format("pintle-session #{?session_attached,0,1} #{session_id}").build();
    let mut words = Command::repeatable(&who).arguments()?;
    words.push(";".into());
    words.extend(Command::repeatable(&sessions).arguments()?);
    let printed = run(socket, words).await?;
    let text = String::from_utf8_lossy(&printed.stdout);
    let unexpected = || TmuxError::Unexpected {
        command: "display-message".into(),
        answer: String::from_utf8_lossy(if text.is_empty() { &printed.stderr } else { &printed.stdout }).trim().into(),
    };
    let who = text.lines().find_map(|line| line.strip_prefix("pintle-server ")).ok_or_else(unexpected)?;
    let [pid, start_time, version] = who.split(' ').collect::<Vec<_>>().try_into().map_err(|_| unexpected())?;
    let server = ServerId {
        socket: socket.clone(),
        pid: pid.parse().map_err(|_| unexpected())?,
        start_time: start_time.parse().map_err(|_| unexpected())?,
    };
    let sessions = text.lines().filter_map(|line| line.strip_prefix("pintle-session ")?.split_once(' '));
    let session = sessions.min_by_key(|(unattached, _)| *unattached).map(|(_, id)| id.parse()).transpose()?;
    Ok(Survey { server, version: version.parse()?, session })
}
