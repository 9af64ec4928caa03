//! A home, a runtime folder and an environment of a test's own, and the end of everything that was started in them.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::invocation::{Finished, Invocation};
use super::wait::within;
use super::{Client, PATIENCE, eventually, pintle, process};

/// How long `pintle daemon stop` may take: it gives agents five seconds before it kills them.
const STOP: Duration = Duration::from_secs(20);

/// A place where pintle knows nothing of the person who runs the tests, nor they of it.
pub struct Sandbox {
    root: TempDir,
    variables: Vec<(OsString, OsString)>,
}

impl Sandbox {
    pub fn new() -> Self {
        // In /tmp whatever TMPDIR says: a Unix socket's path has 107 bytes at most.
        let root = tempfile::Builder::new()
            .prefix("pintle-")
            .rand_bytes(10)
            .tempdir_in("/tmp")
            .expect("a temporary folder in /tmp");
        let mut sandbox = Self { root, variables: Vec::new() };
        for folder in ["home", "config", "state", "data", "cache", "run", "tmp", "tmux", "points"] {
            fs::create_dir(sandbox.path(folder)).expect("a folder in a new folder");
        }
        private(&sandbox.path("run"));
        private(&sandbox.path("tmux"));
        for (name, folder) in [
            ("HOME", "home"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_RUNTIME_DIR", "run"),
            ("TMPDIR", "tmp"),
            ("TMUX_TMPDIR", "tmux"),
            ("PINTLE_TEST_POINTS", "points"),
        ] {
            sandbox.set(name, sandbox.path(folder));
        }
        for (name, value) in FIXED_VARIABLES {
            sandbox.set(name, value);
        }
        // The only thing taken from outside: where git, tmux and shells are. And what makes a crash readable.
        for name in ["PATH", "RUST_BACKTRACE", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                sandbox.set(name, value);
            }
        }
        sandbox
    }

    /// Sets a variable for everything that is started from now on.
    pub fn set(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) {
        let (name, value) = (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value));
    }

    /// A new sandbox with these variables set in addition: shortened limits, mostly.
    pub fn with(variables: &[(&str, &str)]) -> Self {
        let mut sandbox = Self::new();
        for (name, value) in variables {
            sandbox.set(name, value);
        }
        sandbox
    }

    /// The folder that holds all of it.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// A path in the sandbox.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.path().join(relative)
    }

    /// Where the daemon listens.
    pub fn socket(&self) -> PathBuf {
        self.path("run/pintle/daemon.sock")
    }

    /// Where the daemon writes its log.
    pub fn log_folder(&self) -> PathBuf {
        self.path("state/pintle/log")
    }

    /// A command that sees the sandbox's environment and nothing else.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.path("home"));
        command
    }

    /// `pintle ARGS…`, to be run with `.ok()`, `.fails(code)` or `.finish()`.
    pub fn pintle<S: AsRef<OsStr>>(&self, args: &[S]) -> Invocation {
        let mut command = self.command(pintle());
        command.args(args);
        Invocation::new(command)
    }

    /// Any other program, in the same way.
    pub fn run<S: AsRef<OsStr>>(&self, program: &str, args: &[S]) -> Invocation {
        let mut command = self.command(program);
        command.args(args);
        Invocation::new(command)
    }

    /// A git repository with one commit, whose id is the same at every run.
    pub fn project(&self) -> PathBuf {
        self.project_named("project")
    }

    /// The same under another name.
    pub fn project_named(&self, name: &str) -> PathBuf {
        let root = self.path(name);
        fs::create_dir(&root).expect("a folder for a project");
        let git = |args: &[&str]| self.run("git", args).current_dir(&root).ok();
        git(&["init", "--quiet", "--initial-branch=main"]);
        fs::write(root.join("README.md"), "# A project\n").expect("a file in a project");
        git(&["add", "README.md"]);
        git(&["commit", "--quiet", "--message=first"]);
        root
    }

    /// Starts the daemon.
    pub fn start(&self) {
        self.pintle(&["daemon", "start"]).ok();
    }

    /// A connection to the daemon, which must be running.
    pub fn client(&self) -> Client {
        Client::connect(&self.socket())
    }

    /// Starts the daemon and connects to it.
    pub fn started(&self) -> Client {
        self.start();
        self.client()
    }

    /// The keeper's pid, from the file that it writes for people.
    pub fn keeper(&self) -> Option<u32> {
        fs::read_to_string(self.path("run/pintle/daemon.pid")).ok()?.trim().parse().ok()
    }

    /// The daemon's pid, as `health` tells it.
    pub fn daemon(&self) -> u32 {
        let report = self.client().call(serde_json::json!({"type": "health"}));
        let pid = report["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
        pid.unwrap_or_else(|| panic!("health names no pid: {report}"))
    }

    /// Every living process that was started in this sandbox, by whomever.
    pub fn processes(&self) -> Vec<u32> {
        process::with_environment_naming(self.root())
    }

    /// Stops the daemon and checks that it leaves no process, socket or pid file behind.
    pub fn stop(&self) {
        self.pintle(&["daemon", "stop"]).within(STOP).ok();
        eventually("no process is left after `daemon stop`", PATIENCE, || self.processes().is_empty().then_some(()));
        for file in [self.socket(), self.path("run/pintle/daemon.pid")] {
            assert!(!file.exists(), "`daemon stop` left {}", file.display());
        }
    }

    /// The last lines of every log file.
    pub fn log_tail(&self) -> String {
        let mut files: Vec<PathBuf> = fs::read_dir(self.log_folder())
            .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
            .unwrap_or_default();
        files.sort();
        if files.is_empty() {
            return format!("none in {}", self.log_folder().display());
        }
        files.iter().map(|file| format!("--- {}\n{}", file.display(), tail(file, 60))).collect()
    }

    fn end(&self) -> Vec<String> {
        if self.keeper().is_some_and(|keeper| self.processes().contains(&keeper)) {
            // The polite way, which is also one more test of it; what it says is of interest only when it fails.
            let stopped: Option<Finished> = self.pintle(&["daemon", "stop"]).within(STOP).try_finish();
            if !stopped.is_some_and(|stopped| stopped.success()) {
                eprintln!("sandbox: `pintle daemon stop` failed; the rest is killed");
            }
        }
        let left: Vec<String> = self.processes().into_iter().map(process::command_line).collect();
        // Again and again: what is being killed may be forking.
        let ended = within(PATIENCE, || {
            let pids = self.processes();
            pids.iter().copied().for_each(process::kill);
            pids.is_empty().then_some(())
        });
        if ended.is_none() {
            eprintln!("sandbox: these cannot be killed: {:?}", self.processes());
        }
        left
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let failed = std::thread::panicking();
        if failed {
            eprintln!("\n=== logs\n{}", self.log_tail());
        }
        let left = self.end();
        if failed && !left.is_empty() {
            eprintln!("=== processes that were left and killed\n{}", left.join("\n"));
        }
    }
}

/// What every program is told, so that nothing depends on the machine or the day.
const FIXED_VARIABLES: [(&str, &str); 13] = [
    ("SHELL", "/bin/sh"),
    ("TERM", "xterm-256color"),
    ("LANG", "C.UTF-8"),
    ("TZ", "UTC"),
    ("USER", "tester"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_AUTHOR_NAME", "Tester"),
    ("GIT_AUTHOR_EMAIL", "tester@example.org"),
    ("GIT_AUTHOR_DATE", "2024-01-02T03:04:05Z"),
    ("GIT_COMMITTER_NAME", "Tester"),
    ("GIT_COMMITTER_EMAIL", "tester@example.org"),
    ("GIT_COMMITTER_DATE", "2024-01-02T03:04:05Z"),
];

fn private(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).expect("our own folder");
}

fn tail(file: &Path, lines: usize) -> String {
    let text = fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().collect();
    let skipped = all.len().saturating_sub(lines);
    let mut shown: String = all[skipped..].iter().map(|line| format!("{line}\n")).collect();
    if skipped > 0 {
        shown.insert_str(0, &format!("({skipped} lines before)\n"));
    }
    shown
}
