//! `logs`

use std::thread;

use crate::cli::Desk;
use crate::support::{PATIENCE, eventually, process};

#[test]
fn as_text_as_bytes_and_in_json() {
    let desk = Desk::new();
    desk.spawn("painter", &["title", "a title", "then", "print", "one", "then", "print", "two"]);
    desk.pintle(&["wait", "painter", "--until", "exit"]).ok();
    assert_eq!(desk.pintle(&["logs", "painter"]).ok(), "one\ntwo\n");
    assert_eq!(desk.pintle(&["logs", "painter", "--tail", "5"]).ok(), "two\n");
    assert_eq!(desk.pintle(&["logs", "painter", "--raw", "--tail", "5"]).ok(), "two\r\n");
    assert!(desk.pintle(&["logs", "painter", "--raw"]).ok().contains("a title"));
    let answer = desk.json(&["logs", "painter", "--tail", "5"]);
    assert_eq!((&answer["type"], &answer["data"]), (&"logs_result".into(), &"74776f0d0a".into()));
}

#[test]
fn followed_to_the_end_whatever_becomes_of_the_daemon() {
    const LINES: usize = 1000;
    let desk = Desk::new();
    desk.spawn("counter", &["lines", &LINES.to_string(), "500"]);
    let text = thread::scope(|scope| {
        let reader = scope.spawn(|| desk.pintle(&["logs", "counter", "--follow", "--tail", "all"]).ok());
        let before = desk.sandbox.daemon();
        process::kill(before);
        eventually("another daemon serves", PATIENCE, || (desk.sandbox.daemon() != before).then_some(()));
        desk.pintle(&["daemon", "restart"]).ok();
        reader.join().expect("the reader's thread")
    });
    let expected: String = (1..=LINES).map(|number| format!("line {number:06}\n")).collect();
    assert!(text == expected, "{} bytes instead of {}", text.len(), expected.len());
}

#[test]
fn followed_in_json_from_the_last_bytes_on() {
    let desk = Desk::new();
    desk.spawn("printer", &["print", "12345678", "then", "exit", "3"]);
    desk.pintle(&["wait", "printer", "--until", "exit"]).ok();
    let stream = desk.pintle(&["logs", "printer", "-f", "--tail", "4", "--json"]).ok();
    let id = desk.agent("printer")["id"].as_str().expect("an id").to_owned();
    let expected = [
        format!(r#"{{"type":"output","agent_id":"{id}","offset":6,"data":"37380d0a"}}"#),
        format!(r#"{{"type":"exited","agent_id":"{id}","exit_code":3}}"#),
    ];
    assert_eq!(stream.lines().collect::<Vec<_>>(), expected);
}
