//! The runtime folder goes while the daemon lives, as at a logout: what shells read, shims and overlays are made anew.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::{ENVS, Land, PREFIXES, socket, tmux_variable};
use crate::support::{Client, PATIENCE, eventually};

const USERS: &str = "\
apiVersion: v1
kind: Config
contexts: [{name: prod, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]
users: [{name: u, user: {token: t}}]
";

/// Every file below a folder and what it says or leads to, but for what shells themselves have written.
fn files(folder: &std::path::Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.ends_with("ack") => {}
            path if path.is_dir() => found.extend(files(&path)),
            // A shim is a link to the program, which is large.
            path => {
                let target = fs::read_link(&path).map(|target| target.into_os_string().into_encoded_bytes());
                let said = target.or_else(|_| fs::read(&path)).unwrap_or_default();
                found.push((path, said));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn what_holds_is_told_as_before() {
    let envs = format!("{ENVS}  shop: {{extends: dev, kube: {{context: prod}}}}\n");
    let land = Land::with(&envs, PREFIXES);
    let config = land.sandbox().path("home/.kube/config");
    fs::create_dir(config.parent().expect("a folder")).expect("a folder");
    fs::write(&config, USERS).expect("a kubeconfig");
    let tmux = land.tmux();
    land.cmd(json!({"cmd": "set_env", "value": "shop"}));
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "prod", "tmux": socket(&tmux)}));
    let agent = land.project.spawn_with(json!({"command": "sleep 1000", "env": "strict"}));
    let run = land.sandbox().path("run");
    let seen = || ["shell", "shims", "kube"].map(|name| files(&run.join("pintle").join(name)));
    // What nobody is told any more is swept at times, and is not written again.
    let pane = tmux.format("%0", "#{pid}-0");
    let before = eventually("all of it is told", PATIENCE, || {
        let seen = seen();
        let has = |name: &str| seen[0].iter().any(|(path, _)| path.ends_with(name));
        (has(&format!("pane/{pane}")) && has(&format!("agent/{agent}")) && !seen[2].is_empty()).then_some(seen)
    });
    let at_tool = || land.run(&["tool"]).ok();
    let in_pane = || land.run(&["tool"]).env("TMUX", tmux_variable(&tmux)).env("TMUX_PANE", "%0").ok();
    let said = [at_tool(), in_pane()];
    assert!(said[0].contains("ENV=shop") && said[1].contains("ENV=prod"), "{said:?}");

    let gone = run.with_extension("gone");
    fs::rename(&run, &gone).expect("our own folder");
    fs::create_dir(&run).expect("a folder");
    eventually("the socket is there again", PATIENCE, || Client::try_connect(&land.sandbox().socket()).ok());
    let told = || {
        let now = seen();
        let lacks: Vec<_> =
            before.iter().flatten().filter(|file| !now.iter().flatten().any(|now| now == *file)).collect();
        // A meaning that nobody is told any more need not come again.
        lacks.iter().all(|(path, _)| path.parent().is_some_and(|folder| folder.ends_with("env"))).then_some(())
    };
    eventually("all of it is told again", PATIENCE, told);
    assert_eq!([at_tool(), in_pane()], said);
    // The link to the program itself as well.
    let shim = run.join("pintle/shims/pintle");
    assert_eq!(fs::read_link(&shim).expect("a link"), crate::support::pintle());

    // Whoever writes into an overlay is heard of in the new folder too.
    let overlay = before[2].iter().map(|(path, _)| path.clone()).next().expect("an overlay");
    fs::remove_file(&overlay).expect("our own file");
    fs::write(&overlay, "current-context: other\n").expect("a file");
    eventually("it is set back", PATIENCE, || {
        fs::read_to_string(&overlay).ok().filter(|text| text.contains("\"prod\""))
    });
    // And what is chosen now is told there.
    land.cmd(json!({"cmd": "set_env", "value": "dev"}));
    let default = run.join("pintle/shell/default");
    eventually("the new choice is told", PATIENCE, || {
        fs::read_to_string(&default).ok().filter(|text| text.lines().next().is_some_and(|line| line.ends_with(" dev")))
    });
}
