//! The daemon's answer: one connection, one line each way.

use std::time::Duration;

use super::{Here, Words};
use crate::cli::hot;
use crate::protocol::Code;
use crate::protocol::cmd::reply::ApplyPrefixes;
use crate::protocol::cmd::request::{self, Command, Request};
use crate::protocol::cmd::{Reply, parse_reply};
use crate::protocol::limits::LINE_MAX;

/// A daemon that takes longer is not to be waited for: the files say the same.
const LIMIT: Duration = Duration::from_secs(3);

/// What came of asking.
pub enum Answer {
    /// This.
    Resolved(Box<ApplyPrefixes>),
    /// It says why not.
    Refused(String),
    /// No daemon answers, or the words are too many for it.
    Nobody,
}

pub fn apply_prefixes(here: &Here, words: &Words<'_>) -> Answer {
    let request = request::ApplyPrefixes {
        command: Command::Argv(words.text.clone()),
        args: Vec::new(),
        context: here.context.clone(),
    };
    let Some(line) = hot::exchange(&here.places, &Request::from(request), LIMIT, LINE_MAX) else {
        return Answer::Nobody;
    };
    match parse_reply(&line) {
        Ok(Reply::ApplyPrefixes(answer)) if !answer.command.is_empty() => Answer::Resolved(Box::new(answer)),
        // An older daemon, or something that is none.
        Ok(_) => Answer::Nobody,
        Err(error) if matches!(error.code, Code::ParseError | Code::Busy | Code::InternalError) => Answer::Nobody,
        Err(error) => Answer::Refused(error.message),
    }
}
