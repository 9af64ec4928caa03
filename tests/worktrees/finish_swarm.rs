//! Runs of swarms that a daemon was in the middle of when it ended.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use super::Repository;
use super::run_swarm::LIVES;
use crate::support::{PATIENCE, Points, eventually, process};

impl Repository {
    /// A swarm `s` of four, in two worktrees.
    fn two_by_two(&self) {
        self.agent_def("a", LIVES, "Do {{IT}}.");
        self.swarm_def("s", json!({"worktree_count": 2, "roster": [{"agent_def": "a", "quantity": 2}]}));
    }

    /// Waits for a notification with this title; returns what it says.
    #[track_caller]
    fn is_told(&self, title: &str) -> String {
        eventually(&format!("a notification about {title}"), Duration::from_secs(20), || {
            let list = self.project.client().call(json!({"cmd": "notify_list"}));
            let found = list["notifications"].as_array()?.iter().find(|it| it["title"] == title)?["message"].clone();
            found.as_str().map(str::to_owned)
        })
    }
}

/// A run of which one agent is there, and the other worktree is still to be made; what is done `then` to it and its daemon ends it for `why`.
#[track_caller]
fn cut_off(then: &dyn Fn(&Repository, u32), why: &str) {
    let repository = Repository::new();
    repository.two_by_two();
    repository.project.configure("max_parallel: 1\n");
    let points = Points::new(&repository.project.sandbox);
    points.arm("run_swarm.agent");
    let request = repository.project.request(json!({"type": "run_swarm", "swarm_name": "s", "vars": {"IT": "this"}}));
    repository.project.client().send(&request);
    let daemon = points.reached("run_swarm.agent", PATIENCE);
    // It writes nothing over what is written below.
    process::stop(daemon);
    then(&repository, daemon);
    let said = repository.is_told("swarm s");
    assert!(said.contains(why), "{said}");
    let there = repository.project.agents().len();
    assert!(there < 4 && said.contains(&format!("; {there} agent")), "{there}: {said}");
    assert_eq!(repository.project.manifest().get("swarmRuns"), None);
    assert!(repository.worktrees().iter().all(|worktree| worktree["status"] == "active"));
}

/// Killed at every step: the next daemon makes what is left, and nothing twice.
#[test]
fn a_daemon_that_is_killed_on_the_way() {
    for point in ["run_swarm.noted", "run_swarm.worktree", "spawn.kept", "run_swarm.agent"] {
        let repository = Repository::new();
        repository.two_by_two();
        let points = Points::new(&repository.project.sandbox);
        points.arm(point);
        let request =
            repository.project.request(json!({"type": "run_swarm", "swarm_name": "s", "vars": {"IT": "this"}}));
        repository.project.client().send(&request);
        process::kill(points.reached(point, PATIENCE));
        let said = repository.is_told("swarm s");
        assert!(said.contains("the next one has gone on: 4 agents in 2 worktrees; `pintle swarm undo run-"), "{said}");
        assert_eq!(repository.names(), ["s-0", "s-1", "s-a-0-2", "s-a-1-2"], "after {point}");
        assert_eq!(repository.worktree_names(), ["s-0", "s-1"]);
        assert_eq!(repository.branches(), ["main", "pintle/s-0", "pintle/s-1"]);
        let agents = repository.project.agents();
        let runs = |agent: &Value| {
            let alive = agent["pid"].as_u64().is_some_and(|pid| process::alive(u32::try_from(pid).expect("a pid")));
            alive && agent["prompt"] == "Do this." && agent["swarm_run"].is_string()
        };
        assert!(agents.iter().all(runs), "{agents:?}");
        assert_eq!(repository.project.manifest().get("swarmRuns"), None);
        let run = agents[0]["swarm_run"].clone();
        let undone = repository.project.ask(json!({"type": "undo_swarm", "run_id": run}), "undo_swarm_result");
        assert_eq!(undone["removed"].as_array().map(Vec::len), Some(2), "{undone}");
        repository.has_none();
    }
}

/// Whoever works already goes on, however long the others take.
#[test]
fn a_daemon_that_is_restarted_on_the_way() {
    let repository = Repository::new();
    repository.two_by_two();
    let held = repository.held_set_up();
    let words = ["swarm", "run", "s", "--var", "IT=this"];
    let asks = repository.project.sandbox.pintle(&words).current_dir(repository.root());
    let asks = std::thread::spawn(move || asks.finish());
    eventually("two are there", PATIENCE, || (repository.names() == ["s-0", "s-a-0-2"]).then_some(()));
    let works: Vec<Value> = repository.project.agents().iter().map(|agent| agent["pid"].clone()).collect();
    let before = repository.project.sandbox.daemon();
    repository.project.sandbox.pintle(&["daemon", "restart"]).ok();
    assert_ne!(repository.project.sandbox.daemon(), before);
    let told = asks.join().expect("an answer");
    assert!(told.status.code() == Some(1) && told.stderr.contains("the next one goes on with it"), "{told}");
    held.unlock().expect("a lock");
    repository.is_told("swarm s");
    let now: Vec<Value> = repository.project.agents().iter().map(|agent| agent["pid"].clone()).collect();
    assert_eq!(now.len(), 4);
    assert!(works.iter().all(|pid| now.contains(pid)), "{works:?} {now:?}");
}

/// A disk that is mounted late: what was left unfinished is seen to when the project is there again.
#[test]
fn a_folder_that_is_not_there_when_the_next_daemon_begins() {
    let repository = Repository::new();
    repository.two_by_two();
    // A git that makes the other worktree meanwhile would make the folder again.
    repository.project.configure("max_parallel: 1\n");
    let points = Points::new(&repository.project.sandbox);
    points.arm("spawn.kept");
    let request = repository.project.request(json!({"type": "run_swarm", "swarm_name": "s", "vars": {"IT": "this"}}));
    repository.project.client().send(&request);
    let daemon = points.reached("spawn.kept", PATIENCE);
    let away = repository.root().with_extension("away");
    fs::rename(repository.root(), &away).expect("a folder");
    process::kill(daemon);
    let other = || repository.project.client().call(json!({"type": "health"}))["pid"].clone();
    eventually("another daemon is there", PATIENCE, || (other() != daemon).then_some(()));
    fs::rename(&away, repository.root()).expect("a folder");
    eventually("all are there", PATIENCE, || (repository.names().len() == 4).then_some(()));
    let said = repository.is_told("swarm s");
    assert!(said.contains("the next one has gone on: 4 agents in 2 worktrees"), "{said}");
    let agents = repository.project.agents();
    let keeper = repository.project.sandbox.keeper().expect("a keeper");
    assert_eq!(process::children(keeper).len(), agents.len() + 1, "nothing twice: {agents:?}");
    assert!(repository.worktrees().iter().all(|worktree| worktree["status"] == "active"));
}

/// What cannot be gone on with stays as it is, and the person is told why.
#[test]
fn a_run_that_cannot_be_gone_on_with() {
    let changed = |repository: &Repository, daemon| {
        repository.swarm_def("s", json!({"worktree_count": 1, "roster": [{"agent_def": "a"}]}));
        process::kill(daemon);
    };
    cut_off(&changed, "the swarm `s` has been changed since");
    let at_root = |repository: &Repository, daemon| {
        repository.swarm_def("s", json!({"worktree_count": 0, "roster": [{"agent_def": "a", "quantity": 2}]}));
        process::kill(daemon);
    };
    cut_off(&at_root, "the swarm `s` has been changed since");
    let no_more = |repository: &Repository, daemon| {
        repository.definition("agents/a.yaml", &json!({"agent_type": "terminal", "env": "gone"}));
        process::kill(daemon);
    };
    cut_off(&no_more, "Unknown environment: gone");
    // Whatever ends each daemon ends the next one too.
    let again_and_again = |repository: &Repository, daemon| {
        repository.edit_manifest(|manifest| {
            let runs = manifest["swarmRuns"].as_object_mut().expect("a run is under way");
            runs.values_mut().for_each(|run| run["cutOff"] = json!(5));
        });
        process::kill(daemon);
    };
    cut_off(&again_and_again, "5 daemons have ended over it");
    let name_taken = |repository: &Repository, daemon| {
        let theirs = repository.project.sandbox.path("theirs");
        fs::create_dir(&theirs).expect("a folder");
        repository.edit_manifest(|manifest| {
            let worktrees = manifest["worktrees"].as_object_mut().expect("worktrees");
            let is_noted_only = |it: &&Value| it["baseBranch"].is_null();
            let mut other = worktrees.values().find(is_noted_only).expect("one is still to be made").clone();
            (other["id"], other["status"], other["path"]) = ("wt-other".into(), "active".into(), json!(theirs));
            other.as_object_mut().expect("an entry").remove("swarmRun");
            worktrees.insert("wt-other".to_owned(), other);
        });
        process::kill(daemon);
    };
    cut_off(&name_taken, "the project has another worktree called `s-");
    let keeper_too = |repository: &Repository, daemon| {
        process::kill(process::stat(daemon).expect("it lives").parent);
        process::kill(daemon);
        eventually("it is gone", PATIENCE, || process::stat(daemon).is_none().then_some(()));
        assert!(repository.project.sandbox.pintle(&["daemon", "start"]).finish().success());
    };
    cut_off(&keeper_too, "its keeper has ended, and its agents with it");
}
