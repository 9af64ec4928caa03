//! The only place that asks the system for the time. Everything else is handed a [`Clock`], so that a test can stop it.
#![expect(clippy::disallowed_methods, reason = "this is the one place")]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Where the time comes from. Cloning shares the same time.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that only moves when told to, for tests.
    Fixed(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// A clock that stands at `at` until [`Clock::advance`].
    pub fn fixed(at: Timestamp) -> Self {
        Clock::Fixed(Arc::new(Mutex::new(at)))
    }

    /// Wall-clock time.
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => Timestamp::now(),
            Clock::Fixed(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a fixed clock; does nothing to the machine's.
    pub fn advance(&self, by: Duration) {
        if let Clock::Fixed(at) = self {
            let mut at = at.lock().unwrap_or_else(PoisonError::into_inner);
            *at = at.checked_add(by).unwrap_or(Timestamp::MAX);
        }
    }

    /// Monotonic time, for measuring how long something has been so.
    pub fn instant(&self) -> Instant {
        Instant::now()
    }
}

/// A time as people and programs write it (RFC 3339), or what is wrong with the text. Its offset has to be in it: nobody knows the
/// writer's time zone.
pub fn time_of(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| {
        format!("`{text}` is no time with an offset; write it like 2026-03-01T22:00:00Z or 2026-03-01T22:00:00+01:00")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.now().as_second(), 5);
    }
}
