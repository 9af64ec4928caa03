//! `kill`

use crate::cli::Desk;
use crate::support::process;

fn pid(desk: &Desk, name: &str) -> u32 {
    desk.agent(name)["pid"].as_u64().and_then(|pid| pid.try_into().ok()).expect("a living agent")
}

#[test]
fn several_by_name() {
    let desk = Desk::new();
    for name in ["one", "two", "three"] {
        desk.spawn(name, &["hang"]);
    }
    let (one, two, three) = (pid(&desk, "one"), pid(&desk, "two"), pid(&desk, "three"));
    let said = desk.pintle(&["kill", "one", "two"]).ok();
    assert_eq!(said.lines().filter(|line| line.ends_with("ended with code 143")).count(), 2, "{said}");
    assert!(!process::alive(one) && !process::alive(two));
    assert!(process::alive(three));
}

#[test]
fn a_slip_in_one_name_spares_all() {
    let desk = Desk::new();
    desk.spawn("one", &["hang"]);
    let one = pid(&desk, "one");
    desk.pintle(&["kill", "one", "tow"]).fails(4);
    assert!(process::alive(one));
}

#[test]
fn all_but_some_and_but_the_one_that_says_so() {
    let desk = Desk::new();
    for name in ["killer", "spared", "other"] {
        desk.spawn(name, &["hang"]);
    }
    let killer = desk.agent("killer")["id"].as_str().expect("an id").to_owned();
    let said = desk.pintle(&["kill", "--all", "--exclude", "spared"]).env("PINTLE_AGENT_ID", &killer).ok();
    assert_eq!(said.matches("ended with").count(), 1, "{said}");
    assert_eq!(said.matches("was spared").count(), 2, "{said}");
    desk.agent("killer");
    desk.agent("spared");
}

#[test]
fn what_was_killed_is_found_by_name_by_those_who_only_look() {
    let desk = Desk::new();
    let id = desk.spawn("worker", &["print", "last words", "then", "listen"]);
    desk.pintle(&["wait", "worker", "--match", "last words"]).ok();
    desk.pintle(&["kill", "worker"]).ok();
    for command in ["logs", "capture"] {
        let said = desk.pintle(&[command, "worker"]).ok();
        assert!(said.contains("last words"), "{command}: {said}");
    }
    assert!(desk.pintle(&["explain", "worker"]).ok().starts_with(&id));
    let said = desk.pintle(&["send", "worker", "hello"]).fails(4);
    assert!(said.contains(&format!("it was killed; `pintle logs {id}` prints its last output")), "{said}");
    // The name is free again, and then means the new one.
    desk.spawn("worker", &["print", "other words", "then", "exit", "0"]);
    desk.pintle(&["wait", "worker", "--until", "exit"]).ok();
    assert_eq!(desk.pintle(&["logs", "worker"]).ok(), "other words\n");
}
