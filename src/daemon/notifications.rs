//! What the person is told: kept until it is read, on the disk too, and shown in tmux where they look elsewhere.

mod ends;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;

use self::ends::Ends;
use super::panes::Server;
use super::panes::follow::Snapshot;
use super::services::Services;
use crate::agent::actor::Agent;
use crate::agent::changes::Change as AgentChange;
use crate::hud::text::plain;
use crate::notify::queue::{Drained, Notification, NotificationSpec, Origin, Queue, Saved};
use crate::notify::rule::{self, Change, Rule, Verdict};
use crate::project::state::{Kept, NotificationEntry, NotificationsFile};
use crate::protocol::typed::event::Event;
use crate::tmux::error::TmuxError;
use crate::tmux::pane::{self, Pane};
use crate::tmux::viewer::{self, Viewer};

/// Columns of a message in tmux. A narrow terminal shows less of it.
const MESSAGE_CELLS: usize = 200;

/// How long tmux may take to say who looks at what.
const LOOK: Duration = Duration::from_millis(200);

/// Notifications that nobody has read, and what is known of agents to make new ones.
pub struct Notifications {
    file: Arc<Kept<NotificationsFile>>,
    queue: Mutex<Queue>,
    rule: Mutex<Rule>,
    ends: Ends,
    /// Told when there is another newest one.
    pub changed: Notify,
    /// Told when there is one that was not shown in tmux yet.
    unshown: Notify,
}

impl Notifications {
    /// Reads what nobody has read yet. What is wrong with the file comes along.
    pub fn load(path: PathBuf) -> (Self, Option<String>) {
        let (file, warning) = Kept::<NotificationsFile>::load(path);
        let saved = file.read(|file| Saved {
            notifications: file.notifications.iter().cloned().map(from_entry).collect(),
            dropped: file.dropped,
            next_id: file.next_id,
        });
        let queue = Mutex::new(Queue::restored(saved));
        let loaded = Self {
            file,
            queue,
            rule: Mutex::default(),
            ends: Ends::default(),
            changed: Notify::new(),
            unshown: Notify::new(),
        };
        (loaded, warning)
    }

    /// The newest that nobody has read.
    pub fn newest(&self) -> Option<Notification> {
        self.queue().newest().cloned()
    }

    /// Everything that nobody has read, the oldest first, and how many more there were.
    pub fn list(&self) -> Drained {
        let queue = self.queue();
        Drained { notifications: queue.list().cloned().collect(), dropped: queue.dropped() }
    }

    /// The same, and it counts as read.
    pub fn drain(&self) -> Drained {
        let drained = self.queue().drain();
        self.save();
        self.changed.notify_one();
        drained
    }

    /// A process of this agent is started again: how an earlier one ended does not concern it.
    pub fn expect_start(&self, agent: &str) {
        self.ends.forget(agent);
    }

    /// The agent is gone for good.
    pub fn forget(&self, agent: &str) {
        self.rule().forget(agent);
        self.ends.forget(agent);
    }

    /// Returns when the next daemon would know all of it, as far as the disk takes it.
    pub async fn written(&self) {
        self.file.written().await;
    }

    fn push(&self, now: jiff::Timestamp, spec: NotificationSpec) -> Notification {
        let notification = self.queue().push(now, spec);
        self.save();
        self.changed.notify_one();
        notification
    }

    fn save(&self) {
        let Saved { notifications, dropped, next_id } = self.queue().saved();
        let notifications = notifications.into_iter().map(to_entry).collect();
        self.file.change(|file| *file = NotificationsFile { notifications, dropped, next_id });
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rule(&self) -> MutexGuard<'_, Rule> {
        self.rule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes notifications of what agents do, for as long as the daemon runs. A task of its own: it asks tmux who looks at what, and
/// whoever else hears of agents does not wait for that.
pub async fn follow(services: Arc<Services>) {
    let mut changes = services.agents.changes().subscribe();
    loop {
        match changes.recv().await {
            Ok(change) => services.notify_of(&change).await,
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

/// Shows in tmux what there is to tell, for as long as the daemon runs. If more comes than can be shown, the newest is: the others are
/// in the list.
pub async fn show(services: Arc<Services>) {
    loop {
        services.notifications.unshown.notified().await;
        if let Some(newest) = services.notifications.newest() {
            services.show(&newest);
        }
    }
}

impl Services {
    /// Tells the person something.
    pub fn notify(self: &Arc<Self>, spec: NotificationSpec) -> Notification {
        let notification = self.notifications.push(self.clock.now(), spec);
        let event = Event::notification(self.clock.now(), notification.id);
        self.tell(std::path::Path::new(""), Some(event));
        self.notifications.unshown.notify_one();
        notification
    }

    /// The newest notification that nobody has read and that still holds, for the status bar.
    pub fn newest_note(&self) -> Option<Notification> {
        let holds = |notification: &&Notification| {
            let agent = notification.agent.as_ref().and_then(|agent| self.agents.get(agent));
            let live = agent.filter(|agent| agent.exit().is_none());
            rule::holds(notification, live.map(|agent| agent.judgement().activity.as_str()))
        };
        self.notifications.queue().list().rev().find(holds).cloned()
    }

    /// An agent does something else: the person is told if it wants them.
    async fn notify_of(self: &Arc<Self>, change: &AgentChange) {
        // Taken back, or gone for good, before this was heard: nobody can look at it any more, and nobody knows that its end was wanted.
        if self.agents.get(&change.agent).is_none() {
            return;
        }
        let activity = change.judgement.activity.as_str();
        let on_purpose = self.notifications.ends.of(&change.agent).on_purpose || self.is_wanted_gone(&change.agent);
        let would_tell = self.notifications.rule().would_tell(self.clock.instant(), &change.agent, activity);
        let worth_asking = would_tell && !on_purpose;
        if worth_asking {
            // The status bar says it too, and is not to wait for the question.
            tokio::task::yield_now().await;
        }
        let looked_at = worth_asking && self.is_looked_at(&change.agent).await;
        let project = self.agents.get(&change.agent).and_then(|agent| self.project_of(&agent));
        let name = project.and_then(|project| Some(project.store.read().agent(&change.agent)?.name.clone()));
        let verdict = self.notifications.rule().changed(
            self.clock.instant(),
            &Change {
                agent: &change.agent,
                name: name.as_deref().unwrap_or(&change.agent),
                activity,
                because: &change.judgement.because,
                looked_at,
                on_purpose,
            },
        );
        match verdict {
            Verdict::Nothing => {}
            Verdict::Tell(spec) => drop(self.notify(spec)),
            Verdict::Later(at) => drop(tokio::spawn(self.clone().ask_again(at, change.clone()))),
        }
    }

    /// What was put off is told if it is still so. (A box, since it ends where it began.)
    fn ask_again(self: Arc<Self>, at: Instant, mut change: AgentChange) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            tokio::time::sleep_until(at.into()).await;
            let Some(agent) = self.agents.get(&change.agent) else { return };
            let judgement = agent.judgement();
            if judgement.activity == change.judgement.activity {
                change.judgement = judgement;
                self.notify_of(&change).await;
            }
        })
    }

    /// An agent that an earlier daemon knew: what it told of it is not told again.
    pub fn adopt_for_notifications(&self, agent: &Agent) {
        self.notifications.rule().adopt(&agent.id, agent.judgement().activity.as_str());
    }

    /// Somebody looks at a pane that shows it, or that showed it when it ended, and types into that one. Whether the terminal itself
    /// has the focus is known only where tmux's `focus-events` are on, which they seldom are.
    async fn is_looked_at(&self, agent: &str) -> bool {
        let mut snapshots = Vec::new();
        for (server, _) in self.panes.open_servers() {
            // As it is now: a person may have changed panes a moment ago. One that hangs is known as it was.
            let now = tokio::time::timeout(LOOK, server.look()).await;
            let snapshot = now.ok().and_then(Result::ok).unwrap_or_else(|| server.snapshot());
            if snapshot.showing(agent).any(is_looked_at) {
                return true;
            }
            snapshots.push(snapshot);
        }
        let panes = || snapshots.iter().flat_map(|snapshot| &snapshot.panes);
        self.notifications.ends.of(agent).is_seen(|key| panes().find(|pane| pane.key == *key).map(is_looked_at))
    }

    /// Shows it to everybody who looks at something else. A task for each server: one that hangs delays no other.
    fn show(&self, notification: &Notification) {
        for (server, _) in self.panes.open_servers().into_iter().filter(|(_, registered)| *registered) {
            let notification = notification.clone();
            tokio::spawn(async move {
                if let Err(error) = show_on(&server, &notification).await {
                    tracing::debug!(%error, "a notification could not be shown in tmux");
                }
            });
        }
    }
}

/// It has the keys of somebody to whom it is shown.
fn is_looked_at(pane: &Pane) -> bool {
    pane.visible && pane.active
}

async fn show_on(server: &Server, notification: &Notification) -> Result<(), TmuxError> {
    let text = plain(&format!("pintle: {}", notification.text()), MESSAGE_CELLS);
    let snapshot = server.snapshot();
    let agent = notification.agent.as_deref();
    let shows =
        |viewer: &Viewer| agent.is_some_and(|agent| snapshot.showing(agent).any(|pane| pane.key.pane == viewer.pane));
    let viewers = viewer::list(&server.handle).await?;
    let elsewhere: Vec<Viewer> = viewers.into_iter().filter(|viewer| !shows(viewer)).collect();
    viewer::tell(&server.handle, &elsewhere, &text).await?;
    if elsewhere.iter().any(|viewer| viewer.bell) {
        ring(server, &snapshot, notification, &elsewhere).await?;
    }
    Ok(())
}

/// Rings in the pane it comes from and in those that show the agent, or, where there is none, in those that people look at.
async fn ring(
    server: &Server,
    snapshot: &Snapshot,
    notification: &Notification,
    viewers: &[Viewer],
) -> Result<(), TmuxError> {
    let mut terminals = BTreeSet::new();
    let shown = notification.agent.iter().flat_map(|agent| snapshot.showing(agent));
    let from = snapshot.panes.iter().filter(|pane| notification.origin.as_ref().is_some_and(|from| is_it(pane, from)));
    let panes: Vec<&Pane> = shown.chain(from).collect();
    for pane in panes {
        terminals.insert(pane::tty(&server.handle, &pane.key).await?);
    }
    if terminals.is_empty() {
        terminals.extend(viewers.iter().filter(|viewer| viewer.bell).map(|viewer| viewer.pane_tty.clone()));
    }
    for terminal in terminals {
        if let Err(error) = viewer::ring(&terminal) {
            tracing::debug!(%error, terminal = %terminal.display(), "the bell could not be rung");
        }
    }
    Ok(())
}

/// Whether somebody who has named a pane meant this one. Without its server it is none: which one was meant is not guessed.
fn is_it(pane: &Pane, named: &Origin) -> bool {
    let tmux = pane.key.server.socket.to_string();
    pane.key.pane.to_string() == named.pane && named.tmux.as_ref() == Some(&tmux)
}

fn to_entry(notification: Notification) -> NotificationEntry {
    let (pane, tmux) = notification.origin.map(|origin| (origin.pane, origin.tmux)).unzip();
    NotificationEntry {
        id: notification.id,
        title: notification.title,
        message: notification.message,
        level: notification.level.as_str().to_owned(),
        at: notification.timestamp,
        source: notification.source,
        agent: notification.agent,
        pane,
        tmux: tmux.flatten(),
    }
}

fn from_entry(entry: NotificationEntry) -> Notification {
    Notification {
        id: entry.id,
        title: entry.title,
        message: entry.message,
        // Of a word that only a newer pintle knows, that somebody should know.
        level: entry.level.parse().unwrap_or_default(),
        timestamp: entry.at,
        source: entry.source,
        agent: entry.agent,
        origin: entry.pane.map(|pane| Origin { pane, tmux: entry.tmux }),
    }
}
