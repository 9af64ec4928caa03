//! The guard: what it asks, of whom, and what is written down.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{Land, terminal::Terminal};
use crate::support::process;
use crate::support::wait::timed;
use crate::support::{PATIENCE, eventually};

const ENVS: &str = "\
envs:
  free: {guard_commands: [tool-boom]}
  confirm: {color: red, guard: confirm, guard_commands: [tool-boom, 'tool rm *']}
  typed: {guard: typed, guard_commands: [tool-boom]}
  readonly: {guard: readonly, guard_commands: [tool-boom]}
  locked: {guard: locked}
";

const RULES: &str = "- {command: tool, strategy: args_append, args: --end}";

/// The log, as `pintle env log --json` tells it.
fn log(land: &Land) -> Vec<Value> {
    let said = land.sandbox().pintle(&["env", "log", "--json"]).ok();
    said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Asks on a terminal, answers; how it ended and what was shown.
fn answered(land: &Land, env: &str, words: &[&str], answer: &str) -> (i32, String) {
    let mut terminal = Terminal::start(land.sandbox(), &[&["run", "--env", env], words].concat());
    terminal.shows(if env == "typed" { "type typed to run it" } else { "[y/N]" });
    terminal.types(answer);
    (terminal.ends(), terminal.shown())
}

#[test]
fn each_level() {
    let land = Land::with(ENVS, RULES);
    let said = |env: &str, words: &[&str]| land.run(&[&["--env", env], words].concat()).finish();
    // What only looks runs everywhere but behind a lock, and what nobody knows runs there too.
    for env in ["free", "confirm", "typed", "readonly"] {
        let finished = said(env, &["tool", "ls"]);
        assert!(finished.success(), "{finished}");
    }
    assert_eq!(said("free", &["tool-boom"]).stdout, "boom\n");
    for (env, words, reason) in [
        ("confirm", &["tool-boom"][..], "no terminal"),
        ("typed", &["tool-boom"], "no terminal"),
        ("readonly", &["tool-boom"], "readonly"),
        ("readonly", &["git", "-C", "x", "push"], "git push"),
        ("readonly", &["git", "--new-flag", "x", "push"], "git push"),
        ("locked", &["tool", "ls"], "locked"),
        ("locked", &["kubectl", "get", "pods"], "locked"),
    ] {
        let finished = said(env, words);
        assert_eq!(finished.status.code(), Some(77), "{env} {words:?}: {finished}");
        assert!(finished.stderr.contains(reason) && finished.stderr.contains(env), "{finished}");
        assert!(finished.stderr.contains("pintle env arm"), "what to do: {finished}");
        assert_eq!(finished.stdout, "", "nothing ran");
    }
    assert_eq!(said("locked", &["echo", "x"]).stdout, "x\n");
    let deeds: Vec<Value> = log(&land).iter().map(|entry| entry["deed"].clone()).collect();
    assert_eq!(deeds, vec![json!("refused"); 7]);
}

#[test]
fn a_yes_and_everything_else() {
    let land = Land::with(ENVS, RULES);
    for yes in ["y\r", "Y\r", "yes\r"] {
        let (code, shown) = answered(&land, "confirm", &["tool-boom"], yes);
        assert_eq!(code, 0, "{shown}");
        assert!(shown.contains("boom\r\n"), "{shown}");
    }
    for no in ["\r", "n\r", "yy\r", "confirm\r", "\x04"] {
        let (code, shown) = answered(&land, "confirm", &["tool-boom"], no);
        assert_eq!(code, 77, "{no:?}: {shown}");
        assert!(!shown.contains("boom\r\nboom") && shown.contains("not run"), "{shown}");
    }
    // C-c is no answer, and nothing runs.
    let (code, shown) = answered(&land, "confirm", &["tool-boom"], "\x03");
    assert_eq!(code, 130, "{shown}");
    let deeds: Vec<Value> = log(&land).iter().map(|entry| entry["deed"].clone()).collect();
    let expected = [vec!["confirmed"; 3], vec!["declined"; 5]].concat();
    assert_eq!(deeds, expected);
}

#[test]
fn the_name_typed() {
    let land = Land::with(ENVS, RULES);
    for wrong in ["y\r", "yes\r", "Typed\r", "type\r", "\r"] {
        let (code, shown) = answered(&land, "typed", &["tool-boom"], wrong);
        assert_eq!(code, 77, "{wrong:?}: {shown}");
    }
    let (code, shown) = answered(&land, "typed", &["tool-boom"], "typed\r");
    assert_eq!(code, 0, "{shown}");
}

/// As Ctrl-Z and `fg` do it.
#[test]
fn a_question_is_shown_again_to_who_comes_back() {
    let land = Land::with(ENVS, RULES);
    let mut terminal = Terminal::start(land.sandbox(), &["run", "--env", "confirm", "tool-boom"]);
    terminal.shows("[y/N]");
    for signal in ["-STOP", "-CONT"] {
        land.sandbox().run("kill", &[signal, &terminal.pid().to_string()]).ok();
    }
    eventually("the question again", PATIENCE, || (terminal.shown().matches("[y/N]").count() == 2).then_some(()));
    terminal.types("y\r");
    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
    assert!(terminal.shown().contains("boom\r\n"), "{}", terminal.shown());
}

#[test]
fn what_is_shown_is_what_runs_and_acts_on_nothing() {
    let land = Land::with(ENVS, RULES);
    let (_, shown) = answered(&land, "confirm", &["tool", "rm", "a b", "\x1b[2Jx\r\x1b]0;t\x07", "ü"], "n\r");
    assert!(shown.contains("tool rm 'a b'") && shown.contains("--end"), "the exact words: {shown:?}");
    assert!(!shown.contains("\x1b[2J") && !shown.contains("\x1b]0"), "{shown:?}");
    assert!(shown.contains("\x1b[1;31mconfirm\x1b[0m"), "in its colour: {shown:?}");
    // The question goes to the terminal and not where the command's output goes.
    let line = format!("{} run --env confirm tool-boom > out 2> err", crate::support::pintle().display());
    let mut terminal = Terminal::start(land.sandbox(), &["run", "sh", "-c", &line]);
    terminal.shows("[y/N]");
    terminal.types("y\r");
    assert_eq!(terminal.ends(), 0);
    let said = |name: &str| std::fs::read_to_string(land.sandbox().path("home").join(name)).expect("a file");
    assert_eq!((said("out"), said("err")), ("boom\n".into(), String::new()));
    // What is piped in is for the command, and no answer.
    let line = format!("yes | {} run --env confirm tool-boom", crate::support::pintle().display());
    let mut terminal = Terminal::start(land.sandbox(), &["run", "sh", "-c", &line]);
    terminal.shows("[y/N]");
    terminal.types("n\r");
    assert_eq!(terminal.ends(), 77, "{}", terminal.shown());
}

#[test]
fn a_completion_is_never_talked_into() {
    let land = Land::with(ENVS, RULES);
    land.program("kubectl", "#!/bin/sh\necho \"completed[$*]\"\n");
    for env in ["confirm", "typed", "readonly", "locked"] {
        let said = land.run(&["--env", env, "kubectl", "__complete", "delete", "pod", ""]).ok();
        assert_eq!(said, "completed[__complete delete pod ]\n", "{env}");
    }
}

/// It has a terminal of its own, and cannot say yes on it.
#[test]
fn an_agent_is_refused() {
    let land = Land::with(ENVS, RULES);
    let pintle = crate::support::pintle().display();
    let id = land.project.spawn_with(json!({"command": "sh"}));
    land.project.types(&id, &format!("PATH={}:$PATH\r", land.sandbox().path("bin").display()));
    land.project.types(&id, &format!("{pintle} run --env confirm tool-boom; echo ended-$?\r"));
    let said = land.project.says(&id, "ended-77");
    assert!(!said.contains("[y/N]") && said.contains("agent"), "{said}");
    let entry = log(&land).pop().expect("a line");
    assert_eq!((&entry["deed"], &entry["agent"], &entry["env"]), (&json!("refused"), &json!(id), &json!("confirm")));
    // Nor does it by not saying whose it is: below it, as an orphan, in a tmux of its own.
    for (at, line) in ["$R", "setsid --wait $R"].iter().enumerate() {
        let line = format!("R='env -u PINTLE_AGENT_ID {pintle} run --env typed tool-boom'; {line}; echo {at}-ended-$?");
        land.project.types(&id, &format!("{line}\r"));
        let said = land.project.says(&id, &format!("{at}-ended-77"));
        assert!(!said.contains("to run it:"), "{said}");
        let entry = log(&land).pop().expect("a line");
        assert_eq!((&entry["deed"], &entry["agent"], &entry["env"]), (&json!("refused"), &json!(id), &json!("typed")));
    }
    // And without a word of any environment it has its own.
    let own = land.project.spawn_with(json!({"command": "sh", "env": "typed"}));
    land.project.types(&own, &format!("PATH={}:$PATH\r", land.sandbox().path("bin").display()));
    land.project.types(&own, &format!("env -u PINTLE_AGENT_ID {pintle} run tool-boom; echo own-ended-$?\r"));
    land.project.says(&own, "own-ended-77");
    let said = land.project.says(&id, "an agent cannot say yes");
    assert!(said.contains("a person can run it in a pane of their own"), "{said}");
}

#[test]
fn the_log_says_who_what_and_where() {
    let land = Land::with(ENVS, RULES);
    assert!(land.sandbox().pintle(&["env", "log"]).ok().contains("nothing"));
    land.run(&["--env", "readonly", "tool-boom", "a b", "x\ny"]).fails(77);
    let entry = log(&land).pop().expect("a line");
    assert_eq!(entry["argv"], json!(["tool-boom", "a b", "x\ny"]));
    assert_eq!(entry["cwd"], land.sandbox().path("home").to_str().expect("UTF-8"));
    assert!(entry["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{entry}");
    assert!(entry["reason"].as_str().is_some_and(|reason| reason.contains("guard_commands")), "{entry}");
    let said = land.sandbox().pintle(&["env", "log"]).ok();
    assert_eq!(said.lines().count(), 1, "{said}");
    for part in ["readonly", "refused", "tool-boom 'a b'"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // Going round it is written down too, where it is known what was gone round.
    land.run(&["--env", "readonly", "tool-boom"]).env("PINTLE_BYPASS", "1").ok();
    let entry = log(&land).pop().expect("a line");
    assert_eq!(
        (&entry["deed"], &entry["env"], &entry["argv"]),
        (&json!("bypassed"), &json!("readonly"), &json!(["tool-boom"]))
    );
    assert!(entry["reason"].as_str().is_some_and(|reason| reason.contains("guard_commands")), "{entry}");
    assert!(land.sandbox().pintle(&["env", "log"]).ok().contains("bypassed"));
    // Where nothing would have been asked, nothing was gone round; a daemon that hangs holds nobody up, and without one it is the same.
    let before = log(&land).len();
    for words in [&["--env", "free", "tool-boom"][..], &["--env", "readonly", "true"], &["--env", "nope", "true"]] {
        land.run(words).env("PINTLE_BYPASS", "1").ok();
    }
    assert_eq!(log(&land).len(), before);
    let daemon = land.sandbox().daemon();
    process::stop(daemon);
    let (_, took) = timed(|| land.run(&["--env", "readonly", "tool-boom"]).env("PINTLE_BYPASS", "1").ok());
    process::signal(daemon, Signal::CONT);
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert_eq!(log(&land).len(), before + 1);
    for _ in 0..60 {
        land.run(&["--env", "readonly", "tool-boom"]).fails(77);
    }
    assert_eq!(land.sandbox().pintle(&["env", "log", "-n", "3"]).ok().lines().count(), 3);
}

/// What was typed before the question was there is no answer to it.
#[test]
fn what_was_typed_ahead_says_neither_yes_nor_a_name() {
    let land = Land::with(ENVS, RULES);
    let pintle = crate::support::pintle().display();
    for (env, ahead) in [("confirm", "y"), ("typed", "typed")] {
        let gate = land.sandbox().path(env);
        let wait = format!("echo ready; until [ -e {} ]; do sleep 0.01; done", gate.display());
        let line = format!("{wait}; exec {pintle} run --env {env} tool-boom");
        let mut terminal = Terminal::start(land.sandbox(), &["run", "--env", "free", "sh", "-c", &line]);
        terminal.shows("ready");
        terminal.types(&format!("{ahead}\n"));
        // Its echo says that the terminal has it.
        terminal.shows(&format!("ready\r\n{ahead}\r\n"));
        std::fs::write(&gate, "").expect("a file");
        terminal.shows("run it");
        terminal.types("no\n");
        assert_eq!(terminal.ends(), 77, "{}", terminal.shown());
        assert!(!terminal.shown().contains("\nboom\r\n"), "{}", terminal.shown());
    }
}
