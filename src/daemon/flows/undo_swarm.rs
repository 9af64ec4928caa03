//! `undo_swarm`: takes back one run of a swarm. Exactly its agents end, and those of its worktrees go that hold no work, as any worktree
//! goes.

use std::sync::Arc;

use super::{create_worktree, delete_worktree, kill};
use crate::daemon::services::Services;
use crate::project::manifest::WorktreeEntry;
use crate::project::registry::Project;
use crate::protocol::typed::reply::{KeptWorktree, UndoSwarmResult};
use crate::protocol::typed::request::{DeleteWorktree, UndoSwarm};
use crate::protocol::{Code, WireError};

/// Takes a run back, and says what stays and why.
pub async fn undo_swarm(services: &Arc<Services>, request: &UndoSwarm) -> Result<UndoSwarmResult, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let (manifest, run) = (project.store.read(), &request.run_id);
    if manifest.swarm_runs.contains_key(run) {
        let text = format!("the run {run} is still under way; try again when all of it is there");
        return Err(WireError::new(Code::InvalidState, text));
    }
    let mut runs = manifest.all_agents().map(|(_, agent)| &agent.swarm_run);
    let mut of_worktrees = manifest.worktrees.values().map(|worktree| &worktree.swarm_run);
    if !runs.any(|known| known.as_ref() == Some(run)) && !of_worktrees.any(|known| known.as_ref() == Some(run)) {
        return Err(WireError::new(Code::NotFound, format!("nothing is left of a run `{run}`"))
            .with_hint("`pintle swarm runs` lists them"));
    }
    undo(services, &project, run).await
}

async fn undo(services: &Arc<Services>, project: &Arc<Project>, run: &str) -> Result<UndoSwarmResult, WireError> {
    let is_of_run = |known: &Option<String>| known.as_deref() == Some(run);
    let manifest = project.store.read();
    let of_run = manifest.all_agents().filter(|(_, agent)| is_of_run(&agent.swarm_run));
    let killed: Vec<String> = of_run.map(|(_, agent)| agent.id.clone()).collect();
    kill::end_and_remove(services, project, killed.clone()).await?;
    let manifest = project.store.read();
    let worktrees = manifest.worktrees_in_order().into_iter().filter(|worktree| is_of_run(&worktree.swarm_run));
    let (mut removed, mut kept) = (Vec::new(), Vec::new());
    // What is being made is not there yet; whoever makes it, or finds it unmade, sees to it.
    for worktree in worktrees.filter(|worktree| !create_worktree::is_being_made(worktree)) {
        match remove(services, project, worktree).await {
            Ok(()) => removed.push(worktree.id.clone()),
            Err(reason) => {
                kept.push(KeptWorktree { worktree_id: worktree.id.clone(), name: worktree.name.clone(), reason });
            }
        }
    }
    services.tell(&project.root, None);
    Ok(UndoSwarmResult { killed, removed, kept })
}

/// Removes a worktree that nobody would miss, or says why not.
async fn remove(services: &Arc<Services>, project: &Project, entry: &WorktreeEntry) -> Result<(), String> {
    if !entry.agents.is_empty() {
        return Err("other agents are in it".to_owned());
    }
    let (project_root, worktree_id) = (project.root_text(), entry.id.clone());
    let request = DeleteWorktree { project_root, worktree_id, ..DeleteWorktree::default() };
    let deleted = delete_worktree::delete_worktree(services, request).await.map_err(|error| error.message)?;
    if deleted.errors.is_empty() { Ok(()) } else { Err(deleted.errors.join("; ")) }
}
