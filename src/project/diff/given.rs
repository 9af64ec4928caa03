//! A copy of an index, given to git in its place.
//!
//! `git diff` writes an index anew in which files were only touched, and locks it for that, `--no-optional-locks` or not: an agent that
//! commits at that moment would be refused. Beside a copy in memory it finds no place for a lock, and lets it be. The alternative, `git
//! diff-index`, locks nothing and takes what was only touched for changed.

use std::fs::{File, FileTimes};
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{MemfdFlags, memfd_create};

/// The copy. It is there for as long as this is.
pub struct Given(File);

impl Given {
    /// Of these bytes.
    pub fn of(index: &[u8]) -> io::Result<Self> {
        let mut file = File::from(memfd_create("pintle-index", MemfdFlags::CLOEXEC)?);
        file.write_all(index)?;
        Ok(Self(file))
    }

    /// Of a file as it is; none where there is none. It is as old as that: git looks once more at what is as new as its index.
    pub fn copy(file: &Path) -> io::Result<Option<Self>> {
        // Asked before it is read: of one that is written meanwhile more is looked at, not less.
        let read = file.metadata().and_then(|about| Ok((about.modified()?, std::fs::read(file)?)));
        match read {
            Ok((written, bytes)) => Self::of(&bytes)?.written(written).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn written(self, time: SystemTime) -> io::Result<Self> {
        self.0.set_times(FileTimes::new().set_modified(time))?;
        Ok(self)
    }

    /// Where other processes of this user find it.
    pub fn path(&self) -> PathBuf {
        format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd()).into()
    }
}
