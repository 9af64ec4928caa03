//! Domain and file types as the wire shows them. The only place where the two meet.

use std::time::Duration;

use crate::agent::actor::Agent as Live;
use crate::agent::status::{Activity, Judgement, Status};
use crate::project::manifest::{AgentEntry, Manifest, WorktreeEntry};
use crate::protocol::typed::reply;

use super::services::Services;

/// A status on the wire.
pub fn status(status: Status) -> reply::Status {
    match status {
        Status::Streaming => reply::Status::Streaming,
        Status::Waiting => reply::Status::Waiting,
        Status::Broken => reply::Status::Broken,
    }
}

/// An activity on the wire.
pub fn activity(activity: Activity) -> reply::Activity {
    match activity {
        Activity::Starting => reply::Activity::Starting,
        Activity::Working => reply::Activity::Working,
        Activity::Blocked => reply::Activity::Blocked,
        Activity::Idle => reply::Activity::Idle,
        Activity::Stuck => reply::Activity::Stuck,
        Activity::Done => reply::Activity::Done,
        Activity::Failed => reply::Activity::Failed,
        Activity::Suspended => reply::Activity::Suspended,
    }
}

/// What is known of an agent from its entry and, while it has a terminal, from itself.
pub fn judgement(entry: &AgentEntry, live: Option<&Live>) -> Judgement {
    if let Some(live) = live.filter(|live| live.exit().is_none()) {
        return live.judgement();
    }
    let (status, activity, because) = match (entry.suspended, entry.exit_code) {
        (true, _) => {
            (Status::Waiting, Activity::Suspended, "it is suspended; `pintle resume` starts it again".to_owned())
        }
        (false, Some(0)) => (Status::Broken, Activity::Done, "it ended with code 0".to_owned()),
        (false, Some(code)) => (Status::Broken, Activity::Failed, ended(code)),
        (false, None) => {
            (Status::Broken, Activity::Failed, "its process is gone and nobody saw how it ended".to_owned())
        }
    };
    Judgement { status, activity, because, recheck_in: None }
}

fn ended(code: i32) -> String {
    match code {
        129.. => format!("it was ended by signal {}", code - 128),
        _ => format!("it ended with code {code}"),
    }
}

/// An agent for `status`.
pub fn agent(entry: &AgentEntry, worktree: Option<&str>, live: Option<&Live>) -> reply::Agent {
    let alive = live.filter(|live| live.exit().is_none());
    let judged = judgement(entry, live);
    reply::Agent {
        id: entry.id.clone(),
        name: entry.name.clone(),
        agent_type: entry.agent_type.clone(),
        status: status(judged.status),
        pid: alive.and_then(|live| u32::try_from(live.process.pid).ok()),
        exit_code: entry
            .exit_code
            .or_else(|| live.and_then(Live::exit))
            .filter(|_| alive.is_none() && !entry.suspended),
        idle_seconds: alive.and_then(Live::idle).map(|idle| idle.as_secs()),
        worktree_id: worktree.map(str::to_owned),
        started_at: entry.started_at,
        session_id: entry.session_id.clone(),
        prompt: entry.prompt.clone().filter(|prompt| !prompt.is_empty()),
        suspended: entry.suspended,
        trigger_name: None,
        trigger_seq_index: None,
        trigger_state: None,
        trigger_total: None,
        env: entry.env.clone(),
        activity: activity(judged.activity),
        because: match (&entry.delivery_error, alive) {
            (Some(error), Some(_)) => format!("{}; its prompt did not arrive: {error}", judged.because),
            _ => judged.because,
        },
        pane: None,
        attached: live.map_or(0, |live| u32::try_from(live.attached()).unwrap_or(u32::MAX)),
    }
}

fn agent_entry(entry: &AgentEntry, live: Option<&Live>) -> reply::AgentEntry {
    let alive = live.filter(|live| live.exit().is_none());
    reply::AgentEntry {
        id: entry.id.clone(),
        name: entry.name.clone(),
        agent_type: entry.agent_type.clone(),
        status: status(judgement(entry, live).status),
        prompt: entry.prompt.clone(),
        started_at: entry.started_at,
        completed_at: entry.completed_at,
        exit_code: entry.exit_code,
        pid: alive.and_then(|live| u32::try_from(live.process.pid).ok()),
        session_id: entry.session_id.clone(),
        suspended: entry.suspended,
        suspended_at: entry.suspended_at,
        command: entry.command.clone(),
        plan_mode: entry.plan_mode,
        no_trigger: entry.no_trigger,
        trigger_name: None,
        trigger_seq_index: None,
        trigger_state: None,
        trigger_total: None,
        gate_attempts: None,
    }
}

fn worktree(services: &Services, entry: &WorktreeEntry) -> reply::Worktree {
    let agents =
        entry.agents.iter().map(|(id, agent)| (id.clone(), agent_entry(agent, services.agents.get(id).as_deref())));
    reply::Worktree {
        id: entry.id.clone(),
        name: entry.name.clone(),
        path: entry.path.clone(),
        branch: entry.branch.clone(),
        base_branch: entry.base_branch.clone(),
        status: entry.status.clone(),
        agents: agents.collect(),
        created_at: entry.created_at,
    }
}

/// A whole project for `status` and `subscribe_status`.
pub fn status_report(services: &Services, manifest: &Manifest) -> reply::StatusReport {
    let mut agents: Vec<reply::Agent> = manifest
        .all_agents()
        .map(|(worktree, entry)| agent(entry, worktree, services.agents.get(&entry.id).as_deref()))
        .collect();
    agents.sort_by(|a, b| (a.started_at, &a.id).cmp(&(b.started_at, &b.id)));
    reply::StatusReport {
        worktrees: manifest.worktrees.values().map(|entry| worktree(services, entry)).collect(),
        agents,
    }
}

/// Whole seconds of a number that a client sent; what is no time is taken for none, what is huge for a year.
pub fn seconds(number: f64) -> Duration {
    const YEAR: f64 = 365.0 * 86_400.0;
    Duration::from_secs_f64(if number.is_finite() { number.clamp(0.0, YEAR) } else { 0.0 })
}
