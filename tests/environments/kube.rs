//! `kube:` of an environment whose context no kubeconfig has: what asks no cluster runs, and nothing asks another one.

use std::fs;

use serde_json::json;

use super::{ENVS, Land};

const USERS: &str = "\
apiVersion: v1
kind: Config
current-context: prod
contexts: [{name: prod, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]
users: [{name: u, user: {token: t}}]
";

/// Says which context the first file of KUBECONFIG names.
const FIRST: &str = "#!/bin/sh\ngrep -o '\"current-context\": .*' \"${KUBECONFIG%%:*}\"\n";

#[test]
fn a_context_that_is_not_there() {
    let land = Land::with(&format!("{ENVS}  shop: {{kube: {{context: prof, namespace: web}}}}\n"), super::PREFIXES);
    let config = land.sandbox().path("home/.kube/config");
    fs::create_dir(config.parent().expect("a folder")).expect("a folder");
    fs::write(&config, USERS).expect("a kubeconfig");
    land.program("first", FIRST);
    land.cmd(json!({"cmd": "set_env", "value": "shop"}));
    let shell = || {
        let shell = land.sandbox().path("run/pintle/shell");
        let default = fs::read_to_string(shell.join("default")).expect("what shells read");
        let hash = default.split(' ').next().expect("a word");
        fs::read_to_string(shell.join(format!("env/{hash}.sh"))).expect("what it means")
    };
    let check = |expected: &str| {
        assert_eq!(land.run(&["echo", "ran"]).ok(), "ran\n");
        let said = land.run(&["first"]).ok();
        assert!(said.contains(expected), "{said}");
    };
    let missing = "no context `prof` in ";
    let both = || {
        check(missing);
        let why = land.sandbox().pintle(&["why", "kubectl", "get", "pods"]).ok();
        assert!(why.contains(missing) && why.contains("did you mean: prod?"), "{why}");
        if land.sandbox().run("sh", &["-c", "command -v kubectl"]).finish().success() {
            // It stops before it asks anybody.
            let real = land.run(&["kubectl", "get", "pods"]).fails(1);
            assert!(real.contains(missing) && !real.contains("refused"), "{real}");
        } else {
            println!("skipped: there is no kubectl here to be tried");
        }
    };
    both();
    assert!(shell().contains("__pintle_kube "), "an unwrapped kubectl goes nowhere else either: {}", shell());
    let first = land.sandbox().path("bin/first");
    let agent = land.project.spawn_with(json!({"env": "shop", "command": format!("{}; sleep 100", first.display())}));
    land.project.says(&agent, missing);
    land.sandbox().stop();
    both();
    land.sandbox().start();
    // Nothing has to be said again once it is there.
    fs::write(&config, USERS.replace("name: prod", "name: prof")).expect("a kubeconfig");
    check("\"prof\"");
    land.cmd(json!({"cmd": "reload"}));
    let meaning = shell();
    let overlay = meaning.split("__pintle_kube '").nth(1).and_then(|rest| rest.split('\'').next()).expect("an overlay");
    let overlay = fs::read_to_string(overlay).expect("a file");
    assert!(overlay.contains("\"current-context\": \"prof\""), "{overlay}");
    land.sandbox().stop();
    check("\"prof\"");
}
