//! Which turns of an agent are worth a notification.
//!
//! Three are: it wants an answer, it has finished, it has failed. Not if its pane is being looked at, since then it has been seen;
//! not if it was ended on purpose; and not if it was said a moment ago. The first turn of a kind is told at once, and of the repeats
//! that follow only the one that is still true after a while: an agent may ask twice in five seconds. To wait until an agent has
//! settled was the alternative: it would hold every notification up by as long.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::queue::{Level, Notification, NotificationSpec};

/// A turn of the same kind is not told again for so long.
pub const DEBOUNCE: Duration = Duration::from_secs(5);
/// Who these notifications come from.
const SOURCE: &str = "pintle";

/// An activity of an agent that somebody should hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Blocked,
    Done,
    Failed,
}

impl Turn {
    const COUNT: usize = 3;

    /// `None` for a word that needs nobody.
    fn of(activity: &str) -> Option<Self> {
        match activity {
            "blocked" => Some(Turn::Blocked),
            "done" => Some(Turn::Done),
            "failed" => Some(Turn::Failed),
            _ => None,
        }
    }

    const fn words(self) -> (&'static str, Level) {
        match self {
            Turn::Blocked => ("wants an answer", Level::Warning),
            Turn::Done => ("is done", Level::Success),
            Turn::Failed => ("has failed", Level::Error),
        }
    }
}

/// What an agent does now.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// Its id.
    pub agent: &'a str,
    /// What people call it.
    pub name: &'a str,
    /// The activity's word on the wire (`blocked`, `working`, …); one that is not known needs nobody.
    pub activity: &'a str,
    /// How that is known, in a few words.
    pub because: &'a str,
    /// A client shows its pane, and somebody may be taken to look at it.
    pub looked_at: bool,
    /// A person wanted its end.
    pub on_purpose: bool,
}

/// What was last heard of an agent.
#[derive(Clone, Debug, Default)]
struct Known {
    turn: Option<Turn>,
    /// When each kind of turn was last told.
    told: [Option<Instant>; Turn::COUNT],
}

impl Known {
    fn is_repeated(&self, turn: Turn, now: Instant) -> bool {
        self.told[turn as usize].is_some_and(|told| now.saturating_duration_since(told) < DEBOUNCE)
    }
}

/// What is to be done about a turn.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody needs to hear of it.
    Nothing,
    /// It is told.
    Tell(NotificationSpec),
    /// The same was told a moment ago: it is to be asked about again then, if it is still so.
    Later(Instant),
}

/// Whether a notification still says how things are. That an agent wants an answer is over once it does something else; `activity` is the
/// word for that, `None` where it is gone. What has happened, has.
pub fn holds(notification: &Notification, activity: Option<&str>) -> bool {
    let (_, level) = Turn::Blocked.words();
    let asks = notification.source == SOURCE && notification.agent.is_some() && notification.level == level;
    !asks || activity.and_then(Turn::of) == Some(Turn::Blocked)
}

/// Remembers what every agent did last. A few words an agent, until [`Rule::forget`].
#[derive(Clone, Debug, Default)]
pub struct Rule {
    agents: BTreeMap<String, Known>,
}

impl Rule {
    /// Takes what an agent did before this daemon was there, so that it is not told again by every new daemon.
    pub fn adopt(&mut self, agent: &str, activity: &str) {
        self.agents.entry(agent.to_owned()).or_default().turn = Turn::of(activity);
    }

    /// Whether what an agent does now would be told if nobody looked at it: only then is it worth asking who does.
    pub fn would_tell(&self, now: Instant, agent: &str, activity: &str) -> bool {
        let known = self.agents.get(agent);
        let is_news =
            |turn: &Turn| known.is_none_or(|known| known.turn != Some(*turn) && !known.is_repeated(*turn, now));
        Turn::of(activity).as_ref().is_some_and(is_news)
    }

    /// Takes what an agent does now, as often as it is judged, and returns the notification that is due. An agent that nobody has
    /// heard of is new.
    #[must_use = "a notification that is returned counts as told"]
    pub fn changed(&mut self, now: Instant, change: &Change<'_>) -> Verdict {
        let known = match self.agents.get_mut(change.agent) {
            Some(known) => known,
            None => self.agents.entry(change.agent.to_owned()).or_default(),
        };
        let turn = Turn::of(change.activity);
        let before = std::mem::replace(&mut known.turn, turn);
        let Some(turn) = turn.filter(|turn| Some(*turn) != before && !change.looked_at && !change.on_purpose) else {
            return Verdict::Nothing;
        };
        if let Some(told) = known.told[turn as usize].filter(|_| known.is_repeated(turn, now)) {
            // Not heard yet, so that it is news when it is asked about again.
            known.turn = None;
            return Verdict::Later(told + DEBOUNCE);
        }
        known.told[turn as usize] = Some(now);
        let (words, level) = turn.words();
        let title = format!("{} {words}", change.name);
        Verdict::Tell(NotificationSpec::shortened(&title, change.because, level, SOURCE).about_agent(change.agent))
    }

    /// The agent is gone for good.
    pub fn forget(&mut self, agent: &str) {
        self.agents.remove(agent);
    }
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
