//! The environment of an agent: its layers, later wins.

use std::time::Duration;

use serde_json::json;

use super::project::Project;
use crate::support::wait::timed;
use crate::support::{Sandbox, fake_agent, process};

/// Starts a fake agent that tells these variables; returns what it says of each.
fn told(project: &Project, mut fields: serde_json::Value, names: &[&str]) -> Vec<String> {
    let words: Vec<&str> = names.iter().flat_map(|name| ["env", name, "then"]).chain(["print", "end"]).collect();
    if fields.get("agent").is_some() {
        fields["extra_args"] = json!(words);
    } else {
        fields["command"] = fake_agent(&words).into();
    }
    let id = project.spawn_with(fields);
    assert_eq!(project.attach(&id).read_to_exit(), 0);
    let said = project.logs(&id);
    said.lines().filter_map(|line| line.trim_end().strip_prefix("env ").map(str::to_owned)).collect()
}

#[test]
fn later_layers_win() {
    let mut sandbox = Sandbox::new();
    sandbox.set("FROM_DAEMON", "daemon");
    for name in ["A", "B", "C", "D", "E"] {
        sandbox.set(name, "daemon");
    }
    std::fs::write(sandbox.path("home/.profile"), "export B=login C=login D=login E=login\n").expect("a profile");
    let project = Project::within(sandbox);
    project.configure("agents: {fake: {command: FAKE, env: {D: kind, E: kind}}}\nenv_files: [one.env, missing.env]\n");
    std::fs::write(project.folder().join("one.env"), "# comment\nexport C=file\nD='file'\nE=file\n").expect("a file");
    let names = ["FROM_DAEMON", "A", "B", "C", "D", "E"];
    let expected = ["FROM_DAEMON=daemon", "A=daemon", "B=login", "C=file", "D=kind", "E=request"];
    assert_eq!(told(&project, json!({"agent": "fake", "vars": {"E": "request"}}), &names), expected);
}

#[test]
fn a_profile_that_prints_or_leaves_something_running_does_no_harm() {
    let sandbox = Sandbox::new();
    let profile = "printf 'welcome\\0NOISE=1\\0A=noise'; export A=profile; sleep 1000 & echo $! >$HOME/background\n";
    std::fs::write(sandbox.path("home/.profile"), profile).expect("a profile");
    let project = Project::within(sandbox);
    let (told, took) = timed(|| told(&project, json!({}), &["A", "NOISE"]));
    assert_eq!(told, ["A=profile", "NOISE unset"]);
    assert!(took < Duration::from_secs(4), "what a profile leaves running is not waited for: {took:?}");
    let background = std::fs::read_to_string(project.sandbox.path("home/background")).expect("the profile was read");
    let background = background.trim().parse().expect("a pid");
    assert!(process::alive(background), "it is the user's own");
    process::kill(background);
}

#[test]
fn a_login_shell_that_hangs_is_ended_with_all_it_started() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("home/.profile"), "sleep 1000 & echo $! >$HOME/background; wait\n").expect("a profile");
    let project = Project::within(sandbox);
    assert_eq!(told(&project, json!({"vars": {"A": "1"}}), &["A"]), ["A=1"]);
    let background = std::fs::read_to_string(project.sandbox.path("home/background")).expect("the profile was read");
    assert!(!process::alive(background.trim().parse().expect("a pid")));
}

#[test]
fn null_unsets_and_empty_does_not() {
    let mut sandbox = Sandbox::new();
    for name in ["A", "B", "C", "D"] {
        sandbox.set(name, "daemon");
    }
    let project = Project::within(sandbox);
    project.configure("agents: {fake: {command: FAKE, env: {A: null, D: kind}}}\n");
    let told = told(&project, json!({"agent": "fake", "vars": {"B": null, "C": "", "D": null}}), &["A", "B", "C", "D"]);
    assert_eq!(told, ["A unset", "B unset", "C=", "D unset"]);
}

#[test]
fn env_files_are_read_by_default() {
    let project = Project::new();
    std::fs::write(project.folder().join(".env"), "A=env\nB=env\n").expect("a file");
    std::fs::write(project.folder().join(".env.local"), "B=local\n").expect("a file");
    assert_eq!(told(&project, json!({}), &["A", "B"]), ["A=env", "B=local"]);
}

#[test]
fn an_agent_knows_who_and_where_it_is() {
    let mut sandbox = Sandbox::new();
    sandbox.set("TMUX", "/tmp/elsewhere,1,0");
    sandbox.set("TMUX_PANE", "%7");
    sandbox.set("TERM", "dumb");
    sandbox.set("PINTLE_AGENT_ID", "ag-other000");
    let project = Project::within(sandbox);
    let names =
        ["TERM", "COLORTERM", "TMUX", "TMUX_PANE", "PINTLE_PROJECT_ROOT", "PINTLE_SOCKET", "PINTLE_TEST_POINTS"];
    let expected = [
        "TERM=xterm-256color".to_owned(),
        "COLORTERM=truecolor".to_owned(),
        "TMUX unset".to_owned(),
        "TMUX_PANE unset".to_owned(),
        format!("PINTLE_PROJECT_ROOT={}", project.root()),
        format!("PINTLE_SOCKET={}", project.sandbox.socket().display()),
        "PINTLE_TEST_POINTS unset".to_owned(),
    ];
    // What we set is not to be overridden: hooks and scripts in the agent rely on it.
    let vars = json!({"PINTLE_AGENT_ID": "ag-mine0000", "TERM": "vt52"});
    assert_eq!(told(&project, json!({"vars": vars}), &names), expected);
    let id = project.spawn(&["env", "PINTLE_AGENT_ID", "then", "env", "PATH", "then", "print", "end"]);
    let said = project.says(&id, "end\r\n");
    assert!(said.contains(&format!("env PINTLE_AGENT_ID={id}\r\n")), "{said}");
    let shims = project.sandbox.path("run/pintle/shims");
    assert!(said.contains(&format!("env PATH={}:", shims.display())), "{said}");
}
