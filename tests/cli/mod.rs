//! The command line, as a person or a script meets it.

mod attach;
mod autostart;
mod call;
mod complete;
mod config;
mod daemon;
mod diff;
mod doctor;
mod errors;
mod filter;
mod import;
mod kill;
mod logs;
mod palette;
mod report;
mod send;
mod spawn;
mod status;
mod suspended;
mod tmux;
mod tmux_keys;
mod wait;
mod watch;

use std::path::PathBuf;

use serde_json::Value;

use crate::support::invocation::Invocation;
use crate::support::{Sandbox, Tmux, fake_agent};

/// The pane is an ordinary one again: a line is echoed, run and answered, and nothing is left switched on.
#[track_caller]
fn is_a_shell_again(tmux: &Tmux<'_>, pane: &str) -> String {
    tmux.type_line(pane, "echo back-$((40 + 2)); stty -a | grep -o '[-]*icanon'");
    let shown = tmux.shows(pane, "back-42\nicanon");
    assert_eq!(tmux.format(pane, "#{alternate_on} #{cursor_flag} #{mouse_any_flag}"), "0 1 0", "{shown}");
    shown
}

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

    /// A tmux pane with a shell in the project's folder, whose prompt is `here$`.
    fn shell<'a>(&'a self, tmux: &Tmux<'a>) -> String {
        let pane = tmux.panes().remove(0);
        tmux.type_line(&pane, &format!("cd {}; PS1='here$ '; clear", self.root.display()));
        tmux.shows(&pane, "here$");
        pane
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
