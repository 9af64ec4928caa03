//! The first command starts the daemon, once.

use std::thread;

use serde_json::Value;

use crate::support::{PATIENCE, Sandbox, eventually, process};

fn health(sandbox: &Sandbox) -> Value {
    serde_json::from_str(&sandbox.pintle(&["health", "--json"]).ok()).expect("JSON")
}

#[test]
fn many_at_the_same_moment_start_one() {
    let sandbox = Sandbox::new();
    let pids: Vec<Value> = thread::scope(|scope| {
        let callers: Vec<_> = (0..8).map(|_| scope.spawn(|| health(&sandbox)["pid"].clone())).collect();
        callers.into_iter().map(|caller| caller.join().expect("a caller's thread")).collect()
    });
    assert!(pids.iter().all(|pid| *pid == pids[0]), "{pids:?}");
    // Those that came too late are on their way out.
    let is_keeper = |pid: &u32| process::command_line(*pid).contains("__keeper");
    let keepers = || sandbox.processes().into_iter().filter(is_keeper).collect::<Vec<_>>();
    eventually("one is left", PATIENCE, || (keepers() == [sandbox.keeper()?]).then_some(()));
}

#[test]
fn it_is_nobodys_child_and_keeps_no_folder_busy() {
    let mut sandbox = Sandbox::new();
    sandbox.set("TMUX_PANE", "%7");
    health(&sandbox);
    let keeper = sandbox.keeper().expect("a pid file");
    let stat = process::stat(keeper).expect("a living keeper");
    assert_eq!(stat.session, keeper, "a session of its own");
    assert_eq!(std::fs::read_link(format!("/proc/{keeper}/cwd")).expect("our own process"), std::path::Path::new("/"));
    for pid in [keeper, sandbox.daemon()] {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).expect("our own process");
        assert!(!String::from_utf8_lossy(&environment).contains("TMUX_PANE"));
    }
}

#[test]
fn not_when_that_is_forbidden() {
    let sandbox = Sandbox::with(&[("PINTLE_NO_AUTOSTART", "1")]);
    let said = sandbox.pintle(&["health"]).fails(3);
    assert!(said.contains("no daemon answers at") && said.contains("pintle daemon start"), "{said}");
    assert!(sandbox.keeper().is_none());
    sandbox.pintle(&["daemon", "start"]).ok();
    sandbox.pintle(&["health"]).ok();
}

#[test]
fn not_behind_somebody_elses_socket() {
    let sandbox = Sandbox::new();
    let elsewhere = sandbox.path("elsewhere.sock");
    let elsewhere = elsewhere.to_str().expect("UTF-8");
    sandbox.pintle(&["health", "--socket", elsewhere]).fails(3);
    sandbox.pintle(&["health"]).env("PINTLE_SOCKET", elsewhere).fails(3);
    let said = sandbox.pintle(&["daemon", "start", "--socket", elsewhere]).fails(2);
    assert!(said.contains("leave --socket"), "{said}");
    assert!(sandbox.keeper().is_none());
}

#[test]
fn what_stands_in_the_way_is_named() {
    let sandbox = Sandbox::with(&[("XDG_STATE_HOME", "/dev/null")]);
    let said = sandbox.pintle(&["health"]).fails(1);
    assert!(said.contains("/dev/null/pintle/log"), "{said}");
    // Something that is no socket where the socket should be: only the keeper meets it, and only its log can tell.
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.socket().parent().expect("a folder")).expect("a folder");
    std::fs::write(sandbox.socket(), "mine").expect("a file");
    let said = sandbox.pintle(&["health"]).fails(3);
    assert!(said.contains("not a socket"), "{said}");
    assert_eq!(std::fs::read(sandbox.socket()).expect("the file"), b"mine");
}
