//! `pintle capture`

use clap_complete::ArgValueCandidates;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::{complete, resolve};
use crate::protocol::typed::request;

/// Print an agent's screen as it is now
///
/// Lines are counted from 0 at the top of the screen, or backwards from the end, where -1 is the last line that is not
/// blank.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The agent: id, beginning of an id, or name
    #[arg(add = ArgValueCandidates::new(complete::agents))]
    agent: String,
    /// With colours, as escape sequences
    #[arg(long)]
    ansi: bool,
    /// The first line to print
    #[arg(long, short, value_name = "LINE", allow_negative_numbers = true)]
    start: Option<i64>,
    /// The last line to print
    #[arg(long, short, value_name = "LINE", allow_negative_numbers = true)]
    end: Option<i64>,
}

/// Prints an agent's screen.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let agent_id = resolve::agent_or_killed(context, &mut client, &args.agent)?.id;
    let answer = client.ask(request::Capture { agent_id, start: args.start, end: args.end, ansi: args.ansi })?;
    context.output.answer(&answer, |answer| answer.content.clone())?;
    Ok(Exit::Done)
}
