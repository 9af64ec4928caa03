//! A line to a request, or to the reason why it is none.

use super::error::{Dialect, WireError, shorten};
use super::tag::Tags;
use super::{cmd, typed};
use crate::base::near::near;

/// A request of either dialect.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one at a time, never in bulk")]
pub enum Request {
    /// It has a `type`.
    Typed(typed::Request),
    /// It has a `cmd`.
    Cmd(cmd::Request),
}

impl Request {
    /// Whether it may take long and changes nothing: with whoever asked for it the question is gone too.
    pub const fn only_asks(&self) -> bool {
        use typed::Request::{CheckWorktrees, Diff, Pulse, SurveyWorktrees, Wait};
        matches!(self, Self::Typed(Wait(_) | Diff(_) | Pulse(_) | SurveyWorktrees(_) | CheckWorktrees(_)))
    }

    /// The dialect in which to answer.
    pub const fn dialect(&self) -> Dialect {
        match self {
            Self::Typed(_) => Dialect::Typed,
            Self::Cmd(_) => Dialect::Cmd,
        }
    }

    /// The name on the wire.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Typed(request) => request.name(),
            Self::Cmd(request) => request.name(),
        }
    }
}

/// A line that is no request. The connection stays open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Rejected {
    /// The dialect in which to say so; [`Dialect::Either`] where the line does not tell.
    pub dialect: Dialect,
    /// What is wrong with it.
    pub error: WireError,
}

impl Rejected {
    /// Appends the answer's line.
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.error.encode(self.dialect, out);
    }
}

/// Reads a line from a client.
///
/// An object with both keys is of dialect `type`: the typed dialect is the larger one, and a field of it may be
/// called `cmd` some day, while no command has a field `type`.
pub fn parse_request(line: &[u8]) -> Result<Request, Rejected> {
    let either = |error| Rejected { dialect: Dialect::Either, error };
    let json = text(line).map_err(either)?;
    let tags = Tags::read(json).map_err(either)?;
    match (tags.typed, tags.cmd) {
        (Some(tag), _) => {
            let request = tag.name("type").and_then(|name| typed_request(&name, json));
            request.map(Request::Typed).map_err(|error| Rejected { dialect: Dialect::Typed, error })
        }
        (None, Some(tag)) => {
            let request = tag.name("cmd").and_then(|name| cmd_request(&name, json));
            request.map(Request::Cmd).map_err(|error| Rejected { dialect: Dialect::Cmd, error })
        }
        (None, None) => Err(either(WireError::parse("the object names no request: neither `type` nor `cmd` is there"))),
    }
}

/// A line as text.
pub(super) fn text(line: &[u8]) -> Result<&str, WireError> {
    std::str::from_utf8(line)
        .map_err(|error| WireError::parse(format!("not UTF-8 at byte {}", error.valid_up_to() + 1)))
}

fn typed_request(name: &str, json: &str) -> Result<typed::Request, WireError> {
    typed::Request::read(name, json).unwrap_or_else(|| {
        let error = WireError::parse(format!("unknown request type `{}`", shorten(name)));
        let other = cmd::request::NAMES.contains(&name).then_some("cmd");
        Err(hinted(error, name, typed::request::NAMES, other))
    })
}

fn cmd_request(name: &str, json: &str) -> Result<cmd::Request, WireError> {
    cmd::Request::read(name, json).unwrap_or_else(|| {
        let error = WireError::parse(format!("unknown command: {}", shorten(name)));
        let other = typed::request::NAMES.contains(&name).then_some("type");
        Err(hinted(error, name, cmd::request::NAMES, other))
    })
}

/// Says what may have been meant: the same name in the other dialect, or a name that is close.
fn hinted(error: WireError, name: &str, names: &[&str], other: Option<&str>) -> WireError {
    if let Some(key) = other {
        return error.with_hint(format!(r#"that is {{"{key}":"{name}"}}"#));
    }
    match near(name, names.iter().copied()).as_slice() {
        [] => error,
        close => error.with_hint(format!("did you mean: {}?", close.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::Code;

    fn rejected(line: impl AsRef<[u8]>) -> Rejected {
        parse_request(line.as_ref()).unwrap_err()
    }

    fn check(line: impl AsRef<[u8]>, dialect: Dialect, expected: &str) {
        let line = line.as_ref();
        let shown = String::from_utf8_lossy(line).into_owned();
        let rejected = rejected(line);
        assert_eq!(rejected.error.code, Code::ParseError, "{shown}");
        assert_eq!(rejected.error.message, expected, "{shown}");
        assert_eq!(rejected.dialect, dialect, "{shown}");
    }

    #[test]
    fn lines_that_are_no_object() {
        use Dialect::Either;
        check(b"{\"type\":\"\xff\"}", Either, "not UTF-8 at byte 10");
        check("health", Either, "not JSON: expected value at byte 1");
        check(r#"{"type":"health""#, Either, "not JSON: EOF while parsing an object at byte 16");
        check(r#"{"type":"health"} {"#, Either, "not JSON: trailing characters at byte 19");
        let kinds = [
            (r#"["health"]"#, "a list"),
            ("3", "a number"),
            ("-1.5", "a number"),
            ("null", "null"),
            ("true", "true or false"),
            (r#""health""#, "a string"),
        ];
        for (line, kind) in kinds {
            let expected = format!("a line holds one JSON object, this one is {kind}");
            check(line, Either, &expected);
        }
    }

    #[test]
    fn objects_without_a_usable_tag() {
        let missing = "the object names no request: neither `type` nor `cmd` is there";
        check("{}", Dialect::Either, missing);
        check(r#"{"type":null,"cmd":null}"#, Dialect::Either, missing);
        check(r#"{"Type":"health"}"#, Dialect::Either, missing);
        let number = "`type` is a number, not the name of a request";
        check(r#"{"type":7}"#, Dialect::Typed, number);
        let list = "`cmd` is a list, not the name of a request";
        check(r#"{"cmd":["ping",[{}]]}"#, Dialect::Cmd, list);
        let twice = r#"{"type":"health","type":"status"}"#;
        check(twice, Dialect::Either, "duplicate field `type`");
    }

    #[test]
    fn unknown_names() {
        check(r#"{"type":"frobnicate"}"#, Dialect::Typed, "unknown request type `frobnicate`");
        check(r#"{"cmd":"frobnicate"}"#, Dialect::Cmd, "unknown command: frobnicate");
        let hint = |line: &str| rejected(line).error.hint;
        assert_eq!(hint(r#"{"cmd":"frobnicate"}"#), None);
        assert_eq!(hint(r#"{"type":"heatlh"}"#).unwrap(), "did you mean: health?");
        assert_eq!(hint(r#"{"type":"ping"}"#).unwrap(), r#"that is {"cmd":"ping"}"#);
        assert_eq!(hint(r#"{"cmd":"health"}"#).unwrap(), r#"that is {"type":"health"}"#);
        let long = format!(r#"{{"type":"{}"}}"#, "é".repeat(100_000));
        assert!(rejected(&long).error.message.len() < 300);
    }

    #[test]
    fn wrong_fields_name_the_request_and_the_field() {
        check(r#"{"type":"attach"}"#, Dialect::Typed, "attach: missing field `agent_id`");
        check(
            r#"{"agent_id":7,"type":"attach"}"#,
            Dialect::Typed,
            "attach: `agent_id`: invalid type: integer `7`, expected a string",
        );
        check(
            r#"{"type":"input","agent_id":"ag-1","data":"1b5"}"#,
            Dialect::Typed,
            "input: `data`: 3 hex digits are no whole number of bytes",
        );
        check(
            r#"{"cmd":"tmux_split_run","split":"vertical"}"#,
            Dialect::Cmd,
            "tmux_split_run: missing field `command`",
        );
    }

    #[test]
    fn both_keys_are_the_typed_dialect() {
        let line = r#"{"cmd":"ping","type":"health"}"#;
        let request = parse_request(line.as_bytes()).unwrap();
        assert_eq!((request.dialect(), request.name()), (Dialect::Typed, "health"));
        let line = r#"{"cmd":"ping","type":null,"unknown":[1,{"type":"kill"}]}"#;
        let request = parse_request(line.as_bytes()).unwrap();
        assert_eq!((request.dialect(), request.name()), (Dialect::Cmd, "ping"));
    }

    #[test]
    fn an_escaped_name_is_the_same_name() {
        let request = parse_request(br#"{"type":"h\u0065alth"}"#).unwrap();
        assert_eq!(request.name(), "health");
    }

    #[test]
    fn depth_is_no_way_to_end_the_daemon() {
        let deep = "[".repeat(500_000);
        let tail = "]".repeat(500_000);
        let ignored = format!(r#"{{"x":{deep}{tail},"type":"health"}}"#);
        assert_eq!(parse_request(ignored.as_bytes()).unwrap().name(), "health");
        let read = format!(r#"{{"type":"kill","project_root":"/p","target":{deep}{tail}}}"#);
        let error = rejected(&read).error;
        assert_eq!(error.message, "kill: `target`: recursion limit exceeded");
        check(&deep, Dialect::Either, "not JSON: EOF while parsing a list at byte 500000");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(line in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_request(&line);
        }

        #[test]
        fn no_object_panics(
            key in prop::sample::select(vec!["type", "cmd"]),
            name in prop::sample::select([typed::request::NAMES, cmd::request::NAMES].concat()),
            field in prop::sample::select(vec!["agent_id", "project_root", "target", "data", "until", "kinds"]),
            value in r#"("[a-z]{0,4}"|-?[0-9]{1,25}|null|true|\[\]|\["a"\]|\{\}|\{"type":"agent"\}|\{"match":1\})"#,
        ) {
            let line = format!(r#"{{"{key}":"{name}","{field}":{value}}}"#);
            if let Err(rejected) = parse_request(line.as_bytes()) {
                prop_assert!(!rejected.error.message.is_empty());
                prop_assert!(rejected.error.message.len() < 500);
            }
        }
    }
}
