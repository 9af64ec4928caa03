//! Completion of a wrapped command is the command's own.

use super::{ALL, Kind, Shell, Stage};

/// What people have for kubectl, in each shell's own way. It asks the command itself, as cobra's completions do.
pub fn completion(kind: Kind) -> &'static str {
    kind.pick(
        "_k() { COMPREPLY=($(compgen -W \"$(kubectl __complete)\" -- \"$2\")); }; complete -F _k kubectl",
        "autoload -Uz compinit; compinit -u -D; _k() { compadd -- $(kubectl __complete) }; compdef _k kubectl",
        "complete -c kubectl -f -a '(kubectl __complete)'",
    )
}

#[test]
fn a_tab_asks_the_command_with_its_rules() {
    let fake = "#!/bin/bash\nif [[ $1 == __complete ]]; then echo \"restart-$EXTRA\"; else echo \"kubectl $*\" >> \"$LOG\"; fi\n";
    for kind in ALL {
        for before in [true, false] {
            let stage = Stage::new();
            stage.pane("cc prod");
            stage.environment("cc", &[&["__pintle_wrap", "kubectl", "vars", "EXTRA", "prod"]]);
            stage.program("kubectl", fake);
            let texts = if before { (completion(kind), "") } else { ("", completion(kind)) };
            let mut shell = Shell::with(&stage, kind, texts.0, texts.1);
            assert_eq!(shell.line("kubectl res\t"), ["kubectl restart-prod"], "{shell}");
            if kind == Kind::Bash {
                assert_eq!(shell.line("complete -p kubectl >> $LOG"), ["complete -F _k kubectl"], "{shell}");
            }
        }
    }
}
