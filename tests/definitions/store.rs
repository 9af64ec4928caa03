//! list, get, save and delete of every kind, over the socket.

use std::fs;

use serde_json::{Value, json};

use super::write;
use crate::agents::project::Project;

const KINDS: [(&str, &str); 5] = [
    ("template", "templates"),
    ("agent_def", "agent_defs"),
    ("swarm_def", "swarm_defs"),
    ("schedule", "schedules"),
    ("trigger", "triggers"),
];

fn list(project: &Project, kind: &str, plural: &str) -> Vec<Value> {
    let reply = project.ask(json!({"type": format!("list_{plural}")}), &format!("{kind}_list"));
    reply[plural].as_array().expect("a list").clone()
}

fn fields(kind: &str) -> Value {
    match kind {
        "template" => {
            json!({"description": "d", "agent": "codex", "body": "Do {{A}} and {{B}} and {{A}}.\n", "command": null})
        }
        "agent_def" => json!({
            "agent_type": "claude", "template": "t", "inline_prompt": null, "tags": ["x", "y"],
            "available_in_command_dialog": false, "icon": null, "command": null, "env": "lab",
        }),
        "swarm_def" => json!({
            "worktree_count": 3, "worktree_template": "w-{index}", "include_terminal": true,
            "roster": [{"agent_def": "a", "role": "r", "quantity": 2}],
        }),
        "schedule" => json!({
            "enabled": true, "recurrence": "30 9 * * 1-5", "start_at": "2026-03-01T08:00:00Z", "target": "x", "root": true,
            "agent_name": null, "time_zone": "Europe/Berlin", "overlap": "queue",
            "trigger": {"type": "swarm_def", "name": "s", "vars": {"A": "1"}},
        }),
        _ => json!({
            "description": null, "on": "pre_commit", "variables": {"CMD": "cargo test"}, "auto": true,
            "sequence": [{"inject": null, "gate": {"run": "{{CMD}}", "expect_exit": 1}, "max_retries": 2},
                         {"inject": "go on", "gate": null, "max_retries": 0}],
        }),
    }
}

#[test]
fn what_is_saved_is_listed_got_and_deleted() {
    let project = Project::new();
    for (kind, plural) in KINDS {
        assert_eq!(list(&project, kind, plural), Vec::<Value>::new());
        for scope in ["global", "local"] {
            let mut save = fields(kind);
            save["type"] = format!("save_{kind}").into();
            save["name"] = "my own".into();
            save["scope"] = scope.into();
            project.ask(save, "ok");
            let detail =
                project.ask(json!({"type": format!("get_{kind}"), "name": "my own"}), &format!("{kind}_detail"));
            for (key, value) in fields(kind).as_object().expect("an object") {
                assert_eq!(detail[key], *value, "{kind}: {key}");
            }
            let scope_key = if kind == "template" { "source" } else { "scope" };
            assert_eq!(detail[scope_key], scope, "the project's own is found first");
            let all = list(&project, kind, plural);
            assert_eq!(all.len(), 1, "a global one is hidden: {all:?}");
            assert_eq!(all[0]["name"], "my own");
            assert!(all[0].get("error").is_none());
            if kind == "template" {
                assert_eq!(all[0]["variables"], json!(["A", "B"]));
                assert!(all[0].get("body").is_none(), "only in the detail");
            }
        }
        let delete = |scope: &str| json!({"type": format!("delete_{kind}"), "name": "my own", "scope": scope});
        project.ask(delete("local"), "ok");
        assert!(project.refused(delete("local"), "NOT_FOUND").contains("there is a global one"));
        project.ask(delete("global"), "ok");
        project.refused(delete("global"), "NOT_FOUND");
        project.refused(json!({"type": format!("get_{kind}"), "name": "my own"}), "NOT_FOUND");
        assert!(project.refused(delete("everywhere"), "INVALID_ARGUMENT").contains("unknown scope `everywhere`"));
    }
}

#[test]
fn a_file_with_a_mistake_is_listed_with_it_and_stays_as_it_is() {
    let project = Project::new();
    let files = [
        ("templates/bad.md", "---\ndescription: [a]\n---\nx\n", "line 2, column 14: description: "),
        ("agents/bad.yaml", "# x\nagent_type: claude\ntags: {a: b}\n", "line 3, column 7: tags: "),
        (
            "swarms/bad.yaml",
            "roster:\n- agent_def: x\n- role: y\n",
            "line 3, column 3: roster[1]: `agent_def` is missing",
        ),
        (
            "schedules/bad.yaml",
            "recurrence: sometimes\ntrigger: {type: agent_def, name: a}\n",
            "line 1, column 13: recurrence: unknown word `sometimes`",
        ),
        (
            "triggers/bad.yaml",
            "on: pre-comit\nsequence: []\n",
            "line 1, column 5: on: unknown word `pre-comit`; did you mean: pre_commit?",
        ),
    ];
    for ((kind, plural), (file, text, wrong)) in KINDS.into_iter().zip(files) {
        let path = write(&project, file, text);
        write(&project, &format!("global/{file}"), text);
        let all = list(&project, kind, plural);
        assert_eq!(all.len(), 1, "{all:?}");
        let said = all[0]["error"].as_str().unwrap_or_else(|| panic!("{kind}: no error in {all:?}"));
        assert!(all[0]["name"] == "bad" && said.contains(wrong), "{kind}: {said}");
        assert!(said.starts_with(path.to_str().expect("UTF-8")), "{said}");
        let refused = project.refused(json!({"type": format!("get_{kind}"), "name": "bad"}), "CONFIG_ERROR");
        assert_eq!(refused, said);
        let mut save = fields(kind);
        save["type"] = format!("save_{kind}").into();
        save["name"] = "bad".into();
        project.refused(save, "CONFIG_ERROR");
        assert_eq!(fs::read_to_string(&path).expect("its file"), text);
        project.ask(json!({"type": format!("delete_{kind}"), "name": "bad", "scope": "local"}), "ok");
        assert!(!path.exists());
    }
}

#[test]
fn a_save_changes_the_keys_that_change() {
    let project = Project::new();
    let text = "# ours, since the beginning\nname: nightly\nrecurrence: daily # or weekly?\nstart_at: 2026-03-01T22:00:00+01:00\n\
                trigger: {type: agent_def, name: a}\nnext_run: null # another program's\ncreated_at: 2026-01-01T00:00:00Z\n";
    let path = write(&project, "schedules/nightly.yaml", text);
    let mut save = project.ask(json!({"type": "get_schedule", "name": "nightly"}), "schedule_detail");
    assert_eq!(save["created_at"], "2026-01-01T00:00:00Z");
    assert_eq!(save["project_root"], project.root());
    save["type"] = "save_schedule".into();
    save["recurrence"] = "weekly".into();
    project.ask(save.clone(), "ok");
    let changed = text.replace("recurrence: daily", "recurrence: weekly");
    assert_eq!(fs::read_to_string(&path).expect("its file"), changed);
    save["enabled"] = false.into();
    project.ask(save, "ok");
    assert_eq!(fs::read_to_string(&path).expect("its file"), changed + "enabled: false\n");
    let detail = project.ask(json!({"type": "get_schedule", "name": "nightly"}), "schedule_detail");
    assert_eq!(detail["next_run"], Value::Null, "it is switched off");
}

#[test]
fn schedules_say_when_they_are_due() {
    let project = Project::new();
    let save = |name: &str, recurrence: &str, start_at: &str| {
        let trigger = json!({"type": "inline_prompt", "prompt": "x"});
        project.ask(
            json!({"type": "save_schedule", "name": name, "recurrence": recurrence, "start_at": start_at, "trigger": trigger}),
            "ok",
        );
        project.ask(json!({"type": "get_schedule", "name": name}), "schedule_detail")
    };
    let far = save("far", "monthly", "2099-01-31T10:00:00+02:00");
    assert_eq!((&far["start_at"], &far["next_run"]), (&json!("2099-01-31T08:00:00Z"), &json!("2099-01-31T08:00:00Z")));
    assert_eq!((&far["time_zone"], &far["overlap"]), (&json!("UTC"), &json!("skip")));
    assert!(far["created_at"].is_string() && far.get("last_run").is_none());
    assert_eq!(save("past", "none", "2020-01-01T00:00:00Z")["next_run"], Value::Null);
    assert!(save("often", "hourly", "2020-01-01T00:00:00Z")["next_run"].as_str().expect("a time").ends_with(":00:00Z"));
}

#[test]
fn names_and_words_are_checked() {
    let project = Project::new();
    let secret = write(&project, "secret.md", "x");
    for name in ["../secret", "..", "/etc/passwd", "", "a/b", ".hidden", "-x"] {
        for request in ["get_template", "delete_template"] {
            project.refused(json!({"type": request, "name": name, "scope": "local"}), "INVALID_ARGUMENT");
        }
        project.refused(json!({"type": "save_template", "name": name, "body": "x"}), "INVALID_ARGUMENT");
    }
    assert!(secret.exists() && !project.file("templates").exists());
    let save = json!({"type": "save_template", "name": "nul", "body": "a\0b"});
    assert_eq!(project.refused(save, "INVALID_ARGUMENT"), "body: it holds a NUL character");
    let save = json!({"type": "save_swarm_def", "name": "s", "worktree_count": 1000});
    assert!(
        project.refused(save, "INVALID_ARGUMENT").contains("worktree_count: `1000` is no whole number from 0 to 100")
    );
    let at = json!({"type": "save_schedule", "name": "s", "recurrence": "daily", "start_at": "2026-03-01T08:00:00",
                    "trigger": {"type": "inline_prompt", "prompt": "x"}});
    let said = project.refused(at, "PARSE_ERROR");
    let wanted = "`2026-03-01T08:00:00` is no time with an offset; write it like 2026-03-01T22:00:00Z or";
    assert!(said.starts_with(&format!("save_schedule: `start_at`: {wanted}")), "{said}");
}

#[test]
fn a_field_of_a_wrong_type_is_named() {
    let project = Project::new();
    let check = |kind: &str, fields: Value, expected: &str| {
        let mut request = json!({"type": format!("save_{kind}"), "name": "n"});
        request.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        assert_eq!(project.refused(request, "PARSE_ERROR"), format!("save_{kind}: {expected}"));
    };
    let said = "`tags`: invalid type: string \"a\", expected a list";
    check("agent_def", json!({"agent_type": "claude", "tags": "a"}), said);
    check("agent_def", json!({"tags": []}), "missing field `agent_type`");
    check("template", json!({"body": 1}), "`body`: invalid type: integer `1`, expected a string");
    check("template", json!({"body": "x", "scope": 1}), "`scope`: invalid type: integer `1`, expected a string");
    let said = "`roster`: invalid type: string \"a\", expected an object";
    check("swarm_def", json!({"roster": ["a"]}), said);
    check("swarm_def", json!({"roster": [{"role": "x"}]}), "`roster`: missing field `agent_def`");
    let schedule =
        |trigger: Value| json!({"recurrence": "daily", "start_at": "2026-03-01T08:00:00Z", "trigger": trigger});
    let said = "`trigger`: invalid type: string \"a\", expected an object";
    check("schedule", schedule(json!("a")), said);
    check("schedule", schedule(json!({"type": "agent_def"})), "`trigger`: missing field `name`");
    let said = "`sequence`: invalid type: string \"x\", expected an object";
    check("trigger", json!({"on": "pre_push", "sequence": [{"gate": "x"}]}), said);
    let said = "`variables`: invalid type: string \"x\", expected an object";
    check("trigger", json!({"on": "pre_push", "sequence": [], "variables": "x"}), said);
    // What every request has beside its fields.
    let mut request = json!({"type": "save_template", "name": "n", "body": "x"});
    let said = project.client().refused(request.clone(), "PARSE_ERROR");
    assert_eq!(said, "save_template: missing field `project_root`");
    request["project_root"] = 1.into();
    let said = project.client().refused(request, "PARSE_ERROR");
    assert_eq!(said, "save_template: `project_root`: invalid type: integer `1`, expected a string");
}

/// A project of a relative, used in place.
#[test]
fn in_a_folder_that_is_called_otherwise() {
    let project = Project::new();
    let root = project.sandbox.path("other");
    fs::create_dir_all(root.join(".pu/agents")).expect("a folder");
    fs::write(root.join(".pu/agents/a.yaml"), "name: a\nagent_type: claude\n").expect("a file");
    let mut client = project.client();
    client.ask(json!({"type": "init", "project_root": root}), "init_result");
    let list = client.ask(json!({"type": "list_agent_defs", "project_root": root}), "agent_def_list");
    assert_eq!(list["agent_defs"][0]["name"], "a");
}
