//! How often the chosen agent's screen is fetched: at once when another is chosen, else five times a second at most, and never
//! when nothing asks for it. Pure: the time is passed in.

use std::time::{Duration, Instant};

/// Between the beginnings of two looks: faster than this nobody reads.
const GAP: Duration = Duration::from_millis(200);

/// What is still to be looked at, and when.
#[derive(Debug, Default)]
pub struct Pace {
    /// The last one asked for beats those before it.
    wanted: Option<String>,
    /// A look is under way.
    looking: bool,
    /// Whom the last look was at, and before when it is not repeated.
    last: Option<(String, Instant)>,
}

impl Pace {
    /// This agent's screen is wanted, as it is from now on.
    pub fn want(&mut self, id: String) {
        self.wanted = Some(id);
    }

    /// The look that was under way has brought its answer.
    pub fn answered(&mut self) {
        self.looking = false;
    }

    /// Whom to look at now, if it is time for that.
    pub fn due(&mut self, now: Instant) -> Option<String> {
        if self.wait(now)? > Duration::ZERO {
            return None;
        }
        let id = self.wanted.take()?;
        self.looking = true;
        self.last = Some((id.clone(), now + GAP));
        Some(id)
    }

    /// How long until the next look; `None`: until something is asked for or answered.
    pub fn wait(&self, now: Instant) -> Option<Duration> {
        let id = self.wanted.as_ref().filter(|_| !self.looking)?;
        let not_before = self.last.as_ref().filter(|(last, _)| last == id).map(|(_, not_before)| *not_before);
        Some(not_before.map_or(Duration::ZERO, |not_before| not_before.saturating_duration_since(now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Clock;

    #[test]
    fn five_times_a_second_and_never_two_at_once() {
        let start = Clock::System.instant();
        let at = |millis| start + Duration::from_millis(millis);
        let mut pace = Pace::default();
        assert_eq!((pace.due(at(0)), pace.wait(at(0))), (None, None));
        pace.want("a".into());
        assert_eq!(pace.due(at(0)).as_deref(), Some("a"));
        pace.want("a".into());
        assert_eq!((pace.due(at(500)), pace.wait(at(500))), (None, None)); // the first is under way
        pace.answered();
        assert_eq!(pace.wait(at(50)), Some(Duration::from_millis(150)));
        assert_eq!(pace.due(at(199)), None);
        assert_eq!(pace.due(at(200)).as_deref(), Some("a"));
        pace.answered();
        assert_eq!(pace.wait(at(1000)), None); // nothing has changed, so nothing is to be done
        pace.want("a".into());
        pace.want("b".into()); // another one does not wait
        assert_eq!(pace.due(at(201)).as_deref(), Some("b"));
    }
}
