//! Opening a PTY and spawning into it, without waiting: the exec shim reports over a pipe that the keeper's loop watches.
//!
//! The keeper has one thread, which is also why no PTY descriptor can leak into a child that is forked at the same moment.
//! `unsafe` here: portable-pty hands out its master as a bare number, and nothing else it offers gives a descriptor.
#![allow(unsafe_code, reason = "a descriptor that is only known as a number, see above")]

use std::ffi::OsString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use thiserror::Error;

use super::exec::STARTED;
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
    /// portable-pty would silently use $HOME instead.
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
    /// The shim died before it could execute anything.
    #[error("{0} could not be started: its shim ended early")]
    Shim(String),
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

/// A process that has been forked and has not yet become its program.
#[derive(Debug)]
pub struct Pending {
    /// The future agent.
    pub kept: Kept,
    /// Readable when there is news.
    pub report: OwnedFd,
    program: String,
    /// Ours until the shim has opened its own: it opens this one through `/proc`.
    shim_end: Option<OwnedFd>,
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

/// Opens a PTY and forks the exec shim into it.
pub fn start(order: Order, spec: &OwnedFd, output: Output) -> Result<Pending, (SpawnError, Output)> {
    match fork(&order, spec) {
        Ok(forked) => Ok(Pending {
            kept: Kept::new(order.agent, forked.process, forked.master, output, order.tag),
            report: forked.report,
            program: forked.program,
            shim_end: Some(forked.shim_end),
            said: Vec::new(),
        }),
        Err(error) => Err((error, output)),
    }
}

struct Forked {
    process: Identity,
    master: OwnedFd,
    report: OwnedFd,
    shim_end: OwnedFd,
    program: String,
}

fn fork(order: &Order, spec: &OwnedFd) -> Result<Forked, SpawnError> {
    let spec = SpawnSpec::from_blob(spec).map_err(SpawnError::Request)?;
    let program = String::from_utf8_lossy(spec.argv.first().ok_or(SpawnError::Empty)?).into_owned();
    let cwd = OsString::from_vec(spec.cwd.clone());
    if !Path::new(&cwd).is_dir() {
        return Err(SpawnError::NoFolder(cwd.to_string_lossy().into_owned()));
    }
    let no_pty = |error: &dyn std::fmt::Display| SpawnError::Pty(error.to_string());
    let size = PtySize { cols: order.cols, rows: order.rows, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).map_err(|error| no_pty(&error))?;
    let master = own_master(pair.master.as_raw_fd()).map_err(|error| no_pty(&error))?;
    let (report, shim_end) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).map_err(|error| no_pty(&error))?;
    let child =
        pair.slave.spawn_command(command(spec, cwd, &shim_end, order.nofile)).map_err(|error| no_pty(&error))?;
    let pid = child.process_id().and_then(|pid| i32::try_from(pid).ok()).unwrap_or_default();
    // A child that is dead already is still a zombie here, with its start time, since only the keeper's loop reaps.
    let start_time = Identity::start_time(pid).unwrap_or_default();
    Ok(Forked { process: Identity { pid, start_time }, master, report, shim_end, program })
}

fn command(spec: SpawnSpec, cwd: OsString, shim_end: &OwnedFd, nofile: u64) -> CommandBuilder {
    // Our own image, even if the binary has been replaced since: keeper and shim must agree.
    let mut command = CommandBuilder::new("/proc/self/exe");
    command.arg("__exec");
    command.arg(std::os::fd::AsRawFd::as_raw_fd(shim_end).to_string());
    command.arg(nofile.to_string());
    command.arg("--");
    command.args(spec.argv.into_iter().map(OsString::from_vec));
    command.cwd(cwd);
    command.env_clear();
    for (name, value) in spec.env {
        command.env(OsString::from_vec(name), OsString::from_vec(value));
    }
    command
}

fn own_master(raw: Option<std::os::fd::RawFd>) -> std::io::Result<OwnedFd> {
    let raw = raw.ok_or_else(|| std::io::Error::other("the PTY has no descriptor"))?;
    // SAFETY: `raw` belongs to the `MasterPty` that the caller holds until after this returns.
    let master = unsafe { BorrowedFd::borrow_raw(raw) }.try_clone_to_owned()?;
    fcntl_setfl(&master, fcntl_getfl(&master)? | OFlags::NONBLOCK)?;
    Ok(master)
}

impl Pending {
    /// Reads what the shim has reported. `ended`: the process is known to have ended, so there will be no more.
    pub fn progress(&mut self, ended: bool) -> Progress {
        let mut buffer = [0; 16];
        loop {
            match rustix::io::read(self.report.as_fd(), &mut buffer) {
                Ok(0) => return self.judge(),
                Ok(count) => self.said.extend_from_slice(&buffer[..count]),
                Err(Errno::INTR) => {}
                Err(_) if ended && self.shim_end.is_some() => {
                    return Progress::Failed(SpawnError::Shim(self.program.clone()));
                }
                Err(_) => return Progress::Waiting,
            }
            if self.said.first() == Some(&STARTED) {
                // From now on the end of the pipe means that the shim's own end was closed, by exec or by exit.
                self.shim_end = None;
            }
        }
    }

    fn judge(&self) -> Progress {
        match self.said.get(1..5).and_then(|bytes| bytes.try_into().ok()) {
            None => Progress::Running,
            Some(bytes) => Progress::Failed(SpawnError::Exec {
                program: self.program.clone(),
                errno: Errno::from_raw_os_error(i32::from_le_bytes(bytes)),
            }),
        }
    }
}
