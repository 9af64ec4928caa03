//! What a new daemon does first: it takes the agents that the keeper kept, and sets right what its predecessor left unfinished
//! or what happened while there was none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;

use super::{create_worktree, delete_worktree, exited, finish_swarm, kill, place, spawn, suspend};
use crate::agent::rule::Rules;
use crate::base::process::{Identity, Table, ourselves};
use crate::daemon::keeper::Kept;
use crate::daemon::kinds::Settings;
use crate::daemon::services::Services;
use crate::keeper::message::read_blob;
use crate::project::manifest::{AgentEntry, Ending, Manifest, Note, WorktreeEntry};
use crate::project::registry::{Project, ProjectError};
use jiff::Timestamp;

/// An agent that was running before is past its start.
const OLD: Duration = Duration::from_secs(3600);

/// Takes over everything. What cannot be taken over is logged and left alone: it runs on, and the next daemon may do better.
/// `same_keeper`: it has had a daemon before.
pub async fn takeover(services: &Arc<Services>, kept: Vec<Kept>, same_keeper: bool) {
    let mut notes = BTreeMap::new();
    let mut left = Vec::new();
    for kept in kept {
        match note_of(&kept) {
            Ok(note) => {
                notes.insert(kept.agent.clone(), note);
                left.push(kept);
            }
            Err(error) => tracing::error!(agent = kept.agent, error, "an agent could not be taken over; it runs on"),
        }
    }
    let projects = open_projects(services, &notes);
    for kept in left {
        let agent = kept.agent.clone();
        let Some(note) = notes.get_mut(&agent) else { continue };
        // Its folder may have been moved since.
        if let Some(project) = services.projects.of_agent(&agent) {
            note.project_root = project.root_text();
        }
        if let Err(error) = adopt(services, kept, note) {
            tracing::error!(agent, error, "an agent could not be taken over; it runs on");
            notes.remove(&agent);
        }
    }
    for project in projects {
        reconcile(services, &project, &notes).await;
        Unfinished::of(&project.store.read()).set_right(services, project, same_keeper);
    }
    // Those that were opened until now.
    services.projects.take_opened();
    tokio::spawn(take_over_later(services.clone(), notes, same_keeper));
}

/// A folder that was not there when the daemon began (a disk that is mounted late): what was left unfinished in it is seen to as soon as
/// somebody asks for its project.
async fn take_over_later(services: Arc<Services>, notes: BTreeMap<String, Note>, same_keeper: bool) {
    loop {
        services.projects.opened.notified().await;
        for (project, as_found) in services.projects.take_opened() {
            let root = project.root_text();
            let mine = notes.iter().filter(|(id, note)| {
                let lives = services.agents.get(id).is_some_and(|agent| agent.exit().is_none());
                lives && note.project_root == root && note.ending.is_none()
            });
            let mine: Vec<Note> = mine.map(|(_, note)| note.clone()).collect();
            let written = project.store.change(move |manifest| {
                for note in mine {
                    if manifest.agent(&note.entry.id).is_none() {
                        place::insert_agent(manifest, note.worktree_id.as_deref(), note.entry);
                    }
                }
            });
            if let Err(error) = written.await {
                tracing::error!(root, %error, "the project's manifest could not be brought up to date");
            }
            // What has been begun since it was found is not left over.
            let now = project.store.read();
            let mut unfinished = Unfinished::of(&as_found);
            let unmade_now = create_worktree::unfinished(&now);
            unfinished.unmade.retain(|entry| unmade_now.iter().any(|other| other.id == entry.id));
            unfinished.set_right(&services, project, same_keeper);
        }
    }
}

/// What an earlier daemon was in the middle of in a project.
struct Unfinished {
    unmade: Vec<WorktreeEntry>,
    undeleted: Vec<WorktreeEntry>,
    runs: Vec<String>,
}

impl Unfinished {
    fn of(manifest: &Manifest) -> Self {
        let (unmade, undeleted) = (create_worktree::unfinished(manifest), delete_worktree::unfinished(manifest));
        Self { unmade, undeleted, runs: finish_swarm::unfinished(manifest) }
    }

    /// Not waited for: to remove many files takes its time.
    fn set_right(self, services: &Arc<Services>, project: Arc<Project>, same_keeper: bool) {
        let services = services.clone();
        tokio::spawn(async move {
            create_worktree::take_back_unfinished(&services, &project, self.unmade).await;
            delete_worktree::finish_unfinished(&services, &project, self.undeleted).await;
            finish_swarm::finish_unfinished(&services, &project, self.runs, same_keeper);
        });
    }
}

fn note_of(kept: &Kept) -> Result<Note, String> {
    let tag = read_blob(&kept.fds.tag).map_err(|error| error.to_string())?;
    serde_json::from_slice(&tag).map_err(|error| error.to_string())
}

/// Every project that is known, and those of the agents.
fn open_projects(services: &Services, notes: &BTreeMap<String, Note>) -> Vec<Arc<Project>> {
    let mut roots: BTreeSet<String> = notes.values().map(|note| note.project_root.clone()).collect();
    roots.extend(services.projects.roots().iter().map(|root| root.to_string_lossy().into_owned()));
    let mut projects: BTreeMap<PathBuf, Arc<Project>> = BTreeMap::new();
    for root in roots {
        match services.projects.open(&root) {
            Ok(project) => drop(projects.insert(project.root.clone(), project)),
            // Moved, removed, or on a disk that is not mounted: no trouble of ours.
            Err(ProjectError::NoFolder(_)) => {
                tracing::info!(root, "a project's folder is not there; `pintle daemon reload` forgets it");
            }
            Err(error) => tracing::warn!(root, %error, "a project could not be opened"),
        }
    }
    projects.into_values().collect()
}

fn adopt(services: &Arc<Services>, kept: Kept, note: &Note) -> Result<(), String> {
    // An agent whose kind cannot be read any more is kept all the same, without rules.
    let rules = rules_of(services, note).unwrap_or_default();
    let agent = spawn::adopt(services, kept, note, rules, OLD).map_err(|error| error.message)?;
    services.remember(&agent.id, note.clone());
    services.adopt_for_notifications(&agent);
    Ok(())
}

fn rules_of(services: &Services, note: &Note) -> Option<Rules> {
    let project = services.projects.open(&note.project_root).ok()?;
    let settings = Settings::read(services, &project).ok()?;
    settings.rules(services, settings.kinds.get(&note.entry.agent_type)?).ok()
}

async fn reconcile(services: &Arc<Services>, project: &Arc<Project>, notes: &BTreeMap<String, Note>) {
    let root = project.root_text();
    let mine: Vec<(String, Note)> = notes
        .iter()
        .filter(|(_, note)| note.project_root == root)
        .map(|(id, note)| (id.clone(), note.clone()))
        .collect();
    let settings = Settings::read(services, project).ok();
    let facts: Vec<Fact> = mine.iter().filter_map(|(id, note)| Fact::of(services, id, note)).collect();
    end_strays(&project.store.read(), notes).await;
    let now = services.clock.now();
    let goes_on =
        move |entry: &AgentEntry| settings.as_ref().is_some_and(|known| suspend::can_start_again(known, entry));
    let written = project.store.change(move |manifest| set_right(manifest, &facts, now, goes_on)).await;
    if let Err(error) = written {
        tracing::error!(root, %error, "the project's manifest could not be brought up to date");
    }
    // Not waited for: ending something may take seconds, and clients are waiting.
    for (id, note) in mine {
        let (services, project) = (services.clone(), project.clone());
        tokio::spawn(async move { go_on(&services, &project, &id, note).await });
    }
}

/// What is true of an agent that the keeper has.
struct Fact {
    id: String,
    note: Note,
    process: Identity,
    exit: Option<i32>,
}

impl Fact {
    fn of(services: &Services, id: &str, note: &Note) -> Option<Self> {
        let agent = services.agents.get(id)?;
        Some(Self { id: id.to_owned(), note: note.clone(), process: agent.process, exit: agent.exit() })
    }
}

/// Makes the manifest say what is so. Pure, but for asking whether a process lives.
fn set_right(manifest: &mut Manifest, facts: &[Fact], now: Timestamp, goes_on: impl Fn(&AgentEntry) -> bool) {
    for fact in facts {
        if manifest.agent(&fact.id).is_none() && fact.note.ending.is_none() {
            // It was started, and the daemon died before it could write that down. It may have ended since, which is worth knowing.
            place::insert_agent(manifest, fact.note.worktree_id.as_deref(), fact.note.entry.clone());
        }
        match (fact.exit, fact.note.ending) {
            (Some(code), None) if !fact.note.entry.suspended => {
                if manifest.agent(&fact.id).is_some_and(|entry| entry.completed_at.is_none() && !entry.suspended) {
                    exited::record(manifest, &fact.id, Some(code), now);
                }
            }
            _ => {
                if let Some(entry) = manifest.agent_mut(&fact.id).filter(|_| fact.exit.is_none()) {
                    entry.pid = Some(fact.process.pid);
                    entry.pid_start_time = Some(fact.process.start_time);
                }
            }
        }
    }
    let is_kept = |id: &str| facts.iter().any(|fact| fact.id == id);
    let gone: Vec<String> = without_keeper(manifest, is_kept).map(|entry| entry.id.clone()).collect();
    for id in gone {
        // Its keeper is gone (the machine was restarted, or it was killed), and its terminal with it.
        let resumable = manifest.agent(&id).is_some_and(&goes_on);
        match resumable {
            true => suspend::mark_entry(manifest, &id, now),
            false => exited::record(manifest, &id, None, now),
        }
        if let Some(entry) = manifest.agent_mut(&id) {
            (entry.pid, entry.pid_start_time) = (None, None);
        }
    }
}

/// Agents that had a process when their keeper ended, by whatever end.
fn without_keeper(manifest: &Manifest, is_kept: impl Fn(&str) -> bool) -> impl Iterator<Item = &AgentEntry> {
    let entries = manifest.all_agents().map(|(_, entry)| entry);
    entries.filter(move |entry| entry.completed_at.is_none() && entry.pid.is_some() && !is_kept(&entry.id))
}

/// Ends what outlived its keeper. Without its terminal nobody can reach it any more, and after a resume it would be there twice.
async fn end_strays(manifest: &Manifest, kept: &BTreeMap<String, Note>) {
    let process = |entry: &AgentEntry| Some(Identity { pid: entry.pid?, start_time: entry.pid_start_time? });
    // A pid that somebody else has now leads to nobody of ours; the mark in the environment still does.
    let leader = |entry: &AgentEntry| process(entry).filter(|process| process.is_alive()).map_or(i32::MAX, |it| it.pid);
    let strays: Vec<(i32, String)> =
        without_keeper(manifest, |id| kept.contains_key(id)).map(|entry| (leader(entry), entry.id.clone())).collect();
    if strays.is_empty() {
        return;
    }
    let kill = move || {
        let table = Table::read("PINTLE_AGENT_ID");
        let members = strays.iter().flat_map(|(leader, id)| table.family(*leader, id));
        for member in members.filter(|member| !ourselves().contains(&member.pid)) {
            member.signal(Signal::KILL);
        }
    };
    let _ = tokio::task::spawn_blocking(kill).await;
}

fn is_suspended(project: &Project, id: &str) -> bool {
    project.store.read().agent(id).is_some_and(|entry| entry.suspended)
}

/// Goes on with what was being done to an agent.
async fn go_on(services: &Arc<Services>, project: &Arc<Project>, id: &str, note: Note) {
    let Some(agent) = services.agents.get(id) else { return };
    match note.ending {
        // Only its last output is still there to be read.
        Some(Ending::Kill) if agent.exit().is_some() && project.store.read().agent(id).is_none() => {
            exited::forget_later(services, id);
        }
        Some(Ending::Kill) => {
            tracing::info!(agent = id, "going on with a kill that was cut off");
            if let Err(error) = kill::end_and_remove(services, project, vec![id.to_owned()]).await {
                tracing::error!(agent = id, %error, "a kill that was cut off could not be finished");
            }
        }
        // Only the note was left to do. Ending anything now could hit what a resume has started meanwhile.
        Some(Ending::Suspend) if agent.exit().is_some() && is_suspended(project, id) => {
            services.change_note(id, |note| (note.entry.suspended, note.ending) = (true, None));
        }
        Some(Ending::Suspend) => {
            suspend::end_for_later(services, vec![agent]).await;
            if let Err(error) = suspend::mark(services, project, vec![id.to_owned()]).await {
                tracing::error!(agent = id, %error, "a suspend that was cut off could not be finished");
            }
        }
        None if agent.exit().is_some() && project.store.read().agent(id).is_none() => {
            exited::forget_later(services, id);
        }
        None => {
            if let Some(prompt) = note.prompt_to_type.filter(|_| agent.exit().is_none()) {
                spawn::deliver(services, &agent, prompt);
            }
        }
    }
}
