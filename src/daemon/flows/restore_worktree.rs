//! `restore_worktree`: a worktree again as it was when it was deleted: its branch, its files, what was staged.

use std::path::Path;
use std::sync::Arc;

use super::create_worktree;
use crate::daemon::services::Services;
use crate::project::worktree::{self, SAVED, Saved};
use crate::protocol::typed::reply::CreateWorktreeResult;
use crate::protocol::typed::request::RestoreWorktree;
use crate::protocol::{Code, WireError};

/// Makes it from what was saved, which stays saved.
pub async fn restore_worktree(
    services: &Arc<Services>,
    request: RestoreWorktree,
) -> Result<CreateWorktreeResult, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let saved = find(&project.root, &request.saved).await?;
    let name = request.name.as_ref().unwrap_or(&saved.label.name);
    let at = saved.tip.clone().or_else(|| saved.head.clone()).ok_or_else(|| {
        let text = format!(
            "nothing was checked out in {}; its files: `git show --stat {}`",
            saved.label.name, saved.saved_ref
        );
        WireError::new(Code::InvalidState, text)
    })?;
    // Under its own name it gets its own branch, whatever the prefix is by now.
    let branch = request.name.is_none().then(|| saved.label.branch.clone());
    let made = create_worktree::create(services, &project, name, branch, Some(at)).await;
    let made = made.map_err(|error| match request.name {
        None if error.code == Code::SpawnFailed && error.hint.is_none() => {
            error.with_hint("`name` (`pintle worktree restore --name NAME`) restores it under another one")
        }
        _ => error,
    })?;
    let is_elsewhere = match worktree::fill(Path::new(&made.path), &saved).await {
        Ok(is_elsewhere) => is_elsewhere,
        Err(error) => {
            create_worktree::take_back(services, &project, &made).await;
            return Err(error.into());
        }
    };
    // There was none when it was deleted.
    if let Some(made_at) = made.made_at.as_ref().filter(|_| is_elsewhere && saved.tip.is_none())
        && let Err(error) = worktree::delete_branch(&project.root, &made.branch, made_at).await
    {
        tracing::warn!(worktree = made.id, %error, "a branch that it did not have stays");
    }
    let (id, base) = (made.id.clone(), saved.label.base_branch);
    let activated = project.store.change(move |manifest| {
        let entry = manifest.worktrees.get_mut(&id)?;
        // What it came from is not the commit that it was restored at.
        entry.base_branch = base;
        create_worktree::activate(entry);
        Some(())
    });
    if let Err(error) = activated.await {
        create_worktree::take_back(services, &project, &made).await;
        return Err(error.into());
    }
    services.tell(&project.root, None);
    Ok(CreateWorktreeResult { worktree_id: made.id })
}

async fn find(root: &Path, asked: &str) -> Result<Saved, WireError> {
    let saved = worktree::saved(root).await.map_err(worktree::WorktreeError::from)?;
    let is_meant = |saved: &&Saved| saved.saved_ref == asked || saved.saved_ref.strip_prefix(SAVED) == Some(asked);
    let found = saved.iter().find(is_meant).cloned();
    found.ok_or_else(|| {
        let text = format!("nothing is saved under `{asked}`");
        WireError::new(Code::NotFound, text).with_hint("`pintle worktree restore` without a name lists what is")
    })
}
