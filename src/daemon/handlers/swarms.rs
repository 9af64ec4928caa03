//! Swarms: worktrees and agents that are made together.

use std::sync::Arc;

use crate::daemon::flows;
use crate::daemon::services::Services;
use crate::protocol::WireError;
use crate::protocol::typed::Reply;
use crate::protocol::typed::reply::UndoSwarmResult;
use crate::protocol::typed::request::{RunSwarm, UndoSwarm};

/// `run_swarm`
pub async fn run_swarm(services: &Arc<Services>, request: RunSwarm) -> Result<Reply, WireError> {
    flows::run_swarm::run_swarm(services, request).await
}

/// `undo_swarm`
pub async fn undo_swarm(services: &Arc<Services>, request: UndoSwarm) -> Result<UndoSwarmResult, WireError> {
    flows::undo_swarm::undo_swarm(services, &request).await
}
