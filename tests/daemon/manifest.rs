//! `manifest.json`: other programs' keys survive, a damaged one is named and left alone.

use serde_json::{Value, json};

use crate::agents::project::Project;

#[test]
fn unknown_keys_survive() {
    let project = Project::new();
    let id = project.spawn(&["hang"]);
    let mut manifest = project.manifest();
    manifest["theirs"] = json!({"a": [1, null]});
    manifest["agents"][&id]["note"] = "keep".into();
    std::fs::write(project.file("manifest.json"), manifest.to_string()).expect("our own file");
    project.crash();
    project.ask(json!({"type": "rename", "agent_id": id, "name": "other"}), "rename_result");
    let after = project.manifest();
    assert_eq!(after["theirs"], json!({"a": [1, null]}));
    assert_eq!(after["agents"][&id]["note"], "keep");
    assert_eq!(after["agents"][&id]["name"], "other");
    assert_eq!((&after["version"], &after["projectRoot"]), (&json!(1), &json!(project.root())));
    assert!(after["updatedAt"].as_str() > after["createdAt"].as_str(), "{after}");
}

#[test]
fn a_damaged_one_is_named_and_left() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    let file = project.file("manifest.json");
    let good = std::fs::read(&file).expect("a manifest");
    let damaged = "{\n  \"version\": 1,\n  oops\n}\n";
    std::fs::write(&file, damaged).expect("our own file");
    project.crash();
    for request in
        [json!({"type": "status"}), json!({"type": "rename", "agent_id": id, "name": "x"}), json!({"type": "init"})]
    {
        let message = project.refused(request, "CONFIG_ERROR");
        assert!(message.contains("manifest.json") && message.contains("line 3"), "{message}");
    }
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), damaged, "it is not touched");
    let copy = project.file("manifest.json.damaged");
    assert_eq!(std::fs::read_to_string(&copy).expect("a copy is kept aside"), damaged);
    // The agent is not lost meanwhile: whoever knows it can use it.
    project.types(&id, "print here\r");
    project.says(&id, "\r\nhere\r\n");
    // Repaired by hand, it is used again without more ado.
    std::fs::write(&file, good).expect("our own file");
    assert_eq!(project.agent(&id)["pid"], project.agents()[0]["pid"]);
    std::fs::remove_file(copy).expect("our own file");
    project.is_consistent();
}

#[test]
fn a_project_of_a_relative_is_used_in_place() {
    let project = Project::new();
    let theirs = project.sandbox.path("theirs");
    std::fs::create_dir_all(theirs.join(".pu")).expect("a folder");
    let root = theirs.to_str().expect("UTF-8");
    let mut client = project.client();
    let init = json!({"type": "init", "project_root": root});
    assert_eq!(client.ask(init.clone(), "init_result")["created"], true);
    assert_eq!(client.ask(init, "init_result")["created"], false);
    assert!(theirs.join(".pu/manifest.json").exists() && !theirs.join(".pintle").exists());
    // Both are remembered by the next daemon.
    project.crash();
    let health = project.client().call(json!({"type": "health"}));
    let projects: Vec<&str> = health["projects"].as_array().expect("roots").iter().filter_map(Value::as_str).collect();
    assert!(projects.contains(&root) && projects.contains(&project.root()), "{health}");
}

#[test]
fn init_keeps_the_folder_out_of_the_repository() {
    let project = Project::new();
    let root = project.sandbox.project_named("repository");
    let text = root.to_str().expect("UTF-8");
    project.client().ask(json!({"type": "init", "project_root": text}), "init_result");
    assert!(root.join(".pintle/manifest.json").exists());
    let status = project.sandbox.run("git", &["status", "--porcelain"]).current_dir(&root).ok();
    assert_eq!(status, "", "the repository is clean");
}
