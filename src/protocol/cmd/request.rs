//! What a client asks for, one struct a request.
//!
//! Some requests have two spellings of a key in use; the second is an alias. A `spoke` key that only says who asks
//! is not read at all: who asks is known from the connection, never from the request.

mod environment;
mod hud;
mod pane;

use serde::{Deserialize, Serialize};

pub use environment::{
    ApplyPrefixes, ArmEnv, ClearEnv, ClearPaneEnv, Context, DisarmEnv, EnvScope, ExplainEnv, GetConfig, GetPaneEnv,
    ListEnvs, ListPrefixedCommands, RegisterPrefix, SetEnv, SetPaneEnv, UnregisterPrefix,
};
pub use hud::{GetHud, GetHudSegments, HudFormat, Level, Notify, NotifyDrain, NotifyList};
pub use pane::{
    Command, FocusNext, Keys, ListPanes, RegisterTmux, RestorePanes, Size, Split, TmuxCapturePane, TmuxSendKeys,
    TmuxSplitRun, UnregisterTmux,
};

use crate::protocol::tag::tagged;

tagged! {
    /// A request of dialect `cmd`.
    pub enum Request by "cmd" {
        "ping" => Ping(Ping),
        "get_state" => GetState(GetState),
        "daemon_status" => DaemonStatus(DaemonStatus),
        "stop" => Stop(Stop),
        "reload" => Reload(Reload),
        "write_log" => WriteLog(WriteLog),
        "get_hud" => GetHud(GetHud),
        "get_hud_segments" => GetHudSegments(GetHudSegments),
        "notify" => Notify(Notify),
        "notify_drain" => NotifyDrain(NotifyDrain),
        "notify_list" => NotifyList(NotifyList),
        "register_tmux" => RegisterTmux(RegisterTmux),
        "unregister_tmux" => UnregisterTmux(UnregisterTmux),
        "list_panes" => ListPanes(ListPanes),
        "tmux_split_run" => TmuxSplitRun(TmuxSplitRun),
        "tmux_send_keys" => TmuxSendKeys(TmuxSendKeys),
        "tmux_capture_pane" => TmuxCapturePane(TmuxCapturePane),
        "focus_next" => FocusNext(FocusNext),
        "restore_panes" => RestorePanes(RestorePanes),
        "set_env" => SetEnv(SetEnv),
        "clear_env" => ClearEnv(ClearEnv),
        "set_pane_env" => SetPaneEnv(SetPaneEnv),
        "get_pane_env" => GetPaneEnv(GetPaneEnv),
        "clear_pane_env" => ClearPaneEnv(ClearPaneEnv),
        "list_envs" => ListEnvs(ListEnvs),
        "explain_env" => ExplainEnv(ExplainEnv),
        "arm_env" => ArmEnv(ArmEnv),
        "disarm_env" => DisarmEnv(DisarmEnv),
        "get_config" => GetConfig(GetConfig),
        "apply_prefixes" => ApplyPrefixes(ApplyPrefixes),
        "list_prefixed_commands" => ListPrefixedCommands(ListPrefixedCommands),
        "register_prefix" => RegisterPrefix(RegisterPrefix),
        "unregister_prefix" => UnregisterPrefix(UnregisterPrefix),
    }
}

/// Asks whether anyone is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {}

/// Asks for the active environment and what is known of panes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetState {}

/// Asks how the daemon is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonStatus {}

/// Ends the daemon, as `shutdown` of the other dialect does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {}

/// Reads config files again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reload {}

/// Puts a line into the daemon's log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteLog {
    /// `debug`, `info`, `warning` or `error`. A string here: another word is the handler's to refuse.
    pub level: String,
    /// The text.
    pub message: String,
    /// Who says so.
    #[serde(default, alias = "spoke", skip_serializing_if = "Option::is_none")]
    pub gear: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::protocol::{self, Code};

    fn read(line: &str) -> Request {
        match protocol::parse_request(line.as_bytes()) {
            Ok(protocol::Request::Cmd(request)) => request,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn split(command: Command) -> TmuxSplitRun {
        TmuxSplitRun {
            command,
            split: Split::Horizontal,
            target: None,
            pane: None,
            tmux: None,
            cwd: None,
            env: None,
            vars: BTreeMap::new(),
            size: None,
            focus: false,
        }
    }

    fn samples(text: &str, number: u64, flag: bool) -> Vec<Request> {
        let optional = flag.then(|| text.to_owned());
        let full = TmuxSplitRun {
            split: Split::Vertical,
            target: optional.clone(),
            pane: optional.clone(),
            tmux: optional.clone(),
            cwd: optional.clone(),
            env: optional.clone(),
            vars: BTreeMap::from([(text.to_owned(), optional.clone())]),
            size: flag.then_some(Size::Cells(number)),
            focus: flag,
            ..split(Command::Argv(vec![text.to_owned(); 2]))
        };
        let (own, words) = (text.to_owned(), vec![text.to_owned(); 2]);
        let keys = if flag { Keys::Text(own.clone()) } else { Keys::Names(words) };
        let line = flag.then_some(number as i64);
        let format = if flag { HudFormat::Tmux } else { HudFormat::Plain };
        let (pane, tmux) = (optional.clone(), optional.clone());
        let notify = Notify {
            title: own.clone(),
            message: own.clone(),
            level: Level::Success,
            pane: pane.clone(),
            tmux: tmux.clone(),
        };
        let log = WriteLog { level: own.clone(), message: own.clone(), gear: optional };
        vec![
            Ping {}.into(),
            GetState {}.into(),
            DaemonStatus {}.into(),
            Stop {}.into(),
            Reload {}.into(),
            log.into(),
            GetHud { pane: pane.clone(), tmux: tmux.clone(), format }.into(),
            GetHudSegments {}.into(),
            notify.into(),
            NotifyDrain {}.into(),
            NotifyList {}.into(),
            RegisterTmux { tmux: own.clone() }.into(),
            UnregisterTmux { tmux: own.clone() }.into(),
            ListPanes { tmux: tmux.clone() }.into(),
            full.into(),
            TmuxSendKeys { pane: own.clone(), keys, tmux: tmux.clone() }.into(),
            TmuxCapturePane { pane: own, start: line, end: line, ansi: flag, tmux: tmux.clone() }.into(),
            FocusNext { pane: pane.clone(), tmux: tmux.clone() }.into(),
            RestorePanes { pane, tmux }.into(),
        ]
        .into_iter()
        .chain(environments(text, flag))
        .collect()
    }

    fn environments(text: &str, flag: bool) -> Vec<Request> {
        let (own, optional) = (text.to_owned(), flag.then(|| text.to_owned()));
        let (pane, tmux, env) = (optional.clone(), optional.clone(), optional.clone());
        let scope = if flag { EnvScope::Window } else { EnvScope::Pane };
        let context = Context {
            env: env.clone(),
            agent_id: env.clone(),
            pane: pane.clone(),
            tmux: tmux.clone(),
            cwd: env.clone(),
            kubeconfig: env.clone(),
        };
        let config = serde_json::Map::from_iter([(own.clone(), own.clone().into())]);
        vec![
            SetEnv { value: own.clone() }.into(),
            ClearEnv {}.into(),
            SetPaneEnv { pane: own.clone(), env: own.clone(), scope, tmux: tmux.clone() }.into(),
            GetPaneEnv { pane: own.clone(), tmux: tmux.clone() }.into(),
            ClearPaneEnv { pane: own.clone(), scope, tmux: tmux.clone() }.into(),
            ListEnvs { reveal: flag }.into(),
            ExplainEnv { context: context.clone() }.into(),
            ArmEnv { env: own.clone(), pane: own.clone(), tmux: tmux.clone(), seconds: 600 }.into(),
            DisarmEnv { env, pane, tmux: tmux.clone() }.into(),
            GetConfig { key: own.clone(), reveal: flag }.into(),
            ApplyPrefixes { command: Command::Line(own.clone()), args: vec![own.clone()], context }.into(),
            ListPrefixedCommands {}.into(),
            RegisterPrefix {
                command: own.clone(),
                strategy: optional.clone(),
                config,
                wrapper: flag.then(|| Command::Argv(vec![own.clone()])),
                owner: optional.clone(),
            }
            .into(),
            UnregisterPrefix { command: own, strategy: optional.clone(), owner: optional }.into(),
        ]
    }

    #[test]
    fn samples_are_complete() {
        let names: Vec<&str> = samples("", 0, true).iter().map(Request::name).collect();
        assert_eq!(names, NAMES);
    }

    #[test]
    fn both_spellings() {
        let log = r#"{"cmd":"write_log","level":"info","message":"m","KEY":"g"}"#;
        assert_eq!(read(&log.replace("KEY", "gear")), read(&log.replace("KEY", "spoke")));

        let notify = r#"{"cmd":"notify","title":"t","KEY":"m","level":null}"#;
        assert_eq!(read(&notify.replace("KEY", "message")), read(&notify.replace("KEY", "body")));
        for request in [
            r#"{"cmd":"get_hud","KEY":"%1"}"#,
            r#"{"cmd":"tmux_send_keys","KEY":"%1","keys":["C-c"]}"#,
            r#"{"cmd":"tmux_capture_pane","KEY":"%1","start":-3}"#,
            r#"{"cmd":"set_pane_env","KEY":"%1","env":"dev"}"#,
            r#"{"cmd":"get_pane_env","KEY":"%1"}"#,
            r#"{"cmd":"clear_pane_env","KEY":"%1"}"#,
        ] {
            assert_eq!(read(&request.replace("KEY", "pane")), read(&request.replace("KEY", "pane_id")));
        }

        for (request, one, other) in [
            (r#"{"cmd":"set_env","KEY":"dev"}"#, "value", "env"),
            (r#"{"cmd":"set_pane_env","pane":"%1","KEY":"dev"}"#, "env", "value"),
            (r#"{"cmd":"get_config","KEY":"hud"}"#, "key", "spoke"),
            (r#"{"cmd":"register_prefix","command":"k","strategy":"wrapper","KEY":"o"}"#, "owner", "spoke"),
        ] {
            assert_eq!(read(&request.replace("KEY", one)), read(&request.replace("KEY", other)));
        }

        let run = r#"{"cmd":"tmux_split_run","split":"horizontal","command":"htop -d 5","vars":null"#;
        let plain = split(Command::Line("htop -d 5".into()));
        assert_eq!(read(&format!("{run},\"spoke\":\"s\"}}")), plain.clone().into());
        let sized = |size| Request::from(TmuxSplitRun { size: Some(size), ..plain.clone() });
        assert_eq!(read(&format!("{run},\"height\":20}}")), sized(Size::Cells(20)));
        let share = Size::Text("30%".into());
        assert_eq!(read(&format!("{run},\"size\":\"30%\"}}")), sized(share));
        let list = r#"{"cmd":"tmux_split_run","split":"horizontal","command":["a","b c"]}"#;
        let argv = Command::Argv(vec!["a".into(), "b c".into()]);
        assert_eq!(read(list), split(argv).into());
    }

    #[test]
    fn refusals() {
        fn check(fields: &str, code: Code, expected: &str) {
            let line = format!(r#"{{"cmd":"tmux_split_run",{fields}}}"#);
            let rejected = protocol::parse_request(line.as_bytes()).unwrap_err();
            assert_eq!((rejected.error.code, rejected.error.message.as_str()), (code, expected));
        }
        check(
            r#""command":7,"split":"vertical""#,
            Code::ParseError,
            "tmux_split_run: `command`: a command is a string or a list of strings",
        );
        check(
            r#""command":"a","split":"v""#,
            Code::InvalidArgument,
            "tmux_split_run: `split`: unknown word `v`, expected `horizontal` or `vertical`",
        );
        check(
            r#""command":"a","split":"vertical","size":-1"#,
            Code::ParseError,
            r#"tmux_split_run: `size`: a size is a number of cells or a string like "30%""#,
        );
        let rejected = protocol::parse_request(br#"{"cmd":"notify","title":"","message":"","level":"loud"}"#);
        assert_eq!(rejected.unwrap_err().error.code, Code::InvalidArgument);
    }

    proptest! {
        #[test]
        fn every_request_round_trips(text in ".{0,8}", number: u64, flag: bool) {
            for request in samples(&text, number, flag) {
                let mut line = Vec::new();
                protocol::encode(&request, &mut line);
                prop_assert_eq!(protocol::parse_request(&line), Ok(protocol::Request::Cmd(request)));
            }
        }
    }
}
