//! The listening sockets.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use thiserror::Error;

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

/// A non-blocking listening socket at `path`, mode 0600. A socket file that nobody listens on is replaced.
pub fn bind(path: &Path) -> Result<OwnedFd, ListenError> {
    let io = |source| ListenError::Io { path: path.to_owned(), source };
    match std::fs::symlink_metadata(path) {
        Ok(meta) if !meta.file_type().is_socket() => return Err(ListenError::NotASocket(path.to_owned())),
        Ok(_) if UnixStream::connect(path).is_ok() => return Err(ListenError::Taken(path.to_owned())),
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
}
