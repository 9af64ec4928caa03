//! Runs of swarms that an earlier daemon was in the middle of: the next one makes what is left of them.
//!
//! Agents of it that run are at work, perhaps for minutes where another worktree's set-up takes long, and they outlive their daemon like any
//! other. To take everything back was the way before. Whoever asked for the swarm is not there any more, so that a notification says what
//! has become of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::create_worktree;
use super::run_swarm::{self, Part, Run, Where};
use super::swarm_plan::{self, Group};
use crate::daemon::kinds::Settings;
use crate::daemon::services::Services;
use crate::definition::swarm_def::SwarmDef;
use crate::notify::queue::{Level, NotificationSpec};
use crate::project::manifest::{Manifest, SwarmRunEntry, WorktreeEntry};
use crate::project::registry::Project;
use crate::project::worktree;
use crate::protocol::typed::request::RunSwarm;
use crate::protocol::{Code, WireError};

/// What has ended so many daemons may well end the next one too.
const MOST_CUT_OFF: u32 = 5;

/// Runs that an earlier daemon was in the middle of. To be asked before anybody is served.
pub fn unfinished(manifest: &Manifest) -> Vec<String> {
    manifest.swarm_runs.keys().cloned().collect()
}

/// Finishes them, each in a task of its own, after worktrees that were being made have been taken back. Under another keeper they are left
/// as they are: their agents have ended with the old one, and whoever has stopped it, or the machine, may not want any more of them.
pub fn finish_unfinished(services: &Arc<Services>, project: &Arc<Project>, runs: Vec<String>, same_keeper: bool) {
    for id in runs {
        let (services, project) = (services.clone(), project.clone());
        // The set-up of one may take minutes, and the others have nothing to do with it.
        tokio::spawn(async move {
            let finished = match same_keeper {
                true => finish(&services, &project, &id).await,
                false => Err(WireError::new(Code::InvalidState, "its keeper has ended, and its agents with it")),
            };
            end(&services, &project, id, finished).await;
        });
    }
}

async fn end(services: &Arc<Services>, project: &Project, id: String, finished: Result<(), WireError>) {
    // Cut off once more: the next daemon goes on.
    if finished.is_err() && services.is_ending().is_some() {
        return;
    }
    let manifest = project.store.read();
    let Some(run) = manifest.swarm_runs.get(&id).cloned() else { return };
    let is_of_run = |of: &Option<String>| of.as_ref() == Some(&id);
    let there = There {
        agents: manifest.all_agents().filter(|(_, agent)| is_of_run(&agent.swarm_run)).count(),
        worktrees: manifest.worktrees.values().filter(|worktree| is_of_run(&worktree.swarm_run)).count(),
    };
    run_swarm::ended(project, id.clone()).await;
    services.notify(said(&id, &run, &there, finished.err()));
    services.tell(&project.root, None);
}

/// How much of a run there is.
struct There {
    agents: usize,
    worktrees: usize,
}

/// What the person is told.
fn said(id: &str, run: &SwarmRunEntry, there: &There, error: Option<WireError>) -> NotificationSpec {
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let (agents, worktrees) = (many(there.agents, "agent"), many(there.worktrees, "worktree"));
    let made = match there.worktrees {
        0 => agents,
        _ => format!("{agents} in {worktrees}"),
    };
    let undo = match there {
        There { agents: 0, worktrees: 0 } => String::new(),
        _ => format!("; `pintle swarm undo {id}` takes it back"),
    };
    let (level, came) = match error {
        None => (Level::Info, format!("the next one has gone on: {made}{undo}")),
        Some(error) => {
            let left = many(run.left.len(), "agent");
            (Level::Warning, format!("{made} made{undo}; {left} not: {}", error.message))
        }
    };
    let title = format!("swarm {}", run.swarm_name);
    NotificationSpec::shortened(&title, &format!("the daemon ended while it was started; {came}"), level, "pintle")
}

async fn finish(services: &Arc<Services>, project: &Arc<Project>, id: &str) -> Result<(), WireError> {
    let noted = id.to_owned();
    let cut_off = move |manifest: &mut Manifest| {
        let run = manifest.swarm_runs.get_mut(&noted)?;
        run.cut_off += 1;
        Some(run.clone())
    };
    let Some(run) = project.store.change(cut_off).await? else { return Ok(()) };
    if run.cut_off > MOST_CUT_OFF {
        let text = format!("{MOST_CUT_OFF} daemons have ended over it");
        return Err(WireError::new(Code::InvalidState, text));
    }
    tracing::info!(run = id, left = run.left.len(), "going on with a swarm");
    let request = RunSwarm { project_root: project.root_text(), swarm_name: run.swarm_name.clone(), vars: run.vars };
    let (def, wanted) = run_swarm::resolve(services, project, &request)?;
    let groups = swarm_plan::groups(&def, run.attempt);
    let known: BTreeSet<&String> = groups.iter().flat_map(|group| &group.agents).collect();
    // What is meant for a worktree is not started anywhere else.
    let is_same = swarm_plan::worktrees(&def, &groups) == run.worktrees;
    if !is_same || !run.left.iter().all(|name| known.contains(name)) {
        let text = format!("the swarm `{}` has been changed since", def.name);
        return Err(WireError::new(Code::InvalidState, text));
    }
    if def.worktree_count > 0 {
        worktree::check(&project.root).await?;
    }
    let ready = run_swarm::check(services, project, &def, &wanted).await?;
    let settings = Settings::read(services, project)?;
    let most = run_swarm::most_at_once(&settings)?;
    let places = reserve(services, project, (&def, &settings.worktrees.branch_prefix), id, (groups, &run.left)).await?;
    let parts = places.into_iter().zip(ready).filter_map(|((group, place), ready)| {
        let agents = group.agents.into_iter().zip(ready).filter(|(name, _)| run.left.contains(name));
        Some(Part { name: group.name, place: place?, agents: agents.collect() })
    });
    let (services, project) = (services.clone(), project.clone());
    let run = Run { services, project, settings, id: id.to_owned(), failed: AtomicBool::new(false) };
    run.all(parts.collect(), most).await.1.map_or(Ok(()), Err)
}

/// Where each part goes; `None` for one of which nothing is left to be made. Its worktree is there, or is noted to be made once more.
async fn reserve(
    services: &Services,
    project: &Project,
    (def, prefix): (&SwarmDef, &str),
    run_id: &str,
    (groups, left): (Vec<Group>, &BTreeSet<String>),
) -> Result<Vec<(Group, Option<Where>)>, WireError> {
    let (now, folder, left, run_id) =
        (services.clock.now(), project.folder.join("worktrees"), left.clone(), run_id.to_owned());
    let (has_worktrees, prefix) = (def.worktree_count > 0, prefix.to_owned());
    let change = move |manifest: &mut Manifest| {
        let is_of_run = |it: &&WorktreeEntry| it.swarm_run.as_ref() == Some(&run_id) && create_worktree::is_active(it);
        let called = |manifest: &Manifest, name: &str| manifest.worktrees.values().find(|it| it.name == name).cloned();
        // All of them before the first is noted.
        let is_taken = |group: &&Group| called(manifest, &group.name).is_some_and(|it| !is_of_run(&&it));
        if let Some(group) = groups.iter().find(is_taken).filter(|_| has_worktrees) {
            return Err(group.name.clone());
        }
        // As old as those that are there: a run's worktrees stand in its order, whichever of them were there first.
        let made_at = manifest.worktrees.values().filter(is_of_run).map(|it| it.created_at).min().unwrap_or(now);
        let place = |group: &Group| {
            let is_left = group.agents.iter().any(|name| left.contains(name));
            match called(manifest, &group.name) {
                _ if !has_worktrees => is_left.then_some(Where::Root),
                Some(there) => is_left.then_some(Where::There(there.id)),
                // Its agents were there, and somebody has taken it away since.
                None if !is_left && !group.agents.is_empty() => None,
                None => {
                    let noted = run_swarm::note_worktree(manifest, &folder, (&group.name, &prefix), &run_id, made_at);
                    Some(Where::New(Box::new(noted)))
                }
            }
        };
        let places: Vec<_> = groups.iter().map(place).collect();
        Ok(groups.into_iter().zip(places).collect())
    };
    project.store.change(change).await?.map_err(|name| {
        WireError::new(Code::InvalidState, format!("the project has another worktree called `{name}` by now"))
    })
}
