//! `wait`

use std::thread;

use crate::cli::Desk;
use crate::support::process;

#[test]
fn for_the_end_with_the_agents_own_code() {
    let desk = Desk::new();
    desk.spawn("seven", &["pause", "200", "then", "exit", "7"]);
    desk.pintle(&["wait", "seven", "--until", "exit"]).ok();
    desk.pintle(&["wait", "seven", "--until", "exit", "--exit-code"]).fails(7);
    let answer = desk.json(&["wait", "seven", "--until", "exit"]);
    assert_eq!((&answer["reached"], &answer["exit_code"]), (&true.into(), &7.into()));
    desk.pintle(&["wait", "seven", "--until", "idle", "--exit-code"]).fails(2);
}

#[test]
fn for_something_on_the_screen_or_until_time_is_up() {
    let desk = Desk::new();
    desk.spawn("listener", &["print", "ready: 42", "then", "listen"]);
    desk.pintle(&["wait", "listener", "--match", "ready: [0-9]+"]).ok();
    desk.pintle(&["wait", "listener", "--match", "never", "--timeout", "0.1"]).fails(5);
    desk.pintle(&["wait", "listener"]).fails(2);
}

#[test]
fn for_what_will_not_come_any_more() {
    let desk = Desk::new();
    desk.spawn("seven", &["exit", "7"]);
    desk.pintle(&["wait", "seven", "--until", "exit"]).ok();
    for what in [["--until", "idle"], ["--until", "blocked"], ["--match", "nothing"]] {
        let said = desk.pintle(&[&["wait", "seven"][..], &what].concat()).fails(1);
        assert!(said.contains("it has ended"), "{said}");
    }
}

#[test]
fn through_a_crash_of_the_daemon() {
    let desk = Desk::new();
    desk.spawn("asker", &["ask", "go?", "then", "exit", "3"]);
    let finished = thread::scope(|scope| {
        let waiter = scope.spawn(|| desk.pintle(&["wait", "asker", "--until", "exit", "--exit-code"]).finish());
        process::kill(desk.sandbox.daemon());
        desk.pintle(&["send", "asker", "yes"]).ok();
        waiter.join().expect("the waiter's thread")
    });
    assert_eq!(finished.status.code(), Some(3), "{finished}");
}
