//! A client that goes away in the middle of something: it is done all the same.

use serde_json::{Value, json};

use crate::agents::project::Project;
use crate::support::{PATIENCE, Points, eventually, process};

/// Sends a request and hangs up when the daemon has come to the point.
#[track_caller]
fn gone_away(project: &Project, point: &str, request: Value) {
    let points = Points::new(&project.sandbox);
    points.arm(point);
    let mut client = project.client();
    client.send(&project.request(request));
    points.reached(point, PATIENCE);
    drop(client);
    points.release(point);
}

/// Whoever presses Ctrl-C while a deaf program has its grace wanted it to end.
#[test]
fn a_kill() {
    let project = Project::new();
    let id = project.spawn(&["ignore", "term", "then", "children", "session", "1", "stubborn", "then", "hang"]);
    project.says(&id, "child ");
    gone_away(&project, "kill.signalled", json!({"type": "kill", "target": {"agent": id}}));
    eventually("it is killed", PATIENCE, || project.agents().is_empty().then_some(()));
    project.is_consistent();
}

#[test]
fn a_suspend() {
    let project = Project::with_config(
        "default_agent: able\nagents: {able: {command: FAKE, session_args: [print, '{session_id}', then, listen], \
         resume: [print, 'again {session_id}', then, listen]}}\n",
    );
    let id = project.spawn_with(json!({}));
    let session = project.agent(&id)["session_id"].as_str().expect("a session").to_owned();
    project.says(&id, &session);
    gone_away(&project, "suspend.ended", json!({"type": "suspend", "target": {"agent": id}}));
    project.becomes(&id, "suspended", |agent| agent["suspended"] == true && agent["pid"].is_null());
    eventually("it can be resumed", PATIENCE, || {
        let reply = project.client().call(project.request(json!({"type": "resume", "agent_id": id})));
        (reply["type"] == "resume_result").then_some(())
    });
    project.says(&id, &format!("again {session}"));
    project.is_consistent();
}

#[test]
fn a_spawn() {
    let project = Project::new();
    gone_away(&project, "spawn.kept", json!({"type": "spawn", "root": true, "name": "left", "command": "sleep 1000"}));
    eventually("it runs", PATIENCE, || project.agents().iter().any(|agent| agent["name"] == "left").then_some(()));
    project.is_consistent();
}

/// A question ends with whoever asked it, also one that will not be answered for hours, and leaves its connection to others.
#[test]
fn a_wait() {
    let project = Project::new();
    let id = project.spawn(&["hang"]);
    let descriptors = || process::open_files(project.sandbox.daemon()).expect("a daemon");
    // The connection of whoever asked before may still be there: only what stays the same while others are answered is all there is.
    let mut client = project.client();
    let before = eventually("the daemon has nothing else to do", PATIENCE, || {
        let mut answered = || {
            client.call(json!({"type": "health"}));
            descriptors()
        };
        let first = answered();
        (answered() == first && answered() == first).then_some(first)
    });
    let wait = || project.request(json!({"type": "wait", "agent_id": id, "until": "exit"}));
    let asking: Vec<_> = (0..20)
        .map(|number| {
            let mut client = project.client();
            client.send(&wait());
            // Of some more is to be read than the question, of some nothing ever again.
            match number % 3 {
                0 => client.send(&wait()),
                1 => client.finish_sending(),
                _ => {}
            }
            client
        })
        .collect();
    eventually("all ask", PATIENCE, || (descriptors() >= before + asking.len()).then_some(()));
    drop(asking);
    eventually("all connections are closed", PATIENCE, || (descriptors() <= before).then_some(()));
    assert_eq!(project.agents().len(), 1);
}
