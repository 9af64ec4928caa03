//! The line for status bars: what it says now, and the task that keeps it in tmux up to date.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::{JoinHandle, JoinSet};

use super::panes::Server;
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

/// How long a server may take over the last line.
const LEAVING: Duration = Duration::from_millis(500);

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

/// What one server's status bar holds, and who writes it.
#[derive(Default)]
struct Bar {
    push: Push<PaneKey>,
    /// A task of its own for each server: one that hangs delays no other. It says whether everything was taken.
    writing: Option<JoinHandle<bool>>,
    /// It did not take the line, and is left alone until then.
    not_before: Option<Instant>,
}

/// Keeps the line in every registered server's option, for as long as the daemon runs. While there is none it sleeps.
pub async fn keep(services: Arc<Services>) {
    let mut happenings = services.happenings.subscribe();
    let mut bars: BTreeMap<ServerId, Bar> = BTreeMap::new();
    let written = Arc::new(Notify::new());
    loop {
        let next = push(&services, &mut bars, &written).await;
        tokio::select! {
            happened = happenings.recv() => if let Err(RecvError::Closed) = happened { return },
            () = services.panes.changed.notified() => {}
            () = services.notifications.changed.notified() => {}
            () = written.notified() => {}
            () = until(next) => {}
        }
        // What else has happened meanwhile is in the same line.
        happenings = happenings.resubscribe();
    }
}

/// Writes what is due and returns when something will be, if nothing happens.
async fn push(services: &Services, bars: &mut BTreeMap<ServerId, Bar>, written: &Arc<Notify>) -> Option<Instant> {
    let servers = registered(services);
    bars.retain(|id, _| servers.iter().any(|server| server.handle.server() == id));
    if servers.is_empty() {
        return None;
    }
    let text: Arc<str> = line(services, Format::Tmux).into();
    let now = services.clock.instant();
    let up = now.saturating_duration_since(services.started);
    let mut next = now + segment::uptime_changes_in(up);
    for server in servers {
        let bar = bars.entry(server.handle.server().clone()).or_default();
        if let Some(writing) = bar.writing.take_if(|writing| writing.is_finished())
            && !writing.await.unwrap_or(false)
        {
            // What the server holds now is not known, so all of it is written again, when it may answer again.
            *bar = Bar { not_before: Some(now + AGAIN), ..Bar::default() };
        }
        if bar.writing.is_some() {
            continue;
        }
        if let Some(not_before) = bar.not_before.filter(|at| *at > now) {
            next = next.min(not_before);
            continue;
        }
        let writes = bar.push.changed(now, Wanted { global: Some(text.clone()), panes: BTreeMap::new() });
        next = bar.push.next_deadline(now).map_or(next, |due| due.min(next));
        if !writes.is_empty() {
            bar.writing = Some(tokio::spawn(write(server, writes, written.clone())));
        }
    }
    Some(next)
}

fn registered(services: &Services) -> Vec<Arc<Server>> {
    let servers = services.panes.open_servers();
    servers.into_iter().filter(|(_, registered)| *registered).map(|(server, _)| server).collect()
}

async fn write(server: Arc<Server>, writes: Vec<Write<PaneKey>>, written: Arc<Notify>) -> bool {
    let mut taken = true;
    for write in writes {
        if let Err(error) = carry_out(&server.handle, &write).await {
            tracing::debug!(server = %server.handle.server(), %error, "the status bar could not be written");
            taken = false;
        }
    }
    // The runtime has one thread: by the time that this is heard the task has ended.
    written.notify_one();
    taken
}

/// Says in every registered server's status bar that nobody keeps it any more. One that hangs is not waited for.
pub async fn take_leave(services: &Services) {
    let text: Arc<str> = render(&Look::default(), &[], Format::Tmux).into();
    let mut writing = JoinSet::new();
    for server in registered(services) {
        let write = Write { target: Target::Global, text: Some(text.clone()) };
        writing.spawn(async move { carry_out(&server.handle, &write).await });
    }
    // A server that does not take it keeps what it has.
    let _ = tokio::time::timeout(LEAVING, async { while writing.join_next().await.is_some() {} }).await;
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
