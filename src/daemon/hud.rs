//! The line for status bars: what it says now, and the task that keeps it in tmux up to date.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::broadcast::error::RecvError;

use super::services::Services;
use crate::agent::status::Activity;
use crate::hud::push::{Push, Target, Wanted, Write};
use crate::hud::render::{Format, Look, render};
use crate::hud::segment::{self, Segment};
use crate::notify::queue::Notification;
use crate::tmux::client::Handle;
use crate::tmux::error::TmuxError;
use crate::tmux::pane::{self, Scope};
use crate::tmux::server::{PaneKey, ServerId};

/// The option that a status bar reads.
const OPTION: &str = "@pintle_hud";

/// After a server did not take the line, so long until it is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// What the line is made of.
pub fn segments(services: &Services) -> Vec<Segment> {
    let agents = services.agents.all();
    let live = agents.iter().filter(|agent| agent.exit().is_none());
    let blocked = live.clone().filter(|agent| agent.judgement().activity == Activity::Blocked).count();
    let newest = services.notifications.newest();
    let note = newest.as_ref().map(Notification::text);
    let up = services.clock.instant().saturating_duration_since(services.started);
    vec![
        segment::agents(live.count(), blocked),
        segment::uptime(up),
        segment::note(note.as_deref(), newest.is_some_and(|newest| newest.level.is_urgent())),
    ]
}

/// The line as it is now.
pub fn line(services: &Services, format: Format) -> String {
    render(&Look::default(), &segments(services), format)
}

/// Keeps the line in every registered server's option, for as long as the daemon runs. While there is none it sleeps.
pub async fn keep(services: Arc<Services>) {
    let mut happenings = services.happenings.subscribe();
    let mut pushes: BTreeMap<ServerId, Push<PaneKey>> = BTreeMap::new();
    loop {
        let next = push(&services, &mut pushes).await;
        tokio::select! {
            happened = happenings.recv() => if let Err(RecvError::Closed) = happened { return },
            () = services.panes.changed.notified() => {}
            () = services.notifications.changed.notified() => {}
            () = until(next) => {}
        }
        // What else has happened meanwhile is in the same line.
        happenings = happenings.resubscribe();
    }
}

/// Writes what is due and returns when something will be, if nothing happens.
async fn push(services: &Services, pushes: &mut BTreeMap<ServerId, Push<PaneKey>>) -> Option<Instant> {
    let servers = services.panes.open_servers();
    let servers: Vec<_> = servers.into_iter().filter(|(_, registered)| *registered).map(|(server, _)| server).collect();
    pushes.retain(|id, _| servers.iter().any(|server| server.handle.server() == id));
    if servers.is_empty() {
        return None;
    }
    let text: Arc<str> = line(services, Format::Tmux).into();
    let now = services.clock.instant();
    let up = now.saturating_duration_since(services.started);
    let mut next = now + segment::uptime_changes_in(up);
    for server in servers {
        let id = server.handle.server();
        let push = pushes.entry(id.clone()).or_default();
        let wanted = Wanted { global: Some(text.clone()), panes: BTreeMap::new() };
        let mut failed = false;
        for write in push.changed(now, wanted) {
            if let Err(error) = carry_out(&server.handle, &write).await {
                tracing::debug!(server = %id, %error, "the status bar could not be written");
                failed = true;
            }
        }
        next = push.next_deadline(now).map_or(next, |due| due.min(next));
        if failed {
            // What the server holds now is not known, so all of it is written again, when it may answer again.
            pushes.remove(id);
            next = next.min(now + AGAIN);
        }
    }
    Some(next)
}

async fn carry_out(handle: &Handle, write: &Write<PaneKey>) -> Result<(), TmuxError> {
    let scope = match &write.target {
        Target::Global => Scope::Global,
        Target::Pane(pane) => Scope::Pane(pane),
    };
    match &write.text {
        Some(text) => pane::set_option(handle, scope, OPTION, text.as_bytes()).await,
        None => pane::unset_option(handle, scope, OPTION).await,
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
