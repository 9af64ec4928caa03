//! The bare counterpart of an agent: a program in a PTY that this process opened itself.

use std::io::{Read, Write};

use anyhow::Result;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// A program in a PTY. It is ended when this is dropped.
pub struct Bare {
    child: Box<dyn Child + Send + Sync>,
    /// What it prints.
    pub output: Box<dyn Read + Send>,
    /// What it is typed.
    pub input: Box<dyn Write + Send>,
    _master: Box<dyn MasterPty + Send>,
}

impl Bare {
    /// Starts a program.
    pub fn spawn(words: &[&str]) -> Result<Self> {
        let pair = native_pty_system().openpty(PtySize::default())?;
        let mut command = CommandBuilder::new(words[0]);
        command.args(&words[1..]);
        let child = pair.slave.spawn_command(command)?;
        let (output, input) = (pair.master.try_clone_reader()?, pair.master.take_writer()?);
        Ok(Self { child, output, input, _master: pair.master })
    }

    /// Reads until so many bytes have come.
    pub fn read_exactly(&mut self, count: u64) -> Result<()> {
        let mut bytes = vec![0; usize::try_from(count)?];
        Ok(self.output.read_exact(&mut bytes)?)
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
