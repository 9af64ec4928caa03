//! `pintle shell init` and `status`, and what `doctor` finds out by trying.

use std::fs;

use serde_json::Value;

use super::Live;
use crate::shell::{ALL, Kind};
use crate::support::{PATIENCE, Sandbox, eventually, process};

#[test]
fn the_script_is_printed_as_it_is_and_nothing_is_started() {
    let sandbox = Sandbox::new();
    for kind in ALL {
        let printed = sandbox.pintle(&["shell", "init", kind.name()]).ok();
        assert_eq!(printed, fs::read_to_string(super::super::Stage::script(kind.name())).expect("the script"));
    }
    assert!(sandbox.keeper().is_none() && !sandbox.path("run/pintle").exists());
    assert!(sandbox.pintle(&["shell", "init", "tcsh"]).fails(2).contains("fish"));
    // Without hooks it says how to have them, and ends with 1.
    let script = format!("{} shell status; echo $?", crate::support::pintle().display());
    let said = sandbox.run("bash", &["-c", &script]).ok();
    assert!(said.contains("not loaded; put `eval") && said.ends_with("\n1\n"), "{said}");
}

#[test]
fn a_shell_says_what_it_has() {
    let live = Live::new();
    let tmux = live.tmux();
    let file = live.sandbox().path("home/status");
    for kind in ALL {
        let mut shell = live.shell(&tmux, kind);
        live.pintle_in(&tmux, "%0", &["env", "set", "prod", "--pane", &shell.id]).ok();
        // Asked before the prompt has applied it: by a command that nothing wraps.
        let mut status = || -> Value {
            shell.line("pintle shell status --json > $HOME/status");
            serde_json::from_str(&fs::read_to_string(&file).expect("a file")).expect("JSON")
        };
        let before = status();
        assert_eq!(before["env"], "prod", "{before}");
        // The others have a hook for what is typed, too.
        assert_eq!(before["applied"] == before["wanted"], kind != Kind::Bash, "{before}");
        let now = status();
        assert_eq!((&now["shell"], &now["hooks"]), (&kind.name().into(), &"5".into()), "{now}");
        assert_eq!((&now["applied"], &now["source"]), (&now["wanted"], &"pane".into()), "{now}");
        assert_eq!(now["commands"]["run"], serde_json::json!(["kubectl"]), "{now}");
        assert_eq!(now["shims"]["on_path"], false, "{now}");
        shell.line("pintle shell status > $HOME/status");
        let words = fs::read_to_string(&file).expect("a file");
        assert!(words.contains("prod (set for this pane); applied\n"), "{words}");
        // A shell without hooks in this one does not pass for it.
        shell.line("sh -c 'pintle shell status; true' > $HOME/status");
        assert!(fs::read_to_string(&file).expect("a file").contains("sh, pid"), "{shell}");
        assert_eq!(shell.status, "0", "{shell}");
    }
}

/// `doctor`'s lines about shells, with this start-up file for a shell as it is started by a person.
fn doctor(live: &Live, kind: Kind, text: &str) -> String {
    let home = kind.pick("home/.bashrc", "home/.zshrc", "config/fish/config.fish");
    let home = live.sandbox().path(home);
    fs::create_dir_all(home.parent().expect("a folder")).expect("a folder");
    fs::write(home, text).expect("a start-up file");
    if kind == Kind::Bash {
        // The system's own for login shells sets PATH anew.
        let profile = format!("PATH={}:$PATH\n. ~/.bashrc\n", live.sandbox().path("bin").display());
        fs::write(live.sandbox().path("home/.bash_profile"), profile).expect("a start-up file");
    }
    asked(live, kind)
}

/// The same with the start-up files as they are.
fn asked(live: &Live, kind: Kind) -> String {
    let shell = live.sandbox().run("sh", &["-c", &format!("command -v {}", kind.name())]).ok();
    let report = live.sandbox().pintle(&["doctor"]).env("SHELL", shell.trim()).finish();
    report.stdout
}

#[test]
fn doctor_tries_the_persons_own_shell() {
    let live = Live::new();
    live.sandbox().pintle(&["env", "set", "--global", "prod"]).ok();
    for kind in ALL {
        let init = kind.pick(
            "eval \"$(pintle shell init bash)\"",
            "eval \"$(pintle shell init zsh)\"",
            "pintle shell init fish | source",
        );
        let report =
            doctor(&live, kind, kind.pick("echo hello; set -eu", "echo hello; setopt err_exit no_unset", "echo hello"));
        assert!(report.contains(&format!("warn  shell       a new {} has no hooks", kind.name())), "{report}");
        assert!(report.contains(&format!("pintle shell init {}", kind.name())), "{report}");
        let report = doctor(&live, kind, &format!("echo hello\n{init}"));
        assert!(report.contains("has hooks, version 5"), "{report}");
        assert!(!report.contains("hook order") && !report.contains("commands "), "{report}");
        assert!(report.contains("ok    completion  kubectl is asked through pintle"), "{report}");
        assert!(report.contains("scripts started here pass by the rules and guards: kubectl is"), "{report}");
        let own = kind.pick("kubectl() { :; }", "kubectl() { : }", "function kubectl; end");
        let report = doctor(&live, kind, &format!("{init}\n{own}"));
        assert!(report.contains("warn  commands    kubectl is a function of your own"), "{report}");
        let report = doctor(&live, kind, &format!("{init}\nalias kubectl=kubecolor"));
        let expected = if kind == Kind::Fish {
            "kubectl is a function of your own"
        } else {
            "kubectl is an alias for `kubecolor`"
        };
        assert!(report.contains(expected), "{report}");
    }
    // A start-up file that asks the doctor, who asks the start-up file: once.
    let report = doctor(&live, Kind::Bash, "pintle doctor > \"$HOME/inner\"; eval \"$(pintle shell init bash)\"");
    assert!(report.contains("has hooks, version 5"), "{report}");
    let inner = fs::read_to_string(live.sandbox().path("home/inner")).expect("what the inner one said");
    assert!(inner.contains("asks nobody itself"), "{inner}");
    for (kind, text) in [
        (Kind::Bash, "set -u; eval \"$(pintle shell init bash)\"\nPROMPT_COMMAND=\"theirs;$PROMPT_COMMAND\""),
        (Kind::Zsh, "eval \"$(pintle shell init zsh)\"\nprecmd_functions=(theirs $precmd_functions)"),
    ] {
        let report = doctor(&live, kind, text);
        assert!(report.contains("warn  hook order  `theirs` runs before ours"), "{report}");
    }
    for (kind, text, is_lost) in [
        (Kind::Bash, "eval \"$(pintle shell init bash)\"\nPROMPT_COMMAND=theirs", true),
        (Kind::Zsh, "eval \"$(pintle shell init zsh)\"\nprecmd_functions=(theirs)", true),
        // A prompt tool that calls what was there before.
        (
            Kind::Bash,
            "eval \"$(pintle shell init bash)\"\nSTASH=$PROMPT_COMMAND PROMPT_COMMAND='tool; eval $STASH'",
            false,
        ),
    ] {
        let report = doctor(&live, kind, text);
        assert_eq!(report.contains("warn  hook order  nothing calls ours"), is_lost, "{report}");
        assert_eq!(report.contains("hook order"), is_lost, "{report}");
    }
}

/// ssh and tmux start login shells, most terminals others, and they read different files.
#[test]
fn doctor_tries_both_kinds_of_start() {
    let live = Live::new();
    live.sandbox().pintle(&["env", "set", "--global", "prod"]).ok();
    let bin = live.sandbox().path("bin");
    let bin = bin.display();
    let line = |kind: Kind| {
        kind.pick(
            format!("PATH={bin}:$PATH; eval \"$(pintle shell init bash)\""),
            "eval \"$(pintle shell init zsh)\"".to_owned(),
            "status is-login; and pintle shell init fish | source".to_owned(),
        )
    };
    for kind in ALL {
        let report = doctor(&live, kind, &line(kind).replace("status is-login; and ", ""));
        assert!(report.contains("has hooks, version 5") && !report.contains("login shell"), "{report}");
        let (plain, login) = kind.pick(
            ("home/.bashrc", "home/.bash_profile"),
            ("home/.zshrc", "home/.zprofile"),
            ("config/fish/other", "config/fish/config.fish"),
        );
        fs::write(live.sandbox().path(plain), "").expect("a start-up file");
        fs::write(live.sandbox().path(login), line(kind)).expect("a start-up file");
        let report = asked(&live, kind);
        let words = format!("warn  login shell  a new {} has them as a login shell only", kind.name());
        assert!(report.contains("has hooks, version 5") && report.contains(&words), "{report}");
    }
    // Without a ~/.bash_profile that reads it, ~/.bashrc is for the others.
    fs::write(live.sandbox().path("home/.bashrc"), line(Kind::Bash)).expect("a start-up file");
    fs::write(live.sandbox().path("home/.bash_profile"), "").expect("a start-up file");
    let report = asked(&live, Kind::Bash);
    assert!(report.contains("warn  login shell  a new bash has none as a login shell"), "{report}");
    assert!(report.contains("in ~/.bash_profile (or ~/.profile): . ~/.bashrc"), "{report}");
}

#[test]
fn doctor_neither_hangs_nor_leaves_anything() {
    let check = |kind: Kind| {
        let live = Live::new();
        live.sandbox().pintle(&["env", "set", "--global", "prod"]).ok();
        // One that never ends, with a child that has left its session; one that becomes something else.
        for text in ["setsid sleep 301 &\nsleep 302", "exec sleep 303"] {
            let report = doctor(&live, kind, text);
            assert!(report.contains("-i did not answer"), "{report}");
        }
        eventually("nothing of them is left", PATIENCE, || {
            let left = live.sandbox().processes().into_iter().map(process::command_line);
            (left.filter(|line| line.contains("sleep 30")).count() == 0).then_some(())
        });
    };
    // Each waits for the doctor to lose its patience.
    std::thread::scope(|scope| ALL.into_iter().for_each(|kind| drop(scope.spawn(move || check(kind)))));
}

#[test]
fn doctor_sees_what_tmux_has_kept() {
    let live = Live::new();
    let tmux = live.tmux();
    let report = live.pintle_in(&tmux, "%0", &["doctor"]).finish().stdout;
    assert!(report.contains("ok    tmux env"), "{report}");
    tmux.run(&["set-environment", "-g", "PINTLE_ENV", "prod"]);
    let report = live.pintle_in(&tmux, "%0", &["doctor"]).finish().stdout;
    assert!(report.contains("warn  tmux env"), "{report}");
    assert!(report.contains("tmux set-environment -gu PINTLE_ENV"), "{report}");
}
