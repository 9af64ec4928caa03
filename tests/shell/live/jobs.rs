//! A command behind `pintle run` is the shell's own child: its pid, its signals, its exit code.

use super::{Live, Pane};
use crate::shell::{ALL, Kind};
use crate::support::{PATIENCE, eventually, process};

/// Starts the command that holds, in the foreground; returns its pid and its parent's.
#[track_caller]
fn hold(shell: &mut Pane<'_>) -> (u32, u32) {
    shell.tmux.type_line(&shell.id, "kubectl hold");
    let (_, line) = shell.until("the command", |line| line.starts_with("process "));
    numbers(&line)
}

#[track_caller]
fn numbers(line: &str) -> (u32, u32) {
    let mut words = line.split(' ').filter_map(|word| word.parse().ok());
    (words.next().expect("a pid"), words.next().expect("a parent"))
}

#[test]
fn the_command_is_the_shells_own_child() {
    let live = Live::new();
    let tmux = live.tmux();
    for kind in ALL {
        let mut shell = live.shell(&tmux, kind);
        live.pintle_in(&tmux, &shell.id, &["env", "set", "prod"]).ok();
        // The rule puts words in front, which this fake takes for its first.
        live.program("kubectl", &super::FAKE.replace("case ${1-}", "[[ ${1-} == --context ]] && shift 2\ncase ${1-}"));
        let own: u32 = tmux.format(&shell.id, "#{pane_pid}").parse().expect("a pid");
        let (pid, parent) = hold(&mut shell);
        assert_eq!(parent, own, "{shell}");
        // Stopped, seen as the job that it is, and back again.
        shell.tmux.send_keys(&shell.id, &["C-z"]);
        shell.prompt();
        assert_eq!(process::stat(pid).map(|stat| stat.state), Some('T'), "{shell}");
        if kind != Kind::Fish {
            assert_eq!(
                shell.line(
                    "jobs -p > $HOME/jobs; say $(grep -c PID $HOME/jobs)".replace("PID", &pid.to_string()).as_str()
                ),
                ["1"],
                "{shell}"
            );
        }
        shell.tmux.type_line(&shell.id, "fg");
        eventually("it goes on", PATIENCE, || (process::stat(pid).map(|stat| stat.state) == Some('S')).then_some(()));
        shell.tmux.send_keys(&shell.id, &["C-c"]);
        shell.prompt();
        // What `fg` returns in fish is its own, for any command.
        assert_eq!(shell.status, kind.pick("130", "130", "0"), "{shell}");
        let (pid, _) = hold(&mut shell);
        process::signal(pid, rustix::process::Signal::TERM);
        shell.prompt();
        assert_eq!(shell.status, "143", "{shell}");
        if kind != Kind::Fish {
            background(&mut shell);
        }
        shell.line("kubectl exit 7");
        assert_eq!(shell.status, "7", "{shell}");
    }
}

/// A function in the background is a copy of the shell with the command as its child; `pintle run` is the command itself.
#[track_caller]
fn background(shell: &mut Pane<'_>) {
    for (line, is_exact) in [("kubectl hold &", false), ("pintle run kubectl hold &", true)] {
        shell.tmux.type_line(&shell.id, line);
        let (_, said) = shell.until("the command", |line| line.starts_with("process "));
        let (pid, parent) = numbers(&said);
        shell.tmux.type_line(&shell.id, "say last $!");
        let (_, said) = shell.until("its pid", |line| line.starts_with("last "));
        let last = if is_exact { pid } else { parent };
        assert_eq!(said, format!("last {last}"), "{line}: {shell}");
        shell.tmux.type_line(&shell.id, "kill %1; say killed");
        shell.until("that it is killed", |line| line == "killed");
        eventually("the command has ended as a job", PATIENCE, || (!process::alive(pid)).then_some(()));
        shell.tmux.type_line(&shell.id, "wait; say over");
        shell.until("the job is over", |line| line == "over");
        shell.prompt();
    }
}
