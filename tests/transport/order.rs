//! Replies come in the order of the requests.

use serde_json::json;

use crate::support::Sandbox;

#[test]
fn a_thousand_pipelined_requests() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    let numbers = 0..1000;
    // Unknown commands: each reply carries the number of its request. Others are mixed in, of either dialect.
    let requests: Vec<String> = numbers
        .clone()
        .map(|n| match n % 3 {
            0 => format!("{}\n", json!({"type": "health"})),
            1 => format!("{}\n", json!({"cmd": format!("number {n}")})),
            _ => format!("broken {n}\n"),
        })
        .collect();
    client.send_raw(requests.concat());
    for n in numbers {
        let reply = client.recv();
        match n % 3 {
            0 => assert_eq!(reply["type"], "health_report", "reply {n}\n{client}"),
            1 => assert_eq!(reply["error"], format!("unknown command: number {n}"), "reply {n}\n{client}"),
            _ => assert_eq!(reply["code"], "PARSE_ERROR", "reply {n}\n{client}"),
        }
    }
}

#[test]
fn a_slow_answer_is_not_overtaken() {
    let sandbox = Sandbox::new();
    let project = sandbox.project();
    let mut client = sandbox.started();
    client.ask(json!({"type": "init", "project_root": project}), "init_result");
    let spawn = json!({"type": "spawn", "project_root": project, "root": true, "command": "sleep 60"});
    let agent = client.ask(spawn, "spawn_result")["agent_id"].clone();
    client.send(&json!({"type": "wait", "agent_id": agent, "until": "exit", "timeout_seconds": 1}));
    client.send(&json!({"cmd": "ping"}));
    let slow = client.recv();
    assert_eq!((&slow["type"], &slow["reached"]), (&json!("wait_result"), &json!(false)), "{client}");
    assert_eq!(client.recv()["pong"], true, "{client}");
}

#[test]
fn a_client_that_does_not_read_its_answers_harms_only_itself() {
    let sandbox = Sandbox::new();
    let mut deaf = sandbox.started();
    // More answers than the socket's buffers hold: the daemon must stop reading this client, not collect for it.
    let requests = "{\"type\":\"health\"}\n".repeat(20_000);
    let writer = std::thread::spawn(move || {
        let _ = deaf.try_send_raw(requests);
        deaf
    });
    let mut other = sandbox.client();
    for _ in 0..100 {
        other.expect_usable();
    }
    drop(sandbox);
    drop(writer.join().expect("the writer ends with the daemon"));
}
