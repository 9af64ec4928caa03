//! `tmux_split_run` in an environment: nothing starts in the new pane before it has its own.

use std::sync::Arc;

use super::change_env;
use crate::daemon::environments::overrides::Scope;
use crate::daemon::panes::Server;
use crate::daemon::services::Services;
use crate::protocol::WireError;
use crate::tmux::error::TmuxError;
use crate::tmux::pane::{self, ProgramSpec, SplitSpec};
use crate::tmux::server::PaneKey;

/// Splits a pane and runs the program in the new one, in this environment. The pane is empty first: a program that is there from the
/// beginning might ask where it is before anybody could say.
pub async fn split_run(
    services: &Arc<Services>,
    server: &Server,
    target: &PaneKey,
    spec: SplitSpec,
    env: &str,
) -> Result<PaneKey, WireError> {
    services.environments.find(env)?;
    let empty = ProgramSpec { argv: vec![Vec::new()], vars: Vec::new(), cwd: spec.program.cwd.clone() };
    let place = pane::split(&server.handle, target, &SplitSpec { program: empty, ..spec.clone() }).await?;
    match run(services, server, &place, &spec.program, env).await {
        Ok(key) => Ok(key),
        Err(error) => {
            // Nothing runs in it, and nobody asked for that.
            let _ = pane::kill(&server.handle, &place).await;
            Err(error)
        }
    }
}

async fn run(
    services: &Arc<Services>,
    server: &Server,
    place: &PaneKey,
    program: &ProgramSpec,
    env: &str,
) -> Result<PaneKey, WireError> {
    services.look_soon(server).await;
    let known = |key: &PaneKey| server.snapshot().panes.iter().find(|pane| pane.key == *key).cloned();
    let empty = known(place).ok_or(TmuxError::NoPane(place.pane))?;
    services.environments.set_override(&empty, Scope::Pane, Some(env));
    services.tell_shells();
    let key = pane::respawn(&server.handle, place, program).await?;
    services.look_soon(server).await;
    if let Some(pane) = known(&key) {
        change_env::of_pane(services, &pane, Scope::Pane, Some(env)).await?;
    }
    Ok(key)
}
