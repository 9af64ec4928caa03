//! `pintle wait`

use std::time::Duration;

use clap::{ArgGroup, ValueEnum};
use clap_complete::ArgValueCandidates;

use crate::cli::commands::resume;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Usage;
use crate::cli::{complete, resolve};
use crate::client::ClientError;
use crate::protocol::typed::reply::{Status, WaitResult};
use crate::protocol::typed::request;

/// The longest wait that is asked for at once. A wait without end is asked for again and again.
const AT_ONCE: Duration = Duration::from_secs(3600);

/// What clap makes of it itself puts the agent last.
const USAGE: &str = "\
pintle wait [OPTIONS] <AGENT> --until <WHAT>
       pintle wait [OPTIONS] <AGENT> --match <REGEX>";

const EXAMPLES: &str = "\
Examples:
  pintle wait worker --until idle && pintle send worker \"next: the docs\"
  pintle wait build --until exit --exit-code && deploy";

/// Wait for something to happen to an agent
///
/// Ends with 0 when it has happened and with 5 when time is up. It waits on when the daemon is restarted.
#[derive(Debug, clap::Args)]
#[command(override_usage = USAGE, after_help = EXAMPLES)]
#[command(group = ArgGroup::new("what").args(["until", "pattern"]).required(true))]
pub struct Args {
    /// The agent: id, beginning of an id, or name
    #[arg(add = ArgValueCandidates::new(complete::agents))]
    agent: String,
    /// Until it has ended, waits for the next thing to do, or wants an answer
    #[arg(long, value_name = "WHAT")]
    until: Option<Until>,
    /// Until its screen shows something that fits a regular expression
    #[arg(long = "match", value_name = "REGEX")]
    pattern: Option<String>,
    /// Give up after so many seconds [default: never]
    #[arg(long, short, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// End as the agent did; with `--until exit`
    #[arg(long)]
    exit_code: bool,
}

/// What to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Until {
    /// It has ended.
    Exit,
    /// It waits for the next thing to do.
    Idle,
    /// It wants an answer.
    Blocked,
}

/// Waits for something to happen to an agent.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    if args.exit_code && args.until != Some(Until::Exit) {
        return Err(Usage::new("--exit-code needs --until exit: an agent that has not ended has no code").into());
    }
    let mut client = context.client();
    let agent = resolve::agent(context, &mut client, &args.agent)?;
    if agent.stopped {
        // Its process is there and may go on at any moment, so it is waited for; nobody is to wait for it and not know why.
        eprintln!("pintle: it is suspended; {}", resume::hint(&args.agent));
    }
    let agent_id = agent.id;
    let start = context.clock.instant();
    let answer = loop {
        let left = args.timeout.map(|timeout| timeout.saturating_sub(start.elapsed()));
        let now = left.unwrap_or(AT_ONCE).min(AT_ONCE);
        let request =
            request::Wait { agent_id: agent_id.clone(), until: until(args), timeout_seconds: now.as_secs_f64() };
        match client.ask(request) {
            Ok(answer) if answer.reached || left.is_some_and(|left| left <= AT_ONCE) => break answer,
            // It has ended as something else: what is waited for will not come any more.
            Ok(answer) if answer.status == Status::Broken || answer.suspended => break answer,
            // Twice lost in a row: a daemon that is being restarted while another restart comes.
            Ok(_) | Err(ClientError::Lost { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    };
    if !answer.reached && answer.status == Status::Broken {
        eprintln!("pintle: it has ended, so what is waited for will not come any more");
    }
    // What has happened is said by the exit code; a script has no use for words.
    if !answer.reached && answer.suspended {
        eprintln!("pintle: it is suspended, so what is waited for will not come; {}", resume::hint(&args.agent));
    }
    context.output.answer(&answer, |_| String::new())?;
    Ok(exit(&answer, args.exit_code))
}

fn until(args: &Args) -> request::Until {
    match (&args.pattern, args.until) {
        (Some(pattern), _) => request::Until::Match(pattern.clone()),
        (None, Some(Until::Idle)) => request::Until::Idle,
        (None, Some(Until::Blocked)) => request::Until::Blocked,
        (None, Some(Until::Exit) | None) => request::Until::Exit,
    }
}

fn exit(answer: &WaitResult, as_the_agent: bool) -> Exit {
    match (answer.reached, as_the_agent) {
        (false, _) if answer.status == Status::Broken || answer.suspended => Exit::Failed,
        (false, _) => Exit::TimedOut,
        (true, false) => Exit::Done,
        (true, true) => answer.exit_code.map_or(Exit::Failed, Exit::Code),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "it takes a number of seconds, like 10 or 0.5")?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "that is no time to wait".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_it_ends() {
        fn check(reached: bool, status: Status, exit_code: Option<i32>, as_the_agent: bool, expected: i32) {
            let suspended = status == Status::Waiting;
            let answer = WaitResult { agent_id: "ag-1".into(), reached, status, exit_code, suspended };
            assert_eq!(exit(&answer, as_the_agent).code(), expected);
        }
        check(true, Status::Broken, Some(3), false, 0);
        check(true, Status::Broken, Some(3), true, 3);
        check(true, Status::Broken, Some(0), true, 0);
        check(true, Status::Broken, None, true, 1);
        check(false, Status::Streaming, None, false, 5);
        check(false, Status::Streaming, None, true, 5);
        // It ended as something else: waiting longer is of no use.
        check(false, Status::Broken, Some(3), false, 1);
        // The same of one that rests.
        check(false, Status::Waiting, None, false, 1);
        check(false, Status::Waiting, None, true, 1);
    }

    #[test]
    fn times() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["", "x", "-1", "NaN", "1e300"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
