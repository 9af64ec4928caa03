//! What a new pane inherits: the environment of the pane from which it was split.
//!
//! tmux's hook says which one that was ([`Pane::split_from`]). It says nothing where our hook did not run: a hook of the user's on the
//! session hides it, or the split is itself the work of a hook, or our client was not there at that moment. Then the new pane lies beside
//! its origin in the window's order, or the origin was the active pane; and of all that it may have been the one with the strictest guard
//! counts. Whoever is asked once too often in a new pane sees why, and whoever is not asked in `prod` does not. A lifted guard is never
//! inherited.

use super::Environments;
use crate::daemon::panes::follow::Snapshot;
use crate::environment::guard::Level;
use crate::tmux::pane::Pane;
use crate::tmux::server::PaneId;

impl Environments {
    /// Gives new panes what they inherit. Returns whether there were any that do.
    pub(super) fn inherit(&self, before: &Snapshot, now: &Snapshot, guard: impl Fn(&Pane) -> Level) -> bool {
        let mut new: Vec<&Pane> = now.panes.iter().filter(|pane| is_unsettled(before, pane)).collect();
        // One that was split from another new one comes behind it.
        new.sort_by_key(|pane| pane.key.pane);
        let mut any = false;
        for pane in new {
            let parents = match pane.split_from.as_slice() {
                [] => likely(before, now, pane),
                known => known.iter().filter_map(|id| find(now, *id).or_else(|| find(before, *id))).collect(),
            };
            let parent = match parents.as_slice() {
                [one] => Some(*one),
                several => several.iter().copied().max_by_key(|parent| guard(parent)),
            };
            if let Some(env) = parent.and_then(|parent| self.overrides(parent).pane) {
                any |= self.set_where_none(pane, &env);
            }
        }
        any
    }
}

/// It was not there before, or it was not said then where it comes from: a hook of the user's that takes its time runs before ours.
fn is_unsettled(before: &Snapshot, pane: &Pane) -> bool {
    find(before, pane.key.pane).is_none_or(|known| known.split_from.is_empty() && !pane.split_from.is_empty())
}

fn find(snapshot: &Snapshot, id: PaneId) -> Option<&Pane> {
    snapshot.panes.iter().find(|pane| pane.key.pane == id)
}

/// The panes from which it was split in all likelihood, the likeliest last: its neighbours in the window's order, of which the active one
/// is likelier; and the active one wherever it is, for a pane beside the whole window. None in a window that was not there before: nobody
/// has split anything there.
fn likely<'a>(before: &'a Snapshot, now: &'a Snapshot, pane: &Pane) -> Vec<&'a Pane> {
    let window: Vec<&Pane> = now.panes.iter().filter(|other| other.window == pane.window).collect();
    let known = |other: &&&Pane| find(before, other.key.pane).is_some();
    let at = window.iter().position(|other| other.key.pane == pane.key.pane).unwrap_or_default();
    let ahead = window[..at].iter().rev().find(known).copied();
    let behind = window[at..].iter().find(known).copied();
    let active = before.panes.iter().find(|other| other.window == pane.window && other.active);
    let was_there = before.panes.iter().any(|other| other.window == pane.window);
    let beside =
        active.filter(|active| [behind, ahead].iter().flatten().any(|other| other.key.pane == active.key.pane));
    [active, behind, ahead, beside].into_iter().flatten().filter(|_| was_there).collect()
}

#[cfg(test)]
#[path = "inherit_tests.rs"]
mod tests;
