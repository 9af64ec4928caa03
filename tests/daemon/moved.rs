//! A project's folder is moved or copied while its agents live.

use std::path::Path;

use serde_json::{Value, json};

use crate::agents::project::Project;
use crate::support::{PATIENCE, eventually, process};

/// The agents of the project at another place, as `status` lists them there.
#[track_caller]
fn agents_at(project: &Project, root: &Path) -> Vec<Value> {
    let request = json!({"type": "status", "project_root": root});
    let report = project.client().ask(request, "status_report");
    report["agents"].as_array().expect("agents").clone()
}

#[test]
fn a_copy_has_no_part_in_the_agents_of_the_original() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    project.entry(&id);
    let copy = project.sandbox.path("copy");
    project.sandbox.run("cp", &["-r", project.root(), copy.to_str().expect("UTF-8")]).ok();
    let kill_all = json!({"type": "kill", "project_root": copy, "target": {"type": "all", "include_root": true}});
    assert_eq!(agents_at(&project, &copy), Vec::<Value>::new());
    assert_eq!(project.client().ask(kill_all, "kill_result")["killed"], json!([]));
    let pid = project.pid(&id);
    for _ in 0..2 {
        project.crash();
        assert!(process::alive(pid));
        assert_eq!((project.pid(&id), agents_at(&project, &copy).len()), (pid, 0));
    }
    project.types(&id, "print here\r");
    project.says(&id, "\r\nhere\r\n");
    project.is_consistent();
}

#[test]
fn one_that_is_moved_keeps_its_agents() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    let ends = project.spawn(&["listen"]);
    let (pid, moved) = (project.pid(&id), project.sandbox.path("moved"));
    std::fs::rename(project.folder(), &moved).expect("our own folder");
    // At once, while the daemon has it open at the old place.
    assert_eq!(agents_at(&project, &moved).len(), 2);
    project.types(&ends, "exit 3\r");
    let code = |id: &str| {
        let agents = agents_at(&project, &moved);
        agents.iter().find(|agent| agent["id"] == id).expect("an agent")["exit_code"].clone()
    };
    eventually("its end is seen there", PATIENCE, || (code(&ends) == 3).then_some(()));
    let file = moved.join(".pintle/manifest.json");
    let written = || -> Value { serde_json::from_slice(&std::fs::read(&file).expect("a manifest")).expect("JSON") };
    eventually("and written there", PATIENCE, || (written()["agents"][&ends]["exitCode"] == 3).then_some(()));
    for _ in 0..2 {
        project.crash();
        assert!(process::alive(pid));
        let agents = agents_at(&project, &moved);
        assert!(agents.iter().any(|agent| agent["pid"] == pid), "{agents:?}");
    }
    assert_eq!(written()["projectRoot"], json!(moved));
    let kill = json!({"type": "kill", "project_root": moved, "target": {"agent": id}});
    assert_eq!(project.client().ask(kill, "kill_result")["exit_codes"][&id], 143);
}
