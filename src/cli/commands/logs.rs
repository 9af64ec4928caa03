//! `pintle logs`

use std::str::FromStr;

use clap_complete::ArgValueCandidates;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::plain::Plain;
use crate::cli::{complete, resolve};
use crate::client::{Client, ClientError};
use crate::protocol::limits::ANSWER_WAIT;
use crate::protocol::typed::reply::{AttachReady, LogsResult};
use crate::protocol::typed::{Line, Reply, Request, StreamLine, parse_line, parse_output, request};

/// Print what an agent has printed
///
/// As text, without the sequences that move the cursor; colours stay on a terminal. Of a program that draws its whole
/// screen that gives fragments: `pintle capture` shows the screen. An agent that was killed keeps its output for ten
/// minutes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The agent: id, beginning of an id, or name
    #[arg(add = ArgValueCandidates::new(complete::agents))]
    agent: String,
    /// Go on with what it prints, until it ends
    #[arg(long, short)]
    follow: bool,
    /// How much of the past, in bytes, or `all` that is kept
    #[arg(long, short = 'n', value_name = "BYTES", default_value = "8192")]
    tail: Tail,
    /// The bytes as they are
    #[arg(long, conflicts_with = "plain")]
    raw: bool,
    /// Without colours, on a terminal too
    #[arg(long)]
    plain: bool,
}

/// A number of bytes, or everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tail(u64);

impl Tail {
    const ALL: Self = Self(u64::MAX);
}

impl FromStr for Tail {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::ALL),
            number => number.parse().map(Self).map_err(|_| "it takes a number of bytes, or `all`".to_owned()),
        }
    }
}

/// Prints what an agent has printed.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let agent_id = resolve::agent(context, &mut client, &args.agent)?.id;
    let mut printer = Printer::new(context, args);
    if args.follow {
        follow(client, &agent_id, args.tail, &mut printer)?;
        return Ok(Exit::Done);
    }
    let answer: LogsResult = client.ask(request::Logs { agent_id, tail: args.tail.0 })?;
    if context.output.is_json() {
        context.output.answer(&answer, |_| String::new())?;
    } else {
        let cut = answer.data.0.len() as u64 == args.tail.0;
        printer.print(&answer.data.0, cut)?;
    }
    Ok(Exit::Done)
}

/// Attaches twice on one connection: once to learn how many bytes there were, once to go on from there. `logs` does not
/// say where its bytes end, so that what comes between it and an attach would be lost.
fn follow(mut client: Client, agent_id: &str, tail: Tail, printer: &mut Printer<'_>) -> anyhow::Result<()> {
    let attach = request::Attach { agent_id: agent_id.to_owned(), replay: request::Replay::None, ..Default::default() };
    let ready = begin(&mut client, &attach)?;
    let from = (tail != Tail::ALL).then(|| ready.offset.saturating_sub(tail.0));
    let ready = begin(&mut client, &request::Attach { replay: request::Replay::All, from, ..attach })?;
    let mut cut = ready.offset > 0;
    let mut bytes = Vec::new();
    while let Some(line) = client.next_line()? {
        printer.json_line(&line)?;
        bytes.clear();
        if parse_output(&line, &mut bytes).is_some() {
            printer.print(&bytes, std::mem::take(&mut cut))?;
            continue;
        }
        match parse_line(&line) {
            Ok(Line::Stream(StreamLine::Exited(_))) => return Ok(()),
            Ok(Line::Stream(StreamLine::Lagged(lagged))) => {
                eprintln!("pintle: {} bytes are missing here", lagged.skipped_bytes.unwrap_or_default());
            }
            Ok(Line::Reply(Reply::Error(error))) => return Err(ClientError::from(error).into()),
            _ => {}
        }
    }
    Err(ClientError::Lost { request: "attach".to_owned() }.into())
}

/// Sends `attach` and reads on to its answer, past what is left of an earlier stream.
fn begin(client: &mut Client, attach: &request::Attach) -> Result<AttachReady, ClientError> {
    let request = serde_json::to_value(Request::from(attach.clone()));
    let request = request.map_err(|error| ClientError::Strange(error.to_string()))?;
    let mut line = Some(client.call_raw(&request, ANSWER_WAIT)?);
    while let Some(answer) = line {
        match parse_line(&answer) {
            Ok(Line::Reply(Reply::AttachReady(ready))) => return Ok(ready),
            Ok(Line::Reply(Reply::Error(error))) => return Err(error.into()),
            _ => line = client.next_line()?,
        }
    }
    Err(ClientError::Lost { request: "attach".to_owned() })
}

/// Prints bytes in the form that was asked for.
struct Printer<'a> {
    context: &'a Context,
    plain: Option<Plain>,
}

impl<'a> Printer<'a> {
    fn new(context: &'a Context, args: &Args) -> Self {
        let colors = context.output.paint().is_on() && !args.plain;
        Self { context, plain: (!args.raw).then(|| Plain::new(colors)) }
    }

    /// `cut`: there was more before. Text then begins with a whole line, since a sequence may be cut too.
    fn print(&mut self, bytes: &[u8], cut: bool) -> std::io::Result<()> {
        let output = &self.context.output;
        match &mut self.plain {
            _ if output.is_json() => Ok(()),
            None => output.bytes(bytes),
            Some(plain) => output.bytes(plain.take(if cut { from_first_line(bytes) } else { bytes }).as_bytes()),
        }
    }

    fn json_line(&self, line: &[u8]) -> std::io::Result<()> {
        match self.context.output.is_json() {
            true => self.context.output.bytes(&[line, b"\n"].concat()),
            false => Ok(()),
        }
    }
}

fn from_first_line(bytes: &[u8]) -> &[u8] {
    match memchr::memchr(b'\n', bytes) {
        Some(newline) if newline + 1 < bytes.len() => &bytes[newline + 1..],
        _ => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails() {
        assert_eq!("all".parse(), Ok(Tail::ALL));
        assert_eq!("0".parse(), Ok(Tail(0)));
        assert!("-1".parse::<Tail>().is_err());
        assert!("10k".parse::<Tail>().is_err());
    }

    #[test]
    fn a_cut_text_begins_with_a_line() {
        assert_eq!(from_first_line(b"2m rest\nwhole\n"), b"whole\n");
        assert_eq!(from_first_line(b"no newline"), b"no newline");
        assert_eq!(from_first_line(b"one line\n"), b"one line\n");
    }
}
