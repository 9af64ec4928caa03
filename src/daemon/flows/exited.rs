//! An agent's process has ended by itself: recorded at once, and for ever.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::agent::actor::Agent;
use crate::daemon::services::Services;
use crate::project::manifest::Manifest;
use crate::project::registry::Project;
use crate::protocol::typed::event::Event;
use jiff::Timestamp;

/// The output of an agent that was killed can be read for so long.
const LAST_OUTPUT: Duration = Duration::from_secs(600);

/// Handles the keeper's word that an agent's process has ended.
pub fn exited(services: &Arc<Services>, agent_id: &str, code: i32) {
    let Some(agent) = services.ended(agent_id, code) else { return };
    services.note_end(agent_id);
    agent.ended(code);
    if services.is_ending().is_none() {
        services.tell_shells();
    }
    let project = services.project_of(&agent);
    let root = project.as_ref().map_or_else(|| agent.project_root.clone(), |project| project.root_text());
    services.tell(Path::new(&root), Some(Event::agent_exited(services.clock.now(), &root, agent_id, Some(code))));
    match project {
        Some(project) => note_if_ended(services, &project, &agent),
        None => tracing::error!(agent = agent_id, code, "its exit cannot be recorded: its project is not open"),
    }
}

/// Records that an agent's process has ended, if it has. Also for whoever has just written its entry: a program can end before
/// there is one.
pub fn note_if_ended(services: &Services, project: &Project, agent: &Agent) {
    let Some(code) = agent.exit() else { return };
    // Whoever ends an agent records it himself.
    if services.ending_of(&agent.id).is_some() || services.is_ending().is_some() {
        return;
    }
    let (id, now) = (agent.id.clone(), services.clock.now());
    // Known to the keeper as well, so nobody need wait for the disk; and it has happened, whatever the disk says.
    project.store.note(move |manifest| record(manifest, &id, Some(code), now));
}

/// Writes into an entry that its process has ended.
pub fn record(manifest: &mut Manifest, id: &str, code: Option<i32>, now: Timestamp) {
    let Some(entry) = manifest.agent_mut(id) else { return };
    entry.status = "broken".to_owned();
    entry.exit_code = code;
    entry.completed_at = Some(now);
    entry.suspended = false;
    entry.suspended_at = None;
    entry.pid = None;
    entry.pid_start_time = None;
}

/// Forgets an agent that is in no manifest any more, after its last output could be read for a while.
pub fn forget_later(services: &Arc<Services>, agent_id: &str) {
    let (services, id) = (services.clone(), agent_id.to_owned());
    tokio::spawn(async move {
        tokio::time::sleep(LAST_OUTPUT).await;
        services.forget(&id);
    });
}
