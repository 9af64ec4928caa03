//! `suspend` and `resume`: by stopping what cannot be started again, by ending what can.

use serde_json::{Value, json};

use super::project::Project;
use crate::support::{PATIENCE, eventually, process};

fn suspend(project: &Project, id: &str) -> Value {
    project.ask(json!({"type": "suspend", "target": {"type": "agent", "id": id}}), "suspend_result")
}

fn resume(project: &Project, id: &str) -> Value {
    project.ask(json!({"type": "resume", "agent_id": id}), "resume_result")
}

#[track_caller]
fn is_suspended(project: &Project, id: &str) {
    let agent = project.agent(id);
    let told = (&agent["suspended"], &agent["status"], &agent["activity"]);
    assert_eq!(told, (&json!(true), &json!("waiting"), &json!("suspended")), "{agent}");
    let entry = project.entry(id);
    assert!(entry["suspended"] == true && entry["suspendedAt"].is_string(), "{entry}");
    assert!(entry.get("completedAt").is_none() && entry.get("exitCode").is_none(), "{entry}");
}

fn state(pid: u32) -> Option<char> {
    process::stat(pid).map(|stat| stat.state)
}

#[test]
fn a_command_is_stopped_and_goes_on() {
    let project = Project::new();
    let id = project.spawn(&["children", "group", "1", "then", "listen"]);
    let said = project.says(&id, "child ");
    assert!(said.contains("child"));
    let pid = project.pid(&id);
    let child = eventually("its child", PATIENCE, || process::children(pid).first().copied());
    assert_eq!(suspend(&project, &id)["suspended"], json!([id]));
    is_suspended(&project, &id);
    eventually("both are stopped", PATIENCE, || [pid, child].iter().all(|&pid| state(pid) == Some('T')).then_some(()));
    project.refused(json!({"type": "suspend", "target": {"type": "agent", "id": id}}), "INVALID_STATE");
    // The next daemon finds it as it is.
    project.crash();
    is_suspended(&project, &id);
    assert_eq!(state(pid), Some('T'));
    let result = resume(&project, &id);
    assert_eq!(result["agent_id"], id.as_str());
    let agent = project.agent(&id);
    assert_eq!((&agent["suspended"], &agent["pid"]), (&json!(false), &json!(pid)), "{agent}");
    assert!(project.entry(&id).get("suspendedAt").is_none());
    project.types(&id, "print again\r");
    project.says(&id, "\r\nagain\r\n");
    assert_ne!(state(child), Some('T'));
    project.refused(json!({"type": "resume", "agent_id": id}), "INVALID_STATE");
    project.is_consistent();
}

/// A kind whose program tells what it was started with, and can be started again.
pub const KIND: &str = "
default_agent: able
agents:
  able:
    command: FAKE
    launch_args: [env, COLOUR, then]
    session_args: [print, 'first {session_id}', then, listen]
    resume: [print, 'again {session_id}', then, listen]
";

#[test]
fn one_that_can_be_started_again_is_ended_and_started_again() {
    let project = Project::with_config(KIND);
    let id = project
        .spawn_with(json!({"name": "mine", "vars": {"COLOUR": "red"}, "extra_args": ["print", "extra", "then"]}));
    let session = project.agent(&id)["session_id"].as_str().expect("a session").to_owned();
    let first = project.says(&id, &format!("first {session}\r\n"));
    let pid = project.pid(&id);
    suspend(&project, &id);
    assert!(!process::alive(pid), "its process is ended");
    is_suspended(&project, &id);
    assert_eq!(project.agent(&id)["pid"], Value::Null);
    resume(&project, &id);
    let agent = project.agent(&id);
    assert_ne!(agent["pid"], json!(pid), "{agent}");
    assert_eq!((&agent["name"], &agent["suspended"]), (&json!("mine"), &json!(false)), "{agent}");
    // The log goes on: what it said first, and then what it said when it was started again, with all it was started with.
    let said = project.says(&id, &format!("again {session}\r\n"));
    let again = said.strip_prefix(&first).expect("the log goes on");
    assert_eq!(again, format!("env COLOUR=red\r\nextra\r\nagain {session}\r\n"));
    project.is_consistent();
    // Suspended agents outlive the keeper as well.
    suspend(&project, &id);
    project.sandbox.stop();
    project.sandbox.start();
    is_suspended(&project, &id);
    resume(&project, &id);
    project.says(&id, &format!("again {session}\r\n"));
    project.is_consistent();
}

#[test]
fn all_of_a_project_are_suspended_both_ways() {
    let project = Project::with_config(KIND);
    let able = project.spawn_with(json!({}));
    let stopped = project.spawn(&["hang"]);
    let ended = project.spawn(&["exit", "0"]);
    project.attach(&ended).read_to_exit();
    let result = project.ask(json!({"type": "suspend", "target": "all"}), "suspend_result");
    let mut suspended: Vec<&str> =
        result["suspended"].as_array().expect("ids").iter().filter_map(Value::as_str).collect();
    suspended.sort_unstable();
    let mut expected = [able.as_str(), stopped.as_str()];
    expected.sort_unstable();
    assert_eq!(suspended, expected);
    is_suspended(&project, &able);
    is_suspended(&project, &stopped);
    project.refused(json!({"type": "suspend", "target": {"agent": ended}}), "INVALID_STATE");
    project.refused(json!({"type": "resume", "agent_id": ended}), "INVALID_STATE");
    project.refused(json!({"type": "resume", "agent_id": "ag-00000000"}), "AGENT_NOT_FOUND");
}

#[test]
fn a_resume_that_fails_leaves_it_suspended() {
    let project = Project::with_config(KIND);
    let id = project.spawn_with(json!({}));
    project.says(&id, "first ");
    suspend(&project, &id);
    project.configure(&KIND.replace("FAKE", "/no/such/program"));
    let message = project.refused(json!({"type": "resume", "agent_id": id}), "SPAWN_FAILED");
    assert!(message.contains("/no/such/program"), "{message}");
    is_suspended(&project, &id);
    project.configure(KIND);
    resume(&project, &id);
    project.says(&id, "again ");
    project.is_consistent();
}
