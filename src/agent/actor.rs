//! The one task of an agent: it waits for output, follows what the terminal is told, and judges the status.
//!
//! It never carries output to readers. Each reads the ring at its own pace and is only told how far there is something to read,
//! so no reader can slow the agent, another reader or this task.

mod facts;
mod follow;
mod reader;

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::Interest;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, watch};

use reader::Claims;
pub use reader::{AttachGuard, Claim};

use super::changes::Changes;
use super::pty::Pty;
use super::rule::Rules;
use super::screen::Screen;
use super::signal::Signals;
use super::size::Sizes;
use super::status::{Activity, Judgement, Observed, Said, judge};
use super::view::{GLANCE, View, with_history};
use crate::base::clock::Clock;
use crate::base::descriptor;
use crate::base::process::Identity;
use crate::base::ring::Ring;

/// How far an agent has come. What its readers wait on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Offset after its newest byte.
    pub head: u64,
    /// Its exit code; no byte comes after it.
    pub exit: Option<i32>,
}

/// What wakes the agent's task besides output.
#[derive(Default)]
struct Nudges {
    /// Something changed on which the status rests.
    judge: Notify,
    /// The status was judged by whoever changed that.
    judged: Notify,
    /// A key was typed whose echo somebody waits for.
    echo: Notify,
}

/// How far the delivery of a prompt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Waits for the program to be ready.
    Accepted,
    /// Typed, and the terminal shows it.
    Typed,
    /// Enter was pressed.
    Submitted,
    /// The program answered.
    Started,
    /// Given up.
    Failed,
}

/// What the daemon got from the keeper, and what it knows besides.
pub struct Adopted {
    /// The agent's id.
    pub id: String,
    /// Absolute path of its project.
    pub project_root: String,
    /// Its process.
    pub process: Identity,
    /// Its output.
    pub ring: Ring,
    /// Master of its PTY.
    pub master: OwnedFd,
    /// Counts up when the ring has news.
    pub wake: OwnedFd,
    /// Rules of its kind.
    pub rules: Rules,
    /// How long it has lived.
    pub age: Duration,
    /// Whether it is suspended by being stopped.
    pub suspended: bool,
    /// Its exit code if it has ended.
    pub exit: Option<i32>,
    /// What its hooks said last, if nobody has answered since.
    pub report: Option<HookReport>,
}

/// What an agent's own hooks said, and their words if they gave any.
pub type HookReport = (Said, Option<String>);

struct State {
    signals: Signals,
    /// Offset of the next byte that `signals` has not seen.
    scanned: u64,
    /// Offset up to which the task has taken notice; `look` may have scanned more.
    noticed: u64,
    view: View,
    judgement: Judgement,
    /// When it is to be judged again by itself.
    due: Option<Instant>,
    report: Option<HookReport>,
    suspended: bool,
    stage: Option<Stage>,
    born: Instant,
    last_output: Option<Instant>,
    /// Stamp of the ring's newest byte, as last seen.
    newest: Option<u64>,
    /// How often it has rung, as last seen.
    bells: u64,
    /// When it last rang, if nobody has typed anything since.
    rang: Option<Instant>,
    /// `None` until the screen has been looked at.
    fingerprint: Option<u64>,
    last_moved: Instant,
    cpu_ticks: u64,
    last_cpu: Instant,
}

/// A running agent, or one whose process has ended and whose output can still be read.
pub struct Agent {
    /// `ag-` and eight characters.
    pub id: String,
    /// Absolute path of its project.
    pub project_root: String,
    /// Its process. A resumed agent is a new `Agent` with the same id.
    pub process: Identity,
    /// Its terminal.
    pub pty: Pty,
    /// Held by whoever types: two texts never mix.
    pub typing: tokio::sync::Mutex<()>,
    ring: Ring,
    rules: Rules,
    clock: Clock,
    moved: watch::Sender<Moved>,
    changes: Arc<Changes>,
    nudges: Arc<Nudges>,
    state: Mutex<State>,
    sizes: Mutex<Sizes>,
    claims: Mutex<Claims>,
}

impl Agent {
    /// Takes an agent over and starts its task, which ends when the agent is dropped from the registry and by everybody else.
    pub fn adopt(adopted: Adopted, clock: Clock, changes: Arc<Changes>) -> io::Result<Arc<Self>> {
        let now = clock.instant();
        // When it last said something, which may have been before this daemon.
        let last_output = adopted.ring.written_at().map(|at| {
            let ago = u64::try_from(clock.now().as_millisecond()).unwrap_or(0).saturating_sub(at);
            now.checked_sub(Duration::from_millis(ago)).unwrap_or(now)
        });
        let adopted_newest = adopted.ring.written_at();
        let pty = Pty::new(adopted.master);
        let wake = descriptor::watch(adopted.wake, Interest::READABLE)?;
        let agent = Arc::new(Self {
            id: adopted.id,
            project_root: adopted.project_root,
            process: adopted.process,
            sizes: Mutex::new(Sizes::new(pty.size())),
            claims: Mutex::default(),
            pty,
            typing: tokio::sync::Mutex::new(()),
            rules: adopted.rules,
            clock,
            moved: watch::Sender::new(Moved { head: adopted.ring.head(), exit: adopted.exit }),
            ring: adopted.ring,
            changes,
            nudges: Arc::default(),
            state: Mutex::new(State {
                signals: Signals::default(),
                scanned: 0,
                noticed: 0,
                bells: 0,
                rang: None,
                view: View::default(),
                judgement: judge(&Observed::default()),
                due: None,
                report: adopted.report,
                suspended: adopted.suspended,
                stage: None,
                born: now.checked_sub(adopted.age).unwrap_or(now),
                last_output,
                newest: adopted_newest,
                fingerprint: None,
                last_moved: last_output.unwrap_or(now),
                cpu_ticks: 0,
                last_cpu: now,
            }),
        });
        agent.judge(GLANCE);
        tokio::spawn(follow::follow(Arc::downgrade(&agent), agent.nudges.clone(), wake));
        Ok(agent)
    }

    /// Its output.
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// Told whenever there is more output, and when it ends.
    pub fn watch(&self) -> watch::Receiver<Moved> {
        self.moved.subscribe()
    }

    /// Its exit code once it has ended.
    pub fn exit(&self) -> Option<i32> {
        self.moved.borrow().exit
    }

    /// What it does, and how that is known.
    pub fn judgement(&self) -> Judgement {
        self.state().judgement.clone()
    }

    /// How long nothing has come out of it; `None` while nothing has come at all.
    pub fn idle(&self) -> Option<Duration> {
        self.state().last_output.map(|at| self.clock.instant().saturating_duration_since(at))
    }

    /// Its process has ended and its whole output is in the ring.
    pub fn ended(&self, code: i32) {
        self.moved.send_modify(|moved| *moved = Moved { head: self.ring.head(), exit: Some(code) });
        self.judge_now();
    }

    /// Its own hooks say what it does.
    pub fn report(&self, said: Said, message: Option<String>) {
        self.state().report = Some((said, message));
        self.judge_now();
    }

    /// What its hooks said last, if nobody has answered since.
    pub fn reported(&self) -> Option<HookReport> {
        self.state().report.clone()
    }

    /// Something was typed into it: what its hooks said before is answered, and so is its bell.
    pub fn typed(&self) {
        let mut state = self.state();
        let had_report = state.report.take_if(|(said, _)| *said != Said::Working).is_some();
        let rang = state.rang.take().is_some();
        drop(state);
        if had_report || rang {
            self.nudges.judge.notify_one();
        }
    }

    /// Somebody who watches typed a key: its echo is looked out for.
    pub fn expect_echo(&self) {
        self.nudges.echo.notify_one();
    }

    /// Marks it as suspended or not, without doing anything to it.
    pub fn set_suspended(&self, suspended: bool) {
        self.state().suspended = suspended;
        self.judge_now();
    }

    /// Whether it is suspended by being stopped, or was when it ended.
    pub fn is_stopped(&self) -> bool {
        self.state().suspended
    }

    /// How far its prompt's delivery has come.
    pub fn set_stage(&self, stage: Option<Stage>) {
        self.state().stage = stage;
        self.judge_now();
    }

    /// Sends a signal to its process group. False if the process is gone.
    pub fn signal_group(&self, signal: Signal) -> bool {
        self.process.is_alive()
            && Pid::from_raw(self.process.pid).is_some_and(|group| kill_process_group(group, signal).is_ok())
    }

    /// Completes when its process has ended.
    pub async fn until_exit(&self) {
        let _ = self.watch().wait_for(|moved| moved.exit.is_some()).await;
    }

    /// Completes with true when its activity is one that is wanted, with false when it has ended as another.
    pub async fn until(&self, wanted: impl Fn(Activity) -> bool) -> bool {
        let mut changes = self.changes.subscribe();
        loop {
            let activity = self.judgement().activity;
            if wanted(activity) {
                return true;
            }
            if self.exit().is_some() {
                return false;
            }
            // Lagged or of another agent: looked at again all the same.
            if let Err(RecvError::Closed) = changes.recv().await {
                return false;
            }
        }
    }

    /// Looks at its rendered screen as of now, exact as far as its log reaches. The offset is that of the first byte not rendered.
    ///
    /// Rendered a piece at a time, so that others have their turn in between, and up to where the output is when the look begins:
    /// an agent may print faster than can be rendered.
    pub async fn look<T>(self: &Arc<Self>, look: impl FnOnce(&Screen, &Signals, u64) -> T) -> T {
        let size = self.size();
        let _claim = self.claim(self.ring.kept());
        let end = {
            let head = self.ring.head();
            let mut guard = self.state();
            let State { signals, scanned, view, .. } = &mut *guard;
            while *scanned < head && follow::scan(&self.ring, signals, scanned) {}
            view.begin_look(&self.ring, signals, size)
        };
        let _ending = EndLook(self);
        while self.state().view.step(&self.ring, size, end) {
            tokio::task::yield_now().await;
        }
        let mut guard = self.state();
        let State { signals, view, .. } = &mut *guard;
        view.catch_up(&self.ring, signals, size);
        let (screen, offset) = view.looked(size);
        look(screen, signals, offset)
    }

    /// Looks at its screen, which may lack what has scrolled by while nobody looked.
    pub async fn glance<T>(&self, look: impl FnOnce(&Screen) -> T) -> T {
        while self.state().view.is_looking() {
            tokio::task::yield_now().await;
        }
        let size = self.size();
        let mut guard = self.state();
        let State { signals, view, .. } = &mut *guard;
        look(view.glance(&self.ring, signals, size, GLANCE))
    }

    /// Whether its program wants pasted text to be marked as such.
    pub fn takes_pastes(&self) -> bool {
        let end = self.ring.head();
        let mut guard = self.state();
        let State { signals, scanned, .. } = &mut *guard;
        while *scanned < end && follow::scan(&self.ring, signals, scanned) {}
        signals.modes().bracketed_paste
    }

    /// Its whole log, rendered.
    pub async fn look_back<T>(self: &Arc<Self>, look: impl FnOnce(&Screen) -> T) -> T {
        let _claim = self.claim(self.ring.kept());
        look(&with_history(&self.ring, self.size()).await)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn claims(&self) -> MutexGuard<'_, Claims> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sizes(&self) -> MutexGuard<'_, Sizes> {
        self.sizes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // Its task wakes up, finds nobody, and ends.
        self.nudges.judge.notify_one();
    }
}

/// Ends a look, also one whose asker has gone in the middle of it.
struct EndLook<'a>(&'a Agent);

impl Drop for EndLook<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.view.end_look();
        if state.view.take_refused() {
            // A judgement rests on what the screen showed before.
            self.0.nudges.judge.notify_one();
        }
    }
}
