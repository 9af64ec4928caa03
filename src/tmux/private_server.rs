//! A real tmux server of a test's own: a socket in a temporary folder, no configuration, ended with the test.

use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::client::Handle;
use super::server::{PaneId, Socket};

/// How long what happens at once may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A test ends in order, and its program is no `pintle` that could go first.
pub fn unbound(program: &str) -> Command {
    Command::new(program)
}

pub struct PrivateServer {
    folder: TempDir,
}

impl PrivateServer {
    /// A server with a session `main` of 80 by 24, in which `cat` runs.
    pub fn new() -> Self {
        let server = Self::without_sessions();
        server.start();
        server
    }

    /// Only a place for one.
    pub fn without_sessions() -> Self {
        // In /tmp, whatever TMPDIR is: a socket's path has 107 bytes at most.
        Self { folder: tempfile::Builder::new().prefix("pintle-tmux-").tempdir_in("/tmp").unwrap() }
    }

    pub fn start(&self) {
        self.run(&["new-session", "-d", "-s", "main", "-x", "80", "-y", "24", "cat"]);
    }

    pub fn socket(&self) -> Socket {
        Socket::new(self.folder.path().join("socket")).unwrap()
    }

    /// Runs a command that must succeed, in a process; what it printed.
    #[track_caller]
    pub fn run(&self, words: &[&str]) -> String {
        let output = self.command(words).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "tmux {words:?}: {error}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-u").arg("-S").arg(self.socket().path()).args(["-f", "/dev/null"]).args(words);
        command.env_remove("TMUX").stdin(Stdio::null());
        command
    }

    /// The value of a format for a target.
    #[track_caller]
    pub fn format(&self, target: &str, format: &str) -> String {
        self.run(&["display-message", "-p", "-t", target, format]).trim_end_matches('\n').to_owned()
    }

    /// The ids of all panes.
    pub fn panes(&self) -> Vec<PaneId> {
        self.run(&["list-panes", "-a", "-F", "#{pane_id}"]).lines().map(|id| id.parse().unwrap()).collect()
    }

    /// The pids of the control clients.
    pub fn control_clients(&self) -> Vec<i32> {
        let clients = self.run(&["list-clients", "-F", "#{client_control_mode} #{client_pid}"]);
        clients.lines().filter_map(|line| line.strip_prefix("1 ")?.parse().ok()).collect()
    }

    pub async fn open(&self) -> Handle {
        Handle::open(&self.socket(), unbound).await.unwrap()
    }

    /// What a person needs when a test has failed.
    fn describe(&self) -> String {
        let words: [&[&str]; 3] = [&["list-panes", "-a"], &["list-clients"], &["show-messages"]];
        words.iter().map(|words| format!("{:?}\n", self.command(words).output())).collect()
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the server at {}:\n{}", self.socket(), self.describe());
        }
        // It may have ended already, as some tests want.
        let _ = self.command(&["kill-server"]).output();
    }
}

/// Asks again and again, with pauses, until there is an answer.
pub async fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let asked = async {
        loop {
            match condition() {
                Some(value) => return value,
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("waited {PATIENCE:?} in vain: {what}"))
}
