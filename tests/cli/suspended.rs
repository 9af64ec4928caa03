//! What is said of an agent that is suspended and whose process was ended for it.

use crate::agents::suspend_resume::KIND;
use crate::cli::Desk;
use crate::support::{Tmux, fake_agent, pintle};

/// A desk with an agent `able`, which can be started again with its session.
fn desk() -> Desk {
    let desk = Desk::new();
    let config = KIND.replace("FAKE", &fake_agent(&[])).replace("print, 'first", "print, ready, then, print, 'first");
    std::fs::write(desk.root.join(".pintle/config.yaml"), config).expect("a file in a project");
    desk.pintle(&["spawn", "--name", "able"]).ok();
    desk.pintle(&["wait", "able", "--match", "first", "--timeout", "20"]).ok();
    desk
}

#[test]
fn every_command_says_so_and_what_goes_on() {
    let desk = desk();
    let id = desk.agent("able")["id"].as_str().expect("an id").to_owned();
    desk.pintle(&["suspend", "able"]).ok();
    let check = |desk: &Desk| {
        let resume = format!("pintle resume {id}");
        for args in [&["send", "able", "hello"][..], &["send", "able", "--keys", "C-c"], &["suspend", "able"]] {
            let said = desk.pintle(args).fails(1);
            assert!(said.contains("is suspended") && said.contains(&resume), "{args:?}: {said}");
            assert!(!said.contains("has ended"), "{args:?}: {said}");
        }
        let attached = desk.pintle(&["attach", "able"]).stdin("").finish();
        assert!(attached.status.success(), "{attached}");
        assert!(attached.stderr.contains("[able is suspended; `pintle resume able` lets it go on]"), "{attached}");
        let followed = desk.pintle(&["logs", "--follow", "able"]).finish();
        assert!(followed.stdout.contains("ready\n") && followed.stderr.contains(&resume), "{followed}");
        assert!(desk.pintle(&["capture", "able"]).ok().contains("ready\n"));
        // Nobody deploys because an agent was put aside.
        for what in [["--until", "exit"], ["--until", "idle"], ["--match", "never"]] {
            let said = desk.pintle(&[&["wait", "able"][..], &what].concat()).fails(1);
            assert!(said.contains("it is suspended") && said.contains("pintle resume able"), "{said}");
        }
        desk.pintle(&["wait", "able", "--until", "exit", "--exit-code"]).fails(1);
        desk.pintle(&["wait", "able", "--match", "ready"]).ok();
    };
    check(&desk);
    // The next daemon says the same.
    desk.pintle(&["daemon", "restart"]).ok();
    check(&desk);
    desk.pintle(&["resume", "able"]).ok();
    desk.pintle(&["wait", "able", "--match", "again", "--timeout", "20"]).ok();
    desk.pintle(&["kill", "able"]).ok();
}

#[test]
fn all_are_resumed_but_for_those_that_cannot_be() {
    let desk = desk();
    assert_eq!(desk.pintle(&["resume", "--all"]).ok(), "nothing to resume\n");
    desk.spawn("stopped", &["listen"]);
    desk.spawn("ended", &["exit", "0"]);
    desk.pintle(&["wait", "ended", "--until", "exit"]).ok();
    desk.pintle(&["suspend", "--all"]).ok();
    let config = desk.root.join(".pintle/config.yaml");
    let good = std::fs::read_to_string(&config).expect("what a desk has");
    std::fs::write(&config, good.replace("command: ", "command: /no/such")).expect("a file in a project");
    let said = desk.pintle(&["resume", "--all"]).fails(1);
    assert!(said.contains("/no/such"), "{said}");
    assert_eq!((&desk.agent("able")["suspended"], &desk.agent("stopped")["suspended"]), (&true.into(), &false.into()));
    std::fs::write(&config, good).expect("a file in a project");
    let id = desk.agent("able")["id"].as_str().expect("an id").to_owned();
    assert_eq!(desk.json(&["resume", "--all"])["agent_id"], id.as_str());
    assert_eq!(desk.agent("ended")["activity"], "done");
    assert_eq!(desk.pintle(&["resume", "--all"]).ok(), "nothing to resume\n");
    desk.pintle(&["resume"]).fails(2);
    desk.pintle(&["resume", "--all", "able"]).fails(2);
}

#[test]
fn who_waits_for_one_that_is_stopped_knows_why() {
    let desk = Desk::new();
    desk.spawn("stopped", &["print", "ready", "then", "listen"]);
    desk.pintle(&["wait", "stopped", "--match", "ready"]).ok();
    desk.pintle(&["suspend", "stopped"]).ok();
    let said = desk.pintle(&["wait", "stopped", "--match", "never", "--timeout", "0.1"]).fails(5);
    assert_eq!(said, "pintle: it is suspended; `pintle resume stopped` lets it go on\n");
}

#[test]
fn one_whose_keeper_is_gone_says_so_too() {
    let desk = desk();
    let id = desk.agent("able")["id"].as_str().expect("an id").to_owned();
    desk.pintle(&["suspend", "able"]).ok();
    desk.pintle(&["daemon", "stop"]).ok();
    for args in [&["send", "able", "hello"][..], &["attach", "able"], &["capture", "able"], &["logs", "able"]] {
        let said = desk.pintle(args).stdin("").fails(1);
        assert!(said.contains("is suspended") && said.contains(&format!("pintle resume {id}")), "{args:?}: {said}");
    }
    desk.pintle(&["kill", "able"]).ok();
    assert_eq!(desk.json(&["status"])["agents"], serde_json::json!([]));
}

#[test]
fn who_is_attached_when_it_is_suspended_is_told() {
    let desk = desk();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    tmux.type_line(&pane, &format!("{} attach able", pintle().display()));
    tmux.shows(&pane, "ready");
    desk.pintle(&["suspend", "able"]).ok();
    tmux.shows(&pane, "[able is suspended; `pintle resume able` lets it go on]");
}
