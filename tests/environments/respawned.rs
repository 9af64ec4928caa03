//! `respawn-pane`: another process in the same pane, which is in the same environment from its first moment. tmux does not tell of it.

use serde_json::{Value, json};

use super::{Land, socket, tmux_variable};
use crate::support::process;
use crate::support::{PATIENCE, Tmux, eventually};

/// The environment and the rung it stands on, as everybody says who can be asked.
fn held(land: &Land, tmux: &Tmux<'_>, pane: &str) -> Value {
    let server = socket(tmux);
    let asked = land.cmd(json!({"cmd": "get_pane_env", "pane": pane, "tmux": server}));
    let held = json!([asked["env"], asked["source"]]);
    let becomes = land.becomes(&["tool"], json!({"pane": pane, "tmux": server}));
    assert_eq!(json!([becomes["env"], becomes["source"]]), held, "`run` and `get_pane_env`");
    let why = land.sandbox().pintle(&["why", "--json", "tool"]).env("TMUX", tmux_variable(tmux)).env("TMUX_PANE", pane);
    let why: Value = serde_json::from_str(&why.ok()).expect("JSON");
    assert_eq!(json!([why["env"], why["source"]]), held, "`why`: {why}");
    held
}

/// What `tool` is run with by the shell that the pane has now.
fn ran(land: &Land, tmux: &Tmux<'_>, pane: &str) -> String {
    land.run(&["tool"]).env("TMUX", tmux_variable(tmux)).env("TMUX_PANE", pane).ok()
}

/// The daemon has seen which process is in the pane now.
fn looked(land: &Land, tmux: &Tmux<'_>, pane: &str) {
    let now: u64 = tmux.format(pane, "#{pane_pid}").parse().expect("a pid");
    // tmux tells of a window, and the daemon looks at everything then.
    tmux.run(&["new-window", "-d", "cat"]);
    eventually("the daemon looks", PATIENCE, || {
        let listed = land.cmd(json!({"cmd": "list_panes"}))["panes"].as_array().cloned().unwrap_or_default();
        listed.iter().any(|listed| listed["pane"] == pane && listed["pid"] == now).then_some(())
    });
}

#[test]
fn it_keeps_its_environment() {
    let land = Land::new();
    let tmux = land.tmux();
    let server = socket(&tmux);
    // Whoever fell out of it would be in production.
    land.cmd(json!({"cmd": "set_env", "value": "prod"}));
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "dev", "tmux": server}));
    let other = tmux.split("%0", "cat");
    land.cmd(json!({"cmd": "set_pane_env", "pane": other, "env": "strict", "tmux": server}));
    let check = |when: &str| {
        assert_eq!(held(&land, &tmux, "%0"), json!(["dev", "pane"]), "{when}");
        assert_eq!(held(&land, &tmux, &other), json!(["strict", "pane"]), "{when}");
        assert!(ran(&land, &tmux, "%0").contains("ENV=dev\n"), "{when}");
    };
    let respawn = |line: &str| ["%0", &other].map(|pane| tmux.respawn(pane, line));
    check("before");
    respawn("exec sleep 100");
    check("at once");
    looked(&land, &tmux, "%0");
    looked(&land, &tmux, &other);
    check("after a look");
    // What has ended and was kept is the same pane too.
    respawn("exit 3");
    tmux.ended(&other);
    check("dead");
    tmux.run(&["respawn-pane", "-t", &other, "cat"]);
    check("made alive again");
    let told = |pane: &str| tmux.format(pane, "#{pid}-") + pane.trim_start_matches('%');
    let told = ["%0", &other].map(|pane| land.sandbox().path("run/pintle/shell/pane").join(told(pane)));
    let says = || told.each_ref().map(|file| std::fs::read_to_string(file).expect("what shells are told"));
    let said = says();
    // Nobody looks while it is respawned.
    process::kill(land.sandbox().daemon());
    respawn("exec sleep 200");
    assert_eq!(says(), said, "while there is no daemon");
    check("the next daemon");
    land.sandbox().pintle(&["daemon", "stop"]).ok();
    respawn("exec sleep 300");
    assert!(ran(&land, &tmux, "%0").contains("ENV=dev\n"), "without a daemon");
    assert_eq!(says(), said, "without a daemon");
    land.sandbox().start();
    check("a daemon that was started");
    let get = || land.cmd(json!({"cmd": "get_pane_env", "pane": "%0", "tmux": server}))["env"].clone();
    tmux.run(&["respawn-window", "-k", "-t", "%0", "cat"]);
    assert_eq!(get(), "dev", "respawn-window keeps the first pane");
    land.cmd(json!({"cmd": "clear_pane_env", "pane": "%0", "tmux": server}));
    assert_eq!(get(), "prod", "one entry, whatever processes it has seen");
}

/// Nothing changes for anybody while panes are respawned as fast as tmux can.
#[test]
fn there_is_no_moment_in_between() {
    let land = Land::new();
    let tmux = land.tmux();
    let server = socket(&tmux);
    land.cmd(json!({"cmd": "set_env", "value": "prod"}));
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "strict", "tmux": server}));
    let file = land.sandbox().path("run/pintle/shell/pane").join(tmux.format("%0", "#{pid}-0"));
    let told = std::fs::read_to_string(&file).expect("what shells are told");
    for round in 0..20 {
        tmux.respawn("%0", "exec sleep 100");
        // Half of the time the daemon looks meanwhile.
        if round % 2 == 0 {
            tmux.run(&["new-window", "-d", "exec sleep 100"]);
        }
        let becomes = land.becomes(&["tool"], json!({"pane": "%0", "tmux": server}));
        assert_eq!((&becomes["env"], &becomes["source"]), (&json!("strict"), &json!("pane")), "{becomes}");
        assert_eq!(std::fs::read_to_string(&file).ok().as_deref(), Some(told.as_str()), "round {round}");
    }
}

#[test]
fn its_guard_is_back() {
    let land = Land::new();
    let tmux = land.tmux();
    let server = socket(&tmux);
    let verdict = || land.becomes(&["tool-boom"], json!({"pane": "%0", "tmux": server}))["guard"].clone();
    let arm = json!({"cmd": "arm_env", "env": "strict", "pane": "%0", "seconds": 600, "tmux": server});
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "strict", "tmux": server}));
    for (round, look) in [(1, false), (2, true)] {
        land.cmd(arm.clone());
        assert_eq!(verdict(), Value::Null);
        tmux.respawn("%0", &format!("exec sleep {round}00"));
        if look {
            looked(&land, &tmux, "%0");
        }
        assert_eq!(verdict(), "deny", "round {round}");
        let run = land.run(&["tool-boom"]).env("TMUX", tmux_variable(&tmux)).env("TMUX_PANE", "%0");
        run.fails(77);
    }
    // The next daemon has only the file, in which it is lifted for a process that is gone.
    land.cmd(arm);
    assert_eq!(verdict(), Value::Null);
    process::kill(land.sandbox().daemon());
    tmux.respawn("%0", "exec sleep 300");
    assert_eq!(verdict(), "deny");
    eventually("it is forgotten", PATIENCE, || {
        let state = land.state();
        state["armed"].as_array().is_none_or(Vec::is_empty).then_some(())
    });
    assert_eq!(held(&land, &tmux, "%0"), json!(["strict", "pane"]));
}
