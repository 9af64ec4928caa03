//! `kill -9` of the daemon: agents do not notice, clients hardly.

use std::time::Duration;

use serde_json::json;

use crate::agents::project::{Project, check_lines};
use crate::support::wait::timed;
use crate::support::{Client, PATIENCE, Points, process};

/// The longest that a client may have to wait for the next daemon. It takes a tenth of that on a busy machine.
const GAP: Duration = Duration::from_secs(1);

#[test]
fn twenty_printing_agents_lose_nothing() {
    let project = Project::new();
    let ids: Vec<String> = (0..20).map(|_| project.spawn(&["lines", "forever", "100", "then", "exit", "6"])).collect();
    let pids: Vec<u32> = ids.iter().map(|id| project.pid(id)).collect();
    let mut readers: Vec<_> = ids.iter().map(|id| (project.attach(id), String::new())).collect();
    for (reader, _) in &mut readers {
        reader.read_text("line 000003");
    }
    for round in 0..3 {
        let before = project.sandbox.daemon();
        process::kill(before);
        // The listening socket never closes: this client comes when there is no daemon.
        let (after, took) = timed(|| project.sandbox.daemon());
        println!("round {round}: the next daemon answered after {took:?}");
        assert_ne!(after, before);
        assert!(took < GAP, "the next daemon answered after {took:?}");
        for ((reader, read), id) in readers.iter_mut().zip(&ids) {
            reader.read_to_close();
            read.push_str(&reader.text());
            let request = json!({"type": "attach", "agent_id": id, "from": reader.next});
            let next = project.client().attach_with(request);
            assert_eq!(next.start, reader.next, "the stream goes on where it broke off");
            *reader = next;
        }
        for (reader, _) in &mut readers {
            reader.read_until("new lines", |bytes| bytes.len() > 26);
        }
        assert_eq!(ids.iter().map(|id| project.pid(id)).collect::<Vec<_>>(), pids);
    }
    for id in &ids {
        project.types(id, "\r");
    }
    for ((mut reader, read), id) in readers.into_iter().zip(&ids) {
        assert_eq!(reader.read_to_exit(), 6);
        let streamed = read + &reader.text();
        assert!(check_lines(&streamed) >= 3);
        assert_eq!(streamed, project.logs(id), "stream and log");
    }
    project.is_consistent();
}

#[test]
fn what_an_agents_hooks_said_is_known_until_it_is_answered() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    let message = "may I delete it?";
    project.ask(json!({"type": "report", "agent_id": id, "state": "blocked", "message": message}), "ok");
    process::kill(project.sandbox.daemon());
    let agent = project.agent(&id);
    assert_eq!(agent["activity"], "blocked", "{agent}");
    assert!(agent["because"].as_str().expect("a reason").contains(message), "{agent}");
    project.types(&id, "say yes\r");
    project.becomes(&id, "answered", |agent| agent["activity"] != "blocked");
    process::kill(project.sandbox.daemon());
    let agent = project.agent(&id);
    assert_ne!(agent["activity"], "blocked", "{agent}");
}

#[test]
fn a_client_that_comes_in_the_gap_is_served() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    let points = Points::new(&project.sandbox);
    points.arm("daemon.started");
    process::kill(project.sandbox.daemon());
    let next = points.reached("daemon.started", PATIENCE);
    let mut clients: Vec<Client> = (0..10).map(|_| project.client()).collect();
    for client in &mut clients {
        client.send(&project.request(json!({"type": "status", "agent_id": id})));
    }
    points.release("daemon.started");
    for client in &mut clients {
        assert_eq!(client.recv()["id"], id.as_str(), "{client}");
        assert_eq!(client.ask(json!({"type": "health"}), "health_report")["pid"], next);
    }
}

#[test]
fn what_is_printed_in_the_gap_is_kept() {
    let project = Project::new();
    let id = project.spawn(&["ask", "go?", "then", "lines", "5000", "then", "touch", "done", "then", "listen"]);
    let done = project.folder().join("done");
    let mut keys = project.attach(&id);
    keys.read_text("go?");
    let points = Points::new(&project.sandbox);
    points.arm("daemon.started");
    // Typed while there is a daemon, answered while there is none: the program is stopped in between.
    let pid = project.pid(&id);
    process::stop(pid);
    project.types(&id, "\r");
    process::kill(project.sandbox.daemon());
    points.reached("daemon.started", PATIENCE);
    process::signal(pid, rustix::process::Signal::CONT);
    crate::support::eventually("the agent goes on without a daemon", PATIENCE, || done.exists().then_some(()));
    points.release("daemon.started");
    project.types(&id, "print end\r");
    assert_eq!(check_lines(&project.says(&id, "\r\nend\r\n")), 5000);
}
