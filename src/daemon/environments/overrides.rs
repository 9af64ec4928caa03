//! Environments of panes, windows and sessions, guards that are lifted, and the global environment: what `state.json` keeps.
//!
//! All of them belong to a tmux server's life. A pane, window or session that is gone takes its environment with it, and so does its
//! server: the next one's `%3` is another pane. Within one life an id is never given twice, so an environment stays with the id, whatever
//! process runs there: who has chosen `prod` for a pane is in `prod` after `respawn-pane` too. To drop it with the process was the
//! alternative, and would put whoever goes on in that pane into another environment without a word. A guard is lifted for the process
//! that was there, and ends with it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;

use super::Environments;
use crate::daemon::panes::follow::Snapshot;
use crate::environment::guard::Level;
use crate::project::state::{ArmedEntry, OverrideEntry, TmuxEntry};
use crate::tmux::pane::Pane;
use crate::tmux::server::{PaneKey, ServerId};

/// How far an environment reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One pane.
    Pane,
    /// A window's panes.
    Window,
    /// A session's panes.
    Session,
}

/// What is set for a pane, from the nearest to the widest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Its own.
    pub pane: Option<String>,
    /// Its window's.
    pub window: Option<String>,
    /// Its session's.
    pub session: Option<String>,
}

impl Overrides {
    /// The one that counts.
    pub fn first(&self) -> Option<&str> {
        self.pane.as_deref().or(self.window.as_deref()).or(self.session.as_deref())
    }
}

impl Environments {
    /// Name of the global environment.
    pub fn global(&self) -> Option<String> {
        self.state.read(|state| state.active_env.clone())
    }

    /// The same, and whether any pane, window or session has one of its own.
    pub fn global_and_overrides(&self) -> (Option<String>, bool) {
        self.state.read(|state| (state.active_env.clone(), !state.overrides.is_empty()))
    }

    /// Names of the global environment and of those of panes, windows and sessions.
    pub fn chosen(&self) -> BTreeSet<String> {
        self.state.read(|state| {
            let set = state.overrides.iter().map(|entry| &entry.env);
            state.active_env.iter().chain(set).cloned().collect()
        })
    }

    /// Makes another one the global environment; returns the one before.
    pub fn set_global(&self, name: Option<&str>) -> Option<String> {
        self.state.change(|state| std::mem::replace(&mut state.active_env, name.map(str::to_owned)))
    }

    /// What is set for this pane, its window and its session.
    pub fn overrides(&self, pane: &Pane) -> Overrides {
        // Asked of many panes at once, so each entry is looked at once.
        let mut set = Overrides::default();
        let [own, window, session] = [Scope::Pane, Scope::Window, Scope::Session].map(|scope| id(pane, scope));
        self.state.read(|state| {
            for entry in state.overrides.iter().filter(|entry| at(&entry.tmux, &pane.key.server)) {
                if entry.id == own {
                    set.pane = Some(entry.env.clone());
                } else if entry.id == window {
                    set.window = Some(entry.env.clone());
                } else if entry.id == session {
                    set.session = Some(entry.env.clone());
                }
            }
        });
        set
    }

    /// Gives a pane, its window or its session an environment, or takes it away; returns the one it had.
    pub fn set_override(&self, pane: &Pane, scope: Scope, env: Option<&str>) -> Option<String> {
        self.state.change(|state| {
            let at = state.overrides.iter().position(|entry| is_of(entry, pane, scope));
            let before = at.map(|at| state.overrides.remove(at).env);
            if let Some(env) = env {
                state.overrides.push(OverrideEntry {
                    tmux: tmux(&pane.key.server),
                    id: id(pane, scope),
                    env: env.to_owned(),
                });
            }
            before
        })
    }

    /// Gives a pane an environment if it has none. Returns whether it had none.
    pub fn set_where_none(&self, pane: &Pane, env: &str) -> bool {
        self.state.change(|state| {
            let has = state.overrides.iter().any(|entry| is_of(entry, pane, Scope::Pane));
            if !has {
                let (tmux, id) = (tmux(&pane.key.server), id(pane, Scope::Pane));
                state.overrides.push(OverrideEntry { tmux, id, env: env.to_owned() });
            }
            !has
        })
    }

    /// Lifts an environment's guard in a pane.
    pub fn arm(&self, pane: &PaneKey, env: &str, until: Timestamp) {
        self.state.change(|state| {
            state.armed.retain(|entry| !(is_in(entry, pane) && entry.env == env));
            state.armed.push(ArmedEntry {
                tmux: tmux(&pane.server),
                pane: pane.pane.to_string(),
                pane_pid: pane.pane_pid,
                env: env.to_owned(),
                until,
            });
        });
    }

    /// Puts guards back: all, of an environment, in a pane. Returns what was lifted until now, pane and environment.
    pub fn disarm(&self, pane: Option<&PaneKey>, env: Option<&str>, now: Timestamp) -> Vec<(String, String)> {
        self.state.change(|state| {
            let (away, rest) = std::mem::take(&mut state.armed).into_iter().partition(|entry| {
                let meant = pane.is_none_or(|pane| is_in(entry, pane)) && env.is_none_or(|env| entry.env == env);
                meant || entry.until <= now
            });
            state.armed = rest;
            let lifted = |entry: &ArmedEntry| entry.until > now;
            Vec::into_iter(away).filter(lifted).map(|entry| (entry.pane, entry.env)).collect()
        })
    }

    /// Until when an environment's guard is lifted in a pane; none when it is not.
    pub fn armed_until(&self, pane: &PaneKey, env: &str, now: Timestamp) -> Option<Timestamp> {
        self.state.read(|state| {
            let mut entries = state.armed.iter().filter(|entry| is_in(entry, pane) && entry.env == env);
            entries.next().map(|entry| entry.until).filter(|until| *until > now)
        })
    }

    /// When the next lifted guard is back.
    pub fn next_disarmed(&self, now: Timestamp) -> Option<Timestamp> {
        self.state.read(|state| state.armed.iter().map(|entry| entry.until).filter(|until| *until > now).min())
    }

    /// A server has been looked at: what belonged to panes, windows and sessions that are gone goes, what was lifted for processes that
    /// are gone too, and a new pane has what the pane had from which it was split ([`super::inherit`]). `guard` says how strict the guard
    /// is that holds in a pane. Returns whether anything is different.
    pub fn follow(&self, server: &ServerId, before: &Snapshot, now: &Snapshot, guard: impl Fn(&Pane) -> Level) -> bool {
        self.forget_applied_in(server, before, now);
        // First: the pane that it was split from may be gone.
        let inherited = self.inherit(before, now, guard);
        let scopes = [Scope::Pane, Scope::Window, Scope::Session];
        let ids: BTreeSet<String> = now.panes.iter().flat_map(|pane| scopes.map(|scope| id(pane, scope))).collect();
        let stays = |entry: &OverrideEntry| !at(&entry.tmux, server) || ids.contains(&entry.id);
        let is_armed =
            |entry: &ArmedEntry| !at(&entry.tmux, server) || now.panes.iter().any(|pane| is_in(entry, &pane.key));
        let same = self.state.read(|state| state.overrides.iter().all(stays) && state.armed.iter().all(is_armed));
        if !same {
            self.state.change(|state| {
                state.overrides.retain(stays);
                state.armed.retain(is_armed);
            });
        }
        inherited || !same
    }

    /// Removes what the shells of panes have said that are gone: seen before and not now, or with a number that tmux has passed. A higher
    /// one is a pane that is not seen yet, whose shell was quick.
    fn forget_applied_in(&self, server: &ServerId, before: &Snapshot, now: &Snapshot) {
        let numbers =
            |snapshot: &Snapshot| -> BTreeSet<u32> { snapshot.panes.iter().map(|pane| pane.key.pane.0).collect() };
        let (seen, there) = (numbers(before), numbers(now));
        let passed = there.last().copied().unwrap_or_default();
        if seen != there {
            let is_gone = |pane: u32| !there.contains(&pane) && (seen.contains(&pane) || pane < passed);
            self.shells().forget_applied(|pid, pane| pid == server.pid && is_gone(pane));
        }
    }

    /// Forgets what belonged to servers that are gone: processes that are no more, and earlier lives of this one.
    pub fn forget_dead_servers(&self, living: Option<&ServerId>, lives: impl Fn(u32) -> bool) {
        self.shells().forget_applied(|pid, _| !lives(pid));
        self.started_by.lock().unwrap_or_else(PoisonError::into_inner).retain(|(pid, _), _| lives(*pid));
        let dead = |entry: &TmuxEntry| {
            let earlier = living.is_some_and(|server| entry.socket == server.socket.path() && !at(entry, server));
            earlier || !lives(entry.pid)
        };
        let any = self.state.read(|state| {
            state.overrides.iter().any(|entry| dead(&entry.tmux)) || state.armed.iter().any(|entry| dead(&entry.tmux))
        });
        if any {
            self.state.change(|state| {
                state.overrides.retain(|entry| !dead(&entry.tmux));
                state.armed.retain(|entry| !dead(&entry.tmux));
            });
        }
    }

    /// The tmux servers in which something is set: process and socket.
    pub fn servers(&self) -> BTreeSet<(u32, PathBuf)> {
        self.state.read(|state| {
            let entries =
                state.overrides.iter().map(|entry| &entry.tmux).chain(state.armed.iter().map(|entry| &entry.tmux));
            entries.map(|tmux| (tmux.pid, tmux.socket.clone())).collect()
        })
    }

    /// Whether a window or a session of this server has an environment: then it matters in which a pane is.
    pub fn is_wide(&self, server: &ServerId) -> bool {
        let is_wide = |entry: &OverrideEntry| !entry.id.starts_with('%') && at(&entry.tmux, server);
        self.state.read(|state| state.overrides.iter().any(is_wide))
    }

    /// Returns when what was set so far would be known to the next daemon, as far as the disk takes it.
    pub async fn written(self: &Arc<Self>) {
        self.state.written().await;
    }
}

fn tmux(server: &ServerId) -> TmuxEntry {
    TmuxEntry { socket: server.socket.path().to_owned(), pid: server.pid, start_time: server.start_time }
}

fn at(entry: &TmuxEntry, server: &ServerId) -> bool {
    entry.pid == server.pid && entry.start_time == server.start_time && entry.socket == server.socket.path()
}

fn id(pane: &Pane, scope: Scope) -> String {
    match scope {
        Scope::Pane => pane.key.pane.to_string(),
        Scope::Window => pane.window.to_string(),
        Scope::Session => pane.session.to_string(),
    }
}

fn is_of(entry: &OverrideEntry, pane: &Pane, scope: Scope) -> bool {
    at(&entry.tmux, &pane.key.server) && entry.id == id(pane, scope)
}

fn is_in(entry: &ArmedEntry, pane: &PaneKey) -> bool {
    entry.pane == pane.pane.to_string() && entry.pane_pid == pane.pane_pid && at(&entry.tmux, &pane.server)
}

#[cfg(test)]
#[path = "overrides_tests.rs"]
pub(super) mod tests;
