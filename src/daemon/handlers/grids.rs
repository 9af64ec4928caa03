//! A project's grid.

use std::sync::Arc;

use crate::daemon::flows;
use crate::daemon::services::Services;
use crate::protocol::WireError;
use crate::protocol::typed::Reply;
use crate::protocol::typed::request::GridCommand;

/// `grid_command`
pub async fn grid_command(services: &Arc<Services>, request: &GridCommand) -> Result<Reply, WireError> {
    flows::grid::grid_command(services, request).await
}
