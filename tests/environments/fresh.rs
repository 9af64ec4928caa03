//! A command runs in what the files say at that moment, also where they were saved in the same breath.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::{ENVS, Land, PREFIXES};
use crate::support::wait::timed;

/// So often each is tried: nobody has heard of a change some of these times.
const TIMES: usize = 6;

/// The environment and the account that a command in the project gets.
fn held(land: &Land) -> String {
    let reply = land.becomes(&["tool"], json!({"cwd": land.project.root()}));
    let account = reply["command"][1].as_str().unwrap_or("-").to_owned();
    format!("{} {account}", reply["env"].as_str().unwrap_or("-"))
}

#[test]
fn a_projects_file() {
    let land = Land::new();
    land.cmd(json!({"cmd": "set_env", "value": "dev"}));
    let file = land.project.file("config.yaml");
    let (dev, prod) = ("dev --account=0041", "prod --account=0042");
    let _ = fs::remove_file(&file);
    for time in 0..TIMES {
        // Created.
        land.project.configure("env: prod\n");
        assert_eq!(held(&land), prod, "created, {time}");
        // Changed in place, twice within a tick of the file system's clock and to the same length.
        land.project.configure("env: dev\n#");
        land.project.configure("env: prod\n");
        assert_eq!(held(&land), prod, "changed, {time}");
        land.project.configure("env: dev\n ");
        assert_eq!(held(&land), dev, "changed back, {time}");
        // Another one in its place.
        let beside = land.project.file("config.yaml.new");
        fs::write(&beside, "env: prod\n").expect("a file");
        fs::rename(&beside, &file).expect("a file");
        let explained = land.cmd(json!({"cmd": "explain_env", "context": {"cwd": land.project.root()}}));
        assert_eq!(explained["env"], "prod", "renamed over, {time}");
        assert_eq!(held(&land), prod, "renamed over, {time}");
    }
    fs::remove_file(&file).expect("a file");
    assert_eq!(held(&land), dev, "removed");
    // In its other place, where nobody has looked for one that is there.
    let other = land.project.folder().join(".pu");
    fs::create_dir(&other).expect("a folder");
    fs::write(other.join("config.yaml"), "env: prod\n").expect("a file");
    assert_eq!(held(&land), prod, "in the other place");
    land.project.configure("env: dev\n");
    assert_eq!(held(&land), dev, "and in the first again");
}

#[test]
fn environments_and_rules() {
    let land = Land::new();
    land.cmd(json!({"cmd": "set_env", "value": "dev"}));
    for time in 0..TIMES {
        land.write("envs.yaml", &ENVS.replace("0041", "7777"));
        assert_eq!(held(&land), "dev --account=7777", "changed, {time}");
        land.write("prefixes.yaml", "- {command: tool, strategy: args_prepend, args: [-x]}\n");
        assert_eq!(held(&land), "dev -x", "other rules, {time}");
        for (name, text) in [("envs.yaml", ENVS), ("prefixes.yaml", PREFIXES)] {
            let beside = land.sandbox().path("config/pintle/beside");
            fs::write(&beside, text).expect("a file");
            fs::rename(&beside, land.sandbox().path("config/pintle").join(name)).expect("a file");
        }
        assert_eq!(held(&land), "dev --account=0041", "renamed over, {time}");
    }
    fs::remove_file(land.sandbox().path("config/pintle/prefixes.yaml")).expect("a file");
    assert_eq!(held(&land), "dev -", "no rules");
    land.write("envs.yaml", &format!("{ENVS}  new: {{}}\n"));
    land.cmd(json!({"cmd": "set_env", "value": "new"}));
    fs::remove_file(land.sandbox().path("config/pintle/envs.yaml")).expect("a file");
    let said = land.run(&["tool"]).fails(125);
    assert!(said.contains("Unknown environment: new"), "{said}");
}

/// As a shell does it: `echo 'env: prod' > .pintle/config.yaml; pintle run tool-boom`.
#[test]
fn saved_and_run() {
    let land = Land::new();
    for _ in 0..TIMES {
        land.project.configure("env: dev\n");
        assert_eq!(land.run(&["tool-boom"]).current_dir(land.project.root()).ok(), "boom\n");
        land.project.configure("env: prod\n");
        land.run(&["tool-boom"]).current_dir(land.project.root()).fails(77);
        let why = land.sandbox().pintle(&["why", "tool-boom"]).current_dir(land.project.root()).ok();
        assert!(why.contains("prod") && why.contains("asks first"), "{why}");
    }
}

/// Where somebody writes without end nothing runs, and it is said which file that is; a moment after it all is as ever.
#[test]
fn a_file_that_is_written_without_end() {
    let land = Land::new();
    land.project.configure("env: dev\n");
    assert_eq!(held(&land), "dev --account=0041");
    let ended = Arc::new(AtomicBool::new(false));
    let (file, over) = (land.project.file("config.yaml"), ended.clone());
    let (begun, first) = std::sync::mpsc::sync_channel(1);
    let writer = std::thread::spawn(move || {
        let mut number = 0_u64;
        while !over.load(Ordering::Relaxed) {
            number += 1;
            fs::write(&file, format!("env: prod # {number}\n")).expect("a file");
            let _ = begun.try_send(());
        }
    });
    first.recv().expect("a file that is written");
    let said = land.run(&["tool"]).current_dir(land.project.root()).fails(125);
    ended.store(true, Ordering::Relaxed);
    writer.join().expect("a writer");
    assert!(said.contains("config.yaml is being written"), "{said}");
    assert_eq!(held(&land), "prod --account=0042");
}

/// Half of a file is no file, also where it can be read: what was cut from it may be on its way still.
#[test]
fn a_file_that_is_cut() {
    let land = Land::new();
    land.cmd(json!({"cmd": "set_env", "value": "dev"}));
    let more = format!("{PREFIXES}- {{command: tool, strategy: args_prepend, config: {{args: [--more]}}}}\n");
    land.write("prefixes.yaml", &more);
    assert!(land.becomes(&["tool"], json!({}))["command"].to_string().contains("--more"));
    // It counts when nobody has gone on for a second, with a daemon and without one.
    let cut = |check: &dyn Fn() -> String| {
        land.write("prefixes.yaml", PREFIXES);
        let (said, took) = timed(check);
        assert!(took > std::time::Duration::from_millis(500), "{took:?}: {said}");
        assert!(!said.contains("--more"), "{said}");
        land.write("prefixes.yaml", &more);
    };
    cut(&|| land.becomes(&["tool"], json!({}))["command"].to_string());
    assert!(land.run(&["tool"]).ok().contains("--more"));
    land.sandbox().stop();
    cut(&|| land.run(&["tool"]).ok());
    // What is written meanwhile is what counts.
    land.write("prefixes.yaml", PREFIXES);
    std::thread::scope(|scope| {
        let said = scope.spawn(|| land.run(&["tool"]).ok());
        land.write("prefixes.yaml", &more);
        assert!(said.join().expect("an answer").contains("--more"));
    });
}
