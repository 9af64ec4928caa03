//! Prompts and messages that are typed: whole, once, when the program is ready, and one at a time.

use serde_json::json;

use super::project::{Project, hex};
use crate::support::{PATIENCE, eventually};

/// A kind whose program is the fake agent with these arguments, and whose prompt is typed.
fn typed_into(args: &[&str]) -> Project {
    Project::with_config(&format!("default_agent: fake\nagents: {{fake: {{command: FAKE, launch_args: {args:?}}}}}\n"))
}

/// How often the program said this line; what was typed is echoed, but not as a line of its own.
fn count(said: &str, line: &str) -> usize {
    said.lines().filter(|said| said.trim_end() == line).count()
}

#[test]
fn a_prompt_waits_for_a_slow_start() {
    let project =
        typed_into(&["print", "starting", "then", "pause", "250", "then", "print", "ready", "then", "listen"]);
    let id = project.spawn_with(json!({"prompt": "print done"}));
    let said = project.says(&id, "\r\ndone\r\n");
    let (before, after) = said.split_once("ready").expect("it said so");
    assert!(!before.contains("print done"), "typed before the program was ready: {said}");
    assert!(after.contains("print done"), "{said}");
}

#[test]
fn a_program_that_says_nothing_is_typed_at_all_the_same() {
    let project = typed_into(&["listen"]);
    let id = project.spawn_with(json!({"prompt": "print heard"}));
    project.says(&id, "\r\nheard\r\n");
    // Whatever else would have been typed for this prompt comes before this.
    project.types(&id, "print end\r");
    assert_eq!(count(&project.says(&id, "\r\nend\r\n"), "heard"), 1);
}

#[test]
fn a_prompt_of_many_lines_is_one_bracketed_paste() {
    let project = typed_into(&["paste", "then", "hang"]);
    let id = project.spawn_with(json!({"prompt": "one\ntwo \u{1b}[201~three"}));
    let said = project.says(&id, "typed[]");
    assert!(said.contains(r"pasted[one\ntwo three]"), "{said}");
}

#[test]
fn a_shell_runs_its_prompt() {
    let project = Project::new();
    let id = project.spawn_with(json!({"agent": "terminal", "prompt": "echo $((40 + 2))"}));
    project.says(&id, "\r\n42\r\n");
    project.is(&id, "idle");
}

#[test]
fn a_line_is_never_cut() {
    let project = Project::new();
    let id = project.spawn(&["canonical"]);
    project.says(&id, "canonical ready");
    let input = |length: usize, submit: bool| json!({"type": "input", "agent_id": id, "data": hex("x".repeat(length)), "submit": submit});
    for submit in [true, false] {
        let message = project.refused(input(4096, submit), "DELIVERY_FAILED");
        assert!(message.contains("4096") && message.contains("4095"), "{message}");
    }
    project.ask(input(4095, true), "ok");
    project.ask(input(3, true), "ok");
    let said = project.says(&id, "received 3 bytes\r\n");
    assert_eq!(said, "canonical ready\r\nreceived 4095 bytes\r\nreceived 3 bytes\r\n");
    // A raw terminal takes any length.
    let raw = project.spawn(&["raw"]);
    project.says(&raw, "raw ready");
    let request = json!({"type": "input", "agent_id": raw, "data": hex("y".repeat(100_000))});
    project.ask(request, "ok");
    let mut reader = project.attach(&raw);
    reader.read_to_offset(b"raw ready\r\n".len() as u64 + 100_000);
    assert!(reader.bytes.ends_with("y".repeat(100_000).as_bytes()), "{}", reader.text());
}

#[test]
fn a_prompt_that_would_be_cut_is_recorded_as_not_delivered() {
    let project = typed_into(&["listen"]);
    let id = project.spawn_with(json!({"prompt": "z".repeat(5000)}));
    let entry = project.is_written(&id, "without its prompt", |entry| entry["deliveryError"].is_string());
    assert!(entry["deliveryError"].to_string().contains("5000"), "{entry}");
    assert!(!project.logs(&id).contains('z'), "not a part of it was typed");
}

#[test]
fn two_messages_never_mix() {
    let project = Project::new();
    // What arrives goes to a file: on the terminal, what is typed and what is answered would mix.
    let id = project.spawn_with(json!({"command": "echo ready; cat > arrived"}));
    project.says(&id, "ready");
    let letters = ["a", "b", "c", "d"];
    std::thread::scope(|scope| {
        for letter in letters {
            let (project, id) = (&project, &id);
            scope.spawn(move || {
                for _ in 0..3 {
                    let data = hex(letter.repeat(3000));
                    project.ask(json!({"type": "input", "agent_id": id, "data": data, "submit": true}), "ok");
                }
            });
        }
    });
    project.types(&id, "\u{4}");
    assert_eq!(project.attach(&id).read_to_exit(), 0);
    let arrived = std::fs::read_to_string(project.folder().join("arrived")).expect("a file");
    let mut lines: Vec<&str> = arrived.lines().collect();
    lines.sort_unstable();
    let expected = letters.map(|letter| letter.repeat(3000));
    assert_eq!(lines, expected.iter().flat_map(|line| [line.as_str(); 3]).collect::<Vec<_>>());
}

#[test]
fn what_is_not_answered_is_told() {
    let project = Project::new();
    let id = project.spawn_with(json!({"command": "stty raw -echo; echo deaf; exec sleep 100"}));
    project.says(&id, "deaf");
    let request = json!({"type": "input", "agent_id": id, "data": hex("hello?"), "submit": true});
    let message = project.refused(request, "DELIVERY_FAILED");
    assert!(message.contains("does not react"), "{message}");
}

#[test]
fn a_busy_program_is_told_once() {
    let project = Project::new();
    // Reads nothing for longer than it takes to lose patience, then shows everything that was typed.
    let command = "stty raw -echo; echo busy; sleep 3; exec cat -v";
    let id = project.spawn_with(json!({"command": command}));
    project.says(&id, "busy");
    project.ask(json!({"type": "input", "agent_id": id, "data": hex("fix the bug"), "submit": true}), "ok");
    project.types(&id, "end");
    let said = project.says(&id, "end");
    assert_eq!(said.matches("fix the bug").count(), 1, "{said}");
    // What is stopped reads nothing, and is not typed into behind its back.
    project.ask(json!({"type": "suspend", "target": {"agent": id}}), "suspend_result");
    let request = json!({"type": "input", "agent_id": id, "data": hex("more"), "submit": true});
    assert!(project.refused(request, "INVALID_STATE").contains("resume"));
}

#[test]
fn a_prompt_outlives_the_daemon_that_took_it() {
    let project = typed_into(&["listen"]);
    let id = project.spawn_with(json!({"prompt": "print heard"}));
    // The program has said nothing, so that nothing is typed for a while yet.
    project.crash();
    project.says(&id, "\r\nheard\r\n");
    project.types(&id, "print end\r");
    assert_eq!(count(&project.says(&id, "\r\nend\r\n"), "heard"), 1);
    // Delivered is delivered: the next daemon does not do it again.
    eventually("the delivery is over", PATIENCE, || {
        let explained = project.ask(json!({"type": "explain", "agent_id": id}), "explain_result");
        explained["facts"].to_string().contains("started").then_some(())
    });
    project.crash();
    project.types(&id, "print again\r");
    let said = project.says(&id, "\r\nagain\r\n");
    assert_eq!(count(&said, "heard"), 1);
}
