//! Environments, prefix rules, guards and `pintle run`: what is promised of them, seen from outside.

mod arm;
mod cli;
mod effects;
mod files;
mod fresh;
mod guard;
mod kube;
mod nested;
mod no_room;
mod offline;
mod remade;
mod requests;
mod respawned;
mod rules;
mod run;
mod rungs;
mod split;
mod terminal;
mod words;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::agents::project::Project;
use crate::support::invocation::Invocation;
use crate::support::{Sandbox, Tmux};

/// Three environments that most tests need no more than.
const ENVS: &str = "\
envs:
  dev: {color: green, account: 0041, vars: {REGION: eu, DB_PASSWORD: hunter2}}
  prod:
    extends: dev
    color: red
    guard: confirm
    account: 0042
    guard_commands: [tool-boom]
    vars: {REGION: us, DEBUG: ~}
  strict: {guard: readonly, guard_commands: [tool-boom]}
";

/// Rules for `tool`, which says what it got.
const PREFIXES: &str = "\
prefixes:
- {command: tool, strategy: args_prepend, config: {args: ['--account={{env.account}}']}, when: {env: [dev, prod]}}
- {command: tool, strategy: env_vars, config: {STAGE: '{{env}}', GONE: ~}, when: {env: [dev, prod]}}
";

/// A daemon with environments, and a folder of programs in front of PATH.
struct Land {
    project: Project,
}

impl Land {
    fn new() -> Self {
        Self::with(ENVS, PREFIXES)
    }

    /// The same with these files.
    fn with(envs: &str, prefixes: &str) -> Self {
        let mut sandbox = Sandbox::new();
        let bin = sandbox.path("bin");
        fs::create_dir(&bin).expect("a folder for programs");
        fs::create_dir(sandbox.path("config/pintle")).expect("a folder for files");
        let path = std::env::var("PATH").expect("a PATH");
        sandbox.set("PATH", format!("{}:{path}", bin.display()));
        sandbox.set("PINTLE_NO_AUTOSTART", "1");
        fs::write(sandbox.path("config/pintle/envs.yaml"), envs).expect("envs.yaml");
        fs::write(sandbox.path("config/pintle/prefixes.yaml"), prefixes).expect("prefixes.yaml");
        let land = Self { project: Project::within(sandbox) };
        land.program("tool", TOOL);
        land.program("tool-boom", "#!/bin/sh\necho boom\n");
        land
    }

    fn sandbox(&self) -> &Sandbox {
        &self.project.sandbox
    }

    /// Writes a config file.
    fn write(&self, name: &str, text: &str) {
        fs::write(self.sandbox().path("config/pintle").join(name), text).expect("a config file");
    }

    /// Puts a program in front of PATH.
    fn program(&self, name: &str, text: &str) -> PathBuf {
        let path = self.sandbox().path("bin").join(name);
        fs::write(&path, text).expect("a program");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("our own file");
        path
    }

    /// A request of dialect `cmd` that must succeed.
    #[track_caller]
    fn cmd(&self, request: Value) -> Value {
        let reply = self.project.client().call(request.clone());
        assert_eq!(reply["ok"], true, "{request}: {reply}");
        reply
    }

    /// One that must be refused with this code; returns the message.
    #[track_caller]
    fn refused(&self, request: Value, code: &str) -> String {
        self.project.client().refused(request, code)
    }

    /// What `state.json` says at this moment.
    #[track_caller]
    fn state(&self) -> Value {
        let bytes = fs::read(self.sandbox().path("state/pintle/state.json")).expect("a state file");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    /// `pintle run WORDS…`, without a terminal.
    fn run(&self, words: &[&str]) -> Invocation {
        let pintle = crate::support::pintle().to_str().expect("a path in UTF-8");
        self.sandbox().run("setsid", &[&["--wait", pintle, "run"], words].concat())
    }

    /// What a command becomes with this environment, or with that of a context.
    #[track_caller]
    fn becomes(&self, words: &[&str], context: Value) -> Value {
        self.cmd(json!({"cmd": "apply_prefixes", "command": words, "context": context}))
    }

    fn tmux(&self) -> Tmux<'_> {
        Tmux::new(self.sandbox())
    }
}

/// The socket of a server.
fn socket(tmux: &Tmux<'_>) -> String {
    tmux.run(&["display-message", "-p", "#{socket_path}"]).trim().to_owned()
}

/// `TMUX` as a shell in one of its panes has it.
fn tmux_variable(tmux: &Tmux<'_>) -> String {
    tmux.run(&["display-message", "-p", "#{socket_path},#{pid},0"]).trim().to_owned()
}

/// Says its words and variables, and how it was called.
const TOOL: &str = "#!/bin/sh
echo \"tool[$*] STAGE=${STAGE-unset} REGION=${REGION-unset} DEBUG=${DEBUG-unset} GONE=${GONE-unset} ENV=${PINTLE_ENV-unset}\"
";
