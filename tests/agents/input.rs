//! `input` and `resize`, outside of an attach.

use serde_json::json;

use super::project::{Project, hex};

#[test]
fn bytes_arrive_as_they_are() {
    let project = Project::new();
    let id = project.spawn(&["raw", "then", "print", "end"]);
    project.says(&id, "raw ready\r\n");
    let mut reader = project.client().attach_replaying(&id, "none");
    let bytes: Vec<u8> = (5..=255).collect();
    project.ask(json!({"type": "input", "agent_id": id, "data": hex(&bytes)}), "ok");
    reader.read_until("all of them", |read| read.len() >= bytes.len());
    assert_eq!(reader.bytes, bytes);
    project.types(&id, "\u{4}");
    assert_eq!(reader.read_to_exit(), 0);
}

#[test]
fn nobody_types_to_who_is_not_there() {
    let project = Project::new();
    let id = project.spawn(&["exit", "0"]);
    project.attach(&id).read_to_exit();
    let message = project.refused(json!({"type": "input", "agent_id": id, "data": "0d"}), "INVALID_STATE");
    assert!(message.contains("ended"), "{message}");
    for request in [json!({"type": "input", "data": "0d"}), json!({"type": "resize", "cols": 1, "rows": 1})] {
        let mut request = request;
        request["agent_id"] = "ag-00000000".into();
        project.refused(request, "AGENT_NOT_FOUND");
    }
}

#[test]
fn a_terminal_is_resized() {
    let project = Project::new();
    let id = project.spawn(&["sizes"]);
    project.says(&id, "size 80x24");
    project.ask(json!({"type": "resize", "agent_id": id, "cols": 65535, "rows": 1}), "ok");
    project.says(&id, "size 65535x1\r\n");
    for (cols, rows) in [(0, 1), (1, 0), (65536, 1)] {
        project.refused(json!({"type": "resize", "agent_id": id, "cols": cols, "rows": rows}), "INVALID_ARGUMENT");
    }
}
