//! `run_swarm` and `undo_swarm` on real repositories.

use std::fs;

use serde_json::{Value, json};

use super::{Repository, path};
use crate::support::{PATIENCE, Points, Tmux, eventually, pintle};

pub(super) const LIVES: &str = "exec sleep 1000";

impl Repository {
    pub(super) fn agent_def(&self, name: &str, command: &str, prompt: &str) {
        let def = json!({"agent_type": "terminal", "command": command, "inline_prompt": prompt});
        self.definition(&format!("agents/{name}.yaml"), &def);
    }

    pub(super) fn swarm_def(&self, name: &str, def: Value) {
        self.definition(&format!("swarms/{name}.yaml"), &def);
    }

    pub(super) fn definition(&self, name: &str, def: &Value) {
        let path = self.project.file(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, def.to_string()).expect("a file");
    }

    /// The set-up of `s-1` waits until this is unlocked.
    pub(super) fn held_set_up(&self) -> fs::File {
        let gate = self.project.sandbox.path("gate");
        let held = fs::File::create(&gate).expect("a file");
        held.lock().expect("a lock");
        let waits =
            format!("case $(git branch --show-current) in *-1) flock --shared '{}' true;; esac", gate.display());
        fs::write(self.project.file("config.yaml"), json!({"setup": [waits]}).to_string()).expect("a file");
        held
    }

    #[track_caller]
    fn run_swarm(&self, name: &str, reply: &str) -> Value {
        self.project.ask(json!({"type": "run_swarm", "swarm_name": name}), reply)
    }

    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.project.agents().iter().map(|agent| agent["name"].as_str().expect("a name").to_owned()).collect();
        names.sort();
        names
    }

    pub(super) fn worktree_names(&self) -> Vec<String> {
        self.worktrees().iter().map(|worktree| worktree["name"].as_str().expect("a name").to_owned()).collect()
    }
}

fn ids(reply: &Value) -> Vec<&str> {
    reply["spawned_agents"].as_array().expect("a list").iter().filter_map(Value::as_str).collect()
}

#[test]
fn it_runs_and_runs_again_and_is_undone() {
    let repository = Repository::new();
    repository.agent_def("a", LIVES, "");
    let roster = json!([{"agent_def": "a", "quantity": 2}]);
    repository.swarm_def("s", json!({"worktree_count": 2, "roster": roster, "include_terminal": true}));
    let first = repository.run_swarm("s", "run_swarm_result");
    assert_eq!(ids(&first).len(), 6);
    let expected = ["s-0", "s-1", "s-a-0-2", "s-a-1-2", "s-terminal-0", "s-terminal-1"];
    assert_eq!(repository.names(), expected);
    assert_eq!(repository.worktree_names(), ["s-0", "s-1"]);
    let of_first = repository.project.agent(ids(&first)[0]);
    assert_eq!(of_first["name"], "s-0", "worktree by worktree, in the order of the roster");
    let second = repository.run_swarm("s", "run_swarm_result");
    assert_eq!(repository.worktree_names(), ["s-0", "s-1", "s-0-2", "s-1-2"]);
    assert!(
        repository.names().contains(&"s-a-0-2-2".to_owned())
            && repository.names().contains(&"s-terminal-1-2".to_owned())
    );
    assert_eq!(repository.project.manifest().get("swarmRuns"), None, "none is under way");
    // Undone: exactly these, and no worktree that holds work.
    let by_name = |name: &str| repository.worktrees().into_iter().find(|it| it["name"] == name).expect("a worktree");
    fs::write(path(&by_name("s-0-2")).join("new"), "work\n").expect("a file");
    let undone = repository.project.ask(json!({"type": "undo_swarm", "run_id": second["run_id"]}), "undo_swarm_result");
    assert_eq!(undone["killed"].as_array().map(Vec::len), Some(6));
    assert_eq!(undone["removed"].as_array().map(Vec::len), Some(1));
    assert_eq!(undone["kept"][0]["name"], "s-0-2");
    assert!(undone["kept"][0]["reason"].as_str().expect("a reason").contains("1 untracked file (new)"), "{undone}");
    assert_eq!(repository.names(), expected);
    assert_eq!(repository.worktree_names(), ["s-0", "s-1", "s-0-2"]);
    repository.project.refused(json!({"type": "undo_swarm", "run_id": "run-x"}), "NOT_FOUND");
}

#[test]
fn two_runs_at_once_get_names_of_their_own() {
    let repository = Repository::new();
    repository.agent_def("a", LIVES, "");
    repository.swarm_def("s", json!({"worktree_count": 2, "roster": [{"agent_def": "a"}]}));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| repository.run_swarm("s", "run_swarm_result"));
        }
    });
    let mut worktrees = repository.worktree_names();
    // Which of them was first nobody knows.
    worktrees.sort();
    assert_eq!(worktrees, ["s-0", "s-0-2", "s-0-3", "s-1", "s-1-2", "s-1-3"]);
    assert_eq!(repository.names(), worktrees);
}

#[test]
fn everything_is_checked_before_anything_starts() {
    let repository = Repository::new();
    repository.agent_def("good", LIVES, "{{A}} {{B}}");
    repository.agent_def("other", LIVES, "{{B}} {{C}}");
    repository.definition("agents/kind.yaml", &json!({"agent_type": "nope"}));
    repository.definition("agents/env.yaml", &json!({"agent_type": "terminal", "env": "nope"}));
    repository.definition("agents/lost.yaml", &json!({"agent_type": "terminal", "template": "nope"}));
    let refused = |roster: &[&str], vars: Value, code: &str| {
        let roster: Vec<Value> = roster.iter().map(|def| json!({"agent_def": def})).collect();
        repository.swarm_def("s", json!({"worktree_count": 2, "roster": roster}));
        repository.project.refused(json!({"type": "run_swarm", "swarm_name": "s", "vars": vars}), code)
    };
    let said = refused(&["good", "other"], json!({"B": "1"}), "INVALID_ARGUMENT");
    assert_eq!(said, "the swarm `s` needs values for: A, C");
    let vars = json!({"A": "1", "B": "2"});
    assert!(refused(&["good", "gone"], vars.clone(), "NOT_FOUND").contains("`gone`"));
    assert!(refused(&["good", "kind"], vars.clone(), "INVALID_ARGUMENT").contains("`nope`"));
    assert!(refused(&["good", "env"], vars.clone(), "INVALID_ARGUMENT").contains("nope"));
    assert!(refused(&["good", "lost"], vars, "NOT_FOUND").contains("no template has the name `nope`"));
    repository.project.refused(json!({"type": "run_swarm", "swarm_name": "gone"}), "NOT_FOUND");
    assert_eq!(repository.project.agents(), Vec::<Value>::new());
    repository.has_none();
    assert_eq!(repository.branches(), ["main"]);
}

#[test]
fn one_that_cannot_start() {
    let repository = Repository::new();
    repository.agent_def("a", LIVES, "");
    repository.agent_def("bad", "/nonexistent/program", "");
    let four = json!({"agent_def": "a", "quantity": 4});
    repository.swarm_def("s", json!({"roster": [four, {"agent_def": "bad"}, {"agent_def": "a"}]}));
    let partial = repository.run_swarm("s", "run_swarm_partial");
    assert_eq!(ids(&partial).len(), 4);
    assert_eq!(partial["error_code"], "SPAWN_FAILED");
    let said = partial["error_message"].as_str().expect("a text");
    assert!(said.starts_with("agent `s-bad-0-1` in worktree `s-0`: cannot run /nonexistent/program"), "{said}");
    assert_eq!(repository.names(), ["s-0", "s-a-0-2", "s-a-0-3", "s-a-0-4"]);
    let undo = json!({"type": "undo_swarm", "run_id": partial["run_id"]});
    let undone = repository.project.ask(undo, "undo_swarm_result");
    assert_eq!((undone["killed"].as_array().map(Vec::len), &undone["kept"]), (Some(4), &json!([])));
    repository.has_none();
    // Where nobody could be started there is nothing.
    repository.swarm_def("none", json!({"worktree_count": 3, "roster": [{"agent_def": "bad"}]}));
    repository.project.refused(json!({"type": "run_swarm", "swarm_name": "none"}), "SPAWN_FAILED");
    repository.has_none();
    assert_eq!(repository.project.manifest().get("swarmRuns"), None);
}

#[test]
fn in_the_projects_own_folder() {
    let project = crate::agents::project::Project::new();
    let write = |name: &str, def: Value| {
        let path = project.file(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, def.to_string()).expect("a file");
    };
    write("agents/a.yaml", json!({"agent_type": "terminal", "command": LIVES, "inline_prompt": "Do {{IT}}."}));
    write("swarms/s.yaml", json!({"worktree_count": 0, "roster": [{"agent_def": "a", "quantity": 2}]}));
    let request = json!({"type": "run_swarm", "swarm_name": "s", "vars": {"IT": "this"}});
    let run = project.ask(request, "run_swarm_result");
    let agent = project.agent(ids(&run)[1]);
    assert_eq!((&agent["name"], &agent["prompt"]), (&json!("s-a-0-2"), &json!("Do this.")));
    assert_eq!(agent["worktree_id"], Value::Null);
    let undone = project.ask(json!({"type": "undo_swarm", "run_id": run["run_id"]}), "undo_swarm_result");
    assert_eq!(undone["killed"].as_array().map(Vec::len), Some(2));
}

/// Nobody waits for the answer: it runs all the same, and stays when the daemon is replaced.
#[test]
fn a_client_that_goes_away() {
    let repository = Repository::new();
    repository.agent_def("a", LIVES, "");
    repository.swarm_def("s", json!({"worktree_count": 2, "roster": [{"agent_def": "a"}]}));
    let points = Points::new(&repository.project.sandbox);
    points.arm("run_swarm.noted");
    let mut client = repository.project.client();
    client.send(&repository.project.request(json!({"type": "run_swarm", "swarm_name": "s"})));
    points.reached("run_swarm.noted", PATIENCE);
    drop(client);
    points.release("run_swarm.noted");
    let ended = || repository.project.manifest().get("swarmRuns").is_none().then_some(());
    eventually("it has run", PATIENCE, || ended().filter(|()| repository.names() == ["s-0", "s-1"]));
    repository.project.crash();
    assert_eq!(repository.names(), ["s-0", "s-1"]);
    assert_eq!(repository.worktree_names(), ["s-0", "s-1"]);
}

/// A checkout that waits shows how many are made at once.
#[test]
fn no_more_at_once_than_the_config_says() {
    let repository = Repository::new();
    repository.write(".gitattributes", "*.slow filter=slow\n");
    repository.write("a.slow", "content\n");
    repository.git(&["config", "filter.slow.clean", "cat"]);
    repository.commit("slow");
    let (begun, gate) = (repository.project.sandbox.path("begun"), repository.project.sandbox.path("gate"));
    fs::write(&begun, "").expect("a file");
    // Held until they are let through.
    let held = fs::File::create(&gate).expect("a file");
    held.lock().expect("a lock");
    let (marks, lock) = (begun.display(), gate.display());
    let smudge = format!("echo x >> '{marks}'; flock --shared '{lock}' true; echo y >> '{marks}'; cat");
    repository.git(&["config", "filter.slow.smudge", &smudge]);
    repository.project.configure("max_parallel: 2\n");
    repository.agent_def("a", LIVES, "");
    repository.swarm_def("s", json!({"worktree_count": 5, "roster": [{"agent_def": "a"}]}));
    std::thread::scope(|scope| {
        let run = scope.spawn(|| repository.run_swarm("s", "run_swarm_result"));
        let marks = || fs::read_to_string(&begun).unwrap_or_default().replace('\n', "");
        eventually("two are being made", PATIENCE, || (marks() == "xx").then_some(()));
        // All are noted, and three wait for their turn.
        assert_eq!(repository.worktrees().len(), 5);
        held.unlock().expect("a lock");
        assert_eq!(ids(&run.join().expect("an answer")).len(), 5);
        let mut open = 0;
        for mark in marks().chars() {
            open += if mark == 'x' { 1 } else { -1 };
            assert!((0..=2).contains(&open), "{}", marks());
        }
    });
    repository.project.configure("max_parallel: 0\n");
    let said = repository.project.refused(json!({"type": "run_swarm", "swarm_name": "s"}), "CONFIG_ERROR");
    let wrong = "max_parallel: `0` is no number from 1 to 64";
    assert!(said.contains("config.yaml: line 1, column 15: ") && said.contains(wrong), "{said}");
    let checked = repository.project.sandbox.pintle(&["config", "check"]).current_dir(repository.root()).finish();
    assert!(checked.stdout.contains(wrong), "{checked}");
}

#[test]
fn a_bar_on_a_terminal() {
    let repository = Repository::new();
    repository.write(".gitattributes", "*.slow filter=slow\n");
    repository.write("a.slow", "content\n");
    repository.git(&["config", "filter.slow.clean", "cat"]);
    repository.commit("slow");
    let gate = repository.project.sandbox.path("gate");
    let held = fs::File::create(&gate).expect("a file");
    held.lock().expect("a lock");
    let smudge = format!("flock --shared '{}' true; cat", gate.display());
    repository.git(&["config", "filter.slow.smudge", &smudge]);
    repository.agent_def("a", LIVES, "");
    repository.swarm_def("s", json!({"worktree_count": 2, "roster": [{"agent_def": "a"}]}));
    let tmux = Tmux::new(&repository.project.sandbox);
    let pane = tmux.panes().remove(0);
    let line =
        format!("clear; cd {}; {} swarm run s; echo ended-with-$?", repository.project.root(), pintle().display());
    tmux.type_line(&pane, &line);
    tmux.shows(&pane, "0/2  worktrees 0/2");
    held.unlock().expect("a lock");
    let shown = tmux.shows(&pane, "ended-with-0\n");
    assert!(shown.contains("  s-1  in s-1\n") && !shown.contains("agents ["), "{shown}");
}

/// Whoever leaves is told what becomes of the run.
#[test]
fn an_interrupt_leaves_the_run_to_itself() {
    let repository = Repository::new();
    repository.agent_def("a", LIVES, "");
    repository.swarm_def("s", json!({"worktree_count": 2, "roster": [{"agent_def": "a"}]}));
    let held = repository.held_set_up();
    let tmux = Tmux::new(&repository.project.sandbox);
    let pane = tmux.panes().remove(0);
    let line =
        format!("clear; cd {}; {} swarm run s; echo ended-with-$?", repository.project.root(), pintle().display());
    tmux.type_line(&pane, &line);
    tmux.shows(&pane, "1/2  worktrees 1/2");
    tmux.send_keys(&pane, &["C-c"]);
    let shown = tmux.shows(&pane, "ended-with-130\n");
    assert!(shown.contains("the run of s goes on, 1 of 2 agents are there"), "{shown}");
    assert!(shown.replace('\n', "").contains("`pintle swarm undo run-"), "{shown}");
    // What the terminal writes for C-c goes behind the bar, in the next line, so that it stays: once.
    assert!(shown.contains("`pintle swarm runs`") && shown.matches("agents [").count() < 2, "{shown}");
    held.unlock().expect("a lock");
    eventually("it has run", PATIENCE, || (repository.names() == ["s-0", "s-1"]).then_some(()));
}

#[test]
fn by_the_command_line() {
    let repository = Repository::new();
    repository.agent_def("a", LIVES, "{{X}}");
    repository.swarm_def("s", json!({"worktree_count": 2, "roster": [{"agent_def": "a"}]}));
    let pintle = |words: &[&str]| repository.project.sandbox.pintle(words).current_dir(repository.root());
    assert!(pintle(&["swarm", "run", "s"]).fails(1).contains("the swarm `s` needs a value for: X"));
    let said = pintle(&["swarm", "run", "s", "--var", "X=1"]).ok();
    assert!(said.contains("  s-0  in s-0\n") && said.contains("  s-1  in s-1\n"), "{said}");
    let run = said.lines().last().and_then(|line| line.split(':').next()).expect("a run");
    // Whose output has scrolled away finds it, in a list and with Tab.
    let listed = pintle(&["swarm", "runs"]).ok();
    assert!(listed.contains(run) && listed.contains("s-0 s-1"), "{listed}");
    let completed = pintle(&["--", "pintle", "swarm", "undo", ""]).env("PINTLE_COMPLETE", "fish").ok();
    assert_eq!(completed.lines().next(), Some(format!("{run}\ts-0 s-1").as_str()));
    let slip = pintle(&["swarm", "run", "s", "--var", "Y=1"]).fails(2);
    assert!(slip.contains("no prompt of the swarm s has {{Y}} in it") && slip.contains("to be filled in: X"), "{slip}");
    assert_eq!(pintle(&["swarm", "undo", &run[..6]]).ok(), "2 agents ended, 2 worktrees removed\n");
    repository.has_none();
    assert!(pintle(&["swarm", "runs"]).ok().starts_with("nothing is left of any run"));
    repository.agent_def("bad", "/nonexistent/program", "");
    repository.swarm_def("p", json!({"roster": [{"agent_def": "a"}, {"agent_def": "bad"}]}));
    let finished = pintle(&["swarm", "run", "p", "--var", "X=1"]).finish();
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    assert!(
        finished.stdout.contains("  p-0  in p-0\n") && finished.stderr.contains("pintle swarm undo run-"),
        "{finished}"
    );
}

/// All is checked before anything starts: the names of what somebody has checked out are not free.
#[test]
fn branches_that_somebody_has_checked_out() {
    let repository = Repository::new();
    repository.agent_def("a", LIVES, "");
    repository.swarm_def("s", json!({"worktree_count": 2, "roster": [{"agent_def": "a", "quantity": 1}]}));
    let theirs = repository.project.sandbox.path("theirs");
    repository.git(&["worktree", "add", "--quiet", "-b", "pintle/s-1", theirs.to_str().expect("UTF-8")]);
    assert_eq!(ids(&repository.run_swarm("s", "run_swarm_result")).len(), 2);
    let names = repository.worktree_names();
    assert!(names.len() == 2 && !names.contains(&"s-1".to_owned()), "{names:?}");
}
