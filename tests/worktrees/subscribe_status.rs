//! `subscribe_status`: worktrees as they come, fail to come, and are taken back.

use serde_json::{Value, json};

use super::Repository;
use crate::support::{Client, PATIENCE, Points};

fn subscribe(repository: &Repository) -> Client {
    let mut client = repository.project.client();
    client.ask(repository.project.request(json!({"type": "subscribe_status"})), "status_subscribed");
    assert_eq!(client.recv()["worktrees"], json!([]));
    client
}

/// Waits for a status with these worktrees, each a name and a status.
#[track_caller]
fn shows(client: &mut Client, expected: &[(&str, &str)]) -> Value {
    client.recv_until(&format!("{expected:?}"), |line| {
        let worktrees = line["worktrees"].as_array().expect("worktrees");
        let text = |worktree: &Value, key: &str| worktree[key].as_str().expect("text").to_owned();
        let seen: Vec<_> =
            worktrees.iter().map(|worktree| (text(worktree, "name"), text(worktree, "status"))).collect();
        seen.iter().map(|(name, status)| (name.as_str(), status.as_str())).eq(expected.iter().copied())
    })
}

#[test]
fn one_that_could_not_be_made_is_gone_again() {
    let repository = Repository::new();
    let mut client = subscribe(&repository);
    repository.refused(json!({"name": "work", "base": "nothing"}), "INVALID_ARGUMENT");
    // Another project's, or nobody's, change is not needed to learn of it.
    shows(&mut client, &[]);
    repository.project.refused(json!({"type": "spawn", "name": "work", "command": "/no/such/program"}), "SPAWN_FAILED");
    shows(&mut client, &[]);
}

#[test]
fn an_agent_in_a_worktree_is_seen_in_it() {
    let repository = Repository::new();
    let mut client = subscribe(&repository);
    let worktree = repository.create("work");
    let id = worktree["id"].as_str().expect("an id");
    let spawned = json!({"type": "spawn", "worktree": id, "name": "inside", "command": "sleep 60"});
    let agent = repository.project.ask(spawned, "spawn_result")["agent_id"].clone();
    let inside =
        |line: &Value, what: &str| line["worktrees"][0]["agents"][agent.as_str().expect("an id")][what].clone();
    client.recv_until("it is there", |line| inside(line, "name") == "inside");
    repository.project.ask(json!({"type": "rename", "agent_id": agent, "name": "other"}), "rename_result");
    client.recv_until("its name", |line| inside(line, "name") == "other");
    repository.project.ask(json!({"type": "suspend", "target": {"agent": agent}}), "suspend_result");
    client.recv_until("suspended", |line| inside(line, "suspended") == true);
    repository.project.ask(json!({"type": "resume", "agent_id": agent}), "resume_result");
    client.recv_until("resumed", |line| inside(line, "suspended") == false);
    repository.project.ask(json!({"type": "kill", "target": {"worktree": id}}), "kill_result");
    client.recv_until("gone", |line| line["worktrees"][0]["agents"] == json!({}));
}

#[test]
fn what_a_killed_daemon_was_making_is_seen_to_go() {
    let repository = Repository::new();
    let points = Points::new(&repository.project.sandbox);
    points.arm("worktree.added");
    let mut asking = repository.project.client();
    asking.send(&repository.project.request(json!({"type": "create_worktree", "name": "work"})));
    let daemon = points.reached("worktree.added", PATIENCE);
    crate::support::process::kill(daemon);
    let mut client = repository.project.client();
    client.ask(repository.project.request(json!({"type": "subscribe_status"})), "status_subscribed");
    shows(&mut client, &[]);
}
