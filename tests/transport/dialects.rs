//! Two dialects on one socket, and on one connection.

use serde_json::json;

use crate::support::Sandbox;

#[test]
fn a_connection_may_mix_them() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    for _ in 0..3 {
        client.expect_usable();
        assert_eq!(client.call(json!({"cmd": "ping"})), json!({"ok": true, "pong": true}));
    }
}

#[test]
fn each_reports_errors_in_its_own_way() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    let unknown = client.call(json!({"cmd": "no_such_command"}));
    assert_eq!(unknown, json!({"ok": false, "error": "unknown command: no_such_command", "code": "PARSE_ERROR"}));
    let unknown = client.call(json!({"type": "no_such_request"}));
    assert_eq!(unknown["type"], "error", "{client}");
    assert_eq!(unknown["code"], "PARSE_ERROR", "{client}");
    assert!(unknown.get("ok").is_none(), "{client}");
    // A known command that lacks a field answers as commands do.
    let incomplete = client.call(json!({"cmd": "write_log"}));
    assert_eq!((&incomplete["ok"], &incomplete["code"]), (&json!(false), &json!("PARSE_ERROR")), "{client}");
    assert!(incomplete["error"].is_string(), "{client}");
}

#[test]
fn a_name_of_the_other_dialect_is_unknown() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    client.refused(json!({"type": "ping"}), "PARSE_ERROR");
    client.refused(json!({"cmd": "health"}), "PARSE_ERROR");
    client.expect_usable();
}

#[test]
fn what_is_written_into_the_log_is_one_line() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    let message = "first\n2026-01-01T00:00:00Z ERROR fake: forged";
    assert_eq!(client.call(json!({"cmd": "write_log", "level": "info", "message": message}))["ok"], true);
    let log = sandbox.log_tail();
    let line = log.lines().find(|line| line.contains("first")).unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("forged"), "{log}");
}
