//! How much has changed in worktrees, answered at once while nothing changes.
//!
//! What was counted holds as long as three things are as they were: what git knows ([`key`]: index, HEAD, base, configuration), every folder
//! that was looked at ([`watch`]: the kernel says whether anything in it has changed), and files that have other names, through which they
//! can change without their folder's noticing. The alternatives: index and HEAD alone say nothing of a file that an agent has just written,
//! and to ask for every file's time again, as git does, takes a hundred times as long for a repository of 20,000 files.
//!
//! Nobody waits for the kernel to tell: it is asked when somebody wants to know, so that agents that write files wake nobody. Where it cannot
//! tell (a file system over the network, no more watches, libgit2 cannot read the repository) everything is counted anew each time. What it
//! does not tell either is a file that a program has mapped and writes into: that is seen when the program closes it.

mod key;
mod watch;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::diff::{Counts, Diff, DiffError, DiffSpec, How, Linked, Listings, Want, diff};
use key::{Key, UserFiles};
use watch::Watch;

/// What a worktree's changes come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// With the files that git does not know, as if they had been added.
    pub counts: Counts,
    /// How many those are.
    pub untracked: u64,
}

/// What was counted, and when that still holds.
struct Counted {
    key: Key,
    linked: Vec<Linked>,
    pulse: Pulse,
}

/// What is known of all worktrees that somebody has asked about.
pub struct Pulses {
    user: UserFiles,
    watch: Watch,
    listings: Listings,
    counted: Mutex<HashMap<PathBuf, Counted>>,
}

impl Default for Pulses {
    fn default() -> Self {
        Self {
            user: UserFiles::find(),
            watch: Watch::default(),
            listings: Listings::default(),
            counted: Mutex::default(),
        }
    }
}

impl Pulses {
    /// What was counted before, if nothing has changed since. Takes microseconds.
    pub fn known(&self, spec: &DiffSpec) -> Option<Pulse> {
        self.watch.catch_up();
        let counted = self.counted();
        let counted = counted.get(&spec.path)?;
        let holds = self.watch.is_quiet(&spec.path)
            && counted.linked.iter().all(Linked::is_same)
            && Key::of(spec, &self.user).is_some_and(|key| key == counted.key);
        holds.then_some(counted.pulse)
    }

    /// Counts. `now` is read before. To be called on a thread that may wait, which may have others help it.
    pub fn count(&self, spec: &DiffSpec, threads: usize, now: Timestamp) -> Result<Pulse, DiffError> {
        let key = Key::of(spec, &self.user);
        let round = self.watch.begin(&spec.path);
        let how = How { threads, follow: Some(&round), listings: Some((&self.listings, now)) };
        let counted = diff(spec, Want::Counts, how);
        let linked = round.end();
        let diff = counted.inspect_err(|_| drop(self.counted().remove(&spec.path)))?;
        let pulse = Pulse { counts: diff.counts, untracked: diff.untracked.len() as u64 };
        // What changed while it was counted may be counted or not.
        let unchanged = key.filter(|key| key.is_settled(now) && Key::of(spec, &self.user).as_ref() == Some(key));
        let mut counted = self.counted();
        match unchanged.zip(linked) {
            Some((key, linked)) => drop(counted.insert(spec.path.clone(), Counted { key, linked, pulse })),
            None => drop(counted.remove(&spec.path)),
        }
        Ok(pulse)
    }

    /// Compares, with what is known of the folders. `now` is read before. To be called on a thread that may wait.
    pub fn diff(&self, spec: &DiffSpec, want: Want, threads: usize, now: Timestamp) -> Result<Diff, DiffError> {
        diff(spec, want, How { threads, follow: None, listings: Some((&self.listings, now)) })
    }

    /// Forgets everything, and has the kernel do so.
    pub fn forget(&self) {
        self.counted().clear();
        self.listings.forget();
        self.watch.forget();
    }

    fn counted(&self) -> MutexGuard<'_, HashMap<PathBuf, Counted>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
