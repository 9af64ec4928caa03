//! What has changed in worktrees of bare repositories and with submodules; a worktree's own index that another git holds.

use std::fs;

use serde_json::json;

use super::{Repository, path};
use crate::agents::project::Project;
use crate::support::{PATIENCE, Points, Sandbox};

#[test]
fn in_a_bare_repository() {
    let sandbox = Sandbox::new();
    let (seed, bare) = (sandbox.path("seed"), sandbox.path("project"));
    fs::create_dir_all(&seed).expect("a folder");
    let git = |words: &[&str]| sandbox.run("git", words).current_dir(&seed).ok();
    git(&["init", "--quiet", "--initial-branch", "main"]);
    fs::write(seed.join("README"), "first\n").expect("a file");
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "first"]);
    git(&["clone", "--quiet", "--bare", ".", bare.to_str().expect("UTF-8")]);
    let repository = Repository { project: Project::within(sandbox) };
    let made = repository.create("work");
    assert_eq!(made["baseBranch"], "main");
    assert_eq!(repository.git_in(&path(&made), &["status", "--porcelain", "--branch"]), "## pintle/work");
    fs::write(path(&made).join("README"), "second\n").expect("a file");
    let pulse = repository.project.ask(json!({"type": "pulse"}), "pulse_report");
    assert_eq!(pulse["worktrees"][0]["files_changed"], 1, "{pulse}");
}

/// As git has it, a submodule is not checked out with a worktree; nothing looks changed for that.
#[test]
fn with_a_submodule() {
    let repository = Repository::new();
    let inner = repository.project.sandbox.path("inner");
    fs::create_dir_all(&inner).expect("a folder");
    let commit = |folder: &std::path::Path, text: &str| {
        fs::write(folder.join("file"), text).expect("a file");
        repository.git_in(folder, &["add", "--all"]);
        repository.git_in(folder, &["commit", "--quiet", "--message", text]);
    };
    repository.git_in(&inner, &["init", "--quiet", "--initial-branch", "main"]);
    commit(&inner, "one");
    let allow = ["-c", "protocol.file.allow=always"];
    let url = inner.to_str().expect("UTF-8");
    repository.git(&[&allow[..], &["submodule", "--quiet", "add", url, "inner"]].concat());
    repository.commit("with a submodule");
    let made = repository.create("work");
    let folder = path(&made);
    assert!(folder.join("inner").is_dir() && !folder.join("inner/file").exists());
    assert_eq!(repository.git_in(&folder, &["status", "--porcelain"]), "");
    let diff = || repository.project.ask(json!({"type": "diff"}), "diff_result")["diffs"][0].clone();
    assert_eq!((&diff()["files_changed"], diff().get("error")), (&json!(0), None));
    let pulse = || repository.project.ask(json!({"type": "pulse"}), "pulse_report")["worktrees"][0].clone();
    assert_eq!(pulse()["files_changed"], 0);
    repository.git_in(&folder, &[&allow[..], &["submodule", "--quiet", "update", "--init"]].concat());
    assert_eq!(diff()["files_changed"], 0, "{}", diff());
    // What is not committed in there is work too, and shown as git shows it.
    fs::write(folder.join("inner/file"), "dirty").expect("a file");
    assert_eq!(diff()["files_changed"], 1, "{}", diff());
    assert!(diff()["diff_output"].as_str().expect("text").contains("-dirty"), "{}", diff());
    commit(&folder.join("inner"), "two");
    assert!(diff()["diff_output"].as_str().expect("text").contains("+Subproject commit"), "{}", diff());
    assert_eq!(pulse()["files_changed"], 1, "{}", pulse());
}

/// An editor's git, say, that looks at a folder which has just appeared.
#[test]
fn while_another_git_holds_the_worktrees_own_index() {
    let repository = Repository::new();
    let points = Points::new(&repository.project.sandbox);
    points.arm("worktree.added");
    let mut client = repository.project.client();
    client.send(&repository.project.request(json!({"type": "create_worktree", "name": "one"})));
    points.reached("worktree.added", PATIENCE);
    let mut own = fs::read_dir(repository.root().join(".git/worktrees")).expect("a folder").flatten();
    fs::write(own.next().expect("it is known").path().join("index.lock"), "").expect("a lock");
    points.release("worktree.added");
    let said = client.recv_error("GIT_ERROR");
    assert!(said.contains("index.lock"), "{said}");
    repository.has_none();
    assert_eq!(repository.branches(), ["main"]);
    repository.create("one");
}
