//! How an agent ended: told as it was, at once, and for ever.

use serde_json::{Value, json};

use super::project::Project;
use crate::support::{PATIENCE, Points, eventually, process};

#[track_caller]
fn check(project: &Project, id: &str, code: i32, activity: &str) {
    let agent = project.becomes(id, "recorded", |agent| agent["exit_code"] == code);
    assert_eq!((&agent["status"], &agent["activity"]), (&json!("broken"), &json!(activity)), "{agent}");
    assert_eq!(agent["pid"], Value::Null, "{agent}");
}

#[test]
fn codes_are_as_they_were_and_signals_are_128_more() {
    let project = Project::new();
    let codes = [
        (["exit", "0"], 0),
        (["exit", "3"], 3),
        (["exit", "255"], 255),
        (["die", "abrt"], 134),
        (["die", "kill"], 137),
    ];
    let ids: Vec<(String, i32)> = codes.iter().map(|(args, code)| (project.spawn(args), *code)).collect();
    let everywhere = |project: &Project| {
        for (id, code) in &ids {
            check(project, id, *code, if *code == 0 { "done" } else { "failed" });
            let entry = project.is_written(id, "ended", |entry| entry["completedAt"].is_string());
            assert_eq!((&entry["exitCode"], &entry["status"]), (&json!(code), &json!("broken")), "{entry}");
            assert!(entry.get("pid").is_none(), "{entry}");
            assert_eq!(project.attach(id).read_to_exit(), *code);
        }
    };
    everywhere(&project);
    project.crash();
    everywhere(&project);
    project.is_consistent();
    // After the keeper too.
    project.sandbox.stop();
    project.sandbox.start();
    for (id, code) in &ids {
        check(&project, id, *code, if *code == 0 { "done" } else { "failed" });
    }
}

#[test]
fn one_that_ended_while_there_was_no_daemon_is_recorded_by_the_next() {
    let project = Project::new();
    let points = Points::new(&project.sandbox);
    let id = project.spawn(&["ask", "code?", "then", "print", "last", "then", "exit", "9"]);
    let pid = project.pid(&id);
    project.says(&id, "code?");
    let mut keys = project.attach(&id);
    points.arm("daemon.started");
    // What is typed is in the terminal before the daemon goes; the program may end before or after.
    keys.input(b"\r");
    process::kill(project.sandbox.daemon());
    points.reached("daemon.started", PATIENCE);
    eventually("the agent has ended", PATIENCE, || (!process::alive(pid)).then_some(()));
    points.release("daemon.started");
    check(&project, &id, 9, "failed");
    assert!(project.logs(&id).ends_with("last\r\n"));
    project.is_written(&id, "ended", |entry| entry["exitCode"] == 9);
}

#[test]
fn all_output_comes_before_the_exit() {
    let project = Project::new();
    let ids: Vec<String> = (0..10).map(|_| project.spawn(&["lines", "2000", "then", "exit", "1"])).collect();
    for id in ids {
        let mut reader = project.attach(&id);
        assert_eq!(reader.read_to_exit(), 1);
        assert_eq!(super::project::check_lines(&reader.text()), 2000);
        assert_eq!(reader.start, 0);
    }
}

#[test]
fn programs_that_end_before_their_spawn_is_answered_are_recorded_too() {
    let project = Project::new();
    let ids: Vec<String> = (0..30).map(|_| project.spawn_with(json!({"command": "sh -c 'exit 7'"}))).collect();
    for id in &ids {
        project.becomes(id, "ended with its code", |agent| agent["exit_code"] == 7);
        project.is_written(id, "its code", |entry| entry["exitCode"] == 7 && entry["pid"].is_null());
    }
    project.is_consistent();
}
