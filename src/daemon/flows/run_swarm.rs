//! `run_swarm`: worktrees and agents made together.
//!
//! Everything that can be known is checked first. Then all worktrees are noted in one change of the manifest, so that two runs of one swarm
//! get different names, and made side by side, each with its agents after it. An agent is made whole or not at all; when one cannot be
//! made no more are begun, and what runs is answered as partial. The run stands in the manifest while it is under way: a daemon that ends
//! leaves it there, and the next one goes on with it (`finish_swarm`).

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::create_worktree;
use super::place::Place;
use super::spawn::Ready;
use super::swarm_plan::{self, Group};
use crate::base::process::free_mib;
use crate::base::{id, test_point};
use crate::daemon::definitions::{Prompt, folders, missing, of_agent_def};
use crate::daemon::kinds::Settings;
use crate::daemon::services::Services;
use crate::definition::agent_def::AgentDef;
use crate::definition::swarm_def::SwarmDef;
use crate::definition::{Store, template};
use crate::project::manifest::{Manifest, SwarmRunEntry, WorktreeEntry};
use crate::project::registry::Project;
use crate::project::worktree;
use crate::protocol::typed::Reply;
use crate::protocol::typed::reply::{RunSwarmPartial, RunSwarmResult};
use crate::protocol::typed::request::{RunSwarm, Spawn};
use crate::protocol::{Code, WireError};

/// Runs a swarm and answers when all its agents run, or when one could not be started and the others that were begun are there.
pub async fn run_swarm(services: &Arc<Services>, request: RunSwarm) -> Result<Reply, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let (def, wanted) = resolve(services, &project, &request)?;
    let settings = Settings::read(services, &project)?;
    let branches = match def.worktree_count {
        0 => Vec::new(),
        _ => {
            worktree::check(&project.root).await?;
            worktree::names_in_use(&project.root, &settings.worktrees.branch_prefix).await?
        }
    };
    let ready = check(services, &project, &def, &wanted).await?;
    let most = most_at_once(&settings)?;
    let (run_id, failed) = (id::swarm_run(), AtomicBool::new(false));
    let prefix = settings.worktrees.branch_prefix.clone();
    let reserved = reserve(services, &project, (&def, &prefix), (&run_id, request.vars), branches).await?;
    test_point::reach("run_swarm.noted");
    // Who follows the status sees what is being made.
    services.tell(&project.root, None);
    let run = Run { services: services.clone(), project: project.clone(), settings, id: run_id.clone(), failed };
    let parts = reserved.into_iter().zip(ready).map(|((group, place), ready)| Part {
        name: group.name,
        place,
        agents: group.agents.into_iter().zip(ready).collect(),
    });
    let (spawned_agents, error) = run.all(parts.collect(), most).await;
    // With a daemon that ends meanwhile it is cut off: the next one goes on.
    if error.is_none() || services.is_ending().is_none() {
        ended(&project, run_id.clone()).await;
    }
    services.tell(&project.root, None);
    match error {
        None => Ok(RunSwarmResult { spawned_agents, run_id }.into()),
        // Nothing is there that could be partial.
        Some(error) if spawned_agents.is_empty() => Err(error),
        Some(error) => {
            let (error_code, error_message) = (error.code.as_str().to_owned(), error.message);
            Ok(RunSwarmPartial { spawned_agents, error_code, error_message, run_id }.into())
        }
    }
}

/// What is to be spawned in each worktree, in its order, the prompts filled in, each with where it comes from. Everything that is missing is
/// told at once.
pub fn resolve(
    services: &Services,
    project: &Project,
    request: &RunSwarm,
) -> Result<(SwarmDef, Vec<Wanted>), WireError> {
    let folders = folders(services, project);
    let def = Store::<SwarmDef>::new(&folders).get(&request.swarm_name)?.definition;
    let mut lacking: Vec<String> = Vec::new();
    let mut wanted = Vec::new();
    for entry in &def.roster {
        let agent = Store::<AgentDef>::new(&folders).get(&entry.agent_def).map_err(|error| {
            let error = WireError::from(error);
            WireError { message: format!("the swarm `{}`: {}", def.name, error.message), ..error }
        })?;
        let (agent, prompt) = of_agent_def(&folders, agent.definition)?;
        match filled(&prompt, &request.vars) {
            Ok(prompt) => {
                let whose = format!("agent def `{}`", entry.agent_def);
                let one = Wanted { whose, spawn: spawn_of(request, agent, prompt) };
                wanted.extend((0..entry.quantity).map(|_| one.clone()));
            }
            Err(names) => {
                let new: Vec<String> = names.into_iter().filter(|name| !lacking.contains(name)).collect();
                lacking.extend(new);
            }
        }
    }
    if !lacking.is_empty() {
        return Err(missing(&format!("swarm `{}`", def.name), &lacking));
    }
    if def.include_terminal {
        let agent = Some("terminal".to_owned());
        let spawn = Spawn { project_root: request.project_root.clone(), agent, ..Spawn::default() };
        wanted.push(Wanted { whose: "the terminal".to_owned(), spawn });
    }
    Ok((def, wanted))
}

/// An agent that a swarm has in each worktree.
#[derive(Clone)]
pub struct Wanted {
    /// Where it comes from, for messages.
    whose: String,
    spawn: Spawn,
}

fn filled(prompt: &Prompt, vars: &BTreeMap<String, String>) -> Result<String, Vec<String>> {
    Ok(template::fill(&prompt.text, vars)?.trim_end_matches(['\n', '\r']).to_owned())
}

fn spawn_of(request: &RunSwarm, def: AgentDef, prompt: String) -> Spawn {
    Spawn {
        project_root: request.project_root.clone(),
        prompt,
        agent: Some(def.agent_type),
        command: def.command,
        env: def.env,
        ..Spawn::default()
    }
}

/// Checks every agent of every worktree, and the names.
pub async fn check(
    services: &Arc<Services>,
    project: &Project,
    def: &SwarmDef,
    wanted: &[Wanted],
) -> Result<Vec<Vec<Ready>>, WireError> {
    let many = swarm_plan::size(def);
    if many > swarm_plan::MOST {
        let text = format!("the swarm `{}` has {many} agents, and at most {} run at once", def.name, swarm_plan::MOST);
        return Err(WireError::new(Code::InvalidArgument, text));
    }
    let mut all = Vec::new();
    for group in swarm_plan::groups(def, 1) {
        if def.worktree_count > 0 {
            create_worktree::name_of(&group.name)?;
        }
        let mut agents = Vec::new();
        for (Wanted { whose, spawn }, name) in wanted.iter().zip(group.agents) {
            let ready = Ready::check(services, project, &Spawn { name: Some(name), ..spawn.clone() }).await;
            agents.push(ready.map_err(|error| about(whose, error))?);
        }
        all.push(agents);
    }
    Ok(all)
}

/// How many worktrees are made at once.
pub fn most_at_once(settings: &Settings) -> Result<usize, WireError> {
    let said = settings.max_parallel()?;
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    Ok(said.unwrap_or_else(|| swarm_plan::usual_parallel(cores, free_mib())))
}

/// Chooses the names and notes the worktrees and the run, in one change.
async fn reserve(
    services: &Services,
    project: &Project,
    (def, prefix): (&SwarmDef, &str),
    (run_id, vars): (&str, BTreeMap<String, String>),
    branches: Vec<String>,
) -> Result<Vec<(Group, Where)>, WireError> {
    let (def, prefix, run_id, now) = (def.clone(), prefix.to_owned(), run_id.to_owned(), services.clock.now());
    let folder = project.folder.join("worktrees");
    let change = move |manifest: &mut Manifest| {
        let (attempt, groups) = swarm_plan::free(&def, manifest, &branches);
        let left = groups.iter().flat_map(|group| group.agents.clone()).collect();
        let worktrees = swarm_plan::worktrees(&def, &groups);
        let run = SwarmRunEntry { swarm_name: def.name.clone(), vars, attempt, worktrees, left, cut_off: 0 };
        manifest.swarm_runs.insert(run_id.clone(), run);
        let noted = |group: Group| {
            let place = match def.worktree_count {
                0 => Where::Root,
                _ => Where::New(Box::new(note_worktree(manifest, &folder, (&group.name, &prefix), &run_id, now))),
            };
            (group, place)
        };
        groups.into_iter().map(noted).collect()
    };
    Ok(project.store.change(change).await?)
}

/// Notes that a worktree of the run is being made.
pub fn note_worktree(
    manifest: &mut Manifest,
    folder: &Path,
    (name, prefix): (&str, &str),
    run_id: &str,
    now: Timestamp,
) -> WorktreeEntry {
    let mut entry = create_worktree::new_entry(manifest, folder, name.to_owned(), format!("{prefix}{name}"), now);
    entry.swarm_run = Some(run_id.to_owned());
    manifest.worktrees.insert(entry.id.clone(), entry.clone());
    entry
}

/// The run is under way no more.
pub async fn ended(project: &Project, run_id: String) {
    let gone = run_id.clone();
    if let Err(error) = project.store.change(move |manifest| drop(manifest.swarm_runs.remove(&gone))).await {
        tracing::warn!(run = run_id, %error, "that a swarm runs could not be written down yet");
        project.store.note(move |manifest| drop(manifest.swarm_runs.remove(&run_id)));
    }
}

/// An error with what of the swarm it is about in front: many are made, and one of them was not.
fn about(whose: &str, error: WireError) -> WireError {
    WireError { message: format!("{whose}: {}", error.message), ..error }
}

/// Where a part of a swarm is.
pub enum Where {
    /// In the project's own folder.
    Root,
    /// In a worktree that is to be made, and is noted.
    New(Box<WorktreeEntry>),
    /// In one that is there, with this id.
    There(String),
}

/// One worktree with the agents that are to be started in it.
pub struct Part {
    /// The worktree's name.
    pub name: String,
    /// Where it is.
    pub place: Where,
    /// Its agents, each with its name.
    pub agents: Vec<(String, Ready)>,
}

/// A run under way.
pub struct Run {
    /// Everything else.
    pub services: Arc<Services>,
    /// Whose swarm it is.
    pub project: Arc<Project>,
    /// How its worktrees are made.
    pub settings: Settings,
    /// Its id.
    pub id: String,
    /// Something could not be made: no more is begun.
    pub failed: AtomicBool,
}

/// The agents that run, and what went wrong first.
pub type Outcome = (Vec<String>, Option<WireError>);

impl Run {
    /// Makes all parts, so many at once.
    pub async fn all(self, parts: Vec<Part>, most: usize) -> Outcome {
        let (run, permits) = (Arc::new(self), Arc::new(Semaphore::new(most)));
        let begun: Vec<_> = parts
            .into_iter()
            .map(|part| {
                let (run, permits) = (run.clone(), permits.clone());
                tokio::spawn(async move {
                    // It is never closed.
                    let _permit = permits.acquire().await;
                    run.one(part).await
                })
            })
            .collect();
        let (mut spawned, mut error) = (Vec::new(), None);
        for part in begun {
            let panicked = |error: tokio::task::JoinError| {
                (Vec::new(), Some(WireError::new(Code::InternalError, error.to_string())))
            };
            let (agents, wrong) = part.await.unwrap_or_else(panicked);
            spawned.extend(agents);
            error = error.or(wrong);
        }
        (spawned, error)
    }

    async fn one(&self, part: Part) -> Outcome {
        let Part { name, place, agents } = part;
        let entry = match place {
            Where::Root => return self.agents(&name, agents, &Place::at_root(&self.project)).await,
            Where::There(id) => {
                return match Place::in_worktree(&self.project, &self.project.store.read(), &id) {
                    Ok(place) => self.agents(&name, agents, &place).await,
                    Err(error) => self.fails(&format!("worktree `{name}`"), error),
                };
            }
            Where::New(entry) => *entry,
        };
        if self.has_failed() {
            create_worktree::forget(&self.services, &self.project, entry.id).await;
            return (Vec::new(), None);
        }
        let made = match create_worktree::make(&self.services, &self.project, &self.settings, entry, None).await {
            Ok(made) => made,
            Err(error) => return self.fails(&format!("worktree `{name}`"), error),
        };
        test_point::reach("run_swarm.worktree");
        let nobody = agents.is_empty();
        let (spawned, error) = self.agents(&name, agents, &Place::in_new(&self.project, &made)).await;
        if nobody {
            let id = made.id.clone();
            let activate =
                move |manifest: &mut Manifest| manifest.worktrees.get_mut(&id).map(create_worktree::activate);
            if let Err(error) = self.project.store.change(activate).await {
                create_worktree::take_back(&self.services, &self.project, &made).await;
                return (spawned, Some(error.into()));
            }
        } else if spawned.is_empty() {
            create_worktree::take_back(&self.services, &self.project, &made).await;
        }
        (spawned, error)
    }

    /// Starts a part's agents one after the other: each is there in milliseconds.
    async fn agents(&self, worktree: &str, agents: Vec<(String, Ready)>, place: &Place) -> Outcome {
        let mut spawned = Vec::new();
        for (name, mut ready) in agents {
            if self.has_failed() {
                break;
            }
            let whose = match &place.worktree {
                Some(_) => format!("agent `{name}` in worktree `{worktree}`"),
                None => format!("agent `{name}`"),
            };
            ready.entry.name = name;
            ready.entry.swarm_run = Some(self.id.clone());
            match ready.start(&self.services, &self.project, place).await {
                Ok(agent) => spawned.push(agent.agent_id),
                Err(error) => return (spawned, self.fails(&whose, error).1),
            }
            test_point::reach("run_swarm.agent");
        }
        (spawned, None)
    }

    /// Nothing more is begun.
    fn fails(&self, whose: &str, error: WireError) -> Outcome {
        self.failed.store(true, Ordering::Relaxed);
        (Vec::new(), Some(about(whose, error)))
    }

    fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}
