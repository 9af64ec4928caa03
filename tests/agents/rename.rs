//! `rename`: one, fifty at once, and what is no name.

use serde_json::json;

use super::project::Project;

#[test]
fn a_name_is_changed_everywhere() {
    let project = Project::new();
    let id = project.spawn(&["hang"]);
    let reply = project.ask(json!({"type": "rename", "agent_id": id, "name": "  the new one "}), "rename_result");
    assert_eq!((&reply["agent_id"], &reply["name"]), (&json!(id), &json!("the new one")));
    assert_eq!(project.agent(&id)["name"], "the new one");
    assert_eq!(project.entry(&id)["name"], "the new one");
    project.crash();
    assert_eq!(project.agent(&id)["name"], "the new one");
}

#[test]
fn fifty_at_once_are_all_there() {
    let project = Project::new();
    let ids: Vec<String> = (0..50).map(|_| project.spawn(&["hang"])).collect();
    std::thread::scope(|scope| {
        for (number, id) in ids.iter().enumerate() {
            // A connection each, all open at the same moment.
            let mut client = project.client();
            let request = project.request(json!({"type": "rename", "agent_id": id, "name": format!("agent {number}")}));
            scope.spawn(move || client.ask(request, "rename_result"));
        }
    });
    let manifest = project.manifest();
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(manifest["agents"][id]["name"], format!("agent {number}"), "on disk");
    }
    let check = || {
        for agent in project.agents() {
            let number = ids.iter().position(|id| agent["id"] == id.as_str()).expect("one of ours");
            assert_eq!(agent["name"], format!("agent {number}"));
        }
    };
    check();
    project.crash();
    check();
    project.is_consistent();
}

#[test]
fn what_is_no_name_is_refused() {
    let project = Project::new();
    let id = project.spawn(&["hang"]);
    let before = project.agent(&id)["name"].clone();
    for name in ["", "  \t", "a\u{1b}[31m", "two\nlines", "gnp.\u{202e}x", "a\u{2066}b\u{2069}"] {
        project.refused(json!({"type": "rename", "agent_id": id, "name": name}), "INVALID_ARGUMENT");
    }
    assert_eq!(project.agent(&id)["name"], before);
    let message = project.refused(json!({"type": "rename", "agent_id": "ag-00000000", "name": "x"}), "AGENT_NOT_FOUND");
    assert!(message.contains("ag-00000000"), "{message}");
}
