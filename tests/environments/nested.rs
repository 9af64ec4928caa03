//! Panes of a tmux that an agent has started, and ids of agents that nobody is: neither takes an environment away, nor its guard.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{Land, socket, tmux_variable};
use crate::support::{PATIENCE, Tmux, eventually, process};

/// A shell that is an agent, and the tmux that it has started.
fn nested<'a>(land: &'a Land, env: Option<&str>) -> (String, Tmux<'a>) {
    // The same tmux as here, which a login shell may not find.
    let path = std::env::var("PATH").expect("a PATH");
    let id = land.project.spawn_with(json!({"command": "sh", "env": env, "vars": {"PATH": path}}));
    land.project.types(&id, "tmux -L nested -f /dev/null new-session -d -x 80 -y 24 sh && echo it-is-''there\n");
    land.project.says(&id, "it-is-there");
    (id, Tmux::started(land.sandbox(), "nested"))
}

/// How a command of the agent's ends in the first pane of its tmux.
#[track_caller]
fn ends(land: &Land, tmux: &Tmux<'_>, agent: &str, words: &[&str], code: i32) -> String {
    let run = land.run(words).env("TMUX", tmux_variable(tmux)).env("TMUX_PANE", "%0").env("PINTLE_AGENT_ID", agent);
    if code == 0 { run.ok() } else { run.fails(code) }
}

/// The same with a daemon and without one that answers.
fn with_and_without(land: &Land, check: impl Fn(&str)) {
    check("with a daemon");
    let daemon = land.sandbox().daemon();
    process::stop(daemon);
    eventually("it stands still", PATIENCE, || (process::stat(daemon)?.state == 'T').then_some(()));
    let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check("without a daemon")));
    process::signal(daemon, Signal::CONT);
    checked.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

#[test]
fn what_is_chosen_in_a_pane_of_an_agents_tmux_holds_there() {
    let land = Land::new();
    let (id, tmux) = nested(&land, None);
    let server = socket(&tmux);
    let of_pane = || {
        let reply = land.cmd(json!({"cmd": "get_pane_env", "pane": "%0", "tmux": server}));
        format!("{} {}", reply["env"].as_str().unwrap_or("-"), reply["source"].as_str().expect("a source"))
    };
    assert_eq!(of_pane(), "- none");
    tmux.type_line("%0", &format!("{} env set prod; tool-boom; echo code=$?", crate::support::pintle().display()));
    tmux.shows("%0", "code=77");
    assert_eq!(of_pane(), "prod pane");
    with_and_without(&land, |how| {
        assert!(ends(&land, &tmux, &id, &["tool"], 0).contains("ENV=prod"), "{how}");
        ends(&land, &tmux, &id, &["tool-boom"], 77);
    });
    let explained = land.cmd(json!({"cmd": "explain_env",
        "context": {"agent_id": id, "pane": "%0", "tmux": server, "cwd": "/"}}));
    let rungs: Vec<&str> =
        explained["rungs"].as_array().expect("rungs").iter().filter_map(|rung| rung["source"].as_str()).collect();
    assert_eq!((&explained["env"], &explained["source"]), (&json!("prod"), &json!("pane")));
    assert_eq!(rungs, ["command", "pane", "window", "session", "agent", "global"]);
    // Nobody lifts the guard there: it would be lifted for the agent.
    let arm = json!({"cmd": "arm_env", "env": "prod", "pane": "%0", "seconds": 60, "tmux": server});
    let said = land.refused(arm, "PERMISSION_DENIED");
    assert!(said.contains(&id), "{said}");
    let pintle = crate::support::pintle().display().to_string();
    tmux.type_line("%0", &format!("clear; env -u PINTLE_AGENT_ID {pintle} env arm prod 1m; echo armed=$?"));
    tmux.shows("%0", "type prod to lift");
    tmux.type_line("%0", "prod");
    tmux.shows("%0", "armed=");
    assert!(!tmux.capture("%0").contains("armed=0"), "{}", tmux.capture("%0"));
    // Nor is it asked there like a person.
    let run = format!("clear; env -u PINTLE_AGENT_ID {pintle} run tool-boom; echo ran=$?");
    tmux.type_line("%0", &run);
    tmux.shows("%0", "ran=77");
    // It outlives the agent, and so does what was chosen in it.
    land.project.types(&id, "exit\n");
    land.project.becomes(&id, "gone", |agent| !agent["exit_code"].is_null());
    with_and_without(&land, |how| {
        assert!(ends(&land, &tmux, &id, &["tool"], 0).contains("ENV=prod"), "{how}");
        ends(&land, &tmux, &id, &["tool-boom"], 77);
    });
    assert_eq!(of_pane(), "prod pane");
}

#[test]
fn where_nothing_is_chosen_it_is_the_agents_and_never_past_its_guard() {
    let land = Land::new();
    land.cmd(json!({"cmd": "set_env", "value": "dev"}));
    let (id, tmux) = nested(&land, Some("strict"));
    let server = socket(&tmux);
    let pane = |cmd: &str| land.cmd(json!({"cmd": cmd, "pane": "%0", "tmux": server}));
    assert_eq!((&pane("get_pane_env")["env"], &pane("get_pane_env")["source"]), (&json!("strict"), &json!("agent")));
    let hud = pane("get_hud")["hud"].as_str().expect("a line").to_owned();
    assert!(hud.contains("env:strict"), "{hud}");
    with_and_without(&land, |how| {
        assert!(ends(&land, &tmux, &id, &["tool"], 0).contains("ENV=strict"), "{how}");
        ends(&land, &tmux, &id, &["tool-boom"], 77);
    });
    // It may choose another one, which has no guard: its own stands.
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "dev", "tmux": server}));
    with_and_without(&land, |how| {
        assert!(ends(&land, &tmux, &id, &["tool"], 0).contains("ENV=dev"), "{how}");
        let said = ends(&land, &tmux, &id, &["tool-boom"], 77);
        assert!(said.contains(&format!("agent {id} is in strict")), "{how}: {said}");
    });
    let context = json!({"pane": "%0", "tmux": server});
    assert_eq!(land.becomes(&["tool-boom"], context)["guard"], "deny", "without its id too");
}

#[test]
fn an_id_that_no_agent_has_says_nothing() {
    let land = Land::new();
    let tmux = land.tmux();
    let tmux_is = tmux_variable(&tmux);
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "prod", "tmux": socket(&tmux)}));
    let agent = land.project.spawn_with(json!({"command": "sh"}));
    let ended = land.project.spawn_with(json!({"command": "true"}));
    land.project.becomes(&ended, "gone", |agent| !agent["exit_code"].is_null());
    let in_pane = |id: &str| {
        land.run(&["tool-boom"]).env("TMUX", &tmux_is).env("TMUX_PANE", "%0").env("PINTLE_AGENT_ID", id).fails(77)
    };
    with_and_without(&land, |how| {
        for id in ["nobody", "../pane/x", ended.as_str(), agent.as_str()] {
            let said = in_pane(id);
            assert!(said.contains("not run in prod"), "{how}: {said}");
        }
        for id in ["nobody", ended.as_str()] {
            let said = land.run(&["tool-boom"]).env("PINTLE_AGENT_ID", id).fails(125);
            assert!(said.contains(&format!("no living agent is {id}")), "{how}: {said}");
        }
        assert_eq!(land.run(&["tool-boom"]).env("PINTLE_AGENT_ID", &agent).ok(), "boom\n", "{how}");
    });
    let why: Value = land.cmd(json!({"cmd": "explain_env", "context": {"agent_id": "nobody", "pane": "%0",
        "tmux": socket(&tmux)}}));
    assert_eq!((&why["env"], &why["source"]), (&json!("prod"), &json!("pane")));
}

/// An agent's first command may be quicker than the answer to whoever has started it.
#[test]
fn an_agents_first_command_is_its_own() {
    let land = Land::new();
    for _ in 0..5 {
        let (pintle, bin) = (crate::support::pintle().display(), land.sandbox().path("bin"));
        let command = format!("sh -c 'PATH=$PATH:{}; {pintle} run tool first; exec sleep 60'", bin.display());
        let id = land.project.spawn_with(json!({"command": command, "env": "prod"}));
        land.project.says(&id, "tool[--account=0042 first] STAGE=prod");
        land.project.kill(&id);
    }
}
