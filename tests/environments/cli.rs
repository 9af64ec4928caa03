//! `pintle env …` as a person types it.

use serde_json::{Value, json};

use super::{Land, socket, tmux_variable};
use crate::support::invocation::Invocation;

#[test]
fn a_prompt_shows_the_line_of_its_pane() {
    let land = Land::new();
    let tmux = land.tmux();
    land.cmd(json!({"cmd": "set_env", "value": "dev"}));
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "prod", "tmux": socket(&tmux)}));
    for json in [&[][..], &["--json"]] {
        let hud = |pane: &str| {
            let hud = land.sandbox().pintle(&[&["hud"], json].concat());
            hud.env("TMUX", tmux_variable(&tmux)).env("TMUX_PANE", pane).ok()
        };
        assert!(hud("%0").contains("env:prod"), "{}", hud("%0"));
        assert!(hud("%99").contains("env:dev"), "a pane that is no more: {}", hud("%99"));
        let everywhere = land.sandbox().pintle(&[&["hud"], json].concat()).ok();
        assert!(everywhere.contains("env:dev"), "{everywhere}");
    }
}

#[test]
fn every_reach() {
    let land = Land::new();
    let tmux = land.tmux();
    let tmux_is = tmux_variable(&tmux);
    let root = land.project.root().to_owned();
    let env = |words: &[&str]| -> Invocation {
        let invocation = land.sandbox().pintle(&[&["env"], words].concat());
        invocation.env("TMUX", &tmux_is).env("TMUX_PANE", "%0").current_dir(&root)
    };
    let get = || env(&["get"]).finish().stdout.trim_end().to_owned();
    env(&["get"]).fails(1);
    for (words, name) in [
        (&["--global"][..], "dev"),
        (&["--for-project"], "prod"),
        (&["--session"], "strict"),
        (&["--window"], "dev"),
        (&[], "prod"),
    ] {
        env(&[&["set", name], words].concat()).ok();
        assert_eq!(get(), name, "{words:?}");
    }
    let project = std::fs::read_to_string(land.project.file("config.yaml")).expect("a file");
    assert!(project.contains("env: \"prod\""), "{project}");
    let said = env(&["explain"]).ok();
    let rungs: Vec<&str> = said.lines().skip(1).filter_map(|line| line.get(2..)?.split_whitespace().next()).collect();
    assert_eq!(rungs, ["pane", "window", "session", "project", "global"], "{said}");
    assert!(said.starts_with("prod holds here\n> pane "), "{said}");
    assert_eq!(env(&["get", "--global"]).ok(), "dev\n");
    assert_eq!(env(&["get", "--pane", "%0"]).ok(), "prod\n");
    for (words, name) in [
        (&[][..], "dev"),
        (&["--window"], "strict"),
        (&["--session"], "prod"),
        (&["--for-project"], "dev"),
        (&["--global"], ""),
    ] {
        env(&[&["clear"], words].concat()).ok();
        assert_eq!(get(), name, "{words:?}");
    }
    env(&["set", "prod", "--window", "--session"]).fails(2);
    env(&["set", "prod", "--pane", "%99"]).fails(4);
    let said = env(&["set", "prdo"]).fails(1);
    assert!(said.contains("Unknown environment: prdo") && said.contains("Did you mean: prod?"), "{said}");
    let said = env(&["set", "prdo", "--for-project"]).fails(1);
    assert!(said.contains("Did you mean: prod?"), "{said}");
    let project = std::fs::read_to_string(land.project.file("config.yaml")).unwrap_or_default();
    assert!(!project.contains("prdo"), "{project}");
    let other = tmux.split("%0", "cat");
    env(&["set", "strict", "--pane", &other]).ok();
    let reply = land.cmd(json!({"cmd": "get_pane_env", "pane": other, "tmux": socket(&tmux)}));
    assert_eq!(reply["env"], "strict");
    // Outside of tmux it is everywhere.
    land.sandbox().pintle(&["env", "set", "dev"]).ok();
    assert_eq!(land.state()["active_env"], "dev");
}

#[test]
fn what_there_is() {
    let land = Land::new();
    land.cmd(json!({"cmd": "set_env", "value": "prod"}));
    let said = land.sandbox().pintle(&["env", "list"]).ok();
    for part in ["dev", "prod*", "strict", "readonly", "confirm", "red"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = land.sandbox().pintle(&["env", "show", "prod"]).ok();
    for part in ["REGION=us", "DB_PASSWORD=***", "unsets", "DEBUG", "account: 0042", "extends", "envs.yaml:"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(land.sandbox().pintle(&["env", "show", "prod", "--reveal"]).ok().contains("hunter2"));
    let said = land.sandbox().pintle(&["env", "show", "prdo"]).fails(1);
    assert!(said.contains("Did you mean: prod?"), "{said}");
    let line = land.sandbox().pintle(&["env", "list", "--json"]).ok();
    let listed: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(listed["envs"].as_array().map(Vec::len), Some(3), "{line}");
    let none = Land::with("", "");
    assert!(none.sandbox().pintle(&["env", "list"]).ok().contains("envs.yaml"), "where to begin");
}

/// Both words for the project are told apart where a person looks for them.
#[test]
fn help_says_which_word_is_the_projects() {
    let land = Land::new();
    let help = land.sandbox().pintle(&["env", "set", "--help"]).ok();
    assert!(help.contains("--for-project") && help.contains("--project <DIR>"), "{help}");
    land.sandbox().pintle(&["run", "--help"]).ok();
}

#[test]
fn panes_that_type_together_are_warned_of() {
    let land = Land::new();
    let tmux = land.tmux();
    let tmux_is = tmux_variable(&tmux);
    let other = tmux.split("%0", "cat");
    land.cmd(json!({"cmd": "set_pane_env", "pane": other, "env": "dev", "tmux": socket(&tmux)}));
    tmux.run(&["set-option", "-w", "synchronize-panes", "on"]);
    let set = land.sandbox().pintle(&["env", "set", "prod"]).env("TMUX", &tmux_is).env("TMUX_PANE", "%0").finish();
    assert!(set.success() && set.stderr.contains(&other) && set.stderr.contains("dev"), "{set}");
}

/// What a person copies from the first page is understood, and does what is said beside it.
#[test]
fn the_first_page_can_be_copied() {
    let page = include_str!("../../README.md");
    let chapter = page.split("\n## ").find(|chapter| chapter.starts_with("Environments\n")).expect("a chapter");
    let mut files = chapter.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().expect("a file"));
    let land = Land::with(files.next().expect("envs.yaml"), files.next().expect("prefixes.yaml"));
    assert_eq!(land.cmd(json!({"cmd": "reload"}))["warnings"], json!([]));
    let kube = land.sandbox().path("home/.kube");
    std::fs::create_dir(&kube).expect("a folder");
    let context = |name: &str| format!("- {{name: {name}, context: {{cluster: c, user: u}}}}\n");
    let contexts = format!("contexts:\n{}{}", context("dev"), context("prod"));
    std::fs::write(kube.join("config"), contexts).expect("a kubeconfig");
    let becomes = |env: &str, words: &[&str]| land.becomes(words, json!({"env": env}));
    assert_eq!(becomes("prod", &["kubectl", "delete", "pod", "web-1"])["guard"], "confirm");
    assert_eq!(becomes("prod", &["make", "deploy-web"])["guard"], "confirm");
    assert_eq!(becomes("prod", &["kubectl", "get", "pods"])["guard"], Value::Null);
    assert_eq!(becomes("dev", &["deploy", "web"])["command"], json!(["deploy", "--account=0041", "web"]));
    let psql = becomes("prod", &["psql", "-l"]);
    assert_eq!(psql["command"], json!(["aws-vault", "exec", "prod", "--", "psql", "-l"]));
    assert_eq!(psql["env_vars"]["AWS_PROFILE"], "shop-prod");
    let plan = becomes("prod", &["terraform", "plan"]);
    assert_eq!(plan["env_vars"]["TF_WORKSPACE"], "prod");
    let files = becomes("prod", &["helm", "list"])["env_vars"]["KUBECONFIG"].clone();
    assert!(files.as_str().is_some_and(|files| files.ends_with("/.kube/config")), "an overlay in front of it: {files}");
}
