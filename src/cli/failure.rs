//! Errors, for people and for programs.

use std::io::{self, Write};

use clap::error::ErrorKind;
use serde_json::json;
use thiserror::Error;

use super::exit::Exit;
use super::style::{Choice, Paint};
use crate::client::ClientError;
use crate::protocol::{Code, WireError};

/// A command line that clap could not know to be wrong.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct Usage {
    message: String,
    hint: Option<String>,
}

impl Usage {
    /// Without a hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// An error taken apart.
struct Told<'a> {
    exit: Exit,
    code: &'a str,
    hint: Option<String>,
}

impl<'a> Told<'a> {
    fn of(error: &'a anyhow::Error) -> Self {
        if let Some(error) = error.downcast_ref::<ClientError>() {
            return Self { exit: error.into(), code: error.code(), hint: error.hint() };
        }
        if let Some(error) = error.downcast_ref::<WireError>() {
            return Self { exit: error.into(), code: error.code.as_str(), hint: error.hint.clone() };
        }
        if let Some(error) = error.downcast_ref::<Usage>() {
            return Self { exit: Exit::Usage, code: Code::InvalidArgument.as_str(), hint: error.hint.clone() };
        }
        Self { exit: Exit::Failed, code: Code::IoError.as_str(), hint: None }
    }
}

/// Says what went wrong and returns how to end.
pub fn report(error: &anyhow::Error, json: bool, color: Choice) -> Exit {
    // `pintle status | head -1`: the reader has seen enough, and nobody is there to be told.
    if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        return Exit::Done;
    }
    let told = Told::of(error);
    let message = message(error);
    say(&message, told.hint.as_deref(), color);
    if json {
        say_in_json(told.code, &message, told.hint.as_deref());
    }
    told.exit
}

/// The same on standard output, for a program that reads objects there.
fn say_in_json(code: &str, message: &str, hint: Option<&str>) {
    let mut line = json!({"type": "error", "code": code, "message": message});
    if let Some(hint) = hint {
        line["hint"] = hint.into();
    }
    let _ = writeln!(io::stdout(), "{line}");
}

/// The error and its causes, each said once: many a message has its cause in it already.
fn message(error: &anyhow::Error) -> String {
    let mut message = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if message.is_empty() {
            message = cause;
        } else if !message.contains(&cause) {
            message = format!("{message}: {cause}");
        }
    }
    message
}

/// `pintle: message`, and below it what to do about it.
fn say(message: &str, hint: Option<&str>, color: Choice) {
    let paint = Paint::of(color, &io::stderr());
    let mut text = format!("{} {message}\n", paint.error("pintle:"));
    if let Some(hint) = hint {
        text.push_str(&format!("  {} {hint}\n", paint.hint("hint:")));
    }
    // Nothing is left to be told to when standard error is closed.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Something that went wrong beside what was asked, which is done.
pub fn warn(message: &str, hint: &str, color: Choice) {
    say(message, Some(hint), color);
}

/// Something that will go wrong, or has no effect.
pub fn remark(message: &str, color: Choice) {
    let paint = Paint::of(color, &io::stderr());
    let _ = writeln!(io::stderr(), "{} {message}", paint.warning("warning:"));
}

/// Help, version, or a command line that is not understood, in clap's own words; the last with `json` as an object too.
pub fn clap(said: &clap::Error, json: bool) -> Exit {
    let _ = said.print();
    if said.exit_code() == 0 {
        return Exit::Done;
    }
    if json {
        let (message, hint) = in_short(said);
        say_in_json(Code::InvalidArgument.as_str(), &message, Some(&hint));
    }
    Exit::Usage
}

/// What clap says, without the usage and the blank lines around it: the error, and what to do about it.
fn in_short(said: &clap::Error) -> (String, String) {
    let text = said.render().to_string();
    // It would list them all here, or print the help, whose first words are no error.
    if matches!(said.kind(), ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand) {
        return ("a command is missing".to_owned(), "`--help` lists them".to_owned());
    }
    let head: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    let head = head.join(" ");
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    let hint = tip.unwrap_or("`--help` behind the command says what it takes");
    (head.strip_prefix("error: ").unwrap_or(&head).to_owned(), hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_keeps_code_and_hint() {
        let error = WireError::new(Code::AgentNotFound, "no agent `x`").with_hint("h");
        let error = anyhow::Error::from(ClientError::from(error)).context("looking");
        let told = Told::of(&error);
        assert_eq!((told.exit, told.code, told.hint.as_deref()), (Exit::NotFound, "AGENT_NOT_FOUND", Some("h")));
    }

    #[test]
    fn a_cause_is_said_once() {
        let source = io::Error::from(io::ErrorKind::NotFound);
        let error = anyhow::Error::from(ClientError::Unreachable { socket: "/s".into(), source });
        assert_eq!(message(&error), "no daemon answers at /s: entity not found");
        assert_eq!(message(&error.context("looking")), "looking: no daemon answers at /s: entity not found");
    }

    #[test]
    fn claps_words_in_short() {
        use clap::Parser;
        #[track_caller]
        fn check(words: &[&str], message: &str, hint: &str) {
            let said = crate::cli::args::Cli::try_parse_from([&["pintle"], words].concat()).unwrap_err();
            assert_eq!(in_short(&said), (message.to_owned(), hint.to_owned()), "{words:?}");
        }
        let help = "`--help` behind the command says what it takes";
        check(&["statu"], "unrecognized subcommand 'statu'", "a similar subcommand exists: 'status'");
        check(&["frob"], "unrecognized subcommand 'frob'", help);
        check(&["attach"], "the following required arguments were not provided: <AGENT>", help);
        check(&[], "a command is missing", "`--help` lists them");
        check(&["daemon"], "a command is missing", "`--help` lists them");
    }

    #[test]
    fn usage_and_others() {
        let error = anyhow::Error::from(Usage::new("no such key").with_hint("h"));
        assert_eq!(Told::of(&error).exit, Exit::Usage);
        assert_eq!(Told::of(&anyhow::anyhow!("x")).exit, Exit::Failed);
        let pipe = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(report(&pipe, false, Choice::Never), Exit::Done);
    }
}
