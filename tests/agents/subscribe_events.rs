//! `subscribe_events`: what happened, one line each.

use serde_json::{Value, json};

use super::project::Project;

#[test]
fn an_agents_life_in_events() {
    let project = Project::new();
    let mut client = project.client();
    let kinds = ["agent_spawned", "agent_status", "agent_exited"];
    client.ask(json!({"type": "subscribe_events", "kinds": kinds}), "events_subscribed");
    let id = project.spawn(&["ask", "end?"]);
    project.ask(json!({"type": "report", "agent_id": id, "state": "blocked"}), "ok");
    project.types(&id, "\r");
    let mut events: Vec<Value> = Vec::new();
    client.recv_until("its end", |line| {
        events.push(line.clone());
        line["kind"] == "agent_exited"
    });
    assert!(events.iter().all(|event| event["type"] == "event" && event["agent_id"] == id.as_str()), "{events:?}");
    assert!(events.iter().all(|event| event["project_root"] == project.root()), "{events:?}");
    assert!(events.iter().all(|event| event["at"].as_str().is_some_and(|at| at.ends_with('Z'))), "{events:?}");
    assert_eq!(events.iter().filter(|event| event["kind"] == "agent_spawned").count(), 1, "{events:?}");
    assert!(
        events.iter().any(|event| event["kind"] == "agent_status"
            && event["activity"] == "blocked"
            && event["status"] == "waiting"),
        "{events:?}"
    );
    assert_eq!(events.last().map(|event| event["exit_code"].clone()), Some(json!(0)));
}

#[test]
fn only_the_kinds_asked_for() {
    let project = Project::new();
    let mut client = project.client();
    client.ask(json!({"type": "subscribe_events", "kinds": ["agent_exited"]}), "events_subscribed");
    let id = project.spawn(&["exit", "2"]);
    let event = client.recv();
    assert_eq!(
        (&event["kind"], &event["agent_id"], &event["exit_code"]),
        (&json!("agent_exited"), &json!(id), &json!(2))
    );
    client.send(&json!({"type": "health"}));
    assert_eq!(client.recv()["type"], "detached");
    assert_eq!(client.recv()["type"], "health_report");
    let message = client.refused(json!({"type": "subscribe_events", "kinds": ["weather"]}), "INVALID_ARGUMENT");
    assert!(message.contains("weather"), "{message}");
}

#[test]
fn a_slow_reader_is_told_what_it_missed() {
    let project = Project::new();
    let id = project.spawn(&["hang"]);
    let mut slow = project.client();
    slow.ask(json!({"type": "subscribe_events", "kinds": ["agent_status"]}), "events_subscribed");
    let mut busy = project.client();
    let mut told = 0_u64;
    // Far more than its socket and the daemon's queue hold.
    for _ in 0..20 {
        for number in 0..250 {
            let state = if number % 2 == 0 { "blocked" } else { "idle" };
            busy.send(&json!({"type": "report", "agent_id": id, "state": state}));
            told += 1;
        }
        for _ in 0..250 {
            assert_eq!(busy.recv()["type"], "ok");
        }
    }
    let (mut came, mut missed) = (0, 0);
    while came + missed < told {
        let line = slow.recv();
        match line["type"].as_str() {
            Some("event") => came += 1,
            Some("lagged") => missed += line["skipped_events"].as_u64().expect("how many"),
            _ => panic!("{slow}"),
        }
    }
    assert!(missed > 0, "{came} came");
}
