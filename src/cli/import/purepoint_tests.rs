use super::*;
use crate::cli::import::tree_of;

fn plan_of(files: &[(&str, &str)]) -> Plan {
    plan(&tree_of(files))
}

/// As PurePoint writes them.
const SCHEDULE: &str = "\
name: nightly
enabled: true
recurrence: daily
start_at: 2026-03-01T22:00:00Z
next_run: null
trigger:
  type: swarm_def
  name: review
  vars:
    BRANCH: main
project_root: /p
target: ''
root: true
agent_name: null
created_at: 2026-03-01T10:00:00Z
";

const SWARM: &str = "name: review\nworktree_count: 2\nworktree_template: ''\nroster:\n- agent_def: reviewer\n  role: review\n  quantity: 2\n";

const TRIGGER: &str = "# gates\nname: devx\non: agent_idle\nsequence:\n  - inject: /simplify\n  - gate:\n      run: cargo test\n    max_retries: 5\n";

#[test]
fn definitions_are_copied_word_for_word() {
    let files = [
        ("agents/reviewer.yaml", "name: reviewer\nagent_type: claude\ntags: [a]\n"),
        ("schedules/nightly.yaml", SCHEDULE),
        ("swarms/review.yaml", SWARM),
        ("templates/review.md", "---\nname: review\n---\nReview {{BRANCH}}.\n"),
        ("triggers/devx.yaml", TRIGGER),
    ];
    let plan = plan_of(&files);
    let carried: Vec<(&str, &str)> =
        plan.files.iter().map(|file| (file.path.to_str().unwrap(), file.text.as_str())).collect();
    assert_eq!(carried, files);
    assert!(plan.left.is_empty() && plan.files.iter().all(|file| file.changes.is_empty()), "{plan:?}");
    assert_eq!(plan.notes.len(), 1);
    assert!(plan.notes[0].contains("switched on: nightly;"), "{:?}", plan.notes);
}

#[test]
fn keys_are_spelt_anew_but_not_those_of_variables() {
    let plan = plan_of(&[
        ("swarms/a.yaml", "name: a\nworktreeCount: 2\nroster:\n- agentDef: x\n"),
        (
            "triggers/t.yaml",
            "name: t\non: pre-commit\nvariables: {maxRetries: x}\nsequence: [{gate: {run: x, expectExit: 1}}]\n",
        ),
    ]);
    assert_eq!(plan.files[0].text, "name: a\nworktree_count: 2\nroster:\n- agent_def: x\n");
    assert_eq!(
        plan.files[0].changes,
        ["line 2: `worktreeCount` is `worktree_count`", "line 4: `agentDef` is `agent_def`"]
    );
    let expected =
        "name: t\non: pre-commit\nvariables: {maxRetries: x}\nsequence: [{gate: {run: x, expect_exit: 1}}]\n";
    assert_eq!(plan.files[1].text, expected);
}

#[test]
fn what_is_no_definition_stays_behind_with_the_reason() {
    #[track_caller]
    fn check(path: &str, text: &str, why: &str) {
        let plan = plan_of(&[(path, text)]);
        assert!(plan.files.is_empty(), "{plan:?}");
        assert_eq!(plan.left[0].what, path);
        assert!(plan.left[0].why.contains(why), "{:?}", plan.left[0]);
    }
    check("agents/a.yaml", "agent_type: x\n", "line 1, column 1: `name` is missing");
    check("schedules/a.yaml", &SCHEDULE.replace("daily", "61 * * * *"), "is no cron expression");
    check("templates/a.md", "---\nname: a\n", "a line `---` is missing");
    check("agents/a.yaml", "- 1\n", "has to be a map");
    check("agents/a.yaml", "name: [\n", "line ");
    check("agents/a.yml", "name: a\n", ".yaml");
    check("agents/sub", "/", "folders");
    check("templates/a.txt", "x", ".md");
    check("swarms/a.yaml", "name: a\nroster: [{role: x}]\n", "`agent_def` is missing");
    check("triggers/a.yaml", "name: a\non: agent_idel\nsequence: []\n", "did you mean: agent_idle?");
    check("triggers/a.yaml", "name: a\non: agent_idle\n", "`sequence` is missing");
    check("triggers/a.yaml", "name: a\non: agent_idle\nsequence: [{gate: {}}]\n", "`run` is missing");
    check("schedules/a.yaml", &SCHEDULE.replace("daily", "dayly"), "did you mean: daily?");
    check("schedules/a.yaml", &SCHEDULE.replace("swarm_def", "x"), "type: unknown word");
    check("schedules/a.yaml", &SCHEDULE.replace("root: true", "root: false"), "`agent_name` is missing");
}

#[test]
fn settings_keep_their_comments() {
    let old = "defaultAgent: codex # mine\nenvFiles: [.env]\nagents:\n  codex:\n    name: codex\n    command: codex --yolo\n    launchArgs:\n      - x\n  terminal:\n    command: shell\n  mine: {name: mine, promptFlag: -p}\n";
    let plan = plan_of(&[("config.yaml", old)]);
    let new = "default_agent: codex # mine\nenv_files: [.env]\nagents:\n  codex:\n#     name: codex\n    command: codex --yolo\n    launch_args:\n      - x\n  terminal:\n#     command: shell\n  mine: {name: mine, prompt_flag: -p}\n";
    assert_eq!(plan.files[0].text, new);
    assert_eq!(plan.files[0].changes.len(), 6, "{:?}", plan.files[0].changes);
    assert!(plan.left.is_empty());
}

#[test]
fn what_belongs_to_its_daemon_stays_with_it() {
    let plan = plan_of(&[
        ("manifest.json", "{}"),
        ("worktrees", "/"),
        ("worktrees/wt-1", "/"),
        ("prompts", "/"),
        ("prompts/ag-1.md", "x"),
        ("daemon.log", "x"),
        ("agents", "/"),
        ("odd.md", "x"),
    ]);
    let left: Vec<&str> = plan.left.iter().map(|left| left.what.as_str()).collect();
    assert_eq!(left, ["manifest.json", "odd.md", "prompts"]);
    assert!(plan.files.is_empty() && plan.notes.is_empty());
}
