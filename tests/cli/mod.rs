//! The command line, as a person or a script meets it.

mod attach;
mod autostart;
mod call;
mod complete;
mod daemon;
mod doctor;
mod errors;
mod filter;
mod kill;
mod logs;
mod palette;
mod report;
mod send;
mod spawn;
mod status;
mod tmux;
mod tmux_keys;
mod wait;

use std::path::PathBuf;

use serde_json::Value;

use crate::support::invocation::Invocation;
use crate::support::{Sandbox, fake_agent};

/// A project in a sandbox, and pintle called in its folder.
struct Desk {
    sandbox: Sandbox,
    root: PathBuf,
}

impl Desk {
    /// With a daemon, which `init` has started.
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let root = sandbox.project();
        let desk = Self { sandbox, root };
        desk.pintle(&["init"]).ok();
        desk
    }

    fn pintle(&self, args: &[&str]) -> Invocation {
        self.sandbox.pintle(args).current_dir(&self.root)
    }

    /// The one line of JSON that a command answers.
    #[track_caller]
    fn json(&self, args: &[&str]) -> Value {
        let line = self.pintle(&[args, &["--json"]].concat()).ok();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Starts a fake agent; returns its id.
    #[track_caller]
    fn spawn(&self, name: &str, commands: &[&str]) -> String {
        let id = self.pintle(&["spawn", "--name", name, "--command", &fake_agent(commands)]).ok();
        id.trim_end().to_owned()
    }

    /// What the project's agents are, by name.
    #[track_caller]
    fn agent(&self, name: &str) -> Value {
        let report = self.json(&["status"]);
        let agents = report["agents"].as_array().expect("a list of agents");
        let agent = agents.iter().find(|agent| agent["name"] == name);
        agent.unwrap_or_else(|| panic!("no agent {name}: {report}")).clone()
    }
}
