//! `kill -9` of the daemon in the middle of something: the next one finishes it or knows nothing of it.

use serde_json::{Value, json};

use crate::agents::project::Project;
use crate::support::client::ANSWER;
use crate::support::{PATIENCE, Points, eventually, fake_agent, process};

/// Sends a request and kills the daemon when it has come to the point.
#[track_caller]
fn cut_off(project: &Project, point: &str, request: Value) {
    let points = Points::new(&project.sandbox);
    points.arm(point);
    let daemon = project.sandbox.daemon();
    let mut client = project.client();
    client.send(&project.request(request));
    assert_eq!(points.reached(point, PATIENCE), daemon, "{point}");
    process::kill(daemon);
    // Answered before it was cut off, or not at all.
    while client.recv_line(ANSWER).is_ok() {}
    assert_ne!(project.sandbox.daemon(), daemon);
}

#[test]
fn a_spawn() {
    let project = Project::new();
    for (point, expected) in [("spawn.asked", 0), ("spawn.kept", 1), ("spawn.started", 1)] {
        let spawn = json!({"type": "spawn", "root": true, "name": point, "command": fake_agent(&["listen"])});
        cut_off(&project, point, spawn);
        let agents = project.agents();
        assert_eq!(agents.len(), expected, "{point}: {agents:?}");
        project.is_consistent();
        for agent in agents {
            // A whole agent, which everything can be done with.
            assert_eq!(agent["name"], point);
            let id = agent["id"].as_str().expect("an id");
            project.types(id, "print hello\r");
            project.says(id, "\r\nhello\r\n");
            assert_eq!(project.entry(id)["pid"], agent["pid"]);
            assert_eq!(project.kill(id)["exit_codes"][id], 143);
        }
        project.is_consistent();
    }
}

#[test]
fn a_kill() {
    let project = Project::new();
    for point in ["kill.noted", "kill.signalled", "kill.ended"] {
        // Deaf, so that the signal alone does not do it.
        let id = project.spawn(&["ignore", "term", "then", "children", "session", "1", "stubborn", "then", "hang"]);
        let said = project.says(&id, "child ");
        assert!(said.contains("ignoring term"));
        cut_off(&project, point, json!({"type": "kill", "target": {"agent": id}}));
        eventually("the next daemon finishes the kill", PATIENCE, || project.agents().is_empty().then_some(()));
        project.is_consistent();
        assert!(project.logs(&id).contains("child "), "{point}: its last output can be read");
    }
}

#[test]
fn a_suspend() {
    let project = Project::with_config(
        "default_agent: able\nagents: {able: {command: FAKE, session_args: [print, '{session_id}', then, listen], \
         resume: [print, 'again {session_id}', then, listen]}}\n",
    );
    for point in ["kill.signalled", "suspend.ended"] {
        let id = project.spawn_with(json!({}));
        let session = project.agent(&id)["session_id"].as_str().expect("a session").to_owned();
        project.says(&id, &session);
        cut_off(&project, point, json!({"type": "suspend", "target": {"agent": id}}));
        project.becomes(&id, "suspended", |agent| agent["suspended"] == true && agent["pid"].is_null());
        // Refused while the next daemon still sees to what the one before had begun.
        eventually("it can be resumed", PATIENCE, || {
            let reply = project.client().call(project.request(json!({"type": "resume", "agent_id": id})));
            assert!(reply["type"] == "resume_result" || reply["code"] == "INVALID_STATE", "{reply}");
            (reply["type"] == "resume_result").then_some(())
        });
        project.says(&id, &format!("again {session}"));
        project.is_consistent();
    }
    // Before it has done anything: as if nothing had been asked.
    let id = project.spawn_with(json!({}));
    cut_off(&project, "files.written", json!({"type": "suspend", "target": {"agent": id}}));
    project.types(&id, "print hello\r");
    project.says(&id, "\r\nhello\r\n");
    project.is_consistent();
}

#[test]
fn a_write_of_the_manifest() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    let name = project.agent(&id)["name"].clone();
    // Written beside, not yet in place: as if nothing had been asked.
    cut_off(&project, "files.written", json!({"type": "rename", "agent_id": id, "name": "other"}));
    assert_eq!(project.agent(&id)["name"], name);
    project.is_consistent();
    project.ask(json!({"type": "rename", "agent_id": id, "name": "other"}), "rename_result");
    // The record of a spawn: the process runs, so the next daemon writes it down.
    cut_off(&project, "files.written", json!({"type": "spawn", "root": true, "command": fake_agent(&["listen"])}));
    assert_eq!(project.agents().len(), 2);
    project.is_consistent();
    // The record of a kill.
    cut_off(&project, "files.written", json!({"type": "kill", "target": {"agent": id}}));
    eventually("the next daemon finishes the kill", PATIENCE, || (project.agents().len() == 1).then_some(()));
    project.is_consistent();
}

#[test]
fn the_record_of_an_exit() {
    let project = Project::new();
    let id = project.spawn(&["ask", "end?", "then", "exit", "8"]);
    project.says(&id, "end?");
    let points = Points::new(&project.sandbox);
    points.arm("files.written");
    project.types(&id, "\r");
    let daemon = points.reached("files.written", PATIENCE);
    process::kill(daemon);
    project.becomes(&id, "recorded", |agent| agent["exit_code"] == 8);
    project.is_written(&id, "ended", |entry| entry["exitCode"] == 8);
    project.is_consistent();
}
