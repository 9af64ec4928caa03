//! Other tools' hooks, and being read twice.

use super::{ALL, Kind, Shell, Stage};

fn staged() -> Stage {
    let stage = Stage::new();
    stage.pane("aa prod");
    stage
}

#[test]
fn bash_hooks_in_all_their_forms() {
    for before in [
        "PROMPT_COMMAND='say hook $? ${PIPESTATUS[@]} $PINTLE_ENV'",
        "PROMPT_COMMAND=('say hook $? ${PIPESTATUS[@]} $PINTLE_ENV' 'say second $?')",
    ] {
        let stage = staged();
        let mut shell = Shell::with(&stage, Kind::Bash, before, "");
        let second: &[&str] = if before.contains("second") { &["second 3"] } else { &[] };
        assert_eq!(shell.line("(exit 5) | (exit 3)"), [&["hook 3 5 3 prod"], second].concat(), "{shell}");
        // They see what holds now, not what held at the last prompt; and the same status when there was something to do.
        stage.pane("bb dev");
        assert_eq!(shell.line("(exit 5) | (exit 3)"), [&["hook 3 5 3 dev"], second].concat(), "{shell}");
    }
    // Added behind us, to the string and to the array.
    for after in [
        "PROMPT_COMMAND=\"say first \\$?;$PROMPT_COMMAND\"",
        "PROMPT_COMMAND+=('say first $?')",
        "PROMPT_COMMAND+=';say first $?'",
    ] {
        let stage = staged();
        let mut shell = Shell::with(&stage, Kind::Bash, "", after);
        assert_eq!(shell.line("(exit 3)"), ["first 3"], "{shell}");
        assert_eq!(shell.status, "3", "{shell}");
        assert_eq!(shell.variable("PINTLE_ENV"), "prod\nfirst 0", "{shell}");
    }
}

/// The branch for bash before 5.1, where PROMPT_COMMAND is a string: PIPESTATUS is lost there for the hooks behind ours, `$?` is not.
#[test]
fn a_string_of_bash_hooks_stays_one() {
    let stage = staged();
    let text = std::fs::read_to_string(Stage::script("bash")).expect("the script");
    assert!(text.contains(">= 501"), "the version that arrays came with");
    let old = stage.sandbox.path("home/old.bash");
    std::fs::write(&old, text.replace(">= 501", ">= 9901")).expect("a script");
    let before = format!("PROMPT_COMMAND='say hook $? $PINTLE_ENV'; source {}", old.display());
    let mut shell = Shell::with(&stage, Kind::Bash, &before, "");
    assert_eq!(shell.line("(exit 3)"), ["hook 3 prod"], "{shell}");
    let said = shell.line("say ${#PROMPT_COMMAND[@]} \"$PROMPT_COMMAND\"");
    assert_eq!(said[0], "1 __pintle_prompt; say hook $? $PINTLE_ENV", "{shell}");
    // Under `set -e` ours must not hand the user's status on, which would end the shell.
    shell.line("set -e");
    shell.line("! true");
    assert_eq!(shell.line("say alive")[0], "alive", "{shell}");
}

#[test]
fn a_debug_trap_is_left_alone() {
    for kind in [Kind::Bash, Kind::Zsh] {
        let stage = staged();
        let mut shell = Shell::with(&stage, kind, "", "trap 'say debug' DEBUG");
        let said = shell.line("kubectl get");
        assert!(said.contains(&"debug".to_owned()), "{shell}");
        shell.line("trap - DEBUG");
        let said = shell.line("trap -p DEBUG >> $LOG 2>&1; say end");
        assert_eq!(said.last().map(String::as_str), Some("end"), "{shell}");
    }
}

#[test]
fn zsh_and_fish_hooks() {
    let zsh = "theirs() { say hook $? $pipestatus $PINTLE_ENV }; precmd_functions=(theirs)";
    let fish = "function theirs --on-event fish_prompt; say hook $status $pipestatus; end";
    for (kind, before) in [(Kind::Zsh, zsh), (Kind::Fish, fish)] {
        let stage = staged();
        let mut shell = Shell::with(&stage, kind, before, "");
        let env = |name| if kind == Kind::Zsh { format!(" {name}") } else { String::new() };
        let failing = "sh -c 'exit 5' | sh -c 'exit 3'";
        assert_eq!(shell.line(failing), [format!("hook 3 5 3{}", env("prod"))], "{shell}");
        stage.pane("bb dev");
        assert_eq!(shell.line(failing), [format!("hook 3 5 3{}", env("dev"))], "{shell}");
        assert_eq!(shell.status, "3", "{shell}");
    }
}

#[test]
fn reading_it_twice_changes_nothing() {
    for kind in ALL {
        let mut stage = staged();
        stage.sandbox.set("AWS_PROFILE", "mine");
        let mut once = Shell::with(&stage, kind, "", "");
        // Everything a shell can tell about itself, but for counters.
        let all = kind.pick(
            "set +o history; { declare -p; declare -f; trap; } > $HOME/state; say done",
            "{ typeset; functions; trap } > $HOME/state; say done",
            "begin; set; functions; for f in (functions -a); functions $f; end; end > $HOME/state; say done",
        );
        let state = |shell: &mut Shell| -> Vec<String> {
            shell.line(all);
            let text = std::fs::read(stage.sandbox.path("home/state")).expect("a state");
            String::from_utf8_lossy(&text)
                .lines()
                .filter(|line| line.contains("pintle") || line.contains("AWS"))
                .map(str::to_owned)
                .collect()
        };
        let before = state(&mut once);
        drop(once);
        let mut twice = Shell::with(&stage, kind, "", &format!("{}\n{0}", kind.init()));
        twice.line("");
        assert_eq!(state(&mut twice), before, "{twice}");
        twice.line(&kind.init());
        assert_eq!(twice.line("kubectl get"), ["pintle run kubectl get", "kubectl get AWS_PROFILE=prod"], "{twice}");
        stage.no_pane();
        twice.line(&kind.init());
        assert_eq!(twice.variable("AWS_PROFILE"), "mine", "{twice}");
    }
}
