//! Staying awake for an answer that comes at once, if it comes: the echo of a key, tmux's reply.
//!
//! On a quiet machine the longest part of the way to an answer is that a sleeping core must wake for each hand-over. From a key to
//! its echo these are: client to daemon, terminal to program, terminal to keeper, keeper to daemon, daemon to client. So after a key
//! was typed the agent's task looks at the ring itself for a moment, in which the keeper need not wake it and its core does not
//! sleep, and whoever has asked tmux does the same with its pipe. It took most of what pintle adds to a bare PTY off the way where it
//! was measured. Whoever else needs the processor gets it at each look, and if somebody did need it, the machine is not quiet and
//! there is nothing to gain.

use std::time::{Duration, Instant};

/// Programs that echo themselves, or let the terminal do it, do it within this; so does tmux with what a person waits for.
const ANSWER: Duration = Duration::from_micros(150);
/// Between two looks the others take less than this on a quiet machine.
const TURN: Duration = Duration::from_micros(200);
/// A status bar is drawn within this, even where several programs have a part in it.
const OTHERS: Duration = Duration::from_millis(1);
/// A machine that was not quiet is left alone for so long.
const PAUSE: Duration = Duration::from_millis(100);

/// Whether an answer is looked out for.
#[derive(Debug, Default)]
pub struct Awake {
    until: Option<Instant>,
    looked: Option<Instant>,
    not_before: Option<Instant>,
}

impl Awake {
    /// It was asked: a key was typed, a command was sent.
    pub fn asked(&mut self, now: Instant) {
        if self.not_before.is_none_or(|at| at <= now) {
            self.until = Some(now + ANSWER);
            self.looked = Some(now);
        }
    }

    /// The answer is there.
    pub fn came(&mut self) {
        self.until = None;
    }

    /// Whether to look once more instead of going to sleep.
    pub fn is_awaited(&mut self, now: Instant) -> bool {
        if self.until.is_none() {
            return false;
        }
        let looked = self.looked.replace(now).unwrap_or(now);
        if now.saturating_duration_since(looked) > TURN {
            self.not_before = Some(now + PAUSE);
            self.until = None;
        }
        self.until = self.until.filter(|until| now < *until);
        self.until.is_some()
    }
}

/// Lets whatever is ready run, here and in the programs that are waited for: for work that nobody waits for and that would stand in the
/// way of what somebody does. A time and not a few turns of our own: tmux draws, and the kernel hands on what it has drawn, mostly on
/// the core that we are on, and do so only when we sleep. It takes about 100 µs off the way from a change to its glyph.
pub async fn after_others() {
    // Not at once: to set the clock wakes a runtime that is awake, by three system calls for which the others would wait.
    tokio::task::yield_now().await;
    tokio::time::sleep(OTHERS).await;
}

/// Lets everybody else have a turn.
pub async fn give_way() {
    // Other processes first: the kernel moves a key through a terminal in a worker of its own, which it likes to put on the core
    // that typed it.
    std::thread::yield_now();
    tokio::task::yield_now().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Clock;

    #[test]
    fn an_answer_is_awaited_for_a_moment_on_a_quiet_machine() {
        let start = Clock::System.instant();
        let at = |micros| start + Duration::from_micros(micros);
        let mut awake = Awake::default();
        assert!(!awake.is_awaited(at(0)), "nothing was asked");
        awake.asked(at(0));
        assert!(awake.is_awaited(at(10)));
        assert!(awake.is_awaited(at(149)));
        assert!(!awake.is_awaited(at(150)), "long enough");
        awake.asked(at(200));
        assert!(awake.is_awaited(at(210)));
        awake.came();
        assert!(!awake.is_awaited(at(220)), "it came");
        // Somebody else took the processor between two looks.
        awake.asked(at(1000));
        assert!(!awake.is_awaited(at(1201)));
        awake.asked(at(50_000));
        assert!(!awake.is_awaited(at(50_001)), "left alone");
        awake.asked(at(101_201));
        assert!(awake.is_awaited(at(101_202)), "tried again");
    }
}
