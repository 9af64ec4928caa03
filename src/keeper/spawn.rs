//! Opening a PTY and spawning into it, without waiting: the exec shim reports over a pipe that the keeper's loop watches.
//!
//! The keeper has one thread, which is also why no PTY descriptor can leak into a child that is forked at the same moment.
//! `unsafe` here: portable-pty hands out its master as a bare number, and nothing else it offers gives a descriptor.
#![allow(unsafe_code, reason = "a descriptor that is only known as a number, see above")]

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use portable_pty::{MasterPty, PtySize, native_pty_system};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use thiserror::Error;

use super::kept::{Kept, Output};
use super::message::SpawnSpec;
use crate::base::process::Identity;

/// A process that could not be started.
#[derive(Debug, Error)]
pub enum SpawnError {
    /// The message from the daemon could not be read.
    #[error("the request to spawn could not be read: {0}")]
    Request(std::io::Error),
    /// There is no command to run.
    #[error("the command is empty")]
    Empty,
    /// There is no such folder, or it is no folder.
    #[error("{0}: no such folder to work in")]
    NoFolder(String),
    /// No more PTYs, descriptors or processes.
    #[error("no terminal could be opened: {0}")]
    Pty(String),
    /// The kernel refused to execute the program.
    #[error("cannot run {program}: {errno}")]
    Exec {
        /// As it was asked for.
        program: String,
        /// The kernel's reason.
        errno: Errno,
    },
    /// The shim could not be started.
    #[error("a process could not be started in {cwd}: {error}")]
    Shim {
        /// Where it was to work.
        cwd: String,
        /// The system's reason.
        error: io::Error,
    },
}

/// What a new process needs beside its [`SpawnSpec`].
#[derive(Debug)]
pub struct Order {
    /// The agent's id.
    pub agent: String,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// The daemon's notes.
    pub tag: OwnedFd,
    /// Limit of open files that the program shall see.
    pub nofile: u64,
}

/// A process that has been started and has not yet become its program.
#[derive(Debug)]
pub struct Pending {
    /// The future agent.
    pub kept: Kept,
    /// Readable when there is news.
    pub report: OwnedFd,
    program: String,
    said: Vec<u8>,
}

/// What has become of a [`Pending`].
#[derive(Debug)]
pub enum Progress {
    /// Not yet known.
    Waiting,
    /// The program runs.
    Running,
    /// It does not.
    Failed(SpawnError),
}

/// Opens a PTY and starts the exec shim in it.
pub fn start(order: Order, spec: &OwnedFd, output: Output) -> Result<Pending, (SpawnError, Output)> {
    match start_shim(&order, spec) {
        Ok(started) => Ok(Pending {
            kept: Kept::new(order.agent, started.process, started.master, output, order.tag),
            report: started.report,
            program: started.program,
            said: Vec::new(),
        }),
        Err(error) => Err((error, output)),
    }
}

struct Started {
    process: Identity,
    master: OwnedFd,
    report: OwnedFd,
    program: String,
}

fn start_shim(order: &Order, spec: &OwnedFd) -> Result<Started, SpawnError> {
    let spec = SpawnSpec::from_blob(spec).map_err(SpawnError::Request)?;
    let program = String::from_utf8_lossy(spec.argv.first().ok_or(SpawnError::Empty)?).into_owned();
    let cwd = OsString::from_vec(spec.cwd.clone());
    if !Path::new(&cwd).is_dir() {
        return Err(SpawnError::NoFolder(cwd.to_string_lossy().into_owned()));
    }
    let no_pty = |error: &dyn std::fmt::Display| SpawnError::Pty(error.to_string());
    let size = PtySize { cols: order.cols, rows: order.rows, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).map_err(|error| no_pty(&error))?;
    let master = own_master(&*pair.master).map_err(|error| no_pty(&error))?;
    let terminal = open_slave(&*pair.master).map_err(|error| no_pty(&error))?;
    let (report, shim_end) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).map_err(|error| no_pty(&error))?;
    let shim = shim(&spec, &cwd, order.nofile, terminal, shim_end).and_then(|mut shim| shim.spawn());
    let shim = shim.map_err(|error| SpawnError::Shim { cwd: cwd.to_string_lossy().into_owned(), error })?;
    let pid = i32::try_from(shim.id()).unwrap_or_default();
    // A child that is dead already is still a zombie here, with its start time, since only the keeper's loop reaps.
    let start_time = Identity::start_time(pid).unwrap_or_default();
    Ok(Started { process: Identity { pid, start_time }, master, report, program })
}

/// Without anything to run between fork and exec, so that the standard library needs no copy of this process.
fn shim(spec: &SpawnSpec, cwd: &OsStr, nofile: u64, terminal: File, report: OwnedFd) -> io::Result<Command> {
    // Our own image, even if the binary has been replaced since: keeper and shim must agree.
    let mut command = Command::new("/proc/self/exe");
    command.arg0("pintle").arg("__exec").arg(nofile.to_string()).arg("--");
    command.args(spec.argv.iter().map(|word| OsStr::from_bytes(word)));
    command.current_dir(cwd);
    command.env_clear();
    command.envs(spec.env.iter().map(|(name, value)| (OsStr::from_bytes(name), OsStr::from_bytes(value))));
    command.stdin(terminal.try_clone()?).stdout(terminal).stderr(report);
    Ok(command)
}

/// The program's side of the PTY. Opening it must not make it our own controlling terminal.
fn open_slave(master: &dyn MasterPty) -> io::Result<File> {
    let path = master.tty_name().ok_or_else(|| io::Error::other("the PTY has no name"))?;
    OpenOptions::new().read(true).write(true).custom_flags(OFlags::NOCTTY.bits().cast_signed()).open(path)
}

fn own_master(master: &dyn MasterPty) -> io::Result<OwnedFd> {
    let raw = master.as_raw_fd().ok_or_else(|| io::Error::other("the PTY has no descriptor"))?;
    // SAFETY: `raw` belongs to `master`, which outlives this.
    let master = unsafe { BorrowedFd::borrow_raw(raw) }.try_clone_to_owned()?;
    fcntl_setfl(&master, fcntl_getfl(&master)? | OFlags::NONBLOCK)?;
    Ok(master)
}

impl Pending {
    /// Reads what the shim has reported.
    pub fn progress(&mut self) -> Progress {
        let mut buffer = [0; 16];
        loop {
            match rustix::io::read(self.report.as_fd(), &mut buffer) {
                Ok(0) => return self.judge(),
                Ok(count) => self.said.extend_from_slice(&buffer[..count]),
                Err(Errno::INTR) => {}
                Err(_) => return Progress::Waiting,
            }
        }
    }

    /// The pipe's end is closed: by exec, or by exit, which is told like every other exit.
    fn judge(&self) -> Progress {
        match self.said.get(..4).and_then(|bytes| bytes.try_into().ok()) {
            None => Progress::Running,
            Some(bytes) => Progress::Failed(SpawnError::Exec {
                program: self.program.clone(),
                errno: Errno::from_raw_os_error(i32::from_le_bytes(bytes)),
            }),
        }
    }
}
