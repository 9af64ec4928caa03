//! Which keeper serves: the one that has both locks, that of the state folder and that of the runtime folder.
//!
//! One lock in the runtime folder was the alternative. That folder is the system's: it is removed at a logout, and an empty one is made
//! at the next login, in which the lock would be free while its keeper lives. Two daemons on one `state.json` would undo each other's
//! changes. The state folder's lock is taken first, so that who loses it has touched nothing.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::base::files::{FileError, LockGuard, read_if_there, try_lock, write_volatile};
use crate::base::paths::{PathsError, Places};
use crate::base::process::Identity;

/// The keeper that has a state folder, by its own words in the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process. Believed with its start time only, as everywhere: what is said of it may be that it can be killed.
    pub process: Identity,
    /// Where it listens.
    pub socket: PathBuf,
}

impl Holder {
    /// What is in the lock of a state folder: process and start time, and the socket in a line of its own.
    fn to_text(&self) -> String {
        format!("{} {}\n{}\n", self.process.pid, self.process.start_time, self.socket.display())
    }

    fn parse(text: &str) -> Option<Self> {
        let (process, socket) = text.split_once('\n')?;
        let (pid, start_time) = process.split_once(' ')?;
        let process = Identity { pid: pid.parse().ok()?, start_time: start_time.parse().ok()? };
        Some(Self { process, socket: socket.trim_end().into() })
    }

    /// Who wrote that, if it lives. Nobody, where somebody who has just taken the lock has not written it yet, or lives in another
    /// container or on another machine.
    fn read(lock: &Path) -> Result<Option<Self>, FileError> {
        let bytes = read_if_there(lock)?.unwrap_or_default();
        let holder = Self::parse(&String::from_utf8_lossy(&bytes));
        Ok(holder.filter(|holder| Identity::of(holder.process.pid) == Some(holder.process)))
    }
}

/// A lock that another keeper has. `Display` says whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Busy {
    /// The lock.
    pub lock: PathBuf,
    /// Who has it, where that is known.
    pub holder: Option<Holder>,
}

impl Busy {
    /// The one that has it, if it listens somewhere else than whoever has these places would.
    pub fn elsewhere(&self, places: &Places) -> Option<&Holder> {
        self.holder.as_ref().filter(|holder| holder.socket != places.own_socket())
    }
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lock = self.lock.display();
        match &self.holder {
            Some(Holder { process, socket }) => {
                write!(f, "the keeper with pid {} has {lock} and listens at {}", process.pid, socket.display())
            }
            None => write!(
                f,
                "another keeper has {lock}; it has just begun, or is in a container or on a machine with that folder"
            ),
        }
    }
}

/// Both locks, held.
#[derive(Debug)]
pub struct Locks {
    state: LockGuard,
    runtime: LockGuard,
}

/// What came of trying to take them.
#[derive(Debug)]
pub enum Taken {
    /// They are ours.
    Ours(Locks),
    /// Another keeper has one of them.
    Theirs(Busy),
}

impl Locks {
    /// Takes both without waiting, and says in them whose they are. The folders must be there.
    pub fn take(places: &Places) -> Result<Taken, FileError> {
        let (state_file, runtime_file) = (places.state_lock_file(), places.lock_file());
        let Some(state) = try_lock(&state_file)? else {
            let holder = Holder::read(&state_file)?;
            return Ok(Taken::Theirs(Busy { lock: state_file, holder }));
        };
        let Some(runtime) = try_lock(&runtime_file)? else {
            return Ok(Taken::Theirs(Busy { lock: runtime_file, holder: None }));
        };
        let locks = Self { state, runtime };
        locks.sign(places)?;
        Ok(Taken::Ours(locks))
    }

    fn sign(&self, places: &Places) -> Result<(), FileError> {
        let pid = std::process::id();
        let process = Identity::of(pid.cast_signed()).unwrap_or(Identity { pid: pid.cast_signed(), start_time: 0 });
        let holder = Holder { process, socket: places.own_socket() };
        let file = places.state_lock_file();
        self.state.write(&holder.to_text()).map_err(FileError::at(&file))?;
        write_volatile(&places.pid_file(), format!("{pid}\n").as_bytes(), 0o600).map(drop)
    }

    /// Makes the folders anew where they are gone, and takes the locks that are in them now. Those that are ours still stay.
    pub fn take_again(&mut self, places: &Places) -> Result<(), LostError> {
        places.make()?;
        let mut is_new = !is_signed(places);
        for (held, file) in [(&mut self.state, places.state_lock_file()), (&mut self.runtime, places.lock_file())] {
            if !held.is_at(&file) {
                *held = try_lock(&file)?.ok_or_else(|| LostError::Theirs(file.clone()))?;
                is_new = true;
            }
        }
        if is_new {
            self.sign(places)?;
        }
        Ok(())
    }

    /// Whether what is in the runtime folder is ours, and no later keeper's.
    pub fn has_runtime(&self, places: &Places) -> bool {
        self.runtime.is_at(&places.lock_file())
    }
}

/// Whether the pid file says what ours says.
fn is_signed(places: &Places) -> bool {
    let said = std::fs::read_to_string(places.pid_file());
    said.is_ok_and(|said| said.trim() == std::process::id().to_string())
}

/// Why the locks could not be taken again.
#[derive(Debug, thiserror::Error)]
pub enum LostError {
    /// Another keeper was quicker.
    #[error("{0}: another keeper has it; this one goes on there once that one has ended")]
    Theirs(PathBuf),
    /// A folder could not be made or trusted.
    #[error(transparent)]
    Paths(#[from] PathsError),
    /// A lock or the pid file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_state_folder_has_one_keeper_in_whichever_runtime_folder() {
        let temp = tempfile::tempdir().unwrap();
        let here = Places::in_folder(temp.path());
        let mut there = here.clone();
        there.runtime = temp.path().join("elsewhere");
        here.make().unwrap();
        there.make().unwrap();
        let Taken::Ours(mut ours) = Locks::take(&here).unwrap() else { panic!("nobody else has them") };
        for (places, is_elsewhere) in [(&here, false), (&there, true)] {
            let Taken::Theirs(busy) = Locks::take(places).unwrap() else { panic!("{places:?} is taken") };
            assert_eq!(busy.elsewhere(places).is_some(), is_elsewhere);
            let holder = busy.holder.unwrap();
            assert_eq!((holder.process.pid.cast_unsigned(), holder.socket), (std::process::id(), here.own_socket()));
        }
        assert!(!there.lock_file().exists(), "who loses touches nothing");
        // The folder goes and comes again, empty.
        std::fs::remove_dir_all(&here.runtime).unwrap();
        assert!(!ours.has_runtime(&here));
        ours.take_again(&here).unwrap();
        assert!(ours.has_runtime(&here) && here.pid_file().exists());
        assert!(try_lock(&here.lock_file()).unwrap().is_none());
    }

    #[test]
    fn nobody_is_named_who_may_be_somebody_else() {
        fn check(text: &str) {
            let temp = tempfile::tempdir().unwrap();
            let lock = temp.path().join("lock");
            std::fs::write(&lock, text).unwrap();
            assert_eq!(Holder::read(&lock).unwrap(), None, "{text:?}");
        }
        let me = Identity::of(std::process::id().cast_signed()).unwrap();
        let lives = Holder { process: me, socket: "/s".into() };
        assert_eq!(Holder::parse(&lives.to_text()), Some(lives));
        check("");
        check("one two\n/s\n");
        // Its pid is that of another process by now.
        check(&format!("{} {}\n/s\n", me.pid, me.start_time + 1));
        check(&format!("{}\n/s\n", me.pid));
    }

    #[test]
    fn another_keepers_folder_is_left_alone() {
        let temp = tempfile::tempdir().unwrap();
        let here = Places::in_folder(temp.path());
        let mut other = here.clone();
        other.state = temp.path().join("other");
        here.make().unwrap();
        let Taken::Ours(mut ours) = Locks::take(&here).unwrap() else { panic!("nobody else has them") };
        std::fs::remove_dir_all(&here.runtime).unwrap();
        other.make().unwrap();
        let Taken::Ours(theirs) = Locks::take(&other).unwrap() else { panic!("nobody else has them") };
        std::fs::write(here.pid_file(), "4711\n").unwrap();
        let lost = ours.take_again(&here).unwrap_err().to_string();
        assert!(lost.starts_with(&format!("{}: another keeper has it", here.lock_file().display())), "{lost}");
        assert_eq!(std::fs::read_to_string(here.pid_file()).unwrap(), "4711\n");
        drop(theirs);
        ours.take_again(&here).unwrap();
        assert_ne!(std::fs::read_to_string(here.pid_file()).unwrap(), "4711\n");
    }
}
