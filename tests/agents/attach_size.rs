//! The size of an agent's terminal while clients are attached: the smallest wins.

use serde_json::json;

use super::project::Project;

#[test]
fn the_smallest_attached_wins() {
    let project = Project::new();
    let id = project.spawn(&["sizes"]);
    let attach = |cols: u16, rows: u16| {
        project.client().attach_with(json!({"type": "attach", "agent_id": id, "cols": cols, "rows": rows}))
    };
    let mut wide = attach(200, 20);
    wide.read_text("size 200x20\r\n");
    let mut tall = attach(100, 50);
    wide.read_text("size 100x20\r\n");
    // One without a size does not count.
    let silent = project.attach(&id);
    tall.resize(90, 60);
    wide.read_text("size 90x20\r\n");
    tall.detach();
    wide.read_text("size 200x20\r\n");
    wide.resize(201, 21);
    wide.read_text("size 201x21\r\n");
    // Its connection breaks; the last size stays, since redrawing for nobody is of no use to anybody.
    drop(wide);
    project.becomes(&id, "left by one", |agent| agent["attached"] == 1);
    drop(silent);
    project.becomes(&id, "left by all", |agent| agent["attached"] == 0);
    let capture = project.ask(json!({"type": "capture", "agent_id": id}), "capture_result");
    assert_eq!((&capture["cols"], &capture["rows"]), (&json!(201), &json!(21)));
}

#[test]
fn a_size_that_is_refused_ends_the_stream_like_any_other_request() {
    let project = Project::new();
    let id = project.spawn(&["hang"]);
    for (cols, code) in
        [(json!(0), "INVALID_ARGUMENT"), (json!(65_536), "INVALID_ARGUMENT"), (json!(-1), "PARSE_ERROR")]
    {
        let mut client = project.client();
        client.ask(json!({"type": "attach", "agent_id": id, "replay": "none"}), "attach_ready");
        client.ask(json!({"type": "resize", "agent_id": id, "cols": cols, "rows": 24}), "detached");
        client.recv_error(code);
        client.expect_usable();
    }
    let mut client = project.client();
    client.ask(json!({"type": "attach", "agent_id": id, "replay": "none"}), "attach_ready");
    client.ask(json!({"type": "input", "agent_id": id, "data": "abc"}), "detached");
    client.recv_error("PARSE_ERROR");
}
