//! A daemon that ends at every start: tried again and again, more and more seldom, and the agents run on.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use crate::agents::project::{Project, check_lines};
use crate::support::wait::timed;
use crate::support::{PATIENCE, Sandbox, eventually, pintle, process};

/// Puts an executable in the place of another, as an upgrade does.
fn replace(path: &Path, contents: &[u8]) {
    let new = path.with_extension("new");
    fs::write(&new, contents).expect("a file in the sandbox");
    fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).expect("our own file");
    fs::rename(&new, path).expect("two files in one folder");
}

#[test]
fn it_backs_off_says_so_and_leaves_agents_alone() {
    let sandbox = Sandbox::new();
    let binary = sandbox.path("pintle");
    let good = fs::read(pintle()).expect("the program under test");
    replace(&binary, &good);
    sandbox.run(binary.to_str().expect("UTF-8"), &["daemon", "start"]).ok();
    let project = Project::within(sandbox);
    let id = project.spawn(&["lines", "forever", "100", "then", "exit", "0"]);
    let (pid, daemon) = (project.pid(&id), project.sandbox.daemon());
    // An upgrade that went wrong.
    replace(&binary, b"#!/bin/sh\necho 'no such library' >&2\nexit 3\n");
    process::kill(daemon);
    let log = project.sandbox.log_folder().join("keeper.log");
    let deaths = || {
        let text = fs::read_to_string(&log).unwrap_or_default();
        text.lines().filter(|line| line.contains("ended by itself")).map(str::to_owned).collect::<Vec<_>>()
    };
    // A client that comes meanwhile waits.
    let mut client = project.client();
    client.send(&serde_json::json!({"type": "health"}));
    let lines = eventually("six deaths", PATIENCE, || Some(deaths()).filter(|lines| lines.len() >= 6));
    for (line, (code, wait)) in
        lines.iter().zip([(137, "0.0"), (3, "0.0"), (3, "0.1"), (3, "0.2"), (3, "0.4"), (3, "0.8")])
    {
        for part in [&format!("with code {code},"), "1 agents run on", &format!("again in {wait} s")] {
            assert!(line.contains(part), "`{part}` is not in `{line}`");
        }
    }
    assert!(lines[5].contains("6 in a row"), "{}", lines[5]);
    assert!(fs::read_to_string(&log).expect("a log").contains("no such library"), "why is in the log too");
    assert!(process::alive(pid), "the agent runs on");
    // Repaired, it goes on by itself, and everything is there.
    replace(&binary, &good);
    assert_eq!(client.recv()["agent_count"], 1);
    assert_eq!(project.pid(&id), pid);
    project.types(&id, "\r");
    let mut reader = project.attach(&id);
    assert_eq!(reader.read_to_exit(), 0);
    assert!(check_lines(&reader.text()) > 50, "it went on printing all the while");
    project.is_consistent();
}

#[test]
fn it_can_be_stopped_while_no_daemon_lives() {
    let sandbox = Sandbox::new();
    let binary = sandbox.path("pintle");
    replace(&binary, &fs::read(pintle()).expect("the program under test"));
    sandbox.run(binary.to_str().expect("UTF-8"), &["daemon", "start"]).ok();
    let project = Project::within(sandbox);
    let id = project.spawn(&["children", "session", "2", "then", "hang"]);
    project.says(&id, "child ");
    replace(&binary, b"#!/bin/sh\nexit 3\n");
    process::kill(project.sandbox.daemon());
    let log = project.sandbox.log_folder().join("keeper.log");
    eventually("a few deaths", PATIENCE, || {
        fs::read_to_string(&log).unwrap_or_default().contains("4 in a row").then_some(())
    });
    // Who asks how the daemon is learns it soon, and where to read why.
    for (command, code) in [(["daemon", "status"].as_slice(), 5), (&["doctor"], 1)] {
        let (finished, took) = timed(|| project.sandbox.pintle(command).finish());
        assert_eq!(finished.status.code(), Some(code), "{finished}");
        let said = format!("{}{}", finished.stdout, finished.stderr);
        assert!(said.contains("pintle daemon logs --keeper"), "{finished}");
        assert!(took < Duration::from_secs(10), "{took:?}: {finished}");
    }
    process::signal(project.sandbox.keeper().expect("a keeper"), rustix::process::Signal::TERM);
    eventually("nothing is left", PATIENCE, || project.sandbox.processes().is_empty().then_some(()));
    assert!(!project.sandbox.socket().exists());
}
