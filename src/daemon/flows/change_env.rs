//! An environment holds somewhere else than before. The order is the same for all: what was set is on the disk, what shells read is
//! written anew, status bars are told, then whoever listens, then the answer.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use crate::daemon::environments::overrides::Scope;
use crate::daemon::services::Services;
use crate::environment::audit::{AuditEntry, Deed};
use crate::project::manifest::Manifest;
use crate::protocol::WireError;
use crate::protocol::typed::event::Event;
use crate::tmux::error::TmuxError;
use crate::tmux::pane::{self, Pane};
use crate::tmux::server::PaneKey;

/// Another global environment, or none.
pub async fn global(services: &Arc<Services>, env: Option<&str>) {
    let before = services.environments.set_global(env);
    effects(services).await;
    tell(services, env, before.as_deref(), None);
}

/// Another environment of a pane, its window or its session, or none any more. A pane that shows an agent is the agent's: its next
/// command is to run there. Returns whether there was one before.
pub async fn of_pane(
    services: &Arc<Services>,
    pane: &Pane,
    scope: Scope,
    env: Option<&str>,
) -> Result<bool, WireError> {
    let chosen = |services: &Services| services.env_of(pane).map(|(name, _)| name);
    let before = chosen(services);
    let had = match pane.agent.as_deref().filter(|_| scope == Scope::Pane) {
        Some(agent) => of_agent(services, agent, env).await?,
        None => services.environments.set_override(pane, scope, env),
    };
    if env.is_none() && had.is_none() {
        return Ok(false);
    }
    effects(services).await;
    let now = chosen(services);
    tell(services, now.as_deref(), before.as_deref(), Some(&pane.key.pane.to_string()));
    Ok(had.is_some())
}

async fn of_agent(services: &Arc<Services>, id: &str, env: Option<&str>) -> Result<Option<String>, WireError> {
    let before = services.note(id).and_then(|note| note.entry.env);
    let project = services.agents.get(id).and_then(|agent| services.project_of(&agent));
    if let Some(project) = project {
        let (id, env) = (id.to_owned(), env.map(str::to_owned));
        project
            .store
            .change(move |manifest: &mut Manifest| {
                if let Some(entry) = manifest.agent_mut(&id) {
                    entry.env = env;
                }
            })
            .await?;
    }
    services.change_note(id, |note| note.entry.env = env.map(str::to_owned));
    Ok(before)
}

/// A guard is lifted in a pane.
pub async fn arm(services: &Arc<Services>, pane: &PaneKey, env: &str, until: Timestamp) {
    services.environments.arm(pane, env, until);
    let entry = AuditEntry::new(services.clock.now(), Deed::Armed, env).in_pane(pane.pane.to_string()).until(until);
    services.audit(&entry);
    effects(services).await;
}

/// Guards are put back. Returns how many were lifted.
pub async fn disarm(services: &Arc<Services>, pane: Option<&PaneKey>, env: Option<&str>) -> u64 {
    let now = services.clock.now();
    let back = services.environments.disarm(pane, env, now);
    for (pane, env) in &back {
        services.audit(&AuditEntry::new(now, Deed::Disarmed, env).in_pane(pane.clone()));
    }
    effects(services).await;
    back.len() as u64
}

/// Until when an environment's guard is lifted in a pane; none when it is not. tmux does not tell that a pane has got another process
/// (`respawn-pane`), for which nobody has lifted anything, so it is asked before a lifted guard counts: that is rare. In doubt it is not
/// lifted; where the process is another one, it is put back.
pub async fn lifted_until(services: &Arc<Services>, pane: &PaneKey, env: &str) -> Option<Timestamp> {
    let until = services.environments.armed_until(pane, env, services.clock.now())?;
    let server = services.tmux(&pane.server.socket).await.ok()?;
    match pane::find(&server.handle, pane.pane).await {
        Ok(key) if key == *pane => return Some(until),
        Ok(_) | Err(TmuxError::NoPane(_)) => {}
        Err(_) => return None,
    }
    disarm(services, Some(pane), None).await;
    None
}

/// What must be true before the answer.
async fn effects(services: &Arc<Services>) {
    services.environments.written().await;
    services.tell_shells();
    services.panes.changed.notify_one();
}

fn tell(services: &Services, env: Option<&str>, before: Option<&str>, pane: Option<&str>) {
    if env != before || pane.is_some() {
        services.tell(Path::new(""), Some(Event::env_change(services.clock.now(), env, before, pane)));
    }
}
