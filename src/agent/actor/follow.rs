//! What an agent's task does: it follows the output and judges the status.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::io::unix::AsyncFd;

use super::{Agent, Nudges, Stage, State};
use crate::agent::changes::Change;
use crate::agent::shell;
use crate::agent::signal::Signals;
use crate::agent::status::{Observed, Report, Said, judge};
use crate::agent::view::GLANCE;
use crate::base::awake::{Awake, give_way};
use crate::base::process::{self, Stat};
use crate::base::ring::{Read, Ring};

/// After output began, so long until the status is judged: a prompt is drawn in several writes.
const SETTLE: Duration = Duration::from_millis(100);
/// While output goes on, the status is judged this often at most.
const PACE: Duration = Duration::from_millis(500);
/// A shell alone in the foreground waits for a command once its screen and its CPU time have been still for so long.
const SHELL_SETTLE: Duration = Duration::from_millis(400);
/// So much is looked through before others get their turn: a key typed elsewhere waits for it.
const TURN: usize = 64 << 10;
/// After so many steps towards a judgement the output comes faster than it can be rendered.
const STEPS: u64 = GLANCE;

impl Agent {
    /// Judges the status anew, tells about it if it changed, and returns when to judge again by itself.
    ///
    /// The screen may lack what has scrolled by if more than `most` steps of output are to be rendered for it.
    pub(super) fn judge(&self, most: u64) -> Option<Duration> {
        let now = self.clock.instant();
        let size = self.size();
        let mut guard = self.state();
        let state = &mut *guard;
        let has_output = self.ring.head() > 0;
        let mut text = String::new();
        // A screen is memory, so an agent that has said nothing has none.
        if has_output {
            let screen = state.view.glance(&self.ring, &state.signals, size, most);
            text = screen.text();
            let before = state.fingerprint.replace(screen.fingerprint());
            // The first look tells how it is, not that it has changed.
            if before.is_some() && before != state.fingerprint {
                state.last_moved = now;
            }
        }
        let exit = self.moved.borrow().exit;
        let silence = now.saturating_duration_since(state.last_moved);
        let rule = self.rules.judge(&text);
        // Who has ended, or has said what it waits for, need not be watched for it.
        let said = state.report.as_ref().is_some_and(|(said, _)| *said != Said::Working);
        let is_open = exit.is_none() && !state.suspended && !said;
        let leader = is_open.then(|| Stat::read(self.process.pid)).flatten();
        let leader = leader.filter(|stat| stat.identity == self.process);
        let cpu = leader.as_ref().map(|stat| stat.ticks);
        if cpu.is_some_and(|ticks| ticks != state.cpu_ticks) {
            state.cpu_ticks = cpu.unwrap_or_default();
            state.last_cpu = now;
        }
        // A loop of builtins has no child, but takes time.
        let quiet = silence.min(now.saturating_duration_since(state.last_cpu));
        let at_prompt = is_open && self.shell_in_front(leader);
        let judgement = judge(&Observed {
            exit,
            suspended: state.suspended,
            report: state.report.as_ref().map(|(said, message)| Report { said: *said, message: message.as_deref() }),
            prompt: state.signals.prompt(),
            title: state.signals.title(),
            rang: state.rang.map(|at| now.saturating_duration_since(at)),
            progress: state.signals.progress(),
            rule: rule.as_ref(),
            full_screen: state.signals.modes().alternate,
            foreground_is_shell: at_prompt && quiet >= SHELL_SETTLE,
            has_output,
            delivering: matches!(state.stage, Some(Stage::Accepted | Stage::Typed | Stage::Submitted)),
            age: now.saturating_duration_since(state.born),
            silence,
            cpu_silence: cpu.map(|_| now.saturating_duration_since(state.last_cpu)),
        });
        let mut recheck = judgement.recheck_in;
        if at_prompt && quiet < SHELL_SETTLE {
            recheck = Some(recheck.unwrap_or(SHELL_SETTLE).min(SHELL_SETTLE - quiet));
        }
        let changed = (judgement.status, judgement.activity) != (state.judgement.status, state.judgement.activity)
            || judgement.because != state.judgement.because;
        state.judgement = judgement.clone();
        drop(guard);
        if changed {
            let change = Change { agent: self.id.clone(), project_root: self.project_root.clone(), judgement };
            self.changes.tell(change);
        }
        recheck
    }

    /// Judges at once, for who reads the status next. The task need not do it again, only know when it is due.
    pub(super) fn judge_now(&self) {
        let wait = self.judge(GLANCE);
        self.state().due = wait.map(|wait| self.clock.instant() + wait);
        self.nudges.judged.notify_one();
    }

    /// Renders some of the output ahead of a judgement. False when there is no need to.
    fn approach(&self) -> bool {
        let size = self.size();
        self.state().view.approach(&self.ring, size)
    }

    fn shell_in_front(&self, leader: Option<Stat>) -> bool {
        self.pty.foreground().is_some_and(|group| {
            // Most often it is the agent's own, which has just been looked at.
            let front = leader.filter(|stat| stat.identity.pid == group).or_else(|| Stat::read(group));
            front.is_some_and(|stat| shell::is_one(&stat.name))
                && shell::takes_commands(&process::argv(group))
                && !process::has_children(group)
        })
    }

    /// Follows new output for one turn. True if there was some.
    pub(super) fn take_news(&self) -> bool {
        let mut state = self.state();
        let State { signals, scanned, .. } = &mut *state;
        scan(&self.ring, signals, scanned);
        // Also what `look` has scanned meanwhile: nobody has been told of it yet.
        if *scanned == state.noticed {
            return false;
        }
        // Not "now": what is looked through first after a takeover came long ago.
        let newest = self.ring.written_at();
        if newest != state.newest {
            state.newest = newest;
            state.last_output = Some(self.clock.instant());
        }
        if state.signals.bells() > state.bells {
            state.bells = state.signals.bells();
            state.rang = state.last_output;
        }
        let head = state.scanned;
        state.noticed = head;
        drop(state);
        self.moved.send_modify(|moved| moved.head = head.max(moved.head));
        true
    }
}

/// Gives the next bytes to the signals. False when there are none.
pub(super) fn scan(ring: &Ring, signals: &mut Signals, scanned: &mut u64) -> bool {
    thread_local! {
        static SCRATCH: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    SCRATCH.with_borrow_mut(|bytes| {
        bytes.clear();
        match ring.read(*scanned, TURN, bytes) {
            Read::Bytes(0) => return false,
            Read::Bytes(count) => {
                signals.feed(bytes);
                *scanned += count as u64;
            }
            Read::Lagged { oldest } => *scanned = oldest,
        }
        true
    })
}

/// The agent's task. Holds no strong reference while it waits, so that an agent that nobody wants any more ends its task too.
pub(super) async fn follow(agent: Weak<Agent>, nudges: Arc<Nudges>, wake: AsyncFd<OwnedFd>) {
    let mut judge_at: Option<Instant> = None;
    let mut judged: Option<Instant> = None;
    // The first judgement says when the next is due.
    let mut nudged = true;
    let mut steps = 0;
    let mut echo = Awake::default();
    loop {
        let Some(strong) = agent.upgrade() else { return };
        let now = strong.clock.instant();
        if strong.take_news() {
            echo.came();
            let pace = judged.map_or(now, |judged| judged + PACE);
            let due = pace.max(now + SETTLE);
            judge_at = Some(judge_at.map_or(due, |at| at.min(due)));
        }
        if nudged || judge_at.is_some_and(|at| at <= now) {
            if steps < STEPS && strong.approach() {
                steps += 1;
                drop(strong);
                tokio::task::yield_now().await;
                continue;
            }
            (nudged, steps, judged) = (false, 0, Some(now));
            judge_at = strong.judge(2).map(|wait| now + wait);
        }
        if echo.is_awaited(now) {
            drop(strong);
            give_way().await;
            continue;
        }
        let scanned = strong.state().scanned;
        if !strong.ring.sleep_at(scanned) {
            drop(strong);
            // More came meanwhile: readers and requests get their turn first.
            tokio::task::yield_now().await;
            continue;
        }
        drop(strong);
        tokio::select! {
            ready = wake.readable() => {
                let Ok(mut ready) = ready else { return };
                let _ = rustix::io::read(wake.get_ref(), &mut [0; 8]);
                ready.clear_ready();
            }
            () = until(judge_at) => {}
            () = nudges.judge.notified() => nudged = true,
            () = nudges.judged.notified() => {
                let Some(strong) = agent.upgrade() else { return };
                // Output may have come behind that judgement, so what is due already stays due.
                judge_at = judge_at.into_iter().chain(strong.state().due).min();
            }
            () = nudges.echo.notified() => {
                let Some(strong) = agent.upgrade() else { return };
                echo.asked(strong.clock.instant());
                // Awake: the keeper need not see to it.
                strong.ring.take_sleeper();
            }
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
