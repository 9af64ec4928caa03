//! `doctor`

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::cli::Desk;
use crate::support::Sandbox;

#[test]
fn all_is_well_with_a_daemon() {
    let desk = Desk::new();
    let report = desk.pintle(&["doctor"]).ok();
    for what in ["runtime", "socket", "keeper", "daemon", "config", "tmux", "git"] {
        assert!(report.lines().any(|line| line.starts_with(&format!("ok    {what} "))), "{what}:\n{report}");
    }
    let lines: Vec<Value> =
        desk.pintle(&["doctor", "--json"]).ok().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(lines.iter().all(|line| line["result"] == "ok"), "{lines:?}");
}

#[test]
fn it_starts_nothing_unless_asked_to() {
    let sandbox = Sandbox::new();
    let report = sandbox.pintle(&["doctor"]).ok();
    assert!(report.contains("warn  daemon      it does not run"), "{report}");
    assert!(sandbox.keeper().is_none());
    assert!(!sandbox.path("run/pintle").exists(), "looking makes nothing");
    assert!(sandbox.pintle(&["doctor", "--start"]).ok().contains("ok    daemon"));
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let desk = Desk::new();
    std::fs::write(desk.root.join(".pintle/config.yaml"), "agents: [1").expect("a file in the project");
    let finished = desk.pintle(&["doctor"]).finish();
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    assert!(finished.stdout.contains("fail  config"), "{finished}");
    assert!(finished.stdout.contains("config.yaml"), "{finished}");
    std::fs::remove_file(desk.root.join(".pintle/config.yaml")).expect("our own file");
    // It waits until the file is not moved away, but gone.
    desk.pintle(&["daemon", "reload"]).ok();
    let log = desk.sandbox.log_folder();
    std::fs::set_permissions(&log, std::fs::Permissions::from_mode(0o755)).expect("our own folder");
    let report = desk.pintle(&["doctor"]).ok();
    assert!(report.contains(&format!("chmod 700 {}", log.display())), "{report}");
}
