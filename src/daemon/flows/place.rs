//! Where an agent runs: in the project's own folder, in a worktree that is there, or in one that is made for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::create_worktree;
use super::delete_worktree;
use crate::daemon::services::Services;
use crate::project::manifest::{AgentEntry, Manifest, WorktreeEntry};
use crate::project::registry::Project;
use crate::project::worktree::Entered;
use crate::protocol::typed::request::Spawn;
use crate::protocol::{Code, WireError};

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// The project's own folder.
    Root,
    /// A worktree that is there, by its id.
    There(String),
    /// One that is made, from this base.
    New(Option<String>),
}

impl Asked {
    /// `worktree` beats `root`; with neither, a new one is made. Only for that there is a base.
    pub fn of(request: &Spawn) -> Result<Self, WireError> {
        match (&request.worktree, request.root, &request.base) {
            (None, false, base) => Ok(Self::New(base.clone())),
            (Some(id), _, None) => Ok(Self::There(id.clone())),
            (None, true, None) => Ok(Self::Root),
            (worktree, _, Some(_)) => {
                let other = if worktree.is_some() { "worktree" } else { "root" };
                let text = format!("a `base` is for a new worktree: leave out either it or `{other}`");
                Err(WireError::new(Code::InvalidArgument, text))
            }
        }
    }

    /// Makes what is to be made, for an agent of this name.
    pub async fn prepare(
        self,
        services: &Arc<Services>,
        project: &Arc<Project>,
        name: &str,
    ) -> Result<Place, WireError> {
        match self {
            Self::Root => Ok(Place::at_root(project)),
            Self::There(id) => Place::in_worktree(project, &project.store.read(), &id),
            Self::New(base) => {
                let made = create_worktree::create(services, project, name, None, base).await?;
                let worktree = Some(made.id.clone());
                let entered = project.doors.enter(&made.id);
                Ok(Place { cwd: made.path.clone().into(), worktree, made: Some(made), _entered: entered })
            }
        }
    }
}

/// Where an agent runs.
#[derive(Debug)]
pub struct Place {
    /// The folder.
    pub cwd: PathBuf,
    /// The worktree that it belongs to.
    pub worktree: Option<String>,
    /// It was made for this agent, and goes again if there is none.
    made: Option<WorktreeEntry>,
    /// It is not deleted meanwhile.
    _entered: Option<Entered>,
}

impl Place {
    /// That of an agent in the manifest. Where its worktree's folder is gone nothing can run.
    pub fn of_agent(project: &Project, agent: &str) -> Result<Self, WireError> {
        let manifest = project.store.read();
        let worktree = manifest.all_agents().find(|(_, entry)| entry.id == agent).and_then(|(worktree, _)| worktree);
        match worktree {
            Some(id) => Self::in_worktree(project, &manifest, id),
            None => Ok(Self::at_root(project)),
        }
    }

    /// A worktree that is there.
    pub fn in_worktree(project: &Project, manifest: &Manifest, id: &str) -> Result<Self, WireError> {
        let entry = made_worktree(manifest, id)?;
        let entered = project.doors.enter(id).filter(|_| !delete_worktree::is_being_deleted(entry));
        if entered.is_none() {
            let text = format!("the worktree {} is being deleted", entry.name);
            return Err(WireError::new(Code::InvalidState, text));
        }
        if !Path::new(&entry.path).is_dir() {
            let text = format!("{}: the folder of the worktree {} is gone", entry.path, entry.name);
            return Err(WireError::new(Code::InvalidState, text));
        }
        Ok(Self { cwd: entry.path.clone().into(), worktree: Some(entry.id.clone()), made: None, _entered: entered })
    }

    /// One that was made for several; whoever made it takes it back.
    pub fn in_new(project: &Project, entry: &WorktreeEntry) -> Self {
        let entered = project.doors.enter(&entry.id);
        Self { cwd: entry.path.clone().into(), worktree: Some(entry.id.clone()), made: None, _entered: entered }
    }

    /// The project's own folder.
    pub fn at_root(project: &Project) -> Self {
        Self { cwd: project.root.clone(), worktree: None, made: None, _entered: None }
    }

    /// There is no agent: what was made for it goes.
    pub async fn take_back(self, services: &Services, project: &Project) {
        if let Some(made) = &self.made {
            create_worktree::take_back(services, project, made).await;
        }
    }
}

/// The worktree with this id, unless it is still being made.
pub fn made_worktree<'m>(manifest: &'m Manifest, id: &str) -> Result<&'m WorktreeEntry, WireError> {
    let entry = manifest.worktrees.get(id);
    let entry = entry.ok_or_else(|| delete_worktree::no_worktree(id))?;
    match create_worktree::is_being_made(entry) {
        false => Ok(entry),
        true => {
            let text = format!("the worktree {} is being made; try again in a moment", entry.name);
            Err(WireError::new(Code::InvalidState, text))
        }
    }
}

/// Writes an agent down where it belongs; its worktree is in use from then on, and the run of a swarm it came with has one less to start. One
/// whose worktree the manifest does not know (any more) stands among those of the project, so that it can be seen and ended.
pub fn insert_agent(manifest: &mut Manifest, worktree: Option<&str>, entry: AgentEntry) {
    if let Some(run) = entry.swarm_run.as_ref().and_then(|run| manifest.swarm_runs.get_mut(run)) {
        run.left.remove(&entry.name);
    }
    let agents = match worktree.and_then(|id| manifest.worktrees.get_mut(id)) {
        Some(worktree) => {
            create_worktree::activate(worktree);
            &mut worktree.agents
        }
        None => &mut manifest.agents,
    };
    agents.insert(entry.id.clone(), entry);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_asks_for() {
        #[track_caller]
        fn check(root: bool, base: Option<&str>, worktree: Option<&str>, expected: Result<Asked, &str>) {
            let (base, worktree) = (base.map(str::to_owned), worktree.map(str::to_owned));
            let asked = Asked::of(&Spawn { root, base, worktree, ..Spawn::default() });
            match (asked, expected) {
                (Ok(asked), Ok(expected)) => assert_eq!(asked, expected),
                (Err(error), Err(word)) => assert!(error.message.contains(word), "{error}"),
                (asked, _) => panic!("{asked:?}"),
            }
        }
        check(true, None, None, Ok(Asked::Root));
        check(false, None, None, Ok(Asked::New(None)));
        check(false, Some("v1"), None, Ok(Asked::New(Some("v1".to_owned()))));
        check(false, None, Some("wt-1"), Ok(Asked::There("wt-1".to_owned())));
        check(true, None, Some("wt-1"), Ok(Asked::There("wt-1".to_owned())));
        check(true, Some("v1"), None, Err("`root`"));
        check(false, Some("v1"), Some("wt-1"), Err("`worktree`"));
    }
}
