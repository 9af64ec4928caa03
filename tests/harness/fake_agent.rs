//! The fake agent in a pane of tmux, which is a real terminal.

use rustix::process::Signal;

use crate::support::{PATIENCE, Sandbox, Tmux, eventually, fake_agent, fake_agent_path, pattern, process};

/// Runs the fake agent on pipes; it must succeed.
fn run(sandbox: &Sandbox, args: &[&str], stdin: &str) -> String {
    let program = fake_agent_path();
    sandbox.run(program.to_str().expect("UTF-8"), args).stdin(stdin).ok()
}

#[test]
fn says_what_it_is_told() {
    let sandbox = Sandbox::new();
    let args = ["print", "a", "b", "then", "lines", "3", "then", "env", "TZ", "then", "env", "NONE", "then", "cwd"];
    let home = sandbox.path("home");
    let expected =
        format!("a b\nline 000001\nline 000002\nline 000003\nenv TZ=UTC\nenv NONE unset\ncwd {}\n", home.display());
    assert_eq!(run(&sandbox, &args, ""), expected);
    assert_eq!(
        run(&sandbox, &[], "print x\nwhat\nask ok?\nyes\nquit\n"),
        "x\nfake agent: what is `what`?\nok? answer: yes\n"
    );
}

#[test]
fn ends_as_it_is_told() {
    let sandbox = Sandbox::new();
    let program = fake_agent_path();
    let program = program.to_str().expect("UTF-8");
    sandbox.run(program, &["exit", "7"]).fails(7);
    sandbox.run(program, &["nonsense"]).fails(64);
    let killed = sandbox.run(program, &["die", "term"]).finish();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&killed.status), Some(Signal::TERM.as_raw()), "{killed}");
}

#[test]
fn floods_with_the_pattern() {
    let sandbox = Sandbox::new();
    let bytes = run(&sandbox, &["flood", "1"], "").into_bytes();
    assert_eq!(bytes.len(), 1 << 20);
    pattern::check(&bytes, 0).unwrap();
    pattern::check(&bytes[100..], 100).unwrap();
    assert!(pattern::check(&bytes[100..], 101).is_err());
    assert!(pattern::check(&[&bytes[..70], &bytes[71..200]].concat(), 0).is_err());
}

#[test]
fn plays_with_its_terminal() {
    let sandbox = Sandbox::new();
    let tmux = Tmux::new(&sandbox);
    tmux.respawn("%0", &fake_agent(&["sizes", "then", "paste", "then", "raw", "then", "canonical", "then", "listen"]));
    tmux.shows("%0", "size 80x24");
    tmux.run(&["resize-window", "-t", "main", "-x", "70", "-y", "20"]);
    tmux.shows("%0", "size 70x20");
    tmux.send_keys("%0", &["Enter"]);
    tmux.shows("%0", "paste ready");
    tmux.run(&["set-buffer", "-b", "text", "one two"]);
    tmux.run(&["paste-buffer", "-p", "-b", "text", "-t", "%0"]);
    tmux.type_line("%0", "typed");
    tmux.shows("%0", "pasted[one two]");
    tmux.shows("%0", "typed[typed]");
    tmux.shows("%0", "raw ready");
    tmux.send_keys("%0", &["x", "y", "z", "C-d"]);
    tmux.shows("%0", "xyzcanonical ready");
    tmux.type_line("%0", "12345");
    tmux.shows("%0", "received 5 bytes");
    tmux.type_line("%0", "quit");
    tmux.type_line("%0", "screen drawn");
    tmux.shows("%0", "drawn 70x20");
    tmux.send_keys("%0", &["Enter"]);
    tmux.shows("%0", "received 5 bytes");
    tmux.type_line("%0", "lines forever 100");
    tmux.shows("%0", "line 000003");
    tmux.send_keys("%0", &["Enter"]);
    tmux.shows("%0", "stopped");
}

#[test]
fn has_stubborn_children_of_every_kind() {
    let sandbox = Sandbox::new();
    let tmux = Tmux::new(&sandbox);
    let kinds = ["plain", "group", "session", "orphan"];
    let script = kinds.map(|kind| ["children", kind, "2", "stubborn", "then"]).concat();
    let script = [&["ignore", "hup", "then"], script.as_slice(), &["hang"]].concat();
    tmux.respawn("%0", &format!("exec {}", fake_agent(&script)));
    let agent: u32 = tmux.format("%0", "#{pane_pid}").parse().expect("a pid");
    let children: Vec<u32> = eventually("eight children", PATIENCE, || {
        let screen = tmux.capture("%0");
        let told: Vec<u32> =
            screen.lines().filter_map(|line| line.strip_prefix("child ")?.trim().parse().ok()).collect();
        (told.len() == 8).then_some(told)
    });
    let group = process::stat(agent).expect("the agent lives").group;
    let in_group = process::in_group(group);
    let stats: Vec<_> = children.iter().map(|&child| process::stat(child).expect("a child lives")).collect();
    assert_eq!(children.iter().filter(|child| in_group.contains(child)).count(), 2, "plain: {stats:?}");
    let sessions = stats.iter().filter(|stat| stat.session != group).count();
    assert_eq!(sessions, 4, "session and orphan: {stats:?}");
    assert_eq!(stats.iter().filter(|stat| stat.parent != agent).count(), 2, "orphan: {stats:?}");
    for &child in &children {
        process::signal(child, Signal::TERM);
        process::signal(child, Signal::HUP);
    }
    drop(tmux);
    assert!(children.iter().all(|&child| process::alive(child)), "stubborn children outlive their terminal");
    drop(sandbox);
    let gone = || children.iter().chain([&agent]).all(|&pid| !process::alive(pid)).then_some(());
    eventually("the sandbox has ended them all", PATIENCE, gone);
}
