//! The listening sockets.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use thiserror::Error;

use super::message::ToDaemon;

/// A socket that could not be made.
#[derive(Debug, Error)]
pub enum ListenError {
    /// Somebody answers there; a live socket is never taken away.
    #[error("{0}: another process listens there")]
    Taken(PathBuf),
    /// There is something that is no socket.
    #[error("{0}: exists and is not a socket; remove it or choose another path")]
    NotASocket(PathBuf),
    /// The system refused.
    #[error("{path}: {source}")]
    Io {
        /// Where the socket should be.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A listening socket and where it is.
#[derive(Debug)]
pub struct Listener {
    /// Where it was bound.
    pub path: PathBuf,
    /// The socket.
    pub fd: OwnedFd,
    made: Option<FileIdentity>,
}

impl Listener {
    /// Listens at `path`, see [`bind`].
    pub fn new(path: &Path) -> Result<Self, ListenError> {
        let fd = bind(path)?;
        Ok(Self { path: path.to_owned(), fd, made: FileIdentity::of(path) })
    }

    /// Whether whoever connects to the path comes to this socket: not when the file was removed, or is another one by now.
    pub fn is_there(&self) -> bool {
        self.made.is_some() && self.made == FileIdentity::of(&self.path)
    }

    /// For the daemon, with a descriptor of its own.
    pub fn to_message(&self) -> io::Result<ToDaemon> {
        Ok(ToDaemon::Listener { path: self.path.to_string_lossy().into_owned(), fd: self.fd.try_clone()? })
    }

    /// Removes the file, if it is this socket's.
    pub fn remove(&self) {
        if self.is_there() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// One file among those that may come to stand at the same path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileIdentity {
    device: u64,
    inode: u64,
    /// A file system gives the number of a removed file to the next one.
    born: Option<SystemTime>,
}

impl FileIdentity {
    /// Of the file at `path` itself, not of what a link leads to. `None` where there is none.
    fn of(path: &Path) -> Option<Self> {
        let meta = std::fs::symlink_metadata(path).ok()?;
        Some(Self { device: meta.dev(), inode: meta.ino(), born: meta.created().ok() })
    }
}

/// A non-blocking listening socket at `path`, mode 0600. A socket file that nobody listens on is replaced.
pub fn bind(path: &Path) -> Result<OwnedFd, ListenError> {
    let io = |source| ListenError::Io { path: path.to_owned(), source };
    match std::fs::symlink_metadata(path) {
        Ok(meta) if !meta.file_type().is_socket() => return Err(ListenError::NotASocket(path.to_owned())),
        Ok(_) if is_live(path).map_err(io)? => return Err(ListenError::Taken(path.to_owned())),
        Ok(_) => std::fs::remove_file(path).map_err(io)?,
        Err(_) => {}
    }
    // The umask, and not a chmod afterwards, so that the socket is private from its first moment.
    let before = rustix::process::umask(Mode::from_raw_mode(0o177));
    let bound = UnixListener::bind(path);
    rustix::process::umask(before);
    let listener = bound.map_err(io)?;
    // std asks for the system's longest backlog; connections made while no daemon runs wait there.
    listener.set_nonblocking(true).map_err(io)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(io)?;
    Ok(listener.into())
}

/// Whether somebody listens there. Without waiting: one whose backlog is full listens too, and agents are read meanwhile.
fn is_live(path: &Path) -> io::Result<bool> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    let connected = connect(&socket, &SocketAddrUnix::new(path)?);
    Ok(matches!(connected, Ok(()) | Err(Errno::AGAIN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_socket_is_replaced_a_live_one_and_a_file_are_not() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("s");
        let first = bind(&path).unwrap();
        assert!(matches!(bind(&path), Err(ListenError::Taken(_))));
        drop(first);
        let again = bind(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(again);
        let file = temp.path().join("f");
        std::fs::write(&file, "mine").unwrap();
        assert!(matches!(bind(&file), Err(ListenError::NotASocket(_))));
        assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    }

    #[test]
    fn a_file_is_told_from_the_next_one_at_its_path() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("file");
        assert_eq!(FileIdentity::of(&path), None);
        std::fs::write(&path, "one").unwrap();
        let first = FileIdentity::of(&path);
        std::fs::write(&path, "two").unwrap();
        assert_eq!(FileIdentity::of(&path), first);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "three").unwrap();
        assert_ne!(FileIdentity::of(&path), first);
    }

    #[test]
    fn only_its_own_file_is_removed() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("s");
        let first = Listener::new(&path).unwrap();
        assert!(first.is_there());
        std::fs::rename(&path, temp.path().join("moved")).unwrap();
        assert!(!first.is_there());
        let second = Listener::new(&path).unwrap();
        first.remove();
        assert!(second.is_there());
        second.remove();
        assert!(!path.exists());
    }
}
