//! One agent as the keeper has it: the master side of its PTY, its ring, its process.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;

use super::message::{KeptFds, ToDaemon};
use crate::base::clock::Clock;
use crate::base::process::Identity;
use crate::base::ring::{Ring, SHAPE};

/// One PTY is asked for no more before the others get their turn; a terminal gives at most a page at a time anyway. Reading each until
/// it was dry, or 16 KiB at a time, made a key typed elsewhere wait for three times as long, and no flood was faster.
const TURN: usize = 4 << 10;
/// The kernel holds at most this much between a dead process and its PTY's reader (64 KiB of flip buffers and the line
/// discipline's 4 KiB, with a margin). Reading it all before the exit is told is what makes "the remaining output, then `exited`"
/// true; reading until it is dry instead would never end while a grandchild floods.
const LEFTOVER: usize = 256 << 10;

/// Memory that all rings together may hold beyond what each always keeps, for readers that are behind.
const SPARE: usize = 256 << 20;

/// How much of it is left.
#[derive(Debug)]
pub struct Spare(usize);

impl Default for Spare {
    fn default() -> Self {
        Self(SPARE)
    }
}

/// An agent's PTY and output.
#[derive(Debug)]
pub struct Kept {
    /// The agent's id.
    pub agent: String,
    /// Its process.
    pub process: Identity,
    /// Its exit code once it has ended.
    pub exit: Option<i32>,
    /// Nobody has the other side of the PTY open.
    pub hung_up: bool,
    /// The PTY's master side, non-blocking.
    pub master: OwnedFd,
    ring: Ring,
    /// How much of the [`Spare`] memory the ring holds.
    extra: usize,
    wake: OwnedFd,
    /// The daemon's notes about it.
    pub tag: OwnedFd,
}

/// The parts of a [`Kept`] that stay when its process is replaced: the log goes on with the same offsets.
#[derive(Debug)]
pub struct Output {
    ring: Ring,
    wake: OwnedFd,
}

impl Output {
    /// An empty ring and its eventfd.
    pub fn new() -> io::Result<Self> {
        Ok(Self { ring: Ring::create(SHAPE)?, wake: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)? })
    }
}

impl Kept {
    /// Puts together what a spawn has made.
    pub fn new(agent: String, process: Identity, master: OwnedFd, output: Output, tag: OwnedFd) -> Self {
        Self { agent, process, exit: None, hung_up: false, master, ring: output.ring, extra: 0, wake: output.wake, tag }
    }

    /// Gives up everything but the output, for the agent's next process.
    pub fn into_output(self) -> Output {
        Output { ring: self.ring, wake: self.wake }
    }

    /// Reads some of what the PTY has into the ring, and wakes the daemon's reader if it sleeps. Returns false when nobody has the
    /// other side of the PTY open.
    pub fn pump(&self, clock: &Clock) -> bool {
        match self.read(TURN, clock) {
            // The master of a PTY gives EIO, not 0, when the slave is closed; 0 is taken for the same.
            Ok(count) => count > 0,
            Err(error) => matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
        }
    }

    /// Reads what the process left behind when it ended.
    pub fn pump_leftover(&self, clock: &Clock) {
        let mut total = 0;
        while total < LEFTOVER {
            match self.read(LEFTOVER - total, clock) {
                Ok(count) if count > 0 => total += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => return,
            }
        }
    }

    fn read(&self, limit: usize, clock: &Clock) -> io::Result<usize> {
        let count = self.ring.write_from(&self.master, limit)?;
        if count > 0 {
            self.ring.stamp(u64::try_from(clock.now().as_millisecond()).unwrap_or(1));
            if self.ring.take_sleeper() {
                self.wake();
            }
        }
        Ok(count)
    }

    /// Gives back what no reader needs any more.
    pub fn trim(&mut self, spare: &mut Spare) {
        spare.0 += self.extra;
        self.extra = self.ring.trim(spare.0);
        spare.0 = spare.0.saturating_sub(self.extra);
    }

    /// The daemon that read for others is gone, and so are its readers.
    pub fn readers_are_gone(&mut self, spare: &mut Spare) {
        self.ring.want(None);
        self.trim(spare);
    }

    fn wake(&self) {
        // AGAIN would mean a counter near 2^64: awake enough.
        let _: Result<usize, Errno> = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }

    /// The message that hands this agent to a daemon.
    pub fn to_message(&self) -> io::Result<ToDaemon> {
        let dup = |fd: &OwnedFd| fd.as_fd().try_clone_to_owned();
        Ok(ToDaemon::Kept {
            agent: self.agent.clone(),
            pid: self.process.pid,
            start_time: self.process.start_time,
            exit: self.exit,
            fds: KeptFds {
                master: dup(&self.master)?,
                ring: self.ring.fd().try_clone_to_owned()?,
                wake: dup(&self.wake)?,
                tag: dup(&self.tag)?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::blob;
    use super::*;

    const MIB: usize = 1 << 20;

    /// An agent whose PTY is a pipe into which the test prints, and its output as the daemon sees it.
    fn kept() -> (Kept, OwnedFd, Ring) {
        let (master, printer) = rustix::pipe::pipe().unwrap();
        let process = Identity { pid: 1, start_time: 1 };
        let kept = Kept::new("ag-1".into(), process, master, Output::new().unwrap(), blob(b"").unwrap());
        let ring = Ring::open(kept.ring.fd().try_clone_to_owned().unwrap()).unwrap();
        (kept, printer, ring)
    }

    fn print(kept: &mut Kept, printer: &OwnedFd, bytes: usize, spare: &mut Spare) {
        for _ in 0..bytes / TURN {
            assert_eq!(rustix::io::write(printer, &[b'x'; TURN]), Ok(TURN));
            assert!(kept.pump(&Clock::System));
            kept.trim(spare);
        }
    }

    #[test]
    fn all_rings_share_what_they_hold_for_readers() {
        let (mut first, first_printer, first_ring) = kept();
        let (mut second, second_printer, second_ring) = kept();
        let mut spare = Spare(3 * MIB);
        first_ring.want(Some(0));
        second_ring.want(Some(0));
        print(&mut first, &first_printer, 6 * MIB, &mut spare);
        assert_eq!((first_ring.oldest(), spare.0), (0, MIB));
        print(&mut second, &second_printer, 6 * MIB, &mut spare);
        assert_eq!((second_ring.oldest(), spare.0), (MIB as u64, 0), "one MiB was left for it");
        first.readers_are_gone(&mut spare);
        assert_eq!((first_ring.oldest(), spare.0), (2 * MIB as u64, 2 * MIB));
        second.readers_are_gone(&mut spare);
        assert_eq!(spare.0, 3 * MIB);
    }
}
