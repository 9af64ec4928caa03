//! A tmux server of a test's own: 80 by 24, no configuration, a socket in the sandbox.

use std::path::Path;
use std::time::Duration;

use super::invocation::Invocation;
use super::wait::within;
use super::{PATIENCE, Sandbox};

/// The name of the server that most tests need one of. Its socket is in the sandbox's own TMUX_TMPDIR, so that no two tests can meet.
const NAME: &str = "test";

/// A private tmux server with one session, `main`, and a plain shell in it.
pub struct Tmux<'a> {
    sandbox: &'a Sandbox,
    name: &'static str,
}

impl<'a> Tmux<'a> {
    pub fn new(sandbox: &'a Sandbox) -> Self {
        Self::with(sandbox, NAME, Path::new("/dev/null"), "/bin/sh")
    }

    /// The same with another name, configuration and first program: a second one, or one that is shown in a pane of another.
    pub fn with(sandbox: &'a Sandbox, name: &'static str, config: &Path, program: &str) -> Self {
        let tmux = Self { sandbox, name };
        let config = config.to_str().expect("a path in UTF-8");
        tmux.tmux(&["-f", config, "new-session", "-d", "-s", "main", "-x", "80", "-y", "24", program]).ok();
        // A pane whose program has ended stays, so that a test can see what it said last.
        tmux.run(&["set-option", "-g", "remain-on-exit", "on"]);
        // And shows that: tmux's own note in the last line scrolls the first one out of sight. Before 3.3 it cannot be taken away.
        tmux.run(&["set-option", "-gq", "remain-on-exit-format", ""]);
        tmux
    }

    /// One of this name that somebody else has started in the sandbox. It ends with this all the same.
    pub fn started(sandbox: &'a Sandbox, name: &'static str) -> Self {
        Self { sandbox, name }
    }

    /// A tmux command that must succeed; returns what it printed.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> String {
        self.tmux(args).ok()
    }

    /// A tmux command, to be run by the caller.
    pub fn tmux(&self, args: &[&str]) -> Invocation {
        self.sandbox.run("tmux", &[&["-L", self.name], args].concat()).within(Duration::from_secs(20))
    }

    /// The ids of all panes (`%0`, …), in the order of windows and places.
    pub fn panes(&self) -> Vec<String> {
        self.run(&["list-panes", "-a", "-F", "#{pane_id}"]).lines().map(str::to_owned).collect()
    }

    /// The value of a format (`#{pane_pid}`, …) for a pane.
    pub fn format(&self, pane: &str, format: &str) -> String {
        self.run(&["display-message", "-p", "-t", pane, format]).trim_end_matches('\n').to_owned()
    }

    /// A new pane beside this one that runs a command; returns its id.
    pub fn split(&self, pane: &str, command: &str) -> String {
        let id = self.run(&["split-window", "-h", "-t", pane, "-P", "-F", "#{pane_id}", command]);
        id.trim().to_owned()
    }

    /// Runs a command in place of what the pane runs now.
    pub fn respawn(&self, pane: &str, command: &str) {
        self.run(&["respawn-pane", "-k", "-t", pane, command]);
    }

    /// Presses keys, named as tmux names them (`Enter`, `C-c`, `a`).
    pub fn send_keys(&self, pane: &str, keys: &[&str]) {
        self.run(&[&["send-keys", "-t", pane], keys].concat());
    }

    /// Types a line and presses Enter.
    pub fn type_line(&self, pane: &str, line: &str) {
        self.run(&["send-keys", "-t", pane, "-l", "--", line]);
        self.send_keys(pane, &["Enter"]);
    }

    /// What the pane shows.
    pub fn capture(&self, pane: &str) -> String {
        self.run(&["capture-pane", "-p", "-t", pane])
    }

    /// Waits until the pane shows this text; returns all that it shows then.
    #[track_caller]
    pub fn shows(&self, pane: &str, text: &str) -> String {
        let mut last = String::new();
        let shown = within(PATIENCE, || {
            last = self.capture(pane);
            last.contains(text).then_some(())
        });
        assert!(shown.is_some(), "pane {pane} never showed {text:?}; it shows:\n{last}");
        last
    }

    /// Waits until the pane's own program has ended. Neither its last words nor its status are to be looked for: now and then tmux (3.3a)
    /// closes the terminal before the kernel has handed over the last line, or misses that its child is to be reaped.
    #[track_caller]
    pub fn ended(&self, pane: &str) {
        let ended = within(PATIENCE, || (self.format(pane, "#{pane_dead}") == "1").then_some(()));
        assert!(ended.is_some(), "the program of pane {pane} goes on; it shows:\n{}", self.capture(pane));
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        // Fails when the server has ended by itself, which a test may well have wanted.
        let _ = self.tmux(&["kill-server"]).try_finish();
    }
}
