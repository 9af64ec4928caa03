//! `pintle health`

use std::time::Duration;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::output::visible;
use crate::protocol::cmd::uptime;
use crate::protocol::typed::reply::HealthReport;
use crate::protocol::typed::request;

/// Say how the daemon is, and start it if it is not there
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Asks after the daemon's health.
pub fn run(context: &Context, _: &Args) -> anyhow::Result<Exit> {
    let answer = context.client().ask(request::Health {})?;
    context.output.answer(&answer, words)?;
    Ok(Exit::Done)
}

/// For `daemon status` too.
pub fn words(answer: &HealthReport) -> String {
    let up = uptime(Duration::from_secs(answer.uptime_seconds));
    let agents = match answer.agent_count {
        1 => "1 agent".to_owned(),
        count => format!("{count} agents"),
    };
    let head =
        format!("the daemon is well: pid {}, up {up}, {agents}, protocol {}\n", answer.pid, answer.protocol_version);
    let projects = answer.projects.iter().map(|root| format!("  project {}\n", visible(root)));
    std::iter::once(head).chain(projects).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_words() {
        let answer = HealthReport {
            pid: 7,
            uptime_seconds: 61,
            protocol_version: 4,
            projects: vec!["/p\nq".into()],
            agent_count: 1,
        };
        assert_eq!(words(&answer), "the daemon is well: pid 7, up 1m 1s, 1 agent, protocol 4\n  project /p\\nq\n");
    }
}
