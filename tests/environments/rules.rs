//! Rules that are added while the daemon runs.

use serde_json::{Value, json};

use super::{Land, PREFIXES};

fn register(command: &str, config: &Value, owner: &str) -> Value {
    json!({"cmd": "register_prefix", "command": command, "strategy": "args_append", "config": config, "owner": owner})
}

#[test]
fn they_come_after_the_files_and_stay() {
    let land = Land::new();
    land.cmd(register("tool", &json!({"args": ["--last"]}), "one"));
    let words = || land.becomes(&["tool", "x"], json!({"env": "dev"}))["command"].clone();
    let expected = json!(["tool", "--account=0041", "x", "--last"]);
    assert_eq!(words(), expected);
    land.cmd(json!({"cmd": "reload"}));
    assert_eq!(words(), expected);
    land.project.crash();
    assert_eq!(words(), expected);
    land.write("prefixes.yaml", "[]");
    land.cmd(json!({"cmd": "reload"}));
    assert_eq!(words(), json!(["tool", "x", "--last"]), "they are nobody's but their owner's");
    land.sandbox().stop();
    assert_eq!(
        land.run(&["--env", "dev", "tool", "x"]).ok().split(' ').next(),
        Some("tool[x"),
        "the files know it too"
    );
    land.sandbox().start();
    assert_eq!(words(), json!(["tool", "x", "--last"]));
    let reply = land.becomes(&["tool"], json!({"env": "dev"}));
    assert!(reply["rules"][0].as_str().is_some_and(|rule| rule.contains("one")), "names its owner: {reply}");
    let gone = land.cmd(json!({"cmd": "unregister_prefix", "command": "tool"}));
    assert_eq!(gone, json!({"ok": true, "removed": 1}));
    assert_eq!(words(), json!(["tool", "x"]));
    land.project.crash();
    assert_eq!(words(), json!(["tool", "x"]));
}

#[test]
fn two_owners_of_one_rule() {
    let land = Land::new();
    land.cmd(register("k", &json!({"args": ["-a"]}), "one"));
    // Its owner's own takes its place.
    land.cmd(register("k", &json!({"args": ["-b"]}), "one"));
    assert_eq!(land.becomes(&["k"], json!({}))["command"], json!(["k", "-b"]));
    let refused = land.project.client().call(register("k", &json!({"args": ["-c"]}), "two"));
    assert_eq!((&refused["ok"], &refused["conflict"]), (&json!(false), &json!(true)), "{refused}");
    assert!(refused["error"].as_str().is_some_and(|error| error.contains("one")), "{refused}");
    assert_eq!(land.becomes(&["k"], json!({}))["command"], json!(["k", "-b"]));
    // Another strategy, another command: no conflict.
    let wrapper = json!({"cmd": "register_prefix", "command": "k", "wrapper": "nice -n 5", "spoke": "two"});
    land.cmd(wrapper);
    assert_eq!(land.becomes(&["k", "x"], json!({}))["command"], json!(["nice", "-n", "5", "k", "x", "-b"]));
    assert_eq!(land.cmd(json!({"cmd": "list_prefixed_commands"}))["commands"], json!(["k", "tool"]));
    let only = |strategy: &str| json!({"cmd": "unregister_prefix", "command": "k", "strategy": strategy});
    assert_eq!(land.cmd(only("wrapper"))["removed"], 1);
    assert_eq!(land.cmd(only("wrapper"))["removed"], 0);
    assert_eq!(land.becomes(&["k"], json!({}))["command"], json!(["k", "-b"]));
    assert!(land.refused(only("wraper"), "INVALID_ARGUMENT").contains("wraper"));
    let file = json!({"cmd": "unregister_prefix", "command": "tool"});
    assert_eq!(land.cmd(file)["removed"], 0, "what stands in the file is not a request's to take away");
}

#[test]
fn every_strategy_and_what_is_no_rule() {
    let land = Land::with("envs: {dev: {}}", PREFIXES);
    let strategy = |strategy: &str, config: Value| json!({"cmd": "register_prefix", "command": "t", "strategy": strategy, "config": config});
    land.cmd(strategy("args_prepend", json!({"args": ["-p"]})));
    land.cmd(strategy("args_append", json!({"args": "-q 'a b'"})));
    land.cmd(strategy("env_vars", json!({"vars": {"A": "x", "B": null}})));
    land.cmd(strategy("wrapper", json!({"command": ["env"]})));
    let reply = land.becomes(&["t", "x", "--", "y"], json!({}));
    assert_eq!(reply["command"], json!(["env", "t", "-p", "x", "-q", "a b", "--", "y"]));
    assert_eq!(reply["env_vars"], json!({"A": "x"}));
    assert!(reply["unset"].as_array().is_some_and(|unset| unset.contains(&json!("B"))), "{reply}");
    for (name, config) in [
        ("args_prepnd", json!({"args": "-x"})),
        ("args_prepend", json!({"agrs": "-x"})),
        ("args_prepend", json!({})),
        ("env_vars", json!({"vars": {"A-B": "x"}})),
        ("wrapper", json!({"command": []})),
    ] {
        let message = land.refused(strategy(name, config.clone()), "INVALID_ARGUMENT");
        assert!(!message.is_empty(), "{name} {config}");
    }
    land.refused(json!({"cmd": "register_prefix", "command": "t", "config": {"args": "-x"}}), "INVALID_ARGUMENT");
    let nobody = json!({"cmd": "register_prefix", "command": "", "strategy": "args_append", "config": {"args": "-x"}});
    land.refused(nobody, "INVALID_ARGUMENT");
}
