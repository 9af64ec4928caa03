//! `envs.yaml` and `prefixes.yaml`: read again when they change, the last good content in force when they are broken.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::{ENVS, Land, PREFIXES, socket};
use crate::support::wait::timed;
use crate::support::{PATIENCE, eventually};

fn warnings(land: &Land) -> Vec<String> {
    let reply = land.cmd(json!({"cmd": "reload"}));
    let list = reply["warnings"].as_array().expect("a list");
    list.iter().map(|line| line.as_str().expect("text").to_owned()).collect()
}

fn account(land: &Land, env: &str) -> Value {
    land.becomes(&["tool"], json!({"env": env}))["command"][1].clone()
}

#[test]
fn what_is_broken_is_named_and_what_it_said_stays() {
    let land = Land::new();
    #[track_caller]
    fn check(land: &Land, file: &str, text: &str, expected: &[&str]) {
        land.write(file, text);
        let said = warnings(land);
        assert_eq!(said.len(), 1, "{said:#?}");
        for part in [file].iter().chain(expected) {
            assert!(said[0].contains(part), "{part}: {said:?}");
        }
        assert_eq!(account(land, "prod"), "--account=0042");
        let hud = land.cmd(json!({"cmd": "get_hud"}))["hud"].as_str().expect("a line").to_owned();
        assert!(hud.contains("config:1 broken"), "{hud}");
    }
    check(&land, "envs.yaml", "envs:\n  prod:\n    guard: confrim\n", &["line 3", "guard", "did you mean: confirm"]);
    check(&land, "envs.yaml", "envs: {a: {extends: b}, b: {extends: a}}", &["line 1", "extends", "a -> b -> a"]);
    check(&land, "envs.yaml", "envs:\n  a: {extends: nope}\n", &["line 2", "extends", "nope"]);
    check(&land, "envs.yaml", "envs:\n  a: [\n", &["line"]);
    check(&land, "envs.yaml", "envs:\n  a: {vars: [x]}\n", &["line 2", "vars"]);
    land.write("envs.yaml", ENVS);
    check(&land, "prefixes.yaml", "- {command: tool, strategy: args_apend, args: -x}\n", &["line 1", "args_append"]);
    check(&land, "prefixes.yaml", "- {comand: tool, prefix: x}\n", &["line 1", "`command`", "`comand`"]);
    // A daemon that starts with it has what the one before could read.
    land.project.crash();
    assert_eq!(account(&land, "prod"), "--account=0042");
    assert!(warnings(&land)[0].ends_with("what it said before stays in force"));
    land.write("prefixes.yaml", PREFIXES);
    assert_eq!(warnings(&land), [""; 0]);
    assert_eq!(account(&land, "prod"), "--account=0042");
    let hud = land.cmd(json!({"cmd": "get_hud"}))["hud"].as_str().expect("a line").to_owned();
    assert!(!hud.contains("config"), "{hud}");
}

#[test]
fn while_a_file_could_never_be_read_commands_are_refused() {
    #[track_caller]
    fn check(envs: &str, prefixes: &str, expected: &str) {
        let land = Land::with(envs, prefixes);
        let request = json!({"cmd": "apply_prefixes", "command": ["tool"], "cwd": land.project.root()});
        let refused = land.project.client().call(request);
        assert_eq!(refused["code"], "CONFIG_ERROR", "{refused}");
        let said = land.run(&["tool"]).fails(125);
        for part in [expected, "nothing of it is in force"] {
            assert!(said.contains(part) && refused.to_string().contains(part), "{said}\n{refused}");
        }
    }
    check("envs: [\n", "", "envs.yaml: line ");
    check("", "- {command: tool, strategy: args_apend, args: -x}\n", "prefixes.yaml: line 1");
}

#[test]
fn what_has_no_effect_is_named() {
    let land = Land::with(
        "envs:\n  dev: {guard_comands: [x], color: green}\n",
        "- {command: a, strategy: args_append, args: -x, when: {env: [dve]}}\n",
    );
    let said = warnings(&land).join("\n");
    for part in ["envs.yaml", "guard_comands", "guard_commands", "prefixes.yaml", "dve", "dev"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn they_are_followed() {
    let land = Land::new();
    assert_eq!(account(&land, "dev"), "--account=0041");
    land.write("envs.yaml", &ENVS.replace("0041", "0099"));
    eventually("it counts", PATIENCE, || (account(&land, "dev") == "--account=0099").then_some(()));
    // As editors write: another file in its place.
    let folder = land.sandbox().path("config/pintle");
    std::fs::write(folder.join("new"), PREFIXES.replace("--account", "--acc")).expect("a file");
    std::fs::rename(folder.join("new"), folder.join("prefixes.yaml")).expect("in its place");
    eventually("it counts", PATIENCE, || (account(&land, "dev") == "--acc=0099").then_some(()));
    std::fs::remove_file(folder.join("prefixes.yaml")).expect("a file");
    let words = || land.becomes(&["tool"], json!({"env": "dev"}))["command"].clone();
    eventually("it is gone", PATIENCE, || (words() == json!(["tool"])).then_some(()));
    // A project's own.
    let of = || land.becomes(&["tool"], json!({"cwd": land.project.root()}))["env"].clone();
    assert_eq!(of(), Value::Null);
    land.project.configure("env: dev\n");
    eventually("the project has one", PATIENCE, || (of() == "dev").then_some(()));
}

/// Checks that what somebody is told names the project's file, the place in it, and what follows.
#[track_caller]
fn names_the_project_file(land: &Land, said: &str) {
    for part in [land.project.file("config.yaml").to_str().expect("UTF-8"), ": line ", "until the file is corrected"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

/// Whoever runs a command in the project is refused, and so is whoever asks what it would be; whoever names an environment is not.
#[track_caller]
fn refuses_in_project(land: &Land) {
    let root = land.project.root();
    let run = |words: &[&str]| land.run(words).current_dir(root);
    let pintle = |words: &[&str]| land.sandbox().pintle(words).current_dir(root);
    let said = run(&["tool"]).fails(125);
    names_the_project_file(land, &said);
    assert!(said.contains("command tool"), "{said}");
    names_the_project_file(land, &pintle(&["why", "tool"]).fails(125));
    names_the_project_file(land, &run(&["--explain", "--json", "tool"]).finish().stdout);
    assert!(run(&["--env", "prod", "tool"]).ok().contains("ENV=prod"), "what is nearer than the project is known");
    assert!(land.run(&["tool"]).ok().contains("ENV=dev"), "elsewhere");
    let report = pintle(&["doctor"]).finish();
    for part in ["config.yaml: line ", &format!("which one holds in {root} is not known: ")] {
        assert!(report.status.code() == Some(1) && report.stdout.contains(part), "{part}: {report}");
    }
}

/// A project that had no `config.yaml`, and has one now that cannot be read.
fn land_with_an_unread_project() -> Land {
    let land = Land::new();
    land.cmd(json!({"cmd": "set_env", "value": "dev"}));
    assert!(land.run(&["tool"]).current_dir(land.project.root()).ok().contains("ENV=dev"));
    land.project.configure("env: prod\nagents: [1\n");
    warnings(&land);
    land
}

/// Which environment its commands are to run in nobody knows: they are refused, whoever is asked.
#[test]
fn a_project_whose_file_could_never_be_read() {
    let land = land_with_an_unread_project();
    let tmux = land.tmux();
    let root = land.project.root();
    let pane = tmux.run(&["new-window", "-P", "-F", "#{pane_id}", "-c", root, "cat"]).trim().to_owned();
    refuses_in_project(&land);
    let asked = json!({"cmd": "apply_prefixes", "command": ["tool"], "context": {"cwd": root}});
    names_the_project_file(&land, &land.refused(asked, "CONFIG_ERROR"));
    for words in [["env", "get"], ["env", "explain"]] {
        names_the_project_file(&land, &land.sandbox().pintle(&words).current_dir(root).fails(1));
    }
    let in_pane = |cmd: &str| json!({"cmd": cmd, "pane": pane, "tmux": socket(&tmux)});
    names_the_project_file(&land, &land.refused(in_pane("get_pane_env"), "CONFIG_ERROR"));
    let hud = land.cmd(in_pane("get_hud"))["hud"].as_str().expect("a line").to_owned();
    assert!(hud.contains("env:? ") && hud.contains("config:1 broken"), "{hud}");
    // With one of its own the pane needs none of its project.
    land.cmd(json!({"cmd": "set_pane_env", "pane": pane, "env": "strict", "tmux": socket(&tmux)}));
    assert_eq!(land.cmd(in_pane("get_pane_env"))["env"], "strict");
    let spawned =
        land.project.client().call(json!({"type": "spawn", "project_root": root, "agent": "sh", "root": true}));
    assert_eq!(spawned["code"], "CONFIG_ERROR", "{spawned}");
}

/// Without a daemon it is refused as well, and what is corrected meanwhile counts at once.
#[test]
fn a_project_whose_file_could_never_be_read_without_a_daemon() {
    let land = land_with_an_unread_project();
    land.sandbox().pintle(&["daemon", "stop"]).ok();
    refuses_in_project(&land);
    let said = || land.run(&["tool"]).current_dir(land.project.root()).ok();
    for (text, env) in [("env: prod\n", "prod"), ("agents: {}\n", "dev"), ("", "dev")] {
        land.project.configure(text);
        assert!(said().contains(&format!("ENV={env}")), "{text}");
    }
    land.sandbox().start();
    assert!(said().contains("ENV=dev"));
    // From now on there is something that it said before.
    land.project.configure("env: prod\nagents: [1\n");
    warnings(&land);
    assert!(said().contains("ENV=dev"));
}

/// As vim writes, and git when it changes branches: for a moment there is no such file.
#[test]
#[expect(clippy::disallowed_methods, reason = "that a moment passes is what is tried: there is nothing to wait for")]
fn a_file_that_is_moved_away_for_a_moment_is_not_gone() {
    let land = Land::new();
    let config = land.project.file("config.yaml");
    land.project.configure("env: prod\n");
    warnings(&land);
    let run = || land.run(&["tool"]).current_dir(land.project.root()).finish();
    let good = run().stdout;
    assert!(good.starts_with("tool[--account=0042] STAGE=prod"), "{good}");
    let folder = land.sandbox().path("config/pintle");
    let files = [folder.join("envs.yaml"), folder.join("prefixes.yaml"), config];
    for daemon in ["asked", "none", "starts"] {
        for file in &files {
            if daemon == "none" {
                land.sandbox().pintle(&["daemon", "stop"]).ok();
            }
            let aside = file.with_extension("aside");
            std::fs::rename(file, &aside).expect("our own file");
            let back = std::thread::spawn({
                let (file, aside) = (file.clone(), aside.clone());
                move || {
                    std::thread::sleep(Duration::from_millis(200));
                    std::fs::rename(aside, file).expect("our own file");
                }
            });
            match daemon {
                "asked" => drop(land.project.client().call(json!({"cmd": "reload"}))),
                "starts" => land.sandbox().start(),
                _ => {}
            }
            let said = run();
            back.join().expect("it is put back");
            assert_eq!(said.stdout, good, "{daemon} {}: {said}", file.display());
            land.sandbox().start();
            warnings(&land);
            assert_eq!(run().stdout, good, "{daemon} {}", file.display());
            if daemon == "starts" {
                land.sandbox().pintle(&["daemon", "stop"]).ok();
            }
        }
    }
    // Gone for good, it is gone for all: also where it was removed while no daemon ran.
    std::fs::remove_file(&files[1]).expect("our own file");
    eventually("it is gone", PATIENCE, || run().stdout.starts_with("tool[] STAGE=unset").then_some(()));
    land.sandbox().start();
    eventually("it is gone", PATIENCE, || run().stdout.starts_with("tool[] STAGE=unset").then_some(()));
    assert_eq!(warnings(&land), [""; 0]);
    std::fs::remove_file(&files[2]).expect("our own file");
    eventually("the project has none", PATIENCE, || run().stdout.contains("ENV=unset").then_some(()));
}

/// The environment that holds is gone from the file: a command is not run without it.
#[test]
fn an_environment_that_is_gone_is_missed() {
    let land = Land::new();
    land.cmd(json!({"cmd": "set_env", "value": "prod"}));
    land.write("envs.yaml", "envs: {pro: {}}");
    warnings(&land);
    let expected = "Unknown environment: prod\nDid you mean: pro?";
    assert_eq!(land.refused(json!({"cmd": "apply_prefixes", "command": "tool"}), "INVALID_ARGUMENT"), expected);
    let refuses = || {
        let said = land.run(&["tool"]).fails(125);
        assert!(said.contains("Unknown environment: prod") && said.contains("command tool"), "{said}");
        let report = land.sandbox().pintle(&["doctor"]).finish();
        assert!(report.stdout.contains("`prod` holds globally, and ") && !report.success(), "{report}");
        report.stdout
    };
    assert!(!refuses().contains("it does not run"));
    land.sandbox().pintle(&["daemon", "stop"]).ok();
    let report = refuses();
    assert!(report.contains("warn  daemon      it does not run"), "{report}");
    assert!(land.sandbox().keeper().is_none(), "looking starts nothing");
}

#[test]
fn a_long_file() {
    let mut envs = "envs:\n".to_owned();
    for number in 0..2_500 {
        writeln!(envs, "  e{number}:\n    color: red\n    account: \"{number}\"\n    vars: {{N: \"{number}\"}}")
            .expect("text");
    }
    assert!(envs.lines().count() > 10_000);
    let land = Land::with(&envs, "- {command: tool, strategy: args_append, args: '{{env.account}}'}");
    let reply = land.becomes(&["tool"], json!({"env": "e2499"}));
    assert_eq!(reply["command"], json!(["tool", "2499"]));
    let (reply, took) = timed(|| land.cmd(json!({"cmd": "reload"})));
    assert_eq!(reply["warnings"], json!([]));
    assert!(took < Duration::from_secs(5), "an unoptimized daemon took {took:?}");
    let unknown = land.refused(json!({"cmd": "set_env", "value": "e25000"}), "INVALID_ARGUMENT");
    assert!(unknown.lines().count() == 2 && unknown.len() < 500, "{unknown}");
    let set = land.cmd(json!({"cmd": "set_env", "value": "e7"}));
    assert_eq!(set["ok"], true);
    assert!(land.run(&["tool"]).ok().contains("tool[7]"));
}
