//! The right context for every command: which environment holds where, what it says, and how shells get to know.
//!
//! What people write is in `envs.yaml` and `prefixes.yaml` ([`files`]); what they set while they work is in `state.json`
//! ([`overrides`]); what shells read without asking anybody is in the runtime folder ([`shells`]). Whoever asks gets the same answer:
//! the order stands in [`crate::environment::overrides`] and nowhere else.

pub mod choice;
pub mod files;
pub mod overrides;
mod person;
pub mod serving;
pub mod shells;
pub mod watch;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::base::paths::Places;
use crate::hud::render::Look;
use crate::project::state::{Kept, RuleEntry, StateFile};
use crate::tmux::server::PaneKey;
use files::Loaded;
use shells::Shells;

/// Everything that is known of environments.
pub struct Environments {
    state: Arc<Kept<StateFile>>,
    places: Places,
    loaded: Mutex<Arc<Loaded>>,
    /// What configs of projects name as their environments, by their roots; empty after every change of a file.
    projects: Mutex<HashMap<PathBuf, Option<String>>>,
    /// What shells read, as it was written last.
    shells: Mutex<Shells>,
    /// Told when a config file may have changed.
    pub files_changed: Arc<Notify>,
    /// Told when a shell has said what it has applied.
    pub applied: Arc<Notify>,
}

impl Environments {
    /// Reads the files. What cannot be read is in [`Loaded::broken`], and nothing of it is in force.
    pub fn new(places: Places, state: Arc<Kept<StateFile>>) -> Arc<Self> {
        let loaded = Mutex::new(Arc::new(Loaded::read(&places, &registered(&state), None)));
        Arc::new(Self {
            projects: Mutex::default(),
            shells: Mutex::new(Shells::new(&places)),
            state,
            places,
            loaded,
            files_changed: Arc::default(),
            applied: Arc::default(),
        })
    }

    /// How the line for status bars looks.
    pub fn look(&self) -> Look {
        Look::default()
    }

    /// Whether the shell in this pane has applied what holds there. One that has never said anything has no hooks, and is taken at its
    /// word.
    pub fn is_applied(&self, pane: &PaneKey) -> bool {
        let shells = self.shells.lock().unwrap_or_else(PoisonError::into_inner);
        match (shells.wanted(pane), shells.applied(pane)) {
            (Some(wanted), Some(applied)) => wanted == applied,
            _ => true,
        }
    }

    /// What is in force.
    pub fn loaded(&self) -> Arc<Loaded> {
        self.in_force().clone()
    }

    /// Reads the files again. One that is broken leaves its last good content in force. Returns whether anything is different.
    pub fn reload(&self) -> bool {
        self.projects.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let mut in_force = self.in_force();
        let now = Loaded::read(&self.places, &registered(&self.state), Some(&in_force));
        let differs = now != **in_force;
        *in_force = Arc::new(now);
        differs
    }

    /// Keeps a rule that was added by a request, in the place of its owner's earlier one.
    pub fn add_rule(&self, rule: RuleEntry) {
        self.state.change(|state| {
            let alike = |known: &RuleEntry| {
                known.owner == rule.owner && known.command == rule.command && known.strategy == rule.strategy
            };
            match state.rules.iter().position(alike) {
                Some(at) => state.rules[at] = rule,
                None => state.rules.push(rule),
            }
        });
    }

    /// Takes rules away that were added by requests; how many.
    pub fn remove_rules(&self, meant: impl Fn(&RuleEntry) -> bool) -> u64 {
        if !self.state.read(|state| state.rules.iter().any(&meant)) {
            return 0;
        }
        self.state.change(|state| {
            let before = state.rules.len();
            state.rules.retain(|rule| !meant(rule));
            (before - state.rules.len()) as u64
        })
    }

    /// Where the audit log is.
    pub fn audit_file(&self) -> PathBuf {
        self.places.audit_file()
    }

    fn in_force(&self) -> MutexGuard<'_, Arc<Loaded>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn registered(state: &Kept<StateFile>) -> Vec<RuleEntry> {
    state.read(|state| state.rules.clone())
}
