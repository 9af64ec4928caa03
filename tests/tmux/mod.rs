//! Panes, the grid, the status bar and notifications, on a real tmux server.

mod grid;
mod hud;
mod hud_panes;
mod killed;
mod notify;
mod panes;
mod restore;
mod servers;

use serde_json::{Value, json};

use crate::agents::project::Project;
use crate::support::{Client, PATIENCE, Tmux, eventually};

/// A project and a tmux server that the daemon can be told of.
pub struct Stage<'a> {
    pub project: &'a Project,
    pub tmux: Tmux<'a>,
}

impl<'a> Stage<'a> {
    pub fn new(project: &'a Project) -> Self {
        Self { project, tmux: Tmux::new(&project.sandbox) }
    }

    /// The path of the server's socket.
    pub fn socket(&self) -> String {
        self.tmux.run(&["display-message", "-p", "#{socket_path}"]).trim().to_owned()
    }

    /// What `TMUX` is in its panes.
    pub fn variable(&self) -> String {
        self.tmux.run(&["display-message", "-p", "#{socket_path},#{pid},0"]).trim().to_owned()
    }

    /// A request of dialect `cmd`, with the server named; returns the reply, which must be a success.
    #[track_caller]
    pub fn cmd(&self, mut request: Value) -> Value {
        request["tmux"] = self.socket().into();
        let reply = self.client().call(request.clone());
        assert_eq!(reply["ok"], true, "{request}: {reply}");
        reply
    }

    /// The same, which must be refused with this code; returns the message.
    #[track_caller]
    pub fn refused(&self, mut request: Value, code: &str) -> String {
        request["tmux"] = self.socket().into();
        let reply = self.client().call(request.clone());
        assert_eq!((&reply["ok"], &reply["code"]), (&json!(false), &json!(code)), "{request}: {reply}");
        reply["error"].as_str().expect("a message").to_owned()
    }

    pub fn client(&self) -> Client {
        self.project.client()
    }

    /// The server's status bar is the daemon's to write.
    pub fn register(&self) {
        self.cmd(json!({"cmd": "register_tmux"}));
    }

    /// Control-mode clients of the server.
    pub fn control_clients(&self) -> usize {
        let clients = self.tmux.run(&["list-clients", "-F", "#{client_control_mode}"]);
        clients.lines().filter(|line| *line == "1").count()
    }

    /// A pane that shows the agent; returns its id once tmux and the daemon know.
    pub fn shows(&self, agent: &str) -> String {
        let program = env!("CARGO_BIN_EXE_pintle");
        let command = json!([program, "--socket", self.project.sandbox.socket(), "attach", agent]);
        let request = json!({"cmd": "tmux_split_run", "command": command, "split": "horizontal", "target": "%0",
            "cwd": self.project.root()});
        let pane = self.cmd(request)["pane"].as_str().expect("a pane").to_owned();
        eventually("the pane is marked", PATIENCE, || {
            (self.tmux.format(&pane, "#{@pintle_agent}") == agent).then_some(())
        });
        pane
    }
}
