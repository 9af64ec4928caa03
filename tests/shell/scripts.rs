//! What can be said of the scripts as texts. `scripts/lint.sh` has shellcheck for the one in bash.

use super::{ALL, Kind, Stage};
use crate::support::Sandbox;

#[test]
fn each_shell_can_read_its_own() {
    let sandbox = Sandbox::new();
    for kind in ALL {
        sandbox.run(kind.name(), &["-n".as_ref(), Stage::script(kind.name()).as_os_str()]).ok();
    }
}

#[test]
fn bash_is_that_of_3_2() {
    let text = std::fs::read_to_string(Stage::script(Kind::Bash.name())).expect("the script");
    let code: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.starts_with('#')).collect();
    // What came later: associative arrays and references, `${x,,}`, mapfile, `&>>`, `|&`, `;&`, named descriptors, `${x: -1}` in
    // arrays, `-v`, `printf %(…)T`, `wait -n`, `$EPOCHREALTIME`. (`${x@a}` is evaluated as a string, where there is one.)
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
        "coproc {",
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
