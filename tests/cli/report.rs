//! `report`, as hooks call it.

use crate::cli::Desk;
use crate::support::{PATIENCE, Points, Sandbox, eventually};

#[test]
fn what_an_agent_says_of_itself_is_its_status() {
    let desk = Desk::new();
    let id = desk.spawn("worker", &["listen"]);
    let report = |words: &[&str]| desk.pintle(&[&["report"], words].concat()).env("PINTLE_AGENT_ID", &id);
    assert_eq!(report(&["blocked", "--message", "which branch?"]).ok(), "");
    let agent = desk.agent("worker");
    assert_eq!((&agent["activity"], &agent["status"]), (&"blocked".into(), &"waiting".into()), "{agent}");
    assert!(agent["because"].as_str().expect("a reason").contains("which branch?"), "{agent}");
    desk.pintle(&["report", "idle", "--agent", "worker"]).ok();
    assert_eq!(desk.agent("worker")["activity"], "idle");
    let explained = desk.pintle(&["explain", "worker"]).ok();
    assert!(explained.starts_with(&format!("{id} is idle (waiting): ")), "{explained}");
}

#[test]
fn outside_of_an_agent_it_does_nothing_and_says_nothing() {
    let sandbox = Sandbox::new();
    for agent in [None, Some("ag-00000000")] {
        let invocation = sandbox.pintle(&["report", "working"]);
        let invocation = if let Some(id) = agent { invocation.env("PINTLE_AGENT_ID", id) } else { invocation };
        let finished = invocation.finish();
        assert!(finished.success() && finished.stdout.is_empty() && finished.stderr.is_empty(), "{finished}");
    }
    assert!(sandbox.keeper().is_none(), "a hook starts no daemon");
}

/// A program's first act: nobody knows the agent yet but its keeper.
#[test]
fn what_is_said_before_the_spawn_is_answered_counts() {
    let desk = Desk::new();
    let points = Points::new(&desk.sandbox);
    points.arm("keeper.started");
    points.arm("until_started.waits");
    let command = "pintle report blocked --message 'from inside' || echo refused; exec cat";
    let asks = desk.pintle(&["spawn", "--name", "hooked", "--command", command]);
    let asks = std::thread::spawn(move || asks.finish());
    points.reached("keeper.started", PATIENCE);
    points.reached("until_started.waits", PATIENCE);
    points.release("until_started.waits");
    points.release("keeper.started");
    assert!(asks.join().expect("an answer").success());
    eventually("its hook has been heard", PATIENCE, || {
        desk.agent("hooked")["because"].as_str()?.contains("from inside").then_some(())
    });
}

#[test]
fn a_hook_finds_pintle_wherever_it_is_installed() {
    let desk = Desk::new();
    let command = "pintle report blocked --message 'from inside'; exec cat";
    desk.pintle(&["spawn", "--name", "hooked", "--command", command]).ok();
    eventually("the hook has reported", PATIENCE, || {
        desk.agent("hooked")["because"].as_str()?.contains("from inside").then_some(())
    });
    let link = desk.sandbox.path("run/pintle/shims/pintle");
    assert!(
        desk.pintle(&["doctor"]).ok().contains(&format!("ok    hooks       agents run {}: pintle ", link.display()))
    );
    // Left by a pintle that was installed elsewhere.
    std::fs::remove_file(&link).expect("it is there");
    std::os::unix::fs::symlink("/nonexistent/pintle", &link).expect("a link");
    let report = desk.pintle(&["doctor"]).ok();
    assert!(report.contains("warn  hooks") && report.contains("`pintle daemon restart` makes it anew"), "{report}");
    desk.pintle(&["daemon", "restart"]).ok();
    assert_eq!(std::fs::read_link(&link).expect("a link"), crate::support::pintle());
}
