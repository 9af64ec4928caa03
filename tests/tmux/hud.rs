//! The status bar: pushed, merged, harmless.

use std::time::Duration;

use serde_json::json;

use super::Stage;
use crate::agents::project::Project;
use crate::support::wait::timed;
use crate::support::{PATIENCE, eventually, process};

fn shown(stage: &Stage<'_>) -> String {
    stage.tmux.run(&["show-options", "-gqv", "@pintle_hud"]).trim_end().to_owned()
}

#[test]
fn it_follows_the_agents_and_stays_after_a_crash() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.client().call(json!({"cmd": "ping"}));
    assert_eq!(shown(&stage), "", "a server that nobody has registered is left alone");
    stage.register();
    eventually("it is there", PATIENCE, || shown(&stage).contains("uptime:").then_some(()));
    let id = project.spawn(&["listen"]);
    eventually("one agent", PATIENCE, || plain(&stage).contains("agents:1 ").then_some(()));
    project.ask(json!({"type": "report", "agent_id": id, "state": "blocked"}), "ok");
    eventually("it waits", PATIENCE, || plain(&stage).contains("agents:1!1").then_some(()));
    eventually("it is told", PATIENCE, || plain(&stage).contains("wants an answer").then_some(()));
    project.ask(json!({"type": "report", "agent_id": id, "state": "working"}), "ok");
    eventually("it goes on", PATIENCE, || (!plain(&stage).contains("note:")).then_some(()));
    let unread = stage.client().call(json!({"cmd": "notify_list"}));
    assert_eq!(unread["notifications"].as_array().map(Vec::len), Some(1), "that it had asked is still to be read");
    let before = project.sandbox.daemon();
    stage.tmux.run(&["set-option", "-gu", "@pintle_hud"]);
    let (_, took) = timed(|| {
        process::kill(before);
        eventually("the next daemon writes it", PATIENCE, || shown(&stage).contains("agents").then_some(()));
    });
    assert!(took < Duration::from_secs(1), "{took:?}");
    eventually("no client is left over", PATIENCE, || (stage.control_clients() == 1).then_some(()));
    project.kill(&id);
    eventually("no agent", PATIENCE, || (!plain(&stage).contains("agents")).then_some(()));
    // Told to leave, it leaves at once.
    let (_, took) = timed(|| project.sandbox.pintle(&["daemon", "stop"]).ok());
    assert_eq!(stage.control_clients(), 0, "gone with the daemon, {took:?}");
    assert_eq!(plain(&stage).trim(), "[pintle] inactive", "and nothing is claimed that nobody knows");
}

/// The line without its styles.
fn plain(stage: &Stage<'_>) -> String {
    let text = shown(stage);
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("#[") {
        out.push_str(&rest[..at]);
        rest = rest[at..].split_once(']').map_or("", |(_, behind)| behind);
    }
    out + rest + " "
}

#[test]
fn one_round_trip_answers_what_it_says() {
    let project = Project::new();
    project.spawn(&["listen"]);
    let hud = project.client().call(json!({"cmd": "get_hud"}));
    assert_eq!(hud["hud"], "[pintle] agents:1  uptime:0m");
    assert_eq!(project.sandbox.pintle(&["hud"]).ok(), "[pintle] agents:1  uptime:0m\n");
    let line = project.sandbox.pintle(&["hud", "--json"]).ok();
    assert!(line.ends_with("}\n") && line.lines().count() == 1, "{line:?}");
    assert!(project.sandbox.pintle(&["hud", "--format", "tmux"]).ok().contains("#["));
    assert!(project.sandbox.pintle(&["hud", "--format=ansi"]).ok().contains("\u{1b}["));
    let segments = project.client().call(json!({"cmd": "get_hud_segments"}));
    let names: Vec<_> =
        segments["segments"].as_array().expect("segments").iter().map(|it| it["name"].clone()).collect();
    assert_eq!(names, ["env", "agents", "uptime", "config", "note"]);
    let missing = project.sandbox.pintle(&["hud", "--pane", "%99"]).finish();
    assert!(missing.stderr.contains("tmux has no pane %99"), "{missing}");
    let unknown = project.client().call(json!({"cmd": "get_hud", "format": "html"}));
    assert_eq!(unknown["code"], "INVALID_ARGUMENT");
    project.sandbox.stop();
    let finished = project.sandbox.pintle(&["hud"]).finish();
    assert!(finished.stdout.is_empty() && !finished.success(), "{finished}");
    assert!(project.sandbox.keeper().is_none(), "a status bar starts no daemon");
}

#[test]
fn hostile_names_are_shown_as_they_are() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.register();
    let title = "#(touch pwned) #{pid} #[fg=red] %H ##";
    stage.client().call(json!({"cmd": "notify", "title": title, "message": "", "level": "error"}));
    eventually("it is there", PATIENCE, || shown(&stage).contains("touch").then_some(()));
    // What a status line makes of it, drawn by a client in a pane of another session.
    stage.tmux.run(&["set-option", "-g", "status-right-length", "200"]);
    stage.tmux.run(&["set-option", "-g", "status-right", "#{@pintle_hud}"]);
    let program = format!("env -u TMUX tmux -S {} attach-session -t main", stage.socket());
    stage.tmux.run(&["new-session", "-d", "-s", "looker", "-x", "150", "-y", "30", &program]);
    let looker = stage.tmux.run(&["list-panes", "-t", "looker", "-F", "#{pane_id}"]).trim().to_owned();
    stage.tmux.shows(&looker, title.trim_end_matches(" ##"));
    assert!(!project.sandbox.path("home/pwned").exists());
}

#[test]
fn hud_yaml_counts_by_itself() {
    let project = Project::new();
    let stage = Stage::new(&project);
    stage.register();
    let own = project.sandbox.path("config/pintle");
    let write =
        |text: &str| std::fs::write(own.join("hud.yaml"), text).expect("a file in a folder that the daemon makes");
    eventually("it is there", PATIENCE, || plain(&stage).starts_with("[pintle] uptime:").then_some(()));
    write("label: mine\nstyle: {wrapper: {left: <, right: '>'}, theme: {name: mono}}\n");
    eventually("it looks otherwise", PATIENCE, || plain(&stage).starts_with("[mine] <uptime:").then_some(()));
    assert!(shown(&stage).contains("#[bold]"), "{}", shown(&stage));
    write("label: mine\nstyle: {theme: {enabled: false}}\n");
    eventually("no colours", PATIENCE, || (!shown(&stage).contains("#[")).then_some(()));
    write("label: other\nstyle: {theme: {name: taal}}\n");
    eventually("it is broken, and what it said holds", PATIENCE, || {
        let line = plain(&stage);
        (line.starts_with("[mine] uptime:") && line.contains("config:1 broken")).then_some(())
    });
    std::fs::remove_file(own.join("hud.yaml")).expect("our own file");
    eventually("it is as it was", PATIENCE, || plain(&stage).starts_with("[pintle] uptime:").then_some(()));
}
