//! The order in which a change takes effect: on the disk, for shells, in the status bar, for listeners, then the answer.

use serde_json::{Value, json};

use super::{Land, socket};
use crate::support::client::ANSWER;
use crate::support::{Client, process};

/// A listener for changes of environments.
fn listener(land: &Land) -> Client {
    let mut client = land.project.client();
    client.ask(json!({"type": "subscribe_events", "kinds": ["env_change"]}), "events_subscribed");
    client
}

fn told(event: &Value) -> (Value, Value, Value) {
    assert_eq!(event["kind"], "env_change", "{event}");
    (event["new"].clone(), event["old"].clone(), event["pane"].clone())
}

#[test]
fn whoever_hears_of_it_sees_it_everywhere() {
    let land = Land::new();
    let mut events = listener(&land);
    let mut asks = land.project.client();
    let default = land.sandbox().path("run/pintle/shell/default");
    let mut before = Value::Null;
    for name in ["dev", "prod", "strict", "dev"] {
        asks.send(&json!({"cmd": "set_env", "value": name}));
        let event = events.recv();
        assert_eq!(told(&event), (name.into(), before, Value::Null));
        let hud = land.cmd(json!({"cmd": "get_hud"}))["hud"].as_str().expect("a line").to_owned();
        assert!(hud.contains(&format!("env:{name}")), "{hud}");
        assert_eq!(land.state()["active_env"], name);
        let line = std::fs::read_to_string(&default).expect("what shells read");
        assert!(line.lines().next().is_some_and(|line| line.ends_with(&format!(" {name}"))), "{line}");
        assert_eq!(asks.recv(), json!({"ok": true}));
        before = name.into();
    }
    asks.send(&json!({"cmd": "clear_env"}));
    assert_eq!(told(&events.recv()), (Value::Null, "dev".into(), Value::Null));
}

#[test]
fn a_panes_change_tells_what_it_falls_back_to() {
    let land = Land::new();
    let tmux = land.tmux();
    let server = socket(&tmux);
    let call = |request: Value| {
        let mut request = request;
        request["tmux"] = server.clone().into();
        land.cmd(request)
    };
    call(json!({"cmd": "set_env", "value": "dev"}));
    let mut events = listener(&land);
    call(json!({"cmd": "set_pane_env", "pane": "%0", "env": "prod"}));
    assert_eq!(told(&events.recv()), ("prod".into(), "dev".into(), "%0".into()));
    // Nothing is there to be removed of the window: nobody is told.
    assert_eq!(call(json!({"cmd": "clear_pane_env", "pane": "%0", "scope": "window"}))["cleared"], false);
    call(json!({"cmd": "clear_pane_env", "pane": "%0"}));
    assert_eq!(told(&events.recv()), ("dev".into(), "prod".into(), "%0".into()));
    assert_eq!(call(json!({"cmd": "clear_pane_env", "pane": "%0"}))["cleared"], false);
    // A refusal tells nobody either. What comes next is the next change.
    land.refused(json!({"cmd": "set_pane_env", "pane": "%0", "env": "nope", "tmux": server}), "INVALID_ARGUMENT");
    call(json!({"cmd": "set_pane_env", "pane": "%0", "env": "strict"}));
    assert_eq!(told(&events.recv_within(ANSWER).expect("an event")), ("strict".into(), "dev".into(), "%0".into()));
}

#[test]
fn what_was_answered_survives_a_kill() {
    let land = Land::new();
    let tmux = land.tmux();
    let server = socket(&tmux);
    for round in 0..3 {
        let name = ["dev", "prod", "strict"][round];
        let daemon = land.sandbox().daemon();
        let mut client = land.project.client();
        client.call(json!({"cmd": "set_env", "value": name}));
        client.call(json!({"cmd": "set_pane_env", "pane": "%0", "env": name, "tmux": server}));
        process::kill(daemon);
        assert_eq!(land.state()["active_env"], name);
        assert!(land.state()["overrides"].to_string().contains(name), "{}", land.state());
        assert_eq!(land.cmd(json!({"cmd": "get_state"}))["state"]["active_env"], name);
        let pane = land.cmd(json!({"cmd": "get_pane_env", "pane": "%0", "tmux": server}));
        assert_eq!((&pane["env"], &pane["source"]), (&json!(name), &json!("pane")));
    }
}

#[test]
fn a_reload_tells_three_things_in_order() {
    let land = Land::new();
    let mut events = land.project.client();
    events.ask(json!({"type": "subscribe_events"}), "events_subscribed");
    assert_eq!(land.cmd(json!({"cmd": "reload"})), json!({"ok": true, "reloaded": true, "warnings": []}));
    let kinds: Vec<Value> = (0..3).map(|_| events.recv()["kind"].clone()).collect();
    assert_eq!(kinds, ["hud_refresh", "daemon_reload", "config_reloaded"]);
}
