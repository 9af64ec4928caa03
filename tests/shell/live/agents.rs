//! An agent's commands run in its own environment, whatever holds where it is looked at.

use serde_json::json;

use super::{Live, kubectl};
use crate::shell::terminal::lines;
use crate::support::{PATIENCE, eventually, pintle};

#[test]
fn an_agent_meets_its_own_environment_by_its_shims() {
    let live = Live::new();
    let tmux = live.tmux();
    let log = live.sandbox().path("agent-log");
    let command = format!("LOG={} exec sh", log.display());
    let id = live.project.spawn_with(json!({"command": command}));
    let socket = tmux.format("%0", "#{socket_path}");
    let request = json!({"cmd": "tmux_split_run", "command": [pintle(), "--socket", live.sandbox().socket(), "attach", id],
        "split": "horizontal", "target": "%0", "tmux": socket, "cwd": live.project.root()});
    let reply = live.sandbox().client().call(request);
    let pane = reply["pane"].as_str().unwrap_or_else(|| panic!("no pane in {reply}")).to_owned();
    eventually("the pane is marked", PATIENCE, || (tmux.format(&pane, "#{@pintle_agent}") == id).then_some(()));
    let mut said = 0;
    let mut says = |line: &str| {
        live.sandbox().pintle(&["--project", live.project.root(), "send", &id, line]).ok();
        said += 1;
        eventually("the agent's command", PATIENCE, || lines(&log).get(said - 1).cloned())
    };
    assert_eq!(says("kubectl get"), "kubectl get in none as nobody");
    live.pintle_in(&tmux, "%0", &["env", "set", "dev"]).ok();
    live.pintle_in(&tmux, "%0", &["env", "set", "prod", "--pane", &pane]).ok();
    assert_eq!(says("kubectl get"), kubectl("prod", "get"));
    assert_eq!(says("echo get | xargs kubectl"), kubectl("prod", "get"));
}
