//! Which windows show agents, kept on the disk: a tmux server that is restarted has lost them, and `restore_panes` makes them again.

use std::path::PathBuf;
use std::sync::Arc;

use crate::project::state::{Kept, PanesFile, ServerEntry, WindowEntry};
use crate::tmux::server::{ServerId, Socket};

/// What is remembered of every server.
pub struct Remembered(Arc<Kept<PanesFile>>);

impl Remembered {
    /// Reads the file. What is wrong with it comes along; nothing is remembered then.
    pub fn load(path: PathBuf) -> (Self, Option<String>) {
        let (file, warning) = Kept::load(path);
        (Self(file), warning)
    }

    /// A server was opened. If it is another one than before, what the one before showed is lost.
    pub fn opened(&self, server: &ServerId) {
        let name = server.socket.to_string();
        if self.0.read(|file| file.servers.get(&name).is_some_and(|entry| is_of(entry, server))) {
            return;
        }
        self.0.change(|file| {
            let entry = file.servers.entry(name).or_default();
            (entry.pid, entry.start_time) = (server.pid, server.start_time);
            let windows = std::mem::take(&mut entry.windows);
            if !windows.is_empty() {
                entry.lost = windows;
            }
        });
    }

    /// What a server shows now.
    pub fn update(&self, server: &ServerId, windows: Vec<WindowEntry>) {
        let name = server.socket.to_string();
        // A look that was on its way when the server was replaced tells of panes that are gone.
        let is_news = |entry: &ServerEntry| is_of(entry, server) && entry.windows != windows;
        if self.0.read(|file| file.servers.get(&name).is_some_and(is_news)) {
            self.0.change(|file| file.servers.entry(name).or_default().windows = windows);
        }
    }

    /// Windows of an earlier server at this socket.
    pub fn lost(&self, socket: &Socket) -> Vec<WindowEntry> {
        self.0.read(|file| file.servers.get(&socket.to_string()).map(|entry| entry.lost.clone()).unwrap_or_default())
    }

    /// They were made again; these could not be.
    pub fn found(&self, socket: &Socket, still_lost: Vec<WindowEntry>) {
        let name = socket.to_string();
        self.0.change(|file| file.servers.entry(name).or_default().lost = still_lost);
    }
}

fn is_of(entry: &ServerEntry, server: &ServerId) -> bool {
    (entry.pid, entry.start_time) == (server.pid, server.start_time)
}
