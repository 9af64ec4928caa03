//! `daemon_restart`: an upgrade. The same as being killed, with a word before.

use serde_json::json;

use crate::agents::project::Project;
use crate::support::{PATIENCE, Points, eventually, process};

#[test]
fn agents_and_their_output_go_on() {
    let project = Project::new();
    let id = project.spawn(&["lines", "10", "then", "listen"]);
    let before = project.sandbox.daemon();
    let (pid, said) = (project.pid(&id), project.says(&id, "line 000010\r\n"));
    let mut client = project.client();
    client.ask(json!({"type": "daemon_restart"}), "restarting");
    client.expect_closed();
    let after = eventually("another daemon", PATIENCE, || Some(project.sandbox.daemon()).filter(|&now| now != before));
    assert_eq!(project.pid(&id), pid);
    assert_eq!(project.logs(&id), said);
    project.types(&id, "print more\r");
    project.says(&id, "\r\nmore\r\n");
    project.is_consistent();
    assert_eq!(project.sandbox.daemon(), after);
    // It was asked to leave, so it has not died.
    let log = std::fs::read_to_string(project.sandbox.log_folder().join("keeper.log")).expect("a log");
    assert!(log.contains("the daemon restarts") && !log.contains("ended by itself"), "{log}");
}

/// Restarts the daemon while the keeper is busy with the end of an agent, so that it finds the daemon dead before it has read
/// the daemon's last words.
#[test]
fn a_word_of_leaving_is_heard_after_death() {
    let project = Project::new();
    let id = project.spawn(&["ask", "end?"]);
    project.says(&id, "end?");
    let points = Points::new(&project.sandbox);
    points.arm("keeper.reaping");
    let daemon = project.sandbox.daemon();
    project.types(&id, "\r");
    let keeper = points.reached("keeper.reaping", PATIENCE);
    assert_eq!(Some(keeper), project.sandbox.keeper());
    project.ask(json!({"type": "daemon_restart"}), "restarting");
    eventually("the daemon has ended", PATIENCE, || (!process::alive(daemon)).then_some(()));
    points.release("keeper.reaping");
    assert_ne!(project.sandbox.daemon(), daemon);
    let log = std::fs::read_to_string(project.sandbox.log_folder().join("keeper.log")).expect("a log");
    assert!(log.contains("the daemon restarts") && !log.contains("ended by itself"), "{log}");
    project.becomes(&id, "ended", |agent| agent["exit_code"] == 0);
}
