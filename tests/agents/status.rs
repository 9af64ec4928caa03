//! `status`, `report`, `explain`: what an agent does, and how that is known.

use serde_json::json;

use super::project::Project;
use crate::support::{PATIENCE, eventually};

#[test]
fn reports_of_its_hooks_are_believed() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    for (state, status) in [("working", "streaming"), ("blocked", "waiting"), ("idle", "waiting"), ("done", "waiting")]
    {
        project.ask(json!({"type": "report", "agent_id": id, "state": state}), "ok");
        let agent = project.agent(&id);
        assert_eq!((&agent["status"], &agent["activity"]), (&json!(status), &json!(state)), "{agent}");
        assert!(agent["because"].as_str().is_some_and(|because| because.contains(state)), "{agent}");
    }
    let asks = json!({"type": "report", "agent_id": id, "state": "blocked", "message": "may I?"});
    project.ask(asks, "ok");
    assert!(project.agent(&id)["because"].as_str().is_some_and(|because| because.contains("may I?")));
    // An answer was typed, so the question is open no more.
    project.types(&id, "print yes\r");
    project.becomes(&id, "no longer blocked", |agent| agent["activity"] != "blocked");
    project.refused(json!({"type": "report", "agent_id": "ag-00000000", "state": "idle"}), "AGENT_NOT_FOUND");
    project.refused(json!({"type": "report", "agent_id": id, "state": "bored"}), "INVALID_ARGUMENT");
}

#[test]
fn marks_of_a_shell_prompt_are_understood() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    for (command, activity) in [("mark A", "idle"), ("mark C", "working"), ("mark D 1", "idle")] {
        project.types(&id, &format!("{command}\r"));
        let agent = project.is(&id, activity);
        assert!(agent["because"].as_str().is_some_and(|because| because.contains("shell")), "{agent}");
    }
}

#[test]
fn a_progress_bar_is_work_until_it_goes() {
    let project = Project::new();
    let id = project.spawn(&["mark", "A", "then", "listen"]);
    project.is(&id, "idle");
    project.types(&id, "progress 1 50\r");
    let agent = project.is(&id, "working");
    assert!(agent["because"].as_str().is_some_and(|because| because.contains("progress")), "{agent}");
    project.types(&id, "progress 0\r");
    project.is(&id, "idle");
}

#[test]
fn a_bell_wants_somebody_until_something_is_typed() {
    let project = Project::new();
    let id = project.spawn(&["ask", "which?", "then", "bell", "then", "listen"]);
    project.says(&id, "which?");
    project.types(&id, "this\r");
    let agent = project.is(&id, "blocked");
    assert_eq!((&agent["because"], &agent["status"]), (&json!("it rang the bell"), &json!("waiting")), "{agent}");
    project.types(&id, "print yes\r");
    project.becomes(&id, "no longer blocked", |agent| agent["activity"] != "blocked");
}

#[test]
fn a_spinner_in_the_title_is_work() {
    let project = Project::new();
    let id = project.spawn(&["title", "\u{2802}", "tests", "then", "listen"]);
    let agent = project.becomes(&id, "at work", |agent| agent["because"] == "its title shows a spinner");
    assert_eq!(agent["activity"], "working", "{agent}");
    project.types(&id, "title tests\r");
    project.becomes(&id, "known otherwise", |agent| agent["because"] != "its title shows a spinner");
}

#[test]
fn a_shell_at_its_prompt_waits() {
    let project = Project::new();
    let id = project.spawn_with(json!({"agent": "terminal"}));
    let agent = project.is(&id, "idle");
    assert_eq!(agent["status"], "waiting");
    project.types(&id, "sleep 100\r");
    project.is(&id, "working");
    project.types(&id, "\u{3}");
    project.is(&id, "idle");
}

#[test]
fn a_shell_that_runs_a_script_or_a_loop_does_not_wait_for_a_command() {
    let project = Project::new();
    let quiet = |id: &str| project.becomes(id, "quiet for a while", |agent| agent["idle_seconds"].as_u64() >= Some(1));
    for script in ["echo up; while :; do :; done", "echo up; read answer"] {
        let id = project.spawn_with(json!({"command": format!("sh -c '{script}'")}));
        project.says(&id, "up");
        let agent = quiet(&id);
        assert_ne!(agent["activity"], "idle", "{script}: {agent}");
        project.kill(&id);
    }
    let id = project.spawn_with(json!({"agent": "terminal"}));
    project.is(&id, "idle");
    project.types(&id, "while :; do :; done\r");
    let agent = quiet(&id);
    assert_ne!(agent["activity"], "idle", "{agent}");
    project.types(&id, "\u{3}");
    project.is(&id, "idle");
}

#[test]
fn rules_of_its_kind_read_the_screen() {
    let config = "
default_agent: fake
agents:
  fake:
    command: FAKE
    status:
      rules:
        - {pattern: 'Proceed\\?', activity: blocked, because: it wants a yes, last_lines: 3}
        - {pattern: 'all quiet', activity: idle}
";
    let project = Project::with_config(config);
    let id = project.spawn_with(json!({}));
    project.types(&id, "ask Proceed?\r");
    let agent = project.is(&id, "blocked");
    assert_eq!((&agent["status"], &agent["because"]), (&json!("waiting"), &json!("it wants a yes")), "{agent}");
    project.types(&id, "y\rprint 1\rprint 2\rprint all quiet\r");
    let agent = project.is(&id, "idle");
    assert!(agent["because"].as_str().is_some_and(|because| because.contains("all quiet")), "{agent}");
    // A daemon that takes over reads the rules again.
    project.crash();
    project.is(&id, "idle");
}

#[test]
fn what_it_rests_on_is_explained() {
    let project = Project::new();
    let id = project.spawn(&["title", "my", "title", "then", "bell", "then", "print", "said", "then", "listen"]);
    project.says(&id, "said");
    project.ask(json!({"type": "report", "agent_id": id, "state": "blocked", "message": "why?"}), "ok");
    let explained = project.ask(json!({"type": "explain", "agent_id": id}), "explain_result");
    assert_eq!((&explained["status"], &explained["activity"]), (&json!("waiting"), &json!("blocked")), "{explained}");
    let facts = explained["facts"].to_string();
    for fact in ["my title", "why?", "80x24", &project.pid(&id).to_string()] {
        assert!(facts.contains(fact), "{fact} is missing in {facts}");
    }
    project.refused(json!({"type": "explain", "agent_id": "ag-00000000"}), "AGENT_NOT_FOUND");
}

#[test]
fn silence_is_counted_from_the_last_output() {
    let project = Project::new();
    let quiet = project.spawn(&["hang"]);
    let agent = project.agent(&quiet);
    assert_eq!((&agent["idle_seconds"], &agent["activity"]), (&json!(null), &json!("starting")), "{agent}");
    let loud = project.spawn(&["print", "said", "then", "hang"]);
    project.says(&loud, "said");
    let agent = project.is(&loud, "working");
    assert!(agent["idle_seconds"].is_u64(), "{agent}");
    eventually("a second has passed", PATIENCE, || {
        project.agent(&loud)["idle_seconds"].as_u64().filter(|&seconds| seconds >= 1)
    });
    project.refused(json!({"type": "status", "agent_id": "ag-00000000"}), "AGENT_NOT_FOUND");
}
