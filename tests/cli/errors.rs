//! What goes wrong, in words, in JSON and as an exit code.

use serde_json::Value;

use crate::cli::Desk;
use crate::support::Sandbox;

#[test]
fn exit_codes() {
    let desk = Desk::new();
    let id = desk.spawn("listener", &["listen"]);
    let check = |args: &[&str], code: i32| drop(desk.pintle(args).fails(code));
    check(&["frobnicate"], 2);
    check(&["attach"], 2);
    check(&["send", "listener", "--keys", "Entr"], 2);
    check(&["attach", "nobody"], 4);
    check(&["logs", "ag-00000000"], 4);
    check(&["kill", "ag-00000000"], 4);
    check(&["wait", "listener", "--until", "exit", "--timeout", "0.05"], 5);
    check(&["resume", "listener"], 1);
    check(&["spawn", "--command", "/nonexistent/program"], 1);
    check(&["spawn", "--agent", "nonsense"], 1);
    assert_eq!(desk.agent("listener")["id"], id.as_str());
}

#[test]
fn a_folder_that_is_no_project() {
    let sandbox = Sandbox::new();
    let said = sandbox.pintle(&["status"]).fails(4);
    assert!(said.starts_with("pintle: "), "{said}");
}

#[test]
fn words_on_one_stream_and_json_on_the_other() {
    let desk = Desk::new();
    desk.spawn("worker", &["listen"]);
    let finished = desk.pintle(&["kill", "wroker", "--json"]).finish();
    assert_eq!(
        finished.stderr, "pintle: no agent `wroker` in this project\n  hint: did you mean: worker?\n",
        "{finished}"
    );
    let error: Value = serde_json::from_str(&finished.stdout).expect("one line of JSON");
    assert_eq!(error["type"], "error");
    assert_eq!(error["code"], "AGENT_NOT_FOUND");
    assert_eq!(error["message"], "no agent `wroker` in this project");
    assert_eq!(error["hint"], "did you mean: worker?");
}

#[test]
fn a_command_line_that_is_not_understood_is_said_in_json_too() {
    let sandbox = Sandbox::new();
    let check = |args: &[&str], message: &str| {
        let finished = sandbox.pintle(args).finish();
        assert_eq!(finished.status.code(), Some(2), "{finished}");
        assert!(finished.stderr.contains("error: ") || finished.stderr.contains("Usage:"), "{finished}");
        let error: Value = serde_json::from_str(&finished.stdout).expect("one line of JSON");
        assert_eq!((&error["type"], &error["code"]), (&"error".into(), &"INVALID_ARGUMENT".into()), "{finished}");
        assert_eq!(error["message"], message, "{finished}");
        assert!(error["hint"].is_string(), "{finished}");
    };
    check(&["frob", "--json"], "unrecognized subcommand 'frob'");
    check(&["--json", "attach"], "the following required arguments were not provided: <AGENT>");
    check(&["--json"], "a command is missing");
    let words = sandbox.pintle(&["frob", "--", "--json"]).finish();
    assert_eq!(words.stdout, "", "what stands behind `--` is no wish of ours\n{words}");
    let help = sandbox.pintle(&["status", "--help", "--json"]).ok();
    assert!(help.contains("Usage:"), "{help}");
}

#[test]
fn colours_are_for_those_who_want_them() {
    let desk = Desk::new();
    let escape = |args: &[&str], color: Option<&str>| {
        let invocation = desk.pintle(args);
        let invocation = if let Some(value) = color { invocation.env("NO_COLOR", value) } else { invocation };
        invocation.finish().stderr.contains('\x1b')
    };
    assert!(!escape(&["kill", "nobody"], None));
    assert!(escape(&["kill", "nobody", "--color", "always"], None));
    assert!(escape(&["kill", "nobody", "--color", "always"], Some("1")));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let desk = Desk::new();
    let pintle = crate::support::pintle().display().to_string();
    let script = format!("{pintle} status --help | head -n 1; {pintle} daemon logs | head -n 1");
    let finished = desk.sandbox.run("sh", &["-c", &script]).finish();
    assert_eq!(finished.stderr, "", "{finished}");
}
