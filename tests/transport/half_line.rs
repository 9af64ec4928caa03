//! A line must be whole 30 s after its first byte, so that nobody holds a connection with half a word.

use std::time::Duration;

use crate::support::Sandbox;
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
    let mut client = sandbox.started();
    client.expect_usable();
    let closed = client.recv_line(2 * LIMIT);
    assert!(matches!(closed, Err(crate::support::client::NoLine::TimedOut)), "{closed:?}");
    client.expect_usable();
}
