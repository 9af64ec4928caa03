//! 64 connections at once. An idle one makes room; where none is idle, one more waits a second and is told so.

use std::time::Duration;

use serde_json::json;

use crate::support::client::NoLine;
use crate::support::{Client, PATIENCE, Sandbox, eventually, process};

const MOST: usize = 64;

/// As many connections as there may be, each of them served.
fn fill(sandbox: &Sandbox, count: usize) -> Vec<Client> {
    let connect = |_| {
        let mut client = sandbox.client();
        client.expect_usable();
        client
    };
    (0..count).map(connect).collect()
}

/// Connects once more and reads the line that refuses it.
#[track_caller]
fn check_refused(sandbox: &Sandbox) {
    let mut client = sandbox.client();
    let line = client.recv();
    assert_eq!((&line["type"], &line["code"]), (&json!("error"), &json!("BUSY")), "{client}");
    assert_eq!(line["ok"], false, "{client}");
    for message in [&line["message"], &line["error"]] {
        assert!(
            message.as_str().is_some_and(|message| !message.is_empty()),
            "both dialects must be told why\n{client}"
        );
    }
    client.expect_closed();
}

#[test]
fn the_65th_is_told_and_the_others_go_on() {
    let sandbox = Sandbox::new();
    sandbox.start();
    let mut clients = fill(&sandbox, MOST);
    check_refused(&sandbox);
    clients.iter_mut().for_each(Client::expect_usable);
    clients.pop();
    sandbox.client().expect_usable();
}

#[test]
fn one_that_waits_gets_the_place_of_one_that_leaves() {
    let sandbox = Sandbox::new();
    sandbox.start();
    let mut clients = fill(&sandbox, MOST);
    let mut waiting = sandbox.client();
    // Sent before there is a place, answered when there is one.
    waiting.send(&json!({"type": "health"}));
    clients.pop();
    assert_eq!(waiting.recv()["type"], "health_report", "{waiting}");
}

#[test]
fn the_one_idle_for_longest_makes_room() {
    let sandbox = Sandbox::with(&[("PINTLE_TEST_IDLE_MS", "200")]);
    sandbox.start();
    let mut clients = fill(&sandbox, MOST);
    // The oldest by age is not the oldest by use.
    clients[0].expect_usable();
    // Within the second that it may wait, others become idle.
    sandbox.client().expect_usable();
    clients[1].expect_closed();
    let others = clients.iter_mut().enumerate().filter(|(n, _)| *n != 1);
    others.for_each(|(_, client)| client.expect_usable());
}

#[test]
fn of_those_that_never_spoke_one_makes_room() {
    let sandbox = Sandbox::with(&[("PINTLE_TEST_IDLE_MS", "200")]);
    sandbox.start();
    let mut silent: Vec<Client> = (0..MOST).map(|_| sandbox.client()).collect();
    sandbox.client().expect_usable();
    silent.remove(0).expect_closed();
    silent.iter_mut().for_each(Client::expect_usable);
}

#[test]
fn a_stream_is_never_idle() {
    let sandbox = Sandbox::with(&[("PINTLE_TEST_IDLE_MS", "100")]);
    let project = sandbox.project();
    let mut stream = sandbox.started();
    stream.ask(json!({"type": "init", "project_root": project}), "init_result");
    stream.ask(json!({"type": "subscribe_status", "project_root": project}), "status_subscribed");
    stream.recv_until("the first state", |line| line["type"] == "status_event");
    let _idle = fill(&sandbox, MOST - 1);
    // Twice as many newcomers as there are places, all of which stay: everyone but the stream is evicted for them.
    let _newcomers = fill(&sandbox, 2 * MOST);
    let quiet = stream.recv_within(Duration::from_millis(1));
    assert!(matches!(quiet, Err(NoLine::TimedOut)), "the stream was ended: {quiet:?}");
}

#[test]
fn a_request_in_flight_is_not_idle() {
    let sandbox = Sandbox::with(&[("PINTLE_TEST_IDLE_MS", "100")]);
    let project = sandbox.project();
    let mut waiting = sandbox.started();
    waiting.ask(json!({"type": "init", "project_root": project}), "init_result");
    let spawn = json!({"type": "spawn", "project_root": project, "root": true, "command": "sleep 60"});
    let agent = waiting.ask(spawn, "spawn_result")["agent_id"].clone();
    waiting.send(&json!({"type": "wait", "agent_id": agent, "until": "exit", "timeout_seconds": 20}));
    let _idle = fill(&sandbox, MOST - 1);
    let newcomers = fill(&sandbox, 2 * MOST);
    drop(newcomers);
    let kill = json!({"type": "kill", "project_root": project, "target": {"type": "agent", "id": agent}});
    sandbox.client().ask(kill, "kill_result");
    let reply = waiting.recv();
    assert_eq!((&reply["type"], &reply["reached"]), (&json!("wait_result"), &json!(true)), "{waiting}");
}

#[test]
fn of_200_at_once_64_are_served_and_all_are_answered() {
    let sandbox = Sandbox::new();
    sandbox.start();
    let socket = sandbox.socket();
    let daemon = sandbox.daemon();
    let connect = |_| {
        let mut client = Client::connect(&socket);
        // One that is refused may be closed before it has said a word.
        let _ = client.try_send_raw("{\"type\":\"health\"}\n");
        let line = client.recv();
        (client, line)
    };
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..200).map(|n| scope.spawn(move || connect(n))).collect();
        threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    let served = answers.iter().filter(|(_, line)| line["type"] == "health_report").count();
    let refused = answers.iter().filter(|(_, line)| line["code"] == "BUSY").count();
    assert_eq!((served, refused), (MOST, 200 - MOST));
    let files = process::open_files(daemon).expect("the daemon lives");
    drop(answers);
    // The places come back, and so do the daemon's descriptors.
    eventually("the daemon has closed what clients closed", PATIENCE, || {
        process::open_files(daemon).filter(|&now| now + MOST <= files)
    });
    drop(fill(&sandbox, MOST));
}
