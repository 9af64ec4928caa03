//! `pintle logs`

mod follow;
mod printer;

use std::str::FromStr;

use clap_complete::ArgValueCandidates;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::{complete, resolve};
use crate::protocol::typed::reply::LogsResult;
use crate::protocol::typed::request;
use printer::Printer;

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
    /// Go on with what it prints, until it ends, whatever becomes of the daemon meanwhile
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
    let agent_id = resolve::agent_or_killed(context, &mut client, &args.agent)?.id;
    let mut printer = Printer::new(&context.output, args.raw, args.plain);
    if args.follow {
        follow::follow(context, &agent_id, args.tail, &mut printer)?;
        return Ok(Exit::Done);
    }
    let answer: LogsResult = client.ask(request::Logs { agent_id, tail: args.tail.0 })?;
    let cut = answer.data.0.len() as u64 == args.tail.0;
    match context.output.is_json() {
        true => context.output.answer(&answer, |_| String::new())?,
        false => printer.print(&answer.data.0, cut)?,
    }
    Ok(Exit::Done)
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
}
