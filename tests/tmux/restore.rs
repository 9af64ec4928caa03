//! `restore_panes`: what tmux lost comes back as it was.

use serde_json::{Value, json};

use super::Stage;
use crate::agents::project::Project;
use crate::agents::suspend_resume::KIND;
use crate::support::{PATIENCE, eventually};

#[test]
fn windows_of_agents_come_back_as_they_were() {
    let project = Project::new();
    let ids: Vec<String> =
        (0..3).map(|at| project.spawn(&["print", &format!("agent-{at}"), "then", "listen"])).collect();
    let before = {
        let stage = Stage::new(&project);
        stage.tmux.run(&["rename-window", "-t", "main:0", "my work"]);
        let panes: Vec<String> = ids.iter().map(|id| stage.shows(id)).collect();
        stage.tmux.run(&["swap-pane", "-s", &panes[0], "-t", &panes[2]]);
        let shape = shape(&stage, "main:0");
        let file = project.sandbox.path("state/pintle/panes.json");
        eventually("it is remembered", PATIENCE, || {
            let text = std::fs::read_to_string(&file).ok()?;
            let places: Vec<Option<usize>> = ids.iter().map(|id| text.find(id.as_str())).collect();
            let agents = shape.iter().filter_map(|pane| pane.split_once(' ')).map(|(_, agent)| agent);
            let order: Vec<Option<usize>> =
                agents.filter(|agent| !agent.is_empty()).map(|agent| text.find(agent)).collect();
            (places.iter().all(Option::is_some) && order.is_sorted()).then_some(())
        });
        let nothing = stage.cmd(json!({"cmd": "restore_panes", "pane": "%0"}));
        assert_eq!(nothing["restored"], json!([]), "nothing is lost yet");
        stage.tmux.run(&["kill-server"]);
        for id in &ids {
            project.becomes(id, "shown nowhere", |agent| agent["pane"].is_null());
        }
        shape
    };
    project.crash();
    let stage = Stage::new(&project);
    let restored = stage.cmd(json!({"cmd": "restore_panes", "pane": "%0"}));
    let windows = restored["restored"].as_array().expect("windows");
    assert_eq!((windows.len(), &restored["warnings"]), (1, &json!([])), "{restored}");
    assert_eq!(windows[0]["name"], "my work");
    let window = windows[0]["window"].as_str().expect("an id").to_owned();
    assert_eq!(shape(&stage, &window), before);
    for id in &ids {
        project.becomes(id, "shown again", |agent| agent["pane"].is_string() && agent["attached"] == 1);
    }
    let again = stage.cmd(json!({"cmd": "restore_panes", "pane": "%0"}));
    assert_eq!(again["restored"], json!([]), "once is enough");
}

/// Size, place and agent of every pane of a window, in order.
fn shape(stage: &Stage<'_>, window: &str) -> Vec<String> {
    let format = "#{pane_width}x#{pane_height},#{pane_left},#{pane_top} #{@pintle_agent}";
    stage.tmux.run(&["list-panes", "-t", window, "-F", format]).lines().map(str::to_owned).collect()
}

#[test]
fn who_is_suspended_is_waited_for_and_half_a_window_is_none() {
    let project = Project::with_config(KIND);
    let ids: Vec<String> = (0..8).map(|_| project.spawn_with(json!({"vars": {"COLOUR": "red"}}))).collect();
    {
        let stage = Stage::new(&project);
        for id in &ids {
            stage.shows(id);
            stage.tmux.run(&["select-layout", "-t", "main:", "tiled"]);
        }
        let file = project.sandbox.path("state/pintle/panes.json");
        eventually("all are remembered", PATIENCE, || {
            let text = std::fs::read_to_string(&file).ok()?;
            ids.iter().all(|id| text.contains(id)).then_some(())
        });
        stage.tmux.run(&["kill-server"]);
    }
    for id in &ids {
        project.becomes(id, "shown nowhere", |agent| agent["pane"].is_null());
        project.ask(json!({"type": "suspend", "target": {"agent": id}}), "suspend_result");
    }
    let stage = Stage::new(&project);
    let restore = || stage.cmd(json!({"cmd": "restore_panes", "pane": "%0"}));
    let waits = restore();
    assert_eq!(waits["restored"], json!([]));
    assert!(waits["warnings"][0].as_str().expect("why").contains("pintle resume"), "{waits}");
    let by_hand = || project.sandbox.pintle(&["pane", "restore", "--pane", "%0"]);
    let said = by_hand().fails(1);
    assert!(said.contains("nothing could be restored: ") && said.contains("pintle resume"), "{said}");
    for id in &ids {
        project.ask(json!({"type": "resume", "agent_id": id}), "resume_result");
    }
    stage.tmux.run(&["set-option", "-t", "main", "default-size", "20x5"]);
    let failed = restore();
    assert_eq!(failed["restored"], json!([]), "{failed}");
    assert!(failed["warnings"][0].as_str().expect("why").contains("too small"), "{failed}");
    assert_eq!(stage.tmux.panes().len(), 1, "nothing of it is left");
    stage.tmux.run(&["set-option", "-t", "main", "default-size", "200x60"]);
    assert_eq!(restore()["restored"].as_array().map(Vec::len), Some(1));
    assert!(by_hand().ok().starts_with("nothing to restore"));
}

#[test]
fn an_empty_leaf_of_a_grid_comes_back_as_one() {
    let project = Project::new();
    let id = project.spawn(&["print", "here", "then", "listen"]);
    {
        let stage = Stage::new(&project);
        for command in [json!({"action": "split", "agent_id": id}), json!({"action": "split"})] {
            let request = json!({"type": "grid_command", "project_root": project.root(), "pane": "%0",
                "tmux": stage.socket(), "command": command});
            assert_eq!(stage.client().call(request)["type"], "ok");
        }
        let file = project.sandbox.path("state/pintle/panes.json");
        eventually("both leaves are remembered", PATIENCE, || {
            let file: Value = serde_json::from_str(&std::fs::read_to_string(&file).ok()?).ok()?;
            let window = &file["servers"].as_object()?.values().next()?["windows"][0];
            (window["panes"].as_array()?.len() == 2 && window["panes"][0]["agent"] == id.as_str()).then_some(())
        });
        stage.tmux.run(&["kill-server"]);
    }
    project.becomes(&id, "shown nowhere", |agent| agent["pane"].is_null());
    let stage = Stage::new(&project);
    let restored = stage.cmd(json!({"cmd": "restore_panes", "pane": "%0"}));
    let window = restored["restored"][0]["window"].as_str().unwrap_or_else(|| panic!("a window: {restored}"));
    let panes = stage.tmux.run(&["list-panes", "-t", window, "-F", "#{pane_id}"]);
    let panes: Vec<&str> = panes.lines().collect();
    assert_eq!(panes.len(), 2);
    stage.tmux.shows(panes[0], "here");
    // It offers the agents to pick from.
    stage.tmux.shows(panes[1], "find: ");
}
