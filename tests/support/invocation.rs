//! A program run to its end, and what it said.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// A program about to be run.
#[must_use = "nothing runs until .ok(), .fails(code) or .finish()"]
pub struct Invocation {
    command: Command,
    stdin: Vec<u8>,
    limit: Duration,
}

impl Invocation {
    pub fn new(command: Command) -> Self {
        Self { command, stdin: Vec::new(), limit: Duration::from_secs(60) }
    }

    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn current_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// What the program reads; nothing else.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// How long it may take before the test fails; a minute otherwise.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it; it must succeed. Returns what it printed.
    #[track_caller]
    pub fn ok(self) -> String {
        let finished = self.finish();
        assert!(finished.success(), "should have succeeded\n{finished}");
        finished.stdout
    }

    /// Runs it; it must end with this code. Returns what it printed on standard error.
    #[track_caller]
    pub fn fails(self, code: i32) -> String {
        assert_ne!(code, 0, "use .ok()");
        let finished = self.finish();
        assert_eq!(finished.status.code(), Some(code), "should have ended with {code}\n{finished}");
        finished.stderr
    }

    /// Runs it to its end, whatever that is.
    #[track_caller]
    pub fn finish(self) -> Finished {
        let (what, limit) = (format!("{:?}", self.command), self.limit);
        self.try_finish().unwrap_or_else(|| panic!("not finished within {limit:?}, killed: {what}"))
    }

    /// The same, with `None` when it had to be killed.
    pub fn try_finish(mut self) -> Option<Finished> {
        // Files, not pipes: a daemon that was started on the way may hold them open for ever.
        let (mut stdin, stdout, stderr) = (scratch(), scratch(), scratch());
        stdin.write_all(&self.stdin).expect("writing a temporary file");
        stdin.rewind().expect("rewinding a temporary file");
        self.command.stdin(Stdio::from(stdin)).stdout(share(&stdout)).stderr(share(&stderr));
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("cannot run {:?}: {error}", self.command));
        let in_time = ends_within(&child, self.limit);
        if !in_time {
            let _ = child.kill();
        }
        let status = child.wait().expect("waiting for our own child");
        let finished = Finished {
            command: format!("{:?}", self.command),
            status,
            stdout: contents(stdout),
            stderr: contents(stderr),
        };
        if !in_time {
            eprintln!("killed after {:?}: {finished}", self.limit);
        }
        in_time.then_some(finished)
    }
}

/// A program that has ended.
#[must_use]
pub struct Finished {
    command: String,
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    pub fn success(&self) -> bool {
        self.status.success()
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { command, status, stdout, stderr } = self;
        write!(f, "{command}\n{status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

fn ends_within(child: &Child, limit: Duration) -> bool {
    let pid = Pid::from_raw(child.id().cast_signed()).expect("a child has a pid");
    let process = pidfd_open(pid, PidfdFlags::empty()).expect("our own child, not yet waited for");
    let limit = Timespec::try_from(limit).expect("a limit that fits");
    loop {
        match poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&limit)) {
            Ok(ready) => return ready > 0,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => panic!("waiting for a process: {error}"),
        }
    }
}

fn scratch() -> File {
    tempfile::tempfile().expect("a temporary file")
}

fn share(file: &File) -> Stdio {
    file.try_clone().expect("a second handle of a temporary file").into()
}

fn contents(mut file: File) -> String {
    let mut bytes = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).expect("reading a temporary file");
    String::from_utf8_lossy(&bytes).into_owned()
}
