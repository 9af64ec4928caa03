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

/// What a daemon would refuse does not come to its place; the rest does, and what has no effect is said.
#[test]
fn what_could_not_be_read_is_not_written() {
    let sandbox = with_axium();
    let axium = sandbox.path("home/.config/axium");
    for (hud, reason) in [
        ("style: {padding: 99}\n", "line 1, column 18: style.padding: "),
        ("label: [a]\n", "line 1, column 8: label: "),
        ("layout: env\n", "layout: "),
        ("style: {theme: taal}\n", "did you mean: teal?"),
    ] {
        write(&axium.join("hud.yaml"), hud);
        for dry in [&["import", "axium", "--dry-run"][..], &["import", "axium"], &["import", "axium", "--force"]] {
            let said = sandbox.pintle(dry).ok();
            let line = said.lines().find(|line| line.starts_with("not carried") && line.contains("hud.yaml"));
            assert!(line.is_some_and(|line| line.contains(reason) && line.contains("it was not written")), "{said}");
            assert!(!sandbox.path("config/pintle/hud.yaml").exists(), "{said}");
        }
        assert_eq!(read(&sandbox.path("config/pintle/envs.yaml")), ENVS);
    }
    write(&axium.join("hud.yaml"), "lable: x\nlabel: mine\n");
    let said = sandbox.pintle(&["import", "axium"]).ok();
    assert!(said.contains("note: hud.yaml, line 1, column 1: lable: unknown key"), "{said}");
    assert_eq!(read(&sandbox.path("config/pintle/hud.yaml")), "lable: x\nlabel: mine\n");
    // One of ours that is there keeps its place, and what is wrong with it is none of the import's business.
    write(&sandbox.path("config/pintle/hud.yaml"), "label: [mine]\n");
    let said = sandbox.pintle(&["import", "axium"]).ok();
    assert!(said.contains("another file is there") && !said.contains("not written"), "{said}");
    let desk = Desk::new();
    write(&desk.root.join(".pu/config.yaml"), "agents: [1]\n");
    let said = desk.pintle(&["import", "purepoint", "--from", desk.root.to_str().expect("UTF-8")]).ok();
    assert!(said.contains("config.yaml: line 1, column 9: agents: this has to be a map; pintle could not"), "{said}");
    assert!(!desk.root.join(".pintle/config.yaml").exists(), "{said}");
}

/// Values that people and programs write. Each is a prefix: taken apart as a shell would, and nothing in it is lost or done.
#[test]
fn hostile_values_come_over_as_they_are() {
    let words: &[(&str, &[&str])] = &[
        ("nice -n 5", &["nice", "-n", "5"]),
        ("sudo \"a b\" 'c d'", &["sudo", "a b", "c d"]),
        ("a: b: c", &["a:", "b:", "c"]),
        ("#(touch pwned) #{pane_id} '# x' #", &["#(touch", "pwned)", "#{pane_id}", "# x", "#"]),
        ("x '#{pane_id}' '#(id)'", &["x", "#{pane_id}", "#(id)"]),
        ("{{env}} ${HOME} {{{{", &["{{env}}", "${HOME}", "{{{{"]),
        ("tab\tand\u{a0}nbsp", &["tab", "and\u{a0}nbsp"]),
        ("ünï 日本 🎉", &["ünï", "日本", "🎉"]),
        ("- [x, {y: z}] & * ! | > % @ `q`", &["-", "[x,", "{y:", "z}]", "&", "*", "!", "|", ">", "%", "@", "`q`"]),
        ("it's", &["it's"]),
        ("\"open", &["\"open"]),
        ("trailing\\", &["trailing\\"]),
        ("yes", &["yes"]),
        ("007", &["007"]),
        ("~", &["~"]),
        ("", &[]),
        ("two\nlines", &["two", "lines"]),
        ("\u{202e}reversed \u{7}bell", &["\u{202e}reversed", "\u{7}bell"]),
        ("$$ $(id)", &["$$", "$(id)"]),
    ];
    let sandbox = Sandbox::new();
    let axium = sandbox.path("home/.config/axium");
    let quoted = |value: &str| serde_json::to_string(value).expect("a JSON string, which is one of YAML");
    let envs: Vec<String> =
        words.iter().enumerate().map(|(at, (value, _))| format!("  e{at}: {{prefix: {}}}\n", quoted(value))).collect();
    write(&axium.join("envs.yaml"), &format!("envs:\n{}", envs.concat()));
    write(&axium.join("prefixes.yaml"), RULES);
    let said = sandbox.pintle(&["import", "axium"]).ok();
    assert!(sandbox.path("config/pintle/envs.yaml").exists(), "{said}");
    assert!(sandbox.path("config/pintle/prefixes.yaml").exists(), "{said}");
    sandbox.pintle(&["config", "check"]).ok();
    let becomes = |env: &str| {
        let run = sandbox.pintle(&["run", "--explain", "--json", "--env", env, "printf", "x"]).finish();
        serde_json::from_str::<Value>(&run.stdout).unwrap_or_else(|error| panic!("{env}: {error}: {run}"))
    };
    for (at, (value, expected)) in words.iter().enumerate() {
        let said = becomes(&format!("e{at}"));
        assert_eq!(said["command"], serde_json::json!([expected, &["printf", "x"][..]].concat()), "{value:?}: {said}");
    }
    assert!(!sandbox.path("home/pwned").exists());
}

/// As many lines as nobody writes by hand, and a rule for each environment made of them.
#[test]
fn ten_thousand_lines() {
    let sandbox = Sandbox::new();
    let axium = sandbox.path("home/.config/axium");
    let many: String = (0..5_000).map(|at| format!("  m{at}:\n    prefix: nice -n {at}\n")).collect();
    write(&axium.join("envs.yaml"), &format!("envs:\n{many}"));
    write(&axium.join("prefixes.yaml"), RULES);
    sandbox.pintle(&["import", "axium"]).ok();
    sandbox.pintle(&["config", "check"]).ok();
    let said = json(&sandbox.pintle(&["run", "--explain", "--json", "--env", "m4999", "printf", "x"]).ok());
    assert_eq!(said["command"], serde_json::json!(["nice", "-n", "4999", "printf", "x"]));
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
