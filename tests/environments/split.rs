//! A pane that is split from another one is in the environment of that one, wherever the cursor is.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{Land, socket, tmux_variable};
use crate::support::process;
use crate::support::{PATIENCE, Tmux, eventually};

/// Three panes: `%0` in `dev`, then one in `prod`, then one in none of its own, where the cursor is.
fn staged<'a>(land: &Land, tmux: &'a Tmux<'a>) -> [String; 2] {
    let panes = [tmux.split("%0", "cat"), tmux.split("%1", "cat")];
    for (pane, env) in [("%0", "dev"), (panes[0].as_str(), "prod")] {
        land.cmd(json!({"cmd": "set_pane_env", "pane": pane, "env": env, "tmux": socket(tmux)}));
    }
    land.cmd(json!({"cmd": "clear_pane_env", "pane": panes[1], "tmux": socket(tmux)}));
    panes
}

fn held(land: &Land, tmux: &Tmux<'_>, pane: &str) -> Value {
    land.cmd(json!({"cmd": "get_pane_env", "pane": pane, "tmux": socket(tmux)}))["env"].clone()
}

/// The id of the pane that `split-window` with these words makes.
fn split(tmux: &Tmux<'_>, words: &[&str]) -> String {
    tmux.run(&[&["split-window", "-P", "-F", "#{pane_id}"], words, &["cat"]].concat()).trim().to_owned()
}

#[test]
fn it_inherits_from_the_pane_that_was_split() {
    let land = Land::new();
    let tmux = land.tmux();
    let [prod, none] = staged(&land, &tmux);
    tmux.run(&["resize-window", "-x", "200", "-y", "200"]);
    let words: &[(&[&str], Value)] = &[
        (&["-d", "-t", "%0"], "dev".into()),
        (&["-d", "-t", &prod], "prod".into()),
        (&["-d", "-t", &none], Value::Null),
        (&["-d", "-b", "-t", "%0"], "dev".into()),
        (&["-d", "-bh", "-t", &prod], "prod".into()),
        (&["-d", "-bh", "-t", &none], Value::Null),
        (&["-d", "-f", "-t", &prod], "prod".into()),
        (&["-d", "-bfh", "-t", "%0"], "dev".into()),
        (&["-d", "-f", "-t", &none], Value::Null),
        // No pane is named: that of the client, which is the active one.
        (&["-d"], Value::Null),
        (&["-d", "-b"], Value::Null),
        // Beside the whole window, and nobody knows from which: the strictest.
        (&["-d", "-f"], "prod".into()),
        (&["-d", "-bf", "-t", "{top-left}"], "prod".into()),
    ];
    for (words, expected) in words {
        let new = split(&tmux, words);
        // The first who asks; then whoever asks after the daemon has heard of something else.
        assert_eq!(held(&land, &tmux, &new), *expected, "{words:?}");
        tmux.run(&["kill-pane", "-t", &new]);
    }
    for (active, from, expected) in [("%0", &prod, "prod"), (&prod, &"%0".to_owned(), "dev")] {
        // The cursor has moved, and goes on moving, before anybody has heard of it.
        let line = [
            "select-pane",
            "-t",
            active,
            ";",
            "split-window",
            "-d",
            "-t",
            from,
            "cat",
            ";",
            "select-pane",
            "-t",
            active,
        ];
        let before = tmux.panes();
        tmux.run(&line);
        let new = tmux.panes().into_iter().find(|pane| !before.contains(pane)).expect("a new pane");
        assert_eq!(held(&land, &tmux, &new), expected, "{active} {from}");
        // From there on without another word.
        let next = split(&tmux, &["-d", "-t", &new]);
        assert_eq!(held(&land, &tmux, &next), expected);
        [new, next].iter().for_each(|pane| drop(tmux.run(&["kill-pane", "-t", pane])));
    }
    // The new pane says nothing of it any more once it is settled.
    let new = split(&tmux, &["-d", "-t", "%0"]);
    eventually("it is settled", PATIENCE, || {
        let left = tmux.run(&["show-options", "-p", "-t", &new]);
        (held(&land, &tmux, &new) == "dev" && !left.contains("@pintle_split")).then_some(())
    });
}

/// What is set a moment later holds in the pane that it was set for. The split is not seen by itself yet: tmux was looked at just before, for
/// another change.
#[test]
fn what_is_set_behind_a_split_is_not_inherited() {
    let land = Land::new();
    let tmux = land.tmux();
    let socket = socket(&tmux);
    let mut client = land.project.client();
    let mut set = |env: &str| {
        let request = json!({"cmd": "set_pane_env", "pane": "%0", "env": env, "tmux": socket});
        assert_eq!(client.call(request)["ok"], true);
    };
    for round in 0..5 {
        set("prod");
        tmux.run(&["rename-window", &format!("round-{round}")]);
        let new = split(&tmux, &["-d", "-t", "%0"]);
        set("dev");
        assert_eq!(held(&land, &tmux, &new), "prod", "round {round}");
        tmux.run(&["kill-pane", "-t", &new]);
    }
}

/// A shell that splits its own pane, while the person is in another one. Without a target tmux splits the active one, whoever asks.
#[test]
fn a_shell_in_another_pane_splits_its_own() {
    let land = Land::new();
    let tmux = land.tmux();
    let [prod, none] = staged(&land, &tmux);
    for (pane, env) in [(prod.as_str(), json!("prod")), ("%0", json!("dev"))] {
        tmux.respawn(pane, "/bin/sh");
        tmux.run(&["select-pane", "-t", &none]);
        for (target, env) in [("-t $TMUX_PANE", env), ("", Value::Null)] {
            let said = land.sandbox().path("said").display().to_string();
            tmux.type_line(
                pane,
                &format!("tmux split-window -d {target} -P -F '#{{pane_id}}' cat >{said}.part; mv {said}.part {said}"),
            );
            let new = eventually("it is split", PATIENCE, || std::fs::read_to_string(&said).ok());
            std::fs::remove_file(&said).expect("a file");
            assert_eq!(held(&land, &tmux, new.trim()), env, "{pane} {target}");
            tmux.run(&["kill-pane", "-t", new.trim()]);
        }
    }
}

/// A hook of the user's own on the session hides ours, and arranges the panes anew.
#[test]
fn where_it_is_not_said_the_strictest_counts() {
    let land = Land::new();
    let tmux = land.tmux();
    let [prod, none] = staged(&land, &tmux);
    tmux.run(&["set-hook", "after-split-window", "select-layout tiled"]);
    let new = split(&tmux, &["-d", "-t", "%0"]);
    assert_eq!(held(&land, &tmux, &new), "prod", "beside production");
    tmux.run(&["kill-pane", "-t", &new]);
    let new = split(&tmux, &["-d", "-b", "-t", "%0"]);
    assert_eq!(held(&land, &tmux, &new), "dev", "beside none that is stricter");
    tmux.run(&["kill-pane", "-t", &new]);
    let new = split(&tmux, &["-d", "-t", &none]);
    assert_eq!(held(&land, &tmux, &new), Value::Null, "{prod} is further away");
}

/// What a killed daemon has not seen, the next one finds.
#[test]
fn a_daemon_that_is_killed_meanwhile() {
    let land = Land::new();
    let tmux = land.tmux();
    let [prod, _] = staged(&land, &tmux);
    let daemon = land.sandbox().daemon();
    process::stop(daemon);
    eventually("it stands still", PATIENCE, || (process::stat(daemon)?.state == 'T').then_some(()));
    let new = split(&tmux, &["-d", "-t", &prod]);
    process::kill(daemon);
    assert_eq!(held(&land, &tmux, &new), "prod");
    land.project.crash();
    assert_eq!(held(&land, &tmux, &new), "prod");
}

/// Nobody is there to say what it inherits: its commands are refused, and not run as if nothing were chosen. When a daemon looks, it
/// has the environment of the pane beside it.
#[test]
fn a_pane_that_is_made_while_there_is_no_daemon() {
    let land = Land::new();
    let tmux = land.tmux();
    let server = socket(&tmux);
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "prod", "tmux": server}));
    let run = |pane: &str| land.run(&["tool"]).env("TMUX", tmux_variable(&tmux)).env("TMUX_PANE", pane);
    let check = |says: &dyn Fn(&str), stop: &dyn Fn(), start: &dyn Fn()| {
        stop();
        let split = tmux.split("%0", "cat");
        let window = tmux.run(&["new-window", "-d", "-P", "-F", "#{pane_id}", "cat"]).trim().to_owned();
        assert!(run("%0").ok().contains("ENV=prod"), "what was seen is known");
        for pane in [&split, &window] {
            let said = run(pane).fails(125);
            assert!(said.contains("newer than what was seen"), "{said}");
        }
        start();
        says(&split);
        assert!(run(&window).ok().contains("ENV=unset"), "nothing was split there");
        tmux.run(&["kill-pane", "-t", &split]);
    };
    let says = |pane: &str| assert!(run(pane).ok().contains("ENV=prod"), "{pane}");
    check(&says, &|| drop(land.sandbox().pintle(&["daemon", "stop"]).ok()), &|| {
        land.sandbox().start();
        land.cmd(json!({"cmd": "list_panes", "tmux": server}));
    });
    // A daemon that stands still sees no new panes either, and sees them when it goes on.
    let daemon = land.sandbox().daemon();
    check(
        &says,
        &|| {
            process::stop(daemon);
            eventually("it stands still", PATIENCE, || (process::stat(daemon)?.state == 'T').then_some(()));
        },
        &|| {
            process::signal(daemon, Signal::CONT);
            land.cmd(json!({"cmd": "list_panes", "tmux": server}));
        },
    );
    // Where nothing is chosen on a server, nothing can be inherited.
    land.cmd(json!({"cmd": "clear_pane_env", "pane": "%0", "tmux": server}));
    for pane in tmux.panes().iter().filter(|pane| *pane != "%0") {
        land.cmd(json!({"cmd": "clear_pane_env", "pane": pane, "tmux": server}));
    }
    let seen = land.sandbox().path("run/pintle/shell/seen");
    eventually("it is heard that the last one is gone", PATIENCE, || {
        std::fs::read_dir(&seen).expect("a folder").next().is_none().then_some(())
    });
    land.sandbox().pintle(&["daemon", "stop"]).ok();
    assert!(run(&tmux.split("%0", "cat")).ok().contains("ENV=unset"));
}

/// Nobody has said what a pane inherits from the window it was moved into, so its commands are refused until somebody looks.
#[test]
fn a_pane_that_is_moved_while_there_is_no_daemon() {
    let land = Land::new();
    let tmux = land.tmux();
    let server = socket(&tmux);
    let own = tmux.split("%0", "cat");
    let window = tmux.run(&["new-window", "-d", "-P", "-F", "#{pane_id}", "cat"]).trim().to_owned();
    let run = |pane: &str, words: &[&str]| land.run(words).env("TMUX", tmux_variable(&tmux)).env("TMUX_PANE", pane);
    let stop = || drop(land.sandbox().pintle(&["daemon", "stop"]).ok());
    let looked = || {
        land.sandbox().start();
        land.cmd(json!({"cmd": "list_panes", "tmux": server}));
    };
    // As long as windows and sessions have none it makes no difference where a pane is.
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "dev", "tmux": server}));
    stop();
    tmux.run(&["break-pane", "-d", "-s", &own]);
    assert!(run(&own, &["tool"]).ok().contains("ENV=unset"));
    looked();
    land.cmd(json!({"cmd": "set_pane_env", "pane": window, "env": "prod", "scope": "window", "tmux": server}));
    land.cmd(json!({"cmd": "list_panes", "tmux": server}));
    stop();
    assert!(run(&own, &["tool"]).ok().contains("ENV=unset") && run(&window, &["tool"]).ok().contains("ENV=prod"));
    tmux.run(&["join-pane", "-d", "-s", &own, "-t", &window]);
    let said = run(&own, &["tool"]).fails(125);
    assert!(said.contains("has been moved"), "{said}");
    assert!(run(&own, &["--env", "dev", "tool"]).ok().contains("ENV=dev"), "here it is said");
    looked();
    assert!(run(&own, &["tool"]).ok().contains("ENV=prod"));
    // And out of it again, into a session that has another.
    tmux.run(&["new-session", "-d", "-s", "other", "-x", "80", "-y", "24", "cat"]);
    let other = tmux.run(&["display-message", "-p", "-t", "other:", "#{pane_id}"]).trim().to_owned();
    land.cmd(json!({"cmd": "set_pane_env", "pane": other, "env": "strict", "scope": "session", "tmux": server}));
    stop();
    tmux.run(&["move-pane", "-d", "-s", &own, "-t", &other]);
    run(&own, &["tool"]).fails(125);
    looked();
    assert!(run(&own, &["tool"]).ok().contains("ENV=strict"));
}
