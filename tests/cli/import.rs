//! `import`, with the files of other tools in a home of their own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::cli::Desk;
use crate::support::Sandbox;

const ENVS: &str = "envs:\n  # careful\n  prod:\n    prefix: nice -n 5\n    color: red\n";
const RULES: &str = "prefixes:\n  - command: printf\n    prefix: ${env.prefix}\n";

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder in the sandbox");
    fs::write(path, text).expect("a file in the sandbox");
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn with_axium() -> Sandbox {
    let sandbox = Sandbox::new();
    let axium = sandbox.path("home/.config/axium");
    write(&axium.join("envs.yaml"), ENVS);
    write(&axium.join("prefixes.yaml"), RULES);
    write(&axium.join("hud.yaml"), "label: mine\n");
    write(&axium.join("spokes/aws/spoke.yaml"), "name: aws\n");
    fs::set_permissions(axium.join("envs.yaml"), fs::Permissions::from_mode(0o600)).expect("our own file");
    sandbox
}

#[test]
fn environments_and_rules_of_axium_work_at_once() {
    let sandbox = with_axium();
    let said = sandbox.pintle(&["import", "axium"]).ok();
    let own = sandbox.path("config/pintle");
    for name in ["envs.yaml", "prefixes.yaml", "hud.yaml"] {
        assert!(said.contains(&format!("written {}", own.join(name).display())), "{said}");
    }
    assert!(said.contains("axium/spokes/aws: "), "{said}");
    assert_eq!(read(&own.join("envs.yaml")), ENVS);
    assert_eq!(read(&own.join("hud.yaml")), "label: mine\n");
    let mode = fs::metadata(own.join("envs.yaml")).expect("it was written").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(sandbox.keeper().is_none(), "files need no daemon");
    // Three words, as Axium had them, and not a program with blanks in its name.
    let why = sandbox.pintle(&["why", "--env", "prod", "printf", "x"]).ok();
    assert!(why.contains("nice -n 5 printf x"), "{why}");
}

#[test]
fn a_dry_run_writes_nothing_and_says_the_same() {
    let sandbox = with_axium();
    let dry = json(&sandbox.pintle(&["import", "axium", "--dry-run", "--json"]).ok());
    assert!(!sandbox.path("config/pintle").exists());
    let mut wet = json(&sandbox.pintle(&["import", "axium", "--json"]).ok());
    assert_eq!((&dry["dry_run"], &wet["dry_run"]), (&true.into(), &false.into()));
    wet["dry_run"] = true.into();
    assert_eq!(dry, wet);
    assert_eq!(dry["written"].as_array().map(Vec::len), Some(3), "{dry}");
    assert_eq!(dry["not_carried"].as_array().map(Vec::len), Some(1), "{dry}");
}

#[test]
fn what_is_there_is_never_lost() {
    let sandbox = with_axium();
    let own = sandbox.path("config/pintle/envs.yaml");
    write(&own, "envs: {mine: {}}\n");
    let said = json(&sandbox.pintle(&["import", "axium", "--json"]).ok());
    assert_eq!(said["skipped"][0]["to"], own.to_str().expect("UTF-8"), "{said}");
    assert_eq!(read(&own), "envs: {mine: {}}\n");
    let said = sandbox.pintle(&["import", "axium", "--force"]).ok();
    assert!(said.contains(&format!("the old one is {}.bak", own.display())), "{said}");
    assert_eq!(read(&own), ENVS);
    assert_eq!(read(&sandbox.path("config/pintle/envs.yaml.bak")), "envs: {mine: {}}\n");
    // Once more changes nothing, and makes no more copies.
    let again = json(&sandbox.pintle(&["import", "axium", "--force", "--json"]).ok());
    assert_eq!(again["written"], Value::Array(Vec::new()), "{again}");
    assert!(!sandbox.path("config/pintle/envs.yaml.bak2").exists());
}

#[test]
fn another_folder_and_none() {
    let sandbox = with_axium();
    let elsewhere = sandbox.path("data/axium");
    write(&elsewhere.join("hud.yaml"), "label: other\n");
    sandbox.pintle(&["import", "axium"]).env("AXIUM_HOME", &elsewhere).ok();
    assert_eq!(read(&sandbox.path("config/pintle/hud.yaml")), "label: other\n");
    let missing = sandbox.path("data/none");
    let said = sandbox.pintle(&["import", "axium", "--from", missing.to_str().expect("UTF-8")]).fails(1);
    assert!(said.contains(&format!("no folder {}", missing.display())), "{said}");
    let said = sandbox.pintle(&["import", "purepoint"]).fails(1);
    assert!(said.contains("/home/.pu") && said.contains("--from"), "{said}");
}

#[test]
fn definitions_of_purepoint_go_to_the_user_and_to_the_project() {
    let desk = Desk::new();
    let (global, local) = (desk.sandbox.path("home/.pu"), desk.root.join(".pu"));
    write(&global.join("templates/review.md"), "---\nname: review\n---\nReview {{BRANCH}}.\n");
    write(&global.join("agents/reviewer.yaml"), "name: reviewer\nagentType: claude # mine\n");
    write(&global.join("daemon.log"), "x");
    write(&local.join("triggers/devx.yaml"), "name: devx\non: agent_idle\nsequence:\n- inject: /review\n");
    write(&local.join("swarms/broken.yaml"), "roster: []\n");
    let said = desk.pintle(&["import", "purepoint"]).ok();
    let own = desk.sandbox.path("config/pintle");
    assert_eq!(read(&own.join("templates/review.md")), read(&global.join("templates/review.md")));
    assert_eq!(read(&own.join("agents/reviewer.yaml")), "name: reviewer\nagent_type: claude # mine\n");
    assert!(desk.root.join(".pintle/triggers/devx.yaml").is_file());
    assert!(!desk.root.join(".pintle/swarms/broken.yaml").exists());
    assert!(said.contains("swarms/broken.yaml: ") && said.contains("`name` is missing"), "{said}");
    assert!(!said.contains("daemon.log"), "{said}");
}

#[test]
fn a_project_that_is_used_in_place_stays_as_it_is() {
    let sandbox = Sandbox::new();
    let root = sandbox.project();
    write(&root.join(".pu/manifest.json"), "{}");
    write(&root.join(".pu/templates/a.md"), "x\n");
    let said = sandbox.pintle(&["import", "purepoint"]).current_dir(&root).ok();
    assert!(said.contains("is used in place"), "{said}");
    assert!(!root.join(".pintle").exists());
}

#[test]
fn settings_of_a_project_are_understood() {
    let desk = Desk::new();
    let old = "defaultAgent: codex\nagents:\n  terminal:\n    name: terminal\n    command: shell\n";
    write(&desk.root.join(".pu/config.yaml"), old);
    let root = desk.root.to_str().expect("UTF-8");
    desk.pintle(&["import", "purepoint", "--from", root]).ok();
    let config = json(&desk.pintle(&["call", &format!(r#"{{"type":"get_config","project_root":"{root}"}}"#)]).ok());
    assert_eq!(config["default_agent"], "codex", "{config}");
    assert_ne!(config["agents"]["terminal"]["command"], "shell", "{config}");
    let report = desk.pintle(&["doctor"]).ok();
    assert!(report.contains("ok    config"), "{report}");
}
