//! Worktrees of a project.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::daemon::flows;
use crate::daemon::flows::delete_worktree::{no_worktree, place};
use crate::daemon::services::Services;
use crate::project::manifest::WorktreeEntry;
use crate::project::registry::Project;
use crate::project::worktree::{self, Saved, WorktreeError};
use crate::protocol::WireError;
use crate::protocol::typed::reply::{
    CreateWorktreeResult, DeleteWorktreeResult, SavedWorktree, SavedWorktreeList, WorktreeCheck, WorktreeSurvey,
    WorktreeSurveys,
};
use crate::protocol::typed::request::{
    CheckWorktrees, CreateWorktree, DeleteWorktree, ListSavedWorktrees, RestoreWorktree, SurveyWorktrees,
};

/// `create_worktree`
pub async fn create_worktree(
    services: &Arc<Services>,
    request: CreateWorktree,
) -> Result<CreateWorktreeResult, WireError> {
    flows::create_worktree::create_worktree(services, request).await
}

/// `delete_worktree`
pub async fn delete_worktree(
    services: &Arc<Services>,
    request: DeleteWorktree,
) -> Result<DeleteWorktreeResult, WireError> {
    flows::delete_worktree::delete_worktree(services, request).await
}

/// `restore_worktree`
pub async fn restore_worktree(
    services: &Arc<Services>,
    request: RestoreWorktree,
) -> Result<CreateWorktreeResult, WireError> {
    flows::restore_worktree::restore_worktree(services, request).await
}

/// `list_saved_worktrees`
pub async fn list_saved_worktrees(
    services: &Services,
    request: &ListSavedWorktrees,
) -> Result<SavedWorktreeList, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let saved = worktree::saved(&project.root).await.map_err(WorktreeError::from)?;
    let info = |Saved { saved_ref, label, at, .. }: Saved| SavedWorktree {
        saved_ref,
        worktree_id: label.id,
        worktree_name: label.name,
        branch: label.branch,
        saved_at: at,
    };
    Ok(SavedWorktreeList { saved: saved.into_iter().map(info).collect() })
}

/// `survey_worktrees`: all of them at once, since each waits for git.
pub async fn survey_worktrees(
    services: &Arc<Services>,
    request: SurveyWorktrees,
) -> Result<WorktreeSurveys, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let manifest = project.store.read();
    let asked: Vec<WorktreeEntry> = match &request.worktree_id {
        Some(id) => vec![manifest.worktrees.get(id).cloned().ok_or_else(|| no_worktree(id))?],
        None => manifest.worktrees_in_order().into_iter().cloned().collect(),
    };
    let mut looking = tokio::task::JoinSet::new();
    for (at, entry) in asked.into_iter().enumerate() {
        let (services, project) = (services.clone(), project.clone());
        looking.spawn(async move { (at, survey(&services, &project, entry).await) });
    }
    let mut surveys = looking.join_all().await;
    surveys.sort_by_key(|(at, _)| *at);
    Ok(WorktreeSurveys { surveys: surveys.into_iter().map(|(_, survey)| survey).collect() })
}

async fn survey(services: &Services, project: &Project, entry: WorktreeEntry) -> WorktreeSurvey {
    let goes_on = |id: &String| services.is_living(id) || entry.agents.get(id).is_some_and(|agent| agent.suspended);
    let mut info = WorktreeSurvey {
        worktree_id: entry.id.clone(),
        worktree_name: entry.name.clone(),
        branch: entry.branch.clone(),
        live_agents: entry.agents.keys().filter(|id| goes_on(id)).cloned().collect(),
        ..WorktreeSurvey::default()
    };
    match worktree::survey(&place(project, &entry), None).await {
        Ok(found) => {
            info.would_lose = found.would_lose();
            info.is_there = found.is_there;
            (info.changed, info.untracked, info.ignored) = (found.changed, found.untracked, found.ignored);
            (info.commits, info.repositories, info.locked) = (found.commits, found.repositories, found.locked);
        }
        Err(error) => info.error = Some(error.to_string()),
    }
    info
}

/// `check_worktrees`
pub async fn check_worktrees(services: &Services, request: &CheckWorktrees) -> Result<WorktreeCheck, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let manifest = project.store.read();
    let ids = |is_meant: &dyn Fn(&WorktreeEntry) -> bool| {
        manifest.worktrees.values().filter(|entry| is_meant(entry)).map(|entry| entry.id.clone()).collect()
    };
    let unfinished = |entry: &WorktreeEntry| {
        flows::create_worktree::is_being_made(entry) || flows::delete_worktree::is_being_deleted(entry)
    };
    let path = |entry: &WorktreeEntry| PathBuf::from(&entry.path);
    // Of one that is not on its way out nothing should lie beside it.
    let going = manifest.worktrees.values().filter(|entry| flows::delete_worktree::is_being_deleted(entry));
    let known = manifest.worktrees.values().map(path).chain(going.map(|entry| worktree::away(&path(entry)))).collect();
    let found = worktree::orphans(&project.root, &project.folder.join("worktrees"), &known).await;
    // Where there is no repository there are no worktrees either, but there may be a folder.
    let orphans = found.unwrap_or_default();
    Ok(WorktreeCheck {
        count: manifest.worktrees.len() as u64,
        gone: ids(&|entry| !unfinished(entry) && !Path::new(&entry.path).is_dir()),
        unfinished: ids(&unfinished),
        orphans: orphans.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
    })
}
