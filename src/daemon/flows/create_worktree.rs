//! `create_worktree`: a checkout with a branch of its own, noted in the manifest.
//!
//! It is noted before it is made, as `creating`: two who ask for the same name at once meet there, and a daemon that dies on the way
//! leaves word for the next one, which takes it back.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{delete_worktree, set_up_worktree};
use crate::base::{family, id, test_point};
use crate::daemon::kinds::Settings;
use crate::daemon::services::Services;
use crate::project::exclude;
use crate::project::manifest::{Manifest, WorktreeEntry};
use crate::project::registry::Project;
use crate::project::worktree::{self, CreateSpec, LONGEST, Plan, normalised};
use crate::protocol::typed::reply::CreateWorktreeResult;
use crate::protocol::typed::request::CreateWorktree;
use crate::protocol::{Code, WireError};

/// How long whoever made a worktree for a daemon that died may take to end, before it is killed.
const MAKERS_GRACE: Duration = Duration::from_secs(2);

/// Status of a worktree that is there.
pub const ACTIVE: &str = "active";
/// Status of one that is being made.
const CREATING: &str = "creating";

/// Makes a worktree and answers when its files are there. If it fails there is none.
pub async fn create_worktree(
    services: &Arc<Services>,
    request: CreateWorktree,
) -> Result<CreateWorktreeResult, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let made = create(services, &project, &request.name, None, request.base).await?;
    let id = made.id.clone();
    let noted = id.clone();
    if let Err(error) = project.store.change(move |manifest| manifest.worktrees.get_mut(&noted).map(activate)).await {
        take_back(services, &project, &made).await;
        return Err(error.into());
    }
    services.tell(&project.root, None);
    Ok(CreateWorktreeResult { worktree_id: id })
}

/// Makes one for whoever then [activates](activate) it, or [takes it back](take_back), on this branch or the one of its name.
pub async fn create(
    services: &Arc<Services>,
    project: &Arc<Project>,
    name: &str,
    branch: Option<String>,
    base: Option<String>,
) -> Result<WorktreeEntry, WireError> {
    let name = name_of(name)?;
    if services.is_ending().is_some() {
        return Err(WireError::new(Code::InvalidState, "the daemon is ending; try again in a moment"));
    }
    let settings = Settings::read(services, project)?;
    let branch = branch.unwrap_or_else(|| format!("{}{name}", settings.worktrees.branch_prefix));
    let entry = reserve(services, project, name, branch).await?;
    // Who follows the status sees it being made, as whoever asks for it does.
    services.tell(&project.root, None);
    make(services, project, &settings, entry, base).await
}

/// It is in use from now on, unless it is on its way out.
pub fn activate(entry: &mut WorktreeEntry) {
    if is_being_made(entry) {
        ACTIVE.clone_into(&mut entry.status);
        entry.made_at = None;
    }
}

/// Whether it is in use.
pub fn is_active(entry: &WorktreeEntry) -> bool {
    entry.status == ACTIVE
}

/// Whether somebody is making it.
pub fn is_being_made(entry: &WorktreeEntry) -> bool {
    entry.status == CREATING
}

/// The name as it will be, or why it cannot be one.
pub fn name_of(given: &str) -> Result<String, WireError> {
    let refused = |text: String| WireError::new(Code::InvalidArgument, text);
    let name = normalised(given).ok_or_else(|| {
        refused(format!("{given:?} cannot be a worktree's name: nothing is left of it but a to z, 0 to 9 and `-`"))
    })?;
    if name.len() > LONGEST {
        return Err(refused(format!(
            "a worktree's name has at most {LONGEST} characters, and this one has {}",
            name.len()
        )));
    }
    Ok(name)
}

/// Notes in the manifest that it is being made. A name that a worktree has is refused.
async fn reserve(
    services: &Services,
    project: &Project,
    name: String,
    branch: String,
) -> Result<WorktreeEntry, WireError> {
    let (now, folder) = (services.clock.now(), project.folder.join("worktrees"));
    let reserved = project.store.change(move |manifest| {
        if manifest.worktrees.values().any(|worktree| worktree.name == name) {
            return Err(name);
        }
        let entry = new_entry(manifest, &folder, name, branch, now);
        manifest.worktrees.insert(entry.id.clone(), entry.clone());
        Ok(entry)
    });
    reserved.await?.map_err(|name| {
        let text = format!("the project has a worktree called `{name}`; choose another name, or spawn into that one");
        WireError::new(Code::InvalidArgument, text)
    })
}

/// The entry of one that is going to be made.
pub fn new_entry(
    manifest: &Manifest,
    folder: &Path,
    name: String,
    branch: String,
    now: jiff::Timestamp,
) -> WorktreeEntry {
    let unused = |id: &String| !manifest.worktrees.contains_key(id) && !folder.join(id).exists();
    let id = std::iter::repeat_with(id::worktree).find(unused).unwrap_or_default();
    WorktreeEntry {
        path: folder.join(&id).to_string_lossy().into_owned(),
        branch,
        base_branch: None,
        status: CREATING.to_owned(),
        agents: std::collections::BTreeMap::new(),
        created_at: now,
        swarm_run: None,
        made_at: None,
        extra: serde_json::Map::new(),
        id,
        name,
    }
}

/// Makes the one that was noted as `creating`, and returns it as the manifest has it, still as that. If it fails it is noted no more.
pub async fn make(
    services: &Arc<Services>,
    project: &Arc<Project>,
    settings: &Settings,
    entry: WorktreeEntry,
    base: Option<String>,
) -> Result<WorktreeEntry, WireError> {
    test_point::reach("create_worktree.noted");
    keep_out_of_git(project).await;
    let (id, path, branch) = (entry.id.clone(), entry.path.clone().into(), entry.branch.clone());
    let spec = CreateSpec { id: id.clone(), root: project.root.clone(), path, branch, base };
    let made = async {
        let plan = worktree::plan(&spec).await?;
        let entry = note(project, entry, &plan).await?;
        test_point::reach("create_worktree.planned");
        worktree::create(&spec, &plan, &project.repository.adding).await?;
        Ok(entry)
    };
    match made.await {
        Ok(entry) => match set_up_worktree::set_up(services, project, settings, &entry).await {
            Ok(()) => Ok(entry),
            Err(error) => Err(give_up(services, project, entry, error).await),
        },
        Err(error) => {
            forget(services, project, id).await;
            Err(error)
        }
    }
}

/// Nothing of ours is to be in a commit of the project, whatever has become of its excludes since `init`.
async fn keep_out_of_git(project: &Arc<Project>) {
    let project = project.clone();
    let kept = tokio::task::spawn_blocking(move || exclude::again(&project)).await;
    if let Ok(Err(error)) = kept {
        tracing::warn!(%error, "the project's worktrees could not be kept out of git");
    }
}

/// Notes what it starts from, and whether its branch is made for it: a daemon that dies leaves word of that too.
async fn note(project: &Project, mut entry: WorktreeEntry, plan: &Plan) -> Result<WorktreeEntry, WireError> {
    entry.base_branch = Some(plan.base_branch().to_owned());
    entry.made_at = plan.made_at().map(str::to_owned);
    let noted = entry.clone();
    // One that somebody has taken out of the file is in it again.
    project.store.change(move |manifest| drop(manifest.worktrees.insert(noted.id.clone(), noted))).await?;
    Ok(entry)
}

/// Takes one back in which nobody has done anything yet.
pub async fn take_back(services: &Services, project: &Project, entry: &WorktreeEntry) {
    worktree::undo(&project.root, Path::new(&entry.path), &entry.branch, entry.made_at.as_deref()).await;
    forget(services, project, entry.id.clone()).await;
}

/// What an earlier daemon was making when it died. To be asked before anybody is served: what is being made then is this one's.
pub fn unfinished(manifest: &Manifest) -> Vec<WorktreeEntry> {
    // With an agent in it, all but the note was done.
    manifest.worktrees.values().filter(|entry| is_being_made(entry) && entry.agents.is_empty()).cloned().collect()
}

/// Takes it back, and saves what somebody has written there meanwhile; one that somebody works in stays.
pub async fn take_back_unfinished(services: &Services, project: &Project, unfinished: Vec<WorktreeEntry>) {
    if unfinished.is_empty() {
        return;
    }
    end_makers(services, &unfinished).await;
    for entry in unfinished {
        match save_unfinished(project, &entry).await {
            Ok(Left::Nothing) => {}
            Ok(Left::Saved(saved)) => {
                tracing::info!(worktree = entry.id, saved, "somebody had written into a worktree that was being made");
            }
            Ok(Left::Work) => {
                keep(project, entry, "somebody works in it").await;
                continue;
            }
            Err(error) => {
                keep(project, entry, &error.to_string()).await;
                continue;
            }
        }
        tracing::info!(worktree = entry.id, "a worktree that was being made is taken back");
        take_back(services, project, &entry).await;
    }
}

/// Ends whoever made them for the daemon that died: git with its hooks and filters, set-up commands. They would write into what is removed.
/// git takes its lock files with it when it is told to end.
async fn end_makers(services: &Services, unfinished: &[WorktreeEntry]) {
    let clock = services.clock.clone();
    let ids: Vec<String> = unfinished.iter().map(|entry| entry.id.clone()).collect();
    let end = move || {
        let values: Vec<&str> = ids.iter().map(String::as_str).collect();
        match family::end_marked(worktree::MAKES, &values, MAKERS_GRACE, &clock) {
            0 => {}
            count => tracing::info!(?ids, count, "what made worktrees for a daemon that died is ended"),
        }
    };
    let _ = tokio::task::spawn_blocking(end).await;
}

/// One that was not finished is there all the same: somebody may look at what is in it.
async fn keep(project: &Project, entry: WorktreeEntry, why: &str) {
    let id = entry.id.clone();
    let kept = project.store.change(move |manifest| manifest.worktrees.get_mut(&id).map(activate)).await;
    tracing::warn!(worktree = entry.id, why, ok = kept.is_ok(), "a worktree that was being made stays");
}

/// Takes one back that could not be set up, but nothing that somebody has done there meanwhile; the error says so.
async fn give_up(services: &Services, project: &Project, entry: WorktreeEntry, mut error: WireError) -> WireError {
    match save_unfinished(project, &entry).await {
        Ok(Left::Nothing) => take_back(services, project, &entry).await,
        Ok(Left::Saved(saved)) => {
            let id = saved.rsplit('/').next().unwrap_or(&saved);
            error.message = format!("{}; what lay there is saved: `pintle worktree restore {id}`", error.message);
            take_back(services, project, &entry).await;
        }
        Ok(Left::Work) => {
            error.message = format!("{}; the worktree stays, since there is work in it", error.message);
            keep(project, entry, "somebody works in it").await;
        }
        Err(unsaved) => {
            error.message = format!("{}; the worktree stays: {unsaved}", error.message);
            keep(project, entry, &unsaved.to_string()).await;
        }
    }
    services.tell(&project.root, None);
    error
}

/// What is in a worktree that was not finished.
enum Left {
    Nothing,
    /// Commits, or what cannot be saved: somebody works there already.
    Work,
    /// Somebody's files, under this ref by now.
    Saved(String),
}

async fn save_unfinished(project: &Project, entry: &WorktreeEntry) -> Result<Left, worktree::WorktreeError> {
    let place = delete_worktree::place(project, entry);
    let survey = worktree::survey(&place, None).await?;
    if !survey.commits.is_empty() || !survey.repositories.is_empty() {
        return Ok(Left::Work);
    }
    if !worktree::has_files_of_its_own(&place, &survey).await? {
        return Ok(Left::Nothing);
    }
    worktree::save(&place, &delete_worktree::label(entry), &survey).await.map(Left::Saved)
}

/// Takes one that is not there out of the manifest. A disk that refuses that gets it with the next change.
pub async fn forget(services: &Services, project: &Project, id: String) {
    let gone = id.clone();
    if let Err(error) = project.store.change(move |manifest| drop(manifest.worktrees.remove(&gone))).await {
        tracing::warn!(worktree = id, %error, "that it is gone could not be written down yet");
        project.store.note(move |manifest| drop(manifest.worktrees.remove(&id)));
    }
    services.tell(&project.root, None);
}
