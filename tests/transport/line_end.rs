//! Lines end with `\n`; a `\r` before it is ignored; how they are cut into packets does not matter.

use serde_json::json;

use crate::support::Sandbox;
use crate::support::client::ANSWER;

#[test]
fn a_carriage_return_is_ignored() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    client.send_raw("{\"type\":\"health\"}\r\n{\"cmd\":\"ping\"}\r\n{\"cmd\":\"ping\"}\n");
    assert_eq!(client.recv()["type"], "health_report", "{client}");
    assert_eq!(client.recv()["pong"], true, "{client}");
    assert_eq!(client.recv()["pong"], true, "{client}");
}

#[test]
fn replies_end_with_a_bare_newline_and_hold_none() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    client.send(&json!({"type": "two\nlines"}));
    let line = client.recv_line(ANSWER).expect("a reply");
    assert!(!line.ends_with(b"\r"), "{client}");
    assert!(serde_json::from_slice::<serde_json::Value>(&line).is_ok(), "{client}");
    client.expect_usable();
}

#[test]
fn a_request_may_come_byte_by_byte() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    for byte in b"{\"type\":\"health\"}\n{\"cmd\":\"ping\"}\n" {
        client.send_raw([*byte]);
    }
    assert_eq!(client.recv()["type"], "health_report", "{client}");
    assert_eq!(client.recv()["pong"], true, "{client}");
}

#[test]
fn what_was_asked_is_answered_though_nothing_more_will_be() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    client.send_raw("{\"cmd\":\"ping\"}\n{\"type\":\"health\"}\n");
    client.finish_sending();
    assert_eq!(client.recv()["pong"], true, "{client}");
    assert_eq!(client.recv()["type"], "health_report", "{client}");
    client.expect_closed();
}

#[test]
fn what_is_cut_off_at_the_end_is_no_request() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    client.send_raw("{\"cmd\":\"ping\"}\n{\"type\":\"shutdown\"");
    client.finish_sending();
    assert_eq!(client.recv()["pong"], true, "{client}");
    // A word of complaint may come or not; the daemon must not take the rest for granted.
    let _ = client.recv_within(ANSWER);
    sandbox.client().expect_usable();
}
