//! `attach` in a real terminal: a pane of tmux.

use crate::cli::{Desk, is_a_shell_again};
use crate::support::{PATIENCE, Tmux, eventually, pintle, process};

fn attach(tmux: &Tmux<'_>, pane: &str, args: &str) {
    tmux.type_line(pane, &format!("{} attach {args}", pintle().display()));
}

#[test]
fn an_agent_is_shown_and_typed_into_to_its_end() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("asker", &["ask", "your name?", "then", "exit", "7"]);
    attach(&tmux, &pane, "asker");
    tmux.shows(&pane, "your name?");
    tmux.type_line(&pane, "Ada");
    tmux.shows(&pane, "answer: Ada");
    tmux.shows(&pane, "[asker ended with code 7]");
    is_a_shell_again(&tmux, &pane);
}

#[test]
fn the_detach_key_lets_go_of_an_agent_that_lives_on() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("painter", &["screen", "a", "picture"]);
    attach(&tmux, &pane, "painter");
    tmux.shows(&pane, "a picture");
    assert_eq!(tmux.format(&pane, "#{alternate_on}"), "1");
    tmux.send_keys(&pane, &["C-\\"]);
    tmux.shows(&pane, "[detached from painter]");
    is_a_shell_again(&tmux, &pane);
    assert_eq!(desk.agent("painter")["exit_code"], serde_json::Value::Null);
    attach(&tmux, &pane, "painter --detach-key C-q");
    tmux.shows(&pane, "a picture");
    tmux.send_keys(&pane, &["C-q"]);
    tmux.shows(&pane, "[detached from painter]");
}

#[test]
fn a_closed_pane_leaves_the_agent_alone() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    let id = desk.spawn("listener", &["print", "arrived", "then", "listen"]);
    let other = tmux.split(&pane, &format!("{} --project {} attach listener", pintle().display(), desk.root.display()));
    tmux.shows(&other, "arrived");
    // By then the daemon's own client is there. While one connects, a tmux without the fix of tmux#4980 may crash over a pane that goes.
    eventually("it is marked", PATIENCE, || (tmux.format(&other, "#{@pintle_agent}") == id).then_some(()));
    let pid = desk.agent("listener")["pid"].clone();
    tmux.run(&["kill-pane", "-t", &other]);
    eventually("nobody is attached", PATIENCE, || (desk.agent("listener")["attached"] == 0).then_some(()));
    assert_eq!(desk.agent("listener")["pid"], pid);
    attach(&tmux, &pane, "listener");
    tmux.shows(&pane, "arrived");
    tmux.type_line(&pane, "print still there");
    tmux.shows(&pane, "\nstill there");
}

#[test]
fn the_agents_terminal_follows_the_pane() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("sizes", &["sizes"]);
    attach(&tmux, &pane, "sizes");
    tmux.shows(&pane, "size 80x24");
    tmux.run(&["resize-window", "-t", &pane, "-x", "61", "-y", "17"]);
    tmux.shows(&pane, "size 61x17");
}

#[test]
fn who_only_looks_types_nothing_and_changes_no_size() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("sizes", &["sizes"]);
    tmux.run(&["resize-window", "-t", &pane, "-x", "70", "-y", "20"]);
    attach(&tmux, &pane, "--read-only sizes");
    tmux.shows(&pane, "size 80x24");
    tmux.type_line(&pane, "a line would end it");
    tmux.send_keys(&pane, &["C-\\"]);
    tmux.shows(&pane, "[detached from sizes]");
    let agent = desk.agent("sizes");
    assert_eq!(agent["exit_code"], serde_json::Value::Null, "{agent}");
    assert!(!desk.pintle(&["logs", "sizes"]).ok().contains("70x20"));
}

#[test]
fn a_signal_gives_the_terminal_back_too() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("painter", &["screen", "a", "picture"]);
    attach(&tmux, &pane, "painter");
    tmux.shows(&pane, "a picture");
    let shell: u32 = tmux.format(&pane, "#{pane_pid}").parse().expect("a pid");
    let attached = process::descendants(shell).into_iter().find(|&pid| process::command_line(pid).contains("attach"));
    process::signal(attached.expect("an attached pintle"), rustix::process::Signal::TERM);
    tmux.shows(&pane, "here$");
    tmux.type_line(&pane, "echo ended-with-$?");
    tmux.shows(&pane, "ended-with-143");
    is_a_shell_again(&tmux, &pane);
}

#[test]
fn a_killed_daemon_is_not_noticed() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("listener", &["print", "here", "then", "listen"]);
    attach(&tmux, &pane, "listener");
    tmux.shows(&pane, "here");
    let before = desk.sandbox.daemon();
    process::kill(before);
    // What was handed to a daemon that dies before it reads it is typed by nobody: it must be gone first. All of it: a zombie whose
    // other threads have not ended yet still has its sockets open.
    eventually("it is gone", PATIENCE, || process::stat(before).is_none().then_some(()));
    tmux.type_line(&pane, "print after the crash");
    let shown = tmux.shows(&pane, "\nafter the crash");
    assert_ne!(desk.sandbox.daemon(), before);
    assert_eq!(shown.matches("here").count(), 1, "{shown}");
    assert!(!shown.contains("pintle:"), "{shown}");
    desk.pintle(&["daemon", "restart"]).ok();
    tmux.type_line(&pane, "print after the restart");
    tmux.shows(&pane, "\nafter the restart");
}

/// The daemon tells a reader that does not keep up, which then asks for the screen: the end is shown, whatever was missed.
#[test]
fn a_terminal_that_is_too_slow_sees_the_end() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("flood", &["ask", "ready?", "then", "lines", "1000000", "then", "print", "THE END", "then", "listen"]);
    attach(&tmux, &pane, "flood");
    tmux.shows(&pane, "ready?");
    tmux.type_line(&pane, "go");
    tmux.shows(&pane, "THE END");
    tmux.send_keys(&pane, &["C-\\"]);
    tmux.shows(&pane, "[detached from flood]");
}
