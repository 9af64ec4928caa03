//! An agent's own environment: what it starts with, and what its commands run in.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::project::Project;
use crate::support::{PATIENCE, Tmux, eventually};

const ENVS: &str = "envs:\n  dev: {vars: {STAGE: dev, ONLY: dev}, ns: shop-dev}\n  prod: {guard: confirm, vars: {STAGE: prod, ONLY: ~}, ns: shop}\n  lab: {ns: lab}\n";
const PREFIXES: &str = "- {command: tool, strategy: args_prepend, config: {args: [--ns, \"{{env.ns}}\"]}}\n";

/// A project in which `tool` has a rule and says how it was run.
fn project() -> Project {
    let project = Project::new();
    let sandbox = &project.sandbox;
    fs::create_dir_all(sandbox.path("config/pintle")).expect("a config folder");
    fs::write(sandbox.path("config/pintle/envs.yaml"), ENVS).expect("envs.yaml");
    fs::write(sandbox.path("config/pintle/prefixes.yaml"), PREFIXES).expect("prefixes.yaml");
    let tool = project.folder().join("bin/tool");
    fs::create_dir_all(tool.parent().expect("a folder")).expect("a folder for a program");
    fs::write(&tool, "#!/bin/sh\necho \"tool $* in $PINTLE_ENV: STAGE=$STAGE ONLY=${ONLY-unset}\"\n")
        .expect("a program");
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).expect("our own file");
    project.client().call(json!({"cmd": "reload"}));
    project
}

/// A shell that runs a line whenever it is sent one, with `tool` on its PATH behind the shims.
fn shell(project: &Project, env: &str) -> String {
    let path = project.folder().join("bin");
    project.spawn_with(json!({
        "env": env,
        "name": env,
        "command": format!("sh -c 'PATH=$PATH:{}; echo begins in $PINTLE_ENV with $STAGE; exec sh'", path.display()),
    }))
}

#[test]
fn an_agent_starts_in_its_environment_and_its_commands_run_there() {
    let project = project();
    let id = shell(&project, "dev");
    project.says(&id, "begins in dev with dev");
    project.types(&id, "tool a 'b c'\n");
    project.says(&id, "tool --ns shop-dev a b c in dev: STAGE=dev ONLY=dev");
    // Scripts, xargs and their like meet the rule as well.
    project.types(&id, "echo x | xargs tool; sh -c 'tool y'\n");
    project.says(&id, "tool --ns shop-dev x in dev");
    project.says(&id, "tool --ns shop-dev y in dev");
    // A folder or a global environment is farther away.
    project.client().call(json!({"cmd": "set_env", "value": "prod"}));
    project.types(&id, "tool z\n");
    project.says(&id, "tool --ns shop-dev z in dev");
}

#[test]
fn what_is_set_on_an_agents_pane_holds_for_its_next_command() {
    let project = project();
    let tmux = Tmux::new(&project.sandbox);
    let id = shell(&project, "dev");
    let socket = tmux.format("%0", "#{socket_path}");
    let shown = json!({"cmd": "tmux_split_run", "split": "vertical", "target": "%0", "tmux": socket,
        "command": [crate::support::pintle(), "attach", id]});
    let pane = project.client().call(shown)["pane"].as_str().expect("a pane").to_owned();
    let get = || project.client().call(json!({"cmd": "get_pane_env", "pane": pane, "tmux": socket}));
    eventually("the pane is the agent's", PATIENCE, || (get()["source"] == "agent").then_some(()));
    let set = project.client().call(json!({"cmd": "set_pane_env", "pane": pane, "tmux": socket, "env": "prod"}));
    assert_eq!(set["ok"], true, "{set}");
    assert_eq!((&get()["env"], &get()["source"]), (&json!("prod"), &json!("agent")));
    project.types(&id, "tool after\n");
    project.says(&id, "tool --ns shop after in prod: STAGE=prod ONLY=unset");
    // What its first one has set is gone where the next says nothing of it.
    project.client().call(json!({"cmd": "set_pane_env", "pane": pane, "tmux": socket, "env": "lab"}));
    project.types(&id, "tool apart\n");
    project.says(&id, "tool --ns lab apart in lab: STAGE= ONLY=unset");
    project.client().call(json!({"cmd": "set_pane_env", "pane": pane, "tmux": socket, "env": "prod"}));
    // It is the agent's for good: the next daemon knows it as well.
    project.crash();
    project.types(&id, "tool later\n");
    project.says(&id, "tool --ns shop later in prod");
    assert_eq!(project.agents()[0]["env"], "prod");
}

/// The tools that are known, without a rule or a guard; another command keeps what its shell was started with, until it has a rule.
#[test]
fn what_is_set_reaches_known_tools_at_once() {
    let project = project();
    let file = |name: &str| project.sandbox.path("config/pintle").join(name);
    fs::write(
        file("envs.yaml"),
        "envs: {one: {vars: {STAGE: one}}, two: {vars: {STAGE: two}, kube: {context: dev}}}\n",
    )
    .expect("envs.yaml");
    fs::write(file("prefixes.yaml"), "").expect("prefixes.yaml");
    project.client().call(json!({"cmd": "reload"}));
    for name in ["aws", "oc", "other"] {
        let path = project.folder().join("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\necho \"{name} $* in $PINTLE_ENV: STAGE=$STAGE\"\n")).expect("a program");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("our own file");
    }
    let tmux = Tmux::new(&project.sandbox);
    let id = shell(&project, "one");
    let socket = tmux.format("%0", "#{socket_path}");
    let shown = json!({"cmd": "tmux_split_run", "split": "vertical", "target": "%0", "tmux": socket,
        "command": [crate::support::pintle(), "attach", id]});
    let pane = project.client().call(shown)["pane"].as_str().expect("a pane").to_owned();
    let get = || project.client().call(json!({"cmd": "get_pane_env", "pane": pane, "tmux": socket}));
    eventually("the pane is the agent's", PATIENCE, || (get()["source"] == "agent").then_some(()));
    project.types(&id, "aws a; oc b\n");
    project.says(&id, "aws a in one: STAGE=one");
    project.says(&id, "oc b in one: STAGE=one");
    project.client().call(json!({"cmd": "set_pane_env", "pane": pane, "tmux": socket, "env": "two"}));
    project.types(&id, "aws c; oc d; other e\n");
    project.says(&id, "aws c in two: STAGE=two");
    project.says(&id, "oc d in two: STAGE=two");
    project.says(&id, "other e in one: STAGE=one");
    // Any rule gives it a shim.
    fs::write(file("prefixes.yaml"), "- {command: other, strategy: env_vars, vars: {BY_PINTLE: one}}\n")
        .expect("prefixes.yaml");
    project.client().call(json!({"cmd": "reload"}));
    // The shell knows where it has found it, until it is told to look again.
    project.types(&id, "hash -r; other f\n");
    project.says(&id, "other f in two: STAGE=two");
    // Where no environment has variables, nothing is put in front of anything.
    fs::write(file("envs.yaml"), "envs: {one: {}, two: {}}\n").expect("envs.yaml");
    fs::write(file("prefixes.yaml"), "").expect("prefixes.yaml");
    project.client().call(json!({"cmd": "reload"}));
    let shims = fs::read_dir(project.sandbox.path("run/pintle/shims")).expect("the folder of shims");
    let shims: Vec<_> = shims.map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(shims, ["pintle"]);
}

#[test]
fn an_environment_that_is_not_there_starts_nothing() {
    let project = project();
    let reply = project.client().ask(project.request(json!({"type": "spawn", "root": true, "env": "prd"})), "error");
    assert_eq!(reply["code"], "INVALID_ARGUMENT", "{reply}");
    assert_eq!(reply["message"], "Unknown environment: prd\nDid you mean: prod?");
    assert!(project.agents().is_empty());
}
