//! The line for status bars: what it says now, and the task that keeps it in tmux up to date.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn, ready};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use super::panes::Server;
use super::panes::follow::Snapshot;
use super::services::Services;
use crate::agent::status::Activity;
use crate::hud::color::Color;
use crate::hud::push::{Push, Target, Wanted, Write};
use crate::hud::render::{Format, render};
use crate::hud::segment::{self, Segment};
use crate::notify::queue::Notification;
use crate::tmux::client::Handle;
use crate::tmux::error::TmuxError;
use crate::tmux::pane::{self, OptionSpec, Pane, Scope};
use crate::tmux::server::{PaneId, PaneKey, ServerId};

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
    /// A task of its own for each server: one that hangs delays no other.
    writing: Option<Writing>,
    /// It did not take the line, and is left alone until then.
    not_before: Option<Instant>,
    /// The panes as they were taken last.
    followed: Option<Arc<Snapshot>>,
}

/// A batch on its way to a server.
struct Writing {
    batch: Batch,
    taken: JoinHandle<Taken>,
}

/// What is to be written at once.
type Batch = Vec<(Shown, Write<PaneKey>)>;

/// What became of a batch: whether each of it was written, or else its pane is not that one any more. An error leaves open what was.
type Taken = Result<Vec<bool>, TmuxError>;

impl Bar {
    /// A server on which an earlier daemon may have written. What it wrote is not known, but where.
    fn found(panes: &[Pane]) -> Self {
        let mut bar = Self::default();
        for pane in panes.iter().filter(|pane| pane.env.is_some()) {
            for option in OPTIONS {
                bar.doubt(option, Target::Pane(pane.key.clone()));
            }
        }
        bar
    }

    fn doubt(&mut self, option: Shown, target: Target<PaneKey>) {
        for (_, push) in OPTIONS.into_iter().zip(&mut self.pushes).filter(|(other, _)| *other == option) {
            push.doubt(target.clone());
        }
    }

    /// Takes the panes as they are: those that are gone have taken their options along, and those in which something else runs have not.
    fn follow(&mut self, snapshot: &Arc<Snapshot>) {
        // Mostly an agent has changed and no pane.
        if self.followed.as_ref().is_some_and(|followed| Arc::ptr_eq(followed, snapshot)) {
            return;
        }
        self.followed = Some(snapshot.clone());
        let now: BTreeMap<PaneId, &PaneKey> = snapshot.panes.iter().map(|pane| (pane.key.pane, &pane.key)).collect();
        for push in &mut self.pushes {
            push.follow(|pane| now.get(&pane.pane).map(|key| (*key).clone()));
        }
    }

    /// Notes what became of the batch on its way, if that is known by now. False: the server did not answer.
    async fn note_written(&mut self) -> bool {
        let Some(Writing { batch, taken }) = self.writing.take_if(|writing| writing.taken.is_finished()) else {
            return true;
        };
        let taken = taken.await.ok().and_then(Result::ok);
        for (at, (option, write)) in batch.into_iter().enumerate() {
            if !taken.as_ref().is_some_and(|taken| taken[at]) {
                self.doubt(option, write.target);
            }
        }
        taken.is_some()
    }

    /// The last batch of all: everybody is told that nobody keeps the line any more, and nothing is claimed of any pane.
    fn leave(&mut self, inactive: &Arc<str>) -> Batch {
        if let Some(Writing { batch, taken }) = self.writing.take() {
            // What it has sent is carried out before what is sent now.
            taken.abort();
            batch.into_iter().for_each(|(option, write)| self.doubt(option, write.target));
        }
        let mut writes = Batch::new();
        for (option, push) in OPTIONS.into_iter().zip(&mut self.pushes) {
            let global = (option == Shown::Hud).then(|| inactive.clone());
            let last = push.leave(Wanted { global, panes: BTreeMap::new() });
            writes.extend(last.into_iter().map(|write| (option, write)));
        }
        writes
    }
}

/// Keeps the line in every registered server's option, for as long as the daemon runs. While there is none it sleeps. When `leaving`
/// resolves it takes back what it has written, and returns.
pub async fn keep(services: Arc<Services>, leaving: oneshot::Receiver<()>) {
    let mut bars: BTreeMap<ServerId, Bar> = BTreeMap::new();
    tokio::select! {
        () = write_what_happens(&services, &mut bars) => {}
        _ = leaving => take_leave(&services, bars).await,
    }
}

/// Returns when nothing can happen any more.
async fn write_what_happens(services: &Arc<Services>, bars: &mut BTreeMap<ServerId, Bar>) {
    let mut happenings = services.happenings.subscribe();
    let written = Arc::new(Notify::new());
    loop {
        let next = push(services, bars, &written).await;
        let rests = services.clock.instant() + BURST;
        tokio::select! {
            biased;
            // Of an agent's change a happening is made as well, by another task: it is waited for by somebody who looks.
            () = services.agents.changes().to_draw() => {}
            happened = happenings.recv() => if let Err(RecvError::Closed) = happened { return },
            () = services.panes.changed.notified() => {}
            () = services.notifications.changed.notified() => {}
            () = written.notified() => {}
            () = until(next) => {}
        }
        if services.clock.instant() < rests {
            until(Some(rests)).await;
            // What else has happened meanwhile is in the same line.
            happenings = happenings.resubscribe();
            services.agents.changes().drawn();
        }
    }
}

/// Writes what is due and returns when something will be, if nothing happens.
async fn push(services: &Arc<Services>, bars: &mut BTreeMap<ServerId, Bar>, written: &Arc<Notify>) -> Option<Instant> {
    let servers = registered(services);
    bars.retain(|id, _| servers.iter().any(|server| server.handle.server() == id));
    if servers.is_empty() {
        return None;
    }
    let now = services.clock.instant();
    let mut next: Option<Instant> = None;
    let mut sooner = |at: Instant| next = Some(next.map_or(at, |next| next.min(at)));
    for server in servers {
        let bar = bars.entry(server.handle.server().clone()).or_insert_with(|| Bar::found(&server.snapshot().panes));
        if !bar.note_written().await {
            bar.not_before = Some(now + AGAIN);
        }
        if bar.writing.is_some() {
            continue;
        }
        if let Some(not_before) = bar.not_before.filter(|at| *at > now) {
            sooner(not_before);
            continue;
        }
        let snapshot = server.snapshot();
        bar.follow(&snapshot);
        let mut batch = Batch::new();
        let wanted = wanted(services, &snapshot.panes);
        for ((option, push), wanted) in OPTIONS.into_iter().zip(&mut bar.pushes).zip(wanted) {
            batch.extend(push.changed(now, wanted).into_iter().map(|write| (option, write)));
        }
        if !batch.is_empty() {
            let mut taken = Box::pin(write(services.clone(), server, batch.clone(), written.clone()));
            // Its first step hands the batch over, before anybody else's turn; a task of its own would come behind all that was woken.
            let known = poll_fn(|cx| Poll::Ready(taken.as_mut().poll(cx))).await;
            // What is left to do here can be done when the client has written.
            tokio::task::yield_now().await;
            let taken = match known {
                Poll::Ready(taken) => tokio::spawn(ready(taken)),
                Poll::Pending => tokio::spawn(taken),
            };
            bar.writing = Some(Writing { batch, taken });
        }
        // Somebody looks at what was written; when there will be more to write is worked out behind it.
        bar.pushes.iter().filter_map(|push| push.next_deadline(now)).for_each(&mut sooner);
    }
    sooner(now + segment::uptime_changes_in(now.saturating_duration_since(services.started)));
    if let Some(until) = services.environments.next_disarmed(services.clock.now()) {
        let left = until.duration_since(services.clock.now()).try_into().unwrap_or_default();
        sooner(now + segment::armed_changes_in(left));
    }
    next
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
        let segments: Vec<&Segment> = [env].into_iter().chain(&everybodys[1..]).collect();
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

/// Writes a batch, and tells `written` when it is done.
async fn write(services: Arc<Services>, server: Arc<Server>, batch: Batch, written: Arc<Notify>) -> Taken {
    let taken = carry_out(&server.handle, &batch).await;
    match &taken {
        Err(error) => tracing::debug!(server = %server.handle.server(), %error, "the status bar could not be written"),
        // Of a pane that is not there, or is another one by now, nobody has told yet.
        // (A box, since malloc puts all its free places in order for one of more than 1 KiB, and this is what makes it that large.)
        Ok(taken) if taken.contains(&false) => Box::pin(services.look_soon(&server)).await,
        Ok(_) => {}
    }
    // The runtime has one thread: by the time that this is heard the task has ended.
    written.notify_one();
    taken
}

/// Says in every registered server's status bar that nobody keeps it any more. One that hangs is not waited for.
async fn take_leave(services: &Services, mut bars: BTreeMap<ServerId, Bar>) {
    let text: Arc<str> = render(&services.environments.look(), &[] as &[Segment], Format::Tmux).into();
    let mut writing = JoinSet::new();
    for server in registered(services) {
        let bar = bars.remove(server.handle.server());
        let mut bar = bar.unwrap_or_else(|| Bar::found(&server.snapshot().panes));
        bar.follow(&server.snapshot());
        let last = bar.leave(&text);
        writing.spawn(async move { carry_out(&server.handle, &last).await });
    }
    // A server that does not take it keeps what it has.
    let _ = tokio::time::timeout(LEAVING, async { while writing.join_next().await.is_some() {} }).await;
}

/// All of it in one round trip, for which tmux draws its clients anew once.
async fn carry_out(handle: &Handle, batch: &Batch) -> Taken {
    let options: Vec<OptionSpec<'_>> = batch
        .iter()
        .map(|(option, write)| OptionSpec {
            scope: match &write.target {
                Target::Global => Scope::Global,
                Target::Pane(pane) => Scope::Pane(pane),
            },
            name: option.name(),
            value: write.text.as_ref().map(|text| text.as_bytes()),
        })
        .collect();
    let taken = |written| match written {
        Ok(()) => Ok(true),
        Err(TmuxError::NoPane(_)) => Ok(false),
        // It would refuse the rest as well, and again at once.
        Err(error) => Err(error),
    };
    pane::write_options(handle, &options).await?.into_iter().map(taken).collect()
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
