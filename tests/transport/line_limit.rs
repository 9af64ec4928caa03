//! The largest line is 1 MiB without its newline.

use serde_json::json;

use crate::support::{Client, Sandbox, process};

const LIMIT: usize = 1 << 20;

/// A request for `health` of exactly this many bytes.
fn health(bytes: usize) -> String {
    let frame = r#"{"type":"health","padding":""}"#;
    let padding = "x".repeat(bytes - frame.len());
    format!(r#"{{"type":"health","padding":"{padding}"}}"#)
}

#[track_caller]
fn check_too_large(client: &mut Client) {
    let message = client.recv_error("PARSE_ERROR");
    assert_eq!(message, "request is larger than 1 MiB");
    client.expect_closed();
}

#[test]
fn a_line_of_exactly_1_mib_is_served() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    for end in ["\n", "\r\n"] {
        let line = health(LIMIT);
        assert_eq!(line.len(), LIMIT);
        client.send_raw(line + end);
        assert_eq!(client.recv()["type"], "health_report", "{client}");
    }
    client.expect_usable();
}

#[test]
fn one_byte_more_is_refused_and_the_connection_closed() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    let line = health(LIMIT + 1);
    assert_eq!(line.len(), LIMIT + 1);
    // May fail in the middle: the other side may close as soon as it has seen enough.
    let _ = client.try_send_raw(line + "\n");
    check_too_large(&mut client);
    sandbox.client().expect_usable();
}

#[test]
fn the_limit_does_not_wait_for_the_newline() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    let _ = client.try_send_raw("x".repeat(LIMIT + 2));
    check_too_large(&mut client);
}

#[test]
fn a_line_cut_off_at_the_limit_is_never_parsed() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    // The first MiB would be a request to shut down; the whole line is none.
    let request = json!({"type": "shutdown"}).to_string();
    let padding = " ".repeat(LIMIT - request.len());
    let _ = client.try_send_raw(format!("{request}{padding}and more\n"));
    check_too_large(&mut client);
    sandbox.client().expect_usable();
}

#[test]
fn what_came_before_a_line_too_large_is_answered() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    let _ = client.try_send_raw(format!("{}\n{}\n", json!({"cmd": "ping"}), health(LIMIT + 1)));
    assert_eq!(client.recv()["pong"], true, "{client}");
    check_too_large(&mut client);
}

#[test]
fn lines_of_10_mib_leave_no_trace() {
    let sandbox = Sandbox::new();
    let mut steady = sandbox.started();
    let daemon = sandbox.daemon();
    let line = "x".repeat(10 << 20) + "\n";
    let send = || {
        let mut client = sandbox.client();
        let _ = client.try_send_raw(&line);
        check_too_large(&mut client);
    };
    // The first ones teach the allocator what to keep.
    (0..3).for_each(|_| send());
    let before = process::private_memory(daemon).expect("the daemon lives");
    (0..10).for_each(|_| send());
    let after = process::private_memory(daemon).expect("the daemon lives");
    assert!(after < before + (4 << 20), "private memory went from {before} to {after} bytes");
    steady.expect_usable();
}
