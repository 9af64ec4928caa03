//! `spawn` refused: the code, the words, the hint, and nothing left behind.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::project::Project;
use crate::support::process;

/// Sends a `spawn` that must be refused; returns message and hint.
#[track_caller]
fn refused(project: &Project, fields: Value, code: &str) -> (String, String) {
    let mut request = json!({"type": "spawn", "root": true});
    for (key, value) in fields.as_object().expect("fields") {
        request[key] = value.clone();
    }
    let reply = project.client().ask(project.request(request), "error");
    assert_eq!(reply["code"], code, "{reply}");
    let text = |key: &str| reply[key].as_str().unwrap_or_default().to_owned();
    (text("message"), text("hint"))
}

/// Nothing was made, or everything was taken back.
#[track_caller]
fn nothing_is_left(project: &Project) {
    project.is_consistent();
    assert_eq!(project.agents(), Vec::<Value>::new());
    let keeper = project.sandbox.keeper().expect("a keeper");
    assert_eq!(process::children(keeper), [project.sandbox.daemon()], "the keeper has no child but the daemon");
}

#[test]
fn an_unknown_kind_comes_with_a_hint() {
    let project = Project::new();
    let (message, hint) = refused(&project, json!({"agent": "cluade"}), "INVALID_ARGUMENT");
    assert!(message.contains("`cluade`") && hint.contains("claude"), "{message}; {hint}");
    let (_, hint) = refused(&project, json!({"agent": "xyzzy"}), "INVALID_ARGUMENT");
    assert!(["claude", "codex", "opencode", "terminal"].iter().all(|kind| hint.contains(kind)), "{hint}");
    nothing_is_left(&project);
}

#[test]
fn a_program_that_cannot_be_executed_is_no_agent() {
    let project = Project::new();
    let (message, hint) = refused(&project, json!({"command": "/no/such/program x"}), "SPAWN_FAILED");
    assert!(!hint.contains("looked for") && hint.starts_with("install it, or choose"), "{hint}");
    assert!(message.contains("/no/such/program") && message.contains("No such file"), "{message}");
    let (message, hint) = refused(&project, json!({"command": "surely-no-such-program"}), "SPAWN_FAILED");
    assert!(hint.contains("looked for in ") && hint.contains("/bin"), "{hint}");
    assert!(message.contains("surely-no-such-program"), "{message}");
    let script = project.folder().join("script");
    std::fs::write(&script, "#!/bin/sh\n").expect("a file in a project");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o644)).expect("our own file");
    let (message, hint) = refused(&project, json!({"command": script.to_str()}), "SPAWN_FAILED");
    assert!(hint.starts_with("make it executable, or choose"), "{hint}");
    assert!(message.contains("script") && message.contains("Permission denied"), "{message}");
    let (message, _) = refused(&project, json!({"command": project.root()}), "SPAWN_FAILED");
    assert!(message.contains(project.root()), "a folder: {message}");
    nothing_is_left(&project);
}

#[test]
fn a_command_must_be_one() {
    let project = Project::new();
    refused(&project, json!({"command": "  "}), "INVALID_ARGUMENT");
    let (message, _) = refused(&project, json!({"command": "say 'hi"}), "INVALID_ARGUMENT");
    assert!(message.contains("quote"), "{message}");
    nothing_is_left(&project);
}

#[test]
fn plan_mode_has_its_conditions() {
    let project = Project::new();
    let plan = |fields: Value| {
        let mut fields = fields;
        fields["plan_mode"] = true.into();
        refused(&project, fields, "INVALID_ARGUMENT").0
    };
    assert!(plan(json!({"agent": "claude"})).contains("prompt"));
    assert!(plan(json!({"command": "ls", "prompt": "x"})).contains("command"));
    assert!(plan(json!({"agent": "terminal", "prompt": "x"})).contains("`terminal`"));
    nothing_is_left(&project);
}

#[test]
fn what_does_not_exist_is_named() {
    let project = Project::new();
    let (message, _) = refused(&project, json!({"command": "true", "env": "prod"}), "INVALID_ARGUMENT");
    assert!(message.contains("Unknown environment: prod"), "{message}");
    let (message, _) = refused(&project, json!({"command": "true", "trigger": "tidy"}), "NOT_FOUND");
    assert!(message.contains("`tidy`"), "{message}");
    for name in ["", "A=B"] {
        refused(&project, json!({"command": "true", "vars": {name: "x"}}), "INVALID_ARGUMENT");
    }
    nothing_is_left(&project);
}

#[test]
fn a_project_must_be_one() {
    let project = Project::new();
    let mut client = project.client();
    let spawn = |root: &str| json!({"type": "spawn", "project_root": root, "root": true, "command": "true"});
    let elsewhere = project.sandbox.path("elsewhere");
    std::fs::create_dir(&elsewhere).expect("a folder");
    let message = client.refused(spawn(elsewhere.to_str().expect("UTF-8")), "NOT_INITIALIZED");
    assert!(message.contains("elsewhere") && message.contains("init"), "{message}");
    assert!(!elsewhere.join(".pintle").exists(), "asking makes no project");
    client.refused(spawn("relative/path"), "INVALID_ARGUMENT");
    client.refused(spawn("/no/such/folder"), "INVALID_ARGUMENT");
}

#[test]
fn names_and_words_that_cannot_be_are_refused_before_anything_starts() {
    let project = Project::new();
    for name in ["two\nlines", "a\u{1b}[31m", &"x".repeat(201)] {
        let (message, _) = refused(&project, json!({"command": "true", "name": name}), "INVALID_ARGUMENT");
        assert!(message.contains("a name has"), "{message}");
    }
    for fields in [json!({"command": "echo \u{0}"}), json!({"extra_args": ["\u{0}"]}), json!({"vars": {"A": "\u{0}"}})]
    {
        let (message, _) = refused(&project, fields, "INVALID_ARGUMENT");
        assert!(message.contains("byte 0"), "{message}");
    }
    nothing_is_left(&project);
}
