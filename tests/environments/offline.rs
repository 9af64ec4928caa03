//! Without a daemon the same comes out, from the files; and where it cannot, nothing runs unwrapped.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{Land, socket, tmux_variable};
use crate::support::{PATIENCE, Tmux, eventually, process};

/// A call: the words behind `run`, and variables.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);

/// What came of it: how it ended, what it printed.
fn outcome(land: &Land, (words, variables, folder): Case<'_>) -> (Option<i32>, String) {
    let mut run = land.run(words).current_dir(folder);
    for (name, value) in variables {
        run = run.env(name, value);
    }
    let finished = run.finish();
    (finished.status.code(), finished.stdout)
}

/// What is said about it, but for what only a daemon knows apart: pane, window or session.
fn explained(land: &Land, (words, variables, folder): Case<'_>) -> Value {
    let mut run = land.run(&[&["--explain", "--json"], words].concat()).current_dir(folder);
    for (name, value) in variables {
        run = run.env(name, value);
    }
    let said = run.finish().stdout;
    let mut said: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    if let Some(said) = said.as_object_mut() {
        said.remove("ok");
        said.remove("source");
        // Errors are worded by who says them.
        said.remove("message");
    }
    said
}

/// A project inside a project decides, also where it names none: then the global one holds in it.
#[test]
fn the_innermost_project_decides() {
    let land = Land::new();
    let root = land.project.folder().to_owned();
    let folders = [root.join("inner"), root.join("inner/deep"), root.join("beside")];
    folders.iter().for_each(|folder| std::fs::create_dir_all(folder).expect("a folder"));
    land.project.client().ask(json!({"type": "init", "project_root": folders[0]}), "init_result");
    let everywhere = [&root, &folders[0], &folders[1], &folders[2]];
    let held = |daemon: bool| -> Vec<String> {
        let said = everywhere.map(|folder| {
            let run = land.run(&["--explain", "--json", "tool"]).current_dir(folder).finish().stdout;
            let said: Value = serde_json::from_str(&run).unwrap_or_else(|error| panic!("{error}: {run}"));
            format!("{} {}", said["env"].as_str().unwrap_or("-"), said["source"].as_str().expect("a source"))
        });
        assert_eq!(land.sandbox().keeper().is_some(), daemon);
        said.to_vec()
    };
    for (outer, inner, global, expected) in [
        ("prod", "", None, ["prod project", "- none", "- none", "prod project"]),
        ("prod", "", Some("dev"), ["prod project", "dev global", "dev global", "prod project"]),
        ("prod", "dev", Some("strict"), ["prod project", "dev project", "dev project", "prod project"]),
        ("", "prod", Some("dev"), ["dev global", "prod project", "prod project", "dev global"]),
    ] {
        land.sandbox().start();
        for (folder, env) in [(&root, outer), (&folders[0], inner)] {
            let text = if env.is_empty() { String::new() } else { format!("env: {env}\n") };
            std::fs::write(folder.join(".pintle/config.yaml"), text).expect("a config file");
        }
        match global {
            Some(global) => land.cmd(json!({"cmd": "set_env", "value": global})),
            None => land.cmd(json!({"cmd": "clear_env"})),
        };
        land.cmd(json!({"cmd": "reload"}));
        assert_eq!(held(true), expected, "{outer} {inner} {global:?}");
        land.sandbox().pintle(&["daemon", "stop"]).ok();
        assert_eq!(held(false), expected, "without a daemon: {outer} {inner} {global:?}");
    }
}

#[test]
fn the_same_cases() {
    let land = Land::new();
    land.program("failing", "#!/bin/sh\nexit 3\n");
    land.cmd(json!({"cmd": "register_prefix", "command": "tool", "wrapper": "nice -n 1"}));
    land.cmd(json!({"cmd": "set_env", "value": "dev"}));
    land.project.configure("env: prod\n");
    land.cmd(json!({"cmd": "reload"}));
    let tmux = land.tmux();
    let server = socket(&tmux);
    let window = tmux.run(&["new-window", "-P", "-F", "#{pane_id}", "cat"]).trim().to_owned();
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "strict", "tmux": server}));
    land.cmd(json!({"cmd": "set_pane_env", "pane": window, "env": "prod", "scope": "window", "tmux": server}));
    let plain = tmux.run(&["new-window", "-P", "-F", "#{pane_id}", "cat"]).trim().to_owned();
    let tmux_is = tmux_variable(&tmux);
    let agent = land.project.spawn(&["listen"]);
    let stage = crate::tmux::Stage { project: &land.project, tmux };
    let shown = stage.shows(&agent);
    stage.cmd(json!({"cmd": "set_pane_env", "pane": shown, "env": "strict"}));
    let pane = |id: &'static str| [("TMUX", tmux_is.as_str()), ("TMUX_PANE", id)];
    let (home, root) = (land.sandbox().path("home"), land.project.root().to_owned());
    let home = home.to_str().expect("UTF-8");
    let in_window = [("TMUX", tmux_is.as_str()), ("TMUX_PANE", window.as_str())];
    let in_plain = [("TMUX", tmux_is.as_str()), ("TMUX_PANE", plain.as_str())];
    let in_first = pane("%0");
    let of_agent = [("PINTLE_AGENT_ID", agent.as_str())];
    let cases: &[Case<'_>] = &[
        (&["tool", "x", "--", "y"], &[], home),
        (&["tool", "x"], &[], &root),
        (&["--env", "strict", "tool", "x"], &[], &root),
        (&["--env", "prod", "tool"], &[("DEBUG", "1"), ("REGION", "mars")], home),
        (&["tool"], &in_first, home),
        (&["tool"], &in_first, &root),
        (&["tool"], &in_window, home),
        (&["tool"], &in_plain, home),
        (&["tool"], &in_plain, &root),
        (&["tool"], &of_agent, home),
        (&["tool"], &[("TMUX_PANE", "%0")], home),
        (&["tool-boom"], &[], home),
        (&["tool-boom"], &[], &root),
        (&["tool-boom"], &in_first, home),
        (&["tool-boom"], &of_agent, home),
        (&["failing"], &[], home),
        (&["no-such-program"], &[], home),
        (&["/etc/passwd"], &[], home),
        (&["--env", "prdo", "tool"], &[], home),
        (&["kubectl", "delete", "pod"], &in_first, home),
    ];
    let with: Vec<_> = cases.iter().map(|case| (outcome(&land, *case), explained(&land, *case))).collect();
    land.sandbox().pintle(&["daemon", "stop"]).ok();
    assert!(!land.sandbox().socket().exists());
    for (case, (ended, said)) in cases.iter().zip(with) {
        assert_eq!(outcome(&land, *case), ended, "{case:?}");
        assert_eq!(explained(&land, *case), said, "{case:?}");
    }
    assert!(!land.sandbox().socket().exists(), "a run starts no daemon");
}

/// A process that has outlived its pane, or its tmux: nobody knows what was chosen there, with a daemon and without one.
#[test]
fn a_pane_that_is_gone() {
    let land = Land::new();
    land.cmd(json!({"cmd": "set_env", "value": "dev"}));
    let tmux = land.tmux();
    let server = socket(&tmux);
    let pane = tmux.split("%0", "cat");
    land.cmd(json!({"cmd": "set_pane_env", "pane": pane, "env": "prod", "tmux": server}));
    let tmux_is = tmux_variable(&tmux);
    let fields: Vec<&str> = tmux_is.rsplitn(3, ',').collect();
    let earlier = format!("{},{},0", fields[2], std::process::id());
    let refused = |tmux: &str, pane: &str| {
        let said = land.run(&["tool"]).env("TMUX", tmux).env("TMUX_PANE", pane).fails(125);
        assert!(said.contains(pane) && said.contains("PINTLE_BYPASS=1"), "{said}");
        // Nor where it is said which environment is meant: the daemon knows no such pane.
        land.run(&["--env", "dev", "tool"]).env("TMUX", tmux).env("TMUX_PANE", pane).fails(125);
    };
    let check = || {
        refused(&tmux_is, &pane);
        // The pane of an earlier server is not this one's.
        refused(&earlier, "%0");
        assert!(land.run(&["tool"]).env("TMUX", &tmux_is).env("TMUX_PANE", "%0").ok().contains("ENV=dev\n"));
        // Nor does it become known by a word that anybody can say.
        let agent =
            land.run(&["tool"]).env("TMUX", &tmux_is).env("TMUX_PANE", &pane).env("PINTLE_AGENT_ID", "ag-00000000");
        agent.fails(125);
    };
    assert!(land.run(&["tool"]).env("TMUX", &tmux_is).env("TMUX_PANE", &pane).ok().contains("ENV=prod\n"));
    tmux.run(&["kill-pane", "-t", &pane]);
    // Not `list_panes`, which asks tmux: a command is resolved with what was heard.
    let heard = || land.cmd(json!({"cmd": "get_state"}))["state"]["panes"][&pane].is_null();
    eventually("it is heard that it is gone", PATIENCE, || heard().then_some(()));
    check();
    land.sandbox().pintle(&["daemon", "stop"]).ok();
    check();
    // One that hangs says nothing, and neither is that a guess.
    let pid: u32 = fields[1].parse().expect("a pid");
    process::stop(pid);
    let said = land.run(&["tool"]).env("TMUX", &tmux_is).env("TMUX_PANE", "%0").fails(125);
    process::signal(pid, Signal::CONT);
    assert!(said.contains("does not answer"), "{said}");
    drop(tmux);
    eventually("the server has ended", PATIENCE, || (!process::alive(pid)).then_some(()));
    refused(&tmux_is, "%0");
    land.sandbox().start();
    let said = land.run(&["tool"]).env("TMUX", &tmux_is).env("TMUX_PANE", "%0").fails(125);
    assert!(said.contains(&server), "{said}");
}

/// A daemon that hangs is not waited for; one that is killed while it is asked neither.
#[test]
fn a_daemon_that_does_not_answer() {
    let land = Land::new();
    land.cmd(json!({"cmd": "set_env", "value": "prod"}));
    let daemon = land.sandbox().daemon();
    let expected = land.run(&["tool", "x"]).ok();
    process::stop(daemon);
    eventually("it stands still", PATIENCE, || (process::stat(daemon)?.state == 'T').then_some(()));
    let said = land.run(&["tool", "x"]).ok();
    let refused = land.run(&["tool-boom"]).finish();
    process::signal(daemon, Signal::CONT);
    assert_eq!(said, expected);
    assert_eq!(refused.status.code(), Some(77), "{refused}");
    process::kill(daemon);
    assert_eq!(land.run(&["tool", "x"]).ok(), expected);
}

/// An answer that comes after nobody waits for it any more changes nothing: the files say what runs, its guard stands, and nothing runs
/// unwrapped or twice.
#[test]
fn an_answer_that_comes_too_late() {
    let land = Land::new();
    land.cmd(json!({"cmd": "set_env", "value": "prod"}));
    let expected = land.run(&["tool", "x"]).ok();
    land.sandbox().pintle(&["daemon", "stop"]).ok();
    // Somebody who takes every question and answers when the asker has gone; or with half a line; or with half of it in time.
    let listener = UnixListener::bind(land.sandbox().socket()).expect("a free socket");
    let answer = r#"{"ok":true,"command":["sh","-c","echo unwrapped"],"env_vars":{},"unset":[],"rules":[],"passed":[],"env":null,"source":"none","guard":null,"armed":false}"#;
    let (asked, questions) = std::sync::mpsc::sync_channel(8);
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let mut stream = BufReader::new(stream);
            let mut question = String::new();
            let _ = stream.read_line(&mut question);
            if number % 2 == 1 {
                let _ = stream.get_mut().write_all(&answer.as_bytes()[..40]);
            }
            // Returns when the asker has hung up: from there on it is too late.
            let _ = stream.read_line(&mut String::new());
            let _ = stream.get_mut().write_all(format!("{answer}\n").as_bytes());
            if asked.send(question).is_err() {
                return;
            }
        }
    });
    assert_eq!(land.run(&["tool", "x"]).ok(), expected);
    let refused = land.run(&["tool-boom"]).finish();
    assert_eq!((refused.status.code(), refused.stdout.as_str()), (Some(77), ""), "{refused}");
    let asked: Vec<String> = (0..2).map(|_| questions.recv_timeout(PATIENCE).expect("a question")).collect();
    assert!(asked.iter().all(|question| question.contains("apply_prefixes")), "{asked:?}");
    // And where the files say nothing either, nothing runs.
    land.write("envs.yaml", "envs: {dev: {guard: x}}");
    let said = land.run(&["tool", "x"]).fails(125);
    assert!(said.contains("no daemon answers") && said.contains("envs.yaml"), "{said}");
}

#[test]
fn files_that_cannot_be_read_run_nothing() {
    let land = Land::new();
    land.cmd(json!({"cmd": "set_env", "value": "dev"}));
    let good = land.run(&["tool"]).ok();
    land.sandbox().stop();
    assert_eq!(land.run(&["tool"]).ok(), good);
    let refused = |what: &str| {
        let said = land.run(&["tool"]).fails(125);
        assert!(said.contains(what) && said.contains("command tool") && said.contains("PINTLE_BYPASS=1"), "{said}");
        assert!(land.run(&["tool"]).env("PINTLE_BYPASS", "1").ok().starts_with("tool[]"));
    };
    land.write("envs.yaml", "envs: {dev: {guard: x}}");
    refused("envs.yaml: line 1");
    land.write("envs.yaml", super::ENVS);
    land.write("prefixes.yaml", "- {command: tool");
    refused("prefixes.yaml");
    land.write("prefixes.yaml", super::PREFIXES);
    assert_eq!(land.run(&["tool"]).ok(), good);
    // A file that is a folder cannot be read by root either.
    let envs = land.sandbox().path("config/pintle/envs.yaml");
    std::fs::remove_file(&envs).expect("a file");
    std::fs::create_dir(&envs).expect("a folder");
    refused("envs.yaml");
    std::fs::remove_dir(&envs).expect("a folder");
    land.write("envs.yaml", "envs: {other: {}}");
    refused("Unknown environment: dev");
    land.write("envs.yaml", super::ENVS);
    std::fs::write(land.sandbox().path("state/pintle/state.json"), "{").expect("a file");
    refused("state.json");
}

/// After a reboot: the runtime folder is empty, and only `state.json` is left.
#[test]
fn before_any_daemon_has_run() {
    let land = Land::new();
    land.cmd(json!({"cmd": "set_env", "value": "dev"}));
    let good = land.run(&["tool"]).ok();
    land.sandbox().stop();
    std::fs::remove_dir_all(land.sandbox().path("run/pintle")).expect("a folder");
    assert_eq!(land.run(&["tool"]).ok(), good);
    // Whether the project has one of its own is not guessed.
    let said = land.run(&["tool"]).current_dir(land.project.root()).fails(125);
    assert!(said.contains(land.project.root()), "{said}");
}

/// Under sudo, or wherever else `XDG_RUNTIME_DIR` is not what the daemon has, nobody sees what panes and agents are told: the global
/// environment is not taken for theirs.
#[test]
fn where_the_runtime_folder_is_another() {
    let land = Land::new();
    land.cmd(json!({"cmd": "set_env", "value": "dev"}));
    let tmux = land.tmux();
    let tmux_is = tmux_variable(&tmux);
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "prod", "tmux": socket(&tmux)}));
    let other = land.sandbox().path("other");
    std::fs::create_dir(&other).expect("a folder");
    let in_pane = |words: &[&str]| land.run(words).env("TMUX", &tmux_is).env("TMUX_PANE", "%0");
    let elsewhere = || land.run(&["tool"]).env("XDG_RUNTIME_DIR", &other);
    // As with `sudo -E`: the daemon is found.
    assert!(in_pane(&["tool"]).env("SUDO_UID", "4711").ok().contains("ENV=prod"));
    let kept = || land.state()["overrides"].as_array().is_some_and(|list| !list.is_empty()).then_some(());
    eventually("it is on the disk", PATIENCE, kept);
    let refused = |said: String, part: &str| assert!(said.contains(part) && said.contains("PINTLE_BYPASS=1"), "{said}");
    refused(in_pane(&["tool"]).env("XDG_RUNTIME_DIR", &other).fails(125), "whether this pane has an environment");
    refused(elsewhere().env("PINTLE_AGENT_ID", "ag-1").fails(125), "which environment agent ag-1 has");
    refused(elsewhere().env("SUDO_UID", "4711").fails(125), "which environment holds for uid 4711");
    let named = land.run(&["--env", "strict", "tool"]).env("XDG_RUNTIME_DIR", &other).env("SUDO_UID", "4711");
    assert!(named.ok().contains("ENV=strict"));
    // Nobody who could have another one.
    let own = rustix::process::geteuid().as_raw().to_string();
    assert!(elsewhere().env("SUDO_UID", own).ok().contains("ENV=dev"));
    let second = Tmux::with(land.sandbox(), "second", Path::new("/dev/null"), "/bin/sh");
    let of_another_server = elsewhere().env("TMUX", tmux_variable(&second)).env("TMUX_PANE", "%0");
    assert!(of_another_server.ok().contains("ENV=dev"));
}

/// The same by sudo itself. Its own user is enough to try that; another one's password is not asked for.
#[test]
fn sudo_itself() {
    let land = Land::new();
    land.cmd(json!({"cmd": "set_env", "value": "dev"}));
    let tmux = land.tmux();
    land.cmd(json!({"cmd": "set_pane_env", "pane": "%0", "env": "prod", "tmux": socket(&tmux)}));
    let kept = || land.state()["overrides"].as_array().is_some_and(|list| !list.is_empty()).then_some(());
    eventually("it is on the disk", PATIENCE, kept);
    let user = land.sandbox().run("id", &["-un"]).ok();
    let pintle = crate::support::pintle().to_str().expect("UTF-8");
    // Not the one that sudo knows better: the tmux that is tried may stand elsewhere.
    let path = std::env::var("PATH").expect("a PATH");
    let path = format!("PATH={}:{path}", land.sandbox().path("bin").display());
    let sudo = |words: &[&str]| {
        let words = [&["-n", "-u", user.trim(), "-E", "env", &path], words].concat();
        land.sandbox().run("sudo", &words).env("TMUX", tmux_variable(&tmux)).env("TMUX_PANE", "%0")
    };
    if !sudo(&["true"]).finish().success() {
        eprintln!("sudo asks for a password here: not tried");
        return;
    }
    assert!(sudo(&[pintle, "run", "tool"]).ok().contains("ENV=prod"));
    let other = format!("XDG_RUNTIME_DIR={}", land.sandbox().path("home").display());
    let said = sudo(&[&other, pintle, "run", "tool"]).fails(125);
    assert!(said.contains("whether this pane has an environment of its own is not known"), "{said}");
}
