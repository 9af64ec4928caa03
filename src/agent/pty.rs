//! The daemon's side of a PTY: typing into it and asking it things. Its output is read by the keeper.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcgetpgrp, tcgetwinsize, tcsetwinsize};
use thiserror::Error;
use tokio::io::Interest;

use crate::base::descriptor;

/// Longest line that a terminal in canonical mode takes; the kernel silently drops what is longer.
pub const CANONICAL_LINE: usize = 4095;
/// So much is written at a time, so that a program that reads slowly is not sent more than it has room for.
const CHUNK: usize = 1024;
/// A program that takes nothing for so long does not read its terminal.
const PATIENCE: Duration = Duration::from_secs(10);

/// Text that did not arrive.
#[derive(Debug, Error)]
pub enum WriteError {
    /// It would be cut.
    #[error(
        "a line of {0} bytes is longer than the {CANONICAL_LINE} that this program's terminal takes at once; send it in shorter lines"
    )]
    LineTooLong(usize),
    /// The program does not read.
    #[error("the program does not read its terminal: {written} of {total} bytes were taken within 10 s")]
    Stalled {
        /// Bytes that were taken.
        written: usize,
        /// Bytes there were.
        total: usize,
    },
    /// The terminal is gone.
    #[error("its terminal is closed: {0}")]
    Closed(io::Error),
}

/// The master of an agent's PTY.
#[derive(Debug)]
pub struct Pty {
    master: OwnedFd,
}

impl Pty {
    /// Wraps the master, which is non-blocking.
    pub fn new(master: OwnedFd) -> Self {
        Self { master }
    }

    /// Types `bytes` as they are. The caller sees to it that there is one writer at a time.
    pub async fn write(&self, bytes: &[u8]) -> Result<(), WriteError> {
        let mut written = 0;
        while written < bytes.len() {
            let chunk = &bytes[written..bytes.len().min(written + CHUNK)];
            match rustix::io::write(&self.master, chunk) {
                Ok(count) => written += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => match tokio::time::timeout(PATIENCE, self.writable()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return Err(WriteError::Closed(error)),
                    Err(_) => return Err(WriteError::Stalled { written, total: bytes.len() }),
                },
                Err(errno) => return Err(WriteError::Closed(errno.into())),
            }
        }
        Ok(())
    }

    /// Watched only while needed: registered all the time, every byte of output would wake the daemon a second time.
    async fn writable(&self) -> io::Result<()> {
        let watch = descriptor::watch(self.master.try_clone()?, Interest::WRITABLE)?;
        watch.writable().await.map(|mut guard| guard.retain_ready())
    }

    /// Refuses a line that the terminal would cut in its present mode. Raw programs take any length.
    pub fn check_lines(&self, bytes: &[u8]) -> Result<(), WriteError> {
        let longest = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::len).max().unwrap_or(0);
        if longest > CANONICAL_LINE && self.is_canonical() {
            return Err(WriteError::LineTooLong(longest));
        }
        Ok(())
    }

    /// Whether the program reads line by line. (On Linux the master answers for the slave.)
    pub fn is_canonical(&self) -> bool {
        tcgetattr(&self.master).is_ok_and(|modes| modes.local_modes.contains(LocalModes::ICANON))
    }

    /// Whether what is typed shows by itself.
    pub fn echoes(&self) -> bool {
        tcgetattr(&self.master).is_ok_and(|modes| modes.local_modes.contains(LocalModes::ECHO))
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        tcgetwinsize(&self.master).map_or((80, 24), |size| (size.ws_col.max(1), size.ws_row.max(1)))
    }

    /// Sets columns and rows; the kernel tells the program.
    pub fn resize(&self, cols: u16, rows: u16) -> io::Result<()> {
        Ok(tcsetwinsize(&self.master, Winsize { ws_col: cols, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 })?)
    }

    /// Process group in the foreground.
    pub fn foreground(&self) -> Option<i32> {
        tcgetpgrp(&self.master).ok().map(|group| group.as_raw_nonzero().get())
    }
}
