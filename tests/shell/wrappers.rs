//! A wrapped command is the command, as far as anybody can tell.

use std::fs;

use super::{ALL, Kind, Shell, Stage};
use crate::support::wait::within;
use crate::support::{PATIENCE, eventually, process};

/// In `aa` kubectl goes through `pintle run`, in `bb` aws and kubectl are given variables.
fn staged(line: &str) -> Stage {
    let stage = Stage::new();
    stage.pane(line);
    stage
}

#[test]
fn aliases_of_the_same_name_go_on_working() {
    let alias = |kind: Kind| kind.pick("alias kubectl='kubectl --v'", "alias kubectl='kubectl --v'", "");
    for kind in [Kind::Bash, Kind::Zsh] {
        let stage = staged("aa prod");
        for (before, after) in [(alias(kind), ""), ("", alias(kind)), (alias(kind), alias(kind))] {
            let mut shell = Shell::with(&stage, kind, before, after);
            let said = shell.line("kubectl get");
            assert_eq!(said, ["pintle run kubectl --v get", "kubectl --v get AWS_PROFILE=prod"], "{shell}");
            assert_eq!(shell.variable("PINTLE_ENV"), "prod", "{shell}");
        }
    }
    // What people alias, and what a global alias in zsh would break.
    let hostile =
        "alias command='false' builtin='false' local='local ' sudo='sudo ' printf='false' read='false' export='false'";
    for (kind, more) in [(Kind::Bash, ""), (Kind::Zsh, "\nalias -g kubectl='kubectl' K='| less'")] {
        let stage = staged("bb dev");
        let mut shell = Shell::with(&stage, kind, &format!("{hostile}{more}"), "");
        assert_eq!(shell.line("aws x")[0], "aws x AWS_PROFILE=dev EXTRA=it's \\ \"$HOME\" `x`", "{shell}");
    }
    let stage = staged("aa prod");
    let mut shell = Shell::with(&stage, Kind::Fish, "abbr -a kubectl 'kubectl --v'; alias k kubectl", "");
    assert_eq!(shell.line("k get")[0], "pintle run kubectl get", "{shell}");
}

#[test]
fn a_function_of_the_users_own_stays() {
    for kind in ALL {
        let stage = staged("aa prod");
        let own = kind.pick(
            "kubectl() { say own \"$@\"; }",
            "kubectl() { say own \"$@\"; }",
            "function kubectl; say own $argv; end",
        );
        let mut shell = Shell::with(&stage, kind, own, "");
        assert_eq!(shell.line("kubectl get"), ["own get"], "{shell}");
        drop(shell);
        // One that comes later too, in the next environment and behind it.
        let mut shell = Shell::with(&stage, kind, "", own);
        assert_eq!(shell.line("kubectl get"), ["own get"], "{shell}");
        stage.pane("bb dev");
        assert_eq!(shell.line("kubectl get"), ["own get"], "{shell}");
        stage.no_pane();
        shell.line("");
        assert_eq!(shell.line("kubectl get"), ["own get"], "{shell}");
    }
}

#[test]
fn status_and_pipes() {
    for kind in ALL {
        for line in ["aa prod", "bb dev"] {
            let mut stage = staged(line);
            stage.sandbox.set("FAKE_EXIT", "7");
            let mut shell = Shell::start(&stage, kind);
            shell.line("kubectl");
            assert_eq!(shell.status, "7", "{shell}");
            let said = shell.line(kind.pick(
                "true | kubectl | false; say ${PIPESTATUS[@]}",
                "true | kubectl | false; say $pipestatus",
                "true | kubectl | false; say $pipestatus",
            ));
            assert_eq!(said.last().map(String::as_str), Some("0 7 1"), "{shell}");
            let said = shell.line(kind.pick(
                "kubectl; say \"$? ${PIPESTATUS[@]}\"",
                "kubectl; say \"$? $pipestatus\"",
                "kubectl; say $status $pipestatus",
            ));
            assert_eq!(said.last().map(String::as_str), Some("7 7"), "{shell}");
            // What the user's prompt sees is the user's, also when the prompt before it had something to apply.
            shell.line("false | true | false");
            assert_eq!(shell.status, "1", "{shell}");
            stage.pane(if line == "aa prod" { "bb dev" } else { "aa prod" });
            shell.line(kind.pick("(exit 3) | (exit 4)", "(exit 3) | (exit 4)", "sh -c 'exit 3' | sh -c 'exit 4'"));
            assert_eq!(shell.status, "4", "{shell}");
            let asked = kind.pick("say ${PIPESTATUS[@]}", "say $pipestatus", "say $pipestatus");
            assert_eq!(shell.line(asked), ["3 4"], "{shell}");
        }
    }
}

#[test]
fn options_of_the_user_are_met_and_kept() {
    let bash =
        "set -u; set -e; set -f; set -C; shopt -s nocasematch extdebug; set -E -T; trap 'say trapped' ERR; IFS=:kp";
    let zsh = "setopt err_exit no_unset no_glob no_clobber ksh_arrays sh_word_split warn_create_global glob_subst err_return; IFS=:kp";
    for (kind, options, shown) in [
        (Kind::Bash, bash, "say \"$- $IFS\"; shopt -p nocasematch extdebug >> \"$LOG\""),
        (Kind::Zsh, zsh, "say \"$IFS\"; setopt >>| \"$LOG\""),
    ] {
        let stage = Stage::new();
        let plain = Shell::with(&stage, kind, "", "").line("true");
        assert!(plain.is_empty());
        let mut shell = Shell::with(&stage, kind, options, "");
        let before = shell.line(shown);
        assert!(!before.is_empty());
        for pane in ["aa prod", "bb dev", "cc none", "aa prod", "dd "] {
            stage.pane(pane);
            // The shell would be gone after a failure of ours.
            let said = shell.line("kubectl '*' \"a b\"");
            assert!(said.last().is_some_and(|line| line.starts_with(r"kubectl \* a\ b")), "{said:?} {shell}");
            assert_eq!(shell.line(shown), before, "{shell}");
        }
        stage.no_pane();
        assert_eq!(shell.line(shown), before, "{shell}");
        // No warning, no trace of ours.
        assert!(!shell.shown_by_now().contains("__pintle"), "{shell}");
        // A user's own failure under `if` is no end of the shell either.
        shell.line("if ! false; then ! true || false || :; fi");
        assert_eq!(shell.line("say alive"), ["alive"], "{shell}");
    }
}

#[test]
fn stopping_and_going_on() {
    for kind in ALL {
        for line in ["aa prod", "bb dev"] {
            let stage = staged(line);
            let pid = || fs::read_to_string(stage.sandbox.path("home/pid")).ok()?.trim().parse().ok();
            let state = || process::stat(pid()?).map(|stat| stat.state);
            stage.program("aws", "#!/bin/bash\necho $$ > \"$HOME/pid\"\necho started >> \"$LOG\"\nread -r line\necho \"read $line\" >> \"$LOG\"\nexit 5\n");
            stage.environment("aa", &[&["__pintle_wrap", "aws", "run"]]);
            let mut shell = Shell::start(&stage, kind);
            for _ in 0..2 {
                shell.type_bytes(b"aws x\r");
                shell.said("started");
                shell.type_bytes(b"\x1a");
                shell.prompt();
                // Nothing of the wrapper has run on: the status is that of the stopped command.
                assert!(shell.status == "148" || kind != Kind::Bash, "{} {shell}", shell.status);
                assert_eq!(shell.line("say between"), ["between"], "{shell}");
                assert_eq!(state(), Some('T'), "{shell}");
                shell.type_bytes(b"fg\r");
                // Typed for the command, which has the terminal again.
                eventually("it goes on", PATIENCE, || (state() != Some('T')).then_some(()));
                shell.type_bytes(b"word\r");
                assert_eq!(shell.prompt(), ["read word"], "{shell}");
                // zsh and fish do so for every function that was stopped: what it returns is lost.
                assert_eq!(shell.status, kind.pick("5", "0", "0"), "{shell}");
            }
        }
    }
}

#[test]
fn arguments_arrive_unchanged() {
    let raw = "#!/bin/bash\nprintf '%s\\0' \"$@\" > \"$RAW\"\n";
    let long = "x".repeat(100_000);
    let words: Vec<Vec<u8>> = [
        "", "a b", "*", "$HOME", "`x`", "it's", "\"", "\\", "a\nb\n", "\n", "-n", "--", "~", "{a,b}", "été", "\t",
        "!!", "#", "[a]", "=ls", &long,
    ]
    .iter()
    .map(|word| word.as_bytes().to_vec())
    .chain([vec![0xff, b'x', 0x80], (1..=255).collect()])
    .collect();
    let expected: Vec<u8> = words.iter().flat_map(|word| [word.as_slice(), b"\0"].concat()).collect();
    for kind in ALL {
        for line in ["aa prod", "bb dev", "ee both"] {
            let mut stage = staged(line);
            stage.environment("ee", &[&["__pintle_wrap", "kubectl", "vars", "-u", "HIDDEN"]]);
            stage.program("kubectl", raw);
            stage.sandbox.set("RAW", stage.sandbox.path("raw"));
            let mut script = b"kubectl".to_vec();
            for word in &words {
                script.push(b' ');
                quote(kind, word, &mut script);
            }
            fs::write(stage.sandbox.path("script"), [&script[..], b"\n"].concat()).expect("a script");
            let mut shell = Shell::start(&stage, kind);
            shell.line(&format!("source {}", stage.sandbox.path("script").display()));
            assert_eq!(shell.status, "0", "{shell}");
            let came = fs::read(stage.sandbox.path("raw")).unwrap_or_default();
            assert!(came == expected, "{line}: {} bytes came, not {}: {shell}", came.len(), expected.len());
        }
    }
}

fn quote(kind: Kind, word: &[u8], into: &mut Vec<u8>) {
    into.push(b'\'');
    for &byte in word {
        match (kind, byte) {
            (Kind::Fish, b'\'' | b'\\') => into.extend([b'\\', byte]),
            (_, b'\'') => into.extend(br"'\''"),
            _ => into.push(byte),
        }
    }
    into.push(b'\'');
}

#[test]
fn variables_are_the_commands_alone() {
    for kind in ALL {
        let mut stage = staged("bb dev");
        stage.sandbox.set("HIDDEN", "theirs");
        stage.sandbox.set("EXTRA", "theirs");
        let mut shell = Shell::start(&stage, kind);
        assert_eq!(shell.line("aws x"), ["aws x AWS_PROFILE=dev EXTRA=it's \\ \"$HOME\" `x`"], "{shell}");
        assert_eq!(shell.variable("HIDDEN"), "theirs", "{shell}");
        assert_eq!(shell.variable("EXTRA"), "theirs", "{shell}");
    }
}

#[test]
fn odd_names_are_wrapped_and_the_shells_own_are_not() {
    for kind in ALL {
        let stage = staged("cc prod");
        let vars = ["__pintle_wrap", "docker-compose", "vars", "EXTRA", "1"];
        stage.environment(
            "cc",
            &[
                &vars,
                &["__pintle_wrap", "test", "run"],
                &["__pintle_wrap", "read", "run"],
                &["__pintle_wrap", "if", "run"],
            ],
        );
        let mut shell = Shell::start(&stage, kind);
        assert_eq!(shell.line("docker-compose up"), ["docker-compose up EXTRA=1"], "{shell}");
        let said = shell.either("if test -n x; then say yes; fi", "if test -n x; say yes; end");
        assert_eq!(said, ["yes"], "{shell}");
    }
}

#[test]
fn without_pintle_a_command_with_rules_is_refused() {
    for kind in ALL {
        let stage = staged("aa prod");
        fs::remove_file(stage.sandbox.path("bin/pintle")).expect("the fake");
        let mut shell = Shell::start(&stage, kind);
        assert_eq!(shell.line("kubectl get"), [""; 0], "{shell}");
        assert_eq!(shell.status, "127", "{shell}");
        let told =
            "pintle: not found, and kubectl has rules here (environment prod); install pintle, or run it without";
        let is_told = || shell.shown().replace(['\r', '\n'], "").contains(told).then_some(());
        // What the terminal shows and what a prompt writes come by two ways.
        assert!(within(PATIENCE, is_told).is_some(), "{shell}");
        assert_eq!(shell.line("command kubectl get"), ["kubectl get AWS_PROFILE=prod"], "{shell}");
        // Rules that only set variables need nobody.
        stage.pane("bb dev");
        assert_eq!(shell.line("kubectl get"), ["kubectl get AWS_PROFILE=dev EXTRA=plain words"], "{shell}");
    }
}

#[test]
fn nothing_is_left_of_a_wrapper_but_in_bash() {
    for kind in ALL {
        let stage = staged("aa prod");
        let mut shell = Shell::start(&stage, kind);
        let asked = kind.pick(
            "declare -F kubectl > /dev/null; say $?",
            "say $+functions[kubectl]",
            "functions -q kubectl; say $status",
        );
        assert_eq!(shell.line(asked), [kind.pick("0", "1", "0")], "{shell}");
        stage.no_pane();
        shell.line("");
        // bash cannot tell whether it is still ours: it stays, and runs the plain command.
        assert_eq!(shell.line(asked), [kind.pick("0", "0", "1")], "{shell}");
        assert_eq!(shell.line("kubectl get"), ["kubectl get"], "{shell}");
    }
}
