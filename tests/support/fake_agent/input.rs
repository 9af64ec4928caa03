//! Standard input as the fake agent reads it: unbuffered below, so that "has something been typed?" has an answer.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::stdin;

/// Standard input with the bytes read but not yet used.
pub struct Input {
    pending: Vec<u8>,
}

impl Input {
    pub fn new() -> Self {
        Self { pending: Vec::new() }
    }

    /// The next line without its newline; `None` at the end of input.
    pub fn line(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = self.pending.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(&line[..end]).into_owned()));
            }
            let chunk = self.chunk()?;
            if chunk.is_empty() {
                return Ok(None);
            }
            self.pending.extend(chunk);
        }
    }

    /// Whatever comes next, at least a byte; empty at the end of input.
    pub fn chunk(&mut self) -> io::Result<Vec<u8>> {
        let mut buffer = [0; 8192];
        loop {
            match rustix::io::read(stdin(), &mut buffer) {
                Ok(len) => return Ok(buffer[..len].to_vec()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits up to `time` for something to read; says whether it came.
    pub fn typed_within(&self, time: Duration) -> io::Result<bool> {
        if !self.pending.is_empty() {
            return Ok(true);
        }
        Ok(ready(&[stdin()], Some(time))?[0])
    }

    /// Waits until there is something to read here or in `other`; says in which: (here, other).
    pub fn typed_or(&self, other: impl AsFd) -> io::Result<(bool, bool)> {
        let ready = ready(&[stdin(), other.as_fd()], None)?;
        Ok((ready[0] || !self.pending.is_empty(), ready[1]))
    }
}

/// Which of these have something to read, or have ended, within `time`.
fn ready(fds: &[BorrowedFd<'_>], time: Option<Duration>) -> io::Result<Vec<bool>> {
    let time = time.map(|time| Timespec::try_from(time).map_err(io::Error::other)).transpose()?;
    let mut polled: Vec<PollFd<'_>> = fds.iter().map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
    loop {
        match poll(&mut polled, time.as_ref()) {
            Ok(_) => return Ok(polled.iter().map(|fd| !fd.revents().is_empty()).collect()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
