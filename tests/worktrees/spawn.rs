//! `spawn` into worktrees: one that is there, and one that is made with the agent, both or neither.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Repository, path};
use crate::support::{PATIENCE, Points, eventually, process};

/// Says where it is, and lives.
const WHERE: &str = "pwd; exec sleep 1000";

impl Repository {
    #[track_caller]
    fn spawn(&self, mut request: Value) -> Value {
        request["type"] = "spawn".into();
        self.project.ask(request, "spawn_result")
    }

    #[track_caller]
    fn refuses(&self, mut request: Value, code: &str) -> String {
        request["type"] = "spawn".into();
        self.project.refused(request, code)
    }
}

fn id(reply: &Value) -> &str {
    reply["agent_id"].as_str().expect("an id")
}

#[test]
fn a_new_one_and_more_agents_in_it() {
    let repository = Repository::new();
    let first = repository.spawn(json!({"command": WHERE, "name": "Fix Login"}));
    let [made] = &repository.worktrees()[..] else { panic!("one worktree") };
    assert_eq!(first["worktree_id"], made["id"]);
    assert_eq!((&made["name"], &made["status"]), (&json!("fix-login"), &json!("active")));
    let folder = path(made);
    let folder = folder.to_str().expect("UTF-8");
    repository.project.says(id(&first), folder);
    let second = repository.spawn(json!({"command": WHERE, "worktree": made["id"], "root": true}));
    assert_eq!(second["worktree_id"], made["id"], "`worktree` beats `root`");
    repository.project.says(id(&second), folder);
    let root = repository.spawn(json!({"command": WHERE, "root": true}));
    assert_eq!(root["worktree_id"], Value::Null);
    repository.project.says(id(&root), repository.project.root());
    let of = |id: &str| repository.project.agent(id)["worktree_id"].clone();
    assert_eq!((of(id(&first)), of(id(&root))), (made["id"].clone(), Value::Null));
    let known = |worktree: &Value| worktree["agents"].as_object().expect("agents").len();
    assert_eq!(known(&repository.worktrees()[0]), 2);
    // A daemon that is killed knows them all again, where they are.
    repository.project.crash();
    assert_eq!(known(&repository.worktrees()[0]), 2);
    let target = json!({"type": "worktree", "id": made["id"]});
    let killed = repository.project.ask(json!({"type": "kill", "target": target}), "kill_result");
    assert_eq!(killed["killed"].as_array().expect("a list").len(), 2);
    assert_eq!(repository.project.agents().len(), 1);
    assert!(PathBuf::from(folder).exists(), "the worktree stays");
}

/// Without a name both have the generated one; a base is where it starts.
#[test]
fn a_new_one_from_a_base() {
    let repository = Repository::new();
    repository.git(&["tag", "v1"]);
    repository.write("README", "second\n");
    repository.commit("second");
    let spawned = repository.spawn(json!({"command": "cat README; exec sleep 1000", "base": "v1"}));
    repository.project.says(id(&spawned), "first");
    let made = &repository.worktrees()[0];
    assert_eq!((&made["name"], &made["baseBranch"]), (&repository.project.agent(id(&spawned))["name"], &json!("v1")));
    let said = repository.refuses(json!({"command": WHERE, "base": "v1", "root": true}), "INVALID_ARGUMENT");
    assert!(said.contains("`base`") && said.contains("`root`"), "{said}");
    repository.refuses(json!({"command": WHERE, "base": "v1", "worktree": made["id"]}), "INVALID_ARGUMENT");
    repository.refuses(json!({"command": WHERE, "worktree": "wt-00000000"}), "WORKTREE_NOT_FOUND");
    assert_eq!(repository.project.agents().len(), 1);
}

#[test]
fn both_or_neither() {
    let repository = Repository::new();
    let nothing = || {
        repository.has_none();
        assert_eq!(repository.branches(), ["main"]);
        assert_eq!(repository.project.agents(), Vec::<Value>::new());
    };
    let said = repository.refuses(json!({"command": "/no/such/program", "name": "a"}), "SPAWN_FAILED");
    assert!(said.contains("/no/such/program"), "{said}");
    nothing();
    repository.refuses(json!({"command": WHERE, "name": "日本"}), "INVALID_ARGUMENT");
    nothing();
    repository.refuses(json!({"command": WHERE, "base": "nope"}), "INVALID_ARGUMENT");
    nothing();
    // What can be known before is, so that no checkout is made for it.
    repository.refuses(json!({"command": WHERE, "agent": "nobody"}), "INVALID_ARGUMENT");
    repository.refuses(json!({"command": WHERE, "env": "nowhere"}), "INVALID_ARGUMENT");
    nothing();
}

#[test]
fn a_folder_that_was_removed_by_hand() {
    let repository = Repository::new();
    let made = repository.create("a");
    fs::remove_dir_all(path(&made)).expect("its folder");
    let said = repository.refuses(json!({"command": WHERE, "worktree": made["id"]}), "INVALID_STATE");
    assert!(said.contains("the folder of the worktree a is gone"), "{said}");
}

/// Killed while the agent is started: the next daemon has both, or neither.
#[test]
fn a_daemon_that_is_killed_on_the_way() {
    for (point, both) in [("spawn.asked", false), ("spawn.kept", true), ("spawn.started", true)] {
        let repository = Repository::new();
        let points = Points::new(&repository.project.sandbox);
        points.arm(point);
        let request = json!({"type": "spawn", "command": WHERE, "name": "one"});
        repository.project.client().send(&repository.project.request(request));
        process::kill(points.reached(point, PATIENCE));
        if both {
            eventually("it is in use", PATIENCE, || {
                let worktrees = repository.worktrees();
                let [one] = &worktrees[..] else { return None };
                (one["status"] == "active" && one["agents"].as_object()?.len() == 1).then_some(())
            });
            let agent = repository.project.agents().remove(0);
            assert_eq!(agent["worktree_id"], repository.worktrees()[0]["id"], "{point}");
        } else {
            eventually("it is taken back", PATIENCE, || repository.worktrees().is_empty().then_some(()));
            eventually("on disk too", PATIENCE, || {
                (repository.project.manifest()["worktrees"] == json!({})).then_some(())
            });
            repository.has_none();
            assert_eq!(repository.project.agents(), Vec::<Value>::new());
        }
        repository.spawn(json!({"command": WHERE, "name": "two"}));
    }
}

#[test]
fn suspended_and_started_again_it_is_in_its_worktree() {
    let repository = Repository::new();
    let config = "agents: {remembers: {command: sh, launch_args: [-c, 'pwd; exec sleep 1000'], resume: [--], session_args: ['{session_id}']}}\n";
    repository.project.configure(config);
    let spawned = repository.spawn(json!({"agent": "remembers", "name": "a"}));
    let folder = path(&repository.worktrees()[0]);
    let folder = folder.to_str().expect("UTF-8");
    repository.project.says(id(&spawned), folder);
    let target = json!({"type": "agent", "id": id(&spawned)});
    repository.project.ask(json!({"type": "suspend", "target": target}), "suspend_result");
    repository.project.ask(json!({"type": "resume", "agent_id": id(&spawned)}), "resume_result");
    repository.project.says(id(&spawned), &format!("{folder}\r\n{folder}"));
}

#[test]
fn by_the_command_line() {
    let repository = Repository::new();
    let pintle = |words: &[&str]| repository.project.sandbox.pintle(words).current_dir(repository.root());
    let agent = pintle(&["spawn", "--new-worktree", "--name", "one", "--command", WHERE]).ok();
    let made = &repository.worktrees()[0];
    assert_eq!(repository.project.agent(agent.trim())["worktree_id"], made["id"]);
    let second = pintle(&["spawn", "--worktree", "one", "--command", WHERE]).ok();
    assert_eq!(repository.project.agent(second.trim())["worktree_id"], made["id"]);
    let begun = &made["id"].as_str().expect("an id")[..6];
    pintle(&["spawn", "--worktree", begun, "--command", WHERE]).ok();
    let said = pintle(&["spawn", "--worktree", "onr", "--command", WHERE]).fails(4);
    assert!(said.contains("no worktree `onr`") && said.contains("did you mean: one?"), "{said}");
    assert_eq!(repository.project.agents().len(), 3);
    pintle(&["spawn", "--base", "main", "--name", "two", "--command", WHERE]).ok();
    assert_eq!(repository.worktrees().len(), 2);
}

/// However everything ends, whoever can go on does so in the worktree that it had; the worktree is not touched.
#[test]
fn it_goes_on_there_after_a_restart_of_everything() {
    let repository = Repository::new();
    let config = "agents: {remembers: {command: sh, launch_args: [-c, 'pwd; exec sleep 1000'], resume: [--], session_args: ['{session_id}']}}\n";
    repository.project.configure(config);
    let spawned = repository.spawn(json!({"agent": "remembers", "name": "a"}));
    let made = repository.worktrees().remove(0);
    fs::write(path(&made).join("work"), "x\n").expect("a file");
    let folder = path(&made);
    let folder = folder.to_str().expect("UTF-8");
    for kill_keeper in [true, false] {
        if kill_keeper {
            let (keeper, daemon) =
                (repository.project.sandbox.keeper().expect("a keeper"), repository.project.sandbox.daemon());
            process::kill(keeper);
            eventually("both are gone", PATIENCE, || {
                (!process::alive(keeper) && !process::alive(daemon)).then_some(())
            });
        } else {
            repository.project.sandbox.stop();
        }
        repository.project.sandbox.start();
        let agent = repository.project.agent(id(&spawned));
        assert_eq!((&agent["activity"], &agent["worktree_id"]), (&json!("suspended"), &made["id"]));
        // A worktree with somebody who can go on is not pruned.
        let survey = repository.project.ask(json!({"type": "survey_worktrees"}), "worktree_surveys");
        assert_eq!(survey["surveys"][0]["live_agents"], json!([id(&spawned)]));
        repository.project.ask(json!({"type": "resume", "agent_id": id(&spawned)}), "resume_result");
        // What it has said before is gone with the keeper.
        repository.project.says(id(&spawned), folder);
        assert_eq!(repository.project.agent(id(&spawned))["worktree_id"], made["id"]);
        assert!(path(&made).join("work").exists());
    }
}

#[test]
fn init_on_a_live_project_changes_nothing() {
    let repository = Repository::new();
    let inside = repository.spawn(json!({"command": WHERE, "name": "inside"}));
    let root = repository.spawn(json!({"command": WHERE, "root": true}));
    let known = || {
        let agent = |reply: &Value| {
            let agent = repository.project.agent(id(reply));
            (agent["pid"].clone(), agent["name"].clone(), agent["worktree_id"].clone(), agent["status"].clone())
        };
        (agent(&inside), agent(&root), repository.worktrees().len())
    };
    let before = known();
    let reply = repository.project.ask(json!({"type": "init"}), "init_result");
    assert_eq!((&reply["created"], known()), (&json!(false), before.clone()));
    // Nor when a client starts with a new daemon.
    repository.project.crash();
    repository.project.ask(json!({"type": "init"}), "init_result");
    assert_eq!(known(), before);
    // What happens in the worktree belongs to it, whoever asks.
    let request = json!({"type": "status", "project_root": path(&repository.worktrees()[0])});
    assert_eq!(repository.project.client().call(request)["agents"].as_array().map(Vec::len), Some(2));
}
