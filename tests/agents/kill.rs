//! `kill`: whatever they are made of, they are gone when it answers, and how they ended is told.

use std::time::Duration;

use serde_json::{Value, json};

use super::project::Project;
use crate::support::process;
use crate::support::wait::timed;

/// The pids that the agent has told with `child PID`.
#[track_caller]
fn children(project: &Project, id: &str, count: usize) -> Vec<u32> {
    let mut reader = project.attach(id);
    let told = |bytes: &[u8]| -> Vec<u32> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let complete = text.rsplit_once('\n').map_or("", |(complete, _)| complete);
        complete.lines().filter_map(|line| line.trim_end().split_once("child ")?.1.parse().ok()).collect()
    };
    reader.read_until("all children", |bytes| told(bytes).len() == count);
    told(&reader.bytes)
}

#[test]
fn one_that_obeys_goes_at_once() {
    let project = Project::new();
    let id = project.spawn(&["print", "last", "words", "then", "hang"]);
    project.says(&id, "last words\r\n");
    let pid = project.pid(&id);
    let (result, took) = timed(|| project.kill(&id));
    assert_eq!(result, json!({"type": "kill_result", "killed": [id], "exit_codes": {&id: 143}, "skipped": []}));
    assert!(took < Duration::from_secs(4), "no grace is waited for: {took:?}");
    assert!(!process::alive(pid));
    assert_eq!(project.agents(), Vec::<Value>::new());
    assert_eq!(project.entry(&id), Value::Null, "it has left the manifest");
    // What it said last can still be read, by those who know its id.
    assert_eq!(project.logs(&id), "last words\r\n");
    project.refused(json!({"type": "kill", "target": {"type": "agent", "id": id}}), "AGENT_NOT_FOUND");
    project.is_consistent();
}

#[test]
fn its_own_exit_code_counts() {
    let project = Project::new();
    let id = project
        .spawn_with(json!({"command": "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done"}));
    project.says(&id, "ready");
    assert_eq!(project.kill(&id)["exit_codes"][&id], 7);
    assert!(project.logs(&id).contains("bye"), "what it says on its way out is kept");
    // One that had ended before keeps its code.
    let ended = project.spawn(&["exit", "9"]);
    project.attach(&ended).read_to_exit();
    assert_eq!(project.kill(&ended)["exit_codes"][&ended], 9);
    project.is_consistent();
}

#[test]
fn an_interactive_shell_goes_at_once() {
    let project = Project::new();
    let id = project.spawn_with(json!({"agent": "terminal"}));
    project.is(&id, "idle");
    project.types(&id, "sleep 300 &\rsleep 300\r");
    project.is(&id, "working");
    let (_, took) = timed(|| project.kill(&id));
    assert!(took < Duration::from_secs(4), "{took:?}");
    project.is_consistent();
}

#[test]
fn the_deaf_and_their_stubborn_children_are_gone_too() {
    let project = Project::new();
    let kinds = ["plain", "group", "session", "orphan"];
    let deaf: Vec<String> = kinds
        .iter()
        .map(|kind| {
            project.spawn(&["ignore", "term", "hup", "then", "children", kind, "3", "stubborn", "then", "hang"])
        })
        .collect();
    // Ten in one process group, all deaf, and a leader that obeys.
    let ten = project.spawn(&["children", "group", "10", "stubborn", "then", "hang"]);
    let mut pids: Vec<u32> = deaf.iter().flat_map(|id| children(&project, id, 3)).collect();
    let ten_pids = children(&project, &ten, 10);
    let group = process::stat(ten_pids[0]).expect("it lives").group;
    assert_eq!(process::in_group(group).len(), 10);
    pids.extend(ten_pids);
    let request = json!({"type": "kill", "target": {"type": "all", "include_root": true}});
    let (result, took) = timed(|| project.ask(request, "kill_result"));
    let codes = &result["exit_codes"];
    assert!(deaf.iter().all(|id| codes[id] == 137), "they had to be killed: {result}");
    assert_eq!(codes[&ten], 143, "it obeyed: {result}");
    // All at once: one grace of five seconds for all of them.
    assert!(took < Duration::from_secs(9), "{took:?}");
    let left: Vec<String> = pids.into_iter().filter(|&pid| process::alive(pid)).map(process::command_line).collect();
    assert!(left.is_empty(), "{left:?}");
    project.is_consistent();
}

#[test]
fn grandchildren_that_hold_the_terminal_do_not_hold_the_end() {
    let project = Project::new();
    // The agent itself ends; its children keep its terminal open.
    let id = project.spawn(&["children", "session", "2", "then", "children", "orphan", "2", "then", "ask", "end?"]);
    let pids = children(&project, &id, 4);
    project.types(&id, "\r");
    assert_eq!(project.attach(&id).read_to_exit(), 0, "its end is its own");
    assert!(pids.iter().all(|&pid| process::alive(pid)), "they outlive it until somebody kills it");
    assert_eq!(project.kill(&id)["exit_codes"][&id], 0);
    assert!(pids.iter().all(|&pid| !process::alive(pid)));
    project.is_consistent();
}

#[test]
fn all_but_those_that_are_spared() {
    let project = Project::new();
    let ids: Vec<String> = (0..4).map(|_| project.spawn(&["hang"])).collect();
    let kill = |target: Value, exclude: &[&String]| json!({"type": "kill", "target": target, "exclude": exclude});
    // Agents at the root are not meant unless it is said.
    let none = project.ask(kill(json!({"type": "all"}), &[]), "kill_result");
    assert_eq!(none, json!({"type": "kill_result", "killed": [], "exit_codes": {}, "skipped": []}));
    project.ask(kill(json!("all_worktrees"), &[]), "kill_result");
    assert_eq!(project.agents().len(), 4);
    let result = project.ask(kill(json!({"agent": ids[0]}), &[&ids[0]]), "kill_result");
    assert_eq!((&result["killed"], &result["skipped"]), (&json!([]), &json!([ids[0]])));
    let result = project.ask(kill(json!("all"), &[&ids[1]]), "kill_result");
    let mut killed: Vec<&str> = result["killed"].as_array().expect("ids").iter().filter_map(Value::as_str).collect();
    killed.sort_unstable();
    let mut expected = [&ids[0], &ids[2], &ids[3]].map(String::as_str);
    expected.sort_unstable();
    assert_eq!(killed, expected);
    assert_eq!(result["skipped"], json!([ids[1]]));
    assert_eq!(project.agents().len(), 1);
    project.refused(kill(json!({"type": "worktree", "id": "wt-00000000"}), &[]), "WORKTREE_NOT_FOUND");
    project.refused(kill(json!({"type": "agent", "id": "ag-00000000"}), &[]), "AGENT_NOT_FOUND");
    project.is_consistent();
}

#[test]
fn one_that_is_stopped_can_be_killed() {
    let project = Project::new();
    let id = project.spawn(&["hang"]);
    project.ask(json!({"type": "suspend", "target": {"type": "agent", "id": id}}), "suspend_result");
    let (result, took) = timed(|| project.kill(&id));
    assert_eq!(result["exit_codes"][&id], 143);
    assert!(took < Duration::from_secs(4), "{took:?}");
    project.is_consistent();
}
