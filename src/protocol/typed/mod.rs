//! Dialect `type`: agents, their terminals, projects.
//!
//! [`Request`] is what a client sends; a line from the daemon is a [`Reply`], or a [`StreamLine`] when the
//! connection is in a stream. Terminal bytes have a fast way in and out of their own ([`encode_output`] and its
//! kin): they are the only lines that come by the megabyte.

pub mod definition;
pub mod event;
mod hot;
pub mod reply;
pub mod request;

pub use event::StreamLine;
pub use hot::{InputHead, OutputHead, encode_input, encode_output, encode_paint, parse_input, parse_output};
pub use reply::Reply;
pub use request::Request;

use super::error::{WireError, shorten};
use super::parse::text;
use super::tag::Tags;

/// A line from the daemon.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one at a time, never in bulk")]
pub enum Line {
    /// It answers a request.
    Reply(Reply),
    /// It is part of a stream.
    Stream(StreamLine),
}

/// Reads a line from the daemon, for clients. An error line is a [`Reply::Error`]; `Err` is a line that this
/// version of the client does not understand.
pub fn parse_line(line: &[u8]) -> Result<Line, WireError> {
    let json = text(line)?;
    let tag = Tags::read(json)?.typed.ok_or_else(|| WireError::parse("a line without `type`"))?;
    let name = tag.name("type")?;
    if let Some(stream) = StreamLine::read(&name, json) {
        return stream.map(Line::Stream);
    }
    match Reply::read(&name, json) {
        Some(reply) => reply.map(Line::Reply),
        None => Err(WireError::parse(format!("unknown reply type `{}`", shorten(&name)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Code;

    #[test]
    fn lines_from_the_daemon() {
        let read = |line: &str| parse_line(line.as_bytes());
        assert!(matches!(read(r#"{"type":"ok","later":1}"#), Ok(Line::Reply(Reply::Done(_)))));
        assert!(matches!(read(r#"{"type":"detached"}"#), Ok(Line::Stream(StreamLine::Detached(_)))));
        let error = WireError::new(Code::AgentNotFound, "no agent `ag-1`");
        let line = r#"{"type":"error","code":"AGENT_NOT_FOUND","message":"no agent `ag-1`"}"#;
        assert_eq!(read(line), Ok(Line::Reply(Reply::Error(error))));
        assert_eq!(read(r#"{"ok":true}"#).unwrap_err().message, "a line without `type`");
        assert_eq!(read(r#"{"type":"x"}"#).unwrap_err().message, "unknown reply type `x`");
    }

    #[test]
    fn no_name_is_both_reply_and_stream_line() {
        for name in event::NAMES {
            assert!(!reply::NAMES.contains(name), "{name}");
        }
    }
}
