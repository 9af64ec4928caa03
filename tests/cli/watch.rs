//! `status --watch`, in a real terminal and without one.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use rustix::process::Signal;
use serde_json::Value;

use crate::cli::{Desk, is_a_shell_again};
use crate::support::{Tmux, pintle, process};

fn watch(tmux: &Tmux<'_>, pane: &str) {
    tmux.type_line(pane, &format!("{} status --watch; echo ended-with-$?", pintle().display()));
    tmux.shows(pane, "q leaves");
}

#[track_caller]
fn is_left(tmux: &Tmux<'_>, pane: &str, code: i32) {
    tmux.shows(pane, &format!("ended-with-{code}\n"));
    let shown = is_a_shell_again(tmux, pane);
    assert!(!shown.contains("q leaves"), "{shown}");
}

#[test]
fn every_change_is_drawn() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    watch(&tmux, &pane);
    tmux.shows(&pane, "0 agents, 0 worktrees");
    let id = desk.spawn("worker", &["listen"]);
    tmux.shows(&pane, "1 agent, 0 worktrees");
    tmux.shows(&pane, &format!("{id}  worker"));
    desk.pintle(&["report", "blocked", "--agent", "worker"]).ok();
    tmux.shows(&pane, "blocked");
    desk.pintle(&["rename", "worker", "other"]).ok();
    let shown = tmux.shows(&pane, "other");
    assert!(!shown.contains("worker"), "{shown}");
    // Another size, another daemon.
    tmux.split(&pane, "sleep 60");
    process::kill(desk.sandbox.daemon());
    desk.spawn("second", &["listen"]);
    let shown = tmux.shows(&pane, "second");
    assert!(shown.contains("2 agents"), "{shown}");
    desk.pintle(&["kill", "second"]).ok();
    tmux.shows(&pane, "1 agent,");
    tmux.send_keys(&pane, &["q"]);
    is_left(&tmux, &pane, 0);
}

/// A screen with less room than agents: who waits is seen at once, and the others can be reached.
#[test]
fn what_does_not_fit_can_be_reached() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    for name in ["worker-0", "worker-1", "worker-2", "worker-3", "asker"] {
        desk.spawn(name, &["listen"]);
    }
    tmux.run(&["resize-window", "-t", &pane, "-x", "80", "-y", "6"]);
    watch(&tmux, &pane);
    tmux.shows(&pane, "and 2 more");
    desk.pintle(&["report", "blocked", "--agent", "asker"]).ok();
    let shown = tmux.shows(&pane, "asker");
    assert!(!shown.contains("worker-2"), "{shown}");
    tmux.send_keys(&pane, &["j"]);
    tmux.shows(&pane, "1 above, 1 more");
    tmux.send_keys(&pane, &["PageDown"]);
    let shown = tmux.shows(&pane, "worker-3");
    assert!(shown.contains("2 above;") && !shown.contains("asker"), "{shown}");
    tmux.send_keys(&pane, &["Up", "Up"]);
    tmux.shows(&pane, "asker");
    tmux.run(&["resize-window", "-t", &pane, "-x", "80", "-y", "24"]);
    tmux.shows(&pane, "worker-3");
    tmux.send_keys(&pane, &["q"]);
    is_left(&tmux, &pane, 0);
}

#[test]
fn the_terminal_is_given_back_on_every_way_out() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    for key in ["Escape", "C-c", "C-d"] {
        tmux.type_line(&pane, "clear");
        watch(&tmux, &pane);
        tmux.send_keys(&pane, &[key]);
        is_left(&tmux, &pane, 0);
    }
    tmux.type_line(&pane, "clear");
    watch(&tmux, &pane);
    let is_it = |pid: &u32| process::command_line(*pid).contains("status --watch");
    let found = desk.sandbox.processes().into_iter().find(is_it).expect("it runs");
    process::signal(found, Signal::TERM);
    is_left(&tmux, &pane, 143);
    tmux.type_line(&pane, "clear");
    watch(&tmux, &pane);
    desk.pintle(&["daemon", "stop"]).ok();
    is_left(&tmux, &pane, 3);
}

#[test]
fn without_a_terminal_a_line_or_a_table_for_every_change() {
    let desk = Desk::new();
    let mut command = desk.sandbox.command(pintle());
    command.args(["status", "--watch", "--json"]).current_dir(&desk.root).stdout(Stdio::piped());
    let mut watching = command.spawn().expect("it starts");
    let mut lines = BufReader::new(watching.stdout.take().expect("a pipe"));
    let mut next = || {
        let mut line = String::new();
        lines.read_line(&mut line).expect("a line");
        serde_json::from_str::<Value>(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    };
    let first = next();
    assert_eq!((&first["type"], &first["agents"]), (&Value::from("status_event"), &serde_json::json!([])));
    let id = desk.spawn("worker", &["listen"]);
    while next()["agents"][0]["id"] != id.as_str() {}
    drop(lines);
    // Whoever reads no more is not written to, and the next change or the pipe itself says so.
    assert!(watching.wait().expect("it ends").success());

    let mut command = desk.sandbox.command(pintle());
    command.args(["status", "--watch"]).current_dir(&desk.root).stdout(Stdio::piped());
    let mut watching = command.spawn().expect("it starts");
    let mut lines = BufReader::new(watching.stdout.take().expect("a pipe")).lines().map(|line| line.expect("a line"));
    assert!(lines.any(|line| line.contains("worker")));
    desk.pintle(&["rename", "worker", "other"]).ok();
    assert!(lines.any(|line| line.contains("other")));
    drop(lines);
    assert!(watching.wait().expect("it ends").success());
}
