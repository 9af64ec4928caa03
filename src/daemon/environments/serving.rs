//! What the parts of the daemon do with environments together.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::choice::Differ;
use super::files::Loaded;
use super::project::{ProjectEnv, project_file, unread};
use super::shells::{Wanted, pane_file};
use crate::base::paths::home;
use crate::daemon::panes::Server;
use crate::daemon::services::Services;
use crate::environment::audit::AuditEntry;
use crate::environment::envs::{Environment, KubeContext, NAME, UNREAD};
use crate::environment::overlay::{self, Placed};
use crate::environment::script::{refusing, script};
use crate::environment::told::Seen;
use crate::notify::queue::{Level, NotificationSpec};
use crate::project::manifest::AgentEntry;
use crate::protocol::{Code, WireError};
use crate::tmux::pane::Pane;
use crate::tmux::server::SessionId;

impl Services {
    /// The file that goes in front of `KUBECONFIG`; `users` is the variable as the user has it.
    pub fn overlay(&self, kube: &KubeContext, users: Option<&OsStr>) -> Result<Placed, WireError> {
        let refused = |error: &dyn Display| WireError::new(Code::ConfigError, error.to_string());
        // In somebody else's folder, they could lead every command to their cluster.
        self.places.has_runtime().map_err(|error| refused(&error))?;
        let placed = overlay::place(kube, &self.places.kube(), users, &home()).map_err(|error| refused(&error))?;
        if placed.set_back {
            self.environments.set_back.store(true, Ordering::Relaxed);
        }
        Ok(placed)
    }

    /// The variables that an agent starts with for its environment: its own, else its project's. The global one is not an agent's
    /// to keep; its commands meet it when they run, as everybody's do.
    pub fn variables_of_agent(
        &self,
        entry: &AgentEntry,
        root: &Path,
    ) -> Result<BTreeMap<String, Option<OsString>>, WireError> {
        self.variables_in_project(entry.env.clone(), root)
    }

    /// The same of anything else that is started in a project; `own` beats the project's.
    pub fn variables_in_project(
        &self,
        own: Option<String>,
        root: &Path,
    ) -> Result<BTreeMap<String, Option<OsString>>, WireError> {
        let own = own.map(ProjectEnv::Named);
        let name = match own.unwrap_or_else(|| self.env_of_project(root)) {
            ProjectEnv::Named(name) => name,
            ProjectEnv::None => return Ok(BTreeMap::new()),
            ProjectEnv::Unread(error) => return Err(unread(&error)),
        };
        let env = self.environments.find(&name)?;
        let mut vars: BTreeMap<String, Option<OsString>> =
            env.vars.iter().map(|(name, value)| (name.clone(), value.as_ref().map(OsString::from))).collect();
        vars.insert(NAME.to_owned(), Some(name.into()));
        if let Some(kube) = &env.kube {
            let overlay = self.overlay(kube, None)?;
            vars.insert("KUBECONFIG".to_owned(), Some(overlay::variable(&overlay.path, None, &home())));
        }
        Ok(vars)
    }

    /// Writes what shells read. A disk that refuses is told of in the log: commands are resolved anew when they run.
    /// Without the runtime folder nothing is: everything is, when it is made anew.
    pub fn tell_shells(&self) {
        if !self.places.has_runtime().unwrap_or(false) {
            return;
        }
        let wanted = self.wanted();
        if let Err(error) = self.environments.shells().write(&wanted) {
            tracing::warn!(%error, "shells are not told which environment holds");
        }
    }

    /// Removes what no shell is told any more.
    pub fn sweep_shells(&self) {
        let wanted = self.wanted();
        self.environments.shells().sweep(&wanted);
    }

    /// What shells are to be told.
    fn wanted(&self) -> Wanted {
        let loaded = self.environments.loaded();
        let mut wanted = Wanted { global: self.environments.global().unwrap_or_default(), ..Wanted::default() };
        // Those that name none too: the innermost project decides, and it may stand inside another.
        let projects = self.projects.roots().into_iter();
        wanted.projects =
            projects.map(|root| (root.clone(), self.env_of_project(&root).name().map(str::to_owned))).collect();
        wanted.projects.sort_by_key(|(root, _)| std::cmp::Reverse(root.as_os_str().len()));
        for (server, _) in self.panes.open_servers() {
            for pane in &server.snapshot().panes {
                let set = self.environments.overrides(pane);
                if let Some(env) = set.first() {
                    wanted.panes.insert(pane_file(&pane.key), env.to_owned());
                }
            }
        }
        wanted.seen = self.seen_by_shells();
        for (server, _) in self.panes.open_servers() {
            let sessions: BTreeSet<SessionId> = server.snapshot().panes.iter().map(|pane| pane.session).collect();
            for session in sessions {
                let name = self.env_of_session(&server, session).unwrap_or_else(|Differ| Some(UNREAD.to_owned()));
                let key = format!("{}-{}", server.handle.server().pid, session.0);
                wanted.sessions.extend(name.map(|name| (key, name)));
            }
        }
        let open: BTreeSet<u32> =
            self.panes.open_servers().iter().map(|(server, _)| server.handle.server().pid).collect();
        wanted.unseen =
            self.environments.servers().into_iter().map(|(pid, _)| pid).filter(|pid| !open.contains(pid)).collect();
        // Who ends with us is ended by us: what its last commands ask of the files is as it was.
        let lives = |id: &str| self.is_living(id) || self.is_ending().is_some();
        let living = self.agents.all().into_iter().filter(|agent| lives(&agent.id));
        wanted.agents = living.map(|agent| (agent.id.clone(), self.env_of_agent(&agent.id))).collect();
        let of_agents = wanted.agents.values().flatten();
        let of_places = wanted.panes.values().chain(wanted.sessions.values());
        let named = [&wanted.global].into_iter().chain(of_places).chain(of_agents);
        let names: BTreeSet<&String> =
            named.chain(wanted.projects.iter().filter_map(|(_, env)| env.as_ref())).collect();
        let elsewhere: Vec<&str> = loaded.wrapped_anywhere().into_iter().collect();
        let meaning = |name: &String| {
            let script = match loaded.envs.get(name) {
                None if !name.is_empty() => refusing(name, &loaded.rules, &elsewhere),
                env => {
                    let overlay = env.and_then(|env| self.overlay_for_shells(env));
                    script(&loaded.rules, env, overlay.as_deref(), &elsewhere)
                }
            };
            (name.clone(), script)
        };
        wanted.scripts = names.into_iter().map(meaning).collect();
        wanted
    }

    /// What was seen of the tmux servers on which something is chosen.
    fn seen_by_shells(&self) -> BTreeMap<u32, Seen> {
        let chosen: BTreeSet<u32> = self.environments.servers().into_iter().map(|(pid, _)| pid).collect();
        let seen = |server: &Server| {
            let (pid, snapshot) = (server.handle.server().pid, server.snapshot());
            let newest = snapshot.panes.iter().map(|pane| pane.key.pane.0).max().filter(|_| chosen.contains(&pid))?;
            let place = |pane: &Pane| (pane.key.pane.0, format!("{} {}", pane.window, pane.session));
            let is_wide = self.environments.is_wide(server.handle.server());
            let places = if is_wide { snapshot.panes.iter().map(place).collect() } else { BTreeMap::new() };
            Some((pid, Seen { newest, places }))
        };
        self.panes.open_servers().iter().filter_map(|(server, _)| seen(server)).collect()
    }

    /// Whether an environment is chosen somewhere that nobody describes.
    pub fn is_any_unknown(&self) -> bool {
        let envs = &self.environments.loaded().envs;
        let projects =
            self.projects.roots().into_iter().filter_map(|root| self.env_of_project(&root).name().map(str::to_owned));
        let agents = self.agents.all().into_iter().filter_map(|agent| self.note(&agent.id)?.entry.env);
        self.environments.chosen().into_iter().chain(projects).chain(agents).any(|name| envs.get(&name).is_none())
    }

    /// What stands in front of `KUBECONFIG` in shells. Where that cannot be written it is a folder, over which kubectl and its like stop:
    /// left as it was, the variable would lead an unwrapped kubectl to whichever cluster the user's file is set to.
    fn overlay_for_shells(&self, env: &Environment) -> Option<PathBuf> {
        let placed = self.overlay(env.kube.as_ref()?, None);
        let refuses = |why: &dyn Display| tracing::warn!(env = env.name, %why, "what reads its KUBECONFIG refuses");
        Some(match placed {
            Ok(Placed { path, closed, .. }) => {
                closed.iter().for_each(|why| refuses(why));
                path
            }
            Err(error) => {
                refuses(&error);
                self.places.runtime.clone()
            }
        })
    }

    /// Sets back the overlays into which somebody has written, and tells of it, also where a command or a prompt was first to set one back.
    /// Returns whether all of them say what they should then.
    pub fn restore_overlays(self: &Arc<Self>) -> bool {
        let folder = self.places.kube();
        let altered = overlay::altered(&folder);
        if !altered.is_empty() {
            // What shells are told is known; of what somebody's own KUBECONFIG was part, only the next command says it again.
            self.tell_shells();
            for path in overlay::altered(&folder) {
                if let Err(error) = overlay::close(&path) {
                    tracing::error!(%error, "an altered overlay stays as it is");
                }
            }
        }
        let left = overlay::altered(&folder);
        if self.environments.set_back.swap(false, Ordering::Relaxed) || left.len() < altered.len() {
            let message = "a command has changed the kube context of every pane of an environment; it is set back (`pintle env set` chooses one)";
            self.notify(NotificationSpec::shortened("kubeconfig", message, Level::Warning, "pintle"));
        }
        left.is_empty()
    }

    /// Reads the files again, and tells everybody if they say something else. Returns what is in force then.
    pub fn reload_environments(self: &Arc<Self>) -> Arc<Loaded> {
        let projects: Vec<PathBuf> =
            self.projects.roots().iter().filter_map(|root| project_file(&self.environments.configs, root)).collect();
        let differs = self.environments.reload(&projects);
        let own = self.places.config_file();
        self.environments.configs.keep_only(&projects.iter().map(PathBuf::as_path).chain([own.as_path()]).collect());
        let loaded = self.environments.loaded();
        for broken in loaded.broken.iter().filter(|_| differs) {
            tracing::warn!("{broken}");
        }
        self.tell_shells();
        self.keep_shims();
        self.panes.changed.notify_one();
        loaded
    }

    /// Puts a line into the log of guards.
    pub fn audit(&self, entry: &AuditEntry) {
        if let Err(error) = entry.append(&self.environments.audit_file()) {
            tracing::error!(%error, "the log of guards lacks a line");
        }
    }
}
