//! One `tmux` process: what is asked before there is a client, and while there is none.

use std::ffi::OsStr;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::process::{ExitStatus, Stdio};

use tmux_interface::{DisplayMessage, ListSessions};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::process;
use tokio::time::timeout;

use super::super::command::Command;
use super::super::error::TmuxError;
use super::super::server::{ServerId, SessionId, Socket, Version};
use super::{Launch, PATIENCE};
use crate::base::process::{Table, environment_value};

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
    command.env_remove("TMUX").env_remove("TMUX_PANE");
    command
}

/// Runs these words in one process. A server that is not there, or that ends meanwhile, is [`TmuxError::ServerGone`]; one that is there
/// and speaks another protocol [`TmuxError::Foreign`]; one that takes longer than a client may is [`TmuxError::Silent`].
pub(super) async fn run(
    socket: &Socket,
    words: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Result<Printed, TmuxError> {
    let mut command = tmux(|program| std::process::Command::new(program), socket);
    command.args(words).kill_on_drop(true);
    let (status, printed) = match timeout(PATIENCE, output(command)).await {
        Err(_) => return Err(TmuxError::Silent(socket.clone())),
        Ok(Err(error)) => return Err(TmuxError::Missing(error)),
        Ok(Ok(output)) => output,
    };
    let says = |reasons: &[&[u8]]| !status.success() && reasons.iter().any(|why| printed.stderr.starts_with(why));
    // What tmux says of a server that has ended, it says of one of another version as well.
    if says(&[b"server exited", b"lost server", b"protocol version mismatch"])
        && let Some(foreign) = foreign(socket).await
    {
        return Err(foreign);
    }
    if says(&[b"no server running on ", b"error connecting to ", b"server exited"]) {
        return Err(TmuxError::ServerGone(socket.clone()));
    }
    Ok(printed)
}

/// Runs a command until its end, and returns what it has printed by then. Not until its pipes are closed: it hands them to the server, and
/// one that does not know what they are for (3.1) keeps them open.
async fn output(mut command: process::Command) -> io::Result<(ExitStatus, Printed)> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (Some(mut stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(io::Error::other("its pipes are missing"));
    };
    let mut printed = Printed { stdout: Vec::new(), stderr: Vec::new() };
    let (mut more, mut more_errors) = (true, true);
    let status = loop {
        tokio::select! {
            read = stdout.read_buf(&mut printed.stdout), if more => more = read? > 0,
            read = stderr.read_buf(&mut printed.stderr), if more_errors => more_errors = read? > 0,
            status = child.wait() => break status?,
        }
    };
    take_the_rest(&stdout, &mut printed.stdout);
    take_the_rest(&stderr, &mut printed.stderr);
    Ok((status, printed))
}

/// Reads what is in a pipe, and does not wait for more.
fn take_the_rest(pipe: impl AsFd, printed: &mut Vec<u8>) {
    let mut chunk = [0; 4096];
    while let Ok(length @ 1..) = rustix::io::read(&pipe, &mut chunk) {
        printed.extend_from_slice(&chunk[..length]);
    }
}

/// Somebody who listens at the socket although a client of ours was sent away: a server of another version. `None` if there is nobody, or
/// if it is our version: one that has ended at that very moment, and its successor.
async fn foreign(socket: &Socket) -> Option<TmuxError> {
    let listens = timeout(PATIENCE, UnixStream::connect(socket.path())).await.ok()?.ok()?;
    let server = listens.peer_cred().ok()?.pid().and_then(|pid| version_of(pid, socket));
    let mut asks = process::Command::new("tmux");
    asks.arg("-V").kill_on_drop(true);
    let own = timeout(PATIENCE, output(asks)).await.ok()?.ok();
    let own = own.and_then(|(_, printed)| String::from_utf8(printed.stdout).ok()?.parse().ok());
    (server.is_none() || server != own).then(|| TmuxError::Foreign { socket: socket.clone(), server, own })
}

/// The version of a server that cannot be asked: it tells every program that it starts in a pane.
fn version_of(pid: i32, socket: &Socket) -> Option<Version> {
    let path = socket.path().as_os_str().as_bytes();
    let is_its = |tmux: &[u8]| tmux.strip_prefix(path).is_some_and(|rest| rest.starts_with(b","));
    let panes = Table::read("TMUX");
    let told = panes.marked_children(pid).filter(|(_, tmux)| is_its(tmux));
    let version = |pid| String::from_utf8(environment_value(pid, "TERM_PROGRAM_VERSION")?).ok()?.parse().ok();
    told.filter_map(|(pid, _)| version(pid)).next()
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

#[cfg(test)]
#[path = "process_tests.rs"]
mod tests;
