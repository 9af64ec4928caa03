//! What panes have of their own in the status bar: it comes and goes with their environment, whatever tmux is doing meanwhile.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use super::Stage;
use crate::agents::project::Project;
use crate::support::wait::timed;
use crate::support::{PATIENCE, Sandbox, eventually, process};

const ENVS: &str = "envs:\n  dev: {color: green}\n  prod: {color: red}\n";

/// What a pane may have of its own.
const OPTIONS: [&str; 3] = ["@pintle_hud", "@pintle_env", "@pintle_env_color"];

fn project() -> Project {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("config/pintle")).expect("a folder for files");
    std::fs::write(sandbox.path("config/pintle/envs.yaml"), ENVS).expect("envs.yaml");
    // Words are compared here, not colours.
    let plain = "style: {theme: {enabled: false}}\n";
    std::fs::write(sandbox.path("config/pintle/hud.yaml"), plain).expect("hud.yaml");
    Project::within(sandbox)
}

/// The pane's own options; empty where it has none.
fn own(stage: &Stage<'_>, pane: &str) -> [String; 3] {
    OPTIONS.map(|option| stage.tmux.run(&["show-options", "-pqv", "-t", pane, option]).trim_end().to_owned())
}

fn has_none(stage: &Stage<'_>, pane: &str) -> bool {
    own(stage, pane).iter().all(String::is_empty)
}

fn line(stage: &Stage<'_>, pane: &str) -> String {
    stage.tmux.format(pane, "#{@pintle_hud}")
}

fn notify(stage: &Stage<'_>, title: &str) {
    stage.cmd(json!({"cmd": "notify", "title": title, "message": "", "level": "info"}));
}

fn set(stage: &Stage<'_>, pane: &str, env: &str) {
    stage.cmd(json!({"cmd": "set_pane_env", "pane": pane, "env": env}));
    eventually("the pane says so", PATIENCE, || line(stage, pane).contains(&format!("env:{env}")).then_some(()));
}

/// tmux does not answer while `change` is made, and for long enough that the daemon has given the status bar up.
fn while_it_hangs(stage: &Stage<'_>, change: impl FnOnce()) {
    let server: u32 = stage.tmux.run(&["display-message", "-p", "#{pid}"]).trim().parse().expect("a pid");
    let socket = stage.socket();
    process::stop(server);
    change();
    // Asked behind what `change` made the daemon write, and given up with it.
    let refused = stage.client().call(json!({"cmd": "tmux_capture_pane", "pane": "%0", "tmux": socket}));
    process::signal(server, Signal::CONT);
    assert_eq!(refused["code"], "TMUX_ERROR", "{refused}");
}

#[test]
fn what_a_pane_has_of_its_own_is_taken_away_after_tmux_has_hung() {
    let project = project();
    let stage = Stage::new(&project);
    stage.register();
    let other = stage.tmux.split("%0", "cat");
    set(&stage, "%0", "prod");
    assert_eq!(own(&stage, "%0")[1..], ["prod", "red"]);
    assert!(has_none(&stage, &other));
    let client = stage.client();
    while_it_hangs(&stage, || {
        let mut client = client;
        assert_eq!(client.call(json!({"cmd": "notify", "title": "three", "message": ""}))["ok"], true);
    });
    assert_eq!(stage.cmd(json!({"cmd": "clear_pane_env", "pane": "%0"}))["cleared"], true);
    notify(&stage, "four");
    for pane in ["%0", &other] {
        eventually("every pane says the same", PATIENCE, || line(&stage, pane).contains("note:four").then_some(()));
        assert!(has_none(&stage, pane), "{:?}", own(&stage, pane));
    }
}

/// The pane's own environment becomes everybody's at a moment when tmux takes nothing.
#[test]
fn a_pane_that_hung_with_its_own_line_shows_everybodys_again() {
    let project = project();
    let stage = Stage::new(&project);
    stage.register();
    set(&stage, "%0", "prod");
    let client = stage.client();
    while_it_hangs(&stage, || {
        let mut client = client;
        assert_eq!(client.call(json!({"cmd": "set_env", "value": "prod"}))["ok"], true);
    });
    notify(&stage, "after");
    eventually("it goes on", PATIENCE, || line(&stage, "%0").contains("note:after").then_some(()));
    assert!(has_none(&stage, "%0"), "{:?}", own(&stage, "%0"));
    assert!(line(&stage, "%0").contains("env:prod"), "{}", line(&stage, "%0"));
}

#[test]
fn a_pane_that_is_closed_holds_nobody_up() {
    let project = project();
    let stage = Stage::new(&project);
    stage.register();
    let other = stage.tmux.split("%0", "cat");
    set(&stage, &other, "prod");
    stage.tmux.run(&["kill-pane", "-t", &other]);
    let panes = || stage.cmd(json!({"cmd": "list_panes"}))["panes"].as_array().map(Vec::len);
    eventually("it is gone", PATIENCE, || (panes() == Some(1)).then_some(()));
    let (_, took) = timed(|| {
        for title in ["one", "two"] {
            notify(&stage, title);
            eventually("it is told", PATIENCE, || line(&stage, "%0").contains(title).then_some(()));
        }
    });
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[test]
fn a_pane_in_which_something_else_runs_keeps_its_environment() {
    let project = project();
    let stage = Stage::new(&project);
    stage.register();
    let other = stage.tmux.split("%0", "cat");
    set(&stage, &other, "prod");
    stage.tmux.respawn(&other, "cat");
    let listed = || stage.cmd(json!({"cmd": "list_panes"}))["panes"][1].clone();
    assert_eq!(listed()["env"], "prod", "whatever runs there, it is the same pane");
    notify(&stage, "later");
    eventually("it says both", PATIENCE, || {
        let line = line(&stage, &other);
        (line.contains("note:later") && line.contains("env:prod")).then_some(())
    });
    assert_eq!(own(&stage, &other)[1..], ["prod", "red"]);
}

#[test]
fn nothing_is_claimed_of_a_pane_when_nobody_keeps_it() {
    let project = project();
    let stage = Stage::new(&project);
    stage.register();
    let other = stage.tmux.split("%0", "cat");
    stage.cmd(json!({"cmd": "set_env", "value": "dev"}));
    set(&stage, "%0", "prod");
    project.sandbox.pintle(&["daemon", "stop"]).ok();
    for pane in ["%0", &other] {
        assert!(has_none(&stage, pane), "{:?}", own(&stage, pane));
        assert_eq!(line(&stage, pane).trim(), "[pintle] inactive");
        assert_eq!(stage.tmux.format(pane, "#{@pintle_env}#{@pintle_env_color}"), "");
    }
    project.sandbox.start();
    eventually("the next one says it again", PATIENCE, || line(&stage, "%0").contains("env:prod").then_some(()));
    eventually("and to the others", PATIENCE, || line(&stage, &other).contains("env:dev").then_some(()));
    assert_eq!(own(&stage, "%0")[1..], ["prod", "red"]);
}
