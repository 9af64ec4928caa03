//! Agents by their def, prompts by their template.

use serde_json::json;

use super::write;
use crate::agents::project::Project;
use crate::support::fake_agent;

#[test]
fn a_template_is_filled_in() {
    let project = Project::with_config("agents:\n  own: {command: FAKE, launch_args: [listen], prompt: typed}\n");
    write(&project, "templates/t.md", "---\nagent: own\n---\nReview {{BRANCH}}, {{WHAT}} and {{BRANCH}}.\n");
    let vars = json!({"BRANCH": "main", "WHAT": "{{BRANCH}}", "OTHER": "x"});
    let id = project.spawn_with(json!({"template": "t", "vars": vars}));
    let agent = project.agent(&id);
    assert_eq!((&agent["prompt"], &agent["agent_type"]), (&json!("Review main, {{BRANCH}} and main."), &json!("own")));
    assert_eq!(project.entry(&id)["vars"], json!({"OTHER": "x"}), "what is in the prompt is no variable of the agent");
    project.says(&id, "Review main, {{BRANCH}} and main.");
}

#[test]
fn what_is_missing_is_told_at_once_and_nothing_starts() {
    let project = Project::new();
    write(&project, "templates/t.md", "{{A}} {{B}} {{C}}\n");
    write(&project, "agents/d.yaml", "agent_type: terminal\ninline_prompt: '{{X}}'\n");
    write(&project, "agents/lost.yaml", "agent_type: terminal\ntemplate: gone\n");
    let spawn = |fields: serde_json::Value| {
        let mut request = json!({"type": "spawn", "root": true});
        request.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        request
    };
    let said = project.refused(spawn(json!({"template": "t", "vars": {"B": "1", "A": null}})), "INVALID_ARGUMENT");
    assert_eq!(said, "the template `t` needs values for: A, C");
    let said = project.refused(spawn(json!({"agent_def": "d"})), "INVALID_ARGUMENT");
    assert_eq!(said, "the agent def `d` needs a value for: X");
    project.refused(spawn(json!({"template": "x"})), "NOT_FOUND");
    project.refused(spawn(json!({"agent_def": "x"})), "NOT_FOUND");
    let said = project.refused(spawn(json!({"agent_def": "lost"})), "NOT_FOUND");
    assert!(said.contains("`lost` needs its template: no template has the name `gone`"), "{said}");
    project.refused(spawn(json!({"template": "t", "prompt": "x"})), "INVALID_ARGUMENT");
    assert!(project.agents().is_empty());
}

#[test]
fn an_agent_def_says_what_the_request_does_not() {
    let project = Project::new();
    write(&project, "global/envs.yaml", "envs:\n  lab: {vars: {COLOR: blue}}\n");
    let command = fake_agent(&["env", "COLOR", "then", "listen"]);
    write(&project, "templates/t.md", "From the template, {{A}}.\n");
    let def =
        json!({"agent_type": "terminal", "template": "t", "inline_prompt": "no", "command": command, "env": "lab"});
    write(&project, "agents/d.yaml", &def.to_string());
    let id = project.spawn_with(json!({"agent_def": "d", "vars": {"A": "1"}}));
    let agent = project.agent(&id);
    assert_eq!((&agent["agent_type"], &agent["env"]), (&json!("terminal"), &json!("lab")));
    assert_eq!(agent["prompt"], "From the template, 1.", "the template wins");
    project.says(&id, "env COLOR=blue");
    // What the request says wins, and then nothing is missed.
    let id = project.spawn_with(json!({"agent_def": "d", "prompt": "Mine {{A}}.", "agent": "claude"}));
    let agent = project.agent(&id);
    assert_eq!((&agent["prompt"], &agent["agent_type"]), (&json!("Mine {{A}}."), &json!("claude")));
}
