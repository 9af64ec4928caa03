//! `run_swarm`: worktrees and agents made together.
//!
//! Everything that can be known is checked first. Then all worktrees are noted in one change of the manifest, so that two runs of one swarm
//! get different names, and made side by side, each with its agents after it. An agent is made whole or not at all; when one cannot be
//! made no more are begun, and what runs is answered as partial. The run stands in the manifest while it is under way: a daemon that dies
//! leaves it there, and the next one takes it back (`undo_swarm`).

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
use crate::project::manifest::{Manifest, WorktreeEntry};
use crate::project::registry::Project;
use crate::project::worktree;
use crate::protocol::typed::Reply;
use crate::protocol::typed::reply::{RunSwarmPartial, RunSwarmResult};
use crate::protocol::typed::request::{RunSwarm, Spawn};
use crate::protocol::{Code, WireError};

/// Runs a swarm and answers when all its agents run, or when one could not be started and the others that were begun are there.
pub async fn run_swarm(services: &Arc<Services>, request: RunSwarm) -> Result<Reply, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let (def, spawns) = resolve(services, &project, &request)?;
    let settings = Settings::read(services, &project)?;
    let branches = match def.worktree_count {
        0 => Vec::new(),
        _ => {
            worktree::check(&project.root).await?;
            worktree::names_in_use(&project.root, &settings.worktrees.branch_prefix).await?
        }
    };
    let ready = check(services, &project, &def, &spawns).await?;
    let most = most_at_once(&settings)?;
    let (run_id, failed) = (id::swarm_run(), AtomicBool::new(false));
    let run = Run { services: services.clone(), project: project.clone(), settings, id: run_id.clone(), failed };
    let (spawned_agents, error) = run.whole(def, branches, ready, most).await?;
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

/// What is to be spawned in each worktree, in its order, the prompts filled in. Everything that is missing is told at once.
fn resolve(services: &Services, project: &Project, request: &RunSwarm) -> Result<(SwarmDef, Vec<Spawn>), WireError> {
    let folders = folders(services, project);
    let def = Store::<SwarmDef>::new(&folders).get(&request.swarm_name)?.definition;
    let mut lacking: Vec<String> = Vec::new();
    let mut spawns = Vec::new();
    for entry in &def.roster {
        let agent = Store::<AgentDef>::new(&folders).get(&entry.agent_def).map_err(|error| {
            let error = WireError::from(error);
            WireError { message: format!("the swarm `{}`: {}", def.name, error.message), ..error }
        })?;
        let (agent, prompt) = of_agent_def(&folders, agent.definition)?;
        match filled(&prompt, &request.vars) {
            Ok(prompt) => {
                let spawn = spawn_of(request, agent, prompt);
                spawns.extend((0..entry.quantity).map(|_| spawn.clone()));
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
        spawns.push(Spawn { project_root: request.project_root.clone(), agent, ..Spawn::default() });
    }
    Ok((def, spawns))
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
async fn check(
    services: &Arc<Services>,
    project: &Project,
    def: &SwarmDef,
    spawns: &[Spawn],
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
        for (spawn, name) in spawns.iter().zip(group.agents) {
            agents.push(Ready::check(services, project, &Spawn { name: Some(name), ..spawn.clone() }).await?);
        }
        all.push(agents);
    }
    Ok(all)
}

fn most_at_once(settings: &Settings) -> Result<usize, WireError> {
    let said = settings.max_parallel()?;
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    Ok(said.unwrap_or_else(|| swarm_plan::usual_parallel(cores, free_mib())))
}

/// Chooses the names and notes the worktrees and the run, in one change.
async fn reserve(
    services: &Services,
    project: &Project,
    (def, prefix): (&SwarmDef, &str),
    run_id: &str,
    branches: Vec<String>,
) -> Result<Vec<(Group, Option<WorktreeEntry>)>, WireError> {
    let (def, prefix, run_id, now) = (def.clone(), prefix.to_owned(), run_id.to_owned(), services.clock.now());
    let folder = project.folder.join("worktrees");
    let change = move |manifest: &mut Manifest| {
        let groups = swarm_plan::free(&def, manifest, &branches);
        let names = groups.iter().flat_map(|group| group.agents.clone()).collect();
        manifest.swarm_runs.insert(run_id.clone(), names);
        let noted = |group: Group| {
            let entry = (def.worktree_count > 0).then(|| {
                let mut entry = create_worktree::new_entry(
                    manifest,
                    &folder,
                    group.name.clone(),
                    format!("{prefix}{}", group.name),
                    now,
                );
                entry.swarm_run = Some(run_id.clone());
                manifest.worktrees.insert(entry.id.clone(), entry.clone());
                entry
            });
            (group, entry)
        };
        groups.into_iter().map(noted).collect()
    };
    Ok(project.store.change(change).await?)
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

struct Run {
    services: Arc<Services>,
    project: Arc<Project>,
    settings: Settings,
    id: String,
    /// Something could not be made: no more is begun.
    failed: AtomicBool,
}

type Outcome = (Vec<String>, Option<WireError>);

impl Run {
    async fn whole(
        self,
        def: SwarmDef,
        branches: Vec<String>,
        ready: Vec<Vec<Ready>>,
        most: usize,
    ) -> Result<Outcome, WireError> {
        let (project, id) = (self.project.clone(), self.id.clone());
        let reserved =
            reserve(&self.services, &project, (&def, &self.settings.worktrees.branch_prefix), &id, branches).await?;
        test_point::reach("run_swarm.noted");
        let outcome = self.all(reserved, ready, most).await;
        ended(&project, id).await;
        Ok(outcome)
    }

    /// Makes all groups, so many at once. The agents that run, and what went wrong first.
    async fn all(self, groups: Vec<(Group, Option<WorktreeEntry>)>, ready: Vec<Vec<Ready>>, most: usize) -> Outcome {
        let (run, permits) = (Arc::new(self), Arc::new(Semaphore::new(most)));
        let begun: Vec<_> = groups
            .into_iter()
            .zip(ready)
            .map(|((group, entry), ready)| {
                let (run, permits) = (run.clone(), permits.clone());
                tokio::spawn(async move {
                    // It is never closed.
                    let _permit = permits.acquire().await;
                    run.one(group, entry, ready).await
                })
            })
            .collect();
        let (mut spawned, mut error) = (Vec::new(), None);
        for group in begun {
            let panicked = |error: tokio::task::JoinError| {
                (Vec::new(), Some(WireError::new(Code::InternalError, error.to_string())))
            };
            let (agents, wrong) = group.await.unwrap_or_else(panicked);
            spawned.extend(agents);
            error = error.or(wrong);
        }
        (spawned, error)
    }

    async fn one(&self, group: Group, entry: Option<WorktreeEntry>, ready: Vec<Ready>) -> Outcome {
        let Some(entry) = entry else { return self.agents(group, ready, &Place::at_root(&self.project)).await };
        if self.has_failed() {
            create_worktree::forget(&self.services, &self.project, entry.id).await;
            return (Vec::new(), None);
        }
        let name = entry.name.clone();
        let made = match create_worktree::make(&self.services, &self.project, &self.settings, entry, None).await {
            Ok(made) => made,
            Err(error) => {
                self.failed.store(true, Ordering::Relaxed);
                return (Vec::new(), Some(about(&format!("worktree `{name}`"), error)));
            }
        };
        test_point::reach("run_swarm.worktree");
        let nobody = ready.is_empty();
        let (spawned, error) = self.agents(group, ready, &Place::in_new(&self.project, &made)).await;
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

    /// Starts a group's agents one after the other: each is there in milliseconds.
    async fn agents(&self, group: Group, ready: Vec<Ready>, place: &Place) -> Outcome {
        let mut spawned = Vec::new();
        for (mut ready, name) in ready.into_iter().zip(group.agents) {
            if self.has_failed() {
                break;
            }
            let whose = match &place.worktree {
                Some(_) => format!("agent `{name}` in worktree `{}`", group.name),
                None => format!("agent `{name}`"),
            };
            ready.entry.name = name;
            ready.entry.swarm_run = Some(self.id.clone());
            match ready.start(&self.services, &self.project, place).await {
                Ok(agent) => spawned.push(agent.agent_id),
                Err(error) => {
                    self.failed.store(true, Ordering::Relaxed);
                    return (spawned, Some(about(&whose, error)));
                }
            }
            test_point::reach("run_swarm.agent");
        }
        (spawned, None)
    }

    fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}
