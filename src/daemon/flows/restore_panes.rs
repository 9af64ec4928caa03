//! `restore_panes`: the windows that showed agents when tmux ended, as they were.

use std::sync::Arc;

use super::show;
use crate::daemon::panes::Server;
use crate::daemon::panes::shown::AGENT_OPTION;
use crate::daemon::services::Services;
use crate::project::state::{PaneEntry, WindowEntry};
use crate::protocol::cmd::reply::{RestorePanes, RestoredWindow};
use crate::protocol::cmd::request;
use crate::protocol::{Code, WireError};
use crate::tmux::error::TmuxError;
use crate::tmux::pane::{self, Direction, ProgramSpec, Scope, SplitSpec};
use crate::tmux::server::{PaneKey, SessionId};
use crate::tmux::window;

/// Makes them in the caller's session. Agents that are gone leave a shell in their place, so that the layout is the same; in a grid,
/// an empty leaf.
pub async fn restore_panes(
    services: &Arc<Services>,
    request: &request::RestorePanes,
) -> Result<RestorePanes, WireError> {
    let pane = request.pane.as_deref().ok_or_else(|| {
        WireError::new(Code::InvalidArgument, "no pane to restore beside: call from inside tmux, or name one as `pane`")
    })?;
    let (server, key) = services.pane(request.tmux.as_deref(), pane).await?;
    let snapshot = server.look().await?;
    let session = snapshot.panes.iter().find(|pane| pane.key == key).map(|pane| pane.session);
    let session = session.ok_or(TmuxError::NoPane(key.pane))?;
    let socket = &server.handle.server().socket;
    let _making = services.panes.making.lock().await;
    let mut answer = RestorePanes::default();
    let mut still_lost = Vec::new();
    for window in services.panes.remembered.lost(socket) {
        if !window.panes.iter().any(|pane| known(services, pane).is_some()) {
            // Who is suspended comes back. Otherwise nobody is left whom it showed.
            if window.panes.iter().any(|pane| is_suspended(services, pane)) {
                answer.warnings.push(format!("{}: its agents are suspended; `pintle resume` them first", window.name));
                still_lost.push(window);
            }
            continue;
        }
        let mut made = Vec::new();
        match restore(services, &server, session, &window, &mut made, &mut answer.warnings).await {
            Ok(restored) => answer.restored.push(restored),
            Err(error) => {
                answer.warnings.push(format!("{}: {error}", window.name));
                still_lost.push(window);
                // It is made as a whole or not at all; the next try would make it a second time.
                for pane in made {
                    let _ = pane::kill(&server.handle, &pane).await;
                }
            }
        }
    }
    services.panes.remembered.found(socket, still_lost);
    Ok(answer)
}

/// The agent that a pane showed, if it still lives, with its project.
fn known(services: &Services, pane: &PaneEntry) -> Option<(String, String)> {
    let agent = services.agents.get(pane.agent.as_deref()?).filter(|agent| agent.exit().is_none())?;
    Some((agent.id.clone(), agent.project_root.clone()))
}

fn is_suspended(services: &Services, pane: &PaneEntry) -> bool {
    let Some(agent) = &pane.agent else { return false };
    let project = services.projects.of_agent(agent);
    project.is_some_and(|project| project.store.read().agent(agent).is_some_and(|entry| entry.suspended))
}

fn program(services: &Services, window: &WindowEntry, pane: &PaneEntry) -> ProgramSpec {
    use std::os::unix::ffi::OsStrExt;
    match (known(services, pane), &window.grid) {
        (Some((agent, root)), _) => show::attach(services, &root, &agent),
        // As `split` makes it: it offers the agents to pick from.
        (None, Some(root)) => show::pick(services, root),
        (None, None) => {
            let cwd = pane.cwd.as_ref().map(|cwd| cwd.as_os_str().as_bytes().to_vec());
            ProgramSpec { cwd, ..ProgramSpec::default() }
        }
    }
}

async fn restore(
    services: &Arc<Services>,
    server: &Server,
    session: SessionId,
    window: &WindowEntry,
    made: &mut Vec<PaneKey>,
    warnings: &mut Vec<String>,
) -> Result<RestoredWindow, WireError> {
    for entry in &window.panes {
        let program = program(services, window, entry);
        let pane = match made.last() {
            None => window::create(&server.handle, session, &window.name, &program).await?,
            Some(last) => {
                // Behind the last one, so that they are in the layout's order; spread out first, so that there is room.
                window::arrange(&server.handle, last, "tiled").await?;
                let spec = SplitSpec { direction: Direction::Below, size: None, focus: false, program };
                pane::split(&server.handle, last, &spec).await?
            }
        };
        if let Some((agent, _)) = known(services, entry) {
            pane::set_option(&server.handle, Scope::Pane(&pane), AGENT_OPTION, agent.as_bytes()).await?;
        }
        made.push(pane);
    }
    let Some(first) = made.first() else { return Ok(RestoredWindow::default()) };
    if let Some(grid) = &window.grid {
        pane::set_option(&server.handle, Scope::WindowOf(first), super::grid::OPTION, grid.as_bytes()).await?;
    }
    if let Err(error) = window::arrange(&server.handle, first, &window.layout).await {
        // The window is there, only not as it was: its terminal may be smaller now.
        warnings.push(format!("{}: its panes could not be arranged as they were: {error}", window.name));
    }
    let snapshot = server.look().await?;
    let id = snapshot.panes.iter().find(|pane| pane.key.pane == first.pane).map(|pane| pane.window.to_string());
    let agents = window.panes.iter().filter_map(|pane| known(services, pane)).map(|(agent, _)| agent).collect();
    Ok(RestoredWindow { window: id.unwrap_or_default(), name: window.name.clone(), agents })
}
