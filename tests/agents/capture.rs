//! `capture`: the rendered screen, not the bytes.

use serde_json::{Value, json};

use super::project::Project;

#[track_caller]
fn capture(project: &Project, id: &str, fields: Value) -> Value {
    let mut request = json!({"type": "capture", "agent_id": id});
    for (key, value) in fields.as_object().expect("fields") {
        request[key] = value.clone();
    }
    project.ask(request, "capture_result")
}

#[test]
fn what_a_person_would_see() {
    let project = Project::new();
    let command = r"printf 'one\rtwo\nthree \033[31mred\033[0m\n\033[5;3Hfar'; sleep 100";
    let id = project.spawn_with(json!({"command": command, "cols": 40, "rows": 10}));
    project.says(&id, "far");
    let shown = capture(&project, &id, json!({}));
    assert_eq!(shown["content"], "two\nthree red\n\n\n  far", "{shown}");
    assert_eq!((&shown["cols"], &shown["rows"]), (&json!(40), &json!(10)), "{shown}");
    assert_eq!(shown["cursor"], json!({"row": 4, "col": 5}), "{shown}");
    let ansi = capture(&project, &id, json!({"ansi": true}));
    let content = ansi["content"].as_str().expect("text");
    assert!(content.contains("\u{1b}[31mred") || content.contains("\u{1b}[0;31mred"), "{content:?}");
}

#[test]
fn lines_are_counted_from_either_end_and_into_the_history() {
    let project = Project::new();
    let id = project.spawn_with(json!({"command": "seq 1 100; printf end; sleep 100", "rows": 10}));
    project.says(&id, "end");
    let lines = |fields: Value| capture(&project, &id, fields)["content"].as_str().expect("text").to_owned();
    assert_eq!(lines(json!({})), "92\n93\n94\n95\n96\n97\n98\n99\n100\nend");
    assert_eq!(lines(json!({"start": 0, "end": 1})), "92\n93");
    assert_eq!(lines(json!({"start": -1})), "end");
    assert_eq!(lines(json!({"start": -3, "end": -2})), "99\n100");
    assert_eq!(lines(json!({"start": -101, "end": -98})), "1\n2\n3\n4");
    let all = lines(json!({"start": -1000}));
    assert!(all.starts_with("1\n2\n3\n") && all.ends_with("100\nend"), "{all}");
    assert_eq!(lines(json!({"start": 5, "end": 2})), "");
}

#[test]
fn the_screen_outlives_the_daemon_and_the_process() {
    let project = Project::new();
    let id = project.spawn(&["lines", "300", "then", "screen", "drawn", "then", "exit", "0"]);
    project.says(&id, "drawn 80x24");
    let shown = capture(&project, &id, json!({}));
    assert!(shown["content"].as_str().is_some_and(|text| text.contains("drawn 80x24")), "{shown}");
    assert!(!shown["content"].to_string().contains("line 0003"), "the alternate screen covers the other: {shown}");
    project.crash();
    assert_eq!(capture(&project, &id, json!({})), shown);
    project.types(&id, "\r");
    project.attach(&id).read_to_exit();
    let after = capture(&project, &id, json!({}));
    assert!(after["content"].as_str().is_some_and(|text| text.contains("line 000300")), "{after}");
    project.refused(json!({"type": "capture", "agent_id": "ag-00000000"}), "AGENT_NOT_FOUND");
}

/// A capture looks through new output before the agent's own task does; the readers must learn of it all the same.
#[test]
fn a_capture_hides_no_output_from_a_reader() {
    let project = Project::new();
    let id = project.spawn_with(json!({"command": "cat"}));
    let mut reader = project.attach(&id);
    let mut client = project.client();
    const CAPTURES: usize = 8;
    for round in 0..300 {
        let text = format!("round {round}\r");
        client.send(&json!({"type": "input", "agent_id": id, "data": super::project::hex(&text)}));
        for _ in 0..CAPTURES {
            client.send(&json!({"type": "capture", "agent_id": id}));
        }
        for _ in 0..=CAPTURES {
            client.recv();
        }
        // Once typed and once printed.
        reader
            .read_until(&text, |bytes| bytes.windows(text.len()).filter(|part| *part == text.as_bytes()).count() >= 2);
        reader.bytes.clear();
    }
}

/// Colours are rendered slower than they are printed; whoever looks must not chase the end of it, nor hold up the others.
#[test]
fn an_agent_that_prints_colours_without_end_is_shown_and_holds_nobody_up() {
    let project = Project::new();
    let id = project.spawn_with(json!({"command": "yes '\u{1b}[31mred\u{1b}[0m \u{1b}[4mline\u{1b}[0m'"}));
    project.says(&id, "red");
    for start in [json!({}), json!({"start": -1000})] {
        let shown = capture(&project, &id, start);
        assert!(shown["content"].as_str().is_some_and(|text| text.contains("red line")), "{shown}");
    }
    let mut screen = project.client().attach_with(json!({"type": "attach", "agent_id": id, "replay": "screen"}));
    assert!(screen.start > 0);
    screen.read_until("output behind the picture", |bytes| !bytes.is_empty());
    assert!(screen.painted.windows(4).any(|word| word == b"line"), "{}", String::from_utf8_lossy(&screen.painted));
    project.client().ask(json!({"type": "health"}), "health_report");
    assert_eq!(project.kill(&id)["exit_codes"][&id], 143);
}

/// The largest terminal that can be asked for has four billion cells.
#[test]
fn a_huge_terminal_takes_no_memory() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    project.ask(json!({"type": "resize", "agent_id": id, "cols": 65535, "rows": 65535}), "ok");
    project.types(&id, "print hello\r");
    project.says(&id, "\r\nhello\r\n");
    let shown = capture(&project, &id, json!({}));
    assert!(shown["content"].as_str().is_some_and(|text| text.contains("hello")), "{shown}");
    let memory = crate::support::process::private_memory(project.sandbox.daemon()).expect("it lives");
    assert!(memory < 64 << 20, "{memory} bytes");
}
