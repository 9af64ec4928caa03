//! Programs that are asked something: for a short time, away from the terminal, and without leaving anything behind.
//!
//! A shell that reads somebody's start-up files may do anything: wait for an answer, start programs, never end. So it is put into a
//! session of its own, where no terminal is to be waited for, and when it has said what was to be said, or its time is up, it is ended
//! with everything that it has started.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, PidfdFlags, pidfd_open, setsid};

use crate::base::clock::Clock;
use crate::base::family;

/// Says to ourselves: leave the session and become the program behind it.
pub const WORD: &str = "__alone";
/// Carried by everything that is started so, so that it is found again wherever it has gone.
const MARK: &str = "PINTLE_ALONE";
/// More is not read.
const ENOUGH: usize = 1 << 20;

/// What came of it.
#[derive(Debug, Default)]
pub struct Said {
    /// What it printed, errors not included.
    pub text: String,
    /// How it ended by itself, in time.
    pub status: Option<ExitStatus>,
}

/// `pintle __alone PROGRAM ARGS…`. Returns only if that failed, with the code to exit with.
pub fn become_alone(mut words: impl Iterator<Item = OsString>) -> i32 {
    let Some(program) = words.next() else { return 125 };
    if setsid().is_err() {
        return 125;
    }
    let error = Command::new(program).args(words).exec();
    if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 }
}

/// A program and its arguments, to be [asked](ask).
pub fn command(program: impl Into<OsString>) -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([OsString::from(WORD), program.into()]);
    Ok(command)
}

/// Lets it run until it has printed `done`, has ended, or `limit` is over; then ends it and all that it has started.
pub fn ask(mut command: Command, done: Option<&str>, limit: Duration, clock: &Clock) -> std::io::Result<Said> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
    if std::env::var_os(MARK).is_some() {
        // Somebody's start-up file asks pintle, which asks the start-up file…
        return Err(std::io::Error::other("a program that is asked something asks nobody itself"));
    }
    let mark = format!("{}-{}", std::process::id(), clock.now().as_nanosecond());
    command.stdin(Stdio::null()).stdout(write).stderr(Stdio::null()).env(MARK, &mark);
    let mut child = command.spawn()?;
    // Its copy of our end of the pipe.
    drop(command);
    let until = clock.instant() + limit;
    let heard = listen(&child, File::from(read), done, until, clock);
    let status = child.try_wait().ok().flatten();
    family::kill(MARK, Pid::from_child(&child).as_raw_pid(), &mark);
    let _ = child.wait();
    Ok(Said { text: String::from_utf8_lossy(&heard?).into_owned(), status })
}

fn listen(
    child: &Child,
    mut from: File,
    done: Option<&str>,
    until: Instant,
    clock: &Clock,
) -> std::io::Result<Vec<u8>> {
    let process = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    let mut heard = Vec::new();
    let mut chunk = [0; 4096];
    while heard.len() < ENOUGH {
        let left = until.saturating_duration_since(clock.instant());
        let left = Timespec::try_from(left).map_err(std::io::Error::other)?;
        let mut ready = [PollFd::new(&from, PollFlags::IN), PollFd::new(&process, PollFlags::IN)];
        match poll(&mut ready, Some(&left)) {
            Ok(0) => break,
            Ok(_) if !ready[0].revents().is_empty() => {}
            // It has ended, and what it has left behind may hold the pipe for ever.
            Ok(_) => break,
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        match from.read(&mut chunk)? {
            // Whoever closes its standard output may still be at work.
            0 => {
                let left = until.saturating_duration_since(clock.instant());
                let left = Timespec::try_from(left).map_err(std::io::Error::other)?;
                poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&left))?;
                break;
            }
            count => heard.extend_from_slice(&chunk[..count]),
        }
        if done.is_some_and(|done| has_line(&heard, done)) {
            break;
        }
    }
    Ok(heard)
}

fn has_line(text: &[u8], line: &str) -> bool {
    text.split(|byte| *byte == b'\n').any(|found| found == line.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::process::Identity;

    /// Without the word in between: the tests' program does not know it. It is tried by the system tests.
    fn said(script: &str, done: Option<&str>, limit: Duration) -> Said {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        ask(command, done, limit, &Clock::System).unwrap()
    }

    #[test]
    fn what_it_says_until_it_ends() {
        let heard = said("echo a; echo b >&2; exit 3", None, Duration::from_secs(20));
        assert_eq!((heard.text.as_str(), heard.status.and_then(|status| status.code())), ("a\n", Some(3)));
    }

    #[test]
    fn nothing_is_waited_for_that_need_not_be() {
        // Ended, but for what it leaves behind; or done before it has ended.
        for script in ["sleep 60 & echo $!", "echo $$; echo done; sleep 60"] {
            let heard = said(script, Some("done"), Duration::from_secs(20));
            let pid: i32 = heard.text.lines().next().unwrap().parse().unwrap();
            assert_eq!(Identity::of(pid), None, "{script}: it was ended");
        }
        // Left behind at the very moment in which it becomes another program: then it carries no mark.
        for _ in 0..50 {
            let heard = said("sleep 60 & echo $!", None, Duration::from_secs(20));
            assert_eq!(Identity::of(heard.text.trim().parse().unwrap()), None);
        }
        let heard = said("echo $$; exec sleep 60", None, Duration::from_millis(300));
        assert!(heard.status.is_none());
        assert_eq!(Identity::of(heard.text.trim().parse().unwrap()), None);
    }
}
