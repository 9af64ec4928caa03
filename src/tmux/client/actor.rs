//! The loop that owns the control client.
//!
//! It sleeps until somebody asks, tmux says something, or an answer is due. What it decides when the client is lost is in
//! [`Actor::lose`]: a command that was written and not answered may have been carried out, so only those that may be done twice are
//! asked again.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

use super::super::command::{Command, Effect};
use super::super::error::TmuxError;
use super::super::parser::{Event, Notification, Reply};
use super::super::server::ServerId;
use super::batch::Batched;
use super::link::Link;
use super::pipeline::Pipeline;
use super::{Answer, End, Launch, PATIENCE, Request, batch, push};
use crate::base::awake::{Awake, give_way};

/// Commands that may be in flight before another call is taken.
const IN_FLIGHT: usize = 256;
/// Bytes that may wait to be written before another call is taken.
const BACKLOG: usize = 1 << 20;
/// The first pause before a new client is tried for, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

type Answered = Result<Vec<Answer>, TmuxError>;
type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A call that is not answered completely.
struct Call {
    commands: Vec<Command>,
    answers: Vec<Option<Answer>>,
    answer: oneshot::Sender<Answered>,
}

/// A process that is running: what its answers are for, in their order.
type Process = (Vec<(u64, usize)>, Later<Batched>);

/// Whose answer it is: the call and the place in it. `None` for what the actor itself asks.
type Ticket = Option<(u64, usize)>;

pub(super) struct Actor {
    server: ServerId,
    launch: Launch,
    requests: mpsc::Receiver<Request>,
    changes: watch::Sender<u64>,
    /// The same number, for those who do not wait for it to grow.
    count: Arc<AtomicU64>,
    link: Option<Link>,
    pipeline: Pipeline<Ticket>,
    calls: HashMap<u64, Call>,
    next_call: u64,
    /// When the oldest unanswered command counts as never answered.
    due: Option<Instant>,
    awake: Awake,
    /// Calls for a process, and the process.
    waiting: VecDeque<u64>,
    batch: Option<Process>,
    connecting: Option<Later<Result<Link, TmuxError>>>,
    pause: Duration,
    /// No new client is tried for before this.
    not_before: Option<Instant>,
    end: Arc<OnceLock<End>>,
}

impl Actor {
    pub fn new(
        server: ServerId,
        launch: Launch,
        requests: mpsc::Receiver<Request>,
        link: Option<Link>,
        count: Arc<AtomicU64>,
        end: Arc<OnceLock<End>>,
    ) -> Result<Self, TmuxError> {
        let mut actor = Self {
            server,
            launch,
            requests,
            changes: watch::Sender::new(0),
            count,
            link: None,
            pipeline: Pipeline::default(),
            calls: HashMap::new(),
            next_call: 0,
            due: None,
            awake: Awake::default(),
            waiting: VecDeque::new(),
            batch: None,
            connecting: None,
            pause: FIRST_PAUSE,
            not_before: None,
            end,
        };
        if let Some(link) = link {
            actor.attach(link)?;
        }
        Ok(actor)
    }

    /// Runs until it is closed, the last handle is dropped, or the server is gone.
    pub async fn run(mut self) {
        let mut events = Vec::new();
        let closed = loop {
            self.start_what_is_due();
            let wanted = self.is_wanted();
            let awaited = self.awake.is_awaited(Instant::now().into_std());
            let retry = self.not_before.filter(|_| wanted && self.link.is_none() && self.connecting.is_none());
            tokio::select! {
                // What tmux has said is heard first: a request may rest on nothing having changed.
                biased;
                alive = turn(&mut self.link, &mut events) => self.heard(&mut events, alive),
                request = self.requests.recv(), if self.has_room() => match request {
                    None => break None,
                    Some(Request::Close(done)) => break Some(done),
                    Some(Request::Hook(answer)) => {
                        if let Err(error) = self.hook() {
                            tracing::debug!(%error, "the hooks could not be set again");
                        }
                        let _ = answer.send(());
                    }
                    Some(Request::Watch(answer)) => drop(answer.send(self.changes.subscribe())),
                    Some(Request::Call { commands, urgent, answer }) => self.take(commands, urgent, answer),
                },
                // Too far away to set a clock for while it is awake.
                () = until(self.due), if !awaited => self.lose(),
                () = until(retry) => self.not_before = None,
                connected = pending(&mut self.connecting) => {
                    self.connecting = None;
                    if matches!(connected.and_then(|link| self.attach(link)), Err(TmuxError::ServerGone(_))) {
                        return self.gone();
                    }
                }
                answers = pending_batch(&mut self.batch) => {
                    if let Err(TmuxError::ServerGone(_)) = self.batched(answers) {
                        return self.gone();
                    }
                }
                () = give_way(), if awaited => {}
            }
        };
        self.leave(closed).await;
    }

    /// Somebody waits for an answer, or wants to know of changes.
    fn is_wanted(&self) -> bool {
        !self.calls.is_empty() || self.changes.receiver_count() > 0
    }

    fn has_room(&self) -> bool {
        let backlog = self.link.as_ref().map_or(0, Link::backlog);
        self.pipeline.len() < IN_FLIGHT && backlog < BACKLOG && self.waiting.len() < IN_FLIGHT
    }

    /// Starts a process for the calls that wait for one, and tries for a client, when it is time.
    fn start_what_is_due(&mut self) {
        if self.batch.is_none() && !self.waiting.is_empty() {
            let (mut places, mut commands) = (Vec::new(), Vec::new());
            for id in self.waiting.drain(..) {
                let Some(call) = self.calls.get(&id) else { continue };
                for (index, command) in call.commands.iter().enumerate() {
                    if call.answers[index].is_none() {
                        places.push((id, index));
                        commands.push(command.clone());
                    }
                }
            }
            let server = self.server.clone();
            self.batch = Some((places, Box::pin(async move { batch::run(&server, &commands).await })));
        }
        let idle = self.link.is_none() && self.connecting.is_none() && self.not_before.is_none();
        if idle && self.is_wanted() {
            self.not_before = Some(Instant::now() + self.pause);
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            let (server, launch) = (self.server.clone(), self.launch);
            self.connecting = Some(Box::pin(async move { Link::connect(&server, launch).await }));
        }
    }

    fn take(&mut self, commands: Vec<Command>, urgent: bool, answer: oneshot::Sender<Answered>) {
        let id = self.next_call;
        self.next_call += 1;
        // What it has said and nobody has read may be a change. (Asked only where something rests on it.)
        let rests = commands.iter().any(Command::rests_on_what_was_seen);
        let heard_all = |link: &&Link| rests && !link.has_unread();
        let count = self.link.as_ref().filter(heard_all).map(|_| self.count.load(Ordering::Relaxed));
        let sent: Vec<Cow<'_, Command>> = commands.iter().map(|command| command.after(count)).collect();
        let lines: Result<Vec<_>, _> = sent.iter().map(|command| command.line()).collect();
        let lines = match lines {
            Ok(lines) => lines,
            Err(error) => return drop(answer.send(Err(error))),
        };
        match &mut self.link {
            None => self.waiting.push_back(id),
            Some(link) => {
                for (index, (command, line)) in sent.iter().zip(lines).enumerate() {
                    self.pipeline.sent(Some((id, index)), command, link.send(&line));
                }
                let now = Instant::now();
                self.due.get_or_insert(now + PATIENCE);
                if urgent {
                    self.awake.asked(now.into_std());
                }
            }
        }
        drop(sent);
        self.calls.insert(id, Call { answers: vec![None; commands.len()], commands, answer });
    }

    /// A client is there: the hooks are its first commands.
    fn attach(&mut self, link: Link) -> Result<(), TmuxError> {
        self.link = Some(link);
        self.hook().inspect_err(|_| self.link = None)?;
        // Whatever changed while there was no client was not told.
        self.changed();
        Ok(())
    }

    fn hook(&mut self) -> Result<(), TmuxError> {
        let Some(link) = &mut self.link else { return Ok(()) };
        for command in push::install(&link.name)? {
            let end = link.send(&command.line()?);
            self.pipeline.sent(None, &command, end);
        }
        self.due.get_or_insert(Instant::now() + PATIENCE);
        Ok(())
    }

    fn heard(&mut self, events: &mut Vec<Event>, alive: bool) {
        let mut believed = alive;
        for event in events.drain(..) {
            match event {
                Event::Reply(reply) => believed &= self.answered(reply),
                Event::Notification(Notification::Exit(_)) => believed = false,
                Event::Notification(notification) if is_stray_end(&notification) => believed = false,
                Event::Notification(notification) if is_change(&notification) => self.changed(),
                Event::Notification(_) => {}
            }
        }
        if !believed {
            self.lose();
        }
    }

    /// False when the reply cannot be one.
    fn answered(&mut self, reply: Reply) -> bool {
        if push::is_told_by(&reply) {
            self.changed();
        }
        let Ok(complete) = self.pipeline.reply(reply) else { return false };
        if let Some((ticket, answer)) = complete {
            self.due = (!self.pipeline.is_empty()).then(|| Instant::now() + PATIENCE);
            if self.pipeline.is_empty() {
                self.awake.came();
            }
            if let Some(place) = ticket {
                self.note(place, answer);
            }
        }
        true
    }

    /// Keeps an answer; the last one of a call is its end.
    fn note(&mut self, (id, index): (u64, usize), answer: Answer) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.answers[index] = Some(answer);
        if call.answers.iter().all(Option::is_some)
            && let Some(call) = self.calls.remove(&id)
        {
            // Whoever asked may have stopped waiting.
            let _ = call.answer.send(Ok(call.answers.into_iter().flatten().collect()));
        }
    }

    fn fail(&mut self, id: u64, error: TmuxError) {
        if let Some(call) = self.calls.remove(&id) {
            let _ = call.answer.send(Err(error));
        }
    }

    /// The client is of no use any more: it ended, hangs, or said what cannot be. It is killed; its calls go to a process, but for
    /// those with a command that may have been carried out and must not be twice.
    fn lose(&mut self) {
        self.due = None;
        let Some(link) = self.link.take() else { return };
        if link.since.elapsed() >= LONGEST_PAUSE {
            self.pause = FIRST_PAUSE;
        }
        self.not_before = Some(Instant::now() + self.pause);
        let mut previous = 0;
        for entry in self.pipeline.take() {
            // A line of which the first byte was written may have been written completely by the time it is looked at.
            let written = previous < link.written();
            previous = entry.end;
            let Some((id, index)) = entry.ticket else { continue };
            let Some(call) = self.calls.get(&id) else { continue };
            if written && call.commands[index].effect() == Effect::Once {
                let name = call.commands[index].name();
                self.fail(id, TmuxError::Unanswered(name));
            } else if self.waiting.back() != Some(&id) {
                self.waiting.push_back(id);
            }
        }
        self.changed();
    }

    fn batched(&mut self, answers: Batched) -> Result<(), TmuxError> {
        let Some((places, _)) = self.batch.take() else { return Ok(()) };
        let answers = match answers {
            Ok(answers) => answers,
            Err(error @ TmuxError::ServerGone(_)) => return Err(error),
            Err(error) => {
                for (id, index) in places {
                    let Some(call) = self.calls.get(&id) else { continue };
                    let again = match &error {
                        // It was not started: nothing was done.
                        TmuxError::Missing(reason) => TmuxError::Missing(reason.kind().into()),
                        _ if call.commands[index].effect() == Effect::Once => {
                            TmuxError::Unanswered(call.commands[index].name())
                        }
                        _ => TmuxError::Silent(self.server.socket.clone()),
                    };
                    self.fail(id, again);
                }
                return Ok(());
            }
        };
        for (place, answer) in places.into_iter().zip(answers) {
            match answer {
                Ok(answer) => self.note(place, answer),
                Err(error) => self.fail(place.0, error),
            }
        }
        Ok(())
    }

    fn changed(&self) {
        self.changes.send_modify(|count| {
            *count += 1;
            self.count.store(*count, Ordering::Relaxed);
        });
    }

    /// The server is not there any more: everybody is told, and the task ends.
    fn gone(mut self) {
        let _ = self.end.set(End::Gone);
        for (_, call) in self.calls.drain() {
            let _ = call.answer.send(Err(TmuxError::ServerGone(self.server.socket.clone())));
        }
    }

    async fn leave(mut self, closed: Option<oneshot::Sender<()>>) {
        let _ = self.end.set(End::Closed);
        self.requests.close();
        if let Some(link) = self.link.take() {
            let commands = push::remove().unwrap_or_default();
            let last: Vec<u8> = commands.iter().filter_map(|command| command.line().ok()).flatten().collect();
            link.leave(&last).await;
        }
        if let Some(closed) = closed {
            let _ = closed.send(());
        }
    }
}

/// An end without a beginning: what stood before it was not the whole reply.
fn is_stray_end(notification: &Notification) -> bool {
    matches!(notification, Notification::Other { name, .. } if name == b"end" || name == b"error")
}

/// Whether a notification says that the picture of sessions, windows and panes may be another. `%pause` is what our hooks push.
fn is_change(notification: &Notification) -> bool {
    match notification {
        Notification::LayoutChange { .. }
        | Notification::WindowAdd(_)
        | Notification::WindowClose(_)
        | Notification::WindowPaneChanged { .. }
        | Notification::SessionChanged { .. }
        | Notification::SessionsChanged => true,
        Notification::Exit(_) | Notification::ConfigError(_) => false,
        Notification::Other { name, .. } => matches!(
            name.as_slice(),
            b"pause"
                | b"client-detached"
                | b"client-session-changed"
                | b"pane-mode-changed"
                | b"session-renamed"
                | b"session-window-changed"
                | b"unlinked-window-renamed"
                | b"window-renamed"
        ),
    }
}

async fn turn(link: &mut Option<Link>, events: &mut Vec<Event>) -> bool {
    match link {
        Some(link) => link.turn(events).await,
        None => std::future::pending().await,
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

async fn pending<T>(later: &mut Option<Later<T>>) -> T {
    match later {
        Some(later) => later.await,
        None => std::future::pending().await,
    }
}

async fn pending_batch<P, T>(batch: &mut Option<(P, Later<T>)>) -> T {
    match batch {
        Some((_, later)) => later.await,
        None => std::future::pending().await,
    }
}
