//! A line must be whole 30 s after its first byte, so that nobody holds a connection with half a word.

use std::time::Duration;

use serde_json::json;

use crate::support::Sandbox;
use crate::support::client::NoLine;
use crate::support::wait::{eventually, timed};

/// The limit is shortened for these tests.
const LIMIT: Duration = Duration::from_millis(700);

fn sandbox() -> Sandbox {
    Sandbox::with(&[("PINTLE_TEST_HALF_LINE_MS", "700")])
}

#[test]
fn half_a_line_ends_the_connection() {
    let sandbox = sandbox();
    let mut client = sandbox.started();
    client.expect_usable();
    client.send_raw("{\"type\":");
    let ((), time) = timed(|| client.expect_closed());
    assert!(time > LIMIT / 2, "closed after {time:?} already");
    sandbox.client().expect_usable();
}

#[test]
fn more_bytes_do_not_buy_more_time() {
    let sandbox = sandbox();
    let mut client = sandbox.started();
    // A byte now and then, for ever: it counts from the first one.
    eventually("the connection is closed", 10 * LIMIT, || client.try_send_raw("x").is_err().then_some(()));
    sandbox.client().expect_usable();
}

#[test]
fn a_silent_connection_stays() {
    let sandbox = sandbox();
    sandbox.start();
    // One that has spoken, one that never has, and one whose blank line is no line.
    let mut clients = [sandbox.client(), sandbox.client(), sandbox.client()];
    clients[0].expect_usable();
    clients[2].send_raw("\n");
    for client in &mut clients {
        let closed = client.recv_line(2 * LIMIT);
        assert!(matches!(closed, Err(NoLine::TimedOut)), "{closed:?}");
        client.expect_usable();
    }
}

#[test]
fn a_stream_buys_no_time() {
    let sandbox = sandbox();
    let mut stream = sandbox.started();
    stream.ask(json!({"type": "subscribe_events"}), "events_subscribed");
    stream.send_raw("{\"type\":");
    // Every event is a reason to look anew, and none to count anew.
    let project = sandbox.project();
    let mut busy = sandbox.client();
    busy.ask(json!({"type": "init", "project_root": project}), "init_result");
    let spawn = json!({"type": "spawn", "project_root": project, "root": true, "command": "true"});
    let closed = || {
        busy.ask(spawn.clone(), "spawn_result");
        stream.try_send_raw(" ").is_err().then_some(())
    };
    eventually("the connection is closed", 10 * LIMIT, closed);
}
