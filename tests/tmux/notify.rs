//! Notifications: kept, drained, made of agents' turns, shown where nobody looks.

use std::time::Duration;

use serde_json::{Value, json};

use super::Stage;
use crate::agents::project::Project;
use crate::agents::suspend_resume::KIND;
use crate::support::wait::timed;
use crate::support::{PATIENCE, eventually, process};

fn unread(project: &Project) -> Vec<Value> {
    let reply = project.client().call(json!({"cmd": "notify_list"}));
    reply["notifications"].as_array().expect("notifications").clone()
}

#[test]
fn they_outlive_the_daemon_until_they_are_read() {
    let project = Project::new();
    let mut events = project.client();
    events.ask(json!({"type": "subscribe_events", "kinds": ["notification"]}), "events_subscribed");
    let reply = project.client().call(json!({"cmd": "notify", "title": "build", "body": "green", "level": "success"}));
    assert_eq!(reply, json!({"ok": true}));
    let event = events.recv();
    let first = unread(&project)[0].clone();
    assert_eq!((&event["kind"], &event["id"]), (&json!("notification"), &first["id"]));
    assert_eq!(
        (&first["title"], &first["message"], &first["level"]),
        (&json!("build"), &json!("green"), &json!("success"))
    );
    project.crash();
    assert_eq!(unread(&project), std::slice::from_ref(&first));
    let drained = project.client().call(json!({"cmd": "notify_drain"}));
    assert_eq!(drained["notifications"], json!([first]));
    assert_eq!(unread(&project), Vec::<Value>::new());
    let from = json!({"cmd": "notify", "title": "here", "message": "", "pane": "%7", "tmux": "/tmp/somewhere"});
    assert_eq!(project.client().call(from), json!({"ok": true}));
    project.crash();
    let kept = &unread(&project)[0];
    assert_eq!((&kept["pane"], &kept["tmux"]), (&json!("%7"), &json!("/tmp/somewhere")), "{kept}");
    let refused = project.client().call(json!({"cmd": "notify", "title": "x", "message": "", "pane": "seven"}));
    assert_eq!(refused["code"], "INVALID_ARGUMENT", "{refused}");
    project.client().call(json!({"cmd": "notify_drain"}));
    for (title, level) in [("x", "loud"), ("", "info"), (&"x".repeat(2000), "info")] {
        let reply = project.client().call(json!({"cmd": "notify", "title": title, "message": "", "level": level}));
        assert_eq!(reply["code"], "INVALID_ARGUMENT", "{reply}");
    }
    project.sandbox.pintle(&["notify", "send", "by hand", "--level", "warning"]).ok();
    assert!(project.sandbox.pintle(&["notify", "list"]).ok().contains("! by hand"));
    project.sandbox.pintle(&["notify", "drain"]).ok();
    assert_eq!(project.sandbox.pintle(&["notify", "list"]).ok(), "nothing unread\n");
}

#[test]
fn an_agents_turn_is_one_notification() {
    let project = Project::new();
    let id = project.spawn_with(json!({"name": "asker", "command": crate::support::fake_agent(&["listen"])}));
    let report =
        |state: &str| project.ask(json!({"type": "report", "agent_id": id, "state": state, "message": "which?"}), "ok");
    for state in ["blocked", "working", "blocked"] {
        report(state);
        project.is(&id, state);
    }
    let told = eventually("it is told", PATIENCE, || Some(unread(&project)).filter(|unread| !unread.is_empty()));
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["title"], &told[0]["agent_id"]), (&json!("asker wants an answer"), &json!(id)));
    assert!(told[0]["message"].as_str().expect("a message").contains("which?"), "{told:?}");
    // The next daemon does not tell it again.
    let file = project.sandbox.path("state/pintle/notifications.json");
    eventually("it is written", PATIENCE, || std::fs::read_to_string(&file).ok()?.contains("asker").then_some(()));
    project.crash();
    project.is(&id, "blocked");
    assert_eq!(unread(&project).len(), 1);
    project.types(&id, "exit 3\r");
    eventually("its end is told", PATIENCE, || {
        unread(&project).iter().any(|told| told["title"] == "asker has failed").then_some(())
    });
    let before = unread(&project).len();
    let other = project.spawn(&["listen"]);
    project.kill(&other);
    assert_eq!(unread(&project).len(), before, "who kills an agent knows");
}

#[test]
fn whoever_ends_an_agent_is_not_told_that_it_failed() {
    let project = Project::with_config(KIND);
    let [suspended, crashed, stopped] = ["suspended", "crashed", "stopped"].map(|name| {
        let id = project.spawn_with(json!({"name": name}));
        project.says(&id, "first ");
        id
    });
    project.ask(json!({"type": "suspend", "target": {"type": "agent", "id": suspended}}), "suspend_result");
    // It is news of one that ends by itself; what came before is behind that.
    process::kill(project.pid(&crashed));
    eventually("its end is told", PATIENCE, || (!unread(&project).is_empty()).then_some(()));
    let titles =
        |project: &Project| -> Vec<Value> { unread(project).iter().map(|told| told["title"].clone()).collect() };
    assert_eq!(titles(&project), ["crashed has failed"]);
    // Resumed, it is one like any other.
    project.ask(json!({"type": "resume", "agent_id": suspended}), "resume_result");
    project.says(&suspended, "again ");
    process::kill(project.pid(&suspended));
    let both = ["crashed has failed", "suspended has failed"];
    eventually("that one failed", PATIENCE, || (titles(&project) == both).then_some(()));
    assert!(process::alive(project.pid(&stopped)));
    project.sandbox.stop();
    project.sandbox.start();
    assert_eq!(titles(&project), both);
}

/// Somebody who looks at the session: a client in a pane of another one.
fn somebody_looks(stage: &Stage<'_>) {
    let program = format!("env -u TMUX tmux -S {} attach-session -t main", stage.socket());
    stage.tmux.run(&["new-session", "-d", "-s", "outer", "-x", "100", "-y", "30", &program]);
    eventually("somebody looks", PATIENCE, || {
        stage
            .tmux
            .run(&["list-clients", "-F", "#{client_session} #{client_control_mode}"])
            .contains("main 0")
            .then_some(())
    });
}

#[test]
fn what_an_agent_asks_after_a_crash_is_told_though_its_last_question_is_unread() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    let report = |state: &str| {
        project.ask(json!({"type": "report", "agent_id": id, "state": state}), "ok");
        project.is(&id, state);
    };
    report("blocked");
    eventually("it is told", PATIENCE, || (unread(&project).len() == 1).then_some(()));
    let file = project.sandbox.path("state/pintle/notifications.json");
    eventually("it is written", PATIENCE, || std::fs::read_to_string(&file).ok()?.contains(&id).then_some(()));
    report("working");
    project.crash();
    project.is(&id, "working");
    report("blocked");
    eventually("the other one is told too", PATIENCE, || (unread(&project).len() == 2).then_some(()));
}

/// Not at once, as the first was told a moment ago, but it is told.
#[test]
fn a_second_question_that_stays_open_is_told_too() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    for state in ["blocked", "working", "blocked"] {
        project.ask(json!({"type": "report", "agent_id": id, "state": state}), "ok");
        project.is(&id, state);
    }
    eventually("both are told", PATIENCE, || (unread(&project).len() == 2).then_some(()));
}

/// tmux's own `display-time` is three quarters of a second.
#[test]
fn it_stays_long_enough_to_be_read() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.register();
    somebody_looks(&stage);
    let outer = stage.tmux.run(&["list-panes", "-t", "outer", "-F", "#{pane_id}"]).trim().to_owned();
    let seen_for = |title: &str| {
        project.client().call(json!({"cmd": "notify", "title": title, "message": "", "level": "info"}));
        let line = format!("pintle: {title}");
        stage.tmux.shows(&outer, &line);
        let gone = || (!stage.tmux.capture(&outer).contains(&line)).then_some(());
        timed(|| eventually("it goes again", PATIENCE, gone)).1
    };
    let by_default = seen_for("first");
    assert!(by_default > Duration::from_secs(2), "{by_default:?}");
    stage.tmux.run(&["set-option", "-g", "@pintle_notify_time", "1000"]);
    let as_wanted = seen_for("second");
    assert!(as_wanted < by_default, "{as_wanted:?}, {by_default:?}");
}

/// With `@pintle_bell` tmux itself marks the agent's window and rings as the user has set it; without it nothing rings.
#[test]
fn the_bell_rings_where_the_agent_is_for_who_wants_it() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.register();
    let ids = ["silent", "loud"]
        .map(|name| project.spawn_with(json!({"name": name, "command": crate::support::fake_agent(&["listen"])})));
    let [silent, loud] = ids.each_ref().map(|id| {
        let pane = stage.shows(id);
        // In a window of its own, which nobody looks at.
        stage.tmux.run(&["break-pane", "-d", "-s", &pane]);
        pane
    });
    somebody_looks(&stage);
    let flag = |pane: &str| stage.tmux.format(pane, "#{window_bell_flag}");
    let blocked = |id: &str, name: &str| {
        project.ask(json!({"type": "report", "agent_id": id, "state": "blocked"}), "ok");
        let outer = stage.tmux.run(&["list-panes", "-t", "outer", "-F", "#{pane_id}"]).trim().to_owned();
        stage.tmux.shows(&outer, &format!("pintle: {name} wants an answer"));
    };
    blocked(&ids[0], "silent");
    stage.tmux.run(&["set-option", "-g", "@pintle_bell", "on"]);
    blocked(&ids[1], "loud");
    eventually("its window is marked", PATIENCE, || (flag(&loud) == "1").then_some(()));
    assert_eq!(flag(&silent), "0");
    // What a pane itself has to say rings there as well.
    project
        .client()
        .call(json!({"cmd": "notify", "title": "built", "message": "", "pane": silent, "tmux": stage.socket()}));
    eventually("that window is marked too", PATIENCE, || (flag(&silent) == "1").then_some(()));
}

/// The pane that showed it is gone by the time anybody could ask who looks at it.
#[test]
fn nobody_is_told_of_an_end_that_they_see() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.register();
    stage.tmux.run(&["set-option", "-g", "remain-on-exit", "off"]);
    somebody_looks(&stage);
    let ids = ["seen", "unseen"]
        .map(|name| project.spawn_with(json!({"name": name, "command": crate::support::fake_agent(&["listen"])})));
    let seen = stage.shows(&ids[0]);
    stage.tmux.run(&["select-pane", "-t", &seen]);
    let panes = [seen, stage.shows(&ids[1])];
    // The daemon has looked since the other pane was selected.
    eventually("the daemon knows", PATIENCE, || (project.agent(&ids[1])["pane"] == panes[1].as_str()).then_some(()));
    for (id, pane) in ids.iter().zip(&panes) {
        project.types(id, "exit 3\r");
        eventually("its pane is gone", PATIENCE, || (!stage.tmux.panes().contains(pane)).then_some(()));
    }
    let told = eventually("the other is told", PATIENCE, || Some(unread(&project)).filter(|unread| !unread.is_empty()));
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["title"], "unseen has failed");
}

#[test]
fn nobody_is_told_of_what_they_look_at() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.register();
    let seen = project.spawn(&["listen"]);
    let pane = stage.shows(&seen);
    stage.tmux.run(&["select-pane", "-t", &pane]);
    stage.tmux.run(&["set-option", "-g", "display-time", "0"]);
    somebody_looks(&stage);
    let looked_at = || {
        let panes = stage.cmd(json!({"cmd": "list_panes"}));
        panes["panes"].as_array().expect("panes").iter().any(|it| it["pane"] == pane.as_str() && it["visible"] == true)
    };
    eventually("it is seen", PATIENCE, || looked_at().then_some(()));
    project.ask(json!({"type": "report", "agent_id": seen, "state": "blocked"}), "ok");
    project.is(&seen, "blocked");
    let other = project.spawn_with(json!({"name": "elsewhere", "command": crate::support::fake_agent(&["listen"])}));
    project.ask(json!({"type": "report", "agent_id": other, "state": "blocked"}), "ok");
    let told = eventually("the other is told", PATIENCE, || Some(unread(&project)).filter(|unread| !unread.is_empty()));
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["agent_id"], other.as_str());
    let outer = stage.tmux.run(&["list-panes", "-t", "outer", "-F", "#{pane_id}"]).trim().to_owned();
    stage.tmux.shows(&outer, "pintle: elsewhere wants an answer");
}

/// Whoever looks at a pane that has shown an agent does not look at that agent any more when something else runs there.
#[test]
fn a_pane_that_was_respawned_swallows_no_notification() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.register();
    let id = project.spawn_with(json!({"name": "before", "command": crate::support::fake_agent(&["listen"])}));
    let pane = stage.shows(&id);
    stage.tmux.run(&["select-pane", "-t", &pane]);
    somebody_looks(&stage);
    let seen = || {
        let panes = stage.cmd(json!({"cmd": "list_panes"}));
        panes["panes"].as_array().expect("panes").iter().any(|it| it["pane"] == pane.as_str() && it["visible"] == true)
    };
    eventually("it is seen", PATIENCE, || seen().then_some(()));
    stage.tmux.respawn(&pane, "exec cat");
    project.becomes(&id, "shown nowhere", |agent| agent["pane"].is_null());
    project.ask(json!({"type": "report", "agent_id": id, "state": "blocked"}), "ok");
    let told = eventually("it is told", PATIENCE, || Some(unread(&project)).filter(|unread| !unread.is_empty()));
    assert_eq!(told[0]["title"], "before wants an answer", "{told:?}");
}
