//! `suspend`: puts agents aside. One whose program can go on with its session later is ended; any other is stopped as it is.

use std::sync::Arc;

use rustix::process::{Pid, Signal, kill_process_group};

use super::end;
use crate::agent::actor::Agent;
use crate::agent::status::{Activity, Status};
use crate::base::process::Table;
use crate::base::test_point;
use crate::daemon::convert;
use crate::daemon::error::no_agent;
use crate::daemon::kinds::Settings;
use crate::daemon::services::Services;
use crate::project::manifest::{AgentEntry, Ending, Manifest};
use crate::project::registry::Project;
use crate::protocol::typed::event::Event;
use crate::protocol::typed::reply::SuspendResult;
use crate::protocol::typed::request::{Suspend, SuspendTarget};
use crate::protocol::{Code, WireError};
use jiff::Timestamp;

/// Suspends the target and answers when that is done.
pub async fn suspend(services: &Arc<Services>, request: Suspend) -> Result<SuspendResult, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let entries = targets(services, &project.store.read(), &request.target)?;
    let settings = Settings::read(services, &project)?;
    let (mut by_ending, mut by_stopping) = (Vec::new(), Vec::new());
    for (entry, agent) in entries {
        let by = if can_go_on(&settings, &entry) { &mut by_ending } else { &mut by_stopping };
        by.push(agent);
    }
    let suspended: Vec<String> = by_ending.iter().chain(&by_stopping).map(|agent| agent.id.clone()).collect();
    // Nothing is done to an agent on a disk that takes no note of it.
    project.store.change(|_| ()).await?;
    stop(&by_stopping).await;
    end_for_later(services, by_ending.clone()).await;
    test_point::reach("suspend.ended");
    if let Err(error) = mark(services, &project, suspended.clone()).await {
        undo(services, &by_stopping, &by_ending).await;
        return Err(error);
    }
    Ok(SuspendResult { suspended })
}

/// The disk filled up in the middle of it: what was stopped goes on, and what was ended has ended.
async fn undo(services: &Services, stopped: &[Arc<Agent>], ended: &[Arc<Agent>]) {
    signal_sessions(stopped, Signal::CONT).await;
    for agent in stopped {
        agent.set_suspended(false);
    }
    for agent in ended {
        services.change_note(&agent.id, |note| note.ending = None);
    }
}

/// An entry and the agent it is about.
type Target = (AgentEntry, Arc<Agent>);

fn targets(services: &Services, manifest: &Manifest, target: &SuspendTarget) -> Result<Vec<Target>, WireError> {
    let live = |entry: &AgentEntry| services.agents.get(&entry.id).filter(|agent| agent.exit().is_none());
    match target {
        SuspendTarget::All => Ok(manifest
            .all_agents()
            .filter(|(_, entry)| !entry.suspended)
            .filter_map(|(_, entry)| Some((entry.clone(), live(entry)?)))
            .collect()),
        SuspendTarget::Agent { id } => {
            let entry = manifest.agent(id).ok_or_else(|| no_agent(id))?;
            let invalid = |what: &str| WireError::new(Code::InvalidState, format!("{id} {what}"));
            if entry.suspended {
                let resume = format!("`pintle resume {id}` lets it go on");
                return Err(invalid("is suspended already").with_hint(resume));
            }
            let agent = live(entry).ok_or_else(|| invalid("has ended, so there is nothing to suspend"))?;
            Ok(vec![(entry.clone(), agent)])
        }
    }
}

/// Whether the agent's program, once ended, can be started again where it was.
pub fn can_go_on(settings: &Settings, entry: &AgentEntry) -> bool {
    let kind = settings.kinds.get(&entry.agent_type);
    entry.command.is_none() && kind.is_some_and(|kind| !kind.resume.is_empty() && entry.session_id.is_some())
}

/// Whether an agent that is ended anyhow, since everything ends, can be started again later: also without a session of its own, where
/// its program can go on with the last one there was.
pub fn can_start_again(settings: &Settings, entry: &AgentEntry) -> bool {
    let kind = settings.kinds.get(&entry.agent_type);
    entry.command.is_none() && kind.is_some_and(|kind| kind.can_resume(entry.session_id.is_some()))
}

/// Stops every process group of the agents' sessions: a shell's jobs have groups of their own.
async fn stop(agents: &[Arc<Agent>]) {
    signal_sessions(agents, Signal::STOP).await;
    for agent in agents {
        agent.set_suspended(true);
    }
}

/// Sends a signal to every process group that an agent has brought about.
pub async fn signal_sessions(agents: &[Arc<Agent>], signal: Signal) {
    let leaders: Vec<(i32, String)> = agents.iter().map(|agent| (agent.process.pid, agent.id.clone())).collect();
    if leaders.is_empty() {
        return;
    }
    let send = move || {
        let table = Table::read("PINTLE_AGENT_ID");
        for (leader, id) in leaders {
            for group in table.groups(&table.family(leader, &id)) {
                let _ = Pid::from_raw(group).map(|group| kill_process_group(group, signal));
            }
        }
    };
    let _ = tokio::task::spawn_blocking(send).await;
}

/// Ends agents that will be started again. Noted at the keeper first, so that a daemon that follows knows that they were not
/// simply broken.
pub async fn end_for_later(services: &Services, agents: Vec<Arc<Agent>>) {
    for agent in &agents {
        services.change_note(&agent.id, |note| note.ending = Some(Ending::Suspend));
    }
    end::end(agents).await;
}

/// Writes down that the agents are suspended.
pub async fn mark(services: &Services, project: &Project, ids: Vec<String>) -> Result<(), WireError> {
    let (now, marked) = (services.clock.now(), ids.clone());
    project.store.change(move |manifest| marked.iter().for_each(|id| mark_entry(manifest, id, now))).await?;
    for id in ids {
        services.change_note(&id, |note| (note.entry.suspended, note.ending) = (true, None));
        // One that was stopped as it is has said so itself.
        let ended = services.agents.get(&id).is_none_or(|agent| agent.exit().is_some());
        let suspended = || {
            let (status, activity) = (convert::status(Status::Waiting), convert::activity(Activity::Suspended));
            Event::agent_status(now, &project.root_text(), &id, status, activity)
        };
        services.tell(&project.root, ended.then(suspended));
    }
    Ok(())
}

/// Writes into an entry that the agent is suspended.
pub fn mark_entry(manifest: &mut Manifest, id: &str, now: Timestamp) {
    let Some(entry) = manifest.agent_mut(id) else { return };
    entry.suspended = true;
    entry.suspended_at = Some(now);
    entry.status = "waiting".to_owned();
    (entry.exit_code, entry.completed_at) = (None, None);
}
