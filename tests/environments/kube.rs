//! `kube:` of an environment: where no kubeconfig has its context, what asks no cluster runs, and nothing asks another one; and
//! whoever changes the context behind our back changes it for a moment only.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use super::{ENVS, Land};
use crate::support::{eventually, process};

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

/// In an environment of this context; and the file that is the user's own.
fn shop(context: &str) -> (Land, PathBuf) {
    let land =
        Land::with(&format!("{ENVS}  shop: {{kube: {{context: {context}, namespace: web}}}}\n"), super::PREFIXES);
    let config = land.sandbox().path("home/.kube/config");
    fs::create_dir(config.parent().expect("a folder")).expect("a folder");
    fs::write(&config, USERS).expect("a kubeconfig");
    land.program("first", FIRST);
    land.cmd(json!({"cmd": "set_env", "value": "shop"}));
    (land, config)
}

/// As root's `kubectl config use-context` does it: the file is emptied and written, whatever its mode.
fn overwrite(overlay: &Path) {
    fs::set_permissions(overlay, fs::Permissions::from_mode(0o600)).expect("a mode");
    fs::write(overlay, "current-context: other\n").expect("a file");
}

#[test]
fn what_is_written_into_an_overlay_is_set_back() {
    let (land, config) = shop("prod");
    land.program("which-first", "#!/bin/sh\necho \"${KUBECONFIG%%:*}\"\n");
    let becomes = |overlay: &Path, part: &str| {
        eventually("the overlay is set back", Duration::from_secs(10), || {
            fs::read_to_string(overlay).ok().filter(|text| text.contains(part)).map(drop)
        });
        assert_eq!(fs::metadata(overlay).expect("a file").permissions().mode() & 0o777, 0o400);
    };
    let told = || land.cmd(json!({"cmd": "notify_drain"}))["notifications"].to_string();
    let overlay = PathBuf::from(land.run(&["which-first"]).ok().trim_end());
    overwrite(&overlay);
    becomes(&overlay, "\"prod\"");
    let is_told =
        || eventually("the person is told", Duration::from_secs(10), || told().contains("is set back").then_some(()));
    is_told();
    // A command is first to meet it.
    let (daemon, mut client) = (land.sandbox().daemon(), land.project.client());
    process::stop(daemon);
    overwrite(&overlay);
    client.send(&json!({"cmd": "apply_prefixes", "command": "first"}));
    process::signal(daemon, Signal::CONT);
    is_told();
    becomes(&overlay, "\"prod\"");
    // Of one that was made for somebody's own KUBECONFIG it is not known any more what it said.
    let own = config.with_file_name("own");
    fs::write(&own, USERS.replace("cluster: c,", "cluster: d,")).expect("a kubeconfig");
    let run = |program| land.run(&[program]).env("KUBECONFIG", &own).ok();
    let of_own = PathBuf::from(run("which-first").trim_end());
    assert_ne!(of_own, overlay);
    overwrite(&of_own);
    becomes(&of_own, "was altered");
    assert!(run("first").contains("\"prod\""), "the next command makes it anew");
    becomes(&of_own, "\"prod\"");
    // While there was no daemon.
    land.sandbox().stop();
    overwrite(&overlay);
    land.sandbox().start();
    becomes(&overlay, "\"prod\"");
}

/// One that cannot be set back does not keep the daemon busy, nor the others as they were made.
#[test]
fn an_overlay_that_cannot_be_set_back() {
    let (land, _) = shop("prod");
    land.program("which-first", "#!/bin/sh\necho \"${KUBECONFIG%%:*}\"\n");
    let overlay = PathBuf::from(land.run(&["which-first"]).ok().trim_end());
    // Nothing can be renamed over a folder.
    fs::create_dir(overlay.with_file_name("odd.yaml")).expect("a folder");
    let failed = || land.sandbox().log_tail().matches("an altered overlay stays as it is").count();
    eventually("it cannot be set back", Duration::from_secs(10), || (failed() > 0).then_some(()));
    overwrite(&overlay);
    eventually("the other one is", Duration::from_secs(20), || {
        fs::read_to_string(&overlay).ok().filter(|text| text.contains("\"prod\""))
    });
    assert!(failed() <= 3, "tried again and again: {}", land.sandbox().log_tail());
}

#[test]
fn a_context_that_is_not_there() {
    let (land, config) = shop("prof");
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
