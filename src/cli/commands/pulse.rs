//! `pintle pulse`

use crate::cli::agents::word;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::output::{one_line, short_time};
use crate::cli::style::{Paint, activity as activity_style};
use crate::cli::table::{Cell, Column, render};
use crate::protocol::typed::reply::{AgentPulse, PulseReport, WorktreePulse};
use crate::protocol::typed::request::Pulse;

/// Show the project at a glance: its worktrees, how much has changed in each, and what the agents in them do
///
/// CHANGES counts files, and lines that are new and gone, since the worktree left its base; files that git does not know yet count as if they
/// had been added; `unknown` is told below. TIME is how long a worktree has been there and an agent has run.
#[derive(Debug, clap::Args)]
pub struct Args {}

const COLUMNS: [Column; 6] = [
    Column::yielding("NAME", 16),
    Column::fixed("STATUS"),
    Column::yielding("CHANGES", 20),
    Column::fixed("TIME"),
    Column::fixed("IDLE"),
    Column::yielding("PROMPT", 10),
];

/// Shows it.
pub fn run(context: &Context, _: &Args) -> anyhow::Result<Exit> {
    let report: PulseReport = context.client().ask(Pulse { project_root: context.project_root()? })?;
    context.output.answer(&report, |report| table(report, context.output.columns(), context.output.paint()))?;
    Ok(Exit::Done)
}

fn table(report: &PulseReport, width: Option<u16>, paint: Paint) -> String {
    let mut rows: Vec<Vec<Cell>> = report.root_agents.iter().map(|agent| of_agent(agent, "")).collect();
    for worktree in &report.worktrees {
        rows.push(of_worktree(worktree));
        rows.extend(worktree.agents.iter().map(|agent| of_agent(agent, "  ")));
    }
    if rows.is_empty() {
        return "no agents and no worktrees; `pintle spawn` starts one".to_owned();
    }
    // A sentence in a row would make it wider than a terminal, and shortened it would say nothing.
    let told = report.worktrees.iter().filter_map(|worktree| {
        let error = worktree.diff_error.as_deref()?;
        Some(format!("\n{}: {}", one_line(&worktree.worktree_name), one_line(error)))
    });
    let told: Vec<String> = told.collect();
    render(&COLUMNS, &rows, width, paint) + &told.concat()
}

fn of_worktree(worktree: &WorktreePulse) -> Vec<Cell> {
    let changes = match &worktree.diff_error {
        Some(_) => Cell::styled("unknown", owo_colors::Style::new().red()),
        None => changes(worktree).into(),
    };
    let name = format!("{}/", one_line(&worktree.worktree_name));
    vec![name.into(), "".into(), changes, short_time(worktree.elapsed_seconds).into(), "".into(), "".into()]
}

fn changes(worktree: &WorktreePulse) -> String {
    let files = worktree.files_changed;
    match files {
        0 => "none".to_owned(),
        _ => {
            let plural = if files == 1 { "" } else { "s" };
            format!("{files} file{plural} +{} -{}", worktree.insertions, worktree.deletions)
        }
    }
}

fn of_agent(agent: &AgentPulse, indent: &str) -> Vec<Cell> {
    vec![
        format!("{indent}{}", one_line(&agent.name)).into(),
        Cell::styled(word(agent.activity), activity_style(agent.activity)),
        "".into(),
        short_time(agent.runtime_seconds).into(),
        agent.idle_seconds.map(short_time).unwrap_or_default().into(),
        one_line(agent.prompt_snippet.as_deref().unwrap_or_default()).into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::style::Choice;
    use crate::protocol::typed::reply::{Activity, Status};

    fn agent(name: &str, activity: Activity) -> AgentPulse {
        AgentPulse {
            id: "ag-1".to_owned(),
            name: name.to_owned(),
            agent_type: "claude".to_owned(),
            status: Status::Waiting,
            activity,
            exit_code: None,
            runtime_seconds: 4000,
            idle_seconds: Some(5),
            prompt_snippet: Some("Fix the race in the registry,\nthen write a test for it and run it".to_owned()),
        }
    }

    #[test]
    fn fits_eighty_columns() {
        let worktree = WorktreePulse {
            worktree_name: "fix-the-login-form".to_owned(),
            elapsed_seconds: 90_000,
            agents: vec![agent("quiet-rudder", Activity::Blocked), agent("b", Activity::Working)],
            files_changed: 12,
            insertions: 3456,
            deletions: 789,
            ..WorktreePulse::default()
        };
        let broken = WorktreePulse {
            worktree_name: "gone".to_owned(),
            diff_error: Some("/p/.pintle/worktrees/wt-1: the folder of the worktree is gone".to_owned()),
            ..WorktreePulse::default()
        };
        let report = PulseReport { worktrees: vec![worktree, broken], root_agents: vec![agent("a", Activity::Idle)] };
        let paint = Paint::of(Choice::Never, &std::io::stdout());
        insta::assert_snapshot!(table(&report, Some(80), paint), @r"
        NAME                STATUS   CHANGES              TIME  IDLE  PROMPT
        a                   idle                          1h    5s    Fix the race in t…
        fix-the-login-for…           12 files +3456 -789  1d
          quiet-rudder      blocked                       1h    5s    Fix the race in t…
          b                 working                       1h    5s    Fix the race in t…
        gone/                        unknown              0s

        gone: /p/.pintle/worktrees/wt-1: the folder of the worktree is gone
        ");
    }
}
