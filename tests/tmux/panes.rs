//! `list_panes`, `tmux_split_run`, `tmux_send_keys`, `tmux_capture_pane`, `focus_next`, and what the command line makes of them.

use rustix::process::Signal;
use serde_json::json;

use super::Stage;
use crate::agents::project::Project;
use crate::support::{PATIENCE, Sandbox, eventually, process};

#[test]
fn an_agents_pane_is_known_while_it_shows_it() {
    let project = Project::new();
    let stage = Stage::new(&project);
    let id = project.spawn(&["print", "here", "then", "listen"]);
    let (one, two) = (stage.shows(&id), stage.shows(&id));
    stage.tmux.shows(&one, "here");
    let shown = project.becomes(&id, "shown", |agent| agent["pane"].is_string() && agent["attached"] == 2);
    // The first of them in the window's order, which is not that of their making.
    let (one, two) = if shown["pane"] == one.as_str() { (one, two) } else { (two, one) };
    let state = stage.client().call(json!({"cmd": "get_state"}));
    assert_eq!(state["state"]["panes"][&two]["agent_id"], id.as_str(), "{state}");
    let listed = stage.cmd(json!({"cmd": "list_panes"}));
    let panes = listed["panes"].as_array().expect("panes");
    assert_eq!(panes.len(), 3, "{listed}");
    let agents: Vec<_> = panes.iter().filter(|pane| pane["agent_id"] == id.as_str()).collect();
    assert_eq!(agents.len(), 2, "{listed}");
    // The pane's death does the agent no harm, and the other pane is found instead.
    stage.tmux.run(&["kill-pane", "-t", &one]);
    project.becomes(&id, "shown in the other", |agent| agent["pane"] == two.as_str() && agent["attached"] == 1);
    stage.tmux.run(&["kill-server"]);
    project.becomes(&id, "shown nowhere", |agent| agent["pane"].is_null() && agent["attached"] == 0);
    project.types(&id, "print alive\r");
    project.says(&id, "\r\nalive\r\n");
}

#[test]
fn who_follows_the_status_hears_of_the_pane() {
    let project = Project::new();
    let stage = Stage::new(&project);
    let id = project.spawn(&["listen"]);
    let mut follower = project.client();
    follower.ask(project.request(json!({"type": "subscribe_status"})), "status_subscribed");
    let pane = stage.shows(&id);
    follower.recv_until("it is shown", |line| line["agents"][0]["pane"] == pane.as_str());
    stage.tmux.run(&["kill-pane", "-t", &pane]);
    follower.recv_until("it is not", |line| line["agents"][0]["pane"].is_null() && line["agents"][0]["attached"] == 0);
}

#[test]
fn what_is_typed_arrives_as_it_is() {
    let project = Project::new();
    let stage = Stage::new(&project);
    let pane = stage.cmd(json!({"cmd": "tmux_split_run", "command": ["cat"], "split": "vertical", "target": "%0"}));
    let pane = pane["pane_id"].as_str().expect("a pane").to_owned();
    let hostile = "a 'b' \"c\" ; kill-server #(touch pwned) #{pid} $HOME ~ \\ {x} %if ünï €";
    stage.cmd(json!({"cmd": "tmux_send_keys", "pane": pane, "keys": format!("{hostile}\n-second;\n")}));
    // Echoed by the terminal and printed by the program.
    let twice = || (stage.tmux.capture(&pane).matches("-second;\n").count() == 2).then_some(());
    eventually("both lines came back", PATIENCE, twice);
    // 80 columns: the line is wrapped, which `-J` takes back.
    let captured = stage.cmd(json!({"cmd": "tmux_capture_pane", "pane_id": pane, "start": -1}));
    assert_eq!(captured["content"], "-second;\n");
    let whole = stage.tmux.run(&["capture-pane", "-p", "-J", "-t", &pane]);
    assert_eq!(whole.matches(hostile).count(), 2, "{whole}");
    assert!(!project.sandbox.path("home/pwned").exists());
    // Another process in it, of which tmux tells nobody.
    stage.tmux.respawn(&pane, "cat");
    stage.cmd(json!({"cmd": "tmux_send_keys", "pane": pane, "keys": "anew\n"}));
    stage.tmux.shows(&pane, "anew\nanew");
    stage.cmd(json!({"cmd": "tmux_send_keys", "pane": pane, "keys": ["C-d"]}));
    stage.tmux.ended(&pane);
    let message =
        stage.refused(json!({"cmd": "tmux_send_keys", "pane": pane, "keys": ["C-d", "Etner"]}), "INVALID_ARGUMENT");
    assert!(message.contains("`Etner`"), "{message}");
}

#[test]
fn mistakes_are_named() {
    let project = Project::new();
    let stage = Stage::new(&project);
    let capture = |pane: &str| json!({"cmd": "tmux_capture_pane", "pane": pane});
    assert!(stage.refused(capture("%99"), "NOT_FOUND").contains("%99"));
    assert!(stage.refused(capture("main:0"), "INVALID_ARGUMENT").contains("%3"));
    let mut zero = capture("%0");
    zero["start"] = 0.into();
    assert!(stage.refused(zero, "INVALID_ARGUMENT").contains("-1 is the last"));
    let split = |more: serde_json::Value| {
        let mut request = json!({"cmd": "tmux_split_run", "command": "true", "split": "vertical"});
        request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        request
    };
    assert!(stage.refused(split(json!({})), "INVALID_ARGUMENT").contains("no pane to split"));
    assert!(stage.refused(split(json!({"target": "%0", "size": "half"})), "INVALID_ARGUMENT").contains("half"));
    let mut nowhere = capture("%0");
    nowhere["tmux"] = project.sandbox.path("no.sock").to_str().into();
    assert_eq!(stage.client().call(nowhere)["code"], "NOT_FOUND");
}

#[test]
fn a_pane_that_is_too_small_says_so() {
    let project = Project::new();
    let stage = Stage::new(&project);
    let request = json!({"cmd": "tmux_split_run", "command": ["cat"], "split": "vertical", "target": "%0", "tmux": stage.socket()});
    let mut client = stage.client();
    let mut panes = 1;
    let refused = (0..50).find_map(|_| {
        let reply = client.call(request.clone());
        if reply["ok"] == true {
            panes += 1;
            return None;
        }
        Some(reply)
    });
    let refused = refused.expect("24 rows are too few for 50 panes");
    assert_eq!(refused["code"], "TMUX_ERROR", "{refused}");
    assert!(refused["error"].as_str().expect("a message").contains("%0 is too small to be split"), "{refused}");
    assert_eq!(stage.tmux.panes().len(), panes, "none is made that is not told of");
}

#[test]
fn the_command_line_does_it_too() {
    let project = Project::new();
    let stage = Stage::new(&project);
    let id = project.spawn_with(
        json!({"name": "shown", "command": crate::support::fake_agent(&["print", "here", "then", "listen"])}),
    );
    let (tmux, root) = (stage.variable(), project.root());
    let inside =
        |words: &[&str]| project.sandbox.pintle(words).env("TMUX", &tmux).env("TMUX_PANE", "%0").current_dir(root);
    let pane = inside(&["pane", "show", "shown", "--side", "below"]).ok().trim().to_owned();
    stage.tmux.shows(&pane, "here");
    eventually("it is marked", PATIENCE, || inside(&["pane", "list"]).ok().contains(&id).then_some(()));
    let new = inside(&["pane", "split", "right", "--target", &pane, "--", "sh", "-c", "echo $0 $A; cat", "a b"]).ok();
    stage.tmux.shows(new.trim(), "a b");
    inside(&["pane", "send", new.trim(), "two", "words", "--enter"]).ok();
    stage.tmux.shows(new.trim(), "two words\ntwo words");
    assert_eq!(inside(&["pane", "capture", new.trim(), "--start", "-1"]).ok(), "two words\n");
    inside(&["pane", "send", new.trim(), "--keys", "C-c"]).ok();
    stage.tmux.ended(new.trim());
    let listed: serde_json::Value = serde_json::from_str(&inside(&["pane", "list", "--json"]).ok()).expect("JSON");
    assert_eq!(listed["panes"].as_array().map(Vec::len), Some(3), "{listed}");
    let outside = project.sandbox.pintle(&["pane", "show", "shown"]).current_dir(root).finish();
    assert!(!outside.success() && outside.stderr.contains("pane list"), "{outside}");
}

#[test]
fn the_next_agent_that_waits_gets_the_keys() {
    let project = Project::new();
    let stage = Stage::new(&project);
    let ids: Vec<String> = (0..3).map(|_| project.spawn(&["listen"])).collect();
    let panes: Vec<String> = ids.iter().map(|id| stage.shows(id)).collect();
    for id in &ids[1..] {
        project.ask(json!({"type": "report", "agent_id": id, "state": "blocked"}), "ok");
        project.is(id, "blocked");
    }
    let next = |pane: &str| stage.cmd(json!({"cmd": "focus_next", "pane": pane}));
    let first = next("%0");
    let pane = first["pane"].as_str().expect("a pane").to_owned();
    assert!(panes[1..].contains(&pane), "{first}");
    assert_eq!(stage.tmux.format("main", "#{pane_id}"), pane);
    let second = next(&pane);
    assert_ne!(second["focused_agent"], first["focused_agent"], "pressed again it goes on");
    let second = second["pane"].as_str().expect("a pane");
    assert_eq!(next(second)["focused_agent"], first["focused_agent"], "and round");
    stage.tmux.run(&["kill-pane", "-t", &pane]);
    eventually("it is shown nowhere", PATIENCE, || next(second)["pane"].is_null().then_some(()));
    // The command line opens one for it, and goes there.
    let before = stage.tmux.panes();
    let tmux = stage.variable();
    project.sandbox.pintle(&["pane", "next"]).env("TMUX", &tmux).env("TMUX_PANE", second).current_dir("/").ok();
    let opened = stage.tmux.format("main", "#{pane_id}");
    assert!(!before.contains(&opened), "{opened} was there before: {before:?}");
    let shown = first["focused_agent"].as_str().expect("an id");
    eventually("it is shown there", PATIENCE, || {
        (stage.tmux.format(&opened, "#{@pintle_agent}") == shown).then_some(())
    });
}

#[test]
fn an_agent_can_be_spawned_into_a_pane() {
    let project = Project::new();
    let stage = Stage::new(&project);
    let pane = stage.tmux.split("%0", "cat");
    let spawn = |pane: &str| {
        project.request(json!({"type": "spawn", "root": true, "tmux": stage.socket(), "pane": pane,
            "command": crate::support::fake_agent(&["print", "here", "then", "listen"])}))
    };
    let id = stage.client().ask(spawn(&pane), "spawn_result")["agent_id"].as_str().expect("an id").to_owned();
    stage.tmux.shows(&pane, "here");
    project.becomes(&id, "shown there", |agent| agent["pane"] == pane.as_str() && agent["attached"] == 1);
    stage.client().refused(spawn("%99"), "NOT_FOUND");
    assert_eq!(project.agents().len(), 1, "nothing is started for a pane that is not there");
}

#[test]
fn a_mark_that_nobody_stands_for_any_more_is_taken_away() {
    let project = Project::within(Sandbox::with(&[("PINTLE_TEST_COME_BACK_MS", "50")]));
    let stage = Stage::new(&project);
    stage.register();
    let id = project.spawn(&["listen"]);
    // As a client leaves it that is killed while there is no daemon.
    stage.tmux.run(&["set-option", "-p", "-t", "%0", "@pintle_agent", &id]);
    let shown = stage.shows(&id);
    project.crash();
    eventually("the mark is gone", PATIENCE, || stage.tmux.format("%0", "#{@pintle_agent}").is_empty().then_some(()));
    project.becomes(&id, "shown where somebody watches it", |agent| agent["pane"] == shown.as_str());
    // A socket that is none is not remembered, and nobody waits for it.
    let nowhere = json!({"cmd": "list_panes", "tmux": project.sandbox.path("no.sock")});
    assert_eq!(stage.client().call(nowhere)["code"], "NOT_FOUND");
}

#[test]
fn who_is_shown_stays_known_when_tmux_is_left_and_opened_again() {
    let project = Project::within(Sandbox::with(&[("PINTLE_TEST_COME_BACK_MS", "50")]));
    let stage = Stage::new(&project);
    stage.register();
    let id = project.spawn(&["listen"]);
    let shown = stage.shows(&id);
    stage.cmd(json!({"cmd": "unregister_tmux"}));
    // Nobody stands for this one: when it is gone, all marks have been looked through.
    stage.tmux.run(&["set-option", "-p", "-t", "%0", "@pintle_agent", &id]);
    stage.register();
    let mark = |pane: &str| stage.tmux.format(pane, "#{@pintle_agent}");
    eventually("the other mark is gone", PATIENCE, || mark("%0").is_empty().then_some(()));
    assert_eq!(mark(&shown), id, "it is shown there still");
    let remembered = || std::fs::read_to_string(project.sandbox.path("state/pintle/panes.json")).ok();
    eventually("it can be restored", PATIENCE, || remembered()?.contains(&id).then_some(()));
    // Its end is noticed as well, by a connection that was not there when it began.
    let attached: u32 = stage.tmux.format(&shown, "#{pane_pid}").parse().expect("a pid");
    process::signal(attached, Signal::TERM);
    eventually("the mark goes with its client", PATIENCE, || mark(&shown).is_empty().then_some(()));
}

/// Of a pane that is respawned tmux tells nobody; the client that showed the agent there is what ends.
#[test]
fn a_pane_that_is_respawned_is_not_the_agents_any_more() {
    let project = Project::within(Sandbox::with(&[("PINTLE_TEST_COME_BACK_MS", "50")]));
    let stage = Stage::new(&project);
    stage.register();
    let id = project.spawn(&["listen"]);
    let pane = stage.shows(&id);
    project.ask(json!({"type": "report", "agent_id": id, "state": "blocked"}), "ok");
    project.is(&id, "blocked");
    let daemon = project.sandbox.daemon();
    let mark = || stage.tmux.format(&pane, "#{@pintle_agent}");
    let is_not_its_any_more = |when: &str| {
        eventually(&format!("the mark is gone {when}"), PATIENCE, || mark().is_empty().then_some(()));
        project.becomes(&id, "shown nowhere", |agent| agent["pane"].is_null() && agent["attached"] == 0);
        let listed = stage.cmd(json!({"cmd": "list_panes"}));
        assert!(listed["panes"].as_array().expect("panes").iter().all(|pane| pane["agent_id"].is_null()), "{listed}");
        let next = stage.cmd(json!({"cmd": "focus_next", "pane": "%0"}));
        assert!(next["pane"].is_null(), "{next}");
    };
    let is_its_again = || {
        let (program, socket) = (env!("CARGO_BIN_EXE_pintle"), project.sandbox.socket());
        let socket = socket.to_str().expect("UTF-8");
        let shows = ["-t", &pane, "-c", project.root(), program, "--socket", socket, "attach", &id];
        stage.tmux.run(&[&["respawn-pane", "-k"], shows.as_slice()].concat());
        eventually("it is marked again", PATIENCE, || (mark() == id).then_some(()));
    };
    for _ in 0..3 {
        stage.tmux.respawn(&pane, "exec cat");
        is_not_its_any_more("at once");
        is_its_again();
        // A look at the server that comes before its client's end is heard of knows the pane by its new process.
        process::stop(daemon);
        stage.tmux.respawn(&pane, "exec cat");
        stage.tmux.run(&["kill-pane", "-t", &stage.tmux.split("%0", "cat")]);
        process::signal(daemon, Signal::CONT);
        is_not_its_any_more("though it was looked at before");
        is_its_again();
    }
    // And shown again in the same pane it stays so, whichever of the two clients is heard of first.
    is_its_again();
    project.becomes(&id, "shown there", |agent| agent["pane"] == pane.as_str() && agent["attached"] == 1);
    stage.cmd(json!({"cmd": "list_panes"}));
    assert_eq!(mark(), id);
    // A daemon that is killed before it has heard of it leaves it to the next one.
    process::stop(daemon);
    stage.tmux.respawn(&pane, "exec cat");
    process::kill(daemon);
    is_not_its_any_more("with the next daemon");
}

/// The next daemon looks when it opens the server, and once more when the clients of the one before should be back.
#[test]
fn a_pane_that_is_respawned_while_clients_come_back_is_found() {
    let project = Project::within(Sandbox::with(&[("PINTLE_TEST_COME_BACK_MS", "1000")]));
    let stage = Stage::new(&project);
    stage.register();
    let id = project.spawn(&["listen"]);
    // As a client leaves it that is killed while there is no daemon.
    let pane = stage.tmux.split("%0", "exec cat");
    stage.tmux.run(&["set-option", "-p", "-t", &pane, "@pintle_agent", &id]);
    project.crash();
    project.becomes(&id, "believed to be shown", |agent| agent["pane"] == pane.as_str());
    stage.tmux.respawn(&pane, "exec cat");
    let mark = || stage.tmux.format(&pane, "#{@pintle_agent}");
    eventually("the mark is gone", PATIENCE, || mark().is_empty().then_some(()));
    project.becomes(&id, "shown nowhere", |agent| agent["pane"].is_null());
}
