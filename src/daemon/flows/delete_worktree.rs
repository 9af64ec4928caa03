//! `delete_worktree`: a worktree goes with its agents and its branch, and nothing that is nowhere else goes with it.
//!
//! What would be lost is asked of git twice: before anything is done, and again when its agents have ended, who may have written until
//! then. From there on the manifest says that it is being removed, so that a daemon that is killed on the way is followed by one that
//! goes on; one that was killed before has removed nothing, and the worktree is in use again.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::{create_worktree, kill};
use crate::base::test_point;
use crate::daemon::services::Services;
use crate::project::manifest::{AgentEntry, Manifest, WorktreeEntry};
use crate::project::registry::Project;
use crate::project::worktree::{self, Closed, Label, Place, Remote, RemoteBranch, Survey};
use crate::protocol::typed::reply::DeleteWorktreeResult;
use crate::protocol::typed::request::DeleteWorktree;
use crate::protocol::{Code, WireError};

/// Status of a worktree that is about to be removed: all of it is there.
const DELETING: &str = "deleting";
/// Status of one whose folder is being removed, or could not be.
const REMOVING: &str = "removing";
/// Where the manifest keeps the commit that the branch of such a one was at.
const TIP: &str = "removingTip";

/// Takes a worktree away. Refused with what would be lost, unless that is to be saved.
pub async fn delete_worktree(
    services: &Arc<Services>,
    request: DeleteWorktree,
) -> Result<DeleteWorktreeResult, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let id = &request.worktree_id;
    let entry = project.store.read().worktrees.get(id).cloned();
    let entry = entry.ok_or_else(|| no_worktree(id))?;
    let busy = || {
        invalid(format!("the worktree {} is being made, deleted or given an agent; try again in a moment", entry.name))
    };
    let closed = project.doors.close(id).filter(|_| !create_worktree::is_being_made(&entry)).ok_or_else(busy)?;
    if services.is_ending().is_some() {
        return Err(invalid("the daemon is ending; try again in a moment".to_owned()));
    }
    Deletion { services: services.clone(), project, entry, request, _closed: closed }.carry_out().await
}

/// Whether somebody is taking it away.
pub fn is_being_deleted(entry: &WorktreeEntry) -> bool {
    [DELETING, REMOVING].contains(&entry.status.as_str())
}

/// There is no such worktree.
pub fn no_worktree(id: &str) -> WireError {
    WireError::new(Code::WorktreeNotFound, format!("no worktree has the id `{id}`"))
}

/// It does not go after all.
fn in_use_again(entry: &mut WorktreeEntry) {
    create_worktree::ACTIVE.clone_into(&mut entry.status);
    entry.extra.remove(TIP);
}

/// Whether a worktree is at its place.
fn is_there(entry: &WorktreeEntry) -> bool {
    Path::new(&entry.path).join(".git").exists()
}

/// Where it is, for git.
pub fn place<'a>(project: &'a Project, entry: &'a WorktreeEntry) -> Place<'a> {
    Place { root: &project.root, path: Path::new(&entry.path), branch: &entry.branch }
}

/// What is saved of it is called so.
pub fn label(entry: &WorktreeEntry) -> Label {
    Label {
        id: entry.id.clone(),
        name: entry.name.clone(),
        branch: entry.branch.clone(),
        base_branch: entry.base_branch.clone(),
    }
}

fn invalid(text: String) -> WireError {
    WireError::new(Code::InvalidState, text)
}

struct Deletion {
    services: Arc<Services>,
    project: Arc<Project>,
    entry: WorktreeEntry,
    request: DeleteWorktree,
    /// No agent is started there meanwhile.
    _closed: Closed,
}

impl Deletion {
    async fn carry_out(self) -> Result<DeleteWorktreeResult, WireError> {
        // One that could not be removed before holds nothing any more, unless somebody has put it back.
        if self.entry.status == REMOVING && !is_there(&self.entry) {
            return Ok(self.remove(None, DeleteWorktreeResult::default()).await);
        }
        // Somebody, or a daemon that was killed, has put it away, and nobody has said that it may go.
        put_back(Path::new(&self.entry.path));
        let remote = match self.request.delete_remote {
            true => worktree::remote_branch(&self.project.root, &self.entry.branch).await.map_err(git_error)?,
            false => None,
        };
        self.spare_agents()?;
        self.refuse(&self.survey(remote.as_ref()).await?)?;
        self.set_status(DELETING, None).await?;
        // One after the other: of two that go at once each would count on what the other has.
        let repository = self.project.repository.clone();
        let _one = repository.deleting.lock().await;
        let emptied = match self.empty(remote.as_ref()).await {
            Ok((survey, result)) => match self.begin(survey).await {
                Ok(()) => Ok(result),
                Err(error) => {
                    self.give_up(result.saved_ref.as_deref()).await;
                    Err(error)
                }
            },
            Err(error) => Err(error),
        };
        match emptied {
            Ok(result) => Ok(self.remove(remote, result).await),
            Err(error) => {
                // It is there still, and in use.
                let id = self.entry.id.clone();
                self.project.store.change(move |manifest| manifest.worktrees.get_mut(&id).map(in_use_again)).await?;
                self.services.tell(&self.project.root, None);
                Err(error)
            }
        }
    }

    async fn survey(&self, remote: Option<&RemoteBranch>) -> Result<Survey, WireError> {
        let remote = remote.map(|remote| Remote { tracked: &remote.tracked, commit: &remote.commit });
        Ok(worktree::survey(&place(&self.project, &self.entry), remote).await?)
    }

    /// Whether it may go.
    fn refuse(&self, survey: &Survey) -> Result<(), WireError> {
        let name = &self.entry.name;
        if let Some(inside) = survey.unsavable() {
            let hint = format!(
                "finish or give up what has been begun there; commit and push what a repository inside has, or move it away; \
                 `git worktree remove --force --force {}` loses it",
                self.entry.path
            );
            return Err(invalid(format!("the worktree {name} has {inside}")).with_hint(hint));
        }
        if self.request.force {
            return Ok(());
        }
        if survey.would_lose() {
            let text = format!("with the worktree {name} this would be lost: {survey}");
            return Err(invalid(text).with_hint(
                "`force` (`pintle worktree delete --force`) saves it first; `pintle worktree restore` brings it back",
            ));
        }
        match &survey.locked {
            Some(why) => {
                let why = if why.is_empty() { String::new() } else { format!(": {why}") };
                let text = format!("the worktree {name} is locked{why}");
                Err(invalid(text).with_hint(format!("`git worktree unlock {}`, or `force`", self.entry.path)))
            }
            None => Ok(()),
        }
    }

    /// Ends its agents and saves what would be lost.
    async fn empty(&self, remote: Option<&RemoteBranch>) -> Result<(Survey, DeleteWorktreeResult), WireError> {
        test_point::reach("delete_worktree.noted");
        let mut result = DeleteWorktreeResult { worktree_id: self.entry.id.clone(), ..DeleteWorktreeResult::default() };
        let agents =
            self.project.store.read().worktrees.get(&self.entry.id).map(|entry| entry.agents.keys().cloned().collect());
        result.killed_agents = agents.unwrap_or_default();
        if !result.killed_agents.is_empty() {
            kill::end_and_remove(&self.services, &self.project, result.killed_agents.clone()).await?;
        }
        let survey = self.survey(remote).await?;
        self.refuse(&survey).map_err(|mut error| {
            if !result.killed_agents.is_empty() {
                error.message = format!("{}; its agents have ended", error.message);
            }
            error
        })?;
        if survey.would_lose() {
            let saved = worktree::save(&place(&self.project, &self.entry), &label(&self.entry), &survey).await?;
            result.saved_ref = Some(saved);
        }
        test_point::reach("delete_worktree.saved");
        Ok((survey, result))
    }

    /// From here on it goes: its folder is put away, and the manifest says so. If that fails, or if somebody has written into it since it was
    /// looked at, it is as it was.
    async fn begin(&self, survey: Survey) -> Result<(), WireError> {
        let path = Path::new(&self.entry.path);
        worktree::put_away(path).map_err(|error| {
            WireError::new(Code::IoError, format!("{}: it cannot be removed: {error}", path.display()))
        })?;
        let gone = match worktree::written_since(&worktree::away(path), &survey).await {
            Ok(None) => self.set_status(REMOVING, survey.tip).await,
            Ok(Some(written)) => {
                let text = format!("the worktree {} is being written to: {written}", self.entry.name);
                Err(invalid(text).with_hint("end what writes there, and try again"))
            }
            Err(error) => Err(error.into()),
        };
        if gone.is_err() {
            put_back(path);
        }
        gone
    }

    /// Nothing needs to be saved of what stays.
    async fn give_up(&self, saved: Option<&str>) {
        if let Some(saved) = saved
            && let Err(error) = worktree::give_up(&self.project.root, saved).await
        {
            tracing::warn!(saved, %error, "what was saved of a worktree that stays is kept");
        }
    }

    /// Refuses where an agent lives that somebody may have started since they looked.
    fn spare_agents(&self) -> Result<(), WireError> {
        let goes_on = |(id, agent): (&String, &AgentEntry)| agent.suspended || self.services.is_living(id);
        // As it is now that nobody gets in any more.
        let manifest = self.project.store.read();
        let agents = manifest.worktrees.get(&self.entry.id).map(|entry| &entry.agents);
        if self.request.spare_agents && agents.is_some_and(|agents| agents.iter().any(goes_on)) {
            return Err(invalid(format!("agents live in the worktree {}", self.entry.name)));
        }
        Ok(())
    }

    /// Removes what nothing is lost with.
    async fn remove(&self, remote: Option<RemoteBranch>, mut result: DeleteWorktreeResult) -> DeleteWorktreeResult {
        result.worktree_id.clone_from(&self.entry.id);
        let entry =
            self.project.store.read().worktrees.get(&self.entry.id).cloned().unwrap_or_else(|| self.entry.clone());
        test_point::reach("delete_worktree.removing");
        finish(&self.services, &self.project, &entry, &mut result).await;
        if let Some(remote) = remote {
            match worktree::delete_remote_branch(&self.project.root, &remote).await {
                Ok(()) => result.remote_deleted = true,
                Err(error) => result.errors.push(format!("the branch on the remote stays: {error}")),
            }
        }
        self.services.tell(&self.project.root, None);
        result
    }

    async fn set_status(&self, status: &'static str, tip: Option<String>) -> Result<(), WireError> {
        let id = self.entry.id.clone();
        let changed = self.project.store.change(move |manifest| {
            if let Some(entry) = manifest.worktrees.get_mut(&id) {
                status.clone_into(&mut entry.status);
                entry.extra.extend(tip.map(|tip| (TIP.to_owned(), Value::String(tip))));
            }
        });
        Ok(changed.await?)
    }
}

/// Puts it back where it was, if it was put away.
fn put_back(path: &Path) {
    if let Err(error) = worktree::put_back(path) {
        tracing::error!(path = %path.display(), %error, "a worktree that is not deleted after all could not be put back");
    }
}

fn git_error(error: worktree::GitError) -> WireError {
    worktree::WorktreeError::from(error).into()
}

/// Removes folder, branch and entry of one that is being removed. One whose folder stays keeps its entry.
async fn finish(services: &Services, project: &Project, entry: &WorktreeEntry, result: &mut DeleteWorktreeResult) {
    match worktree::remove(&project.root, Path::new(&entry.path)).await {
        Ok(()) => result.directory_removed = true,
        Err(error) => {
            result.errors.push(format!("the folder stays: {error}; `pintle worktree delete {}` tries again", entry.id));
            return;
        }
    }
    test_point::reach("delete_worktree.removed");
    if let Some(tip) = entry.extra.get(TIP).and_then(Value::as_str) {
        match worktree::delete_branch(&project.root, &entry.branch, tip).await {
            Ok(deleted) => result.branch_deleted = deleted,
            Err(error) => result.errors.push(format!("the branch {} stays: {error}", entry.branch)),
        }
    }
    create_worktree::forget(services, project, entry.id.clone()).await;
}

/// What an earlier daemon was taking away when it died. To be asked before anybody is served.
pub fn unfinished(manifest: &Manifest) -> Vec<WorktreeEntry> {
    manifest.worktrees.values().filter(|entry| is_being_deleted(entry)).cloned().collect()
}

/// Goes on with what was being removed; what was only about to be is in use again.
pub async fn finish_unfinished(services: &Services, project: &Arc<Project>, unfinished: Vec<WorktreeEntry>) {
    for entry in unfinished {
        let Some(_closed) = project.doors.close(&entry.id) else { continue };
        if entry.status == REMOVING && !is_there(&entry) {
            tracing::info!(worktree = entry.id, "a worktree that was being deleted is removed");
            let mut result = DeleteWorktreeResult::default();
            finish(services, project, &entry, &mut result).await;
            result.errors.iter().for_each(|error| tracing::warn!(worktree = entry.id, error, "not all of it is gone"));
        } else {
            tracing::info!(worktree = entry.id, "a worktree was to be deleted, and is in use again");
            put_back(Path::new(&entry.path));
            let id = entry.id.clone();
            let changed = project.store.change(move |manifest| {
                manifest.worktrees.get_mut(&id).map(in_use_again);
            });
            if let Err(error) = changed.await {
                tracing::warn!(worktree = entry.id, %error, "that it is in use again could not be written down");
            }
        }
        services.tell(&project.root, None);
    }
}
