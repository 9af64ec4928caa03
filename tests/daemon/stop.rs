//! Stopping: agents are ended in order, and it is written down how.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::agents::project::Project;
use crate::support::{PATIENCE, Sandbox, eventually, process};

const KIND: &str = "
agents:
  able: {command: FAKE, session_args: [print, '{session_id}', then, listen], resume: [print, '{session_id}', then, listen]}
";

/// Waits until nothing is left of keeper, daemon and agents.
#[track_caller]
fn everything_is_gone(sandbox: &Sandbox) {
    eventually("no process is left", PATIENCE, || sandbox.processes().is_empty().then_some(()));
    for file in ["run/pintle/daemon.sock", "run/pintle/daemon.pid"] {
        assert!(!sandbox.path(file).exists(), "{file} is left");
    }
}

/// A way to stop it.
type Stop = fn(&Sandbox);

#[test]
fn every_way_of_stopping_is_orderly() {
    let ways: [(&str, Stop); 5] = [
        ("pintle daemon stop", |sandbox| drop(sandbox.pintle(&["daemon", "stop"]).ok())),
        ("shutdown", |sandbox| {
            let mut client = sandbox.client();
            client.ask(json!({"type": "shutdown"}), "shutting_down");
            client.expect_closed();
        }),
        ("stop", |sandbox| assert_eq!(sandbox.client().call(json!({"cmd": "stop"}))["stopping"], true)),
        ("SIGTERM", |sandbox| process::signal(sandbox.keeper().expect("a keeper"), Signal::TERM)),
        ("SIGINT", |sandbox| process::signal(sandbox.keeper().expect("a keeper"), Signal::INT)),
    ];
    let project = Project::with_config(KIND);
    for (way, stop) in ways {
        let able = project.spawn_with(json!({"agent": "able"}));
        let deaf = project.spawn(&["listen"]);
        let polite =
            project.spawn_with(json!({"command": "trap 'exit 4' TERM; echo ready; while :; do sleep 0.05; done"}));
        project.says(&polite, "ready");
        stop(&project.sandbox);
        everything_is_gone(&project.sandbox);
        let entry = |id: &str| project.entry(id);
        assert!(
            entry(&able)["suspended"] == true && entry(&able).get("completedAt").is_none(),
            "{way}: {}",
            entry(&able)
        );
        assert_eq!((&entry(&deaf)["exitCode"], &entry(&deaf)["status"]), (&json!(143), &json!("broken")), "{way}");
        assert_eq!(entry(&polite)["exitCode"], 4, "{way}");
        project.sandbox.start();
        let states: Vec<Value> = [&able, &deaf].map(|id| project.agent(id)["activity"].clone()).into();
        assert_eq!(states, ["suspended", "failed"], "{way}");
        project.ask(json!({"type": "kill", "target": "all"}), "kill_result");
    }
    project.is_consistent();
}

#[test]
fn the_deaf_are_killed() {
    let project = Project::new();
    let script = ["ignore", "term", "hup", "int", "then", "children", "orphan", "2", "stubborn", "then", "hang"];
    for _ in 0..3 {
        let id = project.spawn(&script);
        project.says(&id, "child ");
    }
    project.sandbox.stop();
}

#[test]
fn a_daemon_that_does_not_end_does_not_hold_the_keeper() {
    let project = Project::new();
    let id = project.spawn(&["hang"]);
    let pid = project.pid(&id);
    // It dies instead of ending the agents; the keeper does it then.
    let daemon = project.sandbox.daemon();
    process::stop(daemon);
    process::signal(project.sandbox.keeper().expect("a keeper"), Signal::TERM);
    process::kill(daemon);
    everything_is_gone(&project.sandbox);
    assert!(!process::alive(pid));
    // The next one says what is known: it is gone.
    project.sandbox.start();
    assert_eq!(project.agent(&id)["status"], "broken");
    project.is_consistent();
}
