//! Whether the pane that a process says it is in is still there, asked of tmux itself where no daemon can say.
//!
//! A process outlives its pane when it is put into the background and the pane is killed. It goes on with `TMUX_PANE`, and nothing
//! is known any more of the environment that was chosen there: to take the global one would be a guess. The daemon refuses, so the same is
//! refused here. It costs a process of `tmux`, 3 to 7 ms, where no daemon answers.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// How long tmux may take to answer, as long as the daemon gives it.
const LIMIT: Duration = Duration::from_secs(2);

/// Where the pane is, `@WINDOW $SESSION`. An error, in words, if the server that `tmux` (`SOCKET,PID,SESSION`) names has no pane `pane`, is
/// another one by now, or does not say. `named` is the pane with its server, `PID-NUMBER`.
pub fn place(tmux: &str, pane: &str, named: &str) -> Result<String, String> {
    let socket = tmux.rsplitn(3, ',').last().unwrap_or(tmux);
    let said = ask(socket, pane)
        .map_err(|why| format!("whether there is a pane {pane} is not known: tmux at {socket}: {why}"))?;
    // A pane that does not exist is answered with empty values, or not at all.
    match said.trim_end().split_once(' ') {
        Some((is, place)) if is == named => Ok(place.to_owned()),
        _ => Err(format!("tmux has no pane {pane} at {socket}, in which this was started")),
    }
}

fn ask(socket: &str, pane: &str) -> Result<String, String> {
    let mut command = Command::new("tmux");
    command.args([
        "-u",
        "-S",
        socket,
        "display-message",
        "-p",
        "-t",
        pane,
        "#{pid}-#{s/%//:pane_id} #{window_id} #{session_id}",
    ]);
    command
        .env_remove("TMUX")
        .env_remove("TMUX_PANE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let ended = pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).map_err(|error| error.to_string());
    let limit = Timespec::try_from(LIMIT).map_err(|error| error.to_string())?;
    let ended = ended.and_then(|process| {
        loop {
            match poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&limit)) {
                Err(Errno::INTR) => {}
                Err(error) => break Err(error.to_string()),
                Ok(0) => break Err("it does not answer".to_owned()),
                Ok(_) => break Ok(()),
            }
        }
    });
    // One that has ended is not harmed by it, and one that has not must not be waited for.
    let _ = child.kill();
    let _ = child.wait();
    ended?;
    let mut said = String::new();
    // A line fits into the pipe. The server may hold the other end still, so what is there is taken, and no more is waited for.
    let mut chunk = [0; 256];
    if let Some(mut from) = child.stdout.take() {
        let ready = poll(&mut [PollFd::new(&from, PollFlags::IN)], Some(&Timespec::default()));
        if ready.is_ok_and(|ready| ready > 0) {
            let count = from.read(&mut chunk).map_err(|error| error.to_string())?;
            said.push_str(&String::from_utf8_lossy(&chunk[..count]));
        }
    }
    Ok(said)
}
