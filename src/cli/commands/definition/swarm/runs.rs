//! `pintle swarm runs`

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::output::{one_line, short_time};
use crate::cli::style::Paint;
use crate::cli::table::{Column, render};
use crate::protocol::typed::reply::StatusReport;
use crate::protocol::typed::request::Status;

/// What is left of a run: what `undo` would end and remove.
#[derive(Debug)]
pub struct SwarmRun {
    /// `run-` and more.
    pub run_id: String,
    /// When the first of it was made.
    pub started_at: Timestamp,
    /// Its worktrees, by name.
    pub worktrees: Vec<String>,
    /// Its agents, by name.
    pub agents: Vec<String>,
}

const COLUMNS: [Column; 5] = [
    Column::fixed("RUN"),
    Column::fixed("AGE"),
    Column::fixed("AGENTS"),
    Column::yielding("WORKTREES", 12),
    Column::yielding("NAMES", 12),
];

/// Lists the runs, the newest last.
pub fn run(context: &Context) -> anyhow::Result<Exit> {
    let project_root = context.project_root()?;
    let report = context.client().ask(Status { project_root, agent_id: None })?;
    let (columns, paint) = (context.output.columns(), context.output.paint());
    context.output.answer(&report, |report| table(&of(report), context.clock.now(), columns, paint))?;
    Ok(Exit::Done)
}

/// The runs of which anything is left, the oldest first.
pub fn of(report: &StatusReport) -> Vec<SwarmRun> {
    let worktrees = report.worktrees.iter().map(|it| (&it.swarm_run, it.created_at, Some(&it.name), None));
    let agents = report.agents.iter().map(|it| (&it.swarm_run, it.started_at, None, Some(&it.name)));
    let mut runs: BTreeMap<&str, SwarmRun> = BTreeMap::new();
    for (run_id, at, worktree, agent) in worktrees.chain(agents) {
        let Some(run_id) = run_id else { continue };
        let new = || SwarmRun { run_id: run_id.clone(), started_at: at, worktrees: Vec::new(), agents: Vec::new() };
        let run = runs.entry(run_id).or_insert_with(new);
        run.started_at = run.started_at.min(at);
        run.worktrees.extend(worktree.cloned());
        run.agents.extend(agent.cloned());
    }
    let mut runs: Vec<SwarmRun> = runs.into_values().collect();
    runs.sort_by(|a, b| (a.started_at, &a.run_id).cmp(&(b.started_at, &b.run_id)));
    runs
}

fn table(runs: &[SwarmRun], now: Timestamp, width: Option<u16>, paint: Paint) -> String {
    if runs.is_empty() {
        return "nothing is left of any run; `pintle swarm run NAME` starts a swarm".to_owned();
    }
    let names = |names: &[String]| one_line(&names.join(" "));
    let row = |run: &SwarmRun| {
        let age = u64::try_from(now.duration_since(run.started_at).as_secs()).unwrap_or(0);
        vec![
            run.run_id.as_str().into(),
            short_time(age).into(),
            run.agents.len().to_string().into(),
            names(&run.worktrees).into(),
            names(&run.agents).into(),
        ]
    };
    render(&COLUMNS, &runs.iter().map(row).collect::<Vec<_>>(), width, paint)
}
