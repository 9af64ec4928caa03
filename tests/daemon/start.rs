//! Starting: one daemon, whoever and however many start it, and whatever an earlier one left behind.

use std::os::unix::net::UnixListener;
use std::path::Path;

use serde_json::json;

use crate::support::{Client, PATIENCE, Sandbox, eventually, process};

/// Keeper and daemon, and nothing else: whoever was started beside them and has come too late ends by itself.
#[track_caller]
fn one_is_running(sandbox: &Sandbox) {
    let pair = [sandbox.keeper().expect("a keeper"), sandbox.daemon()];
    let mut expected = pair;
    expected.sort_unstable();
    eventually("they are alone", PATIENCE, || {
        let mut found = sandbox.processes();
        found.sort_unstable();
        (found == expected).then_some(())
    });
    assert_eq!([sandbox.keeper().expect("a keeper"), sandbox.daemon()], pair, "they are the same still");
}

#[test]
fn clients_that_start_it_at_the_same_moment_share_one() {
    for clients in [2, 10] {
        let sandbox = Sandbox::new();
        let outputs: Vec<String> = std::thread::scope(|scope| {
            let run = || sandbox.pintle(&["health", "--json"]).ok();
            let threads: Vec<_> = (0..clients).map(|_| scope.spawn(run)).collect();
            threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
        });
        let pid = format!("\"pid\":{}", sandbox.daemon());
        for output in outputs {
            let output: String = output.split_whitespace().collect();
            assert!(output.contains(&pid), "{pid} is not in {output}");
        }
        one_is_running(&sandbox);
    }
}

#[test]
fn a_second_keeper_leaves_it_to_the_first() {
    let sandbox = Sandbox::new();
    sandbox.start();
    let (keeper, daemon) = (sandbox.keeper(), sandbox.daemon());
    sandbox.pintle(&["daemon", "run"]).ok();
    sandbox.pintle(&["daemon", "start"]).ok();
    assert_eq!((sandbox.keeper(), sandbox.daemon()), (keeper, daemon));
    one_is_running(&sandbox);
}

#[test]
fn what_an_earlier_one_left_is_no_hindrance() {
    let sandbox = Sandbox::new();
    let runtime = sandbox.path("run/pintle");
    std::fs::create_dir(&runtime).expect("a folder");
    // A socket that nobody listens on, the pid of somebody else, a lock that nobody holds.
    drop(UnixListener::bind(sandbox.socket()).expect("a socket"));
    std::fs::write(runtime.join("daemon.pid"), format!("{}\n", std::process::id())).expect("a file");
    std::fs::write(runtime.join("daemon.lock"), "").expect("a file");
    sandbox.started().expect_usable();
    one_is_running(&sandbox);
    // And what a killed one leaves.
    let (keeper, daemon) = (sandbox.keeper().expect("a keeper"), sandbox.daemon());
    process::kill(keeper);
    process::kill(daemon);
    eventually("both are gone", PATIENCE, || sandbox.processes().is_empty().then_some(()));
    assert!(sandbox.socket().exists());
    sandbox.started().expect_usable();
    one_is_running(&sandbox);
}

#[test]
fn a_live_socket_is_not_taken() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("run/pintle")).expect("a folder");
    let listener = UnixListener::bind(sandbox.socket()).expect("a socket");
    let said = sandbox.pintle(&["daemon", "run"]).finish();
    assert!(!said.success(), "{said}");
    assert!(said.stderr.contains("daemon.sock"), "{said}");
    // It is still there, and still theirs.
    listener.set_nonblocking(true).expect("our own socket");
    while listener.accept().is_ok() {}
    let _client = Client::connect(&sandbox.socket());
    assert!(listener.accept().is_ok(), "the socket leads to its owner");
    assert!(sandbox.processes().is_empty());
}

#[test]
fn a_file_in_place_of_the_socket_is_not_removed() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("run/pintle")).expect("a folder");
    std::fs::write(sandbox.socket(), "mine").expect("a file");
    let said = sandbox.pintle(&["daemon", "run"]).finish();
    assert!(!said.success() && said.stderr.contains("not a socket"), "{said}");
    assert_eq!(std::fs::read_to_string(sandbox.socket()).expect("it is there"), "mine");
}

#[test]
fn sockets_at_other_places_are_listened_on_too() {
    let sandbox = Sandbox::new();
    let config = sandbox.path("config/pintle");
    std::fs::create_dir_all(&config).expect("a folder");
    let (one, two) = (sandbox.path("home/.other/one.sock"), sandbox.path("tmp/two.sock"));
    let taken = sandbox.path("tmp/taken.sock");
    let _theirs = UnixListener::bind(&taken).expect("a socket");
    let text = format!("listen: ['~/.other/one.sock', {}, {}]\n", two.display(), taken.display());
    std::fs::write(config.join("config.yaml"), text).expect("a file");
    sandbox.start();
    let connect = |path: &Path| {
        let client = eventually("the socket is there", PATIENCE, || Client::try_connect(path).ok());
        let mut client = client;
        client.ask(json!({"type": "health"}), "health_report")["pid"].clone()
    };
    let daemon = sandbox.daemon();
    assert_eq!([connect(&one), connect(&two)], [json!(daemon), json!(daemon)]);
    // One more is listened on when the config is read again; what is there already is no mistake.
    let three = sandbox.path("tmp/three.sock");
    let text = format!("listen: ['~/.other/one.sock', {}, {}]\n", two.display(), three.display());
    std::fs::write(config.join("config.yaml"), text).expect("a file");
    assert_eq!(sandbox.client().call(json!({"cmd": "reload"}))["warnings"], json!([]));
    assert_eq!(connect(&three), json!(daemon));
    // They are the keeper's as well: the next daemon has them.
    process::kill(daemon);
    let daemon = sandbox.daemon();
    assert_eq!([connect(&one), connect(&two)], [json!(daemon), json!(daemon)]);
    sandbox.stop();
    assert!(!one.exists() && !two.exists() && taken.exists());
}
