//! `null` means absent, for optional fields and for those with a default.

use serde_json::{Value, json};

use crate::support::Sandbox;

#[test]
fn null_is_as_good_as_absent() {
    let sandbox = Sandbox::new();
    let project = sandbox.project();
    let root = project.to_str().expect("UTF-8");
    let mut client = sandbox.started();
    client.ask(json!({"type": "init", "project_root": root}), "init_result");
    for (name, absent, present) in [
        ("status", json!({}), json!({"agent_id": null})),
        ("update_agent_config", json!({"agent_name": "codex"}), json!({"launch_args": null})),
        ("kill", json!({"target": {"type": "all"}}), json!({"exclude": null})),
        ("kill", json!({"target": {"type": "all"}}), json!({"target": {"type": "all", "include_root": null}})),
        ("logs", json!({"agent_id": "ag-nobody00"}), json!({"tail": null})),
        ("attach", json!({"agent_id": "ag-nobody00"}), json!({"replay": null})),
        ("input", json!({"agent_id": "ag-nobody00", "data": "61"}), json!({"submit": null})),
        ("capture", json!({"agent_id": "ag-nobody00"}), json!({"start": null, "end": null, "ansi": null})),
        ("wait", json!({"agent_id": "ag-nobody00", "until": "exit"}), json!({"timeout_seconds": null})),
    ] {
        let mut request = json!({"type": name, "project_root": root});
        merge(&mut request, absent);
        let without = client.call(request.clone());
        merge(&mut request, present);
        let with = client.call(request);
        assert_ne!(without["code"], "PARSE_ERROR", "{name}\n{client}");
        assert_eq!(with, without, "{name}: null is not the same as absent\n{client}");
    }
}

#[test]
fn a_spawn_full_of_nulls_is_a_plain_spawn() {
    let sandbox = Sandbox::new();
    let project = sandbox.project();
    let root = project.to_str().expect("UTF-8");
    let mut client = sandbox.started();
    client.ask(json!({"type": "init", "project_root": root}), "init_result");
    let mut request = json!({"type": "spawn", "project_root": root, "root": true, "command": "sleep 60"});
    for field in [
        "prompt",
        "agent",
        "name",
        "base",
        "worktree",
        "no_auto",
        "extra_args",
        "plan_mode",
        "no_trigger",
        "env",
        "vars",
        "trigger",
        "pane",
        "cols",
        "rows",
    ] {
        request[field] = Value::Null;
    }
    let reply = client.ask(request, "spawn_result");
    assert_eq!(reply["worktree_id"], Value::Null, "{client}");
}

fn merge(into: &mut Value, fields: Value) {
    let (Some(into), Value::Object(fields)) = (into.as_object_mut(), fields) else { panic!("objects are merged") };
    into.extend(fields);
}
