//! What the daemon answers, one struct a reply, `"ok":true` in front of each.

mod environment;
mod hud;
mod pane;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use environment::{
    ApplyPrefixes, ArmEnv, ClearPaneEnv, DisarmEnv, EnvInfo, ExplainEnv, GetConfig, GetPaneEnv, Guard, ListEnvs,
    ListPrefixedCommands, Rung, UnregisterPrefix,
};
pub use hud::{GetHud, GetHudSegments, Notification, Notifications, Segment};
pub use pane::{FocusNext, ListPanes, Pane, RestorePanes, RestoredWindow, TmuxCapturePane};

use crate::protocol::error::{Code, WireError};
use crate::protocol::parse::text;
use crate::protocol::reason::read_fields;

/// A success of dialect `cmd`.
///
/// Replies carry no name, so that the shape decides when one is read: the first variant whose keys are there.
/// `Done`, which has none, is last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reply {
    /// To `ping`.
    Pong(Pong),
    /// To `get_state`.
    GetState(GetState),
    /// To `daemon_status`.
    DaemonStatus(DaemonStatus),
    /// To `stop`.
    Stop(Stop),
    /// To `reload`.
    Reload(Reload),
    /// To `get_hud`.
    GetHud(GetHud),
    /// To `get_hud_segments`.
    GetHudSegments(GetHudSegments),
    /// To `notify_drain` and `notify_list`.
    Notifications(Notifications),
    /// To `list_panes`.
    ListPanes(ListPanes),
    /// To `tmux_capture_pane`.
    TmuxCapturePane(TmuxCapturePane),
    /// To `list_envs`.
    ListEnvs(ListEnvs),
    /// To `apply_prefixes`.
    ApplyPrefixes(ApplyPrefixes),
    /// To `list_prefixed_commands`.
    ListPrefixedCommands(ListPrefixedCommands),
    /// To `unregister_prefix`.
    UnregisterPrefix(UnregisterPrefix),
    /// To `get_config`.
    GetConfig(GetConfig),
    /// To `explain_env`. Before the next, which has an `env` and a `source` as well.
    ExplainEnv(ExplainEnv),
    /// To `get_pane_env`.
    GetPaneEnv(GetPaneEnv),
    /// To `clear_pane_env`.
    ClearPaneEnv(ClearPaneEnv),
    /// To `arm_env`.
    ArmEnv(ArmEnv),
    /// To `disarm_env`.
    DisarmEnv(DisarmEnv),
    /// To `restore_panes`.
    RestorePanes(RestorePanes),
    /// To `focus_next`. Before the next, which has a `pane` as well.
    FocusNext(FocusNext),
    /// To `tmux_split_run`.
    TmuxSplitRun(TmuxSplitRun),
    /// To `write_log`, `notify` and others of which there is nothing to say.
    Done(Done),
}

impl Reply {
    /// Appends the reply's line, newline included.
    pub fn encode(&self, out: &mut Vec<u8>) {
        #[derive(Serialize)]
        struct Success<'a> {
            ok: bool,
            #[serde(flatten)]
            reply: &'a Reply,
        }
        let line = Success { ok: true, reply: self };
        crate::protocol::encode(&line, out);
    }
}

/// Config files have been read again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reload {
    /// Always `true`.
    pub reloaded: bool,
    /// Files that cannot be read, and why; what they last held stays in force where something holds it.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// Someone is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {
    /// Always `true`.
    pub pong: bool,
}

/// What the daemon remembers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GetState {
    /// It.
    pub state: State,
}

/// The active environment and the panes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The global environment.
    pub active_env: Option<String>,
    /// When the daemon started, in unix seconds.
    pub started: f64,
    /// The panes of which something is known, by id.
    pub panes: BTreeMap<String, PaneState>,
}

/// What is known of a pane.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaneState {
    /// Its own environment, where it has one.
    pub env: Option<String>,
    /// The agent it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// How the daemon is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonStatus {
    /// It.
    pub status: DaemonInfo,
}

/// A running daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonInfo {
    /// Always `true`: the one that does not run does not answer.
    pub running: bool,
    /// As [`uptime`] writes it.
    pub uptime: String,
    /// The global environment.
    pub active_env: Option<String>,
    /// The number of panes of which something is known.
    pub panes: u64,
}

/// The daemon ends; so does the connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Always `true`.
    pub stopping: bool,
}

/// The command runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TmuxSplitRun {
    /// The new pane, `%5`.
    pub pane: String,
    /// The same, under the name other clients look for.
    pub pane_id: String,
}

/// It is done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

/// Reads a reply, for clients. A failure of the daemon's and a line that is no reply are both `Err`.
pub fn parse_reply(line: &[u8]) -> Result<Reply, WireError> {
    #[derive(Deserialize)]
    struct Outcome {
        ok: bool,
        #[serde(default)]
        error: Option<String>,
        #[serde(default)]
        conflict: bool,
        #[serde(default)]
        code: Option<Code>,
        #[serde(default)]
        hint: Option<String>,
    }
    let json = text(line)?;
    let outcome: Outcome = read_fields("reply", json)?;
    if outcome.ok {
        return read_fields("reply", json);
    }
    Err(WireError {
        code: outcome.code.unwrap_or(Code::InternalError),
        message: outcome.error.unwrap_or_default(),
        hint: outcome.hint,
        conflict: outcome.conflict,
    })
}

/// A time in words: `2h 15m 30s`. Days and hours only where there are any, minutes where there are any or hours
/// stand before them, seconds always.
pub fn uptime(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    let mut words = Vec::new();
    if days > 0 {
        words.push(format!("{days}d"));
    }
    if hours > 0 {
        words.push(format!("{hours}h"));
    }
    if hours > 0 || minutes > 0 {
        words.push(format!("{minutes}m"));
    }
    words.push(format!("{seconds}s"));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn uptime_in_words() {
        fn check(seconds: u64, expected: &str) {
            assert_eq!(uptime(Duration::from_secs(seconds)), expected, "{seconds}");
        }
        check(0, "0s");
        check(59, "59s");
        check(60, "1m 0s");
        check(61, "1m 1s");
        check(3_600, "1h 0m 0s");
        check(3_605, "1h 0m 5s");
        check(8_130, "2h 15m 30s");
        check(86_399, "23h 59m 59s");
        check(86_400, "1d 0s");
        check(86_700, "1d 5m 0s");
        check(93_600, "1d 2h 0m 0s");
        check(100 * 86_400 + 3_661, "100d 1h 1m 1s");
        assert_eq!(uptime(Duration::from_millis(1_999)), "1s");
    }

    fn samples(text: &str, number: u64, flag: bool) -> Vec<Reply> {
        let env = flag.then(|| text.to_owned());
        let pane = PaneState { env: env.clone(), agent_id: env.clone() };
        let panes = BTreeMap::from([(text.to_owned(), pane)]);
        let state = State { active_env: env.clone(), started: number as f64 / 4.0, panes };
        let uptime = uptime(Duration::from_secs(number));
        let status = DaemonInfo { running: flag, uptime, active_env: env, panes: number };
        let split = TmuxSplitRun { pane: text.to_owned(), pane_id: text.to_owned() };
        let agent = flag.then(|| text.to_owned());
        let pane = Pane { pane: text.to_owned(), agent_id: agent.clone(), cols: 80, ..Pane::default() };
        let window = RestoredWindow { name: text.to_owned(), ..RestoredWindow::default() };
        let notification = Notification {
            id: number,
            title: text.to_owned(),
            message: text.to_owned(),
            level: crate::protocol::cmd::request::Level::Warning,
            timestamp: number as f64 / 4.0,
            source: text.to_owned(),
            agent_id: agent.clone(),
            pane: agent.clone(),
            tmux: agent.clone(),
        };
        vec![
            Reply::Pong(Pong { pong: flag }),
            Reply::GetState(GetState { state }),
            Reply::DaemonStatus(DaemonStatus { status }),
            Reply::Stop(Stop { stopping: flag }),
            Reply::Reload(Reload { reloaded: flag, warnings: vec![text.to_owned()] }),
            Reply::GetHud(GetHud { hud: text.to_owned() }),
            Reply::GetHudSegments(GetHudSegments {
                segments: vec![Segment {
                    name: text.to_owned(),
                    priority: 15,
                    source: text.to_owned(),
                    value: text.to_owned(),
                }],
            }),
            Reply::Notifications(Notifications { notifications: vec![notification], dropped: number }),
            Reply::ListPanes(ListPanes { panes: vec![pane], silent: vec!["/run/tmux".into()] }),
            Reply::TmuxCapturePane(TmuxCapturePane { content: text.to_owned() }),
            Reply::RestorePanes(RestorePanes { restored: vec![window], warnings: vec![] }),
            Reply::FocusNext(FocusNext { focused_agent: agent.clone(), project_root: agent.clone(), pane: agent }),
            Reply::TmuxSplitRun(split),
            Reply::Done(Done {}),
        ]
        .into_iter()
        .chain(environments(text, number, flag))
        .collect()
    }

    fn environments(text: &str, number: u64, flag: bool) -> Vec<Reply> {
        let agent = flag.then(|| text.to_owned());
        vec![
            Reply::ListEnvs(ListEnvs { envs: vec![EnvInfo { name: text.to_owned(), ..EnvInfo::default() }] }),
            Reply::ApplyPrefixes(ApplyPrefixes {
                command: vec![text.to_owned()],
                env: agent.clone(),
                guard: flag.then_some(Guard::Typed),
                ..ApplyPrefixes::default()
            }),
            Reply::ListPrefixedCommands(ListPrefixedCommands { commands: vec![text.to_owned()] }),
            Reply::UnregisterPrefix(UnregisterPrefix { removed: number }),
            Reply::GetConfig(GetConfig { value: text.into(), config: text.into(), source: text.to_owned() }),
            Reply::ExplainEnv(ExplainEnv {
                env: agent.clone(),
                source: text.to_owned(),
                rungs: vec![Rung { source: text.to_owned(), env: agent.clone(), of: agent.clone() }],
                armed_until: flag.then_some(number as f64 / 4.0),
            }),
            Reply::GetPaneEnv(GetPaneEnv { env: agent.clone(), source: text.to_owned() }),
            Reply::ClearPaneEnv(ClearPaneEnv { cleared: flag }),
            Reply::ArmEnv(ArmEnv { until: number as f64 / 4.0 }),
            Reply::DisarmEnv(DisarmEnv { disarmed: number }),
        ]
    }

    #[test]
    fn keys_are_the_contracts() {
        let lines: Vec<String> = samples("%1", 4, true)
            .iter()
            .map(|reply| {
                let mut out = Vec::new();
                reply.encode(&mut out);
                String::from_utf8(out).unwrap()
            })
            .collect();
        let expected = [
            r#"{"ok":true,"pong":true}"#,
            r#"{"ok":true,"state":{"active_env":"%1","started":1.0,"panes":{"%1":{"env":"%1","agent_id":"%1"}}}}"#,
            r#"{"ok":true,"status":{"running":true,"uptime":"4s","active_env":"%1","panes":4}}"#,
            r#"{"ok":true,"stopping":true}"#,
            r#"{"ok":true,"reloaded":true,"warnings":["%1"]}"#,
            r#"{"ok":true,"hud":"%1"}"#,
            r#"{"ok":true,"segments":[{"name":"%1","priority":15,"source":"%1","value":"%1"}]}"#,
            r#"{"ok":true,"notifications":[{"id":4,"title":"%1","message":"%1","level":"warning","timestamp":1.0,"source":"%1","agent_id":"%1","pane":"%1","tmux":"%1"}],"dropped":4}"#,
            r#"{"ok":true,"panes":[{"pane":"%1","tmux":"","session":"","window":"","window_index":0,"window_name":"","pane_index":0,"pid":0,"cols":80,"rows":0,"active":false,"visible":false,"synchronized":false,"cwd":"","title":"","agent_id":"%1","env":null}],"silent":["/run/tmux"]}"#,
            r#"{"ok":true,"content":"%1"}"#,
            r#"{"ok":true,"restored":[{"window":"","name":"%1","agents":[]}],"warnings":[]}"#,
            r#"{"ok":true,"focused_agent":"%1","project_root":"%1","pane":"%1"}"#,
            r#"{"ok":true,"pane":"%1","pane_id":"%1"}"#,
            r#"{"ok":true}"#,
            r#"{"ok":true,"envs":[{"name":"%1","guard":"","active":false,"vars":{},"keys":{},"at":""}]}"#,
            r#"{"ok":true,"command":["%1"],"env_vars":{},"unset":[],"rules":[],"passed":[],"env":"%1","color":null,"source":"","guard":"typed","guard_reason":null,"armed":false}"#,
            r#"{"ok":true,"commands":["%1"]}"#,
            r#"{"ok":true,"removed":4}"#,
            r#"{"ok":true,"value":"%1","config":"%1","source":"%1"}"#,
            r#"{"ok":true,"env":"%1","source":"%1","rungs":[{"source":"%1","env":"%1","of":"%1"}],"armed_until":1.0}"#,
            r#"{"ok":true,"env":"%1","source":"%1"}"#,
            r#"{"ok":true,"cleared":true}"#,
            r#"{"ok":true,"until":1.0}"#,
            r#"{"ok":true,"disarmed":4}"#,
        ];
        for (line, expected) in lines.iter().zip(expected) {
            assert_eq!(line.trim_end(), expected);
        }
    }

    #[test]
    fn failures_are_errors() {
        let read = |line: &str| parse_reply(line.as_bytes()).unwrap_err();
        let error = read(r#"{"ok":false,"error":"no pane `%9`","code":"NOT_FOUND"}"#);
        assert_eq!(error, WireError::new(Code::NotFound, "no pane `%9`"));
        let mut busy = Vec::new();
        WireError::busy().encode(crate::protocol::Dialect::Either, &mut busy);
        assert_eq!(parse_reply(&busy), Err(WireError::busy()));
        assert_eq!(read("{}").message, "reply: missing field `ok`");
    }

    proptest! {
        #[test]
        fn every_reply_round_trips(text in ".{0,8}", number in 0..1u64 << 40, flag: bool) {
            for reply in samples(&text, number, flag) {
                let mut line = Vec::new();
                reply.encode(&mut line);
                prop_assert_eq!(parse_reply(&line), Ok(reply));
            }
        }
    }
}
