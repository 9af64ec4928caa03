//! The keeper and its agents: spawning, reading, reaping.

use std::io;
use std::os::fd::OwnedFd;

use rustix::event::epoll;
use rustix::process::{WaitOptions, WaitStatus, wait};

use super::kept::{Kept, Output};
use super::message::ToDaemon;
use super::run::{Keeper, Token, drain};
use super::spawn::{self, Order, Progress};
use crate::base::test_point;

impl Keeper {
    pub(super) fn pump(&mut self, number: u32) {
        let Some(kept) = self.kept.get_mut(&number) else { return };
        let closed = !kept.pump(&self.clock);
        kept.trim(&mut self.spare);
        if closed == kept.hung_up {
            return;
        }
        kept.hung_up = closed;
        if closed && kept.exit.is_some() {
            let _ = epoll::delete(&self.epoll, &kept.master);
            return;
        }
        // Nobody has the terminal open, but the process lives and may open /dev/tty again. So it stays watched, for changes only:
        // a hang-up that is told by its level would wake us for ever. (Changed once and not at each hang-up: every change tells
        // it anew.)
        let mut flags = epoll::EventFlags::IN;
        flags.set(epoll::EventFlags::ET, closed);
        let _ = epoll::modify(&self.epoll, &kept.master, Token::Pty(number).pack(), flags);
    }

    pub(super) fn spawn(&mut self, order: Order, spec: &OwnedFd) {
        let agent = order.agent.clone();
        let output = match self.output_for(&agent) {
            Ok(output) => output,
            Err(error) => return self.tell(ToDaemon::SpawnFailed { agent, error }),
        };
        let failed = match spawn::start(order, spec, output) {
            Ok(pending) => {
                let number = self.number();
                let flags = epoll::EventFlags::IN;
                let added = epoll::add(&self.epoll, &pending.report, Token::Report(number).pack(), flags);
                self.pending.insert(number, pending);
                match added {
                    Ok(()) => return,
                    Err(errno) => format!("cannot watch the new process: {errno}"),
                }
            }
            Err((error, _)) => error.to_string(),
        };
        self.tell(ToDaemon::SpawnFailed { agent, error: failed });
    }

    /// A new output, or the one of the agent's last process so that its log goes on.
    fn output_for(&mut self, agent: &str) -> Result<Output, String> {
        match self.find(agent) {
            Some(number) if self.kept[&number].exit.is_none() => Err(format!("{agent} already has a process")),
            Some(number) => Ok(self.drop_kept(number).map(Kept::into_output))
                .and_then(|output| output.map_or_else(|| Output::new().map_err(|error| error.to_string()), Ok)),
            None => Output::new().map_err(|error| format!("no memory for its output: {error}")),
        }
    }

    /// Looks at what a spawn under way has reported.
    pub(super) fn advance(&mut self, number: u32) {
        let Some(pending) = self.pending.get_mut(&number) else { return };
        let progress = pending.progress();
        if matches!(progress, Progress::Waiting) {
            return;
        }
        let Some(pending) = self.pending.remove(&number) else { return };
        let _ = epoll::delete(&self.epoll, &pending.report);
        test_point::reach("keeper.started");
        match progress {
            Progress::Failed(error) => {
                self.tell(ToDaemon::SpawnFailed { agent: pending.kept.agent, error: error.to_string() });
            }
            _ => self.keep(pending.kept),
        }
    }

    fn keep(&mut self, kept: Kept) {
        let number = self.number();
        let watched = epoll::add(&self.epoll, &kept.master, Token::Pty(number).pack(), epoll::EventFlags::IN);
        match watched.map_err(io::Error::from).and_then(|()| kept.to_message()) {
            Ok(message) => {
                self.kept.insert(number, kept);
                self.tell(message);
            }
            // Dropping the master hangs the process up, which takes the spawn back.
            Err(error) => self.tell(ToDaemon::SpawnFailed {
                agent: kept.agent,
                error: format!("cannot keep the new process: {error}"),
            }),
        }
    }

    pub(super) fn find(&self, agent: &str) -> Option<u32> {
        self.kept.iter().find(|(_, kept)| kept.agent == agent).map(|(number, _)| *number)
    }

    pub(super) fn drop_kept(&mut self, number: u32) -> Option<Kept> {
        let mut kept = self.kept.remove(&number)?;
        kept.readers_are_gone(&mut self.spare);
        // The daemon may hold the same open file, so closing ours would not end the watch.
        let _ = epoll::delete(&self.epoll, &kept.master);
        Some(kept)
    }

    fn number(&mut self) -> u32 {
        self.next_number = self.next_number.wrapping_add(1);
        self.next_number
    }

    pub(super) fn reap(&mut self) {
        drain(&self.children);
        test_point::reach("keeper.reaping");
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            self.ended(pid.as_raw_nonzero().get(), code(status));
        }
    }

    fn ended(&mut self, pid: i32, code: i32) {
        if self.daemon.as_ref().is_some_and(|daemon| daemon.pid == pid) {
            return self.daemon_ended(code);
        }
        let started = self.pending.iter().find(|(_, pending)| pending.kept.process.pid == pid);
        if let Some(number) = started.map(|(number, _)| *number) {
            self.advance(number);
        }
        let Some(kept) = self.kept.values_mut().find(|kept| kept.process.pid == pid && kept.exit.is_none()) else {
            return;
        };
        kept.pump_leftover(&self.clock);
        kept.trim(&mut self.spare);
        kept.exit = Some(code);
        if kept.hung_up {
            let _ = epoll::delete(&self.epoll, &kept.master);
        }
        let agent = kept.agent.clone();
        self.tell(ToDaemon::Exited { agent, code });
    }
}

fn code(status: WaitStatus) -> i32 {
    status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal)).unwrap_or(-1)
}
