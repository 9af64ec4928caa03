//! `pintle template|agent|swarm|schedule|trigger`

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::agents::project::Project;
use crate::support::invocation::Invocation;

struct Desk(Project);

impl Desk {
    fn new() -> Self {
        Self(Project::new())
    }

    fn pintle(&self, words: &[&str]) -> Invocation {
        self.0.sandbox.pintle(words).current_dir(self.0.folder())
    }

    #[track_caller]
    fn json(&self, words: &[&str]) -> Value {
        let line = self.pintle(&[words, &["--json"]].concat()).ok();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.file(name)
    }

    /// An editor that does what this script says; the file is `$1`.
    fn edit(&self, words: &[&str], script: &str) -> Invocation {
        let editor = self.0.sandbox.path("editor");
        fs::write(&editor, format!("#!/bin/sh\n{script}\n")).expect("an editor");
        fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).expect("a mode");
        self.pintle(words).env("EDITOR", editor)
    }
}

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
    // Found where it is.
    desk.pintle(&["agent", "rm", "reviewer"]).ok();
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
    assert!(said.contains("missing field `start_at`"), "{said}");
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
fn an_edit_counts_when_it_can_be_used() {
    let desk = Desk::new();
    let edit = |script: &str| desk.edit(&["agent", "edit", "a"], script);
    let (file, draft) = (desk.file("agents/a.yaml"), desk.file("agents/.edit-a.yaml"));
    assert_eq!(edit("true").ok(), "nothing was changed\n");
    assert!(!file.exists() && !draft.exists());
    assert!(edit("exit 3").fails(2).contains("failed"));
    assert!(!file.exists() && !draft.exists());
    edit("sed -i s/claude/codex/ \"$1\"").ok();
    let before = fs::read_to_string(&file).expect("its file");
    assert!(before.contains("name: a\nagent_type: codex\n# One of these two"), "{before}");
    let finished = edit("echo 'tags: {a: b}' >> \"$1\"").finish();
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    assert!(finished.stdout.contains("tags: this is a map") && finished.stdout.contains("kept in"), "{finished}");
    assert_eq!(fs::read_to_string(&file).expect("its file"), before, "as it was");
    assert_eq!(desk.json(&["agent", "list"])["agent_defs"].as_array().map(Vec::len), Some(1), "a draft is none");
    // It goes on with what was kept.
    edit("sed -i 's/{a: b}/[a, b]/' \"$1\"").ok();
    assert!(fs::read_to_string(&file).expect("its file").ends_with("tags: [a, b]\n"));
    assert!(!draft.exists());
    // What somebody else has written meanwhile stays, and so does the draft.
    let line = "# by somebody else";
    let meanwhile = format!("echo '{line}' >> '{}'; echo '# mine' >> \"$1\"", file.display());
    assert!(edit(&meanwhile).fails(2).contains("was changed meanwhile"));
    assert!(fs::read_to_string(&file).expect("its file").ends_with(&format!("{line}\n")));
    assert!(fs::read_to_string(&draft).expect("the draft").ends_with("# mine\n"));
    fs::remove_file(&draft).expect("the draft");
    assert!(desk.edit(&["agent", "edit", "../x"], "true").fails(2).contains("`../x`"));
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
fn what_has_no_effect_or_is_not_there_is_told() {
    let desk = Desk::new();
    let saved =
        desk.pintle(&["agent", "save", "nokind", "-a", "nokind", "--prompt", "Do {{ IT }} in {{C-D}}."]).finish();
    assert!(saved.status.success(), "{saved}");
    assert!(saved.stderr.contains("nokind.yaml: agent_type: unknown agent type `nokind`"), "{saved}");
    assert!(saved.stderr.contains("`{{C-D}}` is no placeholder"), "{saved}");
    let saved = desk.pintle(&["agent", "save", "nowhere", "-a", "claude", "--env", "nope", "--prompt", "x"]).finish();
    assert!(saved.status.success() && saved.stderr.contains("nowhere.yaml: env: Unknown environment: nope"), "{saved}");
    fs::create_dir_all(desk.file("swarms")).expect("a folder");
    fs::write(desk.file("swarms/s.yaml"), "agnt: 2\nroster: [{agent_def: nokind}, {agent_def: none}]\n")
        .expect("a file");
    let listed = desk.pintle(&["swarm", "list"]).ok();
    assert!(listed.contains("s.yaml: line 1, column 1: agnt: unknown key, without effect"), "{listed}");
    assert!(listed.contains("s.yaml: roster[1]: no agent def has the name `none`"), "{listed}");
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
