//! Daemon, tmux, shells and `pintle`, all of them real: what holds is set in one place and met in another.

mod follow;
mod jobs;
mod kubectl;
mod offline;
mod status;
mod wherever;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use super::Kind;
use super::terminal::lines;
use crate::agents::project::Project;
use crate::support::invocation::Invocation;
use crate::support::wait::within;
use crate::support::{PATIENCE, Sandbox, Tmux, pintle};

/// Says how it was called, in which environment and by whom; then does what its first argument asks for.
const FAKE: &str = r#"#!/bin/bash
case ${1-} in
__complete) printf 'pods-%s\tthings\n:4\n' "${PINTLE_ENV-none}"; exit ;;
hold) echo "process $$ of $PPID" >> "$LOG"; exec sleep 60 ;;
exit) code=$2 ;;
esac
echo "${0##*/} $* in ${PINTLE_ENV-none} as ${AWS_PROFILE-nobody}" >> "$LOG"
exit "${code-0}"
"#;

pub const ENVS: &str = "\
envs:
  dev: {color: green, vars: {AWS_PROFILE: dev}}
  prod: {color: red, vars: {AWS_PROFILE: prod}}
";

pub const PREFIXES: &str = "\
prefixes:
  - {command: kubectl, strategy: args_prepend, config: {args: [--context, \"{{env}}\"]}, when: {env: [dev, prod]}}
";

/// What kubectl says in an environment of those.
pub fn kubectl(env: &str, words: &str) -> String {
    format!("kubectl --context {env} {words} in {env} as {env}")
}

/// A project with a daemon, and environments with a rule for kubectl.
pub struct Live {
    pub project: Project,
}

impl Live {
    pub fn new() -> Self {
        Self::with_files(ENVS, PREFIXES)
    }

    /// The same with other environments and rules.
    pub fn with_files(envs: &str, prefixes: &str) -> Self {
        let mut sandbox = Sandbox::new();
        let bin = sandbox.path("bin");
        fs::create_dir(&bin).expect("a folder");
        symlink(pintle(), bin.join("pintle")).expect("a link");
        let path = std::env::var("PATH").expect("a PATH in UTF-8");
        sandbox.set("PATH", format!("{}:{path}", bin.display()));
        sandbox.set("LOG", sandbox.path("log"));
        fs::create_dir(sandbox.path("config/pintle")).expect("a folder");
        fs::write(sandbox.path("config/pintle/envs.yaml"), envs).expect("a file");
        fs::write(sandbox.path("config/pintle/prefixes.yaml"), prefixes).expect("a file");
        let live = Self { project: Project::within(sandbox) };
        for name in ["kubectl", "aws"] {
            live.program(name, FAKE);
        }
        live
    }

    pub fn sandbox(&self) -> &Sandbox {
        &self.project.sandbox
    }

    /// An executable on PATH.
    pub fn program(&self, name: &str, text: &str) {
        let path = self.sandbox().path("bin").join(name);
        fs::write(&path, text).expect("a program");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("our program");
    }

    pub fn tmux(&self) -> Tmux<'_> {
        Tmux::new(self.sandbox())
    }

    /// `pintle ARGS…` as somebody types it in a pane.
    pub fn pintle_in(&self, tmux: &Tmux<'_>, pane: &str, args: &[&str]) -> Invocation {
        self.in_pane(tmux, pane, self.sandbox().pintle(args))
    }

    /// Any program, started in a pane.
    pub fn in_pane(&self, tmux: &Tmux<'_>, pane: &str, program: Invocation) -> Invocation {
        let server = tmux.format(pane, "#{socket_path},#{pid},0");
        program.env("TMUX", server).env("TMUX_PANE", pane)
    }

    /// What a program in a pane has said in the log; the log is emptied.
    #[track_caller]
    pub fn says(&self, program: Invocation) -> Vec<String> {
        let log = self.sandbox().path("said");
        program.env("LOG", &log).ok();
        let said = lines(&log);
        let _ = fs::remove_file(log);
        said
    }

    /// An interactive shell with hooks, in a pane of its own.
    pub fn shell<'a>(&'a self, tmux: &'a Tmux<'a>, kind: Kind) -> Pane<'a> {
        self.shell_with(tmux, kind, "")
    }

    /// The same with more in its start-up file, before the hooks.
    pub fn shell_with<'a>(&'a self, tmux: &'a Tmux<'a>, kind: Kind, before: &str) -> Pane<'a> {
        self.shell_from(tmux, kind, before, "")
    }

    /// The same with more behind the hooks.
    pub fn shell_before<'a>(&'a self, tmux: &'a Tmux<'a>, kind: Kind, after: &str) -> Pane<'a> {
        self.shell_from(tmux, kind, "", after)
    }

    fn shell_from<'a>(&'a self, tmux: &'a Tmux<'a>, kind: Kind, before: &str, after: &str) -> Pane<'a> {
        let hook = kind.pick(
            "eval \"$(pintle shell init bash)\"",
            "eval \"$(pintle shell init zsh)\"",
            "pintle shell init fish | source",
        );
        let folder = kind.start_up(self.sandbox(), before, hook, after);
        let folder = folder.display();
        let log = format!("log-{}-{}", tmux.format("%0", "#{pid}"), tmux.panes().len());
        let log = self.sandbox().path(log);
        let program = kind.pick(
            format!("exec bash --noprofile --rcfile {folder}/bashrc -i"),
            format!("ZDOTDIR={folder} exec zsh -d -i"),
            "exec fish -i".to_owned(),
        );
        let program = format!("LOG={} TERM=dumb {program}", log.display());
        // A window of its own: one that is made narrower later has its prompt drawn again, which would count twice.
        let pane = tmux.run(&["new-window", "-d", "-P", "-F", "#{pane_id}", &program]).trim().to_owned();
        let mut shell = Pane { tmux, id: pane, kind, log, seen: 0, status: String::new() };
        shell.prompt();
        shell
    }
}

/// A shell in a pane of tmux, at its prompt.
pub struct Pane<'a> {
    pub tmux: &'a Tmux<'a>,
    pub id: String,
    pub kind: Kind,
    log: PathBuf,
    seen: usize,
    /// What the prompt said last.
    pub status: String,
}

impl Pane<'_> {
    /// Types a line and waits for the next prompt; returns what was said meanwhile.
    #[track_caller]
    pub fn line(&mut self, text: &str) -> Vec<String> {
        self.tmux.type_line(&self.id, text);
        self.prompt()
    }

    #[track_caller]
    pub fn prompt(&mut self) -> Vec<String> {
        let (said, line) = self.until("a prompt", |line| line.starts_with("prompt "));
        self.status = line.trim_start_matches("prompt ").to_owned();
        said
    }

    /// Waits for a line that satisfies the predicate; returns what was said before it, and it.
    #[track_caller]
    pub fn until(&mut self, what: &str, is_it: impl Fn(&str) -> bool) -> (Vec<String>, String) {
        let found = within(PATIENCE, || {
            let all = lines(&self.log);
            let at = self.seen + all[self.seen..].iter().position(|line| is_it(line))?;
            Some((all, at))
        });
        let Some((all, at)) = found else {
            let said = lines(&self.log).join("\n");
            panic!("{:?}: never came: {what}\n--- said\n{said}\n--- shows\n{self}", self.kind);
        };
        let said = all[self.seen..at].to_vec();
        self.seen = at + 1;
        (said, all[at].clone())
    }

    /// Waits until its status bar satisfies the predicate.
    #[track_caller]
    pub fn hud(&self, what: &str, is_it: impl Fn(&str) -> bool) {
        let mut last = String::new();
        let shown = within(PATIENCE, || {
            last = self.tmux.format(&self.id, "#{@pintle_hud}");
            is_it(&last).then_some(())
        });
        assert!(shown.is_some(), "the status bar never showed {what}; it shows {last:?}");
    }
}

impl std::fmt::Display for Pane<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.tmux.capture(&self.id))
    }
}
