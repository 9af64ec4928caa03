//! `focus_next`: to the next agent that waits for somebody.

use std::sync::Arc;

use crate::agent::actor::Agent;
use crate::agent::status::{Activity, Status};
use crate::daemon::panes::Server;
use crate::daemon::services::Services;
use crate::protocol::WireError;
use crate::protocol::cmd::reply;
use crate::protocol::cmd::request::FocusNext;
use crate::tmux::pane::{self, Pane};
use crate::tmux::server::PaneId;
use crate::tmux::viewer;

/// Finds the agent and, if a pane on the caller's server shows it, makes the caller's client look at that.
pub async fn focus_next(services: &Arc<Services>, request: &FocusNext) -> Result<reply::FocusNext, WireError> {
    let here: Option<PaneId> =
        request.pane.as_deref().map(str::parse).transpose().map_err(crate::tmux::error::TmuxError::from)?;
    let server = match (&request.tmux, &request.pane) {
        (Some(tmux), _) => Some(services.tmux_of(tmux).await?),
        (None, Some(pane)) => Some(services.pane(None, pane).await?.0),
        (None, None) => None,
    };
    let panes = match &server {
        Some(server) => server.look().await?.panes.clone(),
        None => Vec::new(),
    };
    let current = panes.iter().find(|pane| Some(pane.key.pane) == here).and_then(|pane| pane.agent.clone());
    let agents = services.agents.all();
    let waiting = waiting(agents.iter());
    let Some(agent) = next(&waiting, current.as_deref()) else { return Ok(reply::FocusNext::default()) };
    let shown = panes.iter().find(|pane| pane.agent.as_deref() == Some(&agent.id));
    if let (Some(server), Some(pane)) = (&server, shown) {
        go(server, here, pane).await?;
    }
    Ok(reply::FocusNext {
        focused_agent: Some(agent.id.clone()),
        project_root: Some(agent.project_root.clone()),
        pane: shown.map(|pane| pane.key.pane.to_string()),
    })
}

/// Agents that want an answer; if none does, those that have nothing to do. By id, so that pressing the key again goes on.
fn waiting<'a>(agents: impl Iterator<Item = &'a Arc<Agent>> + Clone) -> Vec<&'a Arc<Agent>> {
    let those = |wanted: &dyn Fn(&Agent) -> bool| {
        let mut found: Vec<&Arc<Agent>> =
            agents.clone().filter(|agent| agent.exit().is_none() && wanted(agent)).collect();
        found.sort_by(|one, other| one.id.cmp(&other.id));
        found
    };
    let blocked = those(&|agent| agent.judgement().activity == Activity::Blocked);
    if !blocked.is_empty() {
        return blocked;
    }
    those(&|agent| {
        let judgement = agent.judgement();
        judgement.status == Status::Waiting && judgement.activity != Activity::Suspended
    })
}

fn next<'a>(waiting: &[&'a Arc<Agent>], current: Option<&str>) -> Option<&'a Arc<Agent>> {
    let behind = waiting.iter().find(|agent| current.is_some_and(|current| agent.id.as_str() > current));
    behind.or(waiting.first()).copied()
}

async fn go(server: &Server, here: Option<PaneId>, pane: &Pane) -> Result<(), WireError> {
    pane::select(&server.handle, &pane.key).await?;
    let viewers = viewer::list(&server.handle).await?;
    // Whoever looked at the caller's pane pressed the key. A pane that nobody looks at has asked for itself.
    let asked = viewers.iter().find(|viewer| Some(viewer.pane) == here);
    if let Some(viewer) = asked.filter(|viewer| viewer.pane != pane.key.pane) {
        viewer::go_to(&server.handle, viewer, &pane.key).await?;
    }
    Ok(())
}
