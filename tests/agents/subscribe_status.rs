//! `subscribe_status`: the whole state at once, and again after every change.

use serde_json::{Value, json};

use super::project::Project;
use super::suspend_resume::KIND;
use crate::support::Client;

#[track_caller]
fn subscribe(project: &Project) -> Client {
    let mut client = project.client();
    client.ask(project.request(json!({"type": "subscribe_status"})), "status_subscribed");
    client
}

/// Waits for a status in which the agent is as wanted.
#[track_caller]
fn shows(client: &mut Client, id: &str, what: &str, wanted: impl Fn(Option<&Value>) -> bool) {
    client.recv_until(what, |line| {
        assert_eq!(line["type"], "status_event", "{line}");
        let agent = line["agents"].as_array().expect("agents").iter().find(|agent| agent["id"] == id);
        if let Some(agent) = agent {
            let (suspended, ended) = (agent["suspended"] == true, agent["status"] == "broken");
            assert_eq!(suspended, agent["activity"] == "suspended", "one thing in two words: {agent}");
            assert_eq!(ended, !agent["exit_code"].is_null(), "an agent that is ended by us has not failed: {agent}");
        }
        wanted(agent)
    });
}

#[test]
fn every_change_is_seen() {
    let project = Project::new();
    let mut client = subscribe(&project);
    let first = client.recv();
    assert_eq!(first, json!({"type": "status_event", "worktrees": [], "agents": []}));
    let id = project.spawn(&["listen"]);
    shows(&mut client, &id, "spawned", |agent| agent.is_some_and(|agent| agent["pid"].is_u64()));
    project.ask(json!({"type": "report", "agent_id": id, "state": "blocked"}), "ok");
    shows(&mut client, &id, "blocked", |agent| agent.is_some_and(|agent| agent["activity"] == "blocked"));
    project.ask(json!({"type": "rename", "agent_id": id, "name": "other"}), "rename_result");
    shows(&mut client, &id, "renamed", |agent| agent.is_some_and(|agent| agent["name"] == "other"));
    project.ask(json!({"type": "suspend", "target": {"agent": id}}), "suspend_result");
    shows(&mut client, &id, "suspended", |agent| agent.is_some_and(|agent| agent["suspended"] == true));
    project.ask(json!({"type": "resume", "agent_id": id}), "resume_result");
    shows(&mut client, &id, "resumed", |agent| agent.is_some_and(|agent| agent["suspended"] == false));
    project.types(&id, "exit 3\r");
    shows(&mut client, &id, "ended", |agent| agent.is_some_and(|agent| agent["exit_code"] == 3));
    project.kill(&id);
    shows(&mut client, &id, "gone", |agent| agent.is_none());
    client.send(&json!({"type": "detach"}));
    client.recv_until("the end", |line| line["type"] == "detached");
    client.expect_usable();
}

#[test]
fn who_attaches_and_who_leaves_is_seen() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    let mut client = subscribe(&project);
    let is = |many: u64| move |agent: Option<&Value>| agent.is_some_and(|agent| agent["attached"] == many);
    shows(&mut client, &id, "nobody", is(0));
    let mut one = project.client();
    one.ask(json!({"type": "attach", "agent_id": id}), "attach_ready");
    shows(&mut client, &id, "one", is(1));
    let mut two = project.client();
    two.ask(json!({"type": "attach", "agent_id": id}), "attach_ready");
    shows(&mut client, &id, "two", is(2));
    one.send(&json!({"type": "detach"}));
    shows(&mut client, &id, "one again", is(1));
    // Gone without a word.
    drop(two);
    shows(&mut client, &id, "nobody again", is(0));
}

#[test]
fn one_that_is_ended_to_be_suspended_or_killed_never_looks_as_if_it_had_failed() {
    let project = Project::with_config(KIND);
    let mut client = subscribe(&project);
    let id = project.spawn_with(json!({}));
    shows(&mut client, &id, "spawned", |agent| agent.is_some_and(|agent| agent["pid"].is_u64()));
    project.ask(json!({"type": "suspend", "target": {"agent": id}}), "suspend_result");
    shows(&mut client, &id, "suspended", |agent| agent.is_some_and(|agent| agent["suspended"] == true));
    project.ask(json!({"type": "resume", "agent_id": id}), "resume_result");
    shows(&mut client, &id, "resumed", |agent| agent.is_some_and(|agent| agent["suspended"] == false));
    project.kill(&id);
    shows(&mut client, &id, "gone", |agent| agent.is_none());
}

#[test]
fn another_project_is_none_of_its_business() {
    let project = Project::new();
    let other = project.sandbox.path("other");
    std::fs::create_dir(&other).expect("a folder");
    let other = other.to_str().expect("UTF-8");
    let mut busy = project.client();
    busy.ask(json!({"type": "init", "project_root": other}), "init_result");
    let mut client = subscribe(&project);
    client.recv();
    busy.ask(json!({"type": "spawn", "project_root": other, "root": true, "command": "true"}), "spawn_result");
    let id = project.spawn(&["hang"]);
    let next = client.recv();
    assert_eq!(next["agents"].as_array().map(Vec::len), Some(1), "{next}");
    assert_eq!(next["agents"][0]["id"], id.as_str());
    let mut refused = project.client();
    refused.refused(json!({"type": "subscribe_status", "project_root": "/no/such/folder"}), "INVALID_ARGUMENT");
    refused.expect_usable();
}

#[test]
fn many_changes_are_one_line() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    let mut client = subscribe(&project);
    client.recv();
    let mut busy = project.client();
    for number in 0..200 {
        let state = if number % 2 == 0 { "blocked" } else { "idle" };
        busy.ask(json!({"type": "report", "agent_id": id, "state": state}), "ok");
    }
    busy.ask(json!({"type": "report", "agent_id": id, "state": "done"}), "ok");
    let mut lines = 0;
    client.recv_until("the last state", |line| {
        lines += 1;
        line["agents"][0]["activity"] == "done"
    });
    assert!(lines < 100, "{lines} lines for 201 changes");
}
