//! Worktrees of a project.

use std::sync::Arc;

use crate::daemon::flows;
use crate::daemon::services::Services;
use crate::protocol::WireError;
use crate::protocol::typed::reply::CreateWorktreeResult;
use crate::protocol::typed::request::CreateWorktree;

/// `create_worktree`
pub async fn create_worktree(
    services: &Arc<Services>,
    request: CreateWorktree,
) -> Result<CreateWorktreeResult, WireError> {
    flows::create_worktree::create_worktree(services, request).await
}
