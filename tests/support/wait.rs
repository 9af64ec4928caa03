//! Waiting for a condition: the only place in the tests that pauses.

#![expect(clippy::disallowed_methods, reason = "the tests' one clock and one pause")]

use std::time::{Duration, Instant};

/// How long a test waits for what should happen at once. Long, since a busy machine is no failure; a test that passes
/// never waits for it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Asks again and again until there is an answer. Fails the test, saying what it waited for, when there is none in time.
#[track_caller]
pub fn eventually<T>(what: &str, timeout: Duration, condition: impl FnMut() -> Option<T>) -> T {
    within(timeout, condition).unwrap_or_else(|| panic!("waited {timeout:?} in vain: {what}"))
}

/// The same for callers that have more to say about a failure.
pub fn within<T>(timeout: Duration, mut condition: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        // The time is taken before the look, so that a look that began in time counts.
        let late = start.elapsed() >= timeout;
        match condition() {
            Some(value) => return Some(value),
            None if late => return None,
            None => std::thread::sleep(pause),
        }
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// A moment after which a test stops waiting, for loops that wait in a system call.
#[derive(Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    pub fn after(timeout: Duration) -> Self {
        Self(Instant::now() + timeout)
    }

    /// What is left, `None` when it has passed.
    pub fn left(self) -> Option<Duration> {
        self.0.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }
}

/// Measures how long something takes.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed())
}
