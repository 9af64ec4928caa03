//! Which windows show agents, kept on the disk: a tmux server that is restarted has lost them, and `restore_panes` makes them again.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::project::state::{self, PanesFile, WindowEntry};
use crate::tmux::server::{ServerId, Socket};

/// The file and what is in it. Clones share both.
#[derive(Clone)]
pub struct Remembered {
    path: PathBuf,
    file: Arc<Mutex<PanesFile>>,
}

impl Remembered {
    /// Reads the file. What is wrong with it comes along; nothing is remembered then.
    pub fn load(path: PathBuf) -> (Self, Option<String>) {
        let (file, warning) = match state::load(&path) {
            Ok(file) => (file, None),
            Err(warning) => (PanesFile::default(), Some(warning)),
        };
        (Self { path, file: Arc::new(Mutex::new(file)) }, warning)
    }

    /// A server was opened. If it is another one than before, what the one before showed is lost.
    pub fn opened(&self, server: &ServerId) {
        let changed = {
            let mut file = self.file();
            let entry = file.servers.entry(server.socket.to_string()).or_default();
            let is_new = (entry.pid, entry.start_time) != (server.pid, server.start_time);
            if is_new {
                (entry.pid, entry.start_time) = (server.pid, server.start_time);
                let windows = std::mem::take(&mut entry.windows);
                if !windows.is_empty() {
                    entry.lost = windows;
                }
            }
            is_new
        };
        if changed {
            self.save();
        }
    }

    /// What a server shows now.
    pub fn update(&self, server: &ServerId, windows: Vec<WindowEntry>) {
        let changed = {
            let mut file = self.file();
            let Some(entry) = file.servers.get_mut(&server.socket.to_string()) else { return };
            // A look that was on its way when the server was replaced tells of panes that are gone.
            let is_other = (entry.pid, entry.start_time) != (server.pid, server.start_time);
            if is_other || entry.windows == windows {
                return;
            }
            entry.windows = windows;
            true
        };
        if changed {
            self.save();
        }
    }

    /// Windows of an earlier server at this socket.
    pub fn lost(&self, socket: &Socket) -> Vec<WindowEntry> {
        self.file().servers.get(&socket.to_string()).map(|entry| entry.lost.clone()).unwrap_or_default()
    }

    /// They were made again; these could not be.
    pub fn found(&self, socket: &Socket, still_lost: Vec<WindowEntry>) {
        if let Some(entry) = self.file().servers.get_mut(&socket.to_string()) {
            entry.lost = still_lost;
        }
        self.save();
    }

    /// Writes the newest state, in a moment. Nobody waits: after a crash in between, a window is remembered as it was a moment before.
    fn save(&self) {
        let remembered = self.clone();
        tokio::task::spawn_blocking(move || {
            // Under the lock, so that what is written last is what is newest.
            let file = remembered.file();
            if let Err(error) = state::save(&remembered.path, &*file) {
                tracing::warn!(%error, "which windows show agents could not be written down");
            }
        });
    }

    fn file(&self) -> MutexGuard<'_, PanesFile> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
