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

/// sudo has a PATH of its own (`secure_path`), without shims: what it starts has the variables of the environment, where `-E` hands them
/// on, and no rules. With our PATH it has both. Its own user is enough to try that; another one's password is not asked for.
#[test]
fn sudo_hands_on_what_it_is_told_to() {
    let live = Live::new();
    let user = live.sandbox().run("id", &["-un"]).ok();
    let sudo = format!("sudo -n -u {} -E", user.trim());
    if !live.sandbox().run("sh", &["-c", &format!("{sudo} true")]).finish().success() {
        eprintln!("sudo asks for a password here: not tried");
        return;
    }
    let tmux = live.tmux();
    let bin = live.sandbox().path("bin");
    let bare = bin.join("kubectl");
    let bare = bare.display();
    let path = live.sandbox().path("run/pintle/shims");
    let path = format!("{}:{}:$PATH", path.display(), bin.display());
    for kind in ALL {
        let mut shell = live.shell(&tmux, kind);
        live.pintle_in(&tmux, &shell.id, &["env", "set", "prod"]).ok();
        shell.line("");
        for line in [format!("{sudo} {bare} get"), format!("{sudo} sh -c '{bare} get'")] {
            assert_eq!(shell.line(&line), ["kubectl get in prod as prod"], "{line}: {shell}");
        }
        let ours = format!("{sudo} env PATH=\"{path}\"");
        for line in [format!("{ours} kubectl get"), format!("{ours} sh -c 'kubectl get'")] {
            assert_eq!(shell.line(&line), [kubectl("prod", "get")], "{line}: {shell}");
        }
        // By the way that sudo finds it, which may be the machine's own or none: not by the function, nor by the shim.
        let found = shell.line(&format!("{sudo} sh -c 'command -v kubectl || echo none' >> $LOG"));
        assert!(!found.concat().contains("pintle"), "{found:?}");
    }
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
}
