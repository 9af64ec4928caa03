//! Showing an agent in a tmux pane: the pane runs `pintle attach`.

use crate::daemon::panes::Server;
use crate::daemon::panes::shown::AGENT_OPTION;
use crate::daemon::services::Services;
use crate::protocol::WireError;
use crate::tmux::pane::{self, ProgramSpec, Scope};
use crate::tmux::server::PaneKey;

/// What a pane runs that shows this agent.
pub fn attach(services: &Services, project_root: &str, agent: &str) -> ProgramSpec {
    program(services, project_root, &["attach", agent])
}

/// What a pane runs in which a person picks an agent to be shown.
pub fn pick(services: &Services, project_root: &str) -> ProgramSpec {
    program(services, project_root, &["palette"])
}

/// A command of our own in a pane: the daemon's own program, wherever an upgrade has put it, at the same socket, whatever the tmux
/// server's environment says.
fn program(services: &Services, project_root: &str, words: &[&str]) -> ProgramSpec {
    use std::os::unix::ffi::OsStrExt;
    let (shim, socket) = (services.places.shim(), services.places.own_socket());
    let words = words.iter().copied().chain(["--project", project_root]).map(|word| word.as_bytes().to_vec());
    ProgramSpec {
        cwd: Some(project_root.as_bytes().to_vec()),
        vars: vec![("PINTLE_SOCKET".to_owned(), socket.as_os_str().as_bytes().to_vec())],
        argv: std::iter::once(shim.as_os_str().as_bytes().to_vec()).chain(words).collect(),
    }
}

/// Ends what a pane runs and shows the agent in it. Returns the pane, which runs another process now.
pub async fn show_in(
    services: &Services,
    server: &Server,
    pane: &PaneKey,
    project_root: &str,
    agent: &str,
) -> Result<PaneKey, WireError> {
    let program = attach(services, project_root, agent);
    let pane = pane::respawn(&server.handle, pane, &program).await?;
    // The client that attaches there says so too, a moment later.
    pane::set_option(&server.handle, Scope::Pane(&pane), AGENT_OPTION, agent.as_bytes()).await?;
    Ok(pane)
}
