//! Domain and file types as the wire shows them. The only place where the two meet.

pub mod definition;

use std::time::Duration;

use jiff::Timestamp;

use crate::agent::actor::{Agent as Live, HookReport};
use crate::agent::status::{Activity, Judgement, Said, Status};
use crate::project::manifest::{AgentEntry, Ending, Manifest, Note, NotedReport, NotedState, WorktreeEntry};
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

/// What an agent's hooks said, as it is noted at the keeper.
pub fn noted_report((said, message): HookReport) -> NotedReport {
    let state = match said {
        Said::Working => NotedState::Working,
        Said::Blocked => NotedState::Blocked,
        Said::Idle => NotedState::Idle,
        Said::Done => NotedState::Done,
    };
    NotedReport { state, message }
}

/// The same, back from the note.
pub fn hook_report(noted: &NotedReport) -> HookReport {
    let said = match noted.state {
        NotedState::Working => Said::Working,
        NotedState::Blocked => Said::Blocked,
        NotedState::Idle => Said::Idle,
        NotedState::Done => Said::Done,
    };
    (said, noted.message.clone())
}

/// What is known of an agent from its entry and, while it has a terminal, from itself.
///
/// `ending` is why it is being ended, if it is: between the end of a process and the writing down of it the entry is not to be
/// believed.
fn judgement(entry: &AgentEntry, live: Option<&Live>, ending: Option<Ending>) -> Judgement {
    if let Some(live) = live.filter(|live| live.exit().is_none()) {
        return live.judgement();
    }
    let suspended = entry.suspended || ending == Some(Ending::Suspend);
    let (status, activity, because) = match (suspended, entry.exit_code) {
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
pub fn agent(services: &Services, entry: &AgentEntry, worktree: Option<&str>) -> reply::Agent {
    let live = services.agents.get(&entry.id);
    let live = live.as_deref();
    let alive = live.filter(|live| live.exit().is_none());
    let judged = judgement(entry, live, services.ending_of(&entry.id));
    // One word for both, so that no reader sees an agent that is suspended and works.
    let suspended = judged.activity == Activity::Suspended;
    reply::Agent {
        id: entry.id.clone(),
        name: entry.name.clone(),
        agent_type: entry.agent_type.clone(),
        status: status(judged.status),
        pid: alive.and_then(|live| u32::try_from(live.process.pid).ok()),
        exit_code: entry.exit_code.or_else(|| live.and_then(Live::exit)).filter(|_| alive.is_none() && !suspended),
        idle_seconds: alive.and_then(Live::idle).map(|idle| idle.as_secs()),
        worktree_id: worktree.map(str::to_owned),
        started_at: entry.started_at,
        session_id: entry.session_id.clone(),
        prompt: entry.prompt.clone().filter(|prompt| !prompt.is_empty()),
        suspended,
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
        pane: services.panes.pane_of(&entry.id).map(|pane| pane.to_string()),
        attached: live.map_or(0, |live| u32::try_from(live.attached()).unwrap_or(u32::MAX)),
        swarm_run: entry.swarm_run.clone(),
    }
}

/// An agent for `pulse`.
pub fn agent_pulse(
    services: &Services,
    entry: &AgentEntry,
    worktree: Option<&str>,
    now: Timestamp,
) -> reply::AgentPulse {
    let agent = agent(services, entry, worktree);
    // Of one that is suspended the time until then; of one that runs there is no end.
    let until = match agent.suspended {
        true => entry.suspended_at,
        false => entry.completed_at.filter(|_| agent.status == reply::Status::Broken),
    };
    reply::AgentPulse {
        id: agent.id,
        name: agent.name,
        agent_type: agent.agent_type,
        status: agent.status,
        activity: agent.activity,
        exit_code: agent.exit_code,
        runtime_seconds: seconds_between(entry.started_at, until.unwrap_or(now)),
        idle_seconds: agent.idle_seconds,
        prompt_snippet: agent.prompt.as_deref().map(snippet),
    }
}

/// A text of more than 80 characters, shortened.
fn snippet(text: &str) -> String {
    const WHOLE: usize = 80;
    const KEPT: usize = 77;
    match text.char_indices().nth(KEPT) {
        Some((end, _)) if text.chars().nth(WHOLE).is_some() => format!("{}...", &text[..end]),
        _ => text.to_owned(),
    }
}

/// Whole seconds from one time to another; none where the clock was set back in between.
pub fn seconds_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_secs()).unwrap_or(0)
}

fn agent_entry(services: &Services, entry: &AgentEntry) -> reply::AgentEntry {
    let live = services.agents.get(&entry.id);
    let live = live.as_deref();
    let judged = judgement(entry, live, services.ending_of(&entry.id));
    let alive = live.filter(|live| live.exit().is_none());
    reply::AgentEntry {
        id: entry.id.clone(),
        name: entry.name.clone(),
        agent_type: entry.agent_type.clone(),
        status: status(judged.status),
        prompt: entry.prompt.clone(),
        started_at: entry.started_at,
        completed_at: entry.completed_at,
        exit_code: entry.exit_code,
        pid: alive.and_then(|live| u32::try_from(live.process.pid).ok()),
        session_id: entry.session_id.clone(),
        suspended: judged.activity == Activity::Suspended,
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
    let agents = entry.agents.iter().map(|(id, agent)| (id.clone(), agent_entry(services, agent)));
    reply::Worktree {
        id: entry.id.clone(),
        name: entry.name.clone(),
        path: entry.path.clone(),
        branch: entry.branch.clone(),
        base_branch: entry.base_branch.clone(),
        status: entry.status.clone(),
        agents: agents.collect(),
        created_at: entry.created_at,
        swarm_run: entry.swarm_run.clone(),
    }
}

/// A whole project for `status` and `subscribe_status`.
pub fn status_report(services: &Services, manifest: &Manifest) -> reply::StatusReport {
    let mut agents: Vec<reply::Agent> = manifest
        .all_agents()
        .filter(|(_, entry)| !services.is_leaving(&entry.id))
        .map(|(worktree, entry)| agent(services, entry, worktree))
        .collect();
    agents.sort_by(|a, b| (a.started_at, &a.id).cmp(&(b.started_at, &b.id)));
    reply::StatusReport {
        worktrees: manifest.worktrees_in_order().into_iter().map(|entry| worktree(services, entry)).collect(),
        agents,
        killed: Vec::new(),
    }
}

/// An agent that was killed and whose output can still be read.
pub fn killed(note: Note) -> reply::Killed {
    reply::Killed { id: note.entry.id, name: note.entry.name }
}

/// Whole seconds of a number that a client sent; what is no time is taken for none, what is huge for a year.
pub fn seconds(number: f64) -> Duration {
    const YEAR: f64 = 365.0 * 86_400.0;
    Duration::from_secs_f64(if number.is_finite() { number.clamp(0.0, YEAR) } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_prompts_are_shortened() {
        assert_eq!(snippet(&"é".repeat(80)), "é".repeat(80));
        assert_eq!(snippet(&"é".repeat(81)), format!("{}...", "é".repeat(77)));
        assert_eq!(snippet(""), "");
    }
}
