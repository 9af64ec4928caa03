//! Which environment holds for a command, a pane, an agent.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::overrides::Overrides;
use super::project::{ProjectEnv, unread};
use crate::daemon::panes::Server;
use crate::daemon::services::Services;
use crate::environment::guard::Level;
use crate::environment::overrides::{self, Set, Source};
use crate::environment::told::Asker;
use crate::protocol::cmd::request::Context;
use crate::protocol::{Code, WireError};
use crate::tmux::pane::Pane;
use crate::tmux::server::{PaneKey, ServerId, SessionId};

/// What is set on every rung, for a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rungs {
    /// `--env` of the command.
    pub command: Option<String>,
    /// The agent and its own. It stands in a pane only where it has started a tmux.
    pub agent: Option<(String, Option<String>)>,
    /// The pane, its window and its session.
    pub pane: Option<(Pane, Overrides)>,
    /// That of all panes of the session that it is in without a pane of its own: a popup.
    pub session: Option<String>,
    /// The project that the folder is in, and what its config says.
    pub project: Option<(PathBuf, ProjectEnv)>,
    /// The global one.
    pub global: Option<String>,
}

impl Rungs {
    /// The one that holds. An error where nobody knows, since a project's file could never be read and nothing nearer is set.
    pub fn chosen(&self) -> Result<Option<(&str, Source)>, WireError> {
        let pane = self.pane.as_ref().map(|(_, overrides)| overrides);
        let chosen = overrides::choose(&Set {
            command: self.command.as_deref(),
            agent: self.agent.as_ref().and_then(|(_, env)| env.as_deref()),
            pane: pane.and_then(|set| set.pane.as_deref()),
            window: pane.and_then(|set| set.window.as_deref()),
            session: pane.and_then(|set| set.session.as_deref()).or(self.session.as_deref()),
            project: self.project.as_ref().and_then(|(_, env)| env.name()),
            global: self.global.as_deref(),
        });
        match (chosen, &self.project) {
            (Some((_, Source::Project)), Some((_, ProjectEnv::Unread(error)))) => Err(unread(error)),
            _ => Ok(chosen),
        }
    }

    /// The environment that would hold for an agent if it had not gone into a pane of its own, and the agent. `None` for everybody else.
    pub fn outside_pane(&self) -> Result<Option<(String, String)>, WireError> {
        let (Some((agent, _)), Some(_)) = (&self.agent, &self.pane) else { return Ok(None) };
        let outside = Self { pane: None, ..self.clone() };
        Ok(outside.chosen()?.map(|(name, _)| (name.to_owned(), agent.clone())))
    }
}

/// What holds where, at one moment.
pub struct Environs<'a> {
    services: &'a Services,
    global: Option<String>,
    /// Some pane, window or session has one.
    any_override: bool,
    /// Some project names one.
    any_project: bool,
}

impl Environs<'_> {
    /// The environment that holds in a pane, and the rung it stands on. Most panes have none of their own, and for those nothing is
    /// looked up.
    pub fn of(&self, pane: &Pane) -> Option<(Cow<'_, str>, Source)> {
        if let Some(agent) = pane.agent.as_deref() {
            return self.of_agent(agent);
        }
        let cwd = pane.cwd.as_deref().filter(|_| self.any_project);
        let project = cwd.and_then(|cwd| self.services.project_env(cwd)).map(|(_, env)| env).unwrap_or_default();
        let agents = self.services.agent_behind(&pane.key.server).and_then(|agent| self.services.env_of_agent(&agent));
        if project.name().is_none() && agents.is_none() && !self.any_override {
            return self.global.as_deref().map(|name| (Cow::Borrowed(name), Source::Global));
        }
        let set = self.services.environments.overrides(pane);
        let chosen = overrides::choose(&Set {
            pane: set.pane.as_deref(),
            window: set.window.as_deref(),
            session: set.session.as_deref(),
            agent: agents.as_deref(),
            project: project.name(),
            global: self.global.as_deref(),
            ..Set::default()
        });
        chosen.map(|(name, source)| (Cow::Owned(name.to_owned()), source))
    }

    /// The environment of an agent's commands. A pane that shows it says the same, whatever is set for the pane itself: that holds for
    /// the pane's own shell, which waits behind the agent.
    fn of_agent(&self, id: &str) -> Option<(Cow<'_, str>, Source)> {
        let own = self.services.env_of_agent(id);
        let project =
            self.services.root_of_agent(id).map(|root| self.services.env_of_project(&root)).unwrap_or_default();
        let chosen = overrides::choose(&Set {
            agent: own.as_deref(),
            project: project.name(),
            global: self.global.as_deref(),
            ..Set::default()
        });
        chosen.map(|(name, source)| (Cow::Owned(name.to_owned()), source))
    }
}

/// The panes of a session have not one environment.
#[derive(Clone, Copy, Debug)]
pub struct Differ;

impl Services {
    /// What is set for this place. A pane that its server does not have is an error; so is an environment that nobody has described.
    pub async fn rungs(self: &Arc<Self>, context: &Context) -> Result<Rungs, WireError> {
        // Of an agent that does not live nothing is known: its id may have been left over, in a tmux that it had started.
        let mut agent = context.agent_id.clone().filter(|id| self.is_living(id));
        let mut pane = match (context.pane.as_deref(), &context.agent_id) {
            (Some(id), _) => Some(self.pane_with_overrides(context.tmux.as_deref(), id).await?),
            (None, Some(id)) if agent.is_none() => return Err(no_living(id)),
            (None, _) => None,
        };
        if agent.is_none() {
            agent = pane.as_ref().and_then(|(pane, _)| self.agent_behind(&pane.key.server));
        }
        let mut cwd = context.cwd.as_ref().map(PathBuf::from);
        // Asked of a pane and not from a place in it: one that shows an agent is the agent's.
        if cwd.is_none()
            && let Some(shown) = pane.as_ref().and_then(|(pane, _)| pane.agent.clone())
        {
            cwd = self.root_of_agent(&shown);
            (agent, pane) = (Some(shown), None);
        }
        let session =
            match context.tmux.as_deref().filter(|_| context.env.is_none() && pane.is_none() && agent.is_none()) {
                Some(tmux) => self.env_without_pane(tmux).await?,
                None => None,
            };
        let cwd = cwd.or_else(|| pane.as_ref().and_then(|(pane, _)| pane.cwd.clone()));
        let root = cwd.and_then(|cwd| self.projects.around(&cwd));
        self.catch_up(root.as_deref()).await?;
        if let Some(env) = &context.env {
            self.environments.find(env)?;
        }
        let agent = agent.map(|id| {
            let own = self.env_of_agent(&id);
            (id, own)
        });
        Ok(Rungs {
            command: context.env.clone(),
            agent,
            project: root.map(|root| {
                let env = self.env_of_project(&root);
                (root, env)
            }),
            pane,
            session,
            global: self.environments.global(),
        })
    }

    /// The environment that all panes of a session have from themselves, their window or the session; an error where they have not one.
    pub fn env_of_session(&self, server: &Server, session: SessionId) -> Result<Option<String>, Differ> {
        let snapshot = server.snapshot();
        let mut all = snapshot.panes.iter().filter(|pane| pane.session == session);
        let env = |pane: &Pane| self.environments.overrides(pane).first().map(str::to_owned);
        let first = all.next().and_then(env);
        if all.all(|pane| env(pane) == first) { Ok(first) } else { Err(Differ) }
    }

    /// The same for something that tmux has started in a session and in no pane: a popup, which lies over all of them. `tmux` is its `TMUX`.
    /// Most servers have nothing chosen, and are not asked.
    async fn env_without_pane(self: &Arc<Self>, tmux: &str) -> Result<Option<String>, WireError> {
        let key = Asker::session_key(tmux);
        let Some((pid, session)) = key.as_deref().and_then(|key| key.split_once('-')) else { return Ok(None) };
        let (Ok(pid), Ok(session)) = (pid.parse::<u32>(), session.parse()) else { return Ok(None) };
        if !self.environments.servers().iter().any(|(server, _)| *server == pid) {
            return Ok(None);
        }
        let server = self.tmux_of(tmux).await?;
        self.env_of_session(&server, SessionId(session)).map_err(|Differ| {
            // In one: hints of a refusal are `pintle run`'s own.
            let text = "not all panes of this session have one environment, and this is in none of them: `pintle run --env NAME` says which \
                        is meant, or `tmux display-popup -e TMUX_PANE=%N` in which pane it is";
            WireError::new(Code::InvalidState, text)
        })
    }

    /// The environment that holds in a pane that is known, and the rung it stands on.
    pub fn env_of(&self, pane: &Pane) -> Option<(String, Source)> {
        self.environs().of(pane).map(|(name, source)| (name.into_owned(), source))
    }

    /// How strict the guard is that holds in a pane. In an environment that nobody describes nothing passes.
    pub fn guard_of(&self, pane: &Pane) -> Level {
        let Some((name, _)) = self.env_of(pane) else { return Level::Free };
        self.environments.loaded().envs.get(&name).map_or(Level::Locked, |env| env.guard)
    }

    /// What holds where, for whoever asks of many panes at once.
    pub fn environs(&self) -> Environs<'_> {
        let any_project = self.projects.roots().iter().any(|root| self.env_of_project(root) != ProjectEnv::None);
        let (global, any_override) = self.environments.global_and_overrides();
        Environs { services: self, global, any_override, any_project }
    }

    /// The pane with this id and what is set for it. One that its server was seen to have is believed: tmux tells when it goes.
    pub async fn pane_with_overrides(
        self: &Arc<Self>,
        tmux: Option<&str>,
        id: &str,
    ) -> Result<(Pane, Overrides), WireError> {
        let (server, key) = self.pane_seen(tmux, id).await?;
        self.known(&server, &key).await
    }

    /// The same of a pane that is to have another environment, or its guard lifted. Its server is asked: a pane may be another process's
    /// by now (`respawn-pane`), of which tmux does not tell, and a guard must not be lifted for the one before.
    pub async fn pane_to_change(
        self: &Arc<Self>,
        tmux: Option<&str>,
        id: &str,
    ) -> Result<(Pane, Overrides), WireError> {
        let (server, key) = self.pane(tmux, id).await?;
        // What was split from it a moment ago, and is not known yet, has what holds now.
        self.look_soon(&server).await;
        self.known(&server, &key).await
    }

    async fn known(self: &Arc<Self>, server: &Arc<Server>, key: &PaneKey) -> Result<(Pane, Overrides), WireError> {
        let seen = server.snapshot().panes.iter().find(|pane| pane.key == *key).cloned();
        let pane = match seen {
            Some(pane) => Some(pane),
            None => {
                // New to us: it may have been split from one that has an environment.
                self.look_soon(server).await;
                // By its id: it may have been respawned in between, and is the same pane with the same environment.
                server.snapshot().panes.iter().find(|pane| pane.key.pane == key.pane).cloned()
            }
        };
        let gone = || WireError::new(Code::NotFound, format!("no pane {}", key.pane));
        let pane = pane.ok_or_else(gone)?;
        let set = self.environments.overrides(&pane);
        Ok((pane, set))
    }

    /// The innermost registered project that a folder is in, and the environment that its config names.
    pub fn project_env(&self, cwd: &Path) -> Option<(PathBuf, ProjectEnv)> {
        let root = self.projects.around(cwd)?;
        let env = self.env_of_project(&root);
        Some((root, env))
    }

    /// The environment that a project's config names. One that cannot be read names what it named before.
    pub fn env_of_project(&self, root: &Path) -> ProjectEnv {
        self.environments.project_env(root)
    }

    /// The root of the project that an agent is in.
    fn root_of_agent(&self, id: &str) -> Option<PathBuf> {
        let agent = self.agents.get(id)?;
        Some(self.project_of(&agent)?.root.clone())
    }

    /// The agent that has started a tmux server, as long as it lives. An agent is in no pane of ours, so whatever runs in that server is
    /// its own, whether it still carries its id or not.
    pub fn agent_behind(&self, server: &ServerId) -> Option<String> {
        self.environments.started_by(server).filter(|agent| self.is_living(agent))
    }
}

/// That a process says it is an agent's which nobody knows, or which has ended: what holds for it nobody can say.
fn no_living(agent: &str) -> WireError {
    let text = format!("no living agent is {agent} (PINTLE_AGENT_ID), so that which environment holds is not known");
    WireError::new(Code::NotFound, text)
}

/// The word of a rung, as the wire has it: `command` and `agent` are ours.
pub fn source(chosen: Option<(&str, Source)>) -> String {
    chosen.map_or("none".to_owned(), |(_, source)| source.to_string())
}
