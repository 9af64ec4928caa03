//! The right context for every command: which environment holds where, what it says, and how shells get to know.
//!
//! What people write is in `envs.yaml` and `prefixes.yaml`, and for the status bar in `hud.yaml` ([`files`], [`look`]); what they set while they work is in `state.json`
//! ([`overrides`]); what shells read without asking anybody is in the runtime folder ([`shells`]). Whoever asks gets the same answer:
//! the order stands in [`crate::environment::overrides`] and nowhere else.

pub mod choice;
pub mod files;
mod fresh;
mod inherit;
pub mod look;
pub mod overrides;
mod person;
pub mod project;
pub mod serving;
pub mod shells;
pub mod watch;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch as told};

use crate::base::clock::Clock;
use crate::base::paths::Places;
use crate::base::process::environment_value;
use crate::daemon::configs::Configs;
use crate::daemon::copies::Copies;
use crate::hud::render::Look;
use crate::project::state::{Kept, RuleEntry, StateFile};
use crate::tmux::server::{PaneId, PaneKey, ServerId};
use files::Loaded;
use project::Named;
use shells::Shells;

/// What every process of an agent carries.
const MARK: &str = "PINTLE_AGENT_ID";

/// Everything that is known of environments.
pub struct Environments {
    state: Arc<Kept<StateFile>>,
    places: Places,
    loaded: Mutex<Arc<Loaded>>,
    /// What the config files of projects name as their environments, by their roots.
    named: Mutex<HashMap<PathBuf, Named>>,
    /// The `config.yaml` of the user and of projects.
    pub configs: Configs,
    /// The agents that have started tmux servers, by the servers' processes and starts; `None` for those of people.
    started_by: Mutex<HashMap<(u32, u64), Option<String>>>,
    /// What shells read, as it was written last.
    shells: Mutex<Shells>,
    /// Told when a config file may have changed.
    pub files_changed: Arc<Notify>,
    /// Told when the runtime folder was made anew: whoever watches a folder in it watches one that is gone.
    pub remade: told::Sender<()>,
    /// Told when a shell has said what it has applied.
    pub applied: Arc<Notify>,
    /// An overlay was altered and is set back, of which nobody is told yet. Its folder is watched, so that whoever tells looks here soon.
    pub set_back: AtomicBool,
}

impl Environments {
    /// Reads the files. What cannot be read is in [`Loaded::broken`], and nothing of it is in force.
    pub fn new(places: Places, state: Arc<Kept<StateFile>>, clock: Clock) -> Arc<Self> {
        let configs = Configs::new(clock, Copies::new(places.copies()));
        let loaded = Mutex::new(Arc::new(Loaded::read(&places, &configs, &[], &registered(&state), None)));
        Arc::new(Self {
            shells: Mutex::new(Shells::new(&places)),
            state,
            places,
            loaded,
            named: Mutex::default(),
            started_by: Mutex::default(),
            configs,
            files_changed: Arc::default(),
            applied: Arc::default(),
            remade: told::Sender::default(),
            set_back: AtomicBool::default(),
        })
    }

    /// The agent whose process has started this tmux server, whether it lives or not.
    pub fn started_by(&self, server: &ServerId) -> Option<String> {
        let read = || String::from_utf8(environment_value(server.pid.cast_signed(), MARK)?).ok();
        let mut known = self.started_by.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry((server.pid, server.start_time)).or_insert_with(|| read().filter(|id| !id.is_empty())).clone()
    }

    /// How the line for status bars looks.
    pub fn look(&self) -> Arc<Look> {
        self.in_force().look.clone()
    }

    /// Whether the shell in this pane has applied what holds there. One that has never said anything has no hooks, and is taken at its
    /// word.
    pub fn is_applied(&self, pane: &PaneKey) -> bool {
        let shells = self.shells();
        match (shells.wanted(pane), shells.applied(pane)) {
            (Some(wanted), Some(applied)) => wanted == applied,
            _ => true,
        }
    }

    /// What is in force.
    pub fn loaded(&self) -> Arc<Loaded> {
        self.in_force().clone()
    }

    /// Whether a file has changed since it was read: whoever has just saved one asks sooner than its change is heard of.
    pub fn is_stale(&self) -> bool {
        self.in_force().is_stale()
    }

    /// Reads the files again. One that is broken leaves its last good content in force. Returns whether anything is different. `projects`
    /// are the config files of the projects that are known.
    pub fn reload(&self, projects: &[PathBuf]) -> bool {
        // In this moment, and not when it is asked for next: by then somebody may be writing again.
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        named.iter_mut().for_each(|(root, named)| *named = self.read_project(root, &named.env));
        drop(named);
        let mut in_force = self.in_force();
        let now = Loaded::read(&self.places, &self.configs, projects, &registered(&self.state), Some(&in_force));
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

    /// The newest pane that an earlier daemon has seen on this server; `None` where nothing was chosen on it.
    pub fn newest_seen(&self, server: &ServerId) -> Option<PaneId> {
        self.shells().seen(server.pid).map(PaneId)
    }

    /// Believes nothing to be written that shells read: it is written anew when they are told next.
    pub fn forget_told(&self) {
        self.shells().forget_written();
    }

    fn shells(&self) -> MutexGuard<'_, Shells> {
        self.shells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn in_force(&self) -> MutexGuard<'_, Arc<Loaded>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn registered(state: &Kept<StateFile>) -> Vec<RuleEntry> {
    state.read(|state| state.rules.clone())
}
