//! What a client asks for, one struct a request.
//!
//! Some requests have two spellings of a key in use; the second is an alias. A `spoke` key that only says who asks
//! is not read at all: who asks is known from the connection, never from the request.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::null;
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
        "tmux_split_run" => TmuxSplitRun(TmuxSplitRun),
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

/// Runs a command in a new tmux pane beside another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TmuxSplitRun {
    /// What to run.
    pub command: Command,
    /// Where the new pane goes.
    pub split: Split,
    /// Ours: the pane to split; `None` is the caller's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Ours: the caller's own pane, from its `TMUX_PANE`.
    #[serde(default, alias = "pane_id", skip_serializing_if = "Option::is_none")]
    pub pane: Option<String>,
    /// Ours: socket path of the tmux server these panes belong to, from the caller's `TMUX`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
    /// Ours: the folder to run it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Ours: the environment's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// Ours: variables set for it; `None` unsets one.
    #[serde(default, deserialize_with = "null::or_default")]
    pub vars: BTreeMap<String, Option<String>>,
    /// Ours: how much the new pane gets.
    #[serde(default, alias = "height", skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
}

/// A command in one of two forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a command is a string or a list of strings")]
pub enum Command {
    /// As a person types it.
    Line(String),
    /// Word for word.
    Argv(Vec<String>),
}

/// Where a new pane goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Side by side, tmux's `-h`.
    Horizontal,
    /// One above the other, tmux's `-v`.
    Vertical,
}

/// How much a new pane gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a size is a number of cells or a string like \"30%\"")]
pub enum Size {
    /// Columns or rows.
    Cells(u64),
    /// As tmux takes it: `30` or `30%`. Not checked here.
    Text(String),
}

#[cfg(test)]
mod tests {
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
            ..split(Command::Argv(vec![text.to_owned(); 2]))
        };
        let log = WriteLog { level: text.to_owned(), message: text.to_owned(), gear: optional };
        vec![
            Ping {}.into(),
            GetState {}.into(),
            DaemonStatus {}.into(),
            Stop {}.into(),
            Reload {}.into(),
            log.into(),
            full.into(),
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
