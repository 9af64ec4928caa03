//! The orderly end: all agents are ended in parallel, and it is written down which of them can go on later.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::{end, exited, suspend};
use crate::agent::actor::Agent;
use crate::daemon::kinds::Settings;
use crate::daemon::services::Services;
use crate::project::registry::Project;

/// Ends all agents and records how.
pub async fn shutdown(services: &Arc<Services>) {
    let live: Vec<Arc<Agent>> = services.agents.all().into_iter().filter(|agent| agent.exit().is_none()).collect();
    let codes = end::end(live.clone()).await;
    let mut by_project: BTreeMap<PathBuf, (Arc<Project>, Vec<&str>)> = BTreeMap::new();
    for agent in &live {
        let Some(project) = services.project_of(agent) else {
            tracing::error!(agent = agent.id, "its end cannot be recorded: its project is not open");
            continue;
        };
        by_project.entry(project.root.clone()).or_insert_with(|| (project, Vec::new())).1.push(&agent.id);
    }
    for (root, (project, ids)) in by_project {
        let settings = Settings::read(services, &project).ok();
        let now = services.clock.now();
        let ended: Vec<(String, Option<i32>)> =
            ids.iter().map(|id| ((*id).to_owned(), codes.get(*id).copied().flatten())).collect();
        let recorded = project.store.change(move |manifest| {
            for (id, code) in ended {
                let goes_on = manifest
                    .agent(&id)
                    .is_some_and(|entry| settings.as_ref().is_some_and(|known| suspend::can_start_again(known, entry)));
                if goes_on {
                    suspend::mark_entry(manifest, &id, now);
                } else {
                    exited::record(manifest, &id, code, now);
                }
            }
        });
        if let Err(error) = recorded.await {
            tracing::error!(root = %root.display(), %error, "how its agents ended could not be recorded");
        }
    }
}
