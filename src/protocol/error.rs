//! The one error of the wire, and its three renderings.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::encode::encode;

/// Why a request was refused. The list is the contract: a client branches on it, people read the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The line was not understood.
    ParseError,
    /// No agent has this id.
    AgentNotFound,
    /// No worktree has this id.
    WorktreeNotFound,
    /// A template, definition, schedule, trigger, pane or extension that does not exist.
    NotFound,
    /// The project has no manifest.
    NotInitialized,
    /// A value is refused: an unknown word, a bad name, a number out of range.
    InvalidArgument,
    /// Not possible now.
    InvalidState,
    /// A config or definition file does not parse or validate.
    ConfigError,
    /// The file system failed.
    IoError,
    /// An agent or worktree could not be made.
    SpawnFailed,
    /// tmux is missing, not running, too old, or refused a command.
    TmuxError,
    /// git refused.
    GitError,
    /// An extension asked for what its manifest does not grant.
    PermissionDenied,
    /// No place for another connection.
    Busy,
    /// Something took longer than its limit.
    Timeout,
    /// Text could not be delivered to an agent.
    DeliveryFailed,
    /// A bug. Also what a client makes of a code it does not know: a newer daemon's word is not worth losing
    /// its message over.
    #[serde(other)]
    InternalError,
}

impl Code {
    /// Every code, in the order of the protocol document.
    pub const ALL: [Self; 17] = [
        Self::ParseError,
        Self::AgentNotFound,
        Self::WorktreeNotFound,
        Self::NotFound,
        Self::NotInitialized,
        Self::InvalidArgument,
        Self::InvalidState,
        Self::ConfigError,
        Self::IoError,
        Self::SpawnFailed,
        Self::TmuxError,
        Self::GitError,
        Self::PermissionDenied,
        Self::Busy,
        Self::Timeout,
        Self::DeliveryFailed,
        Self::InternalError,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ParseError => "PARSE_ERROR",
            Self::AgentNotFound => "AGENT_NOT_FOUND",
            Self::WorktreeNotFound => "WORKTREE_NOT_FOUND",
            Self::NotFound => "NOT_FOUND",
            Self::NotInitialized => "NOT_INITIALIZED",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::InvalidState => "INVALID_STATE",
            Self::ConfigError => "CONFIG_ERROR",
            Self::IoError => "IO_ERROR",
            Self::SpawnFailed => "SPAWN_FAILED",
            Self::TmuxError => "TMUX_ERROR",
            Self::GitError => "GIT_ERROR",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::Busy => "BUSY",
            Self::Timeout => "TIMEOUT",
            Self::DeliveryFailed => "DELIVERY_FAILED",
            Self::InternalError => "INTERNAL_ERROR",
        }
    }
}

/// In which shape an error goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `{"type":"error","code","message"}`.
    Typed,
    /// `{"ok":false,"error","code"}`.
    Cmd,
    /// Both at once, for when the sender's dialect cannot be known: no request was read, or it was no JSON.
    Either,
}

/// An error as a client sees it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct WireError {
    /// What a program branches on.
    pub code: Code,
    /// What a person reads: lower case, with the name or path in question.
    pub message: String,
    /// What to do about it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Somebody else has what is asked for already (`register_prefix`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub conflict: bool,
}

impl WireError {
    /// An error without a hint.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, conflict: false }
    }

    /// The same error with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error, as one of two who want the same.
    #[must_use]
    pub fn conflicting(mut self) -> Self {
        self.conflict = true;
        self
    }

    /// A `PARSE_ERROR`.
    pub fn parse(message: impl Into<String>) -> Self {
        Self::new(Code::ParseError, message)
    }

    /// The answer to a line over [`LINE_MAX`](super::limits::LINE_MAX), after which the connection closes.
    pub fn too_long() -> Self {
        Self::parse("request is larger than 1 MiB")
    }

    /// The one line that a connection gets for which there is no place. Send it with [`Dialect::Either`].
    pub fn busy() -> Self {
        Self::new(Code::Busy, "too many connections: every one of them is in use")
            .with_hint("close one that is no longer needed, or try again")
    }

    /// Appends the error's line, newline included, in the shape of a dialect.
    pub fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) {
        let code = self.code.as_str();
        let message = &self.message;
        let mut line = match dialect {
            Dialect::Typed => json!({"type": "error", "code": code, "message": message}),
            Dialect::Cmd => json!({"ok": false, "error": message, "code": code}),
            Dialect::Either => {
                json!({"type": "error", "code": code, "message": message, "ok": false, "error": message})
            }
        };
        if let Some(hint) = &self.hint {
            line["hint"] = json!(hint);
        }
        if self.conflict {
            line["conflict"] = json!(true);
        }
        encode(&line, out);
    }
}

/// Cuts text that came from outside before it is repeated in a message: an error must not be a megabyte because
/// the request was.
pub(super) fn shorten(text: &str) -> Cow<'_, str> {
    const MOST: usize = 200;
    if text.len() <= MOST {
        return Cow::Borrowed(text);
    }
    // Not the first 200 bytes: those may end inside a character.
    let whole = |end: &usize| text.is_char_boundary(*end);
    let end = (0..=MOST).rev().find(whole).unwrap_or(0);
    Cow::Owned(format!("{}…", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(dialect: Dialect, hint: Option<&str>, expected: &str) {
        let mut error = WireError::new(Code::AgentNotFound, "no agent `ag-1`");
        error.hint = hint.map(str::to_owned);
        let mut out = Vec::new();
        error.encode(dialect, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), format!("{expected}\n"), "{dialect:?}");
    }

    #[test]
    fn renders_in_each_dialect() {
        let typed = r#"{"type":"error","code":"AGENT_NOT_FOUND","message":"no agent `ag-1`"}"#;
        check(Dialect::Typed, None, typed);
        let cmd = r#"{"ok":false,"error":"no agent `ag-1`","code":"AGENT_NOT_FOUND"}"#;
        check(Dialect::Cmd, None, cmd);
        let hinted = r#"{"ok":false,"error":"no agent `ag-1`","code":"AGENT_NOT_FOUND","hint":"h"}"#;
        check(Dialect::Cmd, Some("h"), hinted);
    }

    #[test]
    fn busy_reads_as_an_error_in_both_dialects() {
        let mut line = Vec::new();
        WireError::busy().encode(Dialect::Either, &mut line);
        let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(value["type"], "error");
        assert_eq!(value["code"], "BUSY");
        assert_eq!(value["ok"], false);
        assert_eq!(value["message"], value["error"]);
    }

    #[test]
    fn as_str_is_what_serde_writes() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert_eq!(serde_json::from_value::<Code>(json!(code.as_str())).unwrap(), code);
        }
        assert_eq!(serde_json::from_value::<Code>(json!("LATER")).unwrap(), Code::InternalError);
    }

    #[test]
    fn shortening_keeps_characters_whole() {
        assert_eq!(shorten("short"), "short");
        let cut = shorten(&"é".repeat(300)).into_owned();
        assert_eq!(cut, "é".repeat(100) + "…");
        let odd = shorten(&("x".to_owned() + &"é".repeat(300))).into_owned();
        assert_eq!(odd.chars().count(), 1 + 99 + 1);
    }
}
