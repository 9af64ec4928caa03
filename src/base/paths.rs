//! Where things are kept: config, state and runtime folders by the XDG rules, and the names of the files in them.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use etcetera::base_strategy::Xdg;
use thiserror::Error;

/// A folder that could not be found, made or trusted.
#[derive(Debug, Error)]
pub enum PathsError {
    /// Neither `$HOME` nor the user database names a home.
    #[error("no home folder is known: set HOME")]
    NoHome,
    /// Making or reading a folder failed.
    #[error("{path}: {source}")]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A runtime folder that somebody else could write to.
    #[error("{path}: belongs to uid {owner} with mode {mode:o}, so it is not used; remove it or set XDG_RUNTIME_DIR")]
    NotOurs {
        /// The folder.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Its permission bits.
        mode: u32,
    },
}

/// The folders of one user's pintle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// `$XDG_CONFIG_HOME/pintle`: what people write.
    pub config: PathBuf,
    /// `$XDG_STATE_HOME/pintle`: what must survive a reboot.
    pub state: PathBuf,
    /// `$XDG_RUNTIME_DIR/pintle`, else `/tmp/pintle-$UID`: what lives as long as the daemon.
    pub runtime: PathBuf,
    socket: Option<PathBuf>,
}

impl Places {
    /// Reads the places from the process's environment. Makes nothing.
    pub fn from_env() -> Result<Self, PathsError> {
        let xdg = Xdg::new().map_err(|_| PathsError::NoHome)?;
        Ok(Self {
            config: xdg.config_dir().join("pintle"),
            state: xdg.state_dir().unwrap_or_else(|| xdg.home_dir().join(".local/state")).join("pintle"),
            runtime: runtime(std::env::var_os("XDG_RUNTIME_DIR")),
            socket: std::env::var_os("PINTLE_SOCKET").filter(|path| !path.is_empty()).map(PathBuf::from),
        })
    }

    /// All of them in one folder, for tests.
    #[cfg(test)]
    pub fn in_folder(folder: &Path) -> Self {
        let [config, state, runtime] = ["config", "state", "run"].map(|name| folder.join(name));
        Self { config, state, runtime, socket: None }
    }

    /// The same places with the socket somewhere else (`--socket`).
    pub fn with_socket(mut self, socket: PathBuf) -> Self {
        self.socket = Some(socket);
        self
    }

    /// The socket that clients use: `PINTLE_SOCKET`, else `daemon.sock` in the runtime folder.
    pub fn socket(&self) -> PathBuf {
        self.socket.clone().unwrap_or_else(|| self.own_socket())
    }

    /// The socket the daemon itself listens on. `PINTLE_SOCKET` is a client's wish and does not move it.
    pub fn own_socket(&self) -> PathBuf {
        self.runtime.join("daemon.sock")
    }

    /// Whether clients use the daemon's own socket, so that starting one on demand makes sense.
    pub fn is_own_socket(&self) -> bool {
        self.socket() == self.own_socket()
    }

    /// In front of every agent's PATH.
    pub fn shims(&self) -> PathBuf {
        self.runtime.join("shims")
    }

    /// The `pintle` that agents find there.
    pub fn shim(&self) -> PathBuf {
        self.shims().join("pintle")
    }

    /// The keeper's pid. Told to people; never trusted by us (the lock is).
    pub fn pid_file(&self) -> PathBuf {
        self.runtime.join("daemon.pid")
    }

    /// Held by the keeper for as long as the runtime folder lives: one daemon a socket.
    pub fn lock_file(&self) -> PathBuf {
        self.runtime.join("daemon.lock")
    }

    /// Held by the keeper for its whole life: one daemon a `state.json`. The runtime folder may be taken away under a keeper that lives
    /// (at a logout, for one), and two of different environments have different ones; what they remember is in the same place.
    pub fn state_lock_file(&self) -> PathBuf {
        self.state.join("daemon.lock")
    }

    /// What the daemon remembers across reboots.
    pub fn state_file(&self) -> PathBuf {
        self.state.join("state.json")
    }

    /// Copies of the files that people write, as they could be read last.
    pub fn copies(&self) -> PathBuf {
        self.state.join("kept")
    }

    /// The copy of one of them: at the same place below that folder, since files of projects have the same name. `None` for a path that
    /// does not begin at the root.
    pub fn copy_of(&self, file: &Path) -> Option<PathBuf> {
        copy_in(&self.copies(), file)
    }

    /// Notifications that nobody has read yet.
    pub fn notifications_file(&self) -> PathBuf {
        self.state.join("notifications.json")
    }

    /// Windows of tmux that show agents.
    pub fn panes_file(&self) -> PathBuf {
        self.state.join("panes.json")
    }

    /// Rotated logs of the daemon, and `keeper.log`.
    pub fn log(&self) -> PathBuf {
        self.state.join("log")
    }

    /// What shells read, and what they answer.
    pub fn shell(&self) -> PathBuf {
        self.runtime.join("shell")
    }

    /// Small files in front of the user's own in `KUBECONFIG`.
    pub fn kube(&self) -> PathBuf {
        self.runtime.join("kube")
    }

    /// Every guard that was asked, lifted or put back: a line of JSON each.
    pub fn audit_file(&self) -> PathBuf {
        self.log().join("guard.jsonl")
    }

    /// Environments.
    pub fn envs_file(&self) -> PathBuf {
        self.config.join("envs.yaml")
    }

    /// Prefix rules.
    pub fn prefixes_file(&self) -> PathBuf {
        self.config.join("prefixes.yaml")
    }

    /// How the line for status bars looks.
    pub fn hud_file(&self) -> PathBuf {
        self.config.join("hud.yaml")
    }

    /// Global settings.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.yaml")
    }

    /// Makes the runtime and state folders, and refuses a runtime folder that is not ours alone.
    pub fn make(&self) -> Result<(), PathsError> {
        make_private(&self.runtime)?;
        make_private(&self.log())
    }

    /// Whether the runtime folder is there. One that is not ours is refused: it may have been removed since it was made, and in /tmp
    /// anybody can make another.
    pub fn has_runtime(&self) -> Result<bool, PathsError> {
        match std::fs::symlink_metadata(&self.runtime) {
            Ok(meta) => is_ours(&self.runtime, &meta).map(|()| true),
            Err(_) => Ok(false),
        }
    }
}

/// Where [`Places::copy_of`] is, for whoever has the folder of copies only.
pub fn copy_in(copies: &Path, file: &Path) -> Option<PathBuf> {
    Some(copies.join(file.strip_prefix("/").ok()?))
}

/// The folder of the project that has made the checkout in which `here` lies: `/shop` for `/shop/.pintle/worktrees/wt-0k3v9x2a/src`. Told by
/// the path alone, and whatever that checkout brings along: where a team keeps some of `.pintle` in git, each checkout has a `.pintle` of its
/// own, and is no project for that.
pub fn maker_of_checkout(here: &Path) -> Option<&Path> {
    here.ancestors().find_map(|checkout| {
        let worktrees = checkout.parent().filter(|folder| folder.ends_with("worktrees"))?;
        let folder = worktrees
            .parent()
            .filter(|folder| folder.file_name().is_some_and(|name| name == ".pintle" || name == ".pu"))?;
        folder.parent().filter(|_| folder.join("manifest.json").is_file())
    })
}

/// `$HOME`, for files of other programs in it; `/` where it is not set.
pub fn home() -> PathBuf {
    std::env::var_os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from)
}

fn runtime(xdg: Option<OsString>) -> PathBuf {
    match xdg.filter(|path| Path::new(path).is_absolute()) {
        Some(path) => PathBuf::from(path).join("pintle"),
        None => PathBuf::from(format!("/tmp/pintle-{}", rustix::process::geteuid().as_raw())),
    }
}

fn make_private(path: &Path) -> Result<(), PathsError> {
    let io = |source| PathsError::Io { path: path.to_owned(), source };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io)?;
    // `symlink_metadata`: in /tmp another user may have put a link to a folder of ours in the way.
    let meta = std::fs::symlink_metadata(path).map_err(io)?;
    is_ours(path, &meta)?;
    if meta.permissions().mode() & 0o077 != 0 {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).map_err(io)?;
    }
    Ok(())
}

fn is_ours(path: &Path, meta: &Metadata) -> Result<(), PathsError> {
    if meta.is_dir() && meta.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let mode = meta.permissions().mode() & 0o777;
    Err(PathsError::NotOurs { path: path.to_owned(), owner: meta.uid(), mode })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtime_falls_back_to_a_folder_per_user() {
        assert_eq!(runtime(Some("/run/user/1".into())), Path::new("/run/user/1/pintle"));
        let uid = rustix::process::geteuid().as_raw();
        for missing in [None, Some("".into()), Some("relative".into())] {
            assert_eq!(runtime(missing), PathBuf::from(format!("/tmp/pintle-{uid}")));
        }
    }

    #[test]
    fn a_runtime_folder_is_made_private_and_a_link_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("pintle");
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        make_private(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let link = temp.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(make_private(&link), Err(PathsError::NotOurs { .. })));
        let mut places = Places::in_folder(temp.path());
        for (folder, expected) in [(path, Some(true)), (temp.path().join("none"), Some(false)), (link, None)] {
            places.runtime = folder;
            assert_eq!(places.has_runtime().ok(), expected, "{places:?}");
        }
    }
}
