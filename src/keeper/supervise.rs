//! Keeping a daemon running: starting it, and how long to wait when it keeps dying.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::link::Link;

/// A daemon that lived this long has proved that it can start; its death is not part of a series.
const SETTLED: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(30);

/// A running daemon.
#[derive(Debug)]
pub struct Daemon {
    /// The process. Reaped by the keeper's loop like every other child.
    pub pid: i32,
    /// How to talk to it.
    pub link: Link,
    started: Instant,
}

/// Starts `exe __daemon` with the link as its standard input, which is the one descriptor that can be handed over without
/// `unsafe` and without inheriting others.
pub fn start(exe: &Path, log: &File, now: Instant) -> io::Result<Daemon> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
    let child = spawn(exe, &theirs, log).or_else(|error| match error.kind() {
        // The binary is being replaced or was removed: our own image still works.
        io::ErrorKind::NotFound => spawn(&PathBuf::from("/proc/self/exe"), &theirs, log),
        _ => Err(error),
    })?;
    let pid = i32::try_from(child.id()).unwrap_or_default();
    Ok(Daemon { pid, link: Link::new(ours), started: now })
}

fn spawn(exe: &Path, link: &OwnedFd, log: &File) -> io::Result<Child> {
    Command::new(exe)
        .arg("__daemon")
        // Its own group: Ctrl-C in a terminal is for the keeper, which then ends the daemon in order.
        .process_group(0)
        // The daemon serves every pane; whose shell happened to start it must not show.
        .env_remove("TMUX")
        .env_remove("TMUX_PANE")
        .env_remove("PINTLE_AGENT_ID")
        .env_remove("PINTLE_PROJECT_ROOT")
        .stdin(Stdio::from(link.try_clone()?))
        .stdout(Stdio::from(log.try_clone()?))
        .stderr(Stdio::from(log.try_clone()?))
        .spawn()
}

/// How often the daemon has died young in a row, and since when there is none.
#[derive(Debug, Default)]
pub struct BackOff {
    deaths: u32,
}

impl BackOff {
    /// The daemon ended by itself. Returns how long to wait before the next: nothing for the first deaths, since most crashes do
    /// not repeat and clients are waiting; then doubling from 100 ms to 30 s.
    pub fn after_death(&mut self, daemon: &Daemon, now: Instant) -> Duration {
        let lived = now.saturating_duration_since(daemon.started);
        self.deaths = if lived >= SETTLED { 1 } else { self.deaths.saturating_add(1) };
        delay(self.deaths)
    }

    /// It ended because it was asked to: no death at all.
    pub fn after_leave(&mut self) {
        self.deaths = 0;
    }

    /// How many deaths in a row.
    pub fn deaths(&self) -> u32 {
        self.deaths
    }
}

fn delay(deaths: u32) -> Duration {
    match deaths {
        0..=2 => Duration::ZERO,
        _ => Duration::from_millis(100).saturating_mul(1 << (deaths - 3).min(16)).min(LONGEST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_and_is_bounded() {
        let millis: Vec<u128> = (1..=6).map(|deaths| delay(deaths).as_millis()).collect();
        assert_eq!(millis, [0, 0, 100, 200, 400, 800]);
        assert_eq!(delay(u32::MAX), LONGEST);
    }

    #[test]
    fn a_settled_daemon_starts_a_new_series() {
        let start = crate::base::clock::Clock::System.instant();
        let (ours, _theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
        let daemon = Daemon { pid: 1, link: Link::new(ours), started: start };
        let mut back_off = BackOff::default();
        for _ in 0..5 {
            back_off.after_death(&daemon, start);
        }
        assert_eq!(back_off.after_death(&daemon, start + SETTLED), Duration::ZERO);
        assert_eq!(back_off.deaths(), 1);
    }
}
