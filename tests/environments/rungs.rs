//! Which environment holds: command, agent, pane, window, session, project, global.

use serde_json::{Value, json};

use super::{Land, socket};
use crate::support::{PATIENCE, Tmux, eventually, process};

/// What is set nearer is taken away, one rung after the other.
#[test]
fn the_nearest_holds() {
    let land = Land::with("envs: {c: {}, p: {}, w: {}, s: {}, j: {}, g: {}}", "");
    let tmux = Tmux::new(land.sandbox());
    let server = socket(&tmux);
    land.project.configure("env: j\n");
    land.cmd(json!({"cmd": "reload"}));
    let call = |mut request: Value| {
        request["tmux"] = server.clone().into();
        land.cmd(request)
    };
    // A pane in the project's folder, and one beside it that is not.
    let root = land.project.root();
    let inside = tmux.run(&["split-window", "-t", "%0", "-c", root, "-P", "-F", "#{pane_id}", "cat"]).trim().to_owned();
    let set = |scope: &str, env: &str| {
        call(json!({"cmd": "set_pane_env", "pane": inside, "env": env, "scope": scope}));
    };
    let get = |pane: &str| {
        let reply = call(json!({"cmd": "get_pane_env", "pane": pane}));
        format!("{} {}", reply["env"].as_str().unwrap_or("-"), reply["source"].as_str().expect("a source"))
    };
    let clear = |scope: &str| call(json!({"cmd": "clear_pane_env", "pane": inside, "scope": scope}))["cleared"] == true;
    assert_eq!((get(&inside), get("%0")), ("j project".into(), "- none".into()));
    call(json!({"cmd": "set_env", "value": "g"}));
    assert_eq!((get(&inside), get("%0")), ("j project".into(), "g global".into()));
    set("session", "s");
    assert_eq!((get(&inside), get("%0")), ("s session".into(), "s session".into()));
    set("window", "w");
    assert_eq!((get(&inside), get("%0")), ("w window".into(), "w window".into()));
    let other = tmux.run(&["new-window", "-P", "-F", "#{pane_id}", "cat"]).trim().to_owned();
    assert_eq!(get(&other), "s session");
    set("pane", "p");
    assert_eq!((get(&inside), get("%0")), ("p pane".into(), "w window".into()));
    let context = json!({"pane": inside, "tmux": server, "cwd": root});
    let of = |context: &Value| {
        let reply = land.becomes(&["x"], context.clone());
        format!("{} {}", reply["env"].as_str().unwrap_or("-"), reply["source"].as_str().expect("a source"))
    };
    assert_eq!(of(&context), "p pane");
    let mut named = context.clone();
    named["env"] = "c".into();
    assert_eq!(of(&named), "c command");
    // Twice does nothing the second time.
    assert_eq!((clear("pane"), clear("pane")), (true, false));
    assert_eq!(of(&context), "w window");
    assert!(clear("window"));
    assert_eq!(of(&context), "s session");
    assert!(clear("session"));
    assert_eq!((of(&context), get(&inside)), ("j project".into(), "j project".into()));
    assert_eq!(of(&json!({"cwd": root})), "j project");
    assert_eq!(of(&json!({"cwd": "/"})), "g global");
    assert_eq!(of(&json!({"cwd": format!("{root}x")})), "g global", "a folder whose name begins alike is another");
    call(json!({"cmd": "clear_env"}));
    assert_eq!(of(&json!({"cwd": "/"})), "- none");
    let explained = call(json!({"cmd": "explain_env", "context": context}));
    let rungs: Vec<&str> =
        explained["rungs"].as_array().expect("rungs").iter().filter_map(|rung| rung["source"].as_str()).collect();
    assert_eq!(rungs, ["command", "pane", "window", "session", "project", "global"]);
}

#[test]
fn an_agent_has_its_own() {
    let land = Land::new();
    let tmux = land.tmux();
    let stage = crate::tmux::Stage { project: &land.project, tmux };
    let id = land.project.spawn(&["listen"]);
    let pane = stage.shows(&id);
    stage.cmd(json!({"cmd": "set_env", "value": "dev"}));
    let of = || land.becomes(&["x"], json!({"agent_id": id}))["env"].clone();
    assert_eq!(of(), "dev");
    stage.cmd(json!({"cmd": "set_pane_env", "pane": pane, "env": "prod"}));
    assert_eq!(of(), "prod", "a pane that shows an agent is the agent's");
    assert_eq!(stage.cmd(json!({"cmd": "get_pane_env", "pane": pane}))["source"], "agent");
    assert_eq!(land.project.agent(&id)["env"], "prod");
    // It is the agent's and not the pane's: it stays when the pane goes, and when the daemon does.
    stage.tmux.run(&["kill-pane", "-t", &pane]);
    land.project.crash();
    assert_eq!(of(), "prod");
    assert_eq!(land.becomes(&["x"], json!({"agent_id": id}))["source"], "agent");
}

/// Its own, else its project's, else the global one: never that of the pane. All who can be asked say so.
#[test]
fn a_pane_that_shows_an_agent_says_where_the_agents_commands_run() {
    let land = Land::new();
    let stage = crate::tmux::Stage { project: &land.project, tmux: land.tmux() };
    let server = socket(&stage.tmux);
    let root = land.project.root();
    let id = land.project.spawn(&["listen"]);
    // One pane has inherited its own environment from the one that it was split from, the other has its window's.
    stage.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "strict"}));
    let own = stage.shows(&id);
    let plain = stage.tmux.run(&["new-window", "-c", "/", "-P", "-F", "#{pane_id}", "cat"]).trim().to_owned();
    let attach = json!([crate::support::pintle(), "--socket", land.sandbox().socket(), "attach", id]);
    let request =
        json!({"cmd": "tmux_split_run", "command": attach, "split": "horizontal", "target": plain, "cwd": "/"});
    let windows = stage.cmd(request)["pane"].as_str().expect("a pane").to_owned();
    stage.cmd(json!({"cmd": "set_pane_env", "pane": plain, "env": "strict", "scope": "window"}));
    eventually("it is marked", PATIENCE, || (stage.tmux.format(&windows, "#{@pintle_agent}") == id).then_some(()));
    let env = |reply: &Value| reply["env"].as_str().map(str::to_owned);
    let names = [None, Some("dev"), Some("prod")];
    for (its, project, global) in
        names.into_iter().flat_map(|a| names.into_iter().flat_map(move |b| names.map(move |c| (a, b, c))))
    {
        land.project.configure(&project.map(|env| format!("env: {env}\n")).unwrap_or_default());
        land.cmd(json!({"cmd": "reload"}));
        match global {
            Some(env) => land.cmd(json!({"cmd": "set_env", "value": env})),
            None => land.cmd(json!({"cmd": "clear_env"})),
        };
        match its {
            Some(env) => stage.cmd(json!({"cmd": "set_pane_env", "pane": own, "env": env})),
            None => stage.cmd(json!({"cmd": "clear_pane_env", "pane": own})),
        };
        let expected = its.or(project).or(global).map(str::to_owned);
        let case = format!("its own {its:?}, of the project {project:?}, global {global:?}");
        let inside = json!({"agent_id": id, "cwd": root});
        assert_eq!(env(&land.becomes(&["tool"], inside.clone())), expected, "its commands: {case}");
        let explained = land.cmd(json!({"cmd": "explain_env", "context": inside}));
        assert_eq!(env(&explained), expected, "`env get` inside: {case}");
        for pane in [&own, &windows] {
            let place = json!({"pane": pane, "tmux": server});
            let got = land.cmd(json!({"cmd": "get_pane_env", "pane": pane, "tmux": server}));
            assert_eq!((env(&got), &got["source"]), (expected.clone(), &explained["source"]), "{pane}: {case}");
            let asked = land.cmd(json!({"cmd": "explain_env", "context": place}));
            assert_eq!((env(&asked), &asked["source"]), (expected.clone(), &explained["source"]), "{pane}: {case}");
            let hud = land.cmd(json!({"cmd": "get_hud", "pane": pane, "tmux": server}))["hud"].to_string();
            let shows = hud.split_once("env:").map(|(_, rest)| rest.split(' ').next().unwrap_or_default().to_owned());
            assert_eq!(shows, expected, "the status bar of {pane} is {hud}: {case}");
        }
    }
}

/// The first thing that runs in the new pane runs there, and without such an environment there is no pane.
#[test]
fn what_is_split_into_an_environment_runs_in_it_from_the_beginning() {
    let land = Land::new();
    let tmux = land.tmux();
    let pintle = crate::support::pintle();
    for (env, says) in [("dev", "--account=0041"), ("prod", "--account=0042"), ("dev", "--account=0041")] {
        let request = json!({
            "cmd": "tmux_split_run", "split": "vertical", "target": "%0", "tmux": socket(&tmux), "env": env, "size": 14,
            "command": ["sh", "-c", format!("'{}' run tool at once; exec cat", pintle.display())], "vars": {"PATH": std::env::join_paths(
                [land.sandbox().path("bin")].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").expect("a PATH"))),
            ).expect("a PATH").to_str()},
        });
        let pane = land.cmd(request)["pane"].as_str().expect("a pane").to_owned();
        tmux.shows(&pane, says);
        let held = land.cmd(json!({"cmd": "get_pane_env", "pane": pane, "tmux": socket(&tmux)}));
        assert_eq!((&held["env"], &held["source"]), (&json!(env), &json!("pane")));
        tmux.run(&["kill-pane", "-t", &pane]);
    }
    let panes = tmux.panes();
    let wrong = json!({"cmd": "tmux_split_run", "split": "vertical", "target": "%0", "tmux": socket(&tmux), "env": "prd", "command": "cat"});
    assert_eq!(land.refused(wrong, "INVALID_ARGUMENT"), "Unknown environment: prd\nDid you mean: prod?");
    assert_eq!(tmux.panes(), panes);
}

/// One that ends before anybody could look has run all the same, in its environment.
#[test]
fn a_program_that_ends_at_once_is_split_into_an_environment_too() {
    let land = Land::new();
    let tmux = land.tmux();
    let said = land.sandbox().path("said");
    for (round, env) in ["dev", "prod", "dev", "prod", "dev"].into_iter().enumerate() {
        let request = json!({
            "cmd": "tmux_split_run", "split": "vertical", "target": "%0", "tmux": socket(&tmux), "env": env, "size": 14,
            "command": ["sh", "-c", format!("echo {round} >'{}'; exit 3", said.display())],
        });
        let pane = land.cmd(request)["pane"].as_str().expect("a pane").to_owned();
        tmux.ended(&pane);
        assert_eq!(std::fs::read_to_string(&said).expect("it has run"), format!("{round}\n"));
        let held = land.cmd(json!({"cmd": "get_pane_env", "pane": pane, "tmux": socket(&tmux)}));
        assert_eq!((&held["env"], &held["source"]), (&json!(env), &json!("pane")));
        tmux.run(&["kill-pane", "-t", &pane]);
    }
}

#[test]
fn a_split_inherits_and_a_new_window_does_not() {
    let land = Land::new();
    let tmux = land.tmux();
    let server = socket(&tmux);
    let get = |pane: &str| land.cmd(json!({"cmd": "get_pane_env", "pane": pane, "tmux": server}))["env"].clone();
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "prod", "tmux": server}));
    let beside = tmux.split("%0", "cat");
    eventually("it is inherited", PATIENCE, || (get(&beside) == "prod").then_some(()));
    let apart = tmux.run(&["new-window", "-P", "-F", "#{pane_id}", "cat"]).trim().to_owned();
    assert_eq!(get(&apart), Value::Null);
    // From then on each has its own.
    land.cmd(json!({"cmd": "clear_pane_env", "pane": "%0", "tmux": server}));
    assert_eq!((get("%0"), get(&beside)), (Value::Null, "prod".into()));
    // A pane that is gone takes its environment with it.
    tmux.run(&["kill-pane", "-t", &beside]);
    eventually("it is forgotten", PATIENCE, || (!land.state()["overrides"].to_string().contains("prod")).then_some(()));
}

/// Ends a server; its socket is free for the next one then.
fn ended(tmux: Tmux<'_>) {
    let pid = tmux.format("%0", "#{pid}").parse().expect("a pid");
    drop(tmux);
    eventually("the server has ended", PATIENCE, || (!process::alive(pid)).then_some(()));
}

#[test]
fn the_next_first_pane_is_another_pane() {
    let land = Land::new();
    let tmux = land.tmux();
    let server = socket(&tmux);
    for scope in ["pane", "window", "session"] {
        land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "prod", "scope": scope, "tmux": server}));
    }
    ended(tmux);
    let tmux = land.tmux();
    assert_eq!(socket(&tmux), server);
    let get = || land.cmd(json!({"cmd": "get_pane_env", "pane": "%0", "tmux": server}));
    assert_eq!(get()["env"], Value::Null);
    eventually("the file is clean", PATIENCE, || {
        (!land.state()["overrides"].to_string().contains("prod")).then_some(())
    });
    // The same where the server goes while nobody looks.
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "prod", "tmux": server}));
    land.sandbox().pintle(&["daemon", "stop"]).ok();
    ended(tmux);
    let _tmux = land.tmux();
    land.sandbox().start();
    assert_eq!(get()["env"], Value::Null);
}

#[test]
fn two_servers_with_the_same_pane() {
    let land = Land::new();
    let one = land.tmux();
    let other = Tmux::with(land.sandbox(), "other", std::path::Path::new("/dev/null"), "/bin/sh");
    let (first, second) = (socket(&one), socket(&other));
    let get = |server: &str| land.cmd(json!({"cmd": "get_pane_env", "pane": "%0", "tmux": server}))["env"].clone();
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "prod", "tmux": first}));
    assert_eq!((get(&first), get(&second)), ("prod".into(), Value::Null));
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "dev", "tmux": second}));
    assert_eq!((get(&first), get(&second)), ("prod".into(), "dev".into()));
    let message = land.refused(json!({"cmd": "get_pane_env", "pane": "%0"}), "INVALID_ARGUMENT");
    assert!(message.contains(&first) && message.contains(&second), "{message}");
    // Each command by where it is run.
    for (server, env) in [(&one, "prod"), (&other, "dev")] {
        let run = land.run(&["tool"]).env("TMUX", super::tmux_variable(server)).env("TMUX_PANE", "%0");
        let said = run.ok();
        assert!(said.contains(&format!("ENV={env}\n")), "{said}");
    }
}

/// A popup, and whatever else tmux starts in a session, is in no pane: what all panes of the session have holds there, and nothing is guessed
/// where they differ.
#[test]
fn a_popup_is_in_a_session_and_in_no_pane() {
    let land = Land::new();
    land.cmd(json!({"cmd": "set_env", "value": "dev"}));
    let tmux = land.tmux();
    let server = socket(&tmux);
    let beside = tmux.split("%0", "cat");
    let session = tmux.format("%0", "#{session_id}");
    let with_session = |session: &str| format!("{server},{},{session}", tmux.format("%0", "#{pid}"));
    let popup = with_session(session.trim_start_matches('$'));
    let run = |words: &[&str]| land.run(words).env("TMUX", &popup);
    let check = |expected: Result<&str, &str>| {
        let checked = |how: &str| match expected {
            Ok(env) => assert!(run(&["tool"]).ok().contains(&format!("ENV={env}\n")), "{how}"),
            Err(part) => {
                let said = run(&["tool"]).fails(125);
                assert!(said.contains(part) && said.contains("--env"), "{how}: {said}");
            }
        };
        checked("with a daemon");
        let daemon = land.sandbox().daemon();
        process::stop(daemon);
        eventually("it stands still", PATIENCE, || (process::stat(daemon)?.state == 'T').then_some(()));
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| checked("without one")));
        process::signal(daemon, rustix::process::Signal::CONT);
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    };
    check(Ok("dev"));
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "prod", "scope": "session", "tmux": server}));
    check(Ok("prod"));
    run(&["tool-boom"]).fails(77);
    land.cmd(json!({"cmd": "set_pane_env", "pane": beside, "env": "strict", "tmux": server}));
    check(Err("not all panes of this session"));
    assert!(run(&["--env", "dev", "tool"]).ok().contains("ENV=dev\n"));
    assert!(run(&["tool"]).env("TMUX_PANE", &beside).ok().contains("ENV=strict\n"));
    // What belongs to no session, as what the status line runs, is nobody's.
    assert!(land.run(&["tool"]).env("TMUX", with_session("-1")).ok().contains("ENV=dev\n"));
}
