//! Which keeper serves: the one that has both locks, that of the state folder and that of the runtime folder.
//!
//! One lock in the runtime folder was the alternative. That folder is the system's: it is removed at a logout, and an empty one is made
//! at the next login, in which the lock would be free while its keeper lives. Two daemons on one `state.json` would undo each other's
//! changes. The state folder's lock is taken first, so that who loses it has touched nothing.

use std::fmt;
use std::path::PathBuf;

use crate::base::files::{FileError, LockGuard, read_if_there, try_lock, write_atomic};
use crate::base::paths::{PathsError, Places};
use crate::base::process::Identity;

/// The keeper that has a state folder, by its own words in the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process.
    pub pid: i32,
    /// Where it listens.
    pub socket: PathBuf,
    /// The folder that it keeps.
    pub state: PathBuf,
}

impl Holder {
    /// What is in the lock of a state folder: the pid, and the socket in a line of its own.
    fn to_text(&self) -> String {
        format!("{}\n{}\n", self.pid, self.socket.display())
    }

    /// Who wrote that, if it lives. Nobody, where somebody who has just taken the lock has not written it yet.
    fn read(places: &Places) -> Result<Option<Self>, FileError> {
        let bytes = read_if_there(&places.state_lock_file())?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let of = text.split_once('\n').and_then(|(pid, socket)| Some((pid.parse().ok()?, socket.trim_end())));
        let holder = of.map(|(pid, socket)| Holder { pid, socket: socket.into(), state: places.state.clone() });
        Ok(holder.filter(|holder| Identity::of(holder.pid).is_some()))
    }

    /// Whether it listens somewhere else than whoever has these places would.
    pub fn is_elsewhere(&self, places: &Places) -> bool {
        self.socket != places.own_socket()
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (pid, state, socket) = (self.pid, self.state.display(), self.socket.display());
        write!(f, "the keeper with pid {pid} has {state} already and listens at {socket}")
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
    /// Another keeper has one of them; who it is, where that is known.
    Theirs(Option<Holder>),
}

impl Locks {
    /// Takes both without waiting, and says in them whose they are. The folders must be there.
    pub fn take(places: &Places) -> Result<Taken, FileError> {
        let Some(state) = try_lock(&places.state_lock_file())? else { return Ok(Taken::Theirs(Holder::read(places)?)) };
        let Some(runtime) = try_lock(&places.lock_file())? else { return Ok(Taken::Theirs(None)) };
        let locks = Self { state, runtime };
        locks.sign(places)?;
        Ok(Taken::Ours(locks))
    }

    fn sign(&self, places: &Places) -> Result<(), FileError> {
        let pid = std::process::id();
        let holder = Holder { pid: pid.cast_signed(), socket: places.own_socket(), state: places.state.clone() };
        let file = places.state_lock_file();
        self.state.write(&holder.to_text()).map_err(FileError::at(&file))?;
        write_atomic(&places.pid_file(), format!("{pid}\n").as_bytes(), 0o600).map(drop)
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
            let Taken::Theirs(Some(holder)) = Locks::take(places).unwrap() else { panic!("{places:?} is taken") };
            assert_eq!((holder.pid.cast_unsigned(), &holder.socket), (std::process::id(), &here.own_socket()));
            assert_eq!(holder.is_elsewhere(places), is_elsewhere);
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
