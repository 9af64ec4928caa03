//! Every reply and stream line, there and back, and the keys that are left out or `null`.

use crate::protocol::typed::definition::{AgentDefFields, SwarmDefFields, TemplateFields, TriggerFields};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::protocol::typed::event::GridEvent;
use crate::protocol::typed::event::{
    Detached, Event, Exited, KINDS, Lagged, NAMES as STREAM_NAMES, Output, StatusEvent, StreamLine,
};
use crate::protocol::typed::request::{Axis, GridAction, GridVerb};
use crate::protocol::typed::{Line, parse_line};
use crate::protocol::{Code, encode};

const AT: Timestamp = Timestamp::constant(1_767_225_600, 0);

fn agent(text: &str, number: u64, flag: bool) -> Agent {
    let optional = || flag.then(|| text.to_owned());
    Agent {
        id: text.to_owned(),
        name: text.to_owned(),
        agent_type: text.to_owned(),
        status: Status::Waiting,
        pid: flag.then_some(7),
        exit_code: flag.then_some(-1),
        idle_seconds: flag.then_some(number),
        worktree_id: optional(),
        started_at: AT,
        session_id: optional(),
        prompt: optional(),
        suspended: flag,
        trigger_name: optional(),
        trigger_seq_index: flag.then_some(number),
        trigger_state: flag.then_some(TriggerState::Gating),
        trigger_total: flag.then_some(number),
        env: optional(),
        activity: Activity::Blocked,
        because: text.to_owned(),
        pane: optional(),
        attached: 2,
        swarm_run: optional(),
    }
}

fn entry(text: &str, number: u64, flag: bool) -> AgentEntry {
    let optional = || flag.then(|| text.to_owned());
    AgentEntry {
        id: text.to_owned(),
        name: text.to_owned(),
        agent_type: text.to_owned(),
        status: Status::Broken,
        prompt: optional(),
        started_at: AT,
        completed_at: flag.then_some(AT),
        exit_code: flag.then_some(137),
        pid: flag.then_some(7),
        session_id: optional(),
        suspended: flag,
        suspended_at: flag.then_some(AT),
        command: optional(),
        plan_mode: flag.then_some(true),
        no_trigger: flag.then_some(true),
        trigger_name: optional(),
        trigger_seq_index: flag.then_some(number),
        trigger_state: flag.then_some(TriggerState::Active),
        trigger_total: flag.then_some(number),
        gate_attempts: flag.then_some(number),
    }
}

fn report(text: &str, number: u64, flag: bool) -> StatusReport {
    let worktree = Worktree {
        id: text.to_owned(),
        name: text.to_owned(),
        path: text.to_owned(),
        branch: text.to_owned(),
        base_branch: flag.then(|| text.to_owned()),
        status: "active".to_owned(),
        agents: BTreeMap::from([(text.to_owned(), entry(text, number, flag))]),
        created_at: AT,
        swarm_run: flag.then(|| text.to_owned()),
    };
    StatusReport { worktrees: vec![worktree], agents: vec![agent(text, number, flag)], killed: Vec::new() }
}

#[expect(clippy::too_many_lines, reason = "a table")]
/// One of each, in the order of `NAMES`, with values that a generator chose.
fn samples(text: &str, number: u64, flag: bool) -> Vec<Reply> {
    let optional = || flag.then(|| text.to_owned());
    let list = || vec![text.to_owned(); usize::from(flag)];
    let code = Code::ALL[number as usize % Code::ALL.len()];
    let error = WireError { code, message: text.to_owned(), hint: optional(), conflict: false };
    let config = AgentConfig {
        name: text.to_owned(),
        command: text.to_owned(),
        prompt_flag: optional(),
        interactive: flag,
        launch_args: flag.then(list),
        resolved_launch_args: list(),
    };
    let (status, activity) = (Status::Streaming, Activity::Starting);
    let id = || text.to_owned();
    let because = text.to_owned();
    let facts = vec![Fact { name: id(), value: id() }];
    let data = HexBytes(text.as_bytes().to_vec());
    let cursor = Cursor { row: 1, col: 2 };
    let exit_code = flag.then_some(3);
    let mut all: Vec<Reply> = vec![
        error.into(),
        Done {}.into(),
        HealthReport { pid: 1, uptime_seconds: number, protocol_version: 4, projects: list(), agent_count: 0 }.into(),
        InitResult { created: flag }.into(),
        ShuttingDown {}.into(),
        Restarting {}.into(),
        ConfigReport { default_agent: id(), agents: BTreeMap::from([(id(), config)]), warnings: vec![id()] }.into(),
        SpawnResult { worktree_id: optional(), agent_id: id(), status }.into(),
        report(text, number, flag).into(),
        AgentStatus(agent(text, number, flag)).into(),
        KillResult { killed: list(), exit_codes: BTreeMap::from([(id(), exit_code)]), skipped: list() }.into(),
        SuspendResult { suspended: list() }.into(),
        ResumeResult { agent_id: id(), status }.into(),
        RenameResult { agent_id: id(), name: id() }.into(),
        diffs(text, number, flag).into(),
        pulses(text, number, flag).into(),
        ExplainResult { agent_id: id(), status, activity, because, facts }.into(),
        LogsResult { agent_id: id(), data }.into(),
        AttachReady { agent_id: id(), buffered_bytes: number, offset: number }.into(),
        CaptureResult { agent_id: id(), content: id(), cols: 80, rows: 24, cursor }.into(),
        WaitResult { agent_id: id(), reached: flag, status, exit_code, suspended: flag }.into(),
        StatusSubscribed {}.into(),
        EventsSubscribed {}.into(),
        CreateWorktreeResult { worktree_id: id() }.into(),
        DeleteWorktreeResult {
            worktree_id: id(),
            killed_agents: list(),
            branch_deleted: flag,
            remote_deleted: flag,
            directory_removed: flag,
            saved_ref: optional(),
            errors: list(),
        }
        .into(),
        WorktreeSurveys { surveys: vec![WorktreeSurvey { changed: list(), locked: optional(), ..Default::default() }] }
            .into(),
        SavedWorktreeList {
            saved: vec![SavedWorktree {
                saved_ref: id(),
                worktree_id: id(),
                worktree_name: id(),
                branch: id(),
                saved_at: AT,
            }],
        }
        .into(),
        WorktreeCheck { count: number, gone: list(), unfinished: list(), orphans: list() }.into(),
    ];
    all.extend(definitions::samples(text, flag));
    all.extend::<[Reply; 2]>([GridLayout { layout: flag.then(|| grid(text)) }.into(), GridSubscribed {}.into()]);
    all
}

fn diffs(text: &str, number: u64, flag: bool) -> DiffResult {
    let text = || text.to_owned();
    let diff = Diff {
        worktree_id: text(),
        worktree_name: text(),
        branch: text(),
        base_branch: flag.then(text),
        diff_output: text(),
        files_changed: number,
        insertions: number,
        deletions: number,
        untracked: vec![text(); usize::from(flag)],
        error: flag.then(text),
    };
    DiffResult { diffs: vec![diff] }
}

fn pulses(text: &str, number: u64, flag: bool) -> PulseReport {
    let text = || text.to_owned();
    let agent = AgentPulse {
        id: text(),
        name: text(),
        agent_type: text(),
        status: Status::Waiting,
        activity: Activity::Idle,
        exit_code: flag.then_some(-1),
        runtime_seconds: number,
        idle_seconds: flag.then_some(number),
        prompt_snippet: flag.then(text),
    };
    let worktree = WorktreePulse {
        worktree_id: text(),
        worktree_name: text(),
        branch: text(),
        elapsed_seconds: number,
        agents: vec![agent.clone()],
        files_changed: number,
        insertions: number,
        deletions: number,
        untracked: number,
        diff_error: flag.then(text),
    };
    PulseReport { worktrees: vec![worktree], root_agents: vec![agent; usize::from(flag)] }
}

fn grid(text: &str) -> Grid {
    let leaf = |leaf_id, agent_id| GridNode::Leaf {
        leaf_id,
        pane: format!("%{leaf_id}"),
        agent_id,
        focused: leaf_id == 1,
        cols: 40,
        rows: 24,
    };
    let children = vec![
        GridChild { share: 0.5, node: leaf(1, None) },
        GridChild { share: 0.5, node: leaf(2, Some(text.to_owned())) },
    ];
    let tree = GridNode::Split { axis: Axis::Vertical, children };
    Grid { window: "@3".to_owned(), tmux: text.to_owned(), tree }
}

#[test]
fn a_grid_is_the_contracts() {
    let grid = serde_json::to_value(grid("x")).unwrap();
    assert_eq!(grid["tree"]["type"], "split");
    assert_eq!(grid["tree"]["axis"], "vertical");
    let expected = json!({"share": 0.5, "node": {
        "type": "leaf", "leaf_id": 1, "pane": "%1", "agent_id": null, "focused": true, "cols": 40, "rows": 24,
    }});
    assert_eq!(grid["tree"]["children"][0], expected);
}

mod definitions {
    use super::*;

    pub fn samples(text: &str, flag: bool) -> Vec<Reply> {
        vec![
            templates(text, flag).into(),
            template(text, flag).into(),
            AgentDefList { agent_defs: vec![defined(text, flag)] }.into(),
            defined::<AgentDefFields>(text, flag).into(),
            SwarmDefList { swarm_defs: vec![defined(text, flag)] }.into(),
            defined::<SwarmDefFields>(text, flag).into(),
            ScheduleList { schedules: vec![schedule(text, flag)] }.into(),
            schedule(text, flag).into(),
            TriggerList { triggers: vec![defined(text, flag)] }.into(),
            defined::<TriggerFields>(text, flag).into(),
            RunSwarmResult { spawned_agents: vec![text.to_owned()], run_id: text.to_owned() }.into(),
            RunSwarmPartial {
                spawned_agents: vec![text.to_owned()],
                error_code: text.to_owned(),
                error_message: text.to_owned(),
                run_id: text.to_owned(),
            }
            .into(),
            UndoSwarmResult {
                killed: vec![text.to_owned()],
                removed: vec![text.to_owned()],
                kept: vec![KeptWorktree {
                    worktree_id: text.to_owned(),
                    name: text.to_owned(),
                    reason: text.to_owned(),
                }],
            }
            .into(),
        ]
    }

    pub fn template(text: &str, flag: bool) -> TemplateDetail {
        let text = || text.to_owned();
        let fields = TemplateFields { name: text(), command: flag.then(text), body: text(), ..Default::default() };
        TemplateDetail {
            fields,
            source: text(),
            variables: vec![text()],
            path: text(),
            warnings: Vec::from_iter(flag.then(text)),
        }
    }

    pub fn templates(text: &str, flag: bool) -> TemplateList {
        let (command, error) = (flag.then(|| text.to_owned()), flag.then(|| text.to_owned()));
        TemplateList { templates: vec![TemplateInfo { name: text.to_owned(), command, error, ..Default::default() }] }
    }

    pub fn defined<F: Default>(text: &str, flag: bool) -> Defined<F> {
        let text = || text.to_owned();
        let several = || Vec::from_iter(flag.then(text));
        Defined {
            fields: F::default(),
            scope: text(),
            path: text(),
            error: flag.then(text),
            placeholders: several(),
            warnings: several(),
        }
    }

    pub fn schedule(text: &str, flag: bool) -> ScheduleDetail {
        let at = flag.then_some(AT);
        let project_root = text.to_owned();
        ScheduleDetail { defined: defined(text, flag), next_run: at, project_root, created_at: at, last_run: at }
    }
}

fn stream_samples(text: &str, number: u64, flag: bool) -> Vec<StreamLine> {
    let data = HexBytes(text.as_bytes().to_vec());
    let paint = flag.then_some(true);
    let lagged = match flag {
        true => Lagged::bytes(text, number),
        false => Lagged::events(number),
    };
    vec![
        Output { agent_id: text.to_owned(), offset: number, paint, data }.into(),
        Exited { agent_id: text.to_owned(), exit_code: flag.then_some(3), suspended: flag }.into(),
        lagged.into(),
        Detached {}.into(),
        StatusEvent(report(text, number, flag)).into(),
        Event::agent_status(AT, text, text, Status::Waiting, Activity::Idle).into(),
        GridEvent {
            project_root: text.to_owned(),
            command: GridAction::of(GridVerb::Close, flag.then_some(5)),
            layout: flag.then(|| grid(text)),
        }
        .into(),
    ]
}

#[test]
fn samples_are_complete() {
    let names: Vec<&str> = samples("", 0, true).iter().map(Reply::name).collect();
    assert_eq!(names, NAMES);
    let names: Vec<&str> = stream_samples("", 0, true).iter().map(StreamLine::name).collect();
    assert_eq!(names, STREAM_NAMES);
}

proptest! {
    #[test]
    fn every_reply_round_trips(text in ".{0,8}", number: u64, flag: bool) {
        for reply in samples(&text, number, flag) {
            let mut line = Vec::new();
            encode(&reply, &mut line);
            prop_assert_eq!(parse_line(&line), Ok(Line::Reply(reply)));
        }
        for stream in stream_samples(&text, number, flag) {
            let mut line = Vec::new();
            encode(&stream, &mut line);
            prop_assert_eq!(parse_line(&line), Ok(Line::Stream(stream)));
        }
    }
}

fn check(value: impl Serialize, expected: serde_json::Value) {
    assert_eq!(serde_json::to_value(value).unwrap(), expected);
}

#[test]
fn an_agent_without_anything_shows_nulls_and_leaves_out_the_rest() {
    check(
        Reply::AgentStatus(AgentStatus(agent("x", 0, false))),
        json!({
            "type": "agent_status", "id": "x", "name": "x", "agent_type": "x", "status": "waiting",
            "pid": null, "exit_code": null, "idle_seconds": null, "worktree_id": null,
            "started_at": "2026-01-01T00:00:00Z", "suspended": false, "env": null,
            "activity": "blocked", "because": "x", "attached": 2,
        }),
    );
}

#[test]
fn a_worktree_has_the_manifests_keys() {
    check(
        StatusReport { agents: Vec::new(), ..report("x", 0, false) },
        json!({"agents": [], "worktrees": [{
            "id": "x", "name": "x", "path": "x", "branch": "x", "baseBranch": null, "status": "active",
            "createdAt": "2026-01-01T00:00:00Z",
            "agents": {"x": {
                "id": "x", "name": "x", "agentType": "x", "status": "broken", "prompt": null,
                "startedAt": "2026-01-01T00:00:00Z", "suspended": false,
            }},
        }]}),
    );
    let full = serde_json::to_value(entry("x", 0, true)).unwrap();
    let keys: Vec<&str> = full.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = "id name agentType status prompt startedAt completedAt exitCode pid sessionId suspended suspendedAt \
                    command planMode noTrigger triggerName triggerSeqIndex triggerState triggerTotal gateAttempts";
    assert_eq!(keys.join(" "), expected);
}

#[test]
fn stream_lines() {
    check(
        StreamLine::from(Lagged::bytes("ag-1", 9)),
        json!({"type": "lagged", "agent_id": "ag-1", "skipped_bytes": 9}),
    );
    check(StreamLine::from(Lagged::events(9)), json!({"type": "lagged", "skipped_events": 9}));
    check(
        StreamLine::from(Exited { agent_id: "ag-1".into(), exit_code: None, suspended: false }),
        json!({"type": "exited", "agent_id": "ag-1", "exit_code": null}),
    );
    let head = json!({"type": "event", "at": "2026-01-01T00:00:00Z", "project_root": "/p", "agent_id": "ag-1"});
    let with = |kind: &str, more: serde_json::Value| {
        let mut object = head.clone();
        object["kind"] = json!(kind);
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object
    };
    let status = Event::agent_status(AT, "/p", "ag-1", Status::Broken, Activity::Failed);
    let events = [
        (Event::agent_spawned(AT, "/p", "ag-1"), json!({})),
        (status, json!({"status": "broken", "activity": "failed"})),
        (Event::agent_exited(AT, "/p", "ag-1", Some(0)), json!({"exit_code": 0})),
    ];
    let told = Event::notification(AT, 7);
    check(
        StreamLine::from(told.clone()),
        json!({"type": "event", "kind": "notification", "at": "2026-01-01T00:00:00Z", "id": 7}),
    );
    let changed = Event::env_change(AT, Some("prod"), None, Some("%3"));
    check(
        StreamLine::from(changed.clone()),
        json!({"type": "event", "kind": "env_change", "at": "2026-01-01T00:00:00Z", "new": "prod", "old": null, "pane": "%3"}),
    );
    let reloaded = Event::reloaded(AT);
    check(
        StreamLine::from(reloaded[1].clone()),
        json!({"type": "event", "kind": "daemon_reload", "at": "2026-01-01T00:00:00Z"}),
    );
    let others = [&told, &changed].into_iter().chain(&reloaded);
    let kinds = events.iter().map(|(event, _)| event).chain(others).map(|event| &event.kind);
    assert_eq!(kinds.collect::<Vec<_>>(), KINDS);
    for (event, more) in events {
        let expected = with(&event.kind, more);
        check(StreamLine::from(event), expected);
    }
}

#[test]
fn times_need_an_offset() {
    fn check(text: &str, expected: Option<&str>) {
        let line = json!({"type": "event", "kind": "x", "at": text}).to_string();
        let read = match parse_line(line.as_bytes()) {
            Ok(Line::Stream(StreamLine::Event(event))) => Some(event.at.to_string()),
            Ok(other) => panic!("{other:?}"),
            Err(error) => {
                assert!(error.message.starts_with("event: `at`: "), "{}", error.message);
                None
            }
        };
        assert_eq!(read.as_deref(), expected, "{text}");
    }
    check("2026-01-01T00:00:00Z", Some("2026-01-01T00:00:00Z"));
    check("2026-01-01T02:00:00.5+02:00", Some("2026-01-01T00:00:00.5Z"));
    check("2025-12-31t19:00:00-05:00", Some("2026-01-01T00:00:00Z"));
    check("2026-01-01T00:00:00", None);
    check("2026-01-01", None);
    check("yesterday", None);
}
