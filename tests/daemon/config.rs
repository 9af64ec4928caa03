//! `config.yaml`: what is wrong with it is said, and what is set in it is set for people too.

use serde_json::{Value, json};

use crate::agents::project::Project;

#[test]
fn errors_name_file_and_line() {
    let project = Project::new();
    project.configure("default_agent: claude\nagents:\n  claude:\n    interactive: maybe\n");
    for request in [json!({"type": "get_config"}), json!({"type": "spawn", "root": true, "command": "true"})] {
        let message = project.refused(request, "CONFIG_ERROR");
        let named = ["config.yaml", "line 4", "agents.claude.interactive"].iter().all(|part| message.contains(part));
        assert!(named, "{message}");
    }
    // The user's own.
    project.configure("");
    let own = project.sandbox.path("config/pintle");
    std::fs::create_dir_all(&own).expect("a folder");
    std::fs::write(own.join("config.yaml"), "agents: [\n").expect("a file");
    let message = project.refused(json!({"type": "get_config"}), "CONFIG_ERROR");
    assert!(message.contains("config/pintle/config.yaml"), "{message}");
    // What is repaired is in force at once.
    std::fs::write(own.join("config.yaml"), "defaultAgent: codex\n").expect("a file");
    assert_eq!(project.ask(json!({"type": "get_config"}), "config_report")["default_agent"], "codex");
    project.configure("agents: {claude: {status: {rules: [{pattern: '(', activity: idle}]}}}\n");
    let message = project.refused(json!({"type": "spawn", "root": true, "agent": "claude"}), "CONFIG_ERROR");
    assert!(
        message.contains("line 1, column ") && message.contains("agents.claude: status rule 1: pattern `(`"),
        "{message}"
    );
    project.configure("default_agent: cluade\n");
    let message = project.refused(json!({"type": "spawn", "root": true, "prompt": "x"}), "CONFIG_ERROR");
    assert!(
        message.contains("line 1, column 16: default_agent: ") && message.contains("did you mean: claude"),
        "{message}"
    );
}

#[test]
fn reload_says_all_that_a_spawn_would_refuse() {
    let project = Project::new();
    let reload = || project.client().call(json!({"cmd": "reload"}));
    assert_eq!(reload(), json!({"ok": true, "reloaded": true, "warnings": []}));
    project.configure("default_agent: nobody\nagents: {mine: {status: {rules: [{pattern: '[', activity: idle}]}}}\n");
    let own = project.sandbox.path("config/pintle");
    std::fs::create_dir_all(&own).expect("a folder");
    std::fs::write(own.join("config.yaml"), "listen: [relative.sock]\n").expect("a file");
    let reply = reload();
    let warnings: Vec<&str> =
        reply["warnings"].as_array().expect("warnings").iter().filter_map(Value::as_str).collect();
    for (part, number) in [("default_agent: unknown agent type `nobody`", 1), ("pattern `[`", 1), ("relative.sock", 1)]
    {
        assert_eq!(warnings.iter().filter(|warning| warning.contains(part)).count(), number, "{part}: {warnings:?}");
    }
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    let said = project.sandbox.pintle(&["daemon", "reload"]).finish();
    assert!(said.stderr.contains("nobody") || said.stdout.contains("nobody"), "{said}");
    let said = project.sandbox.pintle(&["doctor", "--project", project.root()]).finish();
    assert!(said.stdout.contains("unknown agent type `nobody`"), "{said}");
}

#[test]
fn keys_without_effect_are_named_and_harm_nothing() {
    let project = Project::new();
    let own = project.sandbox.path("config/pintle");
    std::fs::create_dir_all(&own).expect("a folder");
    std::fs::write(own.join("config.yaml"), "defualt_agent: codex\ntheirs: 1\n").expect("a file");
    project.configure("agents:\n  mine:\n    comand: x\nlisten: [/tmp/x.sock]\n");
    let expected = [
        "config/pintle/config.yaml: line 1, column 1: defualt_agent: unknown key, without effect; did you mean `default_agent`?",
        "config/pintle/config.yaml: line 2, column 1: theirs: unknown key, without effect; known here are: default_agent, ",
        "config.yaml: line 3, column 5: agents.mine.comand: unknown key, without effect; did you mean `command`?",
        "config.yaml: line 4, column 1: listen: has no effect in a project's file; it belongs in ",
    ];
    let named = |reply: &Value| {
        let warnings = reply["warnings"].as_array().expect("warnings").clone();
        for part in expected {
            let count = warnings.iter().filter_map(Value::as_str).filter(|line| line.contains(part)).count();
            assert_eq!(count, 1, "{part}: {warnings:#?}");
        }
        assert_eq!(warnings.len(), expected.len(), "{warnings:#?}");
    };
    named(&project.client().call(json!({"cmd": "reload"})));
    let report = project.ask(json!({"type": "get_config"}), "config_report");
    named(&report);
    assert_eq!(report["agents"]["mine"]["command"], "mine", "a kind without a command runs a program of its own name");
    let said = project.sandbox.pintle(&["doctor", "--project", project.root()]).ok();
    assert!(expected.iter().all(|part| said.contains(part)), "{said}");
}

#[test]
fn a_socket_that_is_taken_out_stays_until_stop_and_reload_says_so() {
    let project = Project::new();
    let own = project.sandbox.path("config/pintle");
    std::fs::create_dir_all(&own).expect("a folder");
    let socket = project.sandbox.path("home/theirs.sock");
    std::fs::write(own.join("config.yaml"), "listen: [~/theirs.sock]\n").expect("a file");
    let reload = || project.client().call(json!({"cmd": "reload"}))["warnings"].clone();
    assert_eq!(reload(), json!([]));
    crate::support::Client::connect(&socket).expect_usable();
    std::fs::write(own.join("config.yaml"), "listen: []\n").expect("a file");
    let expected = format!("listen: {} is not named any more; it is still listened on", socket.display());
    for restart in [false, true] {
        if restart {
            project.sandbox.pintle(&["daemon", "restart"]).ok();
        }
        let warnings = reload();
        assert!(warnings[0].as_str().expect("a warning").contains(&expected), "{warnings}");
        crate::support::Client::connect(&socket).expect_usable();
    }
    project.sandbox.stop();
    assert!(!socket.exists(), "it goes with the keeper");
}

#[test]
fn the_projects_wins_over_the_users() {
    let project = Project::new();
    let own = project.sandbox.path("config/pintle");
    std::fs::create_dir_all(&own).expect("a folder");
    let text = "default_agent: codex\nagents: {mine: {command: user, interactive: false}, other: {prompt_flag: -p}}\n";
    std::fs::write(own.join("config.yaml"), text).expect("a file");
    project.configure("agents: {mine: {command: project}}\n");
    let report = project.ask(json!({"type": "get_config"}), "config_report");
    assert_eq!(report["default_agent"], "codex");
    let mine = &report["agents"]["mine"];
    assert_eq!((&mine["command"], &mine["interactive"]), (&json!("project"), &json!(false)), "{mine}");
    assert_eq!(report["agents"]["other"]["prompt_flag"], "-p");
    for kind in ["claude", "codex", "opencode", "terminal"] {
        assert_eq!(report["agents"][kind]["name"], kind);
    }
    assert_eq!(report["agents"]["terminal"]["command"], "/bin/sh");
}

#[test]
fn launch_args_are_set_and_taken_back() {
    let project = Project::new();
    project.configure("# mine\nagents:\n  codex:\n    command: codex # the usual\n");
    let set = |args: Value| {
        project.ask(json!({"type": "update_agent_config", "agent_name": "codex", "launch_args": args}), "ok");
        let report = project.ask(json!({"type": "get_config"}), "config_report");
        (report["agents"]["codex"]["launch_args"].clone(), report["agents"]["codex"]["resolved_launch_args"].clone())
    };
    assert_eq!(set(json!(["--a b", "c"])), (json!(["--a b", "c"]), json!(["--a b", "c"])));
    assert_eq!(set(json!([])), (json!([]), json!([])));
    assert_eq!(set(json!(null)), (Value::Null, json!(["--full-auto"])));
    let text = std::fs::read_to_string(project.file("config.yaml")).expect("it is there");
    assert!(text.starts_with("# mine\n") && text.contains("command: codex # the usual\n"), "{text}");
    let request = json!({"type": "update_agent_config", "agent_name": "cdoex", "launch_args": []});
    let message = project.refused(request, "INVALID_ARGUMENT");
    assert!(message.contains("cdoex"), "{message}");
}
