//! Lifting a guard: by a person, in a pane of their own, for a while.

use serde_json::{Value, json};

use super::{Land, socket, terminal::Terminal, tmux_variable};
use crate::support::{PATIENCE, Tmux, eventually};

fn arm(tmux: &Tmux<'_>, pane: &str, seconds: u64) -> Value {
    json!({"cmd": "arm_env", "env": "strict", "pane": pane, "seconds": seconds, "tmux": socket(tmux)})
}

/// What the guard says to `tool-boom` in this pane.
fn guard(land: &Land, tmux: &Tmux<'_>, pane: &str) -> Value {
    let context = json!({"env": "strict", "pane": pane, "tmux": socket(tmux)});
    land.becomes(&["tool-boom"], context)["guard"].clone()
}

fn deeds(land: &Land) -> Vec<Value> {
    let said = land.sandbox().pintle(&["env", "log", "--json"]).ok();
    let entry = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["deed"].clone();
    said.lines().map(entry).collect()
}

#[test]
fn in_this_pane_and_for_a_while() {
    let land = Land::new();
    let tmux = land.tmux();
    let other = tmux.split("%0", "cat");
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "strict", "tmux": socket(&tmux)}));
    assert_eq!(guard(&land, &tmux, "%0"), "deny");
    let until = land.cmd(arm(&tmux, "%0", 600))["until"].as_f64().expect("unix seconds");
    assert!(until > 1.7e9, "{until}");
    assert_eq!((guard(&land, &tmux, "%0"), guard(&land, &tmux, &other)), (Value::Null, "deny".into()));
    let hud = || {
        let request = json!({"cmd": "get_hud", "pane": "%0", "tmux": socket(&tmux)});
        land.cmd(request)["hud"].as_str().expect("a line").to_owned()
    };
    assert!(hud().contains("armed"), "{}", hud());
    let (tmux_is, pane) = (tmux_variable(&tmux), ("TMUX_PANE", "%0"));
    let run = || land.run(&["tool-boom"]).env("TMUX", &tmux_is).env(pane.0, pane.1);
    assert_eq!(run().ok(), "boom\n");
    // What would have run anyway does not run because of it.
    land.run(&["tool"]).env("TMUX", &tmux_is).env(pane.0, pane.1).ok();
    // A daemon that was killed knows it still; without one it is not lifted.
    land.project.crash();
    assert_eq!(guard(&land, &tmux, "%0"), Value::Null);
    land.sandbox().pintle(&["daemon", "stop"]).ok();
    run().fails(77);
    land.sandbox().start();
    assert_eq!(guard(&land, &tmux, "%0"), Value::Null);
    tmux.run(&["select-pane", "-t", "%0"]);
    let known = || land.cmd(json!({"cmd": "get_state"}))["state"]["panes"]["%0"]["env"] == "strict";
    eventually("the new daemon follows the server", PATIENCE, || known().then_some(()));
    // Another split does not inherit it.
    let beside = tmux.split("%0", "cat");
    eventually("the pane is known", PATIENCE, || {
        let request = json!({"cmd": "get_pane_env", "pane": beside, "tmux": socket(&tmux)});
        (land.cmd(request)["env"] == "strict").then_some(())
    });
    assert_eq!(guard(&land, &tmux, &beside), "deny");
    let disarm = json!({"cmd": "disarm_env", "pane": "%0", "tmux": socket(&tmux)});
    assert_eq!(land.cmd(disarm.clone()), json!({"ok": true, "disarmed": 1}));
    assert_eq!(land.cmd(disarm)["disarmed"], 0);
    assert_eq!(guard(&land, &tmux, "%0"), "deny");
    assert!(!hud().contains("armed"), "{}", hud());
    assert_eq!(deeds(&land), ["armed", "ran_armed", "refused", "disarmed"]);
}

#[test]
fn it_ends_by_itself() {
    let land = Land::new();
    let tmux = land.tmux();
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "strict", "tmux": socket(&tmux)}));
    land.cmd(json!({"cmd": "register_tmux", "tmux": socket(&tmux)}));
    land.cmd(arm(&tmux, "%0", 1));
    assert_eq!(guard(&land, &tmux, "%0"), Value::Null);
    let shown = || tmux.run(&["display-message", "-p", "-t", "%0", "#{@pintle_hud}"]);
    eventually("the guard is back", PATIENCE, || (guard(&land, &tmux, "%0") == "deny").then_some(()));
    eventually("the status bar says so by itself", PATIENCE, || {
        let shown = shown();
        (shown.contains("strict") && !shown.contains("armed")).then_some(())
    });
    assert_eq!(land.cmd(json!({"cmd": "disarm_env"}))["disarmed"], 0);
}

/// What is lifted is lifted for the process that was in the pane, and tmux does not tell that it is another's now.
#[test]
fn another_process_in_the_pane_has_no_lifted_guard() {
    let land = Land::new();
    let tmux = land.tmux();
    let other = tmux.split("%0", "exec cat");
    for pane in ["%0", &other] {
        land.cmd(arm(&tmux, pane, 600));
        assert_eq!(guard(&land, &tmux, pane), Value::Null);
    }
    tmux.respawn(&other, "exec sleep 100");
    assert_eq!(guard(&land, &tmux, &other), "deny");
    let context = json!({"env": "strict", "pane": other, "tmux": socket(&tmux)});
    assert_eq!(land.cmd(json!({"cmd": "explain_env", "context": context}))["armed_until"], Value::Null);
    assert_eq!(deeds(&land), ["armed", "armed", "disarmed"]);
    let armed = land.state()["armed"].as_array().expect("a list").clone();
    assert_eq!((armed.len(), &armed[0]["pane"]), (1, &json!("%0")), "{armed:?}");
    assert_eq!(guard(&land, &tmux, "%0"), Value::Null, "the other pane has the same process still");
}

#[test]
fn mistakes() {
    let land = Land::new();
    let tmux = land.tmux();
    assert!(land.refused(arm(&tmux, "%99", 60), "NOT_FOUND").contains("%99"));
    assert_eq!(land.refused(arm(&tmux, "", 60), "INVALID_ARGUMENT"), "pane ID required");
    land.refused(arm(&tmux, "%0", 0), "INVALID_ARGUMENT");
    assert!(land.refused(arm(&tmux, "%0", 8 * 3600 + 1), "INVALID_ARGUMENT").contains("8 h"));
    let mut unknown = arm(&tmux, "%0", 60);
    unknown["env"] = "stritc".into();
    assert!(land.refused(unknown, "INVALID_ARGUMENT").contains("Did you mean: strict?"));
    let outside = land.sandbox().pintle(&["env", "arm", "strict"]).finish();
    assert!(!outside.success() && outside.stderr.contains("in a pane of tmux"), "{outside}");
    assert_eq!(deeds(&land), [Value::Null; 0]);
}

#[test]
fn a_person_types_its_name() {
    let land = Land::new();
    let tmux = land.tmux();
    let tmux_is = tmux_variable(&tmux);
    let variables = [("TMUX", tmux_is.as_str()), ("TMUX_PANE", "%0")];
    let typed = |name: &str| {
        let mut terminal = Terminal::with(land.sandbox(), &["env", "arm", "strict", "1m"], &variables);
        terminal.shows("type strict");
        terminal.types(name);
        (terminal.ends(), terminal.shown())
    };
    for wrong in ["y\r", "\r", "stric\r", "\x04"] {
        let (code, shown) = typed(wrong);
        assert_ne!(code, 0, "{shown}");
    }
    assert_eq!(guard(&land, &tmux, "%0"), "deny");
    let (code, shown) = typed("strict\r");
    assert_eq!(code, 0, "{shown}");
    assert_eq!(guard(&land, &tmux, "%0"), Value::Null);
    // For seconds, and for no other word.
    let mut terminal = Terminal::with(land.sandbox(), &["env", "arm", "strict", "30s"], &variables);
    terminal.shows("type strict");
    terminal.types("strict\r");
    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
    assert!(terminal.shown().contains("for 30 s"), "{}", terminal.shown());
    let lifted = || {
        let context = json!({"env": "strict", "pane": "%0", "tmux": socket(&tmux)});
        let until = land.cmd(json!({"cmd": "explain_env", "context": context}))["armed_until"].as_f64()?;
        Some(until - std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_secs_f64())
    };
    assert!(lifted().is_some_and(|left| left > 0.0 && left <= 30.0), "{:?}", lifted());
    for wrong in ["30x", "0s", "-1s", "s"] {
        let said = land.sandbox().pintle(&["env", "arm", "strict", "--", wrong]).fails(2);
        assert!(said.contains("is no time; write 10m, 90s or 2h"), "{said}");
    }
    // Without a terminal nobody can.
    let pintle = crate::support::pintle().to_str().expect("UTF-8");
    let script = land.sandbox().run("setsid", &["--wait", pintle, "env", "arm", "strict"]);
    let said = script.env("TMUX", &tmux_is).env("TMUX_PANE", "%0").stdin("strict\n").finish();
    assert!(!said.success() && said.stderr.contains("terminal"), "{said}");
    let said = land.sandbox().pintle(&["env", "disarm"]).env("TMUX", &tmux_is).env("TMUX_PANE", "%0").ok();
    assert!(said.contains("back"), "{said}");
}

/// By the words, by the wire, out of its session, without its id, with nobody left above it.
#[test]
fn an_agent_never_does() {
    let land = Land::new();
    let tmux = land.tmux();
    let pintle = crate::support::pintle().display().to_string();
    let tmux_is = tmux_variable(&tmux);
    let request = arm(&tmux, "%0", 60).to_string();
    let id = land.project.spawn_with(json!({"command": "sh"}));
    land.project
        .types(&id, &format!("P={pintle}; export TMUX={tmux_is} TMUX_PANE=%0; stty cols 400; echo set-$((1+1))\r"));
    land.project.says(&id, "set-2");
    let mut at = 0;
    let mut tried = |line: &str| {
        at += 1;
        land.project.types(&id, &format!("{line}; echo {at}-ended-$?\r"));
        let said = land.project.says(&id, &format!("\n{at}-ended-"));
        assert_eq!(guard(&land, &tmux, "%0"), "deny", "{line}: {said}");
        said
    };
    let said = tried("$P env arm strict");
    assert!(said.contains("an agent cannot"), "{said}");
    // Without a pane it is told the same, and not to look for one.
    let said = tried("env -u TMUX -u TMUX_PANE $P env arm strict");
    assert!(said.contains("an agent cannot") && said.contains("a person can"), "{said}");
    let said = tried(r#"$P call '{"cmd":"arm_env","env":"strict","pane":"","seconds":60}'"#);
    assert!(said.contains("PERMISSION_DENIED") && said.contains("never by or for an agent"), "{said}");
    let said = tried(&format!("$P call '{request}'"));
    assert!(said.contains("PERMISSION_DENIED"), "{said}");
    tried(&format!("env -u PINTLE_AGENT_ID $P call '{request}'"));
    tried(&format!("env -u PINTLE_AGENT_ID setsid --wait $P call '{request}'"));
    // Far below it.
    let below = "#!/bin/sh\nif [ $1 = 0 ]; then $P call \"$R\"; else $0 $(($1 - 1)); fi; exit $?\n";
    let below = land.program("below", below);
    let said = tried(&format!("env -u PINTLE_AGENT_ID P=$P R='{request}' {} 100", below.display()));
    assert!(said.contains("PERMISSION_DENIED"), "{said}");
    // It can type what a person would.
    land.project.types(&id, "env -u PINTLE_AGENT_ID $P env arm strict; echo typed-$?\r");
    land.project.says(&id, "type strict to lift its guard: ");
    land.project.types(&id, "strict\r");
    let said = land.project.says(&id, "\ntyped-");
    assert!(said.contains("by a person"), "{said}");
    // An orphan of the agent's has no agent above it any more.
    let done = land.sandbox().path("done");
    let orphan = format!(
        "#!/bin/sh\nuntil [ $(ps -o ppid= -p $$) != $1 ]; do :; done\n$P call \"$R\" > {0}.part\nmv {0}.part {0}\n",
        done.display()
    );
    let orphan = land.program("orphan", &orphan);
    let start = format!("env -u PINTLE_AGENT_ID P=$P R='{request}' sh -c 'setsid {} $$ &'\r", orphan.display());
    land.project.types(&id, &start);
    let said = eventually("the orphan is answered", PATIENCE, || std::fs::read_to_string(&done).ok());
    assert!(said.contains("PERMISSION_DENIED"), "{said}");
    assert_eq!(guard(&land, &tmux, "%0"), "deny");
    // Nor can anybody for a pane that shows one.
    let stage = crate::tmux::Stage { project: &land.project, tmux };
    let pane = stage.shows(&id);
    stage.refused(json!({"cmd": "arm_env", "env": "strict", "pane": pane, "seconds": 60}), "PERMISSION_DENIED");
    assert_eq!(deeds(&land), [Value::Null; 0]);
}
