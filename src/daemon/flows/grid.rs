//! `grid_command`: a project's panes in one tmux window.

use std::sync::Arc;

use super::show;
use crate::daemon::error::no_agent;
use crate::daemon::panes::shown::AGENT_OPTION;
use crate::daemon::panes::{Server, grid};
use crate::daemon::services::Services;
use crate::project::registry::Project;
use crate::protocol::typed::Reply;
use crate::protocol::typed::reply::{Done, Grid, GridLayout};
use crate::protocol::typed::request::{Axis, Direction, GridAction, GridCommand, GridVerb};
use crate::protocol::{Code, WireError};
use crate::tmux::error::TmuxError;
use crate::tmux::pane::{self, Pane, Scope, Side, SplitSpec};
use crate::tmux::server::{PaneId, PaneKey, SessionId};
use crate::tmux::window;

/// The option of a window that is a project's grid; its value is the project's root.
pub const OPTION: &str = "@pintle_grid";

/// Carries out a command on the project's grid. A `split` makes one if there is none.
pub async fn grid_command(services: &Arc<Services>, request: &GridCommand) -> Result<Reply, WireError> {
    let project = services.projects.open(&request.project_root)?;
    check(services, &project, &request.command)?;
    let _making = match request.command.action {
        GridVerb::GetLayout => None,
        _ => Some(services.panes.making.lock().await),
    };
    let found = find(services, &project).await?;
    if request.command.action == GridVerb::GetLayout {
        return Ok(GridLayout { layout: found.map(|(_, grid)| grid) }.into());
    }
    let is_new = found.is_none();
    let (server, layout) = match found {
        Some(found) => found,
        // Only this one can be meant without one; a leaf to close, to look at or to show an agent in is not there.
        None if request.command.action == GridVerb::Split => make(services, &project, request).await?,
        None => return Err(no_grid(&project)),
    };
    carry_out(services, &project, &server, &layout, &request.command, is_new).await?;
    services.look_soon(&server).await;
    Ok(Done {}.into())
}

fn no_grid(project: &Project) -> WireError {
    let text = format!("{} has no grid", project.root.display());
    WireError::new(Code::NotFound, text)
        .with_hint("`pintle grid split right` makes one; `pintle grid show` says how it lies")
}

fn check(services: &Services, project: &Project, command: &GridAction) -> Result<(), WireError> {
    let invalid = |text: &str| Err(WireError::new(Code::InvalidArgument, text));
    match (command.action, command.leaf_id, &command.agent_id) {
        (GridVerb::SetAgent, None, _) | (GridVerb::SetAgent, _, None) => {
            invalid("set_agent: `leaf_id` and `agent_id` are needed")
        }
        (GridVerb::Focus, None, _) if command.direction.is_none() => {
            invalid("focus: `leaf_id` or `direction` is needed")
        }
        (GridVerb::SetAgent | GridVerb::Split, _, Some(agent)) => {
            let known = project.store.read().agent(agent).is_some();
            if known { services.terminal(agent).map(drop) } else { Err(no_agent(agent)) }
        }
        _ => Ok(()),
    }
}

/// The project's grid, wherever it is.
async fn find(services: &Arc<Services>, project: &Project) -> Result<Option<(Arc<Server>, Grid)>, WireError> {
    let root = project.root_text();
    let mut silent = None;
    for (socket, server) in services.every_tmux().await {
        let seen = match server {
            Ok(server) => server.look().await.map(|snapshot| (server, snapshot)),
            Err(error) => Err(error),
        };
        match seen {
            Ok((server, snapshot)) => {
                if let Some(grid) = grid::of(&snapshot, &socket, &root) {
                    return Ok(Some((server, grid)));
                }
            }
            Err(error) if error.is_absence() => {}
            Err(error) => silent = Some(error),
        }
    }
    // The one that does not answer may have it, and a second one must not be made.
    silent.map_or(Ok(None), |error| Err(error.into()))
}

/// Makes the window, with one pane.
async fn make(
    services: &Arc<Services>,
    project: &Project,
    request: &GridCommand,
) -> Result<(Arc<Server>, Grid), WireError> {
    let (server, session) = place(services, request).await?;
    let root = project.root_text();
    let name = project.root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let program = match &request.command.agent_id {
        Some(agent) => show::attach(services, &root, agent),
        None => show::pick(services, &root),
    };
    let first = window::create(&server.handle, session, &name, &program).await?;
    pane::set_option(&server.handle, Scope::WindowOf(&first), OPTION, root.as_bytes()).await?;
    let snapshot = server.look().await?;
    let made = grid::of(&snapshot, &server.handle.server().socket, &root);
    made.map(|grid| (server, grid))
        .ok_or_else(|| WireError::new(Code::TmuxError, "the grid's window was closed at once"))
}

/// Where to make it: in the caller's session, else in one that somebody looks at. Never in a session of our own.
async fn place(services: &Arc<Services>, request: &GridCommand) -> Result<(Arc<Server>, SessionId), WireError> {
    if let Some(pane) = &request.pane {
        let (server, key) = services.pane(request.tmux.as_deref(), pane).await?;
        let snapshot = server.look().await?;
        let session = snapshot.panes.iter().find(|pane| pane.key == key).map(|pane| pane.session);
        return Ok((server, session.ok_or(TmuxError::NoPane(key.pane))?));
    }
    let looked_at = |pane: &&Pane| pane.visible;
    for server in services.all_tmux().await {
        let snapshot = server.look().await?;
        if let Some(pane) = snapshot.panes.iter().find(looked_at).or(snapshot.panes.first()) {
            let session = pane.session;
            return Ok((server, session));
        }
    }
    let text = "no tmux server is known to make the grid in: start tmux, or call from inside it";
    Err(WireError::new(Code::TmuxError, text))
}

async fn carry_out(
    services: &Arc<Services>,
    project: &Project,
    server: &Arc<Server>,
    layout: &Grid,
    command: &GridAction,
    is_new: bool,
) -> Result<(), WireError> {
    let leaf = grid::leaf(layout, command.leaf_id).ok_or_else(|| {
        let text = format!("the grid has no leaf {}", command.leaf_id.unwrap_or_default());
        WireError::new(Code::NotFound, text)
    })?;
    let key = pane::find(&server.handle, PaneId(leaf)).await?;
    let root = project.root_text();
    match command.action {
        // The window was made for it: the first leaf is the one asked for.
        GridVerb::Split if is_new => Ok(()),
        GridVerb::Split => split(services, server, &key, &root, command).await,
        GridVerb::Close => Ok(pane::kill(&server.handle, &key).await?),
        GridVerb::SetAgent => {
            let agent = command.agent_id.as_deref().unwrap_or_default();
            show::show_in(services, server, &key, &root, agent).await.map(drop)
        }
        GridVerb::Focus => {
            match command.direction {
                None => pane::select(&server.handle, &key).await?,
                Some(direction) => pane::select_beside(&server.handle, &key, side(direction)).await?,
            }
            Ok(())
        }
        GridVerb::GetLayout => Ok(()),
    }
}

async fn split(
    services: &Services,
    server: &Server,
    key: &PaneKey,
    root: &str,
    command: &GridAction,
) -> Result<(), WireError> {
    let program = match &command.agent_id {
        Some(agent) => show::attach(services, root, agent),
        None => show::pick(services, root),
    };
    let direction = match command.axis {
        Axis::Vertical => pane::Direction::Right,
        Axis::Horizontal => pane::Direction::Below,
    };
    let new = pane::split(&server.handle, key, &SplitSpec { direction, size: None, focus: true, program }).await?;
    if let Some(agent) = &command.agent_id {
        pane::set_option(&server.handle, Scope::Pane(&new), AGENT_OPTION, agent.as_bytes()).await?;
    }
    Ok(())
}

fn side(direction: Direction) -> Side {
    match direction {
        Direction::Up => Side::Up,
        Direction::Down => Side::Down,
        Direction::Left => Side::Left,
        Direction::Right => Side::Right,
    }
}
