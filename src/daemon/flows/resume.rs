//! `resume`: lets a suspended agent go on.

use std::sync::Arc;

use rustix::process::Signal;

use super::place::Place;
use super::spawn::{Start, ask};
use super::{end, exited, suspend};
use crate::agent::kind::CommandLine;
use crate::daemon::convert;
use crate::daemon::error::no_agent;
use crate::daemon::kinds::Settings;
use crate::daemon::services::Services;
use crate::project::manifest::AgentEntry;
use crate::project::registry::Project;
use crate::protocol::typed::reply::ResumeResult;
use crate::protocol::typed::request::Resume;
use crate::protocol::{Code, WireError};

/// Continues the agent's processes if they were stopped, else starts its program again with its session.
pub async fn resume(services: &Arc<Services>, request: Resume) -> Result<ResumeResult, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let id = request.agent_id;
    let entry = project.store.read().agent(&id).cloned().ok_or_else(|| no_agent(&id))?;
    if !entry.suspended {
        return Err(WireError::new(Code::InvalidState, format!("{id} is not suspended")));
    }
    if services.ending_of(&id).is_some() {
        // A suspend that an earlier daemon began: what it still ends is found by the agent's id, and a new process has that too.
        let text = format!("{id} is still being suspended; try again in a moment");
        return Err(WireError::new(Code::InvalidState, text));
    }
    let stopped = services.agents.get(&id).filter(|agent| agent.exit().is_none());
    let (agent, entry) = match stopped {
        Some(agent) => {
            suspend::signal_sessions(std::slice::from_ref(&agent), Signal::CONT).await;
            agent.set_suspended(false);
            (agent, entry)
        }
        None => start_again(services, &project, entry).await?,
    };
    let (id, pid, start) = (agent.id.clone(), entry.pid, entry.pid_start_time);
    let changed = project.store.change(move |manifest| {
        if let Some(entry) = manifest.agent_mut(&id) {
            (entry.suspended, entry.suspended_at) = (false, None);
            (entry.pid, entry.pid_start_time) = (pid, start);
            (entry.exit_code, entry.completed_at) = (None, None);
            entry.status = "streaming".to_owned();
        }
    });
    if let Err(error) = changed.await {
        end::end(vec![agent.clone()]).await;
        return Err(error.into());
    }
    exited::note_if_ended(services, &project, &agent);
    services.change_note(&agent.id, |note| note.entry.suspended = false);
    services.tell(&project.root, None);
    Ok(ResumeResult { agent_id: agent.id.clone(), status: convert::status(agent.judgement().status) })
}

async fn start_again(
    services: &Arc<Services>,
    project: &Project,
    mut entry: AgentEntry,
) -> Result<(Arc<crate::agent::actor::Agent>, AgentEntry), WireError> {
    let settings = Settings::read(services, project)?;
    let kind = settings.kind(Some(&entry.agent_type))?.clone();
    let line = CommandLine::build(&kind, &ask(&entry, true))?;
    let rules = settings.rules(services, &kind)?;
    let size = services.agents.get(&entry.id).map_or((80, 24), |agent| agent.size());
    entry.suspended = false;
    let place = &Place::of_agent(project, &entry.id)?;
    let start = Start { project, place, kind: &kind, rules, env_files: &settings.env_files, size };
    start.start(services, entry, &line).await
}
