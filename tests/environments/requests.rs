//! The requests one by one: replies, both spellings, refusals.

use serde_json::{Value, json};

use super::{Land, socket};

#[test]
fn the_global_one() {
    let land = Land::new();
    let mut client = land.project.client();
    assert_eq!(client.call(json!({"cmd": "get_state"}))["state"]["active_env"], Value::Null);
    assert_eq!(client.call(json!({"cmd": "set_env", "value": "dev"})), json!({"ok": true}));
    assert_eq!(client.call(json!({"cmd": "get_state"}))["state"]["active_env"], "dev");
    assert_eq!(client.call(json!({"cmd": "set_env", "env": "prod"})), json!({"ok": true}));
    assert_eq!(client.call(json!({"cmd": "daemon_status"}))["status"]["active_env"], "prod");
    assert_eq!(client.call(json!({"cmd": "get_hud"}))["hud"], "[pintle] env:prod  uptime:0m");
    assert_eq!(client.call(json!({"cmd": "clear_env"})), json!({"ok": true}));
    assert_eq!(client.call(json!({"cmd": "get_state"}))["state"]["active_env"], Value::Null);
}

#[test]
fn names_that_are_not_there() {
    let land = Land::new();
    let tmux = land.tmux();
    let check = |mut request: Value, expected: &str| {
        request["tmux"] = socket(&tmux).into();
        assert_eq!(land.refused(request.clone(), "INVALID_ARGUMENT"), expected, "{request}");
    };
    check(json!({"cmd": "set_env", "value": "prdo"}), "Unknown environment: prdo\nDid you mean: prod?");
    check(json!({"cmd": "set_env", "value": "xyzzy"}), "Unknown environment: xyzzy");
    check(json!({"cmd": "set_env", "value": ""}), "Environment name cannot be empty");
    check(json!({"cmd": "set_env"}), "Environment name cannot be empty");
    check(json!({"cmd": "set_pane_env", "pane": "%0", "env": "de"}), "Unknown environment: de\nDid you mean: dev?");
    check(json!({"cmd": "set_pane_env", "pane": "%0", "env": ""}), "Environment name cannot be empty");
    check(json!({"cmd": "set_pane_env", "pane": "%0"}), "Environment name cannot be empty");
    for verb in ["set_pane_env", "get_pane_env", "clear_pane_env"] {
        check(json!({"cmd": verb, "env": "dev", "pane": ""}), "pane ID required");
        check(json!({"cmd": verb, "env": "dev"}), "pane ID required");
    }
    check(
        json!({"cmd": "apply_prefixes", "command": "tool", "context": {"env": "prdo"}}),
        "Unknown environment: prdo\nDid you mean: prod?",
    );
    assert_eq!(land.state()["active_env"], Value::Null, "nothing of it was kept");
}

#[test]
fn a_pane_of_its_own() {
    let land = Land::new();
    let tmux = land.tmux();
    let server = socket(&tmux);
    let call = |mut request: Value| {
        request["tmux"] = server.clone().into();
        land.cmd(request)
    };
    let get = || call(json!({"cmd": "get_pane_env", "pane": "%0"}));
    assert_eq!(get(), json!({"ok": true, "env": null, "source": "none"}));
    assert_eq!(call(json!({"cmd": "clear_pane_env", "pane": "%0"})), json!({"ok": true, "cleared": false}));
    call(json!({"cmd": "set_env", "value": "dev"}));
    assert_eq!(get(), json!({"ok": true, "env": "dev", "source": "global"}));
    assert_eq!(call(json!({"cmd": "set_pane_env", "pane": "%0", "env": "prod"})), json!({"ok": true}));
    assert_eq!(
        call(json!({"cmd": "get_pane_env", "pane_id": "%0"})),
        json!({"ok": true, "env": "prod", "source": "pane"})
    );
    let state = land.cmd(json!({"cmd": "get_state"}));
    assert_eq!(state["state"]["panes"]["%0"]["env"], "prod", "{state}");
    let hud = call(json!({"cmd": "get_hud", "pane": "%0"}));
    assert_eq!(hud["hud"], "[pintle] env:prod  uptime:0m");
    call(json!({"cmd": "set_pane_env", "pane_id": "%0", "value": "strict"}));
    assert_eq!(get()["env"], "strict");
    let listed = call(json!({"cmd": "list_panes"}));
    assert_eq!(listed["panes"][0]["env"], "strict", "{listed}");
    let said = land.sandbox().pintle(&["pane", "list"]).env("TMUX", super::tmux_variable(&tmux)).ok();
    assert!(said.contains("strict"), "{said}");
    assert_eq!(call(json!({"cmd": "clear_pane_env", "pane_id": "%0"})), json!({"ok": true, "cleared": true}));
    assert_eq!(get()["source"], "global");
    for verb in ["set_pane_env", "get_pane_env", "clear_pane_env"] {
        let request = json!({"cmd": verb, "pane": "%99", "env": "dev", "tmux": server});
        let message = land.refused(request, "NOT_FOUND");
        assert!(message.contains("%99"), "{message}");
    }
}

#[test]
fn numbers_are_shown_as_they_are_spelt() {
    let land =
        Land::with("envs:\n  dev: {account: 0042, version: 1.10, port: 5432, ratio: 0.5, hex: 0x1F, ok: true}\n", "");
    let said = land.cmd(json!({"cmd": "get_config", "key": "envs.envs.dev"}))["value"].clone();
    let expected = json!({"account": "0042", "version": "1.10", "port": 5432, "ratio": 0.5, "hex": "0x1F", "ok": true});
    assert_eq!(said, expected);
}

#[test]
fn what_files_say_without_what_is_secret() {
    let land = Land::with(
        "envs:\n  dev:\n    api_token: 12345\n    vars: {REGION: eu, DB_PASSWORD: hunter2}\n  a: {tokens: nothing}\n",
        "",
    );
    let get = |request: Value| land.cmd(request)["value"].clone();
    assert_eq!(
        get(json!({"cmd": "get_config", "key": "envs.envs.dev.vars"})),
        json!({"REGION": "eu", "DB_PASSWORD": "***"})
    );
    assert_eq!(get(json!({"cmd": "get_config", "spoke": "envs.envs.dev.vars.DB_PASSWORD"})), "***");
    assert_eq!(
        get(json!({"cmd": "get_config", "key": "envs.envs.dev.api_token"})),
        "***",
        "a number is no less secret"
    );
    assert_eq!(get(json!({"cmd": "get_config", "key": "envs.envs.dev.vars.DB_PASSWORD", "reveal": true})), "hunter2");
    let reply = land.cmd(json!({"cmd": "get_config", "key": "envs"}));
    assert_eq!(reply["value"], reply["config"]);
    assert!(reply["source"].as_str().is_some_and(|file| file.ends_with("/envs.yaml")), "{reply}");
    assert!(!reply.to_string().contains("hunter2") && !reply.to_string().contains("12345"), "{reply}");
    let listed = land.cmd(json!({"cmd": "list_envs"})).to_string();
    assert!(!listed.contains("hunter2") && !listed.contains("12345"), "{listed}");
    assert!(land.refused(json!({"cmd": "get_config", "key": "envs.envs.dve"}), "NOT_FOUND").contains("dve"));
    assert!(land.refused(json!({"cmd": "get_config", "key": "evns"}), "NOT_FOUND").contains("evns"));
    assert!(land.refused(json!({"cmd": "get_config"}), "PARSE_ERROR").contains("key"));
}

#[test]
fn what_a_command_becomes() {
    let land = Land::new();
    let reply = land.becomes(&["tool", "x"], json!({"env": "prod"}));
    assert_eq!(reply["command"], json!(["tool", "--account=0042", "x"]));
    assert_eq!(reply["env_vars"]["STAGE"], "prod");
    assert_eq!(reply["env_vars"]["REGION"], "us");
    assert_eq!(reply["env_vars"]["PINTLE_ENV"], "prod");
    let unset = reply["unset"].as_array().expect("a list");
    assert!(unset.contains(&json!("DEBUG")) && unset.contains(&json!("GONE")), "{reply}");
    assert_eq!(reply["rules"].as_array().map(Vec::len), Some(2), "{reply}");
    assert!(reply["rules"][0].as_str().is_some_and(|rule| rule.contains("prefixes.yaml:2")), "{reply}");
    assert_eq!((&reply["env"], &reply["guard"]), (&json!("prod"), &Value::Null));
    // The command as a word with its arguments beside it, and as all words.
    let apart =
        land.cmd(json!({"cmd": "apply_prefixes", "command": "tool", "args": ["x"], "context": {"env": "prod"}}));
    assert_eq!(apart, reply);
    let guard = |env: &str, words: &[&str]| land.becomes(words, json!({"env": env}))["guard"].clone();
    assert_eq!(guard("prod", &["tool-boom"]), "confirm");
    assert_eq!(guard("strict", &["tool-boom"]), "deny");
    assert_eq!(guard("strict", &["kubectl", "-n", "x", "delete", "pod"]), "deny");
    assert_eq!(guard("strict", &["kubectl", "get", "pods"]), Value::Null);
    assert_eq!(guard("dev", &["kubectl", "delete", "x"]), Value::Null);
    let plain = land.cmd(json!({"cmd": "apply_prefixes", "command": ["tool", "x"]}));
    assert_eq!((&plain["command"], &plain["env"]), (&json!(["tool", "x"]), &Value::Null));
    assert_eq!(land.cmd(json!({"cmd": "list_prefixed_commands"})), json!({"ok": true, "commands": ["tool"]}));
}

#[test]
fn a_value_that_is_missing_runs_nothing() {
    let land = Land::with("envs: {dev: {}}", "- {command: tool, strategy: args_append, args: 'a{{env.cluster}}'}");
    let request = json!({"cmd": "apply_prefixes", "command": "tool", "context": {"env": "dev"}});
    let message = land.refused(request, "INVALID_STATE");
    assert!(message.contains("prefixes.yaml:1") && message.contains("env.cluster"), "{message}");
    let said = land.run(&["--env", "dev", "tool"]).fails(125);
    assert!(said.contains("prefixes.yaml:1") && said.contains("env.cluster"), "{said}");
}
