//! `config`

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::cli::Desk;
use crate::support::{PATIENCE, Sandbox, Tmux, eventually};

fn file(sandbox: &Sandbox, name: &str) -> PathBuf {
    sandbox.path("config/pintle").join(format!("{name}.yaml"))
}

fn write(sandbox: &Sandbox, name: &str, text: &str) {
    let file = file(sandbox, name);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    std::fs::write(file, text).expect("a file of our own");
}

/// A script that is the editor: what it does to the file `$1`.
fn editor(sandbox: &Sandbox, script: &str) -> String {
    let path = sandbox.path("home/editor");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("our own script");
    path.display().to_string()
}

#[test]
fn check_needs_no_daemon_and_says_file_and_line() {
    let sandbox = Sandbox::new();
    assert!(sandbox.pintle(&["config", "check"]).ok().contains("pintle config edit envs"));
    write(&sandbox, "envs", "envs:\n  prod: {colr: red}\n");
    let said = sandbox.pintle(&["config", "check"]).ok();
    let envs = file(&sandbox, "envs").display().to_string();
    let slip = format!("{envs}:2:10: warning: envs.prod.colr: a key of your own; did you mean `color`?\n");
    assert_eq!(said, format!("{slip}0 errors, 1 warning in: envs\n"));
    write(&sandbox, "hud", "style:\n  padding: many\n");
    let finished = sandbox.pintle(&["config", "check"]).finish();
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    let hud = file(&sandbox, "hud").display().to_string();
    let error = format!("{hud}:2:12: error: style.padding: `many` is no number of blanks from 0 to 8\n");
    assert_eq!(finished.stdout, format!("{error}{slip}1 error, 1 warning in: envs, hud\n"));
    let finished = sandbox.pintle(&["config", "check", "--json"]).finish();
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    let report: Value = serde_json::from_str(&finished.stdout).expect("one object");
    let message = "style.padding: `many` is no number of blanks from 0 to 8";
    assert_eq!(report["errors"], json!([{"file": hud, "line": 2, "column": 12, "message": message}]));
    assert_eq!(report["warnings"][0]["line"], 2, "{report}");
    assert_eq!(report["files"][1]["exists"], false, "{report}");
    assert!(sandbox.keeper().is_none(), "no daemon is started");
}

#[test]
fn path_and_schema_are_printed() {
    let desk = Desk::new();
    let project = desk.root.join(".pintle/config.yaml").display().to_string();
    assert_eq!(desk.pintle(&["config", "path", "project"]).ok(), format!("{project}\n"));
    let all = desk.pintle(&["config", "path"]).ok();
    let hud = file(&desk.sandbox, "hud").display().to_string();
    assert!(all.contains(&format!("hud       {hud}  (not there)\n")), "{all}");
    assert_eq!(desk.json(&["config", "path"])["hud"], json!(hud));
    let schema: Value = serde_json::from_str(&desk.pintle(&["config", "schema", "hud"]).ok()).expect("JSON");
    assert_eq!(schema["title"], "hud.yaml");
    let all = desk.json(&["config", "schema"]);
    let names: Vec<&String> = all.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["envs", "prefixes", "hud", "config"]);
}

#[test]
fn show_prints_values_and_hides_secrets() {
    let desk = Desk::new();
    write(&desk.sandbox, "envs", "envs:\n  prod:\n    color: red\n    vars: {API_TOKEN: hunter2}\n");
    let show = |args: &[&str]| desk.pintle(&[&["config", "show"], args].concat()).ok();
    assert_eq!(show(&["envs.envs.prod.color"]), "red\n");
    let all = show(&[]);
    assert!(all.contains("color: red") && !all.contains("hunter2"), "{all}");
    assert!(all.contains(&format!("# {}: nothing in it\n", file(&desk.sandbox, "hud").display())), "{all}");
    assert!(show(&["envs", "--reveal"]).contains("API_TOKEN: hunter2"));
    assert_eq!(desk.json(&["config", "show", "envs.envs.prod.color"])["value"], "red");
    assert!(desk.pintle(&["config", "show", "envz"]).fails(4).contains("did you mean: envs?"));
    assert!(desk.pintle(&["config", "show", "envs.nothing"]).fails(4).contains("no key `envs.nothing`"));
}

#[test]
fn a_broken_file_is_told_with_what_holds_meanwhile() {
    let desk = Desk::new();
    let hud = || desk.pintle(&["hud"]).ok();
    write(&desk.sandbox, "hud", "label: mine\nlayout: [uptime]\n");
    eventually("it counts by itself", PATIENCE, || hud().starts_with("[mine] uptime:").then_some(()));
    write(&desk.sandbox, "hud", "label: [\n");
    eventually("it is seen, and what it said holds", PATIENCE, || {
        let line = hud();
        (line.starts_with("[mine] uptime:") && line.trim_end().ends_with("config:1 broken")).then_some(())
    });
    let holds = "what it said before stays in force";
    let path = file(&desk.sandbox, "hud").display().to_string();
    for said in [
        desk.pintle(&["doctor"]).finish().stdout,
        desk.pintle(&["daemon", "reload"]).ok(),
        desk.pintle(&["config", "show", "hud"]).fails(1),
    ] {
        assert!(
            said.lines().any(|line| line.contains(&path) && line.contains("line ") && line.contains(holds)),
            "{said}"
        );
    }
    assert!(desk.pintle(&["doctor"]).finish().stdout.contains("`pintle config edit hud`"));
    write(&desk.sandbox, "hud", "");
    eventually("it is mended", PATIENCE, || hud().starts_with("[pintle] ").then_some(()));
    assert!(desk.pintle(&["doctor"]).ok().contains("ok    config"));
    write(&desk.sandbox, "config", "agents: [\n");
    eventually("config.yaml too", PATIENCE, || hud().contains("config:1 broken").then_some(()));
    let said = desk.pintle(&["daemon", "reload"]).ok();
    assert_eq!(said.matches("no agent that needs it is started until it is corrected").count(), 1, "{said}");
    assert_eq!(said.lines().count(), 2, "told once: {said}");
}

#[test]
fn agents_start_as_config_yaml_said_before_it_was_broken() {
    let desk = Desk::new();
    write(&desk.sandbox, "config", "default_agent: mine\nagents: {mine: {command: 'true'}}\n");
    let kinds = || desk.sandbox.client().call(json!({"type": "get_config", "project_root": desk.root}));
    assert_eq!(kinds()["default_agent"], "mine");
    write(&desk.sandbox, "config", "default_agent: [\n");
    let now = kinds();
    assert_eq!(now["default_agent"], "mine", "{now}");
    let warning = now["warnings"][0].as_str().expect("a warning");
    assert!(warning.contains("config.yaml: line ") && warning.ends_with("what it said before stays in force"), "{now}");
    desk.pintle(&["spawn", "--name", "one", "hello"]).ok();
    // The next daemon knows what this one could read.
    desk.pintle(&["daemon", "stop"]).ok();
    desk.pintle(&["spawn", "--name", "two", "hello"]).ok();
    assert!(desk.pintle(&["daemon", "reload"]).ok().contains("what it said before stays in force"));
}

#[test]
fn a_project_stays_in_its_environment_while_its_file_is_broken() {
    let desk = Desk::new();
    write(&desk.sandbox, "envs", "envs: {prod: {}}\n");
    let env = || desk.pintle(&["env", "get"]).finish().stdout;
    let broken = || desk.pintle(&["hud"]).ok().contains("config:1 broken");
    let write = |text: &str| std::fs::write(desk.root.join(".pintle/config.yaml"), text).expect("a file of our own");
    write("env: prod\n");
    eventually("it holds", PATIENCE, || (env() == "prod\n").then_some(()));
    write("env: [x\n");
    eventually("it was read", PATIENCE, || broken().then_some(()));
    assert_eq!(env(), "prod\n");
    assert!(desk.pintle(&["config", "check"]).finish().stdout.contains("/.pintle/config.yaml:"));
    write("env: null\n");
    eventually("mended", PATIENCE, || (!broken() && env().is_empty()).then_some(()));
}

#[test]
fn a_file_that_is_emptied_to_be_written_never_takes_a_project_out_of_its_environment() {
    let desk = Desk::new();
    write(&desk.sandbox, "envs", "envs: {prod: {}}\n");
    let file = desk.root.join(".pintle/config.yaml");
    std::fs::write(&file, "env: prod\n").expect("a file of our own");
    eventually("it holds", PATIENCE, || (desk.pintle(&["env", "get"]).finish().stdout == "prod\n").then_some(()));
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // An editor that does not get further than this.
            while !is_done.load(Ordering::Relaxed) {
                std::fs::File::create(&file).expect("a file of our own");
            }
        });
        desk.pintle(&["daemon", "reload"]).ok();
        let seen = desk.pintle(&["env", "get"]).finish();
        is_done.store(true, Ordering::Relaxed);
        assert!(!seen.success() && seen.stderr.contains("config.yaml is being written"), "{seen}");
    });
    eventually("meant to be empty", PATIENCE, || desk.pintle(&["env", "get"]).finish().stdout.is_empty().then_some(()));
}

#[test]
fn edit_makes_a_file_from_examples_and_checks_it() {
    let desk = Desk::new();
    let edit = |name: &str, script: &str| {
        desk.pintle(&["config", "edit", name]).env("VISUAL", editor(&desk.sandbox, script)).finish()
    };
    let seen = edit("envs", "cat \"$1\"");
    assert!(seen.success() && seen.stdout.contains("#envs:"), "{seen}");
    assert!(!file(&desk.sandbox, "envs").exists(), "examples that nobody has touched are no file");
    let wrong = edit("envs", "echo 'envs: {a: {guard: fre}}' > \"$1\"");
    assert_eq!(wrong.status.code(), Some(1), "{wrong}");
    assert!(wrong.stdout.contains("envs.yaml:1:19: error: envs.a.guard: unknown word `fre`"), "{wrong}");
    let right = edit("envs", "sed -i s/fre/free/ \"$1\"");
    assert!(right.success() && right.stdout.is_empty(), "{right}");
    assert_eq!(
        std::fs::read_to_string(file(&desk.sandbox, "envs")).expect("it is there"),
        "envs: {a: {guard: free}}\n"
    );
    assert!(edit("project", "echo 'env: a' > \"$1\"").success());
    assert!(desk.root.join(".pintle/config.yaml").exists());
    let failed = edit("hud", "exit 3");
    assert_eq!(failed.status.code(), Some(1), "{failed}");
    let hint = format!("set VISUAL or EDITOR, or write {} yourself", file(&desk.sandbox, "hud").display());
    assert!(failed.stderr.contains("the editor `") && failed.stderr.contains(&hint), "{failed}");
    assert!(!file(&desk.sandbox, "hud").exists());
    let words = format!("{} --wait", editor(&desk.sandbox, "echo \"label: ${1#--}\" > \"$2\""));
    desk.pintle(&["config", "edit", "hud"]).env("VISUAL", "").env("EDITOR", words).ok();
    assert_eq!(std::fs::read_to_string(file(&desk.sandbox, "hud")).expect("it is there"), "label: wait\n");
    let elsewhere = desk.sandbox.pintle(&["config", "edit", "project"]).env("VISUAL", "true");
    assert!(elsewhere.fails(4).contains("pintle init"));
}

#[test]
fn edit_offers_to_edit_again_on_a_terminal() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    let script = "[ -e again ] && echo 'label: x' > \"$1\" || echo 'label: [' > \"$1\"; touch again";
    let program = crate::support::pintle().display().to_string();
    let editor = editor(&desk.sandbox, script);
    tmux.type_line(&pane, &format!("EDITOR={editor} {program} config edit hud; echo ended-$?"));
    tmux.shows(&pane, "edit it again? [Y/n]");
    tmux.send_keys(&pane, &["Enter"]);
    tmux.shows(&pane, "ended-0");
    assert_eq!(std::fs::read_to_string(file(&desk.sandbox, "hud")).expect("it is there"), "label: x\n");
}
