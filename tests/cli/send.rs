//! `send`

use crate::cli::Desk;

fn asker(desk: &Desk) {
    desk.spawn("asker", &["ask", "your name?", "then", "exit", "0"]);
    desk.pintle(&["wait", "asker", "--match", "your name", "--timeout", "20"]).ok();
}

#[track_caller]
fn answered(desk: &Desk, answer: &str) {
    desk.pintle(&["wait", "asker", "--until", "exit", "--timeout", "20"]).ok();
    let log = desk.pintle(&["logs", "asker"]).ok();
    assert!(log.contains(&format!("answer: {answer}\n")), "{log}");
}

#[test]
fn words_and_enter() {
    let desk = Desk::new();
    asker(&desk);
    desk.pintle(&["send", "asker", "Ada", "Lovelace"]).ok();
    answered(&desk, "Ada Lovelace");
}

#[test]
fn keys_by_name() {
    let desk = Desk::new();
    asker(&desk);
    desk.pintle(&["send", "asker", "--keys", "A", "x", "BSpace", "d", "a", "Enter"]).ok();
    answered(&desk, "Ada");
}

#[test]
fn standard_input_and_text_without_enter() {
    let desk = Desk::new();
    asker(&desk);
    desk.pintle(&["send", "asker", "--no-enter", "A"]).ok();
    desk.pintle(&["send", "asker", "--stdin"]).stdin("da\n").ok();
    answered(&desk, "Ada");
}
