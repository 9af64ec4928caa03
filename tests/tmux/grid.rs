//! `grid_command` and `subscribe_grid`: the grid is a window, whoever changes it.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::Stage;
use crate::agents::project::Project;
use crate::support::{Client, PATIENCE, eventually, process};

fn command(stage: &Stage<'_>, command: Value) -> Value {
    let request = json!({"type": "grid_command", "project_root": stage.project.root(), "command": command,
        "tmux": stage.socket(), "pane": "%0"});
    stage.client().call(request)
}

#[track_caller]
fn done(stage: &Stage<'_>, wanted: Value) {
    let reply = command(stage, wanted.clone());
    assert_eq!(reply, json!({"type": "ok"}), "{wanted}");
}

fn layout(stage: &Stage<'_>) -> Value {
    command(stage, json!({"action": "get_layout"}))["layout"].clone()
}

/// Number, agent and focus of all leaves.
fn leaves(node: &Value) -> Vec<(u64, Value, bool)> {
    match node["type"].as_str() {
        Some("leaf") => vec![(
            node["leaf_id"].as_u64().expect("a number"),
            node["agent_id"].clone(),
            node["focused"].as_bool().expect("a flag"),
        )],
        _ => node["children"].as_array().expect("children").iter().flat_map(|child| leaves(&child["node"])).collect(),
    }
}

#[track_caller]
fn agrees(stage: &Stage<'_>) {
    let grid = layout(stage);
    let window = grid["window"].as_str().expect("a window");
    let panes = stage.tmux.run(&["list-panes", "-t", window, "-F", "#{pane_id} #{pane_active}"]);
    let panes: Vec<String> = panes.lines().map(str::to_owned).collect();
    let leaves = leaves(&grid["tree"]);
    let told: Vec<String> = leaves.iter().map(|(id, _, focused)| format!("%{id} {}", u8::from(*focused))).collect();
    assert_eq!(told, panes, "{grid}");
}

#[test]
fn it_is_made_split_filled_and_closed() {
    let project = Project::new();
    let stage = Stage::new(&project);
    let ids: Vec<String> = (0..2).map(|_| project.spawn(&["print", "here", "then", "listen"])).collect();
    assert_eq!(layout(&stage), Value::Null);
    let missing = command(&stage, json!({"action": "set_agent", "leaf_id": 1}));
    assert_eq!(missing["code"], "INVALID_ARGUMENT", "{missing}");
    for about_a_leaf in [
        json!({"action": "close"}),
        json!({"action": "focus", "direction": "left"}),
        json!({"action": "set_agent", "leaf_id": 1, "agent_id": ids[0]}),
    ] {
        let refused = command(&stage, about_a_leaf);
        assert_eq!(refused["code"], "NOT_FOUND", "{refused}");
        assert!(refused["hint"].as_str().expect("what to do").contains("pintle grid split"), "{refused}");
    }
    assert_eq!(stage.tmux.run(&["list-windows", "-a"]).lines().count(), 1, "nothing is made for them");
    done(&stage, json!({"action": "split", "agent_id": ids[0]}));
    assert_eq!(stage.tmux.run(&["list-windows", "-a"]).lines().count(), 2, "one window, and no session of its own");
    let first = leaves(&layout(&stage)["tree"])[0].0;
    stage.tmux.shows(&format!("%{first}"), "here");
    done(&stage, json!({"type": "split", "axis": "v", "agent_id": ids[1]}));
    let grid = layout(&stage);
    assert_eq!(grid["tree"]["axis"], "vertical", "{grid}");
    let shares: f64 =
        grid["tree"]["children"].as_array().expect("two").iter().filter_map(|it| it["share"].as_f64()).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{grid}");
    let second = leaves(&grid["tree"])[1].clone();
    assert_eq!((&second.1, second.2), (&json!(ids[1]), true), "{grid}");
    done(&stage, json!({"action": "focus", "direction": "left"}));
    assert!(leaves(&layout(&stage)["tree"])[0].2);
    done(&stage, json!({"action": "set_agent", "leaf_id": first, "agent_id": ids[1]}));
    eventually("it shows the other", PATIENCE, || {
        (leaves(&layout(&stage)["tree"])[0].1 == json!(ids[1])).then_some(())
    });
    agrees(&stage);
    let gone = command(&stage, json!({"action": "close", "leaf_id": 99}));
    assert_eq!(gone["code"], "NOT_FOUND", "{gone}");
    done(&stage, json!({"action": "close", "leaf_id": first}));
    done(&stage, json!({"action": "close"}));
    assert_eq!(layout(&stage), Value::Null);
    for id in &ids {
        assert!(project.agent(id)["pid"].is_u64(), "its pane is closed, not the agent");
    }
    let unknown = command(&stage, json!({"action": "split", "axis": "diagonal"}));
    assert_eq!(unknown["code"], "INVALID_ARGUMENT", "{unknown}");
    let nobody = command(&stage, json!({"action": "split", "agent_id": "ag-00000000"}));
    assert_eq!(nobody["code"], "AGENT_NOT_FOUND", "{nobody}");
}

#[track_caller]
fn told(client: &mut Client, action: &str) -> Value {
    let mut found = Value::Null;
    client.recv_until(action, |line| {
        assert_eq!(line["type"], "grid_event", "{line}");
        found = line.clone();
        line["command"]["action"] == action
    });
    found
}

#[test]
fn what_a_person_does_with_tmuxs_keys_is_told_the_same() {
    let project = Project::new();
    let stage = Stage::new(&project);
    let id = project.spawn(&["listen"]);
    done(&stage, json!({"action": "split", "agent_id": id}));
    let grid = layout(&stage);
    let (window, first) = (grid["window"].as_str().expect("a window").to_owned(), leaves(&grid["tree"])[0].0);
    let mut client = stage.client();
    client.ask(project.request(json!({"type": "subscribe_grid"})), "grid_subscribed");
    let new = stage.tmux.run(&["split-window", "-v", "-t", &window, "-P", "-F", "#{pane_id}", "cat"]).trim().to_owned();
    let number: u64 = new[1..].parse().expect("a number");
    let event = told(&mut client, "split");
    assert_eq!((&event["command"]["leaf_id"], &event["command"]["axis"]), (&json!(number), &json!("horizontal")));
    agrees(&stage);
    for (what, words) in [
        ("get_layout", vec!["resize-pane", "-t", &new, "-U", "3"]),
        ("get_layout", vec!["swap-pane", "-d", "-s", &new, "-t", "FIRST"]),
        ("focus", vec!["select-pane", "-t", "FIRST"]),
        ("close", vec!["break-pane", "-d", "-s", &new]),
        ("split", vec!["join-pane", "-d", "-h", "-s", &new, "-t", "FIRST"]),
        ("close", vec!["kill-pane", "-t", &new]),
    ] {
        let target = format!("%{first}");
        let words: Vec<&str> =
            words.into_iter().map(|word| if word == "FIRST" { target.as_str() } else { word }).collect();
        stage.tmux.run(&words);
        told(&mut client, what);
        agrees(&stage);
    }
    stage.tmux.run(&["resize-pane", "-Z", "-t", &window]);
    agrees(&stage);
    stage.tmux.run(&["kill-window", "-t", &window]);
    assert_eq!(told(&mut client, "close")["layout"], Value::Null);
}

#[test]
fn a_leaf_that_is_respawned_has_no_agent() {
    let project = Project::new();
    let stage = Stage::new(&project);
    let id = project.spawn(&["listen"]);
    done(&stage, json!({"action": "split", "agent_id": id}));
    let leaf = leaves(&layout(&stage)["tree"])[0].0;
    // Until its own client stands for it.
    project.becomes(&id, "shown there", |agent| agent["attached"] == 1);
    let mut client = stage.client();
    client.ask(project.request(json!({"type": "subscribe_grid"})), "grid_subscribed");
    stage.tmux.respawn(&format!("%{leaf}"), "exec cat");
    // That its client has come may be told only now.
    client.recv_until("nobody is in it", |line| {
        let command = &line["command"];
        command["action"] == "set_agent" && command["leaf_id"] == json!(leaf) && command["agent_id"].is_null()
    });
    assert_eq!(leaves(&layout(&stage)["tree"])[0].1, Value::Null);
    agrees(&stage);
}

#[test]
fn a_configuration_that_replaces_all_hooks_is_survived_by_its_install_line() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.register();
    let is_ours = |line: &&str| line.split(' ').next().is_some_and(|name| name.ends_with("[77]"));
    let listed = || stage.tmux.run(&["show-hooks", "-g"]) + &stage.tmux.run(&["show-hooks", "-gw"]);
    let hooks = || listed().lines().filter(is_ours).count();
    let all = 8;
    eventually("they are there", PATIENCE, || (hooks() == all).then_some(()));
    for hook in ["window-layout-changed", "client-detached"] {
        stage.tmux.run(&["set-hook", "-g", hook, "set-option -g @theirs yes"]);
    }
    assert_eq!(hooks(), all - 2);
    stage.register();
    eventually("they are back", PATIENCE, || (hooks() == all).then_some(()));
    let theirs = stage.tmux.run(&["show-hooks", "-g", "window-layout-changed"]);
    assert!(theirs.contains("@theirs"), "{theirs}");
}

#[test]
fn however_many_ask_at_once_it_is_made_once() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.register();
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let mut client = stage.client();
            let request = json!({"type": "grid_command", "project_root": project.root(), "pane": "%0",
                "tmux": stage.socket(), "command": {"action": "split"}});
            std::thread::spawn(move || client.call(request))
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.join().expect("no panic")["type"], "ok");
    }
    let marked = stage.tmux.run(&["list-windows", "-a", "-F", "#{@pintle_grid}"]);
    assert_eq!(marked.lines().filter(|line| !line.is_empty()).count(), 1, "{marked}");
    assert_eq!(leaves(&layout(&stage)["tree"]).len(), 4);
    // Whoever takes pintle out of a tmux takes it out, grid or not: no client, and none of its hooks.
    stage.cmd(json!({"cmd": "unregister_tmux"}));
    eventually("it is out", PATIENCE, || {
        let hooks = stage.tmux.run(&["show-hooks", "-g"]);
        (stage.control_clients() == 0 && !hooks.contains("[77]")).then_some(())
    });
}

#[test]
fn no_second_one_is_made_while_the_server_of_the_first_hangs() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.register();
    done(&stage, json!({"action": "split", "axis": "vertical"}));
    let other = project.sandbox.path("tmux/other");
    let other = other.to_str().expect("UTF-8");
    let on_other = |words: &[&str]| project.sandbox.run("tmux", &[&["-S", other], words].concat()).ok();
    on_other(&["-f", "/dev/null", "new-session", "-d", "-s", "o", "cat"]);
    let split = || {
        let command = json!({"action": "split", "axis": "vertical"});
        stage.client().call(json!({"type": "grid_command", "project_root": project.root(), "command": command,
            "tmux": other, "pane": "%0"}))
    };
    let server: u32 = stage.tmux.run(&["display-message", "-p", "#{pid}"]).trim().parse().expect("a pid");
    process::stop(server);
    // The next daemon knows of that server, and could not open it.
    project.crash();
    let refused = split();
    process::signal(server, Signal::CONT);
    assert_eq!(refused["code"], "TMUX_ERROR", "{refused}");
    assert_eq!(on_other(&["list-panes", "-a", "-F", "#{@pintle_grid}"]).trim(), "", "nothing was made");
    let before = leaves(&layout(&stage)["tree"]).len();
    assert_eq!(split(), json!({"type": "ok"}));
    assert_eq!(leaves(&layout(&stage)["tree"]).len(), before + 1);
    // A server that is gone has no grid, and keeps nobody from making one.
    stage.tmux.run(&["kill-server"]);
    eventually("it is made elsewhere", PATIENCE, || (split() == json!({"type": "ok"})).then_some(()));
    assert_eq!(on_other(&["list-panes", "-a", "-F", "#{@pintle_grid}"]).trim(), project.root());
    on_other(&["kill-server"]);
}
