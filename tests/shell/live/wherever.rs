//! Commands that no shell's function is in the way of: scripts, xargs, `sh -c`, through the shims.

use super::{Live, kubectl};
use crate::shell::ALL;
use crate::shell::completion::completion;
use crate::support::Tmux;

/// Runs a line of sh with this PATH in front, in a pane where `prod` holds.
#[track_caller]
fn says(live: &Live, tmux: &Tmux<'_>, front: &str, back: &str, line: &str) -> Vec<String> {
    let path =
        format!("{front}{}:{}{back}", live.sandbox().path("bin").display(), std::env::var("PATH").expect("a PATH"));
    let program = live.sandbox().run("/bin/sh", &["-c", line]).env("PATH", path);
    live.says(live.in_pane(tmux, "%0", program))
}

#[test]
fn shims_meet_the_rules() {
    let live = Live::new();
    let tmux = live.tmux();
    live.pintle_in(&tmux, "%0", &["env", "set", "prod"]).ok();
    let shims = live.sandbox().path("run/pintle/shims");
    let front = format!("{}:", shims.display());
    let back = format!(":{}", shims.display());
    let script = live.sandbox().path("home/script");
    std::fs::write(&script, "kubectl get\n").expect("a script");
    let expected = [kubectl("prod", "get")];
    for line in [
        "kubectl get",
        "echo get | xargs kubectl",
        "sh -c 'kubectl get'",
        "timeout 20 kubectl get",
        "env kubectl get",
        "nohup kubectl get",
        "sh \"$HOME/script\"",
        "find . -maxdepth 0 -exec kubectl get \\;",
        "bash -c 'kubectl() { command kubectl \"$@\"; }; kubectl get'",
    ] {
        assert_eq!(says(&live, &tmux, &front, "", line), expected, "{line}");
    }
    // Twice, by another name as well, they cannot find themselves.
    let link = live.sandbox().path("home/shims");
    std::os::unix::fs::symlink(&shims, &link).expect("a link");
    for front in [format!("{front}{front}"), format!("{}:{front}", link.display()), format!("{}/:", shims.display())] {
        assert_eq!(says(&live, &tmux, &front, &back, "kubectl get"), expected, "{front}");
    }
    // Behind the real one nobody meets them.
    assert_eq!(says(&live, &tmux, "", &back, "kubectl get"), ["kubectl get in none as nobody"]);
    // A shim of a command that is nowhere else is as any command that is not there.
    std::fs::remove_file(live.sandbox().path("bin/kubectl")).expect("our fake");
    let path = format!("{front}{}", live.sandbox().path("bin").display());
    let gone = live.sandbox().run("/bin/sh", &["-c", "kubectl get"]).env("PATH", path);
    let said = live.in_pane(&tmux, "%0", gone).fails(127);
    assert!(said.contains("kubectl"), "{said}");
}

/// By the protocol that cobra's completions speak: the answer is the command's own, in the environment that holds.
#[test]
fn completion_asks_the_command_through_us() {
    let live = Live::new();
    let tmux = live.tmux();
    live.pintle_in(&tmux, "%0", &["env", "set", "prod"]).ok();
    let run = live.pintle_in(&tmux, "%0", &["run", "kubectl", "__complete", "get", "po"]);
    assert_eq!(run.ok(), "pods-prod\tthings\n:4\n");
    for kind in ALL {
        let mut shell = live.shell_with(&tmux, kind, completion(kind));
        live.pintle_in(&tmux, &shell.id, &["env", "set", "dev"]).ok();
        shell.line("");
        assert_eq!(shell.line("kubectl po\t"), [kubectl("dev", "pods-dev")], "{shell}");
    }
    // The real one, where there is one: the same words as without us.
    std::fs::remove_file(live.sandbox().path("bin/kubectl")).expect("our fake");
    let words = ["__complete", "cre"];
    match live.sandbox().run("sh", &["-c", "command -v kubectl"]).finish().success() {
        true => {
            let bare = live.sandbox().run("kubectl", &words).ok();
            let through = live.pintle_in(&tmux, "%0", &[&["run", "kubectl"][..], &words].concat()).ok();
            assert!(bare.starts_with("create"), "{bare}");
            assert_eq!(through, bare);
        }
        false => eprintln!("kubectl is not installed: not tried"),
    }
}
