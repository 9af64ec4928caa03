//! Standard output that does not block, without making anybody else's not block.

use std::fs::{File, OpenOptions};
use std::io::{self, Stdout, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::{FileType, OFlags};

/// Where output goes, and what it has not taken yet.
#[derive(Debug)]
pub struct Sink {
    to: To,
    /// Bytes to be written; whoever receives appends here.
    pub pending: Vec<u8>,
    written: usize,
}

#[derive(Debug)]
enum To {
    Own(File),
    Standard(Stdout),
}

impl Sink {
    /// Opens standard output a second time where it is a terminal or a pipe.
    ///
    /// `O_NONBLOCK` belongs to the open file, which our standard output shares with the shell and with whatever else
    /// writes there; set on it, other programs would fail with errors they do not expect. A file opened anew through
    /// `/proc` has its own. Where that is not possible (a socket), writing blocks, as in any other program; on a regular
    /// file it does not matter.
    pub fn standard_output() -> Self {
        let may_block = rustix::fs::fstat(io::stdout()).is_ok_and(|stat| {
            matches!(FileType::from_raw_mode(stat.st_mode), FileType::CharacterDevice | FileType::Fifo)
        });
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
        let open = || OpenOptions::new().write(true).custom_flags(flags).open("/proc/self/fd/1");
        let to = may_block.then(open).and_then(Result::ok).map_or_else(|| To::Standard(io::stdout()), To::Own);
        Self { to, pending: Vec::new(), written: 0 }
    }

    /// Whether everything is written.
    pub fn is_empty(&self) -> bool {
        self.written == self.pending.len()
    }

    /// Writes what is taken now.
    pub fn write(&mut self) -> io::Result<()> {
        while !self.is_empty() {
            let rest = &self.pending[self.written..];
            let taken = match &mut self.to {
                To::Own(file) => file.write(rest),
                To::Standard(stdout) => stdout.write_all(rest).and_then(|()| stdout.flush()).map(|()| rest.len()),
            };
            match taken {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(taken) => self.written += taken,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.pending.clear();
        self.written = 0;
        Ok(())
    }
}

impl AsFd for Sink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.to {
            To::Own(file) => file.as_fd(),
            To::Standard(stdout) => stdout.as_fd(),
        }
    }
}
