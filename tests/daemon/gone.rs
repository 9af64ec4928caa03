//! A project's folder is removed.

use serde_json::{Value, json};

use crate::agents::project::Project;
use crate::support::process;

fn warnings(project: &Project) -> Vec<String> {
    let reply = project.client().call(json!({"cmd": "reload"}));
    let warnings = reply["warnings"].as_array().expect("warnings");
    warnings.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn without_agents_it_is_forgotten_when_reload_has_said_so() {
    let project = Project::new();
    let gone = project.sandbox.project_named("gone");
    project.client().ask(json!({"type": "init", "project_root": gone}), "init_result");
    std::fs::remove_dir_all(&gone).expect("our own folder");
    project.sandbox.pintle(&["daemon", "restart"]).ok();
    let log = project.sandbox.log_tail();
    assert!(!log.contains(" WARN "), "a folder that is not there is no trouble:\n{log}");
    let known = || project.client().ask(json!({"type": "health"}), "health_report")["projects"].clone();
    assert_eq!(known().as_array().map(Vec::len), Some(2), "a start forgets nothing: {}", known());
    let expected =
        format!("{}: no such folder; the project is forgotten, `pintle init` makes it known again", gone.display());
    assert_eq!(warnings(&project), [expected]);
    assert_eq!(known(), json!([project.root()]));
    assert_eq!(warnings(&project), Vec::<String>::new());
    project.sandbox.pintle(&["daemon", "restart"]).ok();
    assert_eq!(known(), json!([project.root()]));
}

#[test]
fn with_an_agent_it_is_kept() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    project.entry(&id);
    let pid = project.pid(&id);
    let elsewhere = project.sandbox.path("elsewhere");
    std::fs::rename(project.root(), &elsewhere).expect("our own folder");
    for _ in 0..2 {
        let expected = format!("{}: no such folder; its agent goes on, and is reached again", project.root());
        let said = warnings(&project);
        assert!(said.len() == 1 && said[0].starts_with(&expected), "{said:?}");
        assert!(process::alive(pid));
    }
    std::fs::rename(&elsewhere, project.root()).expect("our own folder");
    assert_eq!(warnings(&project), Vec::<String>::new());
    assert_eq!(project.pid(&id), pid);
}
