//! `pintle explain`

use clap_complete::ArgValueCandidates;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::output::one_line;
use crate::cli::style::{Paint, activity};
use crate::cli::{agents, complete, resolve};
use crate::protocol::typed::reply::ExplainResult;
use crate::protocol::typed::request;

/// Tell why an agent has the status it has
///
/// Prints the reason, and under it everything that was looked at to find it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The agent: id, beginning of an id, or name
    #[arg(add = ArgValueCandidates::new(complete::agents))]
    agent: String,
}

/// Explains an agent's status.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let agent_id = resolve::agent_or_killed(context, &mut client, &args.agent)?.id;
    let answer = client.ask(request::Explain { agent_id })?;
    context.output.answer(&answer, |answer| words(answer, context.output.paint()))?;
    Ok(Exit::Done)
}

fn words(answer: &ExplainResult, paint: Paint) -> String {
    let is = paint.with(agents::word(answer.activity), activity(answer.activity));
    let head = format!("{} is {is} ({}): {}\n", answer.agent_id, agents::status_word(answer.status), answer.because);
    let width = answer.facts.iter().map(|fact| fact.name.chars().count()).max().unwrap_or(0);
    let facts = answer.facts.iter().map(|fact| {
        let name = format!("{:width$}", fact.name);
        format!("  {}  {}\n", paint.dim(&name), one_line(&fact.value))
    });
    std::iter::once(head).chain(facts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::style::Choice;
    use crate::protocol::typed::reply::{Activity, Fact, Status};

    #[test]
    fn facts_stand_in_columns() {
        let fact = |name: &str, value: &str| Fact { name: name.into(), value: value.into() };
        let answer = ExplainResult {
            agent_id: "ag-1".into(),
            status: Status::Waiting,
            activity: Activity::Idle,
            because: "its shell waits".into(),
            facts: vec![fact("foreground", "sh\n"), fact("bell", "no")],
        };
        let text = words(&answer, Paint::of(Choice::Never, &std::io::stdout()));
        assert_eq!(text, "ag-1 is idle (waiting): its shell waits\n  foreground  sh\n  bell        no\n");
    }
}
