//! Every request, there and back, and what is read where fields are missing.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::protocol::bytes::HexBytes;
use crate::protocol::limits::{LOGS_TAIL, WAIT_SECONDS};
use crate::protocol::typed::definition::{
    AgentDefFields, Gate, RosterEntry, ScheduleFields, ScheduleTrigger, Step, SwarmDefFields, TemplateFields,
    TriggerFields,
};
use crate::protocol::{self, Code, encode, parse_request};

fn read(line: &str) -> Request {
    match parse_request(line.as_bytes()) {
        Ok(protocol::Request::Typed(request)) => request,
        other => panic!("{line}: {other:?}"),
    }
}

/// One of each, in the order of `NAMES`, with values that a generator chose.
#[expect(clippy::too_many_lines, reason = "a list with one entry a request")]
fn samples(text: &str, number: u64, flag: bool) -> Vec<Request> {
    let text = || text.to_owned();
    let optional = || flag.then(text);
    let size = || flag.then_some(number);
    let list = || vec![text(); usize::from(flag) * 2];
    let target = match number % 3 {
        0 => KillTarget::Agent { id: text() },
        1 => KillTarget::Worktree { id: text() },
        _ => KillTarget::All { include_root: flag },
    };
    let suspended = match flag {
        true => SuspendTarget::All,
        false => SuspendTarget::Agent { id: text() },
    };
    let state = [Reported::Working, Reported::Blocked, Reported::Idle, Reported::Done];
    let replay = [Replay::All, Replay::Screen, Replay::None];
    let until = [Until::Exit, Until::Idle, Until::Blocked, Until::Match(text())];
    let pick = number as usize % 12;
    let verbs = [GridVerb::Split, GridVerb::Close, GridVerb::Focus, GridVerb::SetAgent, GridVerb::GetLayout];
    let grid = GridAction {
        axis: if flag { Axis::Vertical } else { Axis::Horizontal },
        direction: flag.then_some(Direction::Left),
        agent_id: optional(),
        ..GridAction::of(verbs[pick % 5], flag.then_some(number as u32))
    };
    let spawn = Spawn {
        project_root: text(),
        prompt: text(),
        agent: optional(),
        name: optional(),
        base: optional(),
        root: flag,
        worktree: optional(),
        command: optional(),
        no_auto: flag,
        extra_args: list(),
        plan_mode: flag,
        no_trigger: flag,
        env: optional(),
        vars: BTreeMap::from([(text(), optional())]),
        template: None,
        agent_def: None,
        trigger: optional(),
        pane: optional(),
        tmux: optional(),
        cols: size(),
        rows: size(),
    };
    let mut all: Vec<Request> = vec![
        Health {}.into(),
        Init { project_root: text() }.into(),
        Shutdown {}.into(),
        DaemonRestart {}.into(),
        GetConfig { project_root: text() }.into(),
        UpdateAgentConfig { project_root: text(), agent_name: text(), launch_args: flag.then(list) }.into(),
        spawn.into(),
        Status { project_root: text(), agent_id: optional() }.into(),
        Kill { project_root: text(), target, exclude: list() }.into(),
        Suspend { project_root: text(), target: suspended }.into(),
        Resume { project_root: text(), agent_id: text() }.into(),
        Rename { project_root: text(), agent_id: text(), name: text() }.into(),
        Diff { project_root: text(), worktree_id: optional(), stat: flag }.into(),
        Pulse { project_root: text() }.into(),
        Report { agent_id: text(), state: state[pick % 4], message: optional() }.into(),
        Explain { agent_id: text() }.into(),
        Logs { agent_id: text(), tail: number }.into(),
        Attach {
            agent_id: text(),
            replay: replay[pick % 3],
            from: size(),
            cols: size(),
            rows: size(),
            pane: optional(),
            tmux: optional(),
        }
        .into(),
        Input { agent_id: text(), submit: flag, data: HexBytes(text().into_bytes()) }.into(),
        Resize { agent_id: text(), cols: number, rows: number }.into(),
        Detach {}.into(),
        Capture { agent_id: text(), start: size().map(|n| n as i64), end: None, ansi: flag }.into(),
        Wait { agent_id: text(), until: until[pick % 4].clone(), timeout_seconds: (number % 1_000_000) as f64 / 8.0 }
            .into(),
        SubscribeStatus { project_root: text() }.into(),
        SubscribeEvents { kinds: flag.then(list) }.into(),
        CreateWorktree { project_root: text(), name: text(), base: optional() }.into(),
        DeleteWorktree {
            project_root: text(),
            worktree_id: text(),
            force: flag,
            delete_remote: !flag,
            spare_agents: flag,
        }
        .into(),
        SurveyWorktrees { project_root: text(), worktree_id: optional() }.into(),
        ListSavedWorktrees { project_root: text() }.into(),
        RestoreWorktree { project_root: text(), saved: text(), name: optional() }.into(),
        CheckWorktrees { project_root: text() }.into(),
    ];
    all.extend(definitions(&text(), number, flag));
    all.extend::<[Request; 2]>([
        GridCommand { project_root: text(), command: grid, pane: optional(), tmux: optional() }.into(),
        SubscribeGrid { project_root: text() }.into(),
    ]);
    all
}

/// The four requests about each kind of definition.
fn definitions(text: &str, number: u64, flag: bool) -> Vec<Request> {
    let (template, agent_def, swarm_def) = saved(text, number, flag);
    let (schedule, trigger) = scheduled(text, number, flag);
    let text = || text.to_owned();
    let vars = BTreeMap::from([(text(), text())]);
    vec![
        ListTemplates { project_root: text(), scope: flag.then(text) }.into(),
        GetTemplate { project_root: text(), name: text(), scope: flag.then(text) }.into(),
        SaveTemplate { project_root: text(), scope: text(), fields: template }.into(),
        DeleteTemplate { project_root: text(), name: text(), scope: text() }.into(),
        ListAgentDefs { project_root: text(), scope: flag.then(text) }.into(),
        GetAgentDef { project_root: text(), name: text(), scope: flag.then(text) }.into(),
        SaveAgentDef { project_root: text(), scope: text(), fields: agent_def }.into(),
        DeleteAgentDef { project_root: text(), name: text(), scope: text() }.into(),
        ListSwarmDefs { project_root: text(), scope: flag.then(text) }.into(),
        GetSwarmDef { project_root: text(), name: text(), scope: flag.then(text) }.into(),
        SaveSwarmDef { project_root: text(), scope: text(), fields: swarm_def }.into(),
        DeleteSwarmDef { project_root: text(), name: text(), scope: text() }.into(),
        ListSchedules { project_root: text(), scope: flag.then(text) }.into(),
        GetSchedule { project_root: text(), name: text(), scope: flag.then(text) }.into(),
        SaveSchedule { project_root: text(), scope: text(), fields: schedule }.into(),
        DeleteSchedule { project_root: text(), name: text(), scope: text() }.into(),
        ListTriggers { project_root: text(), scope: flag.then(text) }.into(),
        GetTrigger { project_root: text(), name: text(), scope: flag.then(text) }.into(),
        SaveTrigger { project_root: text(), scope: text(), fields: trigger }.into(),
        DeleteTrigger { project_root: text(), name: text(), scope: text() }.into(),
        RunSwarm { project_root: text(), swarm_name: text(), vars }.into(),
        UndoSwarm { project_root: text(), run_id: text() }.into(),
    ]
}

fn saved(text: &str, number: u64, flag: bool) -> (TemplateFields, AgentDefFields, SwarmDefFields) {
    let text = || text.to_owned();
    let optional = || flag.then(text);
    let template =
        TemplateFields { name: text(), description: text(), agent: text(), body: text(), command: optional() };
    let agent_def = AgentDefFields {
        name: text(),
        agent_type: text(),
        template: optional(),
        inline_prompt: optional(),
        tags: vec![text()],
        available_in_command_dialog: flag,
        icon: optional(),
        command: optional(),
        env: optional(),
    };
    let swarm_def = SwarmDefFields {
        name: text(),
        worktree_count: number,
        worktree_template: text(),
        roster: vec![RosterEntry { agent_def: text(), role: text(), quantity: number }],
        include_terminal: flag,
    };
    (template, agent_def, swarm_def)
}

fn scheduled(text: &str, number: u64, flag: bool) -> (ScheduleFields, TriggerFields) {
    let text = || text.to_owned();
    let optional = || flag.then(text);
    let vars = BTreeMap::from([(text(), text())]);
    let triggers = [
        ScheduleTrigger::AgentDef { name: text() },
        ScheduleTrigger::SwarmDef { name: text(), vars: vars.clone() },
        ScheduleTrigger::InlinePrompt { prompt: text(), agent: optional() },
        ScheduleTrigger::Send { agent_id: text(), text: text() },
    ];
    let schedule = ScheduleFields {
        name: text(),
        enabled: flag,
        recurrence: text(),
        trigger: triggers[number as usize % 4].clone(),
        target: text(),
        root: flag,
        agent_name: optional(),
        time_zone: text(),
        overlap: text(),
        ..ScheduleFields::default()
    };
    let gate = flag.then(|| Gate { run: text(), expect_exit: i32::from(number as u8) });
    let trigger = TriggerFields {
        name: text(),
        description: optional(),
        on: text(),
        sequence: vec![Step { inject: optional(), gate, max_retries: number }],
        variables: vars,
        auto: flag,
    };
    (schedule, trigger)
}

#[test]
fn samples_are_complete() {
    let names: Vec<&str> = samples("", 0, true).iter().map(Request::name).collect();
    assert_eq!(names, NAMES);
}

proptest! {
    #[test]
    fn every_request_round_trips(text in ".{0,8}", number: u64, flag: bool) {
        for request in samples(&text, number, flag) {
            let mut line = Vec::new();
            encode(&request, &mut line);
            prop_assert_eq!(parse_request(&line), Ok(protocol::Request::Typed(request)));
        }
    }

    /// A client that sends every key, `null` where it has nothing to say.
    #[test]
    fn null_is_absent_everywhere(text in ".{0,8}", number: u64) {
        for request in samples(&text, number, true) {
            let mut object = serde_json::to_value(&request).unwrap();
            let keys: Vec<String> = object.as_object().unwrap().keys().cloned().collect();
            for key in keys.iter().filter(|key| *key != "type") {
                let without = {
                    let mut object = object.clone();
                    object.as_object_mut().unwrap().remove(key);
                    parse_request(object.to_string().as_bytes())
                };
                let value = object[key].take();
                // A required field is missing in the one case and null in the other: an error in both.
                let with_null = parse_request(object.to_string().as_bytes());
                prop_assert_eq!(with_null.as_ref().ok(), without.as_ref().ok(), "{}", key);
                object[key] = value;
            }
        }
    }
}

#[test]
fn what_stands_for_a_missing_field() {
    let spawn = Spawn { project_root: "/p".into(), ..Spawn::default() };
    assert_eq!(read(r#"{"type":"spawn","project_root":"/p"}"#), spawn.into());
    assert_eq!(read(r#"{"type":"logs","agent_id":"a"}"#), Logs { agent_id: "a".into(), tail: LOGS_TAIL }.into());
    assert_eq!(
        read(r#"{"type":"attach","agent_id":"a","replay":null}"#),
        Attach { agent_id: "a".into(), replay: Replay::All, ..Attach::default() }.into()
    );
    assert_eq!(
        read(r#"{"type":"wait","agent_id":"a","until":"idle"}"#),
        Wait { agent_id: "a".into(), until: Until::Idle, timeout_seconds: WAIT_SECONDS as f64 }.into()
    );
}

#[test]
fn launch_args_absent_and_empty_differ() {
    fn check(tail: &str, expected: Option<&[&str]>) {
        let line = format!(r#"{{"type":"update_agent_config","project_root":"/p","agent_name":"claude"{tail}}}"#);
        let Request::UpdateAgentConfig(request) = read(&line) else { panic!("{line}") };
        let expected = expected.map(|args| args.iter().map(|&arg| arg.to_owned()).collect());
        assert_eq!(request.launch_args, expected, "{line}");
    }
    check("", None);
    check(r#","launch_args":null"#, None);
    check(r#","launch_args":[]"#, Some(&[]));
    check(r#","launch_args":["-x"]"#, Some(&["-x"]));
}

#[test]
fn sizes_out_of_range_reach_the_handler() {
    let line = r#"{"type":"resize","agent_id":"a","cols":70000,"rows":0}"#;
    assert_eq!(read(line), Resize { agent_id: "a".into(), cols: 70_000, rows: 0 }.into());
}

#[test]
fn refusals() {
    fn check(line: &str, code: Code, expected: &str) {
        let error = parse_request(line.as_bytes()).unwrap_err().error;
        assert_eq!((error.code, error.message.as_str()), (code, expected), "{line}");
    }
    check(
        r#"{"type":"kill","project_root":"/p","target":"root"}"#,
        Code::ParseError,
        "kill: `target`: unknown target `root`",
    );
    check(
        r#"{"type":"kill","project_root":"/p","target":{"type":"agent"}}"#,
        Code::ParseError,
        "kill: `target`: a target of type `agent` needs a string `id`",
    );
    check(
        r#"{"type":"report","agent_id":"a","state":"busy"}"#,
        Code::InvalidArgument,
        "report: `state`: unknown word `busy`, expected one of `working`, `blocked`, `idle`, `done`",
    );
    check(
        r#"{"type":"wait","agent_id":"a","until":{"match":7}}"#,
        Code::ParseError,
        "wait: `until`: invalid type: integer `7`, expected a string",
    );
    check(
        r#"{"type":"subscribe_events","kinds":"all"}"#,
        Code::ParseError,
        "subscribe_events: `kinds`: invalid type: string \"all\", expected a list",
    );
    check(
        r#"{"type":"input","agent_id":"a","data":[27]}"#,
        Code::ParseError,
        "input: `data`: invalid type: list, expected bytes as a string of hex digits",
    );
}
