//! Agents from `spawn` to `kill`.

use std::sync::Arc;

use crate::agent::status::Said;
use crate::base::awake::after_others;
use crate::daemon::error::no_agent;
use crate::daemon::services::Services;
use crate::daemon::{convert, flows};
use crate::protocol::WireError;
use crate::protocol::typed::Reply;
use crate::protocol::typed::reply::{
    AgentStatus, Done, ExplainResult, Fact, KillResult, RenameResult, ResumeResult, SpawnResult, StatusReport,
    SuspendResult,
};
use crate::protocol::typed::request::{Explain, Kill, Rename, Report, Reported, Resume, Spawn, Status, Suspend};

/// `spawn`
pub async fn spawn(services: &Arc<Services>, request: Spawn) -> Result<SpawnResult, WireError> {
    flows::spawn::spawn(services, request).await
}

/// `status`
pub fn status(services: &Services, request: &Status) -> Result<Reply, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let manifest = project.store.read();
    let Some(id) = &request.agent_id else {
        let killed = services.killed(&project.root_text()).into_iter().map(convert::killed).collect();
        return Ok(StatusReport { killed, ..convert::status_report(services, &manifest) }.into());
    };
    let found = manifest.all_agents().find(|(_, entry)| entry.id == *id && !services.is_leaving(id));
    let (worktree, entry) = found.ok_or_else(|| no_agent(id))?;
    Ok(AgentStatus(convert::agent(services, entry, worktree)).into())
}

/// `kill`
pub async fn kill(services: &Arc<Services>, request: Kill) -> Result<KillResult, WireError> {
    flows::kill::kill(services, request).await
}

/// `suspend`
pub async fn suspend(services: &Arc<Services>, request: Suspend) -> Result<SuspendResult, WireError> {
    flows::suspend::suspend(services, request).await
}

/// `resume`
pub async fn resume(services: &Arc<Services>, request: Resume) -> Result<ResumeResult, WireError> {
    flows::resume::resume(services, request).await
}

/// `rename`
pub async fn rename(services: &Services, request: Rename) -> Result<RenameResult, WireError> {
    flows::rename::rename(services, request).await
}

/// `report`
pub async fn report(services: &Services, request: Report) -> Result<Done, WireError> {
    services.until_started(&request.agent_id).await;
    let agent = services.terminal(&request.agent_id)?;
    let said = match request.state {
        Reported::Working => Said::Working,
        Reported::Blocked => Said::Blocked,
        Reported::Idle => Said::Idle,
        Reported::Done => Said::Done,
    };
    agent.report(said, request.message);
    // Whoever looks at a status bar sees it first; whoever has told it is answered when the next daemon would know it too.
    after_others().await;
    services.note_report(&agent);
    Ok(Done {})
}

/// `explain`
pub fn explain(services: &Services, request: &Explain) -> Result<ExplainResult, WireError> {
    let agent = services.terminal(&request.agent_id)?;
    let judgement = agent.judgement();
    let facts = agent.facts().into_iter().map(|(name, value)| Fact { name: name.to_owned(), value }).collect();
    Ok(ExplainResult {
        agent_id: agent.id.clone(),
        status: convert::status(judgement.status),
        activity: convert::activity(judgement.activity),
        because: judgement.because,
        facts,
    })
}
