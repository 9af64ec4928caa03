//! `palette` in a real terminal: a pane of tmux, 80 by 24.

mod worktree;

use crate::cli::{Desk, is_a_shell_again};
use crate::support::{PATIENCE, Tmux, eventually, pintle, process};

fn palette(tmux: &Tmux<'_>, pane: &str, args: &str) {
    tmux.type_line(pane, &format!("{} palette {args}; echo ended-with-$?", pintle().display()));
}

/// The palette has ended with this code, and the pane shows what it showed before.
#[track_caller]
fn is_left(tmux: &Tmux<'_>, pane: &str, code: i32) {
    tmux.shows(pane, &format!("ended-with-{code}\n"));
    let shown = is_a_shell_again(tmux, pane);
    assert!(!shown.contains("find:"), "{shown}");
}

#[test]
fn an_agent_is_found_seen_and_shown() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("painter", &["screen", "a", "picture"]);
    desk.spawn("listener", &["print", "all ears", "then", "listen"]);
    // Whoever wants an answer comes first.
    desk.pintle(&["report", "blocked", "--agent", "listener"]).ok();
    palette(&tmux, &pane, "");
    let shown = tmux.shows(&pane, "start terminal");
    assert!(shown.contains("> listener") && shown.contains("painter"), "{shown}");
    tmux.shows(&pane, "all ears");
    tmux.send_keys(&pane, &["p", "n", "t", "r"]);
    tmux.shows(&pane, "> painter");
    let shown = tmux.shows(&pane, "a picture");
    assert!(!shown.contains("listener"), "{shown}");
    assert!(shown.contains("C-k kill") && shown.contains("C-l look again"), "{shown}");
    tmux.send_keys(&pane, &["C-u"]);
    tmux.shows(&pane, "> listener");
    tmux.send_keys(&pane, &["Enter"]);
    // The palette has looked at it already. What is typed before it has gone is typed into the palette.
    eventually("it is shown", PATIENCE, || (desk.agent("listener")["attached"] == 1).then_some(()));
    tmux.shows(&pane, "all ears");
    tmux.type_line(&pane, "print it is me");
    tmux.shows(&pane, "\nit is me");
    tmux.send_keys(&pane, &["C-\\"]);
    tmux.shows(&pane, "[detached from listener]");
    is_left(&tmux, &pane, 0);
}

#[test]
fn escape_leaves_everything_as_it_was() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("painter", &["screen", "a", "picture"]);
    for key in ["Escape", "C-c", "C-g"] {
        tmux.type_line(&pane, "clear");
        palette(&tmux, &pane, "");
        tmux.shows(&pane, "a picture");
        tmux.send_keys(&pane, &[key]);
        is_left(&tmux, &pane, 0);
    }
    assert_eq!(desk.agent("painter")["exit_code"], serde_json::Value::Null);
}

#[test]
fn a_kill_asks_first_and_the_list_follows() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("victim", &["print", "here", "then", "listen"]);
    palette(&tmux, &pane, "");
    tmux.shows(&pane, "> victim");
    tmux.send_keys(&pane, &["C-k"]);
    tmux.shows(&pane, "kill victim");
    tmux.send_keys(&pane, &["Enter"]);
    tmux.shows(&pane, "find:");
    assert_eq!(desk.agent("victim")["exit_code"], serde_json::Value::Null);
    tmux.send_keys(&pane, &["C-k"]);
    tmux.shows(&pane, "y/n");
    tmux.send_keys(&pane, &["y"]);
    tmux.shows(&pane, "no agents yet");
    // What others do is seen as well.
    desk.spawn("newcomer", &["listen"]);
    tmux.shows(&pane, "newcomer");
    tmux.send_keys(&pane, &["Escape"]);
    is_left(&tmux, &pane, 0);
}

#[test]
fn a_line_is_sent_and_a_name_given() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("asker", &["ask", "your name?", "then", "listen"]);
    palette(&tmux, &pane, "");
    tmux.shows(&pane, "your name?");
    tmux.send_keys(&pane, &["C-s"]);
    tmux.shows(&pane, "send to asker:");
    tmux.type_line(&pane, "Ada Lovelace");
    tmux.shows(&pane, "sent");
    tmux.shows(&pane, "answer: Ada Lovelace");
    tmux.send_keys(&pane, &["C-r"]);
    tmux.shows(&pane, "rename asker to: asker");
    tmux.type_line(&pane, "-2");
    tmux.shows(&pane, "it is called asker-2 now");
    tmux.shows(&pane, "> asker-2");
    tmux.send_keys(&pane, &["Escape"]);
    is_left(&tmux, &pane, 0);
}

#[test]
fn an_agent_is_started_and_shown() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    palette(&tmux, &pane, "");
    tmux.shows(&pane, "no agents yet");
    tmux.shows(&pane, "> start");
    tmux.send_keys(&pane, &["-l", "start terminal"]);
    tmux.shows(&pane, "> start terminal");
    tmux.send_keys(&pane, &["Enter"]);
    tmux.shows(&pane, "asked to do");
    tmux.send_keys(&pane, &["Enter"]);
    let started = || desk.json(&["status"])["agents"].as_array().filter(|agents| agents.len() == 1).cloned();
    let agent = eventually("an agent is started and shown", PATIENCE, || {
        started().filter(|agents| agents[0]["attached"] == 1).map(|agents| agents[0].clone())
    });
    assert_eq!(agent["agent_type"], "terminal");
    tmux.send_keys(&pane, &["C-\\"]);
    is_left(&tmux, &pane, 0);
}

#[test]
fn a_new_pane_opens_below_the_one_that_is_named() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("painter", &["screen", "a", "picture"]);
    let other = tmux.split(&pane, "sleep 100");
    palette(&tmux, &pane, &format!("--pane {other}"));
    tmux.shows(&pane, "> painter");
    tmux.send_keys(&pane, &["C-o"]);
    is_left(&tmux, &pane, 0);
    let below = eventually("a third pane", PATIENCE, || tmux.panes().into_iter().nth(2));
    tmux.shows(&below, "a picture");
    let place = |pane: &str| tmux.format(pane, "#{pane_left} #{pane_top}");
    assert_eq!(place(&below).split(' ').next(), place(&other).split(' ').next());
    assert_ne!(place(&below), place(&other));
}

#[test]
fn a_folder_becomes_a_project() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    let folder = desk.sandbox.path("bare");
    std::fs::create_dir(&folder).expect("a folder in the sandbox");
    tmux.type_line(&pane, &format!("cd {}; clear", folder.display()));
    palette(&tmux, &pane, "");
    tmux.shows(&pane, "is no project yet");
    tmux.send_keys(&pane, &["Enter"]);
    tmux.shows(&pane, "no agents yet");
    tmux.shows(&pane, "> start claude");
    assert!(folder.join(".pintle/manifest.json").is_file());
    tmux.send_keys(&pane, &["Escape"]);
    is_left(&tmux, &pane, 0);
}

#[test]
fn it_follows_the_size_of_its_pane_and_a_daemon_that_is_replaced() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("painter", &["screen", "a", "picture"]);
    palette(&tmux, &pane, "");
    tmux.shows(&pane, "a picture");
    tmux.run(&["resize-window", "-t", &pane, "-x", "120", "-y", "30"]);
    tmux.shows(&pane, "│");
    tmux.run(&["resize-window", "-t", &pane, "-x", "20", "-y", "4"]);
    eventually("the list alone", PATIENCE, || (!tmux.capture(&pane).contains('│')).then_some(()));
    tmux.run(&["resize-window", "-t", &pane, "-x", "1", "-y", "1"]);
    tmux.run(&["resize-window", "-t", &pane, "-x", "80", "-y", "24"]);
    tmux.shows(&pane, "a picture");
    desk.pintle(&["daemon", "restart"]).ok();
    desk.spawn("newcomer", &["listen"]);
    tmux.shows(&pane, "newcomer");
    tmux.send_keys(&pane, &["Escape"]);
    is_left(&tmux, &pane, 0);
}

#[test]
fn a_daemon_that_is_stopped_stays_so_until_it_is_wanted() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("painter", &["screen", "a", "picture"]);
    palette(&tmux, &pane, "");
    tmux.shows(&pane, "a picture");
    desk.pintle(&["daemon", "stop"]).ok();
    tmux.shows(&pane, "no news any more");
    tmux.send_keys(&pane, &["Down", "Up", "C-l"]);
    tmux.shows(&pane, "no news any more");
    assert!(desk.sandbox.keeper().is_none(), "the palette has started a daemon");
    desk.pintle(&["daemon", "start"]).ok();
    tmux.send_keys(&pane, &["C-l"]);
    desk.spawn("newcomer", &["listen"]);
    tmux.shows(&pane, "newcomer");
    tmux.send_keys(&pane, &["Escape"]);
    is_left(&tmux, &pane, 0);
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("painter", &["screen", "a", "picture"]);
    palette(&tmux, &pane, "");
    tmux.shows(&pane, "a picture");
    process::signal(of_pane(&tmux, &pane), rustix::process::Signal::TERM);
    is_left(&tmux, &pane, 143);
}

#[test]
fn a_pane_that_is_closed_leaves_no_palette_behind() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("painter", &["screen", "a", "picture"]);
    let other = tmux.split(&pane, &format!("cd {}; {} palette", desk.root.display(), pintle().display()));
    tmux.shows(&other, "painter");
    let palette = tmux.format(&other, "#{pane_pid}").parse().expect("a pid");
    tmux.run(&["kill-pane", "-t", &other]);
    eventually("it ends", PATIENCE, || (!process::alive(palette)).then_some(()));
}

/// No colour is asked for, and the chosen line and what an agent does can be told all the same.
#[test]
fn it_can_be_used_without_colours() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.spawn("painter", &["screen", "a", "picture"]);
    tmux.type_line(&pane, "export NO_COLOR=1; clear");
    palette(&tmux, &pane, "");
    tmux.shows(&pane, "a picture");
    let shown = tmux.run(&["capture-pane", "-p", "-e", "-t", &pane]);
    assert!(shown.contains("> painter"), "{shown}");
    // 39 and 49 are the terminal's own colours, 7 is light on dark.
    let is_colored =
        |code: &str| code.starts_with(['3', '4', '7', '9']) && !code.starts_with("39m") && !code.starts_with("49m");
    assert!(!shown.split("\x1b[").skip(1).any(is_colored), "{shown:?}");
    tmux.send_keys(&pane, &["Escape"]);
    is_left(&tmux, &pane, 0);
}

#[test]
fn where_nothing_can_be_drawn_it_says_so() {
    let desk = Desk::new();
    let said = desk.pintle(&["palette"]).fails(2);
    assert!(said.contains("a person at a terminal") && said.contains("pintle status"), "{said}");
    let said = desk.pintle(&["palette", "--json"]).fails(2);
    assert!(said.contains("nothing to say in JSON"), "{said}");
    let said = desk.pintle(&["palette", "--pane", "x;y"]).fails(2);
    assert!(said.contains("a pane's id is like %3"), "{said}");
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    tmux.type_line(&pane, "export TERM=dumb");
    palette(&tmux, &pane, "");
    tmux.shows(&pane, "TERM is `dumb`");
    tmux.shows(&pane, "ended-with-2");
}

/// The child of the pane's shell that is a palette.
fn of_pane(tmux: &Tmux<'_>, pane: &str) -> u32 {
    let shell: u32 = tmux.format(pane, "#{pane_pid}").parse().expect("a pid");
    let found = process::descendants(shell).into_iter().find(|&pid| process::command_line(pid).contains("palette"));
    found.expect("a palette")
}

#[test]
fn what_is_kept_is_started_with_what_its_placeholders_stand_for() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    desk.pintle(&["template", "save", "fix", "--file", "-", "--agent", "terminal", "--command", "cat"])
        .stdin("Fix {{WHAT}} in {{WHERE}}.")
        .ok();
    let def = ["agent", "save", "helper", "--agent-type", "terminal", "--command", "cat", "--prompt", "Help {{WHOM}}."];
    desk.pintle(&def).ok();
    desk.pintle(&["swarm", "save", "crowd", "--worktree-count", "0", "--roster", "helper:2"]).ok();
    std::fs::write(desk.root.join(".pintle/swarms/torn.yaml"), "name: torn\nroster: 7\n").expect("a file in a project");
    palette(&tmux, &pane, "");
    // One with a mistake is there, and says what it is.
    tmux.shows(&pane, "find:");
    tmux.send_keys(&pane, &["t", "o", "r", "n"]);
    tmux.shows(&pane, "> swarm torn  cannot be used");
    tmux.send_keys(&pane, &["Enter"]);
    let told = || tmux.capture(&pane).matches("has to be a list").count();
    eventually("it is told where a look was, and below", PATIENCE, || (told() == 2).then_some(()));
    tmux.send_keys(&pane, &["C-u"]);
    let shown = tmux.shows(&pane, "swarm crowd");
    assert!(shown.contains("agent helper") && shown.contains("template fix"), "{shown}");
    tmux.send_keys(&pane, &["c", "r", "o", "w", "d", "Enter"]);
    tmux.shows(&pane, "WHOM in crowd");
    tmux.send_keys(&pane, &["m", "e", "Enter"]);
    tmux.shows(&pane, "run the swarm crowd?");
    tmux.send_keys(&pane, &["y"]);
    tmux.shows(&pane, "2 agents run");
    assert_eq!(desk.agent("crowd-helper-0-2")["prompt"], "Help me.");
    tmux.send_keys(&pane, &["C-u", "f", "i", "x", "Enter"]);
    tmux.shows(&pane, "WHAT in fix");
    tmux.send_keys(&pane, &["i", "t", "Enter"]);
    tmux.shows(&pane, "WHERE in fix");
    tmux.send_keys(&pane, &["h", "e", "r", "e", "Enter"]);
    eventually("it is started", PATIENCE, || {
        let report = desk.json(&["status"]);
        let agents = report["agents"].as_array().expect("a list").clone();
        agents.iter().any(|agent| agent["prompt"] == "Fix it in here.").then_some(())
    });
}
