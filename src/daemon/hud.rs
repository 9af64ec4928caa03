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
use crate::hud::color::Color;
use crate::hud::push::{Push, Target, Wanted, Write};
use crate::hud::render::{Format, render};
use crate::hud::segment::{self, Segment};
use crate::notify::queue::Notification;
use crate::tmux::client::Handle;
use crate::tmux::error::TmuxError;
use crate::tmux::pane::{self, Pane, Scope};
use crate::tmux::server::{PaneKey, ServerId};

/// An option of panes, and of all panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    /// The line, for status bars.
    Hud,
    /// The environment's name, for pane borders and window lists.
    Env,
    /// Its colour.
    EnvColor,
}

impl Shown {
    const fn name(self) -> &'static str {
        match self {
            Self::Hud => "@pintle_hud",
            Self::Env => "@pintle_env",
            Self::EnvColor => "@pintle_env_color",
        }
    }
}

const OPTIONS: [Shown; 3] = [Shown::Hud, Shown::Env, Shown::EnvColor];

/// How long a server may take over the last line.
const LEAVING: Duration = Duration::from_millis(500);

/// The line is made once in this time, however much happens: agents that print say so with every line of theirs.
const BURST: Duration = Duration::from_millis(30);

/// After a server did not take the line, so long until it is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// What the line is made of: for a pane, or for all that have nothing of their own.
pub fn segments(services: &Services, pane: Option<&Pane>) -> Vec<Segment> {
    let agents = services.agents.all();
    let live = agents.iter().filter(|agent| agent.exit().is_none());
    let blocked = live.clone().filter(|agent| agent.judgement().activity == Activity::Blocked).count();
    let newest = services.newest_note();
    let note = newest.as_ref().map(Notification::text);
    let up = services.clock.instant().saturating_duration_since(services.started);
    let broken = services.environments.loaded().broken.len();
    let chosen = match pane {
        Some(pane) => services.env_of(pane).map(|(name, _)| name),
        None => services.environments.global(),
    };
    vec![
        env(services, pane, chosen.as_deref()),
        segment::config(broken),
        segment::agents(live.count(), blocked),
        segment::uptime(up),
        segment::note(note.as_deref(), newest.is_some_and(|newest| newest.level.is_urgent())),
    ]
}

/// The environment's part of the line.
fn env(services: &Services, pane: Option<&Pane>, chosen: Option<&str>) -> Segment {
    let environments = &services.environments;
    let Some(name) = chosen else { return segment::env("", None, true, None) };
    let loaded = environments.loaded();
    let Some(described) = loaded.envs.get(name) else { return segment::unknown_env(name) };
    // What a pane has that shows an agent is its own shell's, which waits: no guard is lifted for the agent, and its commands look anew.
    let pane = pane.filter(|pane| pane.agent.is_none());
    let now = services.clock.now();
    let armed = pane.and_then(|pane| environments.armed_until(&pane.key, name, now));
    let armed = armed.and_then(|until| until.duration_since(now).try_into().ok());
    let is_applied = pane.is_none_or(|pane| environments.is_applied(&pane.key));
    let color = described.color.as_deref().and_then(|color| color.parse().ok());
    segment::env(name, color, is_applied, armed)
}

/// The line as it is now.
pub fn line(services: &Services, pane: Option<&Pane>, format: Format) -> String {
    render(&services.environments.look(), &segments(services, pane), format)
}

/// What one server's status bar holds, and who writes it.
#[derive(Default)]
struct Bar {
    /// What is in each of [`OPTIONS`].
    pushes: [Push<PaneKey>; 3],
    /// A task of its own for each server: one that hangs delays no other. It says whether everything was taken.
    writing: Option<JoinHandle<bool>>,
    /// It did not take the line, and is left alone until then.
    not_before: Option<Instant>,
}

impl Bar {
    /// A server on which an earlier daemon may have written. What it wrote is not known, but where: what it is does not matter, it is
    /// written anew.
    fn found(panes: &[Pane]) -> Self {
        let mut bar = Self::default();
        for pane in panes.iter().filter(|pane| pane.env.is_some()) {
            for push in &mut bar.pushes {
                push.found(Target::Pane(pane.key.clone()), Arc::from("\0"));
            }
        }
        bar
    }
}

/// Keeps the line in every registered server's option, for as long as the daemon runs. While there is none it sleeps.
pub async fn keep(services: Arc<Services>) {
    let mut happenings = services.happenings.subscribe();
    let mut bars: BTreeMap<ServerId, Bar> = BTreeMap::new();
    let written = Arc::new(Notify::new());
    loop {
        let next = push(&services, &mut bars, &written).await;
        let rests = services.clock.instant() + BURST;
        tokio::select! {
            happened = happenings.recv() => if let Err(RecvError::Closed) = happened { return },
            () = services.panes.changed.notified() => {}
            () = services.notifications.changed.notified() => {}
            () = written.notified() => {}
            () = until(next) => {}
        }
        if services.clock.instant() < rests {
            until(Some(rests)).await;
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
    let now = services.clock.instant();
    let up = now.saturating_duration_since(services.started);
    let mut next = now + segment::uptime_changes_in(up);
    if let Some(until) = services.environments.next_disarmed(services.clock.now()) {
        let left = until.duration_since(services.clock.now()).try_into().unwrap_or_default();
        next = next.min(now + segment::armed_changes_in(left));
    }
    for server in servers {
        let bar = bars.entry(server.handle.server().clone()).or_insert_with(|| Bar::found(&server.snapshot().panes));
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
        let snapshot = server.snapshot();
        let mut writes = Vec::new();
        let wanted = wanted(services, &snapshot.panes);
        for ((option, push), wanted) in OPTIONS.into_iter().zip(&mut bar.pushes).zip(wanted) {
            writes.extend(push.changed(now, wanted).into_iter().map(|write| (option, write)));
            next = push.next_deadline(now).map_or(next, |due| due.min(next));
        }
        if !writes.is_empty() {
            bar.writing = Some(tokio::spawn(write(server, writes, written.clone())));
        }
    }
    Some(next)
}

/// What the options are to be. A pane whose text is everybody's has none of its own.
fn wanted(services: &Services, panes: &[Pane]) -> [Wanted<PaneKey>; 3] {
    let loaded = services.environments.loaded();
    let everybodys = segments(services, None);
    // It is read as a format, where a `#` begins something.
    let name = |name: Option<&str>| name.map(|name| Arc::from(name.replace('#', "##")));
    let color = |name: Option<&str>| {
        let color: Color = loaded.envs.get(name?)?.color.as_deref()?.parse().ok()?;
        Some(Arc::from(color.to_string()))
    };
    let line = |env: &Segment| -> Arc<str> {
        let segments: Vec<Segment> = [env.clone()].into_iter().chain(everybodys[1..].iter().cloned()).collect();
        render(&services.environments.look(), &segments, Format::Tmux).into()
    };
    let global = services.environments.global();
    let global = [Some(line(&everybodys[0])), name(global.as_deref()), color(global.as_deref())];
    let mut wanted = global.map(|global| Wanted { global, panes: BTreeMap::new() });
    // Many panes, few environments: a line is made once for each.
    let mut lines: Vec<(Segment, Arc<str>)> = Vec::new();
    let environs = services.environs();
    for pane in panes {
        let chosen = environs.of(pane).map(|(name, _)| name);
        let chosen = chosen.as_deref();
        let segment = env(services, Some(pane), chosen);
        if segment != everybodys[0] {
            let known = lines.iter().find(|(known, _)| *known == segment).map(|(_, line)| line.clone());
            let text = known.unwrap_or_else(|| line(&segment));
            lines.push((segment, text.clone()));
            wanted[0].panes.insert(pane.key.clone(), text);
        }
        for (at, text) in [(1, name(chosen)), (2, color(chosen))] {
            // An empty one hides the global one where this pane has none.
            let text = text.or_else(|| wanted[at].global.as_ref().map(|_| Arc::from("")));
            if let Some(text) = text.filter(|text| Some(text) != wanted[at].global.as_ref()) {
                wanted[at].panes.insert(pane.key.clone(), text);
            }
        }
    }
    wanted
}

fn registered(services: &Services) -> Vec<Arc<Server>> {
    let servers = services.panes.open_servers();
    servers.into_iter().filter(|(_, registered)| *registered).map(|(server, _)| server).collect()
}

async fn write(server: Arc<Server>, writes: Vec<(Shown, Write<PaneKey>)>, written: Arc<Notify>) -> bool {
    let mut taken = true;
    for (option, write) in writes {
        if let Err(error) = carry_out(&server.handle, option, &write).await {
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
    let text: Arc<str> = render(&services.environments.look(), &[], Format::Tmux).into();
    let mut writing = JoinSet::new();
    for server in registered(services) {
        let write = Write { target: Target::Global, text: Some(text.clone()) };
        writing.spawn(async move { carry_out(&server.handle, Shown::Hud, &write).await });
    }
    // A server that does not take it keeps what it has.
    let _ = tokio::time::timeout(LEAVING, async { while writing.join_next().await.is_some() {} }).await;
}

async fn carry_out(handle: &Handle, option: Shown, write: &Write<PaneKey>) -> Result<(), TmuxError> {
    let scope = match &write.target {
        Target::Global => Scope::Global,
        Target::Pane(pane) => Scope::Pane(pane),
    };
    match &write.text {
        Some(text) => pane::set_option(handle, scope, option.name(), text.as_bytes()).await,
        None => pane::unset_option(handle, scope, option.name()).await,
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
