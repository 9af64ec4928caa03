//! `daemon start|stop|restart|status|logs`

use crate::cli::Desk;
use crate::support::{Sandbox, process};

#[test]
fn start_and_stop_are_done_when_they_return() {
    let sandbox = Sandbox::new();
    sandbox.pintle(&["daemon", "status"]).fails(3);
    assert!(sandbox.pintle(&["daemon", "start"]).ok().contains("is started"));
    assert!(sandbox.pintle(&["daemon", "start"]).ok().contains("runs already"));
    assert!(sandbox.pintle(&["daemon", "status"]).ok().contains("the daemon is well"));
    let (keeper, daemon) = (sandbox.keeper().expect("a pid file"), sandbox.daemon());
    sandbox.pintle(&["daemon", "stop"]).ok();
    assert!(!process::alive(keeper) && !process::alive(daemon));
    assert!(!sandbox.socket().exists());
    assert!(sandbox.pintle(&["daemon", "stop"]).ok().contains("does not run"));
    sandbox.pintle(&["daemon", "status"]).fails(3);
}

/// Whatever moment a daemon dies at: the keeper, or the next one, sees to it.
#[test]
fn stop_works_in_the_middle_of_a_crash() {
    let desk = Desk::new();
    desk.spawn("listener", &["listen"]);
    let (keeper, daemon) = (desk.sandbox.keeper().expect("a pid file"), desk.sandbox.daemon());
    process::kill(daemon);
    desk.pintle(&["daemon", "stop"]).ok();
    assert!(!process::alive(keeper));
}

#[test]
fn restart_changes_the_daemon_and_nothing_else() {
    let desk = Desk::new();
    desk.spawn("listener", &["listen"]);
    let (keeper, daemon, agent) = (desk.sandbox.keeper(), desk.sandbox.daemon(), desk.agent("listener")["pid"].clone());
    let said = desk.pintle(&["daemon", "restart"]).ok();
    let now = desk.sandbox.daemon();
    assert_ne!(now, daemon);
    assert_eq!(said, format!("the daemon is restarted (pid {daemon} -> {now})\n"));
    assert_eq!(desk.sandbox.keeper(), keeper);
    assert_eq!(desk.agent("listener")["pid"], agent);
}

#[test]
fn restart_starts_one_where_none_runs() {
    let sandbox = Sandbox::new();
    assert!(sandbox.pintle(&["daemon", "restart"]).ok().contains("is started"));
}

#[test]
fn logs_of_both_processes() {
    let sandbox = Sandbox::new();
    let said = sandbox.pintle(&["daemon", "logs"]).fails(2);
    assert!(said.contains("there is no log"), "{said}");
    sandbox.start();
    let daemon = sandbox.daemon().to_string();
    assert!(sandbox.pintle(&["daemon", "logs"]).ok().contains(&daemon));
    assert!(!sandbox.pintle(&["daemon", "logs", "--keeper"]).ok().is_empty());
    assert_eq!(sandbox.pintle(&["daemon", "logs", "-n", "1"]).ok().lines().count(), 1);
}

#[test]
fn stopping_what_does_not_run_is_no_error() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.pintle(&["daemon", "stop"]).ok(), "the daemon does not run\n");
    let said: serde_json::Value =
        serde_json::from_str(&sandbox.pintle(&["daemon", "stop", "--json"]).ok()).expect("JSON");
    assert_eq!(said, serde_json::json!({"type": "ok", "running": false}));
}

#[test]
fn a_path_too_long_for_a_socket_is_explained() {
    let mut sandbox = Sandbox::new();
    let long = sandbox.path("x".repeat(110));
    std::fs::create_dir(&long).expect("a folder");
    sandbox.set("XDG_RUNTIME_DIR", &long);
    let said = sandbox.pintle(&["health"]).finish();
    assert!(said.stderr.contains("107 bytes at most: set XDG_RUNTIME_DIR"), "{said}");
}
