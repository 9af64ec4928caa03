//! What has changed in worktrees.

use std::sync::Arc;

use crate::daemon::services::Services;
use crate::daemon::{comparisons, flows};
use crate::protocol::typed::Reply;
use crate::protocol::typed::reply::PulseReport;
use crate::protocol::typed::request::{Diff, Pulse};
use crate::protocol::{WireError, encode};

/// `diff`. The answer is its line: of many megabytes it would keep everybody waiting.
pub async fn diff(services: &Arc<Services>, request: Diff) -> Result<Vec<u8>, WireError> {
    let result = flows::diff::diff(services, request).await?;
    let line = tokio::task::spawn_blocking(move || {
        let text: usize = result.diffs.iter().map(|diff| diff.diff_output.len()).sum();
        // Line breaks and quotes become two bytes each; to guess a little too much is cheaper than to copy it all once more.
        let mut line = Vec::with_capacity(text + text / 8 + 1024);
        encode(&Reply::from(result), &mut line);
        line
    });
    line.await.map_err(comparisons::broken)
}

/// `pulse`
pub async fn pulse(services: &Arc<Services>, request: Pulse) -> Result<PulseReport, WireError> {
    flows::pulse::pulse(services, request).await
}
