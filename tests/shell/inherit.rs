//! Shells that are started from other shells, and shells that nobody sits at.

use super::{ALL, Shell, Stage};

/// A pane in `prod`, of a user who has one variable of the two that it sets.
fn staged() -> Stage {
    let mut stage = Stage::new();
    stage.sandbox.set("AWS_PROFILE", "mine  =1");
    stage.environment("aa", &[&["__pintle_set", "AWS_PROFILE", "prod=x"], &["__pintle_set", "EXTRA", "prod"]]);
    stage.pane("aa prod");
    stage
}

#[test]
fn what_another_pane_left_in_the_variables_is_undone() {
    for outer in ALL {
        for inner in ALL {
            let stage = staged();
            let mut shell = Shell::start(&stage, outer);
            let undo =
                shell.line("printenv PINTLE_UNDO >>$LOG; printenv AWS_PROFILE EXTRA PINTLE_ENV PINTLE_PANE >>$LOG");
            assert_eq!(&undo[1..], ["prod=x", "prod", "prod", "4711-3"], "{shell}");
            drop(shell);
            // As a tmux server would hand it on that was started from that shell.
            let mut other = staged();
            for (name, value) in [
                ("PINTLE_UNDO", undo[0].as_str()),
                ("AWS_PROFILE", "prod=x"),
                ("EXTRA", "prod"),
                ("PINTLE_ENV", "prod"),
                ("PINTLE_PANE", "4711-3"),
                ("TMUX_PANE", "%4"),
            ] {
                other.sandbox.set(name, value);
            }
            let mut shell = Shell::start(&other, inner);
            assert_eq!(shell.variable("AWS_PROFILE"), "mine  =1", "{outer:?} {shell}");
            for name in ["EXTRA", "PINTLE_ENV", "PINTLE_UNDO"] {
                assert_eq!(shell.variable(name), "(unset)", "{outer:?} {name} {shell}");
            }
            assert_eq!(shell.variable("PINTLE_PANE"), "4711-4", "{shell}");
            drop(shell);
            // What somebody has changed on the way is the user's.
            other.sandbox.set("AWS_PROFILE", "newer");
            let mut shell = Shell::start(&other, inner);
            assert_eq!(shell.variable("AWS_PROFILE"), "newer", "{outer:?} {shell}");
        }
    }
}

#[test]
fn a_shell_in_the_shell_leaves_the_environment_as_well() {
    for outer in ALL {
        for inner in ALL {
            let stage = staged();
            // Writes the inner one's start-up file.
            drop(Shell::start(&stage, inner));
            let mut shell = Shell::start(&stage, outer);
            let folder = stage.sandbox.path("config").join(inner.name());
            let folder = folder.display();
            shell.line(&inner.pick(
                format!("exec bash --noprofile --rcfile {folder}/bashrc -i"),
                format!("exec env ZDOTDIR={folder} zsh -d -i"),
                "exec fish -i".to_owned(),
            ));
            shell.kind = inner;
            assert_eq!(shell.variable("AWS_PROFILE"), "prod=x", "{outer:?} {shell}");
            stage.no_pane();
            shell.line("");
            assert_eq!(shell.variable("AWS_PROFILE"), "mine  =1", "{outer:?} {shell}");
            assert_eq!(shell.variable("EXTRA"), "(unset)", "{outer:?} {shell}");
        }
    }
}

/// In the shell itself everything comes back, whatever is in it. What an environment hides is not handed on either, so that a shell that
/// is started there does without it, and so does one in which the environment is left.
#[test]
fn what_is_hidden_comes_back_in_the_shell_that_hid_it() {
    for kind in ALL {
        let mut stage = Stage::new();
        stage.sandbox.set("SECRET", "mine =1");
        stage.sandbox.set("ODD", "a\u{1e}b\u{1f}c");
        stage.environment("aa", &[&["__pintle_unset", "SECRET"], &["__pintle_set", "ODD", "prod"]]);
        stage.pane("aa prod");
        let mut shell = Shell::start(&stage, kind);
        assert_eq!(shell.variable("SECRET"), "(unset)", "{shell}");
        assert_eq!(shell.variable("ODD"), "prod", "{shell}");
        let told = shell.line("printenv PINTLE_UNDO >>$LOG").concat();
        assert_eq!(told, "ODD=prod\u{1f}-\u{1e}", "nothing of what is hidden, nor what cannot be told: {shell}");
        stage.no_pane();
        shell.line("");
        assert_eq!(shell.variable("SECRET"), "mine =1", "{shell}");
        assert_eq!(shell.variable("ODD"), "a\u{1e}b\u{1f}c", "{shell}");
    }
}

#[test]
fn a_script_gets_no_functions_but_the_folder_of_shims() {
    for kind in ALL {
        let stage = staged();
        let shims = stage.sandbox.path("run/pintle/shims");
        let path =
            kind.pick("say() { echo \"$PATH\"; }", "say() { echo $PATH }", "function say; string join : -- $PATH; end");
        let names = kind.pick("declare -F; compgen -v", "print -l ${(k)functions}; typeset", "functions -a; set -n");
        let script = format!("{path}\n{}\n{0}\nsay; {names}", kind.init());
        let flags: &[&str] = kind.pick(&["--norc", "-c"], &["-f", "-c"], &["--no-config", "-c"]);
        let printed = stage.sandbox.run(kind.name(), &[flags, &[script.as_str()]].concat()).ok();
        let (first, rest) = printed.split_once('\n').expect("a path and names");
        assert!(first.starts_with(&format!("{}:", shims.display())), "{kind:?} {first}");
        assert_eq!(first.matches("pintle/shims").count(), 1, "{kind:?} {first}");
        assert!(!rest.contains("__pintle"), "{kind:?}:\n{rest}");
    }
}

#[test]
fn it_says_nothing_of_its_own_accord() {
    for kind in ALL {
        let stage = staged();
        std::fs::remove_dir_all(stage.sandbox.path("run/pintle")).expect("the runtime folder");
        std::fs::remove_file(stage.sandbox.path("bin/pintle")).expect("the fake");
        for flags in [["-c"].as_slice(), &["-i", "-c"]] {
            let finished =
                stage.sandbox.run(kind.name(), &[flags, &[&format!("{}\ntrue", kind.init())]].concat()).finish();
            // Without a terminal, bash complains about its own job control.
            let said: Vec<&str> = finished.stderr.lines().filter(|line| !line.starts_with("bash: ")).collect();
            assert!(finished.success() && finished.stdout.is_empty() && said.is_empty(), "{finished}");
        }
    }
}
