//! What a Tab makes of a line of pintle's own, in real shells with the scripts of `pintle completions`, asked from a real daemon.

use std::path::PathBuf;

use super::{ALL, Kind, Shell, Stage};
use crate::support::{fake_agent, pintle};

/// A project with a daemon, and shells in it.
struct Desk {
    stage: Stage,
    root: PathBuf,
}

impl Desk {
    fn new() -> Self {
        let stage = Stage::new();
        stage.program("pintle", &format!("#!/bin/sh\nexec {} \"$@\"\n", pintle().display()));
        let root = stage.sandbox.project();
        let desk = Self { stage, root };
        desk.pintle(&["init"]);
        desk
    }

    #[track_caller]
    fn pintle(&self, args: &[&str]) {
        self.stage.sandbox.pintle(args).current_dir(&self.root).stdin("about {{YY}}\n").ok();
    }

    fn shell(&self, kind: Kind) -> Shell {
        let cd = format!("cd {}", self.root.display());
        let after = kind.pick(
            "eval \"$(pintle completions bash)\"\nargs() { printf '[%s]' \"$@\"; echo; } >> \"$LOG\"",
            "autoload -Uz compinit; compinit -u -D; eval \"$(pintle completions zsh)\"\n\
             args() { printf '[%s]' \"$@\"; echo } >> \"$LOG\"",
            "pintle completions fish | source\nfunction args; printf '[%s]' $argv >>$LOG; echo >>$LOG; end",
        );
        Shell::with(&self.stage, kind, &cd, after)
    }
}

/// The words of a line with Tabs in it. It does not run: a word is put in front of it that says them.
#[track_caller]
fn check(shell: &mut Shell, line: &str, expected: &str) {
    let said = shell.line(&format!("{line}\x01args "));
    assert_eq!(said, [format!("[pintle]{expected}")], "{:?}: {line:?}\n{shell}", shell.kind);
}

#[test]
fn what_goes_on_behind_a_sign_is_one_word() {
    let desk = Desk::new();
    desk.pintle(&["template", "save", "fix", "--file", "-", "--agent", "terminal"]);
    desk.pintle(&["agent", "save", "bom", "--agent-type", "terminal"]);
    for kind in ALL {
        let mut shell = desk.shell(kind);
        for typed in ["", "Y", "YY="] {
            let expected = "[spawn][--template][fix][--var][YY=x]";
            check(&mut shell, &format!("pintle spawn --template fix --var {typed}\tx"), expected);
            let expected = "[spawn][--template][fix][--var=YY=x]";
            check(&mut shell, &format!("pintle spawn --template fix --var={typed}\tx"), expected);
        }
        check(&mut shell, "pintle swarm save s --roster bo\tx", "[swarm][save][s][--roster][bom][x]");
        check(&mut shell, "pintle swarm save s --roster bom:\t2", "[swarm][save][s][--roster][bom:2]");
        check(&mut shell, "pintle attach --replay=sc\tx", "[attach][--replay=screen][x]");
        check(&mut shell, "pintle att\tx", "[attach][x]");
    }
}

#[test]
fn names_that_need_quotes_get_them() {
    let desk = Desk::new();
    let hostile =
        ["two words", "x;touch pwned", "$(touch pwned)", "it's", "q\"uote", "`touch pwned`", "a*b", "!!", "~"];
    for name in hostile {
        desk.pintle(&["spawn", "--name", name, "--command", &fake_agent(&["listen"])]);
    }
    for kind in ALL {
        let mut shell = desk.shell(kind);
        for typed in ["two", "two\\ w", "\"two w", "'two w"] {
            check(&mut shell, &format!("pintle attach {typed}\t"), "[attach][two words]");
        }
        check(&mut shell, "pintle attach x\t", "[attach][x;touch pwned]");
        check(&mut shell, "pintle attach '$(t\t", "[attach][$(touch pwned)]");
        check(&mut shell, "pintle attach \\$\t", "[attach][$(touch pwned)]");
        check(&mut shell, "pintle attach it\t", "[attach][it's]");
        check(&mut shell, "pintle attach q\t", "[attach][q\"uote]");
        check(&mut shell, "pintle attach \\`\t", "[attach][`touch pwned`]");
        check(&mut shell, "pintle kill two\\ words x\t", "[kill][two words][x;touch pwned]");
    }
    assert!(!desk.root.join("pwned").exists(), "a name was run");
}
