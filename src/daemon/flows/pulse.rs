//! `pulse`: a project at a glance, what its agents do and how much they have changed.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::diff::{active, spec};
use crate::daemon::convert;
use crate::daemon::services::Services;
use crate::project::diff::DiffError;
use crate::project::manifest::{AgentEntry, WorktreeEntry};
use crate::project::pulse::Pulse;
use crate::protocol::WireError;
use crate::protocol::typed::reply::{AgentPulse, PulseReport, WorktreePulse};
use crate::protocol::typed::request;

/// Looks at all active worktrees and all agents.
pub async fn pulse(services: &Services, request: request::Pulse) -> Result<PulseReport, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let worktrees = active(&project.store.read());
    let pulses = services.comparisons.pulses(worktrees.iter().map(spec).collect(), &services.clock).await?;
    let mut pulses: BTreeMap<String, _> = worktrees.into_iter().map(|entry| entry.id).zip(pulses).collect();
    // Agents are looked at last: what they do changes faster than what they have changed.
    let (manifest, now) = (project.store.read(), services.clock.now());
    let agents = |of: &BTreeMap<String, AgentEntry>, worktree: Option<&str>| agents(services, of, worktree, now);
    let worktrees = active(&manifest).into_iter().filter_map(|entry| {
        let pulse = pulses.remove(&entry.id)?;
        let agents = agents(&entry.agents, Some(&entry.id));
        Some(worktree(entry, agents, pulse, now))
    });
    Ok(PulseReport { worktrees: worktrees.collect(), root_agents: agents(&manifest.agents, None) })
}

fn agents(
    services: &Services,
    of: &BTreeMap<String, AgentEntry>,
    worktree: Option<&str>,
    now: Timestamp,
) -> Vec<AgentPulse> {
    let mut entries: Vec<&AgentEntry> = of.values().filter(|entry| !services.is_leaving(&entry.id)).collect();
    entries.sort_by(|a, b| (a.started_at, &a.id).cmp(&(b.started_at, &b.id)));
    entries.into_iter().map(|entry| convert::agent_pulse(services, entry, worktree, now)).collect()
}

fn worktree(
    entry: WorktreeEntry,
    agents: Vec<AgentPulse>,
    pulse: Result<Pulse, DiffError>,
    now: Timestamp,
) -> WorktreePulse {
    let (Pulse { counts, untracked }, diff_error) = match pulse {
        Ok(pulse) => (pulse, None),
        Err(error) => (Pulse::default(), Some(error.to_string())),
    };
    WorktreePulse {
        worktree_id: entry.id,
        worktree_name: entry.name,
        branch: entry.branch,
        elapsed_seconds: convert::seconds_between(entry.created_at, now),
        agents,
        files_changed: counts.files,
        insertions: counts.insertions,
        deletions: counts.deletions,
        untracked,
        diff_error,
    }
}
