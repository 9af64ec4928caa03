//! Tests of `command_line.rs`.

use super::*;
use crate::agent::kind::{KindOverride, builtin};

fn kind(name: &str) -> Kind {
    builtin(name).unwrap_or_else(|| Kind::custom(name))
}

fn ask(prompt: &str) -> Ask {
    Ask { prompt: prompt.into(), shell: "/bin/zsh".into(), ..Ask::default() }
}

fn command(command: &str) -> Ask {
    Ask { command: Some(command.into()), ..ask("recorded") }
}

/// `expected` are the words of argv, quoted where need be, and what is typed behind ` << `.
#[track_caller]
fn check(kind: &Kind, ask: &Ask, expected: &str) {
    let line = CommandLine::build(kind, ask).unwrap();
    let typed = line.type_prompt.map(|prompt| format!(" << {prompt}"));
    assert_eq!(shell_words::join(&line.argv) + &typed.unwrap_or_default(), expected);
}

#[track_caller]
fn refused(kind: &Kind, ask: &Ask, expected: &str) {
    let error = CommandLine::build(kind, ask).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn built_in_kinds() {
    let session = Ask { session_id: Some("S".into()), ..ask("fix it") };
    check(&kind("claude"), &session, "claude --dangerously-skip-permissions --session-id S << fix it");
    check(&kind("claude"), &ask(""), "claude --dangerously-skip-permissions");
    check(&kind("codex"), &session, "codex --full-auto 'fix it'");
    check(&kind("codex"), &ask(" \n"), "codex --full-auto");
    check(&kind("opencode"), &session, "opencode --prompt 'fix it'");
    check(&kind("opencode"), &ask(""), "opencode");
    check(&kind("terminal"), &ask("ls | wc"), "/bin/zsh << ls | wc");
    check(&kind("aider"), &ask("fix it"), "aider << fix it");
}

#[test]
fn no_auto_takes_away_what_is_built_in() {
    let no_auto = Ask { no_auto: true, extra_args: vec!["--x".into()], ..ask("p q") };
    let layer = KindOverride { launch_args: Some(vec!["--mine".into()]), ..KindOverride::default() };
    let mine = kind("codex").override_with(layer);
    check(&kind("codex"), &no_auto, "codex --x 'p q'");
    check(&mine, &no_auto, "codex --mine --x 'p q'");
    check(&mine, &ask("p q"), "codex --mine 'p q'");
}

#[test]
fn commands_of_the_user() {
    let claude = kind("claude");
    check(&claude, &command("cargo test --all"), "cargo test --all");
    check(&claude, &command(r#"say "two words" 'it'"#), "say 'two words' it");
    check(&claude, &command("make | tee log"), "/bin/zsh -c 'make | tee log'");
    check(&kind("terminal"), &command("ls *.rs"), "/bin/zsh -c 'ls *.rs'");
    let extra = |text: &str| Ask { extra_args: vec!["a b".into()], ..command(text) };
    check(&claude, &extra("ls"), "ls 'a b'");
    let line = CommandLine::build(&claude, &extra("a && b")).unwrap();
    assert_eq!(line.argv[2], "a && b 'a b'");
    refused(&claude, &command(" "), "the command is empty: name a program, or leave the command out");
    refused(
        &claude,
        &command("say 'hi"),
        "command `say 'hi`: a quote is not closed; close it, or escape it with a backslash",
    );
}

#[test]
fn the_program_of_a_kind_may_need_words_or_a_shell() {
    let with = |command: &str| {
        let layer = KindOverride { command: Some(command.into()), ..KindOverride::default() };
        kind("codex").override_with(layer)
    };
    check(&with("npx codex"), &ask("p q"), "npx codex --full-auto 'p q'");
    let line = CommandLine::build(&with("~/bin/codex"), &ask("it's $x")).unwrap();
    assert_eq!(line.argv, ["/bin/zsh", "-c", r"~/bin/codex --full-auto 'it'\''s $x'"]);
}

#[test]
fn prompts_that_look_like_something_else() {
    check(&kind("codex"), &ask("-v is broken"), "codex --full-auto -- '-v is broken'");
    check(&kind("codex"), &ask("login"), "codex --full-auto -- login");
    check(&kind("codex"), &ask("login!"), "codex --full-auto login!");
    check(&kind("opencode"), &ask("-v is broken"), "opencode '--prompt=-v is broken'");
    check(&kind("claude"), &ask("-v"), "claude --dangerously-skip-permissions << -v");
    let short = KindOverride { prompt_flag: Some("-m".into()), ..KindOverride::default() };
    check(&kind("aider").override_with(short), &ask("-v"), "aider -m -v");
}

#[test]
fn plan_mode() {
    let plan = Ask { plan_mode: true, ..ask("fix it") };
    check(&kind("claude"), &plan, "claude --permission-mode plan << fix it");
    let line = CommandLine::build(&kind("codex"), &plan).unwrap();
    assert_eq!(line.argv[..2], ["codex", "--full-auto"]);
    assert!(line.argv[2].starts_with("[PLAN MODE]\nOnly make a plan."), "{:?}", line.argv);
    assert!(line.argv[2].ends_with("\n\nfix it"), "{:?}", line.argv);
    let typed = CommandLine::build(&kind("aider"), &plan).unwrap().type_prompt;
    assert!(typed.is_some_and(|prompt| prompt.starts_with("[PLAN MODE]\n")));

    let layer = KindOverride { launch_args: Some(vec!["--mine".into()]), ..KindOverride::default() };
    check(&kind("claude").override_with(layer), &plan, "claude --mine --permission-mode plan << fix it");
}

#[test]
fn plan_mode_refused() {
    let plan = |ask: Ask| Ask { plan_mode: true, ..ask };
    refused(
        &kind("claude"),
        &plan(ask(" ")),
        "plan mode needs a prompt: give one, or start the agent without plan mode",
    );
    refused(
        &kind("claude"),
        &plan(command("ls")),
        "plan mode does not work with a command of your own: leave out one of the two",
    );
    refused(
        &kind("terminal"),
        &plan(ask("ls")),
        "`terminal` has no plan mode: choose another kind, or leave plan mode out",
    );
}

#[test]
fn resuming() {
    let resume = |id: Option<&str>| Ask {
        resume: true,
        session_id: id.map(str::to_owned),
        extra_args: vec!["--x".into()],
        ..ask("delivered long ago")
    };
    check(&kind("claude"), &resume(Some("S")), "claude --dangerously-skip-permissions --x --resume S");
    check(&kind("codex"), &resume(Some("S")), "codex --full-auto --x resume S");
    check(&kind("codex"), &resume(None), "codex --full-auto --x resume --last");
    check(&kind("opencode"), &resume(None), "opencode --x --continue");
    let plan = Ask { plan_mode: true, no_auto: true, prompt: String::new(), ..resume(Some("S")) };
    check(&kind("claude"), &plan, "claude --permission-mode plan --x --resume S");
    refused(
        &kind("claude"),
        &resume(None),
        "`claude` cannot be resumed, because its session is not known: start a new agent",
    );
    refused(&kind("terminal"), &resume(Some("S")), "`terminal` cannot be resumed: start a new agent");
    refused(
        &kind("claude"),
        &Ask { command: Some("ls".into()), ..resume(Some("S")) },
        "`claude` cannot be resumed with a command of your own: start a new agent",
    );
}
