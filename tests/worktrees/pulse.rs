//! `pulse`: counted, and counted again when anything has changed.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde_json::{Value, json};

use super::{Repository, path};
use crate::agents::project::Project;
use crate::support::{PATIENCE, Sandbox, eventually};

impl Repository {
    fn agent(&self, mut request: Value) -> Value {
        request["type"] = "spawn".into();
        self.project.ask(request, "spawn_result")["agent_id"].clone()
    }

    fn pulse(&self) -> Value {
        self.project.ask(json!({"type": "pulse"}), "pulse_report")
    }

    /// Files, lines, lines, untracked of the only worktree.
    fn counts(&self) -> [u64; 4] {
        let pulse = self.pulse();
        let worktree = &pulse["worktrees"][0];
        assert!(worktree.get("diff_error").is_none(), "{worktree}");
        ["files_changed", "insertions", "deletions", "untracked"].map(|key| worktree[key].as_u64().expect("a number"))
    }
}

#[test]
fn a_project_at_a_glance() {
    let repository = Repository::new();
    let worktree = repository.create("work");
    let prompt = "é".repeat(81);
    let inside = repository
        .agent(json!({"worktree": worktree["id"], "name": "inside", "command": "sleep 60", "prompt": prompt}));
    let root = repository.agent(json!({"root": true, "name": "outside", "command": "sh -c 'exit 3'"}));
    repository.project.ask(json!({"type": "wait", "agent_id": root, "until": "exit"}), "wait_result");
    fs::write(path(&worktree).join("README"), "second\nthird\n").expect("a file");
    fs::write(path(&worktree).join("new"), "1\n2\n3\n").expect("a file");
    let pulse = repository.pulse();
    let worktrees = pulse["worktrees"].as_array().expect("a list");
    assert_eq!(worktrees.len(), 1);
    let seen = &worktrees[0];
    assert_eq!((&seen["worktree_id"], &seen["worktree_name"]), (&worktree["id"], &json!("work")));
    assert_eq!(seen["branch"], "pintle/work");
    assert!(seen["elapsed_seconds"].as_u64().is_some_and(|seconds| seconds < 60), "{seen}");
    assert_eq!((&seen["files_changed"], &seen["insertions"], &seen["deletions"]), (&json!(2), &json!(5), &json!(1)));
    let agent = &seen["agents"][0];
    assert_eq!((&agent["id"], &agent["name"], &agent["agent_type"]), (&inside, &json!("inside"), &json!("claude")));
    assert_eq!(agent["prompt_snippet"], format!("{}...", "é".repeat(77)));
    assert_eq!(
        (&agent["exit_code"], &agent["activity"]),
        (&Value::Null, &repository.project.agent(inside.as_str().expect("an id"))["activity"])
    );
    let agent = &pulse["root_agents"][0];
    assert_eq!((&agent["id"], &agent["status"], &agent["activity"]), (&root, &json!("broken"), &json!("failed")));
    assert_eq!(
        (&agent["exit_code"], &agent["idle_seconds"], &agent["prompt_snippet"]),
        (&json!(3), &Value::Null, &Value::Null)
    );
}

#[test]
fn what_changes_is_seen_at_once() {
    let repository = Repository::new();
    let worktree = repository.create("work");
    let folder = path(&worktree);
    assert_eq!(repository.counts(), [0, 0, 0, 0]);
    for number in 1..50 {
        // One length and one millisecond after the other: neither size nor index nor HEAD tells.
        fs::write(folder.join("README"), if number % 2 == 0 { "first\n" } else { "FIRST\n" }).expect("a file");
        let files = number % 2;
        assert_eq!(repository.counts(), [files, files, files, 0], "{number}");
    }
    fs::write(folder.join("new"), "1\n").expect("a file");
    assert_eq!(repository.counts(), [2, 2, 1, 1]);
    repository.git_in(&folder, &["add", "--all"]);
    assert_eq!(repository.counts(), [2, 2, 1, 0]);
    repository.git_in(&folder, &["commit", "--quiet", "--message", "x"]);
    assert_eq!(repository.counts(), [2, 2, 1, 0]);
    repository.git_in(&folder, &["reset", "--quiet", "--hard", "main"]);
    assert_eq!(repository.counts(), [0, 0, 0, 0]);
}

/// Whether the kernel watches a folder for the daemon.
fn is_watched(repository: &Repository, folder: &Path) -> bool {
    let inode = format!(" ino:{:x} ", fs::metadata(folder).expect("a folder").ino());
    let pid = repository.project.sandbox.daemon();
    let files = fs::read_dir(format!("/proc/{pid}/fdinfo")).expect("a process").flatten();
    files.into_iter().any(|file| fs::read_to_string(file.path()).unwrap_or_default().contains(&inode))
}

#[test]
fn watches_are_given_back() {
    let repository = Repository::within(Project::within(Sandbox::with(&[("PINTLE_TEST_PULSES_MS", "1500")])));
    repository.write("README", "first\n");
    repository.commit("first");
    let folder = path(&repository.create("work"));
    fs::create_dir_all(folder.join("a/b")).expect("a file");
    fs::write(folder.join("a/b/c"), "").expect("a file");
    assert_eq!(repository.counts(), [1, 0, 0, 1]);
    assert!(is_watched(&repository, &folder.join("a/b")));
    eventually("the watch is given back", PATIENCE, || (!is_watched(&repository, &folder.join("a/b"))).then_some(()));
    fs::write(folder.join("a/b/c"), "1\n").expect("a file");
    assert_eq!(repository.counts(), [1, 1, 0, 1]);
}

#[test]
fn one_that_cannot_be_counted_stands_beside_those_that_can() {
    let repository = Repository::new();
    let (good, gone) = (repository.create("good"), repository.create("gone"));
    fs::write(path(&good).join("README"), "second\n").expect("a file");
    repository.pulse();
    fs::remove_dir_all(path(&gone)).expect("a file");
    let pulse = repository.pulse();
    assert_eq!(pulse["worktrees"][0]["files_changed"], 1);
    assert!(pulse["worktrees"][1]["diff_error"].as_str().expect("text").contains("gone"), "{pulse}");
}
