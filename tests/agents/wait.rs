//! `wait`: for the end, for quiet, for a question, for a text, and not for ever.

use std::time::Duration;

use serde_json::{Value, json};

use super::project::{Project, hex};
use crate::support::wait::timed;

fn request(id: &str, until: Value, timeout_seconds: f64) -> Value {
    json!({"type": "wait", "agent_id": id, "until": until, "timeout_seconds": timeout_seconds})
}

#[test]
fn what_comes_is_waited_for() {
    let project = Project::new();
    // Each line: what is waited for, what makes it come, and what it looks like then.
    let cases = [
        (json!("idle"), "mark A", json!("waiting"), Value::Null),
        (json!({"match": "^answer: [0-9]+$"}), "print answer: 42", json!("streaming"), Value::Null),
        (json!("exit"), "exit 3", json!("broken"), json!(3)),
    ];
    for (until, command, status, code) in cases {
        let id = project.spawn(&["listen"]);
        let mut client = project.client();
        client.send(&request(&id, until.clone(), 20.0));
        project.types(&id, &format!("{command}\r"));
        let result = client.recv();
        assert_eq!((&result["type"], &result["reached"]), (&json!("wait_result"), &json!(true)), "{until}: {result}");
        if until != json!("idle") {
            assert_eq!((&result["status"], &result["exit_code"]), (&status, &code), "{until}: {result}");
        }
        // What is so already is not waited for.
        assert_eq!(client.ask(request(&id, until, 20.0), "wait_result")["reached"], true, "{client}");
    }
}

#[test]
fn a_question_is_waited_for() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    let mut client = project.client();
    client.send(&request(&id, json!("blocked"), 20.0));
    project.ask(json!({"type": "report", "agent_id": id, "state": "blocked"}), "ok");
    let result = client.recv();
    assert_eq!((&result["reached"], &result["status"]), (&json!(true), &json!("waiting")), "{result}");
}

#[test]
fn a_text_that_scrolls_by_is_seen() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    let mut client = project.client();
    client.send(&request(&id, json!({"match": "needle"}), 20.0));
    project.types(&id, "print needle\rlines 3000\r");
    assert_eq!(client.recv()["reached"], true);
}

#[test]
fn time_runs_out() {
    let project = Project::new();
    let id = project.spawn(&["hang"]);
    for until in [json!("exit"), json!("idle"), json!("blocked"), json!({"match": "never"})] {
        let (result, took) = timed(|| project.ask(request(&id, until, 0.2), "wait_result"));
        assert_eq!((&result["reached"], &result["exit_code"]), (&json!(false), &Value::Null), "{result}");
        assert!((Duration::from_millis(190)..Duration::from_secs(10)).contains(&took), "{took:?}");
    }
}

#[test]
fn what_cannot_come_any_more_is_not_waited_for() {
    let project = Project::new();
    let id = project.spawn(&["exit", "4"]);
    project.attach(&id).read_to_exit();
    for until in [json!("idle"), json!("blocked"), json!({"match": "never"})] {
        let result = project.ask(request(&id, until, 20.0), "wait_result");
        assert_eq!((&result["reached"], &result["exit_code"]), (&json!(false), &json!(4)), "{result}");
    }
}

#[test]
fn nonsense_is_refused() {
    let project = Project::new();
    let id = project.spawn(&["hang"]);
    let message = project.refused(request(&id, json!({"match": "("}), 1.0), "INVALID_ARGUMENT");
    assert!(message.contains("match"), "{message}");
    project.refused(request(&id, json!("tomorrow"), 1.0), "INVALID_ARGUMENT");
    project.refused(request("ag-00000000", json!("exit"), 1.0), "AGENT_NOT_FOUND");
}

#[test]
fn a_client_that_leaves_is_not_waited_for() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    let mut client = project.client();
    client.send(&request(&id, json!("exit"), 3600.0));
    drop(client);
    project.ask(json!({"type": "input", "agent_id": id, "data": hex("exit 0\r")}), "ok");
    project.attach(&id).read_to_exit();
    project.client().expect_usable();
}
