//! `report`, as hooks call it.

use crate::cli::Desk;
use crate::support::Sandbox;

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
