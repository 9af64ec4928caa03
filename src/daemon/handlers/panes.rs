//! tmux panes.

use std::num::NonZeroU32;
use std::sync::Arc;

use crate::daemon::environments::choice::Environs;
use crate::daemon::flows;
use crate::daemon::panes::{Server, socket};
use crate::daemon::services::Services;
use crate::protocol::cmd::reply;
use crate::protocol::cmd::request::{
    Command, FocusNext, Keys, ListPanes, RegisterTmux, RestorePanes, Size, Split, TmuxCapturePane, TmuxSendKeys,
    TmuxSplitRun, UnregisterTmux,
};
use crate::protocol::{Code, WireError};
use crate::tmux::error::TmuxError;
use crate::tmux::pane::{self, Direction, Lines, Pane, ProgramSpec, SplitSpec, Style};
use crate::tmux::server::PaneKey;

/// `register_tmux`
pub async fn register_tmux(services: &Arc<Services>, request: &RegisterTmux) -> Result<reply::Done, WireError> {
    let socket = socket(&request.tmux)?;
    // One that nobody listens at is no server.
    let server = services.tmux(&socket).await?;
    // It is called by every load of a configuration, which may have taken our hooks with it.
    server.handle.hook().await?;
    services.panes.register(&socket);
    services.panes.remembered().await;
    Ok(reply::Done {})
}

/// `unregister_tmux`
pub async fn unregister_tmux(services: &Arc<Services>, request: &UnregisterTmux) -> Result<reply::Done, WireError> {
    let socket = socket(&request.tmux)?;
    services.panes.unregister(&socket);
    services.panes.remembered().await;
    services.leave_tmux(&socket).await;
    Ok(reply::Done {})
}

/// `list_panes`
pub async fn list_panes(services: &Arc<Services>, request: &ListPanes) -> Result<reply::ListPanes, WireError> {
    let servers = match &request.tmux {
        Some(tmux) => {
            let socket = socket(tmux)?;
            let server = services.tmux(&socket).await?;
            vec![(socket, Ok(server))]
        }
        None => services.every_tmux().await,
    };
    let look = |server: Result<Arc<Server>, TmuxError>| async move { server?.look().await };
    let looking: Vec<_> = servers.into_iter().map(|(socket, server)| (socket, tokio::spawn(look(server)))).collect();
    let (mut snapshots, mut silent, mut refused) = (Vec::new(), Vec::new(), None);
    for (socket, looked) in looking {
        match looked.await {
            Ok(Ok(snapshot)) => snapshots.push(snapshot),
            Ok(Err(error @ (TmuxError::Silent(_) | TmuxError::Unanswered(_)))) => {
                silent.push(socket.to_string());
                refused = Some(error);
            }
            // Nobody listens there any more. Where it was named, that is the answer.
            Ok(Err(error)) if request.tmux.is_some() => refused = Some(error),
            _ => {}
        }
    }
    // One that hangs does not hide the others'.
    if let Some(error) = refused.filter(|_| snapshots.is_empty()) {
        return Err(error.into());
    }
    let (mut panes, environs) = (Vec::new(), services.environs());
    for snapshot in snapshots {
        let mut index = 0;
        for (at, pane) in snapshot.panes.iter().enumerate() {
            index = if at > 0 && snapshot.panes[at - 1].window == pane.window { index + 1 } else { 0 };
            panes.push(wire(&environs, pane, index));
        }
    }
    Ok(reply::ListPanes { panes, silent })
}

fn wire(environs: &Environs<'_>, pane: &Pane, pane_index: u32) -> reply::Pane {
    reply::Pane {
        pane: pane.key.pane.to_string(),
        tmux: pane.key.server.socket.to_string(),
        session: pane.session_name.clone(),
        window: pane.window.to_string(),
        window_index: pane.window_index,
        window_name: pane.window_name.clone(),
        pane_index,
        pid: pane.key.pane_pid,
        cols: pane.cols,
        rows: pane.rows,
        active: pane.active,
        visible: pane.visible,
        synchronized: pane.synchronized,
        cwd: pane.cwd.as_ref().map(|cwd| cwd.to_string_lossy().into_owned()).unwrap_or_default(),
        title: pane.title.clone(),
        agent_id: pane.agent.clone(),
        env: environs.of(pane).map(|(name, _)| name.into_owned()),
    }
}

/// `tmux_split_run`
pub async fn tmux_split_run(services: &Arc<Services>, request: TmuxSplitRun) -> Result<reply::TmuxSplitRun, WireError> {
    let target = request.target.or(request.pane).ok_or(TmuxError::NoTarget)?;
    let spec = SplitSpec {
        direction: match request.split {
            Split::Horizontal => Direction::Right,
            Split::Vertical => Direction::Below,
        },
        size: request.size.map(|size| match size {
            Size::Cells(cells) => cells.to_string(),
            Size::Text(text) => text,
        }),
        focus: request.focus,
        program: ProgramSpec {
            cwd: request.cwd.map(String::into_bytes),
            vars: request
                .vars
                .into_iter()
                .map(|(name, value)| (name, value.unwrap_or_default().into_bytes()))
                .collect(),
            argv: match request.command {
                Command::Argv(argv) => argv.into_iter().map(String::into_bytes).collect(),
                // tmux runs a single word with the user's shell, as a person would expect of a line.
                Command::Line(line) => vec![line.into_bytes()],
            },
        },
    };
    let (server, target) = services.pane(request.tmux.as_deref(), &target).await?;
    let pane = match &request.env {
        Some(env) => flows::split_run::split_run(services, &server, &target, spec, env).await?,
        None => pane::split(&server.handle, &target, &spec).await?,
    };
    let pane = pane.pane.to_string();
    Ok(reply::TmuxSplitRun { pane_id: pane.clone(), pane })
}

/// `tmux_send_keys`
pub async fn tmux_send_keys(services: &Arc<Services>, request: &TmuxSendKeys) -> Result<reply::Done, WireError> {
    let tmux = request.tmux.as_deref();
    let (server, key) = services.pane_seen(tmux, &request.pane).await?;
    match send(&server, &key, &request.keys).await {
        // Nothing was typed: another process is in it than when it was seen.
        Err(TmuxError::NoPane(_)) => {
            let (server, key) = services.pane(tmux, &request.pane).await?;
            send(&server, &key, &request.keys).await?;
        }
        sent => sent?,
    }
    Ok(reply::Done {})
}

async fn send(server: &Server, key: &PaneKey, keys: &Keys) -> Result<(), TmuxError> {
    let seen = server.snapshot().takes_keys(key);
    match keys {
        Keys::Text(text) => pane::send_text(&server.handle, key, seen, text.as_bytes()).await,
        Keys::Names(names) => pane::send_keys(&server.handle, key, seen, names).await,
    }
}

/// `tmux_capture_pane`
pub async fn tmux_capture_pane(
    services: &Arc<Services>,
    request: &TmuxCapturePane,
) -> Result<reply::TmuxCapturePane, WireError> {
    let lines = Lines { from: from_the_end("start", request.start)?, to: from_the_end("end", request.end)? };
    let style = if request.ansi { Style::Ansi } else { Style::Plain };
    let (server, key) = services.pane(request.tmux.as_deref(), &request.pane).await?;
    let text = pane::capture(&server.handle, &key, lines, style).await?;
    Ok(reply::TmuxCapturePane { content: String::from_utf8_lossy(&text).into_owned() })
}

/// -1 is the last line.
fn from_the_end(what: &str, line: Option<i64>) -> Result<Option<NonZeroU32>, WireError> {
    let Some(line) = line else { return Ok(None) };
    let count = u32::try_from(line.unsigned_abs()).ok().and_then(NonZeroU32::new).filter(|_| line < 0);
    count.map(Some).ok_or_else(|| {
        let text = format!("`{what}` is {line}: lines are counted from the end, -1 is the last one that is not blank");
        WireError::new(Code::InvalidArgument, text)
    })
}

/// `focus_next`
pub async fn focus_next(services: &Arc<Services>, request: &FocusNext) -> Result<reply::FocusNext, WireError> {
    flows::focus_next::focus_next(services, request).await
}

/// `restore_panes`
pub async fn restore_panes(services: &Arc<Services>, request: &RestorePanes) -> Result<reply::RestorePanes, WireError> {
    flows::restore_panes::restore_panes(services, request).await
}

/// The panes of which something is known, for `get_state`.
pub fn states(services: &Services) -> std::collections::BTreeMap<String, reply::PaneState> {
    let servers: Vec<Arc<Server>> = services.panes.open_servers().into_iter().map(|(server, _)| server).collect();
    let mut states = std::collections::BTreeMap::new();
    for pane in servers.iter().flat_map(|server| server.snapshot().panes.clone()) {
        let env = services.environments.overrides(&pane).pane;
        if pane.agent.is_some() || env.is_some() {
            states.insert(pane.key.pane.to_string(), reply::PaneState { env, agent_id: pane.agent });
        }
    }
    states
}
