//! `kill`: ends agents with all their processes and takes them out of the manifest.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::delete_worktree::no_worktree;
use super::{end, exited};
use crate::base::test_point;
use crate::daemon::error::no_agent;
use crate::daemon::services::Services;
use crate::project::manifest::{Ending, Manifest};
use crate::project::registry::{Project, ProjectError};
use crate::project::store::StoreError;
use crate::protocol::WireError;
use crate::protocol::typed::reply::KillResult;
use crate::protocol::typed::request::{Kill, KillTarget};

/// Ends the target and answers when it is gone, with the exit codes.
pub async fn kill(services: &Arc<Services>, request: Kill) -> Result<KillResult, WireError> {
    let project = match services.projects.open(&request.project_root) {
        // What runs can be ended whatever has become of the file; it is not written over.
        Err(error @ ProjectError::Store(StoreError::Damaged { .. } | StoreError::Version { .. })) => {
            services.projects.known(&request.project_root).ok_or(error)?
        }
        opened => opened?,
    };
    let targets = targets(&project.store.read(), &request.target)?;
    let (skipped, targets): (Vec<_>, Vec<_>) = targets.into_iter().partition(|id| request.exclude.contains(id));
    let exit_codes = end_and_remove(services, &project, targets.clone()).await?;
    Ok(KillResult { killed: targets, exit_codes, skipped })
}

fn targets(manifest: &Manifest, target: &KillTarget) -> Result<Vec<String>, WireError> {
    match target {
        KillTarget::Agent { id } => match manifest.agent(id) {
            Some(_) => Ok(vec![id.clone()]),
            None => Err(no_agent(id)),
        },
        KillTarget::Worktree { id } => match manifest.worktrees.get(id) {
            Some(worktree) => Ok(worktree.agents.keys().cloned().collect()),
            None => Err(no_worktree(id)),
        },
        KillTarget::All { include_root } => Ok(manifest
            .all_agents()
            .filter(|(worktree, _)| *include_root || worktree.is_some())
            .map(|(_, agent)| agent.id.clone())
            .collect()),
    }
}

/// Ends the agents and takes them out of the manifest. If this daemon dies on the way, the next one goes on: what is to be
/// killed is noted at the keeper first.
pub async fn end_and_remove(
    services: &Arc<Services>,
    project: &Project,
    ids: Vec<String>,
) -> Result<BTreeMap<String, Option<i32>>, WireError> {
    let live: Vec<_> = ids.iter().filter_map(|id| services.agents.get(id)).collect();
    for agent in &live {
        services.change_note(&agent.id, |note| note.ending = Some(Ending::Kill));
    }
    test_point::reach("kill.noted");
    let ended = end::end(live).await;
    let manifest = project.store.read();
    let code = |id: &String| ended.get(id).copied().flatten().or_else(|| manifest.agent(id)?.exit_code);
    let exit_codes = ids.iter().map(|id| (id.clone(), code(id))).collect();
    test_point::reach("kill.ended");
    let gone = ids.clone();
    let removed =
        project.store.change(move |manifest| gone.iter().for_each(|id| drop(manifest.remove_agent(id)))).await;
    if let Err(error) = removed {
        // It has happened all the same. It is written as soon as the disk takes it; should this daemon end before that, the keeper
        // knows that they were being killed, and the next one goes on.
        tracing::error!(%error, "that agents were killed could not be written down yet");
        let gone = ids.clone();
        project.store.note(move |manifest| gone.iter().for_each(|id| drop(manifest.remove_agent(id))));
    }
    for id in &ids {
        exited::forget_later(services, id);
    }
    services.tell(&project.root, None);
    Ok(exit_codes)
}
