//! A keeper and its daemon in a home of their own, ended with the row that needed them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::Client;
use super::clock;
use super::process::{self, Cpu};

/// It ends agents that do not obey only after their grace.
const STOP: Duration = Duration::from_secs(20);

/// A running keeper with its daemon.
pub struct Daemon {
    home: TempDir,
    /// The runtime folder, in memory as a login gives it.
    run: TempDir,
    child: Child,
    /// The keeper's pid.
    pub keeper: u32,
    /// The daemon's own.
    pub pid: u32,
    /// From the keeper's start to the first answer.
    pub start_to_healthy: Duration,
    /// What that took of the processors.
    pub start_cpu: [Cpu; 2],
}

impl Daemon {
    /// Starts one and waits until it answers.
    pub fn start() -> Result<Self> {
        // Not where TMPDIR says: a Unix socket's path has 107 bytes at most.
        let folder = |place: &str| tempfile::Builder::new().prefix("pintle-bench-").tempdir_in(place);
        let home = folder("/tmp")?;
        let run = folder("/dev/shm").or_else(|_| folder("/tmp"))?;
        let socket = socket_in(run.path());
        let mut command = command(home.path(), run.path())?;
        let start = clock::now();
        let child = command.spawn().context("the keeper cannot be started")?;
        let mut daemon = Self {
            home,
            run,
            keeper: child.id(),
            child,
            pid: 0,
            start_to_healthy: Duration::ZERO,
            start_cpu: Default::default(),
        };
        let mut client = clock::until("the daemon listens", STOP, || Client::connect(&socket).ok())?;
        let health = client.ask(&json!({"type": "health"}), "health_report")?;
        daemon.start_to_healthy = clock::now() - start;
        daemon.pid = health["pid"].as_u64().and_then(|pid| pid.try_into().ok()).context("health names no pid")?;
        daemon.start_cpu = daemon.both().map(Cpu::of);
        client.ask(&json!({"type": "init", "project_root": daemon.project()}), "init_result")?;
        Ok(daemon)
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        socket_in(self.run.path())
    }

    /// A new connection.
    pub fn client(&self) -> Result<Client> {
        Client::connect(&self.socket()).context("no connection")
    }

    /// A program that sees the daemon as a person's shell would show it.
    pub fn program(&self, program: &str) -> Command {
        surrounded(program, self.home.path(), self.run.path())
    }

    /// Writes a config file; it counts from here on.
    pub fn configure(&self, name: &str, text: &str) -> Result<()> {
        let folder = self.home.path().join("config/pintle");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(name), text)?;
        let answer = self.client()?.exchange(b"{\"cmd\":\"reload\"}\n")?.to_vec();
        let answer: Value = serde_json::from_slice(&answer)?;
        ensure!(answer["warnings"] == json!([]), "{name}: {answer}");
        Ok(())
    }

    /// Its only project.
    pub fn project(&self) -> String {
        self.home.path().join("project").to_string_lossy().into_owned()
    }

    /// Starts an agent and returns its id.
    pub fn spawn(&self, client: &mut Client, command: &str) -> Result<String> {
        let request = json!({"type": "spawn", "project_root": self.project(), "root": true, "command": command});
        let reply = client.ask(&request, "spawn_result")?;
        Ok(reply["agent_id"].as_str().context("a spawn without an id")?.to_owned())
    }

    /// Ends all agents.
    pub fn kill_all(&self, client: &mut Client) -> Result<Value> {
        let target = json!({"type": "all", "include_root": true});
        client.ask(&json!({"type": "kill", "project_root": self.project(), "target": target}), "kill_result")
    }

    /// Keeper and daemon.
    pub fn both(&self) -> [u32; 2] {
        [self.keeper, self.pid]
    }
}

fn socket_in(run: &Path) -> PathBuf {
    run.join("pintle/daemon.sock")
}

fn command(home: &Path, run: &Path) -> Result<Command> {
    use std::os::unix::fs::DirBuilderExt as _;
    for folder in ["home", "config", "state", "project"] {
        std::fs::DirBuilder::new().mode(0o700).create(home.join(folder))?;
    }
    let mut command = surrounded(env!("CARGO_BIN_EXE_pintle"), home, run);
    command.arg("__keeper").stdin(Stdio::null()).stdout(Stdio::null());
    Ok(command)
}

/// A program in the same surroundings.
fn surrounded(program: &str, home: &Path, run: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    for (name, folder) in [("HOME", "home"), ("XDG_CONFIG_HOME", "config"), ("XDG_STATE_HOME", "state")] {
        command.env(name, home.join(folder));
    }
    command.env("XDG_RUNTIME_DIR", run);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("SHELL", "/bin/sh").env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
    command
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Also when a row has failed, so nothing here may fail: whoever does not end when asked is killed.
        let asked = self.client().and_then(|mut client| client.ask(&json!({"type": "shutdown"}), "shutting_down"));
        let ended = clock::until("the keeper ends", STOP, || self.child.try_wait().ok().flatten());
        if let Some(error) = asked.err().or(ended.err()) {
            eprintln!("the daemon is killed: {error:#}");
            let _ = self.child.kill();
            let _ = self.child.wait();
            process::kill(self.pid);
        }
    }
}
