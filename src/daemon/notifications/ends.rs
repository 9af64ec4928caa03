//! How agents' processes ended, noted in the moment in which the keeper tells of it. A moment later whoever ended one may be through
//! with it, and the pane that showed it has gone with its program: no trace of either is left.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::is_looked_at;
use crate::daemon::panes::follow::Snapshot;
use crate::daemon::services::{End as Leave, Services};
use crate::tmux::server::PaneKey;

/// The end of an agent's process.
#[derive(Clone, Debug, Default)]
pub struct End {
    /// A person wanted it: the agent was killed or suspended, or everything was stopped.
    pub on_purpose: bool,
    /// The panes that showed it, each with whether somebody looked at it and typed into that one.
    panes: Vec<(PaneKey, bool)>,
}

impl End {
    /// Whether somebody saw it end. What is asked is whether they look at a pane that is still there; `None` where it is gone, and
    /// what was known of it last counts.
    pub fn is_seen(&self, looks_now: impl Fn(&PaneKey) -> Option<bool>) -> bool {
        self.panes.iter().any(|(pane, looked)| looks_now(pane).unwrap_or(*looked))
    }
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
        let servers = self.panes.open_servers();
        let snapshots = servers.iter().map(|(server, _)| server.snapshot());
        let shown = |snapshot: Arc<Snapshot>| -> Vec<_> {
            snapshot.showing(agent).map(|pane| (pane.key.clone(), is_looked_at(pane))).collect()
        };
        let end = End { on_purpose: self.is_wanted_gone(agent), panes: snapshots.flat_map(shown).collect() };
        self.notifications.ends.ends().insert(agent.to_owned(), end);
    }

    /// Whether somebody is just ending it. A daemon that only makes room for the next one ends no agent.
    pub fn is_wanted_gone(&self, agent: &str) -> bool {
        self.ending_of(agent).is_some() || self.is_ending() == Some(Leave::Stop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tmux::server::{PaneId, ServerId, Socket};

    #[test]
    fn what_is_gone_counts_as_it_was_seen_last() {
        let server = ServerId { socket: Socket::new("/s").unwrap(), pid: 1, start_time: 1 };
        let pane = |id| PaneKey { server: server.clone(), pane: PaneId(id), pane_pid: 7 };
        let end =
            |looked: [bool; 2]| End { on_purpose: false, panes: vec![(pane(1), looked[0]), (pane(2), looked[1])] };
        let check = |looked: [bool; 2], now: [Option<bool>; 2], seen: bool| {
            let looks_now = |key: &PaneKey| now[key.pane.0 as usize - 1];
            assert_eq!(end(looked).is_seen(looks_now), seen, "{looked:?} {now:?}");
        };
        check([false, true], [None, None], true);
        check([false, false], [None, None], false);
        check([false, true], [None, Some(false)], false);
        check([false, false], [None, Some(true)], true);
        assert!(!End::default().is_seen(|_| Some(true)), "it was shown nowhere");
    }
}
