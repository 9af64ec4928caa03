//! A daemon that is killed takes its control client along: tmux would wait for that one for ever.

use std::fs::File;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;
use serde_json::json;

use super::Stage;
use crate::agents::project::Project;
use crate::support::{PATIENCE, Sandbox, eventually, process};

/// How often daemon and server are killed together. What became of it was chance, which the one who found it met in one of four to ten.
const ROUNDS: usize = 15;

fn server(stage: &Stage<'_>) -> u32 {
    stage.tmux.run(&["display-message", "-p", "#{pid}"]).trim().parse().expect("a pid")
}

/// The pid of the only control client.
fn client(stage: &Stage<'_>) -> u32 {
    let format = "#{?client_control_mode,#{client_pid},}";
    let clients = || stage.tmux.run(&["list-clients", "-F", format]).trim().parse().ok();
    eventually("the control client is there", PATIENCE, clients)
}

/// Kills the daemon. Half-way through a question: what it has asked is carried out when nobody is there any more who takes the answer,
/// which is where chance is left out.
fn kill_daemon(stage: &Stage<'_>, is_asking: bool) {
    let (server, client, socket) = (server(stage), client(stage), stage.socket());
    let daemon = stage.project.sandbox.daemon();
    if !is_asking {
        return process::kill(daemon);
    }
    process::stop(server);
    let mut asks = stage.client();
    asks.send(&json!({"cmd": "tmux_capture_pane", "pane": "%0", "tmux": socket}));
    // The client has handed this pipe to the server, which reads nothing now.
    let questions = File::open(format!("/proc/{client}/fd/0")).expect("the pipe on which the client is asked");
    let mut readable = [PollFd::new(&questions, PollFlags::IN)];
    let limit = Timespec::try_from(PATIENCE).expect("a short time");
    assert_eq!(poll(&mut readable, Some(&limit)), Ok(1), "it is never asked");
    process::kill(daemon);
    process::signal(server, Signal::CONT);
}

#[test]
fn tmux_ends_at_the_moment_of_the_daemon_and_can_be_started_again() {
    let project = Project::new();
    for round in 0..ROUNDS {
        // Another one at the same socket each time.
        let stage = Stage::new(&project);
        stage.register();
        let (server, client) = (server(&stage), client(&stage));
        kill_daemon(&stage, round % 2 == 1);
        stage.tmux.tmux(&["kill-server"]).try_finish();
        let gone = || (!process::alive(server) && !process::alive(client)).then_some(());
        eventually(&format!("server and client are gone in round {round}"), PATIENCE, gone);
        drop(stage);
        // A daemon that dies often waits longer each time; one that was asked to end begins anew.
        project.sandbox.pintle(&["daemon", "restart"]).ok();
    }
}

/// The `tmux` processes that were started for a question and talk to this socket. A control client is none.
fn one_shots(socket: &str) -> Vec<u32> {
    let words = |pid: &u32| std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let is_one = |pid: &u32| {
        let words = words(pid);
        let words: Vec<&[u8]> = words.split(|byte| *byte == 0).collect();
        words.contains(&socket.as_bytes()) && words.contains(&&b"display-message"[..])
    };
    let pids = std::fs::read_dir("/proc").expect("/proc").flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_one).collect()
}

/// Before there is a control client, tmux is asked by a process. One that hangs with its server is not left behind.
#[test]
fn a_process_that_asks_a_stopped_server_ends_when_that_goes_on() {
    let project = Project::new();
    let stage = Stage::new(&project);
    let (server, socket) = (server(&stage), stage.socket());
    process::stop(server);
    let mut asks = stage.client();
    asks.send(&json!({"cmd": "get_pane_env", "pane": "%0", "tmux": socket}));
    let asking = || Some(one_shots(&socket)).filter(|found| !found.is_empty());
    eventually("tmux is asked by a process", PATIENCE, asking);
    process::kill(project.sandbox.daemon());
    // The next daemon is not held up by it: it says that tmux does not answer, and answers everybody else.
    let refused = stage.client().call(json!({"cmd": "get_pane_env", "pane": "%0", "tmux": socket}));
    assert_eq!(refused["code"], "TMUX_ERROR", "{refused}");
    assert_eq!(stage.client().call(json!({"cmd": "ping"}))["pong"], true);
    process::signal(server, Signal::CONT);
    eventually("none is left", PATIENCE, || one_shots(&socket).is_empty().then_some(()));
    assert_eq!(stage.cmd(json!({"cmd": "get_pane_env", "pane": "%0"}))["source"], "none");
    assert_eq!(stage.control_clients(), 1);
}

/// A daemon that starts while tmux stands still: what it kept there goes on with tmux, and nobody has to ask for it.
#[test]
fn a_daemon_that_starts_while_tmux_stands_still() {
    // A mark that nobody answers for is not taken away for its age within this test, only for the end of whoever shows it.
    let project = Project::within(Sandbox::with(&[("PINTLE_TEST_COME_BACK_MS", "60000")]));
    let id = project.spawn(&["listen"]);
    let stage = Stage::new(&project);
    stage.register();
    let pane = stage.shows(&id);
    let (server, socket) = (server(&stage), stage.socket());
    process::stop(server);
    process::kill(project.sandbox.daemon());
    project.sandbox.daemon();
    // For the daemon itself, for whoever shows the agent, and again: the first attempts of both have failed by then.
    let mut asked = std::collections::BTreeSet::new();
    eventually("tmux is asked again and again", PATIENCE, || {
        asked.extend(one_shots(&socket));
        (asked.len() >= 4).then_some(())
    });
    process::signal(server, Signal::CONT);
    eventually("the client is back", PATIENCE, || (stage.control_clients() == 1).then_some(()));
    project.becomes(&id, "shown there still", |agent| agent["pane"] == pane.as_str() && agent["attached"] == 1);
    stage.tmux.respawn(&pane, "cat");
    project.becomes(&id, "shown nowhere", |agent| agent["pane"].is_null());
    assert_eq!(stage.tmux.format(&pane, "#{@pintle_agent}"), "");
}

#[test]
fn a_question_that_is_on_its_way_keeps_no_client_alive() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.register();
    let before = client(&stage);
    kill_daemon(&stage, true);
    eventually("it ends with the daemon", PATIENCE, || (!process::alive(before)).then_some(()));
    assert_ne!(client(&stage), before, "the next daemon's is the only one");
}
