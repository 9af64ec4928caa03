//! What has no effect in a definition, or names what is not there, and who tells of it.

use std::fs;

use super::{Desk, write};

#[test]
fn what_has_no_effect_or_is_not_there_is_told() {
    let desk = Desk::new();
    let saved =
        desk.pintle(&["agent", "save", "nokind", "-a", "nokind", "--prompt", "Do {{ IT }} in {{C-D}}."]).finish();
    assert!(saved.status.success(), "{saved}");
    assert!(
        saved.stderr.contains("nokind.yaml: line 2, column 13: agent_type: unknown agent type `nokind`; known are: "),
        "{saved}"
    );
    assert!(saved.stderr.contains("`{{C-D}}` is no placeholder"), "{saved}");
    let saved = desk.pintle(&["agent", "save", "nowhere", "-a", "claude", "--env", "nope", "--prompt", "x"]).finish();
    assert!(
        saved.status.success() && saved.stderr.contains("env: unknown environment `nope`; there are none"),
        "{saved}"
    );
    fs::create_dir_all(desk.file("swarms")).expect("a folder");
    fs::write(desk.file("swarms/s.yaml"), "agnt: 2\nroster: [{agent_def: nokind}, {agent_def: none}]\n")
        .expect("a file");
    let listed = desk.pintle(&["swarm", "list"]).ok();
    assert!(listed.contains("s.yaml: line 1, column 1: agnt: unknown key, without effect"), "{listed}");
    assert!(
        listed.contains("s.yaml: line 2, column 43: roster[1].agent_def: no agent def has the name `none`"),
        "{listed}"
    );
    let shown = desk.pintle(&["swarm", "show", "s"]).finish();
    assert!(shown.stdout.ends_with("# variables: IT\n") && shown.stderr.contains("agnt: unknown key"), "{shown}");
    assert_eq!(desk.json(&["swarm", "show", "s"])["placeholders"], serde_json::json!(["IT"]));
    // The placeholders of the prompt that is used: here the template's.
    desk.pintle(&["template", "save", "t", "--file", "-"]).stdin("Go to {{ WHERE }}.\n").ok();
    desk.pintle(&["agent", "save", "d", "--agent-type", "terminal", "--template", "t", "--command", "cat"]).ok();
    assert!(desk.pintle(&["agent", "show", "d"]).ok().ends_with("# variables: WHERE\n"));
    let id = desk.pintle(&["spawn", "--def", "d", "--var", "WHERE=Rome"]).ok();
    assert_eq!(desk.0.agent(id.trim())["prompt"], "Go to Rome.");
    // A file's name has all sorts of things in it, and a list is one line.
    fs::write(desk.file("agents/a\nb.yaml"), "agent_type: [\n").expect("a file");
    let said = desk.pintle(&["agent", "show", "quite-another"]).fails(4);
    assert!(said.contains("known are: a\\nb, d, nokind"), "{said}");
}

#[test]
fn config_check_looks_at_them_too() {
    let desk = Desk::new();
    desk.pintle(&["agent", "save", "a", "-a", "codex"]).ok();
    assert_eq!(desk.pintle(&["config", "check"]).ok(), "nothing is wrong in: agents\n");
    fs::create_dir_all(desk.file("swarms")).expect("a folder");
    fs::write(desk.file("swarms/s.yaml"), "agnt: 2\n").expect("a file");
    let global = desk.0.sandbox.path("config/pintle/agents/a.yaml");
    fs::create_dir_all(global.parent().expect("a folder")).expect("a folder");
    // Hidden, and wrong all the same.
    fs::write(&global, "agent_type: codex\ntags: {a: b}\n").expect("a file");
    let checked = desk.pintle(&["config", "check"]).finish();
    assert_eq!(checked.status.code(), Some(1), "{checked}");
    let errors = format!("{}:2:7: error: tags: this is a map", global.display());
    assert!(checked.stdout.contains(&errors) && checked.stdout.contains("s.yaml:1:1: warning: agnt: "), "{checked}");
    assert!(checked.stdout.ends_with("1 error, 1 warning in: agents, swarms\n"), "{checked}");
}

/// Told by all who tell of it: list, show, save, edit, and `config check` without a daemon.
#[track_caller]
fn told_everywhere(desk: &Desk, word: &str, name: &str, place: &str, reason: &str) {
    let line = format!("{place}: {reason}");
    let listed = desk.pintle(&[word, "list"]).ok();
    assert!(listed.contains(&line), "list: {listed}");
    let shown = desk.pintle(&[word, "show", name]).finish();
    assert!(shown.stderr.contains(&line), "show: {shown}");
    let edited = desk.edit(&[word, "edit", name], "echo >> \"$1\"").finish();
    assert!(edited.status.success() && edited.stderr.contains(&line), "edit: {edited}");
    let checked = desk.pintle(&["config", "check"]).ok();
    let at = place.replace(": line ", ":").replace(", column ", ":");
    assert!(checked.contains(&format!("{at}: warning: {reason}")), "config check: {checked}");
}

#[test]
fn what_is_not_there_is_told_everywhere() {
    let desk = Desk::new();
    write(&desk.0, "global/envs.yaml", "envs:\n  lab: {}\n");
    let write = |name: &str, text: &str| drop(write(&desk.0, name, text));
    let schedule = "recurrence: daily\nstart_at: 2099-01-01T00:00:00Z\n";
    let files = [
        ("agents/kind.yaml", "name: kind\nagent_type: claud\n".to_owned()),
        ("agents/lost.yaml", "agent_type: claude\ntemplate: gone\nicn: x\nenv: lob\n".to_owned()),
        ("swarms/s.yaml", "roster:\n- agent_def: knd\n".to_owned()),
        ("schedules/n.yaml", format!("{schedule}trigger: {{type: swarm_def, name: many}}\n")),
        ("schedules/p.yaml", format!("{schedule}trigger: {{type: inline_prompt, prompt: x, agent: me}}\n")),
    ];
    files.iter().for_each(|(name, text)| write(name, text));
    let told = |place: &str, reason: &str| {
        let (name, _) = place.split_once('.').expect("a file");
        let word = if place.starts_with(['n', 'p']) {
            "schedule"
        } else if name == "s" {
            "swarm"
        } else {
            "agent"
        };
        told_everywhere(&desk, word, name, place, reason);
    };
    told("kind.yaml: line 2, column 13", "agent_type: unknown agent type `claud`; did you mean: claude?");
    told("lost.yaml: line 2, column 11", "template: no template has the name `gone`; there are none");
    told("lost.yaml: line 3, column 1", "icn: unknown key, without effect; did you mean: icon?");
    told("lost.yaml: line 4, column 6", "env: unknown environment `lob`; did you mean: lab?");
    told("s.yaml: line 2, column 14", "roster[0].agent_def: no agent def has the name `knd`; did you mean: kind?");
    told("n.yaml: line 3, column 34", "trigger.name: no swarm def has the name `many`; known are: s");
    told("p.yaml: line 3, column 50", "trigger.agent: unknown agent type `me`; known are: claude");
    write("templates/t.md", "---\nagent: codx\n---\nx\n");
    let unknown = "agent: unknown agent type `codx`; did you mean: codex?";
    told_everywhere(&desk, "template", "t", "t.md: line 2, column 8", unknown);
    // Another project's knows its own.
    write("schedules/n.yaml", &format!("{schedule}project_root: /else\ntrigger: {{type: swarm_def, name: x}}\n"));
    assert!(!desk.pintle(&["schedule", "list"]).ok().contains("no swarm def"));
    // In a project where nobody knows the kinds none is unknown.
    write("config.yaml", "agents: [\n");
    assert!(!desk.pintle(&["agent", "list"]).ok().contains("unknown agent type"));
}

#[test]
fn a_prompt_beside_a_command_reaches_nobody_and_that_is_told() {
    let desk = Desk::new();
    let unheard = "is noted with the agent and reaches nobody, since `command` is run as it stands; leave out either";
    let write = |name: &str, text: &str| drop(write(&desk.0, name, text));
    write("agents/own.yaml", "agent_type: terminal\ninline_prompt: Go.\ncommand: cat\n");
    let said = |key: &str, whose: &str| format!("{key}: {whose} {unheard}");
    let own = said("inline_prompt", "this prompt");
    told_everywhere(&desk, "agent", "own", "own.yaml: line 2, column 16", &own);
    write("templates/plain.md", "Go.\n");
    write("agents/both.yaml", "agent_type: terminal\ntemplate: plain\ncommand: cat\n");
    told_everywhere(&desk, "agent", "both", "both.yaml: line 2, column 11", &said("template", "this prompt"));
    write("templates/with.md", "---\ncommand: cat\n---\nGo.\n");
    told_everywhere(&desk, "template", "with", "with.md: line 2, column 10", &said("command", "the prompt below"));
    write("agents/from.yaml", "agent_type: terminal\ntemplate: with\n");
    told_everywhere(&desk, "agent", "from", "from.yaml: line 2, column 11", &said("template", "its prompt"));
    let saved = desk.pintle(&["agent", "save", "new", "-a", "claude", "--prompt", "x", "--command", "cat"]).finish();
    assert!(saved.status.success() && saved.stderr.contains(&own), "{saved}");
    // One of the two alone is fine.
    let saved = desk.pintle(&["agent", "save", "alone", "-a", "claude", "--command", "cat"]).finish();
    assert!(saved.status.success() && saved.stderr.is_empty(), "{saved}");
    // And so it is: the agent has it, and its program has heard nothing.
    let id = desk.pintle(&["spawn", "--def", "own"]).ok();
    assert_eq!(desk.0.agent(id.trim())["prompt"], "Go.");
}

#[test]
fn what_a_save_from_a_file_leaves_behind_is_told() {
    let desk = Desk::new();
    let save = |text: &str| desk.pintle(&["trigger", "save", "t", "--file", "-"]).stdin(text.to_owned()).finish();
    let saved = save("on: pre_push\nsequence: [{inject: x}]\n");
    assert!(saved.status.success() && saved.stderr.is_empty(), "{saved}");
    let saved = save("on: pre_push # always\nsequence: [{inject: x}]\n# why\naut: true\n");
    assert!(saved.status.success(), "{saved}");
    let told: Vec<&str> = saved.stderr.lines().collect();
    let expected = [
        "warning: standard input: line 4, column 1: aut: unknown key, without effect; did you mean: auto?",
        "warning: standard input: line 1, column 14: comments are not saved, only what is said beside them; `edit` keeps them",
    ];
    assert_eq!(told, expected, "{saved}");
}
