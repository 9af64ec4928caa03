//! `kill -9` of the keeper takes the agents' terminals with it. The next one says what became of them.

use serde_json::{Value, json};

use crate::agents::project::Project;
use crate::support::{PATIENCE, eventually, process};

const KIND: &str = "
agents:
  able: {command: FAKE, session_args: [print, 'first {session_id}', then, listen], resume: [print, 'again {session_id}', then, listen]}
";

/// Kills the keeper; returns when its daemon has seen that and is gone too.
fn kill_keeper(project: &Project) {
    let (keeper, daemon) = (project.sandbox.keeper().expect("a keeper"), project.sandbox.daemon());
    process::kill(keeper);
    eventually("keeper and daemon are gone", PATIENCE, || {
        (!process::alive(keeper) && !process::alive(daemon)).then_some(())
    });
}

#[test]
fn agents_are_suspended_where_they_can_go_on_and_broken_where_not() {
    let project = Project::with_config(KIND);
    let able = project.spawn_with(json!({"agent": "able", "name": "able"}));
    let plain = project.spawn(&["listen"]);
    // Deaf to the loss of its terminal as well: nobody could ever reach it again.
    let deaf =
        project.spawn(&["ignore", "hup", "term", "then", "children", "session", "1", "stubborn", "then", "hang"]);
    let ended = project.spawn(&["exit", "3"]);
    project.attach(&ended).read_to_exit();
    project.says(&deaf, "child ");
    let session = project.agent(&able)["session_id"].as_str().expect("a session").to_owned();
    project.says(&able, &session);
    kill_keeper(&project);
    project.sandbox.start();
    let told = |id: &str| {
        let agent = project.agent(id);
        (agent["status"].clone(), agent["activity"].clone(), agent["pid"].clone(), agent["exit_code"].clone())
    };
    assert_eq!(told(&able), (json!("waiting"), json!("suspended"), Value::Null, Value::Null));
    for id in [&plain, &deaf] {
        assert_eq!(told(id), (json!("broken"), json!("failed"), Value::Null, Value::Null));
    }
    assert_eq!(told(&ended), (json!("broken"), json!("failed"), Value::Null, json!(3)));
    project.is_consistent();
    project.ask(json!({"type": "resume", "agent_id": able}), "resume_result");
    project.says(&able, &format!("again {session}"));
    assert_eq!(project.agent(&able)["name"], "able");
    project.is_consistent();
}

/// Its program goes on with the last session there was, whichever that is called.
#[test]
fn an_agent_without_a_session_of_its_own_is_suspended_too() {
    let project = Project::with_config(
        "agents: {last: {command: FAKE, launch_args: [print, first, then, listen], resume: [print, 'once more', then, listen]}}\n",
    );
    for end in [kill_keeper as fn(&Project), |project: &Project| project.sandbox.stop()] {
        let id = project.spawn_with(json!({"agent": "last"}));
        project.says(&id, "first");
        assert_eq!(project.agent(&id)["session_id"], Value::Null);
        end(&project);
        project.sandbox.start();
        assert_eq!(project.agent(&id)["activity"], "suspended", "{}", project.agent(&id));
        project.ask(json!({"type": "resume", "agent_id": id}), "resume_result");
        project.says(&id, "once more");
        project.kill(&id);
    }
}

#[test]
fn a_pid_that_somebody_else_has_now_is_not_believed() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    kill_keeper(&project);
    // As after a restart of the machine: the pid belongs to a process that has nothing to do with it.
    let mut manifest = project.manifest();
    let of_agent = manifest["agents"][&id]["pidStartTime"].as_u64().expect("when the agent started");
    // The kernel counts in hundredths of a second: one that starts in the same one is taken for the agent, as it would be then.
    let mut stranger = eventually("a process that started later", PATIENCE, || {
        let mut stranger = std::process::Command::new("sleep").arg("60").spawn().expect("a process");
        if process::start_time(stranger.id()) != Some(of_agent) {
            return Some(stranger);
        }
        stranger.kill().and_then(|()| stranger.wait()).expect("our own child");
        None
    });
    manifest["agents"][&id]["pid"] = stranger.id().into();
    std::fs::write(project.file("manifest.json"), manifest.to_string()).expect("our own file");
    project.sandbox.start();
    assert_eq!(project.agent(&id)["status"], "broken");
    project.kill(&id);
    assert!(process::alive(stranger.id()), "a stranger is left alone");
    stranger.kill().and_then(|()| stranger.wait()).expect("our own child");
}

#[test]
fn its_daemon_does_not_outlive_it() {
    let project = Project::new();
    kill_keeper(&project);
    assert!(project.sandbox.processes().is_empty());
}
