//! Beside tools that make the prompt. Both sides keep what they have: the tool shows the last command's status and the environment that
//! holds now, we are called once a prompt.
//!
//! liquidprompt is Debian's, for bash and zsh. starship, which is in no Debian before 13, is tried where it is on PATH.

use std::fs;

use super::{ALL, Kind, Shell, Stage};
use crate::support::PATIENCE;
use crate::support::wait::within;

/// Without colours, and with what the test looks for.
const STARSHIP: &str = "\
add_newline = false
format = \"$status${env_var.PINTLE_ENV}> \"
[status]
disabled = false
format = \"status=$status \"
success_symbol = \"0\"
[env_var.PINTLE_ENV]
format = \"env=$env_value\"
";

const LIQUIDPROMPT: &str = "\
LP_ENABLE_COLOR=0 LP_ENABLE_LOAD=0 LP_ENABLE_BATT=0 LP_ENABLE_TEMP=0 LP_ENABLE_TITLE=0 LP_ENABLE_ERROR=1
LP_ENABLE_AWS_PROFILE=0 LP_PS1_PREFIX='env=${PINTLE_ENV-} '
";

/// A line of the start-up file that says, when the tool has made its prompt, that one is there. The harness waits for it.
fn told(kind: Kind) -> &'static str {
    kind.pick(
        "[[ \"${PROMPT_COMMAND[*]}\" == *drawn* ]] || PROMPT_COMMAND+=('say prompt drawn')",
        "theirs() { say prompt drawn }; precmd_functions=(${precmd_functions:#theirs} theirs)",
        "functions -e tool_prompt; functions -c fish_prompt tool_prompt
         function fish_prompt; tool_prompt; set -q fresh; and say prompt drawn; set -e fresh; end",
    )
}

/// How often ours was called since the last prompt.
fn counted(kind: Kind) -> &'static str {
    kind.pick(
        "eval \"orig_$(declare -f __pintle_sync)\"; __pintle_sync() { say synced; orig___pintle_sync; }",
        "functions[orig_sync]=$functions[__pintle_sync]; __pintle_sync() { say synced; orig_sync }",
        "functions -c __pintle_sync orig_sync; function __pintle_sync; say synced; orig_sync; end",
    )
}

/// `shown` is what the prompt has in it after a status, in an environment.
fn beside(kind: Kind, tool: &str, shown: fn(u8, &str) -> String) {
    let escapes = regex::Regex::new("\x1b\\[[0-9;?]*[a-zA-Z]|\x1b(\\(B|[=>])").expect("a pattern");
    for first in [true, false] {
        let mut stage = Stage::new();
        stage.sandbox.set("STARSHIP_CONFIG", stage.sandbox.path("config/starship.toml"));
        // For a terminal that is dumb they make no prompt.
        stage.sandbox.set("TERM", "xterm");
        stage.pane("aa prod");
        fs::write(stage.sandbox.path("config/starship.toml"), STARSHIP).expect("a file");
        fs::write(stage.sandbox.path("config/liquidpromptrc"), LIQUIDPROMPT).expect("a file");
        let (before, behind) = if first { (tool, "") } else { ("", tool) };
        let after = format!("{behind}\n{}", told(kind));
        let mut shell = Shell::with(&stage, kind, before, &after);
        // A prompt shows what holds at it, and the status of what was typed.
        shell.line("sh -c 'exit 3'");
        stage.pane("bb dev");
        shell.line("sh -c 'exit 5'");
        let at = |status, env| {
            let text = shown(status, env);
            let plain = || escapes.replace_all(&shell.shown(), "").into_owned();
            // What is said that it is there may come before it is drawn.
            let found = within(PATIENCE, || plain().find(&text));
            found.unwrap_or_else(|| panic!("{kind:?}, first {first}: no {text:?} in {:?}", plain()))
        };
        assert!(at(3, "prod") < at(5, "dev"), "{shell}");
        // Its own file again, as people read it after a change: once a prompt, still.
        let folder = stage.sandbox.path("config").join(kind.name());
        let again = folder.join(kind.pick("bashrc", ".zshrc", "config.fish"));
        let hooks =
            kind.pick("say ${PROMPT_COMMAND[@]}", "say $precmd_functions", "functions --handlers-type generic >> $LOG");
        // Some put themselves behind the others again.
        let sorted = |said: Vec<String>| {
            let mut words: Vec<String> = said.iter().flat_map(|line| line.split(' ')).map(str::to_owned).collect();
            words.sort_unstable();
            words
        };
        let before = sorted(shell.line(hooks));
        for _ in 0..2 {
            shell.line(&format!("source {}", again.display()));
        }
        assert_eq!(sorted(shell.line(hooks)), before, "{kind:?}, first {first}: {shell}");
        shell.line(counted(kind));
        let times = shell.line("").iter().filter(|line| *line == "synced").count();
        assert_eq!(times, 1, "{kind:?}, first {first}: {shell}");
        stage.pane("aa prod");
        shell.line("");
        assert!(shell.line("say $PINTLE_ENV").contains(&"prod".to_owned()), "{shell}");
    }
}

#[test]
fn liquidprompt() {
    for kind in [Kind::Bash, Kind::Zsh] {
        beside(kind, "source /usr/share/liquidprompt/liquidprompt", |status, env| {
            format!("env={env} [tester:~] {status} ")
        });
    }
}

#[test]
fn starship() {
    let stage = Stage::new();
    if !stage.sandbox.run("sh", &["-c", "command -v starship"]).finish().success() {
        eprintln!("starship is not installed: not tried");
        return;
    }
    for kind in ALL {
        let init =
            kind.pick("eval \"$(starship init bash)\"", "eval \"$(starship init zsh)\"", "starship init fish | source");
        beside(kind, init, |status, env| format!("status={status} env={env}>"));
    }
}
