//! `spawn`

use crate::cli::Desk;
use crate::support::{Tmux, fake_agent, pintle};

#[test]
fn prints_the_id_and_nothing_else() {
    let desk = Desk::new();
    let id = desk.spawn("listener", &["listen"]);
    assert!(id.starts_with("ag-") && id.len() == 11, "{id}");
    let answer = desk.json(&["spawn", "--command", &fake_agent(&["listen"])]);
    assert_eq!(answer["type"], "spawn_result");
}

#[test]
fn prompts_and_variables_reach_the_agent() {
    let desk = Desk::new();
    let command = fake_agent(&["env", "A", "then", "env", "B", "then", "env", "USER"]);
    let words =
        ["spawn", "-", "--name", "n", "--command", &command, "--var", "A=1 2", "--var", "B=", "--unset", "USER"];
    let told = desk.pintle(&words).stdin("do this\nand that\n").finish();
    let expected =
        "warning: the prompt is kept with the agent and not given to it: a command line of its own gets none\n";
    assert!(told.success() && told.stderr == expected, "{told}");
    let told = desk.pintle(&["spawn", "--command", &command]).finish();
    assert!(told.success() && told.stderr.is_empty(), "{told}");
    desk.pintle(&["wait", "n", "--until", "exit"]).ok();
    assert_eq!(desk.pintle(&["logs", "n"]).ok(), "env A=1 2\nenv B=\nenv USER unset\n");
    assert_eq!(desk.agent("n")["prompt"], "do this\nand that");
}

#[test]
fn a_pane_beside_or_below_shows_it() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = tmux.panes().remove(0);
    tmux.type_line(&pane, &format!("cd {}; clear", desk.root.display()));
    for (side, edge) in [("right", "#{pane_at_right}"), ("below", "#{pane_at_bottom}")] {
        let command = fake_agent(&["print", "it", "is", side, "then", "listen"]);
        let line = format!("{} spawn --name {side} --split {side} --command '{command}'", pintle().display());
        let before = tmux.panes();
        tmux.type_line(&pane, &line);
        let made = crate::support::eventually("another pane", crate::support::PATIENCE, || {
            tmux.panes().into_iter().find(|pane| !before.contains(pane))
        });
        tmux.shows(&made, &format!("it is {side}"));
        assert_eq!(tmux.format(&made, edge), "1");
        tmux.send_keys(&made, &["C-\\"]);
        tmux.ended(&made);
        assert_eq!(desk.agent(side)["exit_code"], serde_json::Value::Null);
    }
}

#[test]
fn where_no_pane_can_show_it_the_agent_lives_and_an_error_says_how_to_show_it() {
    let desk = Desk::new();
    let tmux = Tmux::new(&desk.sandbox);
    // One line each: too small to be split.
    tmux.run(&["resize-window", "-t", "main", "-x", "80", "-y", "1"]);
    let server = tmux.format("%0", "#{socket_path},#{pid},0");
    let spawn = || desk.pintle(&["spawn", "--split", "below", "--command", &fake_agent(&["listen"])]);
    for (spawn, why) in
        [(spawn(), "no pane of tmux"), (spawn().env("TMUX", server).env("TMUX_PANE", "%0"), "%0 is too small")]
    {
        let finished = spawn.finish();
        assert_eq!(finished.status.code(), Some(1), "{finished}");
        let id = finished.stdout.trim_end();
        assert!(finished.stderr.contains(&format!("pintle attach {id}")), "{finished}");
        assert!(finished.stderr.contains(why), "{finished}");
        desk.pintle(&["status", id]).ok();
    }
}

#[test]
fn attached_at_once() {
    let desk = Desk::new();
    let command = fake_agent(&["sizes"]);
    let tmux = Tmux::new(&desk.sandbox);
    let pane = tmux.panes().remove(0);
    let folder = desk.root.display();
    tmux.type_line(
        &pane,
        &format!("clear; cd {folder}; {} spawn --attach --name s --command '{command}'", pintle().display()),
    );
    // Made in the size of the terminal it is going to be shown in, not resized to it.
    tmux.shows(&pane, "size 80x24");
    tmux.type_line(&pane, "end");
    tmux.shows(&pane, "[s ended with code 0]");
}

#[test]
fn attached_at_once_without_a_terminal_it_is_a_filter() {
    let desk = Desk::new();
    let command = fake_agent(&["print", "one", "then", "print", "two"]);
    let finished = desk.pintle(&["spawn", "--attach", "--name", "s", "--command", &command]).finish();
    assert!(finished.success(), "{finished}");
    assert_eq!(finished.stdout, "one\r\ntwo\r\n", "no paint, no modes, every byte\n{finished}");
    assert_eq!(finished.stderr, "[s ended with code 0]\n", "{finished}");
}
