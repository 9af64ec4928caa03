//! Which server, which pane: names that cannot be mistaken for a later server's or a later pane's.
//!
//! Pane ids start again at `%0` when a server is restarted, and a pane that is respawned keeps its id. So what is stored is the
//! id together with the processes behind it; what belongs to the pane whoever runs in it, as its environment does, goes by server and id. Nothing here reads the environment or asks tmux.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;

/// A text that names nothing of tmux's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ServerError {
    /// Not an id of this kind.
    #[error("`{text}` is no {kind} id; those look like {sigil}3")]
    NotAnId {
        /// `pane`, `window` or `session`.
        kind: &'static str,
        /// What such ids begin with.
        sigil: char,
        /// What was given.
        text: String,
    },
    /// Not what `tmux -V` prints.
    #[error("`{0}` is no version of tmux; `tmux -V` prints one")]
    NotAVersion(String),
    /// A tmux that is too old for what is asked.
    #[error(
        "{feature} needs tmux {wanted} or later, this server is {found}; install a newer tmux and restart the server"
    )]
    TooOld {
        /// What needs it.
        feature: &'static str,
        /// The first version that has it.
        wanted: Version,
        /// The version of the server.
        found: Version,
    },
    /// A socket's path that depends on where one stands.
    #[error("the socket {0} is not an absolute path; TMUX holds the right one up to the first comma")]
    NotAbsolute(PathBuf),
}

/// The path of a server's socket, absolute.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Socket(PathBuf);

impl Socket {
    /// The socket at `path`. A relative path is refused: the daemon stands somewhere else than its callers.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self, ServerError> {
        let path = path.into();
        if path.is_absolute() { Ok(Self(path)) } else { Err(ServerError::NotAbsolute(path)) }
    }

    /// Where tmux itself looks when nobody says: `TMUX_TMPDIR` (or `/tmp` when it is unset or empty), `tmux-UID/default`.
    pub fn default_of(tmux_tmpdir: Option<&Path>, uid: u32) -> Result<Self, ServerError> {
        let folder = tmux_tmpdir.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("/tmp"));
        Self::new(folder.join(format!("tmux-{uid}/default")))
    }

    /// The socket that the variable `TMUX` (`PATH,PID,SESSION`) names. The path itself may hold commas.
    pub fn of_variable(tmux: &str) -> Result<Self, ServerError> {
        Self::new(tmux.rsplitn(3, ',').last().unwrap_or(tmux))
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

/// One life of a server: another one at the same socket is another server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerId {
    /// Where it listens.
    pub socket: Socket,
    /// `#{pid}`.
    pub pid: u32,
    /// `#{start_time}`, seconds since 1970.
    pub start_time: u64,
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (pid {})", self.socket, self.pid)
    }
}

macro_rules! id {
    ($name:ident, $kind:literal, $sigil:literal) => {
        #[doc = concat!("The id of a ", $kind, ", printed and parsed as `", $sigil, "3`.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $sigil, self.0)
            }
        }

        impl FromStr for $name {
            type Err = ServerError;

            fn from_str(text: &str) -> Result<Self, ServerError> {
                let number = text.strip_prefix($sigil).and_then(number);
                let wrong = || ServerError::NotAnId { kind: $kind, sigil: $sigil, text: text.to_owned() };
                number.map(Self).ok_or_else(wrong)
            }
        }
    };
}

id!(PaneId, "pane", '%');
id!(WindowId, "window", '@');
id!(SessionId, "session", '$');

/// Digits only: `parse` alone takes a sign as well.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// A pane as it can be remembered: on this server, with this process in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PaneKey {
    /// The server.
    pub server: ServerId,
    /// Its id there.
    pub pane: PaneId,
    /// The process that tmux started in it (`#{pane_pid}`): a respawned pane is another one. 0 in a pane in which nothing was started.
    pub pane_pid: u32,
}

/// A version of tmux, ordered by what it can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    major: u32,
    minor: u32,
    /// `a` is 1, no letter 0. What is still in the making (`next-3.4`) is -1: it may lack what the release has.
    patch: i8,
}

impl Version {
    /// The oldest tmux that pintle works with: the first with client flags, which keep the control client from changing sizes.
    pub const OLDEST: Version = Version::of(3, 2);

    /// The release `major.minor`.
    pub const fn of(major: u32, minor: u32) -> Self {
        Self { major, minor, patch: 0 }
    }

    /// An error that says what is missing if this one is older than `wanted`.
    pub fn needs(self, wanted: Version, feature: &'static str) -> Result<(), ServerError> {
        if self >= wanted { Ok(()) } else { Err(ServerError::TooOld { feature, wanted, found: self }) }
    }
}

impl FromStr for Version {
    type Err = ServerError;

    /// Takes what `tmux -V` prints and what `#{version}` is. `master` and OpenBSD's own count as newer than any release.
    fn from_str(text: &str) -> Result<Self, ServerError> {
        let name = text.trim().strip_prefix("tmux ").unwrap_or(text.trim());
        if name == "master" || name.starts_with("openbsd-") {
            return Ok(Self::of(u32::MAX, u32::MAX));
        }
        let (name, next) = name.strip_prefix("next-").map_or((name, false), |name| (name, true));
        // A release candidate (`3.3-rc2`) is in the making as well.
        let (name, next) = name.split_once("-rc").map_or((name, next), |(name, _)| (name, true));
        let parsed = || {
            let (major, minor) = name.split_once('.')?;
            let digits = minor.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
            let patch = match &minor.as_bytes()[digits.len()..] {
                _ if next => -1,
                [] => 0,
                [letter] => (letter - b'a' + 1) as i8,
                _ => return None,
            };
            Some(Self { major: number(major)?, minor: number(digits)?, patch })
        };
        parsed().ok_or_else(|| ServerError::NotAVersion(text.to_owned()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.patch {
            _ if self.major == u32::MAX => f.write_str("master"),
            ..0 => write!(f, "next-{}.{}", self.major, self.minor),
            0 => write!(f, "{}.{}", self.major, self.minor),
            patch => write!(f, "{}.{}{}", self.major, self.minor, char::from(b'a' + patch as u8 - 1)),
        }
    }
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
