//! Servers: several, restarted, and one client each.

use std::time::Duration;

use serde_json::{Value, json};

use super::Stage;
use crate::agents::project::Project;
use crate::support::wait::timed;
use crate::support::{PATIENCE, eventually, process};

#[test]
fn one_client_a_server_however_many_ask() {
    let project = Project::new();
    let stage = Stage::new(&project);
    let request = json!({"cmd": "list_panes", "tmux": stage.socket()});
    let clients: Vec<_> = (0..20)
        .map(|_| {
            let (mut client, request) = (stage.client(), request.clone());
            std::thread::spawn(move || client.call(request))
        })
        .collect();
    for client in clients {
        assert_eq!(client.join().expect("no panic")["ok"], true);
    }
    assert_eq!(stage.control_clients(), 1);
    assert_eq!(stage.tmux.run(&["list-sessions", "-F", "#{session_name}"]), "main\n", "no session is made");
}

#[test]
fn a_restarted_server_has_other_panes() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    let socket = {
        let stage = Stage::new(&project);
        stage.shows(&id);
        stage.socket()
    };
    // Dropped: its server is killed. Another one at the same socket begins with %0 and %1 again.
    project.becomes(&id, "shown nowhere", |agent| agent["pane"].is_null());
    let stage = Stage::new(&project);
    assert_eq!(stage.socket(), socket);
    stage.tmux.split("%0", "cat");
    let listed = stage.cmd(json!({"cmd": "list_panes"}));
    assert!(listed["panes"].as_array().expect("panes").iter().all(|pane| pane["agent_id"].is_null()), "{listed}");
    stage.cmd(json!({"cmd": "tmux_send_keys", "pane": "%1", "keys": "hello\n"}));
    stage.tmux.shows("%1", "hello\nhello");
}

/// A shell, say, that has outlived its pane. The server that has taken over its socket has a %0 too, and it is somebody else's.
#[test]
fn who_was_started_in_an_earlier_server_is_in_no_pane_of_this_one() {
    let project = Project::new();
    project
        .sandbox
        .run("sh", &["-c", "mkdir -p config/pintle && echo 'envs: {prod: {}}' > config/pintle/envs.yaml"])
        .current_dir(project.sandbox.root())
        .ok();
    let before = Stage::new(&project).variable();
    let pid = before.rsplit(',').nth(1).and_then(|pid| pid.parse().ok()).expect("a pid");
    eventually("the first server is gone", PATIENCE, || (!process::alive(pid)).then_some(()));
    let stage = Stage::new(&project);
    assert_eq!(before.as_str().rsplitn(3, ',').last(), Some(stage.socket().as_str()));
    let pintle = |words: &[&str]| {
        project
            .sandbox
            .pintle(words)
            .current_dir(project.folder())
            .env("TMUX", before.as_str())
            .env("TMUX_PANE", "%0")
            .finish()
    };
    for words in [
        &["pane", "split", "right"][..],
        &["pane", "send", "%0", "boo"],
        &["pane", "capture", "%0"],
        &["pane", "next"],
        &["env", "set", "prod"],
        &["env", "get"],
        &["grid", "split", "right"],
    ] {
        let said = pintle(words);
        assert!(!said.success() && (said.stderr.contains("no pane %0") || said.stderr.contains("is gone")), "{said}");
    }
    let split = pintle(&["spawn", "--command", "cat", "--split", "below"]);
    assert!(split.stderr.contains("no pane %0"), "{split}");
    assert_eq!(stage.tmux.panes(), ["%0"]);
    assert_eq!(stage.cmd(json!({"cmd": "get_pane_env", "pane": "%0"}))["env"], Value::Null);
    stage.tmux.type_line("%0", "echo it-is-''over");
    assert!(!stage.tmux.shows("%0", "it-is-over").contains("boo"), "nothing was typed");
}

#[test]
fn a_pane_of_several_servers_must_be_named_with_its_server() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.register();
    let other = project.sandbox.path("tmux/other");
    let other = other.to_str().expect("UTF-8");
    project.sandbox.run("tmux", &["-S", other, "-f", "/dev/null", "new-session", "-d", "-s", "o", "cat"]).ok();
    let capture = json!({"cmd": "tmux_capture_pane", "pane": "%0"});
    assert_eq!(stage.client().call(capture.clone())["ok"], true, "the only one that is known");
    assert_eq!(stage.client().call(json!({"cmd": "list_panes", "tmux": other}))["ok"], true);
    let refused = stage.client().call(capture);
    let message = refused["error"].as_str().expect("a message");
    assert_eq!(refused["code"], "INVALID_ARGUMENT");
    assert!(message.contains(other) && message.contains(&stage.socket()), "{message}");
    let all = stage.client().call(json!({"cmd": "list_panes"}));
    assert_eq!(all["panes"].as_array().map(Vec::len), Some(2), "{all}");
    project.sandbox.run("tmux", &["-S", other, "kill-server"]).ok();
    eventually("it is not asked any more", PATIENCE, || {
        let reply = stage.client().call(json!({"cmd": "tmux_capture_pane", "pane": "%0"}));
        (reply["ok"] == true).then_some(())
    });
}

/// Outside of tmux, where nothing says which server is meant.
#[test]
fn the_command_line_names_servers_and_says_which_are_silent() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.register();
    let socket = stage.socket();
    let other = project.sandbox.path("tmux/other");
    let other = other.to_str().expect("UTF-8");
    let on_other = |words: &[&str]| project.sandbox.run("tmux", &[&["-S", other], words].concat()).ok();
    on_other(&["-f", "/dev/null", "new-session", "-d", "-s", "o", "-x", "80", "-y", "24", "cat"]);
    let pane = |words: &[&str]| project.sandbox.pintle(&[&["pane"], words].concat());
    // An id says enough where there is one server.
    assert!(!pane(&["list"]).ok().contains(&socket));
    pane(&["send", "%0", "hello", "--enter", "--tmux", other]).ok();
    eventually("it is typed there", PATIENCE, || {
        on_other(&["capture-pane", "-p"]).contains("hello\nhello").then_some(())
    });
    let refused = pane(&["send", "%0", "hello"]).fails(1);
    assert!(refused.contains(other) && refused.contains("--tmux SOCKET"), "{refused}");
    let listed = pane(&["list"]).ok();
    assert!(listed.starts_with("SERVER") && listed.contains(other) && listed.contains(&socket), "{listed}");
    assert_eq!(pane(&["--tmux", other, "list"]).ok().lines().count(), 2);
    // Which pane is meant on a server that we are not in is not known.
    let inside = |words: &[&str]| pane(words).env("TMUX", stage.variable()).env("TMUX_PANE", "%0");
    assert!(inside(&["split", "right", "--tmux", other]).fails(1).contains("no pane of that tmux server"));
    assert_ne!(inside(&["capture", "--tmux", &socket]).ok(), "");
    pane(&["list", "--all", "--tmux", other]).fails(2);
    let server: u32 = on_other(&["display-message", "-p", "#{pid}"]).trim().parse().expect("a pid");
    process::stop(server);
    let listed = pane(&["list"]).finish();
    process::signal(server, rustix::process::Signal::CONT);
    assert!(listed.success() && listed.stderr.contains(&format!("{other} does not answer")), "{listed}");
    assert!(listed.stdout.contains("%0"), "{listed}");
    on_other(&["kill-server"]);
}

#[test]
fn two_hundred_panes_are_listed() {
    let project = Project::new();
    let stage = Stage::new(&project);
    for _ in 0..199 {
        stage.tmux.run(&["new-window", "-d", "-t", "main:", "cat"]);
    }
    let listed = stage.cmd(json!({"cmd": "list_panes"}));
    assert_eq!(listed["panes"].as_array().map(Vec::len), Some(200));
}

#[test]
fn a_server_that_hangs_holds_up_nobody_else() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.register();
    let id = project.spawn(&["listen"]);
    let socket = stage.socket();
    let server: u32 = stage.tmux.run(&["display-message", "-p", "#{pid}"]).trim().parse().expect("a pid");
    process::stop(server);
    let mut waiting = stage.client();
    waiting.send(&json!({"cmd": "tmux_send_keys", "pane": "%0", "keys": "x", "tmux": socket}));
    let (_, took) = timed(|| {
        for state in ["idle", "blocked"] {
            project.ask(json!({"type": "report", "agent_id": id, "state": state}), "ok");
            project.is(&id, state);
        }
    });
    assert!(took < Duration::from_secs(1), "others wait for tmux: {took:?}");
    let refused = waiting.recv();
    assert_eq!(refused["code"], "TMUX_ERROR", "{refused}");
    process::signal(server, rustix::process::Signal::CONT);
    let plain = || stage.tmux.run(&["show-options", "-gqv", "@pintle_hud"]);
    eventually("the status bar is written again", PATIENCE, || plain().contains("note:").then_some(()));
}

#[test]
fn a_client_that_is_stopped_killed_or_sent_away_is_no_loss() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.register();
    eventually("the client is there", PATIENCE, || (stage.control_clients() == 1).then_some(()));
    let format = "#{?client_control_mode,#{client_pid},}";
    let client = || stage.tmux.run(&["list-clients", "-F", format]).trim().parse::<u32>().ok();
    let answers = || assert_eq!(stage.cmd(json!({"cmd": "list_panes"}))["panes"].as_array().map(Vec::len), Some(1));
    // tmux reads what the client was given itself: a process that stands still is not missed.
    process::stop(client().expect("its pid"));
    answers();
    for sent_away in [false, true] {
        let before = client().expect("its pid");
        match sent_away {
            true => drop(stage.tmux.run(&["detach-client", "-t", &format!("client-{before}")])),
            false => process::kill(before),
        }
        answers();
        eventually("there is another one, and only that", PATIENCE, || client().filter(|pid| *pid != before));
        eventually("the other is gone", PATIENCE, || (!process::alive(before)).then_some(()));
    }
    let id = project.spawn(&["listen"]);
    project.ask(json!({"type": "report", "agent_id": id, "state": "blocked"}), "ok");
    let hud = || stage.tmux.run(&["show-options", "-gqv", "@pintle_hud"]);
    eventually("the status bar is written", PATIENCE, || hud().contains("1!1").then_some(()));
}

#[test]
fn one_of_two_servers_that_hangs_delays_not_the_other_and_nothing_is_guessed() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.register();
    let other = project.sandbox.path("tmux/other");
    let other = other.to_str().expect("UTF-8");
    let on_other = |words: &[&str]| project.sandbox.run("tmux", &[&["-S", other], words].concat()).ok();
    on_other(&["-f", "/dev/null", "new-session", "-d", "-s", "o", "cat"]);
    assert_eq!(stage.client().call(json!({"cmd": "register_tmux", "tmux": other}))["ok"], true);
    let id = project.spawn(&["listen"]);
    let bar = || stage.tmux.run(&["show-options", "-gqv", "@pintle_hud"]);
    eventually("both are kept", PATIENCE, || bar().contains("agents").then_some(()));
    let server: u32 = on_other(&["display-message", "-p", "#{pid}"]).trim().parse().expect("a pid");
    process::stop(server);
    let (_, took) = timed(|| {
        for (state, waiting) in [("blocked", true), ("working", false), ("blocked", true)] {
            project.ask(json!({"type": "report", "agent_id": id, "state": state}), "ok");
            eventually("the status bar follows", PATIENCE, || (bar().contains("1!1") == waiting).then_some(()));
        }
        let told = || stage.client().call(json!({"cmd": "notify_list"}))["notifications"].as_array().map(Vec::len);
        eventually("it is told", PATIENCE, || (told() > Some(0)).then_some(()));
    });
    // Nothing of it waits for the two seconds after which a server counts as silent.
    assert!(took < Duration::from_secs(2), "{took:?}");
    let refused = stage.client().call(json!({"cmd": "tmux_send_keys", "pane": "%0", "keys": "guess"}));
    assert_eq!(refused["code"], "TMUX_ERROR", "{refused}");
    assert!(refused["error"].as_str().expect("a message").contains(other), "{refused}");
    let listed = stage.client().call(json!({"cmd": "list_panes"}));
    assert_eq!(listed["panes"].as_array().map(Vec::len), Some(1), "{listed}");
    process::signal(server, rustix::process::Signal::CONT);
    on_other(&["kill-server"]);
}

#[test]
fn a_server_that_is_gone_is_forgotten_and_what_it_showed_is_not() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    let read = |name: &str| -> Option<Value> {
        serde_json::from_str(&std::fs::read_to_string(project.sandbox.path(name)).ok()?).ok()
    };
    let registered = || read("state/pintle/state.json")?["tmux_servers"].as_array().map(Vec::len);
    let entry = || read("state/pintle/panes.json")?["servers"].as_object()?.values().next().cloned();
    {
        let stage = Stage::new(&project);
        stage.register();
        stage.shows(&id);
        eventually("it is remembered", PATIENCE, || entry()?["windows"].to_string().contains(&id).then_some(()));
        assert_eq!(registered(), Some(1));
        // As when the machine goes down: its socket stays.
        let server: u32 = stage.tmux.run(&["display-message", "-p", "#{pid}"]).trim().parse().expect("a pid");
        process::kill(server);
    }
    project.becomes(&id, "shown nowhere", |agent| agent["pane"].is_null());
    project.crash();
    eventually("the next daemon forgets it", PATIENCE, || (registered() == Some(0)).then_some(()));
    let lost = eventually("and knows what is lost", PATIENCE, || entry().filter(|entry| entry["pid"] == 0));
    assert!(lost["lost"].to_string().contains(&id) && lost["lost_since"].is_string(), "{lost}");
    let stage = Stage::new(&project);
    stage.register();
    assert_eq!(registered(), Some(1), "its configuration says so again");
    let restored = stage.cmd(json!({"cmd": "restore_panes", "pane": "%0"}));
    assert_eq!(restored["restored"][0]["agents"], json!([id]), "{restored}");
}
