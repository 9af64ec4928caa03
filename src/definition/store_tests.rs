use serde_json::json;

use super::*;
use crate::definition::agent_def::AgentDef;
use crate::definition::schedule_def::ScheduleDef;
use crate::definition::swarm_def::SwarmDef;
use crate::definition::template::Template;
use crate::definition::trigger_def::TriggerDef;

struct Bench {
    temp: tempfile::TempDir,
    folders: Folders,
}

impl Bench {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let folders = Folders { local: temp.path().join("local"), global: temp.path().join("global") };
        Self { temp, folders }
    }

    fn store<T: Definition>(&self) -> Store<'_, T> {
        Store::new(&self.folders)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.temp.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.temp.path().join(name)).unwrap()
    }
}

fn fields(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { panic!("no map: {value}") };
    fields
}

fn shown<T: Definition>(list: &[Result<Found<T>, Broken>]) -> Vec<String> {
    let word = |entry: &Result<Found<T>, Broken>| match entry {
        Ok(found) => format!("{} {}", found.definition.name(), found.scope.as_str()),
        Err(broken) => format!("{} {} broken", broken.name, broken.scope.as_str()),
    };
    list.iter().map(word).collect()
}

#[test]
fn a_local_one_shadows_and_a_broken_one_too() {
    let bench = Bench::new();
    assert_eq!(shown(&bench.store::<AgentDef>().list().unwrap()), [""; 0]);
    for name in ["a", "b", "c"] {
        bench.write(&format!("global/agents/{name}.yaml"), "agent_type: claude\n");
    }
    bench.write("local/agents/b.yml", "agent_type: codex\n");
    bench.write("local/agents/c.yaml", "agent_type: [x]\n");
    bench.write("local/agents/.hidden.yaml", "x");
    bench.write("local/agents/notes.txt", "x");
    let store = bench.store::<AgentDef>();
    assert_eq!(shown(&store.list().unwrap()), ["a global", "b local", "c local broken"]);
    assert_eq!(store.get("b").unwrap().definition.agent_type, "codex");
    let error = store.get("c").unwrap_err().to_string();
    assert!(error.contains("c.yaml: line 1, column 13: agent_type: this is a list"), "{error}");
    let error = store.get("d").unwrap_err();
    assert!(matches!(&error, DefinitionError::NotFound { known, .. } if known.contains('a')), "{error:?}");
    // What cannot be used can be deleted; then the other one is seen.
    store.delete(Scope::Local, "c").unwrap();
    assert_eq!(store.get("c").unwrap().scope, Scope::Global);
    assert!(matches!(store.delete(Scope::Local, "c").unwrap_err(), DefinitionError::Elsewhere { .. }));
    assert!(matches!(store.delete(Scope::Local, "d").unwrap_err(), DefinitionError::NotFound { .. }));
}

#[test]
fn two_files_with_one_name() {
    let bench = Bench::new();
    bench.write("local/agents/a.yaml", "name: b\nagent_type: claude\n");
    bench.write("local/agents/b.yaml", "name: b\nagent_type: codex\n");
    let list = bench.store::<AgentDef>().list().unwrap();
    assert_eq!(shown(&list), ["a local broken", "b local"]);
    let Err(broken) = &list[0] else { panic!() };
    assert!(broken.error.reason.contains("is also that of") && broken.error.reason.contains("b.yaml"), "{broken:?}");
}

#[test]
fn what_is_saved_is_read_again_and_a_save_changes_what_changes() {
    let bench = Bench::new();
    let store = bench.store::<AgentDef>();
    let mut def = fields(
        json!({"name": "r", "agent_type": "claude", "inline_prompt": "a\n# b: 'c'\n", "tags": ["x"], "icon": null}),
    );
    store.save(Scope::Global, def.clone()).unwrap();
    assert_eq!(store.get("r").unwrap().definition.inline_prompt.unwrap(), "a\n# b: 'c'\n");
    assert_eq!(store.get("r").unwrap().scope, Scope::Global);
    let text = "# ours\nagent_type: claude # the big one\nname: r\nfuture: kept\ntags: [x]\n\n# last\nicon: star\n";
    bench.write("local/agents/own-name.yaml", text);
    def.insert("agent_type".into(), "codex".into());
    def.remove("inline_prompt");
    store.save(Scope::Local, def).unwrap();
    let expected = "# ours\nagent_type: codex # the big one\nname: r\nfuture: kept\ntags: [x]\n\n# last\n";
    assert_eq!(bench.read("local/agents/own-name.yaml"), expected);
}

#[test]
fn a_file_that_cannot_be_changed_line_by_line() {
    let bench = Bench::new();
    let store = bench.store::<AgentDef>();
    let def = fields(json!({"name": "a", "agent_type": "codex"}));
    bench.write("local/agents/a.yaml", "{name: a, agent_type: claude} # mine\n");
    let error = store.save(Scope::Local, def.clone()).unwrap_err();
    assert!(
        error.to_string().ends_with("a.yaml: line 1: the comment `# mine` would be lost, so nothing was changed"),
        "{error}"
    );
    assert!(matches!(&error, DefinitionError::CannotEdit { edit, .. } if edit == "pintle agent edit a"), "{error:?}");
    assert_eq!(bench.read("local/agents/a.yaml"), "{name: a, agent_type: claude} # mine\n");
    bench.write("local/agents/a.yaml", "{name: a, agent_type: claude}\n");
    store.save(Scope::Local, def.clone()).unwrap();
    assert_eq!(bench.read("local/agents/a.yaml"), "name: a\nagent_type: codex\navailable_in_command_dialog: true\n");
    // A key that is not known here is as much a person's as a comment.
    bench.write("local/agents/a.yaml", "{name: a, agent_type: claude, future: kept}\n");
    let error = store.save(Scope::Local, def.clone()).unwrap_err().to_string();
    assert!(error.contains("line 1: the key `future` would be lost"), "{error}");
    assert_eq!(bench.read("local/agents/a.yaml"), "{name: a, agent_type: claude, future: kept}\n");
    // One that is broken is nobody's to overwrite.
    bench.write("local/agents/a.yaml", "agent_type: [\n");
    assert!(matches!(store.save(Scope::Local, def).unwrap_err(), DefinitionError::Broken { .. }));
    assert_eq!(bench.read("local/agents/a.yaml"), "agent_type: [\n");
}

#[test]
fn comments_in_lists_stay_or_the_save_is_refused() {
    let bench = Bench::new();
    let (agents, swarms) = (bench.store::<AgentDef>(), bench.store::<SwarmDef>());
    let text = "agent_type: claude\ntags:\n# why a\n- a\n- b # second\n";
    bench.write("local/agents/rev.yaml", text);
    let save = |tags: Value| agents.save(Scope::Local, fields(json!({"name": "rev", "tags": tags})));
    save(json!(["b", "a", "c"])).unwrap();
    let expected = "agent_type: claude\ntags:\n- b # second\n# why a\n- a\n- c\n";
    assert_eq!(bench.read("local/agents/rev.yaml"), expected);
    let error = save(json!(["c"])).unwrap_err().to_string();
    assert!(
        error.ends_with("rev.yaml: line 3: the comment `# second` would be lost, so nothing was changed"),
        "{error}"
    );
    assert_eq!(bench.read("local/agents/rev.yaml"), expected);

    bench.write("global/swarms/crowd.yaml", "roster:\n  # looks\n  - agent_def: rev   # r\n  - {agent_def: old}\n");
    let roster =
        json!([{"agent_def": "rev", "role": "", "quantity": 3}, {"agent_def": "other", "role": "fix", "quantity": 1}]);
    swarms.save(Scope::Global, fields(json!({"name": "crowd", "roster": roster}))).unwrap();
    let expected = "roster:\n  # looks\n  - agent_def: rev   # r\n    quantity: 3\n  - agent_def: other\n    role: fix\n    quantity: 1\n";
    assert_eq!(bench.read("global/swarms/crowd.yaml"), expected);
    let fewer = json!([{"agent_def": "other", "role": "fix", "quantity": 1}]);
    let error = swarms.save(Scope::Global, fields(json!({"name": "crowd", "roster": fewer}))).unwrap_err();
    assert!(
        matches!(&error, DefinitionError::CannotEdit { line: 2, edit, .. } if edit == "pintle swarm edit crowd --scope global"),
        "{error:?}"
    );
    assert_eq!(bench.read("global/swarms/crowd.yaml"), expected);
}

#[test]
fn what_has_no_effect_is_told() {
    #[track_caller]
    fn check<T: Definition>(file: &str, text: &str, expected: &[&str]) {
        let bench = Bench::new();
        let folder = bench.write(file, text).parent().unwrap().to_owned();
        let found = bench.store::<T>().list().unwrap().remove(0).map_err(|broken| broken.error).unwrap();
        let told = |slip: &YamlError| slip.to_string().replace(&format!("{}/", folder.display()), "");
        assert_eq!(found.slips().iter().map(told).collect::<Vec<_>>(), expected);
    }
    check::<AgentDef>("local/agents/a.yaml", "agent_type: claude\ntags: [x]\n", &[]);
    check::<AgentDef>(
        "local/agents/a.yaml",
        "agent_type: claude\ntag: [x]\ninline_prompt: '{{C-D}}'\n",
        &[
            "a.yaml: line 2, column 1: tag: unknown key, without effect; did you mean: tags?",
            "a.yaml: line 3, column 16: inline_prompt: `{{C-D}}` is no placeholder and stays as it is: a name has letters, \
             digits and `_`",
        ],
    );
    check::<SwarmDef>(
        "local/swarms/s.yaml",
        "roster:\n- agent_def: a\n  quantty: 2\n",
        &["s.yaml: line 3, column 3: roster[0].quantty: unknown key, without effect; did you mean: quantity?"],
    );
    check::<Template>(
        "local/templates/t.md",
        "---\nagnt: codex\n---\n{{C-D}}\n",
        &[
            "t.md: line 2, column 1: agnt: unknown key, without effect; did you mean: agent?",
            "t.md: `{{C-D}}` is no placeholder and stays as it is: a name has letters, digits and `_`",
        ],
    );
    check::<TriggerDef>(
        "local/triggers/t.yaml",
        "on: pre_push\nsequence:\n- gate: {run: x, expct: 1}\n",
        &[
            "t.yaml: line 3, column 18: sequence[0].gate.expct: unknown key, without effect; known are: run, expect_exit",
        ],
    );
    check::<ScheduleDef>(
        "local/schedules/s.yaml",
        "recurrence: daily\nstart_at: 2026-03-01T22:00:00Z\nnext_run: null\ntrigger: {type: agent_def, name: a}\n",
        &[],
    );
}

#[test]
fn hostile_names_never_leave_the_folder() {
    let bench = Bench::new();
    let store = bench.store::<Template>();
    bench.write("secret.md", "x");
    for name in ["../../secret", "..", "/etc/passwd", "", "a/b", ".x", "a\0b"] {
        assert!(matches!(store.get(name).unwrap_err(), DefinitionError::Name(_)), "{name:?}");
        assert!(matches!(store.delete(Scope::Local, name).unwrap_err(), DefinitionError::Name(_)), "{name:?}");
        let fields = fields(json!({"name": name, "body": "x"}));
        assert!(matches!(store.save(Scope::Local, fields).unwrap_err(), DefinitionError::Name(_)), "{name:?}");
    }
    assert_eq!(bench.read("secret.md"), "x");
    assert!(!bench.temp.path().join("local").exists());
}

/// As PurePoint writes them, and `pintle import` copies them.
#[test]
fn files_of_a_relative_are_read() {
    let bench = Bench::new();
    bench.write(
        "local/schedules/nightly.yaml",
        "name: nightly\nenabled: true\nrecurrence: daily\nstart_at: 2026-03-01T22:00:00Z\nnext_run: null\ntrigger:\n  type: swarm_def\n  \
         name: review\n  vars:\n    BRANCH: main\nproject_root: /p\ntarget: ''\nroot: true\nagent_name: null\ncreated_at: 2026-03-01T10:00:00Z\n",
    );
    bench.write(
        "local/swarms/review.yaml",
        "name: review\nworktree_count: 2\nworktree_template: ''\nroster:\n- agent_def: reviewer\n  role: review\n  quantity: 2\n",
    );
    bench.write(
        "local/triggers/devx.yaml",
        "# gates\nname: devx\non: pre-commit\nsequence:\n  - inject: /simplify\n  - gate:\n      run: cargo test\n    max_retries: 5\n",
    );
    let schedule = bench.store::<ScheduleDef>().get("nightly").unwrap().definition;
    assert_eq!((schedule.recurrence.as_str(), schedule.time_zone.as_str()), ("daily", "UTC"));
    let swarm = bench.store::<SwarmDef>().get("review").unwrap().definition;
    assert_eq!((swarm.worktree_count, swarm.roster[0].quantity), (2, 2));
    let trigger = bench.store::<TriggerDef>().get("devx").unwrap().definition;
    assert_eq!((trigger.on.as_str(), trigger.sequence[1].max_retries), ("pre_commit", 5));
    assert_eq!(trigger.sequence[1].gate.as_ref().unwrap().run, "cargo test");
}

#[track_caller]
fn refused<T: Definition>(value: Value, expected: &str) {
    let error = Bench::new().store::<T>().save(Scope::Local, fields(value)).map(|()| "saved").unwrap_err();
    assert!(matches!(error, DefinitionError::Invalid(_)), "{error:?}");
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn what_is_saved_is_checked() {
    let schedule = |changes: Value| {
        let trigger = json!({"type": "agent_def", "name": "a"});
        let mut all =
            fields(json!({"name": "s", "recurrence": "daily", "start_at": "2026-03-01T22:00:00Z", "trigger": trigger}));
        all.extend(fields(changes));
        Value::Object(all)
    };
    refused::<ScheduleDef>(
        schedule(json!({"recurrence": "dayly"})),
        "recurrence: unknown word `dayly`; did you mean: daily?",
    );
    refused::<ScheduleDef>(
        schedule(json!({"recurrence": "61 * * * *"})),
        "recurrence: `61 * * * *` is no cron expression",
    );
    refused::<ScheduleDef>(schedule(json!({"recurrence": "0 0 30 2 *"})), "there is no such day");
    refused::<ScheduleDef>(schedule(json!({"recurrence": "* * * * * *"})), "recurrence: unknown word");
    refused::<ScheduleDef>(
        schedule(json!({"start_at": "2026-03-01T22:00:00"})),
        "start_at: `2026-03-01T22:00:00` is no time",
    );
    refused::<ScheduleDef>(
        schedule(json!({"time_zone": "Mars/Base"})),
        "time_zone: no time zone has the name `Mars/Base`",
    );
    refused::<ScheduleDef>(schedule(json!({"overlap": "wait"})), "overlap: unknown word `wait`");
    refused::<ScheduleDef>(schedule(json!({"root": false})), "`agent_name` is missing");
    refused::<ScheduleDef>(schedule(json!({"trigger": {"type": "send"}})), "trigger: `agent_id` is missing");
    refused::<ScheduleDef>(schedule(json!({"trigger": {"type": "x"}})), "trigger.type: unknown word `x`");
    let step = json!([{"inject": "x"}]);
    refused::<TriggerDef>(json!({"name": "t", "on": "commit", "sequence": step}), "on: unknown word `commit`");
    refused::<TriggerDef>(
        json!({"name": "t", "on": "pre-push", "sequence": [{"max_retries": 1}]}),
        "sequence[0]: a step has",
    );
    refused::<SwarmDef>(json!({"name": "s", "roster": [{"role": "x"}]}), "roster[0]: `agent_def` is missing");
    refused::<SwarmDef>(json!({"name": "s", "worktree_count": 2, "worktree_template": "x"}), "need `{index}`");
    refused::<SwarmDef>(
        json!({"name": "s", "worktree_count": 101}),
        "worktree_count: `101` is no whole number from 0 to 100",
    );
    refused::<AgentDef>(json!({"name": "a", "agent_type": ""}), "`agent_type` is missing");
}

#[test]
fn a_key_with_nothing_behind_it_is_no_other_key() {
    #[track_caller]
    fn check<T: Definition>(file: &str, text: &str, expected: &str) {
        let bench = Bench::new();
        bench.write(file, text);
        let error = bench.store::<T>().list().unwrap().remove(0).map(|_| "used").unwrap_err().error;
        assert_eq!(format!("{}{}", error.at, error.reason), expected);
    }
    check::<SwarmDef>(
        "local/swarms/s.yaml",
        "roster:\n- role: x\n  agent_def: ''\n",
        "line 3, column 3: roster[0]: `agent_def` is missing: nothing stands behind it",
    );
    check::<TriggerDef>(
        "local/triggers/t.yaml",
        "on: pre_push\nsequence:\n- gate: {run: }\n",
        "line 3, column 10: sequence[0].gate: `run` is missing: nothing stands behind it",
    );
    check::<AgentDef>(
        "local/agents/a.yaml",
        "agent_type:\n",
        "line 1, column 1: `agent_type` is missing: nothing stands behind it",
    );
    check::<AgentDef>(
        "local/agents/a.yaml",
        "agent_tpe: x\n",
        "line 1, column 1: `agent_type` is missing; is it what `agent_tpe` means?",
    );
}
