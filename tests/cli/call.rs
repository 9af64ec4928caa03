//! `call`: requests as they are.

use serde_json::Value;

use crate::cli::Desk;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn both_dialects_from_the_argument_and_from_standard_input() {
    let desk = Desk::new();
    let health = lines(&desk.pintle(&["call", r#"{"type":"health"}"#]).ok());
    assert_eq!(health[0]["type"], "health_report");
    let answers = desk.pintle(&["call"]).stdin("{\"cmd\":\"ping\"}\n{\"type\":\n\"health\"}").ok();
    let answers = lines(&answers);
    assert_eq!((&answers[0]["pong"], &answers[1]["type"]), (&Value::Bool(true), &"health_report".into()));
}

#[test]
fn a_refusal_is_an_answer_and_an_exit_code() {
    let desk = Desk::new();
    let finished = desk.pintle(&["call", r#"{"type":"logs","agent_id":"ag-00000000"}"#]).finish();
    assert_eq!(finished.status.code(), Some(4), "{finished}");
    assert_eq!(lines(&finished.stdout)[0]["code"], "AGENT_NOT_FOUND");
    desk.pintle(&["call", r#"{"cmd":"frobnicate"}"#]).fails(1);
    let said = desk.pintle(&["call", "health"]).fails(2);
    assert!(said.contains("that is not JSON"), "{said}");
}

#[test]
fn a_stream_is_followed_to_its_end() {
    let desk = Desk::new();
    let id = desk.spawn("asker", &["print", "one", "then", "pause", "300", "then", "print", "two"]);
    let request = format!(r#"{{"type":"attach","agent_id":"{id}"}}"#);
    let stream = lines(&desk.pintle(&["call", &request]).ok());
    assert_eq!(stream[0]["type"], "attach_ready");
    assert_eq!(stream.last().expect("lines")["type"], "exited");
}
