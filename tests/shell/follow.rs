//! Variables, environment and commands follow what holds in the pane.

use std::os::unix::fs::symlink;

use super::{ALL, Kind, Shell, Stage};
use crate::support::{PATIENCE, Tmux, eventually};

#[test]
fn the_next_prompt_has_it_and_says_so_once() {
    for kind in ALL {
        let mut stage = Stage::new();
        stage.sandbox.set("AWS_PROFILE", "mine");
        stage.pane("bb dev");
        let mut shell = Shell::start(&stage, kind);
        assert_eq!(stage.take_ack().as_deref(), Some("bb\n"), "{shell}");
        assert_eq!(shell.variable("PINTLE_ENV"), "dev", "{shell}");
        assert_eq!(shell.variable("PINTLE_PANE"), "4711-3", "{shell}");
        assert_eq!(shell.variable("AWS_PROFILE"), "dev", "{shell}");
        assert_eq!(stage.take_ack(), None, "said once: {shell}");
        stage.pane("aa prod");
        shell.line("");
        assert_eq!(stage.take_ack().as_deref(), Some("aa\n"), "{shell}");
        assert_eq!(shell.variable("PINTLE_ENV"), "prod", "{shell}");
        assert_eq!(shell.variable("AWS_PROFILE"), "prod", "{shell}");
        // The same content under another name.
        stage.pane("aa live");
        shell.line("");
        assert_eq!(shell.variable("PINTLE_ENV"), "live", "{shell}");
        stage.no_pane();
        shell.line("");
        assert_eq!(shell.variable("PINTLE_ENV"), "(unset)", "{shell}");
        assert_eq!(shell.variable("AWS_PROFILE"), "mine", "{shell}");
        assert_eq!(shell.variable("PINTLE_UNDO"), "(unset)", "{shell}");
    }
}

#[test]
fn a_command_that_was_being_typed_meets_what_holds_then() {
    for kind in ALL {
        let stage = Stage::new();
        stage.pane("bb dev");
        let mut shell = Shell::start(&stage, kind);
        assert_eq!(shell.line("kubectl get"), ["kubectl get AWS_PROFILE=dev EXTRA=plain words"], "{shell}");
        // Nothing is pressed: the prompt that waits has been drawn in `dev`. bash leaves it to `pintle run`, of which a fake stands here.
        stage.pane("aa prod");
        let prod = kind.pick("dev", "prod", "prod");
        let expected = ["pintle run kubectl get".to_owned(), format!("kubectl get AWS_PROFILE={prod}")];
        assert_eq!(shell.line("kubectl get"), expected, "{shell}");
        // And when its rules have gone, it is the plain command.
        stage.no_pane();
        if kind == Kind::Bash {
            assert_eq!(shell.line("kubectl get")[0], "pintle run kubectl get", "{shell}");
        }
        assert_eq!(shell.line("kubectl get"), ["kubectl get"], "{shell}");
    }
}

#[test]
fn new_rules_reach_open_shells() {
    for kind in ALL {
        let stage = Stage::new();
        let mut shell = Shell::start(&stage, kind);
        assert_eq!(shell.line("kubectl get"), ["kubectl get"], "{shell}");
        stage.pane("aa prod");
        // Before what is typed, zsh and fish have a hook that bash has not: there it is the next prompt that knows.
        let expected = kind.pick("plain", "plain AWS_PROFILE=prod", "plain AWS_PROFILE=prod");
        assert_eq!(shell.line("plain"), [expected], "{shell}");
        assert_eq!(shell.line("kubectl get")[0], "pintle run kubectl get", "{shell}");
    }
}

#[test]
fn the_users_values_come_back() {
    for kind in ALL {
        let mut stage = Stage::new();
        stage.sandbox.set("EXPORTED", "theirs  1");
        stage.sandbox.set("HIDDEN", "secret");
        stage.sandbox.set("CHANGED", "old");
        stage.sandbox.set("GONE", "old");
        stage.environment(
            "cc",
            &[
                &["__pintle_set", "EXPORTED", "ours\nof two lines\n"],
                &["__pintle_set", "PLAIN", "ours"],
                &["__pintle_set", "NEW", "ours"],
                &["__pintle_set", "name", "ours"],
                &["__pintle_set", "CHANGED", "ours"],
                &["__pintle_set", "GONE", "ours"],
                &["__pintle_unset", "HIDDEN"],
                &["__pintle_kube", "/over lay.yaml"],
            ],
        );
        let before = kind.pick("PLAIN=theirs", "PLAIN=theirs", "set -g PLAIN theirs");
        let mut shell = Shell::with(&stage, kind, before, "");
        stage.pane("cc prod");
        shell.line("");
        assert_eq!(shell.variable("EXPORTED"), "ours\nof two lines\n", "{shell}");
        assert_eq!(shell.variable("PLAIN"), "ours", "{shell}");
        assert_eq!(shell.variable("name"), "ours", "{shell}");
        assert_eq!(shell.variable("HIDDEN"), "(unset)", "{shell}");
        let kube = format!("/over lay.yaml:{}/.kube/config", stage.sandbox.path("home").display());
        assert_eq!(shell.variable("KUBECONFIG"), kube, "{shell}");
        shell.either("export CHANGED=newer; unset GONE", "set -gx CHANGED newer; set -e GONE");
        stage.no_pane();
        shell.line("");
        for (name, value) in [
            ("EXPORTED", "theirs  1"),
            ("PLAIN", "(unset)"),
            ("NEW", "(unset)"),
            ("name", "(unset)"),
            ("KUBECONFIG", "(unset)"),
            ("CHANGED", "newer"),
            ("GONE", "(unset)"),
            ("HIDDEN", "secret"),
        ] {
            assert_eq!(shell.variable(name), value, "{name}: {shell}");
        }
        // It was the shell's alone, and is again.
        assert_eq!(shell.line("say \"$PLAIN\""), ["theirs"], "{shell}");
    }
}

#[test]
fn a_kubeconfig_of_the_users_own_stays_behind_the_overlay() {
    for kind in ALL {
        let mut stage = Stage::new();
        stage.sandbox.set("KUBECONFIG", "/one:/two");
        stage.environment("cc", &[&["__pintle_kube", "/over.yaml"]]);
        stage.pane("cc prod");
        let mut shell = Shell::start(&stage, kind);
        assert_eq!(shell.variable("KUBECONFIG"), "/over.yaml:/one:/two", "{shell}");
        stage.no_pane();
        shell.line("");
        assert_eq!(shell.variable("KUBECONFIG"), "/one:/two", "{shell}");
    }
}

#[test]
fn agent_or_pane_before_project_before_global() {
    for kind in ALL {
        let mut stage = Stage::new();
        let project = std::fs::canonicalize(stage.sandbox.path("home")).expect("a folder").join("pro ject");
        std::fs::create_dir_all(project.join("inner/deep/none/x")).expect("folders");
        std::fs::create_dir_all(project.with_file_name("pro jection")).expect("a folder");
        symlink(project.join("inner/deep"), stage.sandbox.path("home/link")).expect("a link");
        let (outer, inner) = (project.display(), project.join("inner"));
        let inner = inner.display();
        stage.default(&format!("dd global\n\t{inner}/deep/none\naa inner\t{inner}\nbb outer\t{outer}\n"));
        let mut shell = Shell::start(&stage, kind);
        for (folder, name) in [
            ("$HOME", "global"),
            ("$HOME/pro\\ ject", "outer"),
            ("$HOME/pro\\ jection", "global"),
            ("$HOME/pro\\ ject/inner", "inner"),
            ("$HOME/link", "inner"),
            // It names none, and so the global one holds, whatever is said around it.
            ("$HOME/link/none", "global"),
            ("$HOME/link/none/x", "global"),
            ("/", "global"),
        ] {
            shell.line(&format!("cd {folder}"));
            assert_eq!(shell.variable("PINTLE_ENV"), name, "{folder}: {shell}");
        }
        stage.pane("aa pane");
        shell.line("");
        assert_eq!(shell.variable("PINTLE_ENV"), "pane", "{shell}");
        drop(shell);
        stage.agent("ag-1", "bb agent");
        stage.sandbox.set("PINTLE_AGENT_ID", "ag-1");
        let mut shell = Shell::start(&stage, kind);
        assert_eq!(shell.variable("PINTLE_ENV"), "pane", "in a tmux that it has started: {shell}");
        stage.no_pane();
        shell.line("");
        assert_eq!(shell.variable("PINTLE_ENV"), "agent", "{shell}");
        // One that has none of its own is told an empty line.
        stage.agent("ag-1", "");
        shell.line("cd /");
        assert_eq!(shell.variable("PINTLE_ENV"), "global", "{shell}");
        stage.remove("agent/ag-1");
        shell.line("cd /");
        assert_eq!(shell.variable("PINTLE_ENV"), "global", "{shell}");
    }
}

#[test]
fn a_name_is_never_evaluated() {
    for kind in ALL {
        let stage = Stage::new();
        for name in ["$(touch${IFS}pwned)", "`touch pwned`", "a'b\"c;touch pwned", "$HOME", "-n", "*", "été"] {
            stage.pane(&format!("aa {name}"));
            let mut shell = Shell::start(&stage, kind);
            assert_eq!(shell.variable("PINTLE_ENV"), name, "{shell}");
            assert_eq!(shell.line("kubectl get")[0], "pintle run kubectl get", "{shell}");
        }
        for line in ["../../pwn x", "$(touch pwned) x", "aa;touch_pwned x", " x", "(", "! x"] {
            stage.pane(line);
            let mut shell = Shell::start(&stage, kind);
            assert_eq!(shell.variable("PINTLE_ENV"), "(unset)", "{line}: {shell}");
        }
        // Values, names of variables and of commands in an environment's file neither.
        let value = "$(touch pwned) `touch pwned` 'x' \\";
        stage.environment(
            "cc",
            &[
                &["__pintle_set", "AWS_PROFILE", value],
                &["__pintle_set", "X;touch pwned;Y", "1"],
                &["__pintle_wrap", "aws", "vars", "EXTRA", value],
                &["__pintle_wrap", "kubectl;touch pwned", "run"],
                &["__pintle_wrap", "$(touch pwned)", "run"],
                &["__pintle_wrap", "plain", "vars", "A;touch pwned;B", "1"],
            ],
        );
        stage.pane("cc hostile");
        let mut shell = Shell::start(&stage, kind);
        assert_eq!(shell.line("aws"), [format!("aws AWS_PROFILE={value} EXTRA={value}")], "{shell}");
        shell.line("kubectl; plain");
        assert!(!stage.sandbox.path("home/pwned").exists(), "{shell}");
    }
}

#[test]
fn what_cannot_be_read_is_left_to_pintle_run() {
    for kind in ALL {
        let stage = Stage::new();
        stage.pane("bb dev");
        let mut shell = Shell::start(&stage, kind);
        stage.take_ack();
        stage.pane("cc prod");
        let said = shell.line("aws x");
        assert_eq!(said[0], "pintle run aws x", "not with the variables of dev: {shell}");
        assert_eq!(stage.take_ack().as_deref(), Some("?\n"), "nothing was applied: {shell}");
        shell.line("");
        assert_eq!(stage.take_ack(), None, "it is said once: {shell}");
        stage.environment("cc", &[&["__pintle_wrap", "aws", "vars", "EXTRA", "late"]]);
        if kind == Kind::Bash {
            assert_eq!(shell.line("aws x")[0], "pintle run aws x", "{shell}");
        }
        assert_eq!(shell.line("aws x"), ["aws x EXTRA=late"], "{shell}");
        assert_eq!(stage.take_ack().as_deref(), Some("cc\n"), "{shell}");
    }
}

#[test]
fn without_files_or_with_somebody_elses_nothing_happens() {
    for kind in ALL {
        let mut stage = Stage::new();
        stage.pane("aa prod");
        // A link in the place of the folder may lead to anything.
        let run = stage.sandbox.path("elsewhere");
        std::fs::create_dir(&run).expect("a folder");
        symlink(stage.sandbox.path("run/pintle"), run.join("pintle")).expect("a link");
        for runtime in [run, stage.sandbox.path("nowhere")] {
            stage.sandbox.set("XDG_RUNTIME_DIR", runtime);
            let mut shell = Shell::start(&stage, kind);
            assert_eq!(shell.variable("PINTLE_ENV"), "(unset)", "{shell}");
            assert_eq!(shell.line("kubectl get"), ["kubectl get"], "{shell}");
            assert!(!shell.shown_by_now().contains("pintle:"), "{shell}");
        }
    }
}

#[test]
fn a_variable_that_cannot_be_changed_is_named() {
    for kind in [Kind::Bash, Kind::Zsh] {
        let stage = Stage::new();
        stage.pane("aa prod");
        let mut shell = Shell::with(&stage, kind, "readonly AWS_PROFILE=mine", "");
        assert_eq!(shell.line("say $AWS_PROFILE $PINTLE_ENV"), ["mine prod"], "{shell}");
        assert!(shell.shown_by_now().contains("pintle: AWS_PROFILE is read-only"), "{shell}");
        stage.no_pane();
        assert_eq!(shell.line("say $AWS_PROFILE"), ["mine"], "{shell}");
    }
}

#[test]
fn a_pane_of_tmux_is_named_by_its_server_and_number() {
    for kind in ALL {
        let stage = Stage::new();
        // Writes the start-up file.
        drop(Shell::start(&stage, kind));
        let folder = stage.sandbox.path("config").join(kind.name());
        let folder = folder.display();
        let tmux = Tmux::new(&stage.sandbox);
        let pane = tmux.split("%0", "cat");
        tmux.respawn(
            &pane,
            &kind.pick(
                format!("bash --noprofile --rcfile {folder}/bashrc -i"),
                format!("ZDOTDIR={folder} zsh -d -i"),
                "fish -i".to_owned(),
            ),
        );
        let key = format!("{}-{}", tmux.format(&pane, "#{pid}"), pane.trim_start_matches('%'));
        let ack = stage.sandbox.path("run/pintle/shell/ack").join(key);
        eventually("the shell in the pane acknowledges", PATIENCE, || ack.exists().then_some(()));
    }
}

/// The runtime folder goes under a shell (with the last login, mostly): what was applied stays, and commands are left to `pintle run`,
/// which knows what it does not know. When it is back, so is everything.
#[test]
fn when_everything_that_told_it_is_gone_what_was_applied_stays() {
    for kind in ALL {
        let stage = Stage::new();
        stage.pane("bb dev");
        let mut shell = Shell::start(&stage, kind);
        assert_eq!(shell.line("kubectl get"), ["kubectl get AWS_PROFILE=dev EXTRA=plain words"], "{shell}");
        let (here, away) = (stage.sandbox.path("run/pintle"), stage.sandbox.path("away"));
        std::fs::rename(&here, &away).expect("a folder");
        for _ in 0..2 {
            let said = shell.line("kubectl get");
            assert_eq!(said, ["pintle run kubectl get", "kubectl get AWS_PROFILE=dev"], "{shell}");
            assert_eq!((shell.variable("PINTLE_ENV"), shell.variable("AWS_PROFILE")), ("dev".into(), "dev".into()));
        }
        // An empty one in its place is no better.
        std::fs::create_dir(&here).expect("a folder");
        assert_eq!(shell.line("kubectl get")[0], "pintle run kubectl get", "{shell}");
        std::fs::remove_dir(&here).expect("a folder");
        std::fs::rename(&away, &here).expect("a folder");
        shell.line("");
        assert_eq!(shell.line("kubectl get"), ["kubectl get AWS_PROFILE=dev EXTRA=plain words"], "{shell}");
    }
}

/// After a start of the machine nobody has told shells of what was chosen, but it is on the disk: the first shell has a daemon started.
#[test]
fn a_shell_that_nobody_has_told_anything_starts_the_daemon_once() {
    for kind in ALL {
        let stage = Stage::new();
        let default = stage.sandbox.path("run/pintle/shell/default");
        let started = || std::fs::read_to_string(stage.log()).expect("a log").matches("pintle daemon start").count();
        drop(Shell::start(&stage, kind));
        std::fs::remove_file(&default).expect("a file");
        drop(Shell::start(&stage, kind));
        assert_eq!(started(), 0, "nothing was ever chosen");
        let state = stage.sandbox.path("state/pintle");
        std::fs::create_dir_all(&state).expect("a folder");
        std::fs::write(state.join("state.json"), "{}").expect("a file");
        drop(Shell::start(&stage, kind));
        assert_eq!(started(), 1);
        // Rules are something to be told of too.
        std::fs::remove_file(state.join("state.json")).expect("a file");
        drop(Shell::start(&stage, kind));
        assert_eq!(started(), 1);
        let config = stage.sandbox.path("config/pintle");
        std::fs::create_dir_all(&config).expect("a folder");
        std::fs::write(config.join("prefixes.yaml"), "- {preset: kubectl}\n").expect("a file");
        drop(Shell::start(&stage, kind));
        assert_eq!(started(), 2);
        stage.default("dd \n");
        drop(Shell::start(&stage, kind));
        assert_eq!(started(), 2, "somebody has told it");
    }
}

/// What fish keeps for all shells cannot be unset in one of them: commands get an empty one, and it is back with the environment's end.
#[test]
fn a_universal_variable_that_an_environment_hides() {
    let stage = Stage::new();
    stage.environment("aa", &[&["__pintle_unset", "HIDDEN"], &["__pintle_unset", "EXTRA"]]);
    let mut shell = Shell::start(&stage, Kind::Fish);
    shell.line("set -Ux HIDDEN mine; set -U EXTRA plain");
    assert_eq!(shell.line("plain"), ["plain HIDDEN=mine"], "{shell}");
    stage.pane("aa prod");
    shell.line("");
    assert_eq!(shell.line("plain"), ["plain HIDDEN="], "{shell}");
    stage.no_pane();
    shell.line("");
    assert_eq!(shell.line("plain"), ["plain HIDDEN=mine"], "{shell}");
    assert_eq!(shell.line("plain $EXTRA"), ["plain plain HIDDEN=mine"], "{shell}");
}
