//! What can be said of the scripts as texts. `scripts/lint.sh` has shellcheck for the one in bash.

use super::{ALL, Kind, Shell, Stage};
use crate::support::Sandbox;

#[test]
fn each_shell_can_read_its_own() {
    let sandbox = Sandbox::new();
    for kind in ALL {
        sandbox.run(kind.name(), &["-n".as_ref(), Stage::script(kind.name()).as_os_str()]).ok();
    }
}

/// In the ways of other versions and standards that a bash can be told to follow.
#[test]
fn bash_with_other_manners() {
    for manner in [
        "set -o posix",
        "set +o posix",
        "shopt -s compat31",
        "shopt -s compat32",
        "shopt -s compat44",
        "BASH_COMPAT=4.2",
    ] {
        let mut stage = Stage::new();
        stage.sandbox.set("AWS_PROFILE", "mine");
        stage.pane("aa prod");
        stage.environment(
            "cc",
            &[
                &["__pintle_unset", "AWS_PROFILE"],
                &["__pintle_wrap", "docker-compose", "vars", "EXTRA", "it's"],
                &["__pintle_wrap", "aws", "vars", "EXTRA", "a b", "-u", "HIDDEN"],
            ],
        );
        let mut shell = Shell::with(&stage, Kind::Bash, manner, "");
        assert_eq!(
            shell.line("kubectl get"),
            ["pintle run kubectl get", "kubectl get AWS_PROFILE=prod"],
            "{manner}: {shell}"
        );
        stage.pane("cc dev");
        assert_eq!(
            shell.line("docker-compose up"),
            ["docker-compose up AWS_PROFILE=prod"],
            "not known yet: {manner}: {shell}"
        );
        assert_eq!(shell.line("docker-compose up"), ["docker-compose up EXTRA=it's"], "{manner}: {shell}");
        assert_eq!(shell.line("HIDDEN=1 aws x"), ["aws x EXTRA=a b"], "{manner}: {shell}");
        shell.line("(exit 3)");
        assert_eq!(shell.status, "3", "{manner}: {shell}");
        stage.no_pane();
        assert_eq!(shell.line(":"), [""; 0], "{manner}: {shell}");
        assert_eq!(shell.variable("AWS_PROFILE"), "mine", "{manner}: {shell}");
        assert_eq!(shell.line("kubectl get"), ["kubectl get AWS_PROFILE=mine"], "{manner}: {shell}");
        assert!(!shell.shown_by_now().contains("not a valid identifier"), "{manner}: {shell}");
    }
}

fn bash() -> String {
    std::fs::read_to_string(Stage::script(Kind::Bash.name())).expect("the script")
}

/// Its lines, but for comments and a list of words in quotes.
fn code_of(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.starts_with('#') && !line.starts_with("__pintle_builtins=")).collect()
}

#[test]
fn bash_is_that_of_3_2() {
    let text = bash();
    let code = code_of(&text);
    // What came later: associative arrays and references, `${x,,}`, mapfile, `&>>`, `|&`, `;&`, named descriptors, `${x: -1}` in
    // arrays, `-v`, `printf %(…)T` and into elements, `wait -n`, `read -N`, `local -`, variables such as `$EPOCHREALTIME`, letters by
    // number. (`${x@a}` is evaluated as a string, where there is one.)
    for late in [
        "declare -A",
        "local -A",
        "typeset -A",
        "-n \"",
        "local -n",
        "declare -n",
        "declare -g",
        ",,}",
        "^^}",
        "mapfile -",
        "readarray -",
        "&>>",
        "|&",
        ";&",
        "{fd}",
        "[-1]",
        "[[ -v",
        "%(",
        "wait -n",
        "EPOCH",
        "coproc ",
        "BASH_ARGV0",
        "BASH_XTRACEFD",
        "PS0",
        "SRANDOM",
        "printf -v \"$",
        "READLINE_",
        "read -N",
        "read -i",
        "globstar",
        "$'\\u",
        "inherit_errexit",
        "ulimit -R",
        "shopt -s lastpipe",
        "BASHPID",
    ] {
        let found: Vec<_> = code
            .iter()
            .filter(|line| line.contains(late) && !(late == "-n \"" && line.contains("export -n")))
            .collect();
        assert!(found.is_empty(), "{late}: {found:?}");
    }
    // Before 4.4, an empty array is an unset one: `"${a[@]}"` alone fails under `set -u`.
    for line in code.iter().filter(|line| line.contains("[@]}")) {
        let guarded = line.contains("[@]+") || line.contains("PROMPT_COMMAND=(");
        assert!(guarded, "{line}");
    }
}

#[test]
fn bash_expands_as_3_2_does() {
    let text = bash();
    let code = code_of(&text);
    for line in &code {
        let has = |pattern: &str| regex::Regex::new(pattern).expect("a pattern").is_match(line);
        // `${x@Q}` and the like, `a[-1]`, `${x:0:-1}`, `printf -v a[i]`, `{1..9..2}`.
        let late = [
            (r"\$\{\w+(\[[^]]*\])?@[A-Za-z]\}", "\\${$1@a}"),
            (r"\w\[-\d", ""),
            (r"\$\{\w+:[^}:]+:\s*-", ""),
            (r"printf -v \w+\[", ""),
            (r"\{\w+\.\.\w+\.\.", ""),
            (r"local -(\s|$)", ""),
            // 3.2 counts the `)` of a `case` in it as the end. No process is started either, so there is none at all.
            (r"\$\([^(]|`", ""),
        ];
        for (pattern, but) in late {
            assert!(!has(pattern) || (!but.is_empty() && line.contains(but)), "{pattern}: {line}");
        }
    }
}
