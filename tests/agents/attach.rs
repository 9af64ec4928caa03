//! `attach`: every byte once, from where it was asked for, until it is enough.

use serde_json::{Value, json};

use super::project::{Project, check_lines};
use crate::support::client::ANSWER;

#[test]
fn all_is_replayed_and_then_it_is_live() {
    let project = Project::new();
    let id = project.spawn(&["lines", "50", "then", "print", "ready", "then", "listen"]);
    project.says(&id, "ready");
    let mut reader = project.attach(&id);
    assert_eq!(reader.start, 0);
    assert!(reader.buffered > 50 * 13, "{}", reader.buffered);
    reader.read_text("ready");
    reader.input(b"print live\r");
    reader.read_text("\r\nlive\r\n");
    assert_eq!(check_lines(&reader.text()), 50);
    reader.detach().expect_usable();
}

#[test]
fn none_is_only_what_comes() {
    let project = Project::new();
    let id = project.spawn(&["print", "before", "then", "listen"]);
    let written = project.says(&id, "before\r\n").len() as u64;
    let mut reader = project.client().attach_replaying(&id, "none");
    assert_eq!((reader.start, reader.buffered), (written, 0));
    reader.input(b"print after\r");
    reader.read_text("\r\nafter\r\n");
    assert!(!reader.text().contains("before"), "{}", reader.text());
}

#[test]
fn screen_is_painted_and_no_part_of_the_output() {
    let project = Project::new();
    let id = project.spawn(&["lines", "500", "then", "screen", "drawn"]);
    project.says(&id, "drawn 80x24");
    let offset = project.logs(&id).len() as u64;
    let mut reader = project.client().attach_replaying(&id, "screen");
    assert_eq!((reader.start, reader.buffered), (offset, 0));
    reader.input(b"\r");
    assert_eq!(reader.read_to_exit(), 0);
    let painted = String::from_utf8_lossy(&reader.painted).into_owned();
    assert!(painted.contains("drawn 80x24"), "{painted:?}");
    assert!(painted.contains("\u{1b}[?1049h"), "the alternate screen is on: {painted:?}");
    assert!(reader.painted.len() < 8192, "a screen, not the history: {} bytes", reader.painted.len());
    assert!(reader.text().contains("\u{1b}[?1049l"), "then it is live");
}

#[test]
fn from_goes_on_where_another_stopped() {
    let project = Project::new();
    let id = project.spawn(&["lines", "100", "then", "print", "ready", "then", "listen"]);
    let all = project.says(&id, "ready\r\n");
    let attach = |from: u64| json!({"type": "attach", "agent_id": id, "from": from, "replay": "none"});
    let mut reader = project.client().attach_with(attach(700));
    assert_eq!((reader.start, reader.buffered), (700, all.len() as u64 - 700));
    reader.read_text("ready\r\n");
    assert_eq!(reader.text(), all[700..]);
    assert_eq!(project.client().attach_with(attach(all.len() as u64)).buffered, 0);
    let message = project.refused(attach(all.len() as u64 + 1), "INVALID_ARGUMENT");
    assert!(message.contains("from"), "{message}");
}

#[test]
fn the_end_is_told_and_the_connection_stays() {
    let project = Project::new();
    let id = project.spawn(&["ask", "go?", "then", "print", "last", "words", "then", "exit", "5"]);
    let mut reader = project.attach(&id);
    reader.read_text("go?");
    reader.input(b"\r");
    assert_eq!(reader.read_to_exit(), 5);
    assert!(reader.text().ends_with("last words\r\n"), "{}", reader.text());
    let mut client = reader.into_client();
    client.expect_usable();
    // One that has ended is replayed and ended.
    let mut again = client.attach(&id);
    assert_eq!(again.read_to_exit(), 5);
    assert!(again.text().ends_with("last words\r\n"));
}

#[test]
fn another_request_ends_it_and_is_answered() {
    let project = Project::new();
    let (id, other) = (project.spawn(&["listen"]), project.spawn(&["listen"]));
    for request in [
        json!({"type": "health"}),
        json!({"cmd": "ping"}),
        json!({"type": "input", "agent_id": other, "data": "0d"}),
        json!({"type": "resize", "agent_id": other, "cols": 10, "rows": 10}),
    ] {
        let mut client = project.client();
        client.ask(json!({"type": "attach", "agent_id": id}), "attach_ready");
        client.send(&request);
        let line = client.recv_until("the end of the stream", |line| line["type"] != "output");
        assert_eq!(line["type"], "detached", "{client}");
        let answer = client.recv();
        assert!(answer["ok"] == true || answer["type"] == "ok" || answer["type"] == "health_report", "{client}");
        client.expect_usable();
    }
    let mut client = project.client();
    client.ask(json!({"type": "attach", "agent_id": id}), "attach_ready");
    client.send_raw("nonsense\n");
    client.recv_until("the end of the stream", |line| line["type"] == "detached");
    client.recv_error("PARSE_ERROR");
    client.expect_usable();
}

#[test]
fn keys_and_sizes_are_not_answered() {
    let project = Project::new();
    let id = project.spawn(&["sizes", "then", "raw"]);
    let mut client = project.client();
    client.ask(json!({"type": "attach", "agent_id": id}), "attach_ready");
    client.send(&json!({"type": "resize", "agent_id": id, "cols": 70, "rows": 20}));
    project.says(&id, "size 70x20");
    client.send(&json!({"type": "input", "agent_id": id, "data": "0d"}));
    project.says(&id, "raw ready");
    client.send(&json!({"type": "input", "agent_id": id, "data": "78797a"}));
    project.says(&id, "raw ready\r\nxyz");
    client.send(&json!({"type": "detach"}));
    let mut types: Vec<Value> = Vec::new();
    loop {
        let line = client.recv_within(ANSWER).expect("a line");
        types.push(line["type"].clone());
        if line["type"] == "detached" {
            break;
        }
    }
    types.retain(|kind| kind != "output");
    assert_eq!(types, ["detached"], "{client}");
}

#[test]
fn a_message_can_be_submitted_while_attached() {
    let project = Project::new();
    let id = project.spawn(&["paste", "then", "listen"]);
    let mut client = project.client();
    client.ask(json!({"type": "attach", "agent_id": id}), "attach_ready");
    project.says(&id, "paste ready");
    client.send(&json!({"type": "input", "agent_id": id, "data": "610a62", "submit": true}));
    let said = project.says(&id, "typed[]");
    assert!(said.contains(r"pasted[a\nb]"), "{said}");
}

#[test]
fn many_see_the_same() {
    let project = Project::new();
    let id = project.spawn(&["ask", "go?", "then", "lines", "20000", "then", "exit", "0"]);
    project.says(&id, "go?");
    let readers: Vec<_> = (0..4).map(|_| project.attach(&id)).collect();
    assert_eq!(project.agent(&id)["attached"], 4);
    project.types(&id, "\r");
    let texts: Vec<String> = std::thread::scope(|scope| {
        let read = |mut reader: crate::support::attach::AttachReader| {
            assert_eq!(reader.read_to_exit(), 0);
            reader.text()
        };
        let threads: Vec<_> = readers.into_iter().map(|reader| scope.spawn(move || read(reader))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a reader")).collect()
    });
    assert_eq!(check_lines(&texts[0]), 20000);
    assert!(texts.iter().all(|text| *text == texts[0]));
    assert_eq!(project.agent(&id)["attached"], 0);
}

#[test]
fn nobody_attaches_to_who_is_not_there() {
    let project = Project::new();
    let mut client = project.client();
    client.refused(json!({"type": "attach", "agent_id": "ag-00000000"}), "AGENT_NOT_FOUND");
    client.refused(json!({"type": "attach", "agent_id": "ag-00000000", "replay": "some"}), "INVALID_ARGUMENT");
    client.expect_usable();
}
