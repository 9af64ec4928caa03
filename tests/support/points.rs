//! Test points: the daemon (a debug build) stops at a named place until the test lets it go on.
//!
//! Two FIFOs a point, in the folder that `PINTLE_TEST_POINTS` names. The daemon writes its pid into `NAME.hit`, which
//! blocks until we read, and then reads `NAME.go` to its end, which comes when we close it. A point fires once.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags, mkfifoat};

use super::{PATIENCE, Sandbox, eventually};

/// The points of one sandbox.
pub struct Points {
    folder: PathBuf,
    armed: RefCell<BTreeSet<String>>,
}

impl Points {
    pub fn new(sandbox: &Sandbox) -> Self {
        Self { folder: sandbox.path("points"), armed: RefCell::default() }
    }

    /// From now on, the first process that comes to this place stops there.
    pub fn arm(&self, name: &str) {
        // `.go` first: with `.hit` there, the point is live.
        for path in [self.go(name), self.hit(name)] {
            mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR)
                .unwrap_or_else(|error| panic!("cannot arm {}: {error}", path.display()));
        }
        self.armed.borrow_mut().insert(name.to_owned());
    }

    /// Waits until a process has stopped at this place; returns its pid.
    #[track_caller]
    pub fn reached(&self, name: &str, timeout: Duration) -> u32 {
        // Opening for reading without blocking succeeds at once, and lets the other side's blocking open through.
        let hit = open(&self.hit(name), false).unwrap_or_else(|error| panic!("point {name} is not armed: {error}"));
        let limit = Timespec::try_from(timeout).expect("a limit that fits");
        let ready = poll(&mut [PollFd::new(&hit, PollFlags::IN)], Some(&limit)).expect("polling a FIFO");
        assert!(ready > 0, "waited {timeout:?} in vain: nothing came to the point {name}");
        let mut line = String::new();
        // The writer writes one short line at once, so what can be polled can be read.
        BufReader::new(hit).read_line(&mut line).expect("reading a FIFO");
        line.trim().parse().unwrap_or_else(|_| panic!("point {name}: not a pid: {line:?}"))
    }

    /// Lets the process that stopped here go on.
    #[track_caller]
    pub fn release(&self, name: &str) {
        self.armed.borrow_mut().remove(name);
        eventually(&format!("the process that stopped at {name} waits for its release"), PATIENCE, || {
            match open(&self.go(name), true) {
                // Opened, so the reader is there; that it closes again here is the signal.
                Ok(_go) => Some(()),
                // It wrote its pid and is on its way from `.hit` to `.go`.
                Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => None,
                // The process was killed where it stood, or has taken the file away: nothing left to release.
                Err(error) if error.kind() == ErrorKind::NotFound => Some(()),
                Err(error) => panic!("cannot release {name}: {error}"),
            }
        });
    }

    fn hit(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.hit"))
    }

    fn go(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.go"))
    }
}

impl Drop for Points {
    /// Lets everything go that still stands somewhere, so that the daemon can be stopped in the polite way.
    fn drop(&mut self) {
        for name in self.armed.borrow().iter() {
            let reader = open(&self.hit(name), false);
            // Whoever holds the pipe open meets its end; whoever comes later finds no file and does not stop.
            let releaser = open(&self.go(name), true);
            let _ = fs::remove_file(self.go(name));
            let _ = fs::remove_file(self.hit(name));
            drop((reader, releaser));
        }
    }
}

fn open(path: &Path, write: bool) -> std::io::Result<File> {
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    OpenOptions::new().read(!write).write(write).custom_flags(flags).open(path)
}
