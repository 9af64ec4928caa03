//! `pintle template|agent|swarm|schedule|trigger`

use std::fs;

use serde_json::Value;

use super::{Desk, write};

#[test]
fn a_template_from_save_to_delete() {
    let desk = Desk::new();
    assert_eq!(desk.pintle(&["template", "list"]).ok(), "no templates; `pintle template edit NAME` makes one\n");
    desk.pintle(&["template", "save", "review", "--file", "-", "--description", "looks at it"])
        .stdin("Review {{BRANCH}} for {{WHO}}.\n")
        .ok();
    desk.pintle(&["template", "save", "review", "--agent", "codex"]).ok();
    let text = fs::read_to_string(desk.file("templates/review.md")).expect("its file");
    assert_eq!(
        text,
        "---\nname: review\ndescription: looks at it\nagent: codex\n---\nReview {{BRANCH}} for {{WHO}}.\n"
    );
    let listed = desk.pintle(&["template", "list"]).ok();
    assert!(listed.contains("review") && listed.contains("BRANCH, WHO") && listed.contains("looks at it"), "{listed}");
    let shown = desk.pintle(&["template", "show", "review"]).ok();
    assert!(shown.contains("variables  BRANCH, WHO") && shown.ends_with("Review {{BRANCH}} for {{WHO}}.\n"), "{shown}");
    assert_eq!(desk.json(&["template", "show", "review"])["type"], "template_detail");
    assert_eq!(desk.json(&["template", "list"])["templates"][0]["source"], "local");
    assert!(desk.pintle(&["template", "show", "reviw"]).fails(4).contains("did you mean: review?"));
    let said = desk.pintle(&["template", "save", "new"]).fails(2);
    assert!(said.contains("--file"), "{said}");
    desk.pintle(&["template", "delete", "review"]).ok();
    desk.pintle(&["template", "delete", "review"]).fails(4);
    assert!(!desk.file("templates/review.md").exists());
}

#[test]
fn defs_swarms_schedules_and_triggers() {
    let desk = Desk::new();
    desk.pintle(&[
        "agent",
        "save",
        "reviewer",
        "--agent-type",
        "codex",
        "--prompt",
        "x",
        "--tag",
        "a",
        "--scope",
        "global",
    ])
    .ok();
    let path = desk.0.sandbox.path("config/pintle/agents/reviewer.yaml");
    assert!(fs::read_to_string(&path).expect("its file").contains("agent_type: codex\n"));
    assert!(desk.pintle(&["agent-def", "list"]).ok().contains("global"));
    desk.pintle(&["agent", "save", "reviewer", "--prompt", "{{X}} {{Y}}", "--scope", "global"]).ok();
    let shown = desk.pintle(&["agent", "show", "reviewer"]).ok();
    assert!(shown.contains("agent_type: codex") && shown.ends_with("# variables: X, Y\n"), "{shown}");
    // Not without a word what all projects have.
    let said = desk.pintle(&["agent", "rm", "reviewer"]).fails(4);
    assert!(said.contains("no local agent def has the name `reviewer`; there is a global one"), "{said}");
    assert!(said.contains("`pintle agent delete reviewer --scope global` deletes that one"), "{said}");
    assert!(path.exists());
    desk.pintle(&["agent", "rm", "reviewer", "--scope", "global"]).ok();
    assert!(!path.exists());
    desk.pintle(&[
        "swarm",
        "save",
        "s",
        "--worktree-count",
        "2",
        "--roster",
        "a:2:looks",
        "--roster",
        "b",
        "--include-terminal",
    ])
    .ok();
    let swarm = desk.json(&["swarm", "show", "s"]);
    assert_eq!(
        swarm["roster"].to_string(),
        r#"[{"agent_def":"a","role":"looks","quantity":2},{"agent_def":"b","role":"","quantity":1}]"#
    );
    let listed = desk.pintle(&["swarm", "ls"]).ok();
    assert!(listed.contains("2 a, 1 b"), "{listed}");
    let schedule = "recurrence: daily\nstart_at: 2099-01-01T00:00:00Z\ntrigger: {type: agent_def, name: a}\n";
    desk.pintle(&["schedule", "save", "n", "--file", "-"]).stdin(schedule).ok();
    assert!(desk.pintle(&["schedule", "list"]).ok().contains("2099-01-01T00:00:00Z"));
    let said = desk.pintle(&["schedule", "save", "m", "--file", "-"]).stdin("recurrence: daily\n").fails(1);
    assert!(said.contains("standard input: line 1, column 1: `trigger` is missing"), "{said}");
    let said =
        desk.pintle(&["schedule", "save", "m", "--file", "-"]).stdin(schedule.replace("daily", "dayly")).fails(1);
    assert!(said.contains("line 1, column 13: recurrence: unknown word `dayly`; did you mean: daily?"), "{said}");
    // In all the words that a file may have.
    desk.pintle(&["schedule", "save", "off", "--file", "-"]).stdin(format!("{schedule}enabled: no\n")).ok();
    assert_eq!(desk.json(&["schedule", "show", "off"])["enabled"], false);
    desk.pintle(&["trigger", "save", "t", "--file", "-"]).stdin("on: pre-push\nsequence: [{inject: x}]\n").ok();
    assert!(desk.pintle(&["trigger", "show", "t"]).ok().contains("pre_push"));
}

#[test]
fn what_is_broken_is_listed_with_its_place() {
    let desk = Desk::new();
    fs::create_dir_all(desk.file("agents")).expect("a folder");
    fs::write(desk.file("agents/bad.yaml"), "agent_type: claude\nenv: [x]\n").expect("a file");
    let listed = desk.pintle(&["agent", "list"]).ok();
    assert!(listed.contains("cannot be used") && listed.contains("bad.yaml: line 2, column 6: env: "), "{listed}");
}

#[test]
fn spawn_by_template_and_def() {
    let desk = Desk::new();
    desk.pintle(&["template", "save", "t", "--file", "-"]).stdin("Go to {{A}}.\n").ok();
    desk.pintle(&["agent", "save", "d", "--agent-type", "terminal", "--template", "t", "--command", "sleep 1000"]).ok();
    let said = desk.pintle(&["spawn", "--def", "d"]).fails(1);
    assert!(said.contains("needs a value for: A") && said.contains("--var A="), "{said}");
    let id = desk.pintle(&["spawn", "--def", "d", "--var", "A=it", "--var", "B=env"]).ok();
    let agent = desk.0.agent(id.trim());
    assert_eq!(agent["prompt"], "Go to it.");
    desk.pintle(&["spawn", "--template", "t", "prompt"]).fails(2);
    let id = desk.pintle(&["spawn", "--command", "sleep 1000", "--prompt-file", "-"]).stdin("typed\n").ok();
    assert_eq!(desk.0.agent(id.trim())["prompt"], "typed");
}

#[test]
fn tab_offers_them() {
    let desk = Desk::new();
    desk.pintle(&["template", "save", "review", "--file", "-", "--description", "looks"]).stdin("x").ok();
    desk.pintle(&["agent", "save", "helper", "--agent-type", "terminal"]).ok();
    desk.pintle(&["swarm", "save", "crowd", "--roster", "helper"]).ok();
    let offered =
        |words: &[&str]| desk.pintle(&[&["--", "pintle"], words].concat()).env("PINTLE_COMPLETE", "fish").ok();
    assert!(offered(&["spawn", "--template", ""]).contains("review\tlocal looks"));
    assert!(offered(&["spawn", "--def", ""]).contains("helper\tlocal"));
    assert!(offered(&["swarm", "show", ""]).contains("crowd\tlocal 1 helper"));
    assert!(offered(&["template", "edit", "r"]).contains("review\t"));
    assert!(offered(&["swarm", "save", "x", "--roster", ""]).contains("helper\tlocal"));
    let kinds = offered(&["spawn", "--agent", ""]);
    assert!(kinds.contains("claude\tthe default") && kinds.contains("terminal"), "{kinds}");
    assert!(offered(&["agent", "save", "x", "-a", "co"]).contains("codex"));
    // Placeholders of what is named on the line.
    desk.pintle(&["template", "save", "go", "--file", "-"]).stdin("{{A}} and {{ B }}").ok();
    desk.pintle(&["agent", "save", "goer", "-a", "terminal", "--template", "go"]).ok();
    desk.pintle(&["swarm", "save", "goers", "--roster", "goer"]).ok();
    assert_eq!(offered(&["spawn", "--template", "go", "--var", ""]), "A=\nB=\n");
    assert_eq!(offered(&["spawn", "--def", "goer", "--var", "B"]), "B=\n");
    assert_eq!(offered(&["swarm", "run", "goers", "--var", ""]), "A=\nB=\n");
    let git = |args: &[&str]| desk.0.sandbox.run("git", args).current_dir(desk.0.folder()).ok();
    git(&["init", "-q", "-b", "trunk"]);
    git(&["commit", "-q", "--allow-empty", "-m", "first"]);
    git(&["branch", "fix;rm"]);
    // fish puts quotes around what needs them.
    assert_eq!(offered(&["spawn", "--base", ""]), "fix;rm\ntrunk\n");
    assert_eq!(offered(&["worktree", "create", "x", "--base", "t"]), "trunk\n");
}

#[test]
fn a_save_leaves_comments_or_is_refused() {
    let desk = Desk::new();
    fs::create_dir_all(desk.file("agents")).expect("a folder");
    let file = desk.file("agents/rev.yaml");
    fs::write(&file, "agent_type: codex\r\ntags: [a, b]   # tags\r\ncommand: >- # folded\r\n  sleep 1\r\n")
        .expect("a file");
    desk.pintle(&["agent", "save", "rev", "--tag", "c", "--command", "sleep 2"]).ok();
    let expected = "agent_type: codex\r\ntags:   # tags\r\n- c\r\ncommand: sleep 2 # folded\r\n";
    assert_eq!(fs::read_to_string(&file).expect("its file"), expected);
    let text = "agent_type: codex\ntags:\n# why a\n- a\n";
    fs::write(&file, text).expect("a file");
    let said = desk.pintle(&["agent", "save", "rev", "--tag", "c"]).fails(1);
    assert!(said.contains("rev.yaml: line 3: the comment `# why a` would be lost"), "{said}");
    assert!(said.contains("`pintle agent edit rev`"), "{said}");
    assert_eq!(fs::read_to_string(&file).expect("its file"), text);
    // One that is broken: where it can be mended.
    fs::write(&file, "agent_type: [\n").expect("a file");
    let said = desk.pintle(&["agent", "save", "rev", "--tag", "c"]).fails(1);
    assert!(said.contains("rev.yaml: line ") && said.contains("`pintle agent edit rev` opens it"), "{said}");
}

#[test]
fn a_global_one_that_is_hidden_is_changed_and_not_made_anew() {
    let desk = Desk::new();
    let global = ["agent", "save", "a", "--scope", "global"];
    desk.pintle(&[&global[..], &["-a", "codex", "--prompt", "global", "--tag", "x"]].concat()).ok();
    desk.pintle(&["agent", "save", "a", "-a", "claude", "--prompt", "local"]).ok();
    desk.pintle(&[&global[..], &["--icon", "star"]].concat()).ok();
    let text = fs::read_to_string(desk.0.sandbox.path("config/pintle/agents/a.yaml")).expect("its file");
    assert!(text.contains("agent_type: codex\n") && text.contains("inline_prompt: global\n"), "{text}");
    assert!(text.contains("- x\n") && text.contains("icon: star\n"), "{text}");
    assert_eq!(desk.json(&["agent", "show", "a"])["inline_prompt"], "local");
    let get = |scope: &str| serde_json::json!({"type": "get_agent_def", "name": "a", "scope": scope});
    assert_eq!(desk.0.ask(get("global"), "agent_def_detail")["icon"], "star");
    desk.pintle(&["agent", "rm", "a", "--scope", "local"]).ok();
    assert!(desk.0.refused(get("local"), "NOT_FOUND").contains("no local agent def has the name `a`"));
}

#[test]
fn what_is_hidden_is_there_all_the_same() {
    let desk = Desk::new();
    for (scope, text) in [("global", "for all"), ("local", "ours")] {
        desk.pintle(&["template", "save", "sh", "--file", "-", "--scope", scope]).stdin(text).ok();
    }
    let global = write(&desk.0, "global/templates/other.md", "---\nname: [\n---\n");
    let names = |words: &[&str]| {
        let list = desk.json(&[&["template", "list"], words].concat());
        let name = |one: &Value| format!("{} {}", one["name"].as_str().unwrap(), one["source"].as_str().unwrap());
        list["templates"].as_array().expect("a list").iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(names(&[]), ["other global", "sh local"]);
    assert_eq!(names(&["--scope", "global"]), ["other global", "sh global"]);
    assert_eq!(names(&["--scope", "local"]), ["sh local"]);
    assert!(desk.pintle(&["template", "show", "sh"]).ok().ends_with("\nours\n"));
    assert!(desk.pintle(&["template", "show", "sh", "--scope", "global"]).ok().ends_with("\nfor all\n"));
    assert!(desk.pintle(&["template", "show", "x", "--scope", "global"]).fails(4).contains("no global template"));
    let none = "no global swarms; `pintle swarm edit NAME --scope global` makes one\n";
    assert_eq!(desk.pintle(&["swarm", "list", "--scope", "global"]).ok(), none);
    desk.0.refused(serde_json::json!({"type": "list_templates", "scope": "x"}), "INVALID_ARGUMENT");
    // Edited by its name, whatever its file is called.
    let own = write(&desk.0, "global/templates/own.md", "---\nname: sh2\n---\nx\n");
    write(&desk.0, "templates/sh2.md", "y\n");
    desk.edit(&["template", "edit", "sh2", "--scope", "global"], "echo z >> \"$1\"").ok();
    assert!(fs::read_to_string(own).expect("its file").ends_with("x\nz\n"));
    // Twice is once, and what cannot be used is not deleted in the other scope either.
    desk.pintle(&["template", "delete", "sh"]).ok();
    assert!(desk.pintle(&["template", "delete", "sh"]).fails(4).contains("there is a global one"));
    assert!(desk.pintle(&["template", "delete", "other"]).fails(4).contains("--scope global"));
    assert!(global.exists());
    assert_eq!(names(&[]), ["other global", "sh global", "sh2 local"]);
}
