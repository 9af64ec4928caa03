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

/// A script that says nothing of quotes is one of before there were any.
#[test]
fn a_name_that_bash_would_take_apart_is_offered_only_to_a_script_that_has_quotes_for_it() {
    let desk = Desk::new();
    let names = ["x;touch pwned", "two words", "$(touch pwned)", "a*b"];
    let ids = names.map(|name| desk.spawn(name, &["listen"]));
    let offered = |quoted: &str| {
        let bash = desk.pintle(&["--", "pintle", "attach", ""]).env("PINTLE_COMPLETE", "bash");
        let bash = bash.env("_CLAP_COMPLETE_INDEX", "2").env("_CLAP_COMPLETE_COMP_TYPE", "9");
        if quoted.is_empty() { bash.ok() } else { bash.env("PINTLE_COMPLETE_QUOTED", quoted).ok() }
    };
    let (plain, quoted) = (offered(""), offered("1"));
    let words = |offers: &str| -> Vec<String> {
        let words = offers.lines().filter(|word| !word.starts_with('-') && !word.starts_with("ag-"));
        words.map(str::to_owned).collect()
    };
    assert!(ids.iter().all(|id| plain.contains(id.as_str()) && quoted.contains(id.as_str())), "{plain}\n{quoted}");
    assert_eq!(words(&plain), [""; 0]);
    assert_eq!(words(&quoted), names[..3], "what is a pattern would be names of files");
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
