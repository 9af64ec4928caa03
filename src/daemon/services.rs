//! Everything that a handler can reach, made once at the start.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::{Notify, OnceCell, broadcast};

use super::comparisons::Comparisons;
use super::convert;
use super::environments::Environments;
use super::error::no_agent;
use super::keeper::KeeperLink;
use super::notifications::Notifications;
use super::panes::Panes;
use super::variables::Variables;
use crate::agent::actor::Agent;
use crate::agent::registry::Registry as Agents;
use crate::agent::rule::Compiled;
use crate::base::clock::Clock;
use crate::base::paths::Places;
use crate::base::test_point;
use crate::project::manifest::{Ending, Note};
use crate::project::registry::{Project, Registry as Projects};
use crate::protocol::typed::event::Event;
use crate::protocol::{Code, WireError};

/// Happenings that a slow subscriber may be behind before it is told that it missed some.
const HAPPENINGS: usize = 1024;

/// Something that subscribers may want to know.
#[derive(Clone, Debug)]
pub struct Happening {
    /// The project whose status may look different now.
    pub project_root: String,
    /// For `subscribe_events`.
    pub event: Option<Event>,
}

/// How the daemon is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It and the keeper, after the agents.
    Stop,
    /// Only itself; the keeper starts the next.
    Restart,
}

/// An agent whose process is being started, for as long as this lives: also where whoever asked for it has gone.
pub struct Starting<'a> {
    services: &'a Services,
    agent: String,
}

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        self.services.starting().remove(&self.agent);
        self.services.has_started.notify_waiters();
    }
}

/// The daemon's parts.
pub struct Services {
    /// Where everything is.
    pub places: Places,
    /// The time.
    pub clock: Clock,
    /// When this daemon started.
    pub started: Instant,
    /// The same by the wall.
    pub started_at: Timestamp,
    /// The keeper.
    pub keeper: KeeperLink,
    /// Agents with a terminal.
    pub agents: Agents,
    /// Rules of the kinds, compiled once for all their agents.
    pub rules: Compiled,
    /// Projects.
    pub projects: Projects,
    /// tmux.
    pub panes: Panes,
    /// Environments, and the rules that bring commands into them.
    pub environments: Arc<Environments>,
    /// What the person is told.
    pub notifications: Notifications,
    /// What was counted in worktrees.
    pub comparisons: Comparisons,
    /// What subscribers hear.
    pub happenings: broadcast::Sender<Happening>,
    /// The user's login environment, asked for once.
    pub login_environment: OnceCell<Variables>,
    /// Exit codes of processes that ended before whoever asked for them has made an agent of them.
    early_exits: Mutex<HashMap<String, i32>>,
    /// Agents whose process is being started, and their own environments: it may ask for what holds before its spawn is answered.
    starting: Mutex<HashMap<String, Option<String>>>,
    /// Told when one of them is known, or could not be started.
    has_started: Notify,
    /// The notes that the keeper holds for us.
    notes: Mutex<HashMap<String, Note>>,
    end: Mutex<Option<End>>,
    /// Told when `end` is set.
    pub ending: Notify,
}

impl Services {
    /// Puts the parts together.
    pub fn new(
        places: Places,
        clock: Clock,
        keeper: KeeperLink,
        projects: Projects,
        panes: Panes,
        environments: Arc<Environments>,
        notifications: Notifications,
    ) -> Arc<Self> {
        Arc::new(Self {
            places,
            started: clock.instant(),
            started_at: clock.now(),
            clock,
            keeper,
            agents: Agents::default(),
            rules: Compiled::default(),
            projects,
            panes,
            environments,
            notifications,
            comparisons: Comparisons::default(),
            happenings: broadcast::Sender::new(HAPPENINGS),
            login_environment: OnceCell::new(),
            early_exits: Mutex::default(),
            starting: Mutex::default(),
            has_started: Notify::new(),
            notes: Mutex::default(),
            end: Mutex::default(),
            ending: Notify::new(),
        })
    }

    /// Tells subscribers that something about a project has changed.
    pub fn tell(&self, project_root: &Path, event: Option<Event>) {
        let project_root = project_root.to_string_lossy().into_owned();
        // Nobody listening is no error.
        let _ = self.happenings.send(Happening { project_root, event });
    }

    /// Asks the daemon to end. The first wish counts.
    pub fn end(&self, how: End) {
        self.end.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(how);
        self.ending.notify_waiters();
        self.ending.notify_one();
    }

    /// Whether and how the daemon ends.
    pub fn is_ending(&self) -> Option<End> {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a note about an agent, here only: the keeper has it already.
    pub fn remember(&self, agent: &str, note: Note) {
        self.notes().insert(agent.to_owned(), note);
    }

    /// The note about an agent.
    pub fn note(&self, agent: &str) -> Option<Note> {
        self.notes().get(agent).cloned()
    }

    /// Changes the note about an agent, here and at the keeper, where it outlives us.
    pub fn change_note(&self, agent: &str, change: impl FnOnce(&mut Note)) {
        let tag = {
            let mut notes = self.notes();
            let Some(note) = notes.get_mut(agent) else { return };
            change(note);
            serde_json::to_vec(note)
        };
        let sent = tag
            .map_err(|error| error.to_string())
            .and_then(|tag| self.keeper.tag(agent, &tag).map_err(|error| error.to_string()));
        if let Err(error) = sent {
            tracing::warn!(agent, error, "the keeper could not be told");
        }
    }

    /// A process is about to be started for this agent: what was known of an earlier one's end does not concern it.
    /// Until it is known, or could not be started, its own environment is `env`.
    pub fn expect_start(&self, agent: &str, env: Option<&str>) -> Starting<'_> {
        self.early_exits().remove(agent);
        self.starting().insert(agent.to_owned(), env.map(str::to_owned));
        self.notifications.expect_start(agent);
        Starting { services: self, agent: agent.to_owned() }
    }

    /// Whether an agent of this id lives: its process runs, or is being started.
    pub fn is_living(&self, agent: &str) -> bool {
        self.starting().contains_key(agent) || self.agents.get(agent).is_some_and(|agent| agent.exit().is_none())
    }

    /// Waits until an agent that is being started is known, or could not be started: what its process says of itself first may come
    /// before its spawn is answered.
    pub async fn until_started(&self, agent: &str) {
        loop {
            // Hears what is told from here on, before it is looked.
            let told = self.has_started.notified();
            if !self.starting().contains_key(agent) {
                return;
            }
            test_point::reach("until_started.waits");
            told.await;
        }
    }

    /// The environment that an agent has of its own.
    pub fn env_of_agent(&self, agent: &str) -> Option<String> {
        let starting = self.starting().get(agent).cloned();
        starting.unwrap_or_else(|| self.note(agent)?.entry.env)
    }

    /// The agent whose process has ended. One that is not known yet will be: a program can end before its spawn is answered, and
    /// the code waits for it then.
    pub fn ended(&self, agent: &str, code: i32) -> Option<Arc<Agent>> {
        let mut early = self.early_exits();
        let known = self.agents.get(agent);
        if known.is_none() {
            early.insert(agent.to_owned(), code);
        }
        known
    }

    /// Makes an agent known. Returns its exit code if it has ended meanwhile.
    pub fn welcome(&self, agent: Arc<Agent>) -> Option<i32> {
        let id = agent.id.clone();
        self.agents.insert(agent);
        self.early_exits().remove(&id)
    }

    fn starting(&self) -> MutexGuard<'_, HashMap<String, Option<String>>> {
        self.starting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn early_exits(&self) -> MutexGuard<'_, HashMap<String, i32>> {
        self.early_exits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The open project that an agent belongs to, wherever its folder is by now.
    pub fn project_of(&self, agent: &Agent) -> Option<Arc<Project>> {
        let has = |project: &Arc<Project>| project.store.read().agent(&agent.id).is_some();
        let known = self.projects.known(&agent.project_root).filter(|project| project.root.exists());
        known.clone().filter(has).or_else(|| self.projects.of_agent(&agent.id)).or(known)
    }

    /// Why an agent is being ended, if it is.
    pub fn ending_of(&self, agent: &str) -> Option<Ending> {
        self.notes().get(agent).and_then(|note| note.ending)
    }

    /// Whether an agent's process has ended, or is being ended, only so that it can go on when it is resumed.
    pub fn is_put_aside(&self, agent: &Agent) -> bool {
        let is_marked = || {
            let project = self.project_of(agent);
            project.is_some_and(|project| project.store.read().agent(&agent.id).is_some_and(|entry| entry.suspended))
        };
        match self.ending_of(&agent.id) {
            Some(ending) => ending == Ending::Suspend,
            // One that was stopped as it was, and then ended, has ended: until that is written down its entry says otherwise.
            None => agent.exit().is_some() && !agent.is_stopped() && is_marked(),
        }
    }

    /// Whether an agent is being killed and its process has ended: all that is left is to write that down, and to whoever asks
    /// it is gone.
    pub fn is_leaving(&self, agent: &str) -> bool {
        self.ending_of(agent) == Some(Ending::Kill) && self.agents.get(agent).is_some_and(|live| live.exit().is_some())
    }

    /// Notes about a project's agents that were killed and whose output can still be read, in the order of their starts.
    pub fn killed(&self, project_root: &str) -> Vec<Note> {
        let is_one = |note: &&Note| {
            let ended = || self.agents.get(&note.entry.id).is_some_and(|agent| agent.exit().is_some());
            note.ending == Some(Ending::Kill) && note.project_root == project_root && ended()
        };
        let mut killed: Vec<Note> = self.notes().values().filter(is_one).cloned().collect();
        killed.sort_by(|a, b| (a.entry.started_at, &a.entry.id).cmp(&(b.entry.started_at, &b.entry.id)));
        killed
    }

    /// How many agents the keeper has of a project, those that have ended too.
    pub fn kept_of(&self, project_root: &Path) -> usize {
        self.notes().values().filter(|note| Path::new(&note.project_root) == project_root).count()
    }

    /// Notes at the keeper what an agent's hooks said last, or that it has been answered.
    pub fn note_report(&self, agent: &Agent) {
        let report = agent.reported().map(convert::noted_report);
        if self.notes().get(&agent.id).is_some_and(|note| note.report != report) {
            self.change_note(&agent.id, |note| note.report = report);
        }
    }

    /// The agent with this id, if it has a terminal. One that a project knows but whose terminal went with an earlier keeper is
    /// told apart from one that nobody knows.
    pub fn terminal(&self, id: &str) -> Result<Arc<Agent>, WireError> {
        if let Some(agent) = self.agents.get(id) {
            return Ok(agent);
        }
        let roots = self.projects.roots();
        let mut projects = roots.iter().filter_map(|root| self.projects.open(&root.to_string_lossy()).ok());
        let suspended = projects.find_map(|project| project.store.read().agent(id).map(|entry| entry.suspended));
        Err(match suspended {
            None => no_agent(id),
            Some(true) => {
                let text = format!("{id} is suspended, and its last output is gone: it ended with its keeper");
                WireError::new(Code::InvalidState, text).with_hint(format!("`pintle resume {id}` lets it go on"))
            }
            Some(false) => {
                let text = format!("{id} has no terminal any more: it ended with its keeper, and its output with it");
                WireError::new(Code::InvalidState, text)
            }
        })
    }

    /// Forgets an agent here and at the keeper.
    pub fn forget(&self, agent: &str) {
        self.notes().remove(agent);
        self.agents.remove(agent);
        self.notifications.forget(agent);
        if let Err(error) = self.keeper.forget(agent) {
            tracing::warn!(agent, %error, "the keeper could not be told to forget");
        }
    }

    fn notes(&self) -> MutexGuard<'_, HashMap<String, Note>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
