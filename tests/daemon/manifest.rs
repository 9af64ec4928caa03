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
fn what_is_added_by_hand_while_the_daemon_runs_is_kept_and_what_is_broken_is_said() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    project.entry(&id);
    let file = project.file("manifest.json");
    let mut manifest = project.manifest();
    manifest["theirs"] = json!({"a": [1, null]});
    manifest["agents"][&id]["note"] = "keep".into();
    std::fs::write(&file, manifest.to_string()).expect("our own file");
    project.ask(json!({"type": "rename", "agent_id": id, "name": "other"}), "rename_result");
    let after = project.manifest();
    assert_eq!(after["theirs"], json!({"a": [1, null]}));
    assert_eq!((&after["agents"][&id]["note"], &after["agents"][&id]["name"]), (&json!("keep"), &json!("other")));

    let damaged = "{\n  \"version\": 1,\n  oops\n}\n";
    std::fs::write(&file, damaged).expect("our own file");
    for request in [
        json!({"type": "status"}),
        json!({"type": "rename", "agent_id": id, "name": "x"}),
        json!({"type": "spawn", "root": true, "command": "true"}),
        json!({"type": "suspend", "target": "all"}),
    ] {
        let message = project.refused(request, "CONFIG_ERROR");
        assert!(message.contains("line 3"), "{message}");
    }
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), damaged, "it is not touched");
    let newer = r#"{"version": 2}"#;
    std::fs::write(&file, newer).expect("our own file");
    let message = project.refused(json!({"type": "status"}), "CONFIG_ERROR");
    assert!(message.contains("version 2"), "{message}");
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), newer, "it is not touched");
    // An exit that could not be written meanwhile is written as soon as it can be.
    project.types(&id, "exit 5\r");
    std::fs::write(&file, after.to_string()).expect("our own file");
    project.becomes(&id, "ended", |agent| agent["exit_code"] == 5);
    project.ask(json!({"type": "rename", "agent_id": id, "name": "late"}), "rename_result");
    assert_eq!(project.entry(&id)["exitCode"], 5);
    std::fs::remove_file(project.file("manifest.json.damaged")).expect("our own file");
    project.is_consistent();
}

#[test]
fn one_that_is_taken_away_is_made_again_with_the_agents_that_run() {
    let project = Project::new();
    let [runs, ended] = ["listen", "exit"].map(|word| project.spawn(&[word]));
    // All of it is on the disk: a file that is written just now would keep its folder from being removed.
    project.is_written(&ended, "its end", |entry| entry["completedAt"].is_string());
    project.entry(&runs);
    std::fs::remove_dir_all(project.file("")).expect("our own folder");
    project.refused(json!({"type": "status"}), "NOT_INITIALIZED");
    let spawn = json!({"type": "spawn", "root": true, "command": "true"});
    project.refused(spawn, "NOT_INITIALIZED");
    assert!(!project.file("").exists(), "nothing is made unasked");
    assert_eq!(project.ask(json!({"type": "init"}), "init_result")["created"], true);
    let agents = project.agents();
    assert_eq!(agents.len(), 1, "{agents:?}");
    assert_eq!(agents[0]["id"], runs.as_str());
    std::fs::rename(project.file("manifest.json"), project.file("aside")).expect("our own file");
    project.refused(json!({"type": "status"}), "NOT_INITIALIZED");
    std::fs::rename(project.file("aside"), project.file("manifest.json")).expect("our own file");
    assert_eq!(project.agents().len(), 1);
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

#[test]
fn an_agent_can_be_killed_whatever_has_become_of_the_file() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    project.entry(&id);
    let file = project.file("manifest.json");
    let good = std::fs::read(&file).expect("a manifest");
    std::fs::write(&file, "{ broken").expect("our own file");
    assert_eq!(project.kill(&id)["exit_codes"][&id], 143);
    assert_eq!(std::fs::read(&file).expect("it is there"), b"{ broken", "it is not touched");
    std::fs::write(&file, good).expect("our own file");
    let other = project.spawn(&["listen"]);
    project.is_written(&other, "a later change", |entry| !entry.is_null());
    assert!(project.manifest()["agents"][&id].is_null(), "what could not be written is written with it");
    std::fs::remove_file(project.file("manifest.json.damaged")).expect("our own file");
    project.is_consistent();
}
