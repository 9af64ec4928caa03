//! What Tab offers.

use crate::cli::Desk;
use crate::support::Sandbox;
use crate::support::invocation::Invocation;

/// As the script of fish asks: the candidates, each with its description behind a tab.
fn offered(invocation: Invocation) -> String {
    invocation.env("PINTLE_COMPLETE", "fish").ok()
}

#[test]
fn agents_by_name_and_id_with_what_they_do() {
    let desk = Desk::new();
    let id = desk.spawn("worker", &["listen"]);
    let offers = offered(desk.pintle(&["--", "pintle", "attach", ""]));
    assert!(offers.lines().any(|line| line.starts_with("worker\t")), "{offers}");
    assert!(offers.lines().any(|line| line.starts_with(&format!("{id}\tworker:"))), "{offers}");
    // Those of the project that is named on the line.
    let home = desk.sandbox.path("home");
    let root = desk.root.to_str().expect("UTF-8");
    let elsewhere = |words: &[&str]| offered(desk.sandbox.pintle(words).current_dir(&home));
    assert!(elsewhere(&["--", "pintle", "--project", root, "kill", "wor"]).starts_with("worker\t"));
    assert_eq!(elsewhere(&["--", "pintle", "kill", "wor"]), "");
}

#[test]
fn a_name_that_a_shell_would_take_apart_is_not_offered() {
    let desk = Desk::new();
    let ids = ["x;touch pwned", "two words", "$(touch pwned)"].map(|name| desk.spawn(name, &["listen"]));
    let offers = offered(desk.pintle(&["--", "pintle", "attach", ""]));
    let words: Vec<&str> = offers.lines().filter_map(|line| line.split('\t').next()).collect();
    assert!(ids.iter().all(|id| words.contains(&id.as_str())), "{offers}");
    assert_eq!(words.iter().filter(|word| !word.starts_with("ag-") && !word.starts_with('-')).count(), 0, "{offers}");
}

#[test]
fn agents_that_can_be_resumed_and_those_that_can_be_suspended() {
    let desk = Desk::new();
    desk.spawn("resting", &["listen"]);
    desk.spawn("working", &["listen"]);
    desk.spawn("ended", &["exit", "0"]);
    desk.pintle(&["suspend", "resting"]).ok();
    desk.pintle(&["wait", "ended", "--until", "exit"]).ok();
    for (command, expected) in [("resume", "resting"), ("suspend", "working")] {
        let offers = offered(desk.pintle(&["--", "pintle", command, ""]));
        let words = offers.lines().filter_map(|line| line.split('\t').next());
        let names: Vec<&str> = words.filter(|word| !word.starts_with('-') && !word.starts_with("ag-")).collect();
        assert_eq!(names, [expected], "{command}: {offers}");
        assert_eq!(offers.matches("ag-").count(), 1, "{command}: {offers}");
    }
}

#[test]
fn commands_and_words() {
    let sandbox = Sandbox::new();
    assert!(offered(sandbox.pintle(&["--", "pintle", "sp"])).starts_with("spawn\t"));
    let states = offered(sandbox.pintle(&["--", "pintle", "report", ""]));
    assert!(states.contains("blocked\t"), "{states}");
}

#[test]
fn tab_starts_no_daemon() {
    let sandbox = Sandbox::new();
    let offers = offered(sandbox.pintle(&["--", "pintle", "attach", ""]));
    assert!(!offers.contains("ag-"), "{offers}");
    assert!(sandbox.keeper().is_none());
}
