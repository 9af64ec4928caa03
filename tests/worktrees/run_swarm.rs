//! `run_swarm` and `undo_swarm` on real repositories.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Repository, path};
use crate::support::{PATIENCE, Points, Tmux, eventually, pintle, process};

const LIVES: &str = "exec sleep 1000";

impl Repository {
    fn agent_def(&self, name: &str, command: &str, prompt: &str) {
        let def = json!({"agent_type": "terminal", "command": command, "inline_prompt": prompt});
        self.definition(&format!("agents/{name}.yaml"), &def);
    }

    fn swarm_def(&self, name: &str, def: Value) {
        self.definition(&format!("swarms/{name}.yaml"), &def);
    }

    fn definition(&self, name: &str, def: &Value) {
        let path = self.project.file(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, def.to_string()).expect("a file");
    }

    /// A swarm `s` of four, in two worktrees.
    fn two_by_two(&self) {
        self.agent_def("a", LIVES, "Do {{IT}}.");
        self.swarm_def("s", json!({"worktree_count": 2, "roster": [{"agent_def": "a", "quantity": 2}]}));
    }

    /// The set-up of `s-1` waits until this is unlocked.
    fn held_set_up(&self) -> fs::File {
        let gate = self.project.sandbox.path("gate");
        let held = fs::File::create(&gate).expect("a file");
        held.lock().expect("a lock");
        let waits =
            format!("case $(git branch --show-current) in *-1) flock --shared '{}' true;; esac", gate.display());
        fs::write(self.project.file("config.yaml"), json!({"setup": [waits]}).to_string()).expect("a file");
        held
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

    #[track_caller]
    fn run_swarm(&self, name: &str, reply: &str) -> Value {
        self.project.ask(json!({"type": "run_swarm", "swarm_name": name}), reply)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.project.agents().iter().map(|agent| agent["name"].as_str().expect("a name").to_owned()).collect();
        names.sort();
        names
    }

    fn worktree_names(&self) -> Vec<String> {
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
    let cut_off = |then: &dyn Fn(&Repository, u32), why: &str| {
        let repository = Repository::new();
        repository.two_by_two();
        let points = Points::new(&repository.project.sandbox);
        points.arm("run_swarm.agent");
        let request =
            repository.project.request(json!({"type": "run_swarm", "swarm_name": "s", "vars": {"IT": "this"}}));
        repository.project.client().send(&request);
        then(&repository, points.reached("run_swarm.agent", PATIENCE));
        let said = repository.is_told("swarm s");
        assert!(said.contains(why), "{said}");
        let there = repository.project.agents().len();
        assert!(there < 4 && said.contains(&format!("; {there} agent")), "{there}: {said}");
        assert_eq!(repository.project.manifest().get("swarmRuns"), None);
        assert!(repository.worktrees().iter().all(|worktree| worktree["status"] == "active"));
    };
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
            let mut other =
                worktrees.values().find(|it| it["status"] == "creating").expect("one is being made").clone();
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
