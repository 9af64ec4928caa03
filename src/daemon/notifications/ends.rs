//! How agents' processes ended, noted in the moment in which the keeper tells of it. A moment later whoever ended one may be through
//! with it, and no trace of that is left.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::daemon::services::{End as Leave, Services};

/// The end of an agent's process.
#[derive(Clone, Debug, Default)]
pub struct End {
    /// A person wanted it: the agent was killed or suspended, or everything was stopped.
    pub on_purpose: bool,
}

/// The ends of agents that can still be read. A few words an agent, until it is started again or forgotten.
#[derive(Debug, Default)]
pub struct Ends(Mutex<BTreeMap<String, End>>);

impl Ends {
    /// How this agent's process ended; the default for one that lives, or of whose end nobody was told.
    pub fn of(&self, agent: &str) -> End {
        self.ends().get(agent).cloned().unwrap_or_default()
    }

    /// It is gone for good, or a process of it is started again.
    pub fn forget(&self, agent: &str) {
        self.ends().remove(agent);
    }

    fn ends(&self) -> MutexGuard<'_, BTreeMap<String, End>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Services {
    /// Notes how an agent's process ended. To be called before anybody else hears of that.
    pub fn note_end(&self, agent: &str) {
        let end = End { on_purpose: self.is_wanted_gone(agent) };
        self.notifications.ends.ends().insert(agent.to_owned(), end);
    }

    /// Whether somebody is just ending it. A daemon that only makes room for the next one ends no agent.
    pub fn is_wanted_gone(&self, agent: &str) -> bool {
        self.ending_of(agent).is_some() || self.is_ending() == Some(Leave::Stop)
    }
}
