//! `attach` without a terminal: a filter.

use std::thread;

use crate::cli::Desk;
use crate::support::{PATIENCE, eventually, process};

#[test]
fn input_is_typed_to_its_end_and_output_read_to_the_agents() {
    let desk = Desk::new();
    desk.spawn("asker", &["ask", "your name?", "then", "exit", "3"]);
    let finished = desk.pintle(&["attach", "asker", "--replay", "all"]).stdin("Ada\n").finish();
    assert!(finished.success(), "{finished}");
    assert!(finished.stdout.contains("answer: Ada\r\n"), "{finished}");
    assert_eq!(finished.stderr, "[asker ended with code 3]\n");
}

#[test]
fn only_what_comes_is_passed_on_unless_more_is_asked_for() {
    let desk = Desk::new();
    desk.spawn("done", &["print", "long ago"]);
    desk.pintle(&["wait", "done", "--until", "exit"]).ok();
    assert_eq!(desk.pintle(&["attach", "done"]).ok(), "");
    assert_eq!(desk.pintle(&["attach", "done", "--replay", "all"]).ok(), "long ago\r\n");
}

#[test]
fn every_line_comes_once_while_the_daemon_is_killed_again_and_again() {
    const LINES: usize = 1500;
    let desk = Desk::new();
    desk.spawn("counter", &["lines", &LINES.to_string(), "500"]);
    let output = thread::scope(|scope| {
        let reader = scope.spawn(|| desk.pintle(&["attach", "counter", "--replay", "all"]).ok());
        for _ in 0..4 {
            let before = desk.sandbox.daemon();
            process::kill(before);
            eventually("another daemon serves", PATIENCE, || (desk.sandbox.daemon() != before).then_some(()));
        }
        reader.join().expect("the reader's thread")
    });
    let expected: String = (1..=LINES).map(|number| format!("line {number:06}\r\n")).collect();
    assert!(output == expected, "{} bytes instead of {}", output.len(), expected.len());
}

#[test]
fn it_has_no_json_and_says_what_has() {
    let desk = Desk::new();
    desk.spawn("listener", &["listen"]);
    let said = desk.pintle(&["attach", "listener", "--json"]).fails(2);
    assert!(said.contains("pintle call"), "{said}");
}

#[test]
fn an_agent_is_not_shown_in_itself() {
    let desk = Desk::new();
    let id = desk.spawn("listener", &["listen"]);
    let said = desk.pintle(&["attach", "listener"]).env("PINTLE_AGENT_ID", id).fails(2);
    assert!(said.contains("in itself"), "{said}");
}

#[test]
fn a_daemon_that_is_gone_for_good_is_named() {
    let desk = Desk::new();
    desk.spawn("counter", &["print", "here", "then", "listen"]);
    let finished = thread::scope(|scope| {
        let reader = scope.spawn(|| desk.pintle(&["attach", "counter"]).finish());
        eventually("somebody is attached", PATIENCE, || (desk.agent("counter")["attached"] == 1).then_some(()));
        process::kill(desk.sandbox.keeper().expect("a pid file"));
        reader.join().expect("the reader's thread")
    });
    assert_eq!(finished.status.code(), Some(3), "{finished}");
    assert!(finished.stderr.starts_with("pintle: lost sight of counter: no daemon answers at "), "{finished}");
}
