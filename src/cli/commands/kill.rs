//! `pintle kill`

use std::thread;

use clap_complete::ArgValueCandidates;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::{complete, failure, resolve};
use crate::client::ClientError;
use crate::protocol::typed::reply::KillResult;
use crate::protocol::typed::request::{self, KillTarget};

/// Agents killed at the same moment when several are named, each on a connection of its own.
const AT_ONCE: usize = 16;

/// End agents, and all that they have started
///
/// SIGTERM first, and after five seconds SIGKILL for what is left. Their last output stays readable for ten minutes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The agents: ids, beginnings of ids, or names
    #[arg(value_name = "AGENT", required_unless_present = "all", add = ArgValueCandidates::new(complete::agents))]
    agents: Vec<String>,
    /// All agents of the project, but for the one that says so
    #[arg(long, conflicts_with = "agents")]
    all: bool,
    /// With --all: spare this one
    #[arg(long, value_name = "AGENT", requires = "all", add = ArgValueCandidates::new(complete::agents))]
    exclude: Vec<String>,
}

/// Ends agents.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let project_root = context.project_root()?;
    let resolve = |client: &mut _, words: &[String]| -> anyhow::Result<Vec<String>> {
        words.iter().map(|word| Ok(resolve::agent(context, client, word)?.id)).collect()
    };
    if args.all {
        let mut exclude = resolve(&mut client, &args.exclude)?;
        // An agent that tidies up would otherwise not live to see the answer.
        exclude.extend(std::env::var("PINTLE_AGENT_ID").ok().filter(|id| !id.is_empty()));
        let target = KillTarget::All { include_root: true };
        let answer = client.ask(request::Kill { project_root, target, exclude })?;
        context.output.answer(&answer, words)?;
        return Ok(Exit::Done);
    }
    // All are looked up before the first one is touched: a slip in the third name must not cost the first two.
    let mut ids = resolve(&mut client, &args.agents)?;
    ids.sort();
    ids.dedup();
    let mut exit = Exit::Done;
    for some in ids.chunks(AT_ONCE) {
        for answer in kill_together(context, &project_root, some) {
            match answer {
                Ok(answer) => context.output.answer(&answer, words)?,
                Err(error) => exit = failure::report(&error.into(), context.output.is_json(), context.color),
            }
        }
    }
    Ok(exit)
}

/// At the same time, since each may take five seconds. Not one request for all but the others: that would also end an
/// agent that is spawned meanwhile.
fn kill_together(context: &Context, project_root: &str, ids: &[String]) -> Vec<Result<KillResult, ClientError>> {
    let kill = |id: &String| {
        let (project_root, target) = (project_root.to_owned(), KillTarget::Agent { id: id.clone() });
        context.client().ask(request::Kill { project_root, target, exclude: Vec::new() })
    };
    let died = || Err(ClientError::Strange("the thread that asked has died".to_owned()));
    thread::scope(|scope| {
        let threads: Vec<_> = ids.iter().map(|id| scope.spawn(move || kill(id))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| died())).collect()
    })
}

fn words(answer: &KillResult) -> String {
    let killed = answer.killed.iter().map(|id| match answer.exit_codes.get(id) {
        Some(Some(code)) => format!("{id} ended with code {code}\n"),
        _ => format!("{id} is gone\n"),
    });
    let skipped = answer.skipped.iter().map(|id| format!("{id} was spared\n"));
    let text: String = killed.chain(skipped).collect();
    if text.is_empty() { "no agents".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_became_of_each() {
        let answer = KillResult {
            killed: vec!["ag-1".into(), "ag-2".into()],
            exit_codes: [("ag-1".into(), Some(143)), ("ag-2".into(), None)].into(),
            skipped: vec!["ag-3".into()],
        };
        assert_eq!(words(&answer), "ag-1 ended with code 143\nag-2 is gone\nag-3 was spared\n");
        assert_eq!(words(&KillResult::default()), "no agents");
    }
}
