//! Dialect `cmd`: a request to its handler.

use std::sync::Arc;

use super::connection::Answer;
use super::handlers::{core, panes};
use super::services::{End, Services};
use crate::protocol::cmd::{Reply, Request};
use crate::protocol::{Dialect, WireError};

/// Answers a request into `out`.
pub async fn dispatch(services: &Arc<Services>, request: Request, out: &mut Vec<u8>) -> Answer {
    let result: Result<Reply, WireError> = match request {
        Request::Ping(_) => Ok(Reply::Pong(core::ping())),
        Request::GetState(_) => Ok(Reply::GetState(core::get_state(services))),
        Request::DaemonStatus(_) => Ok(Reply::DaemonStatus(core::daemon_status(services))),
        Request::Stop(_) => {
            Reply::Stop(core::stop()).encode(out);
            return Answer::Last(End::Stop);
        }
        Request::Reload(_) => Ok(Reply::Reload(core::reload(services).await)),
        Request::WriteLog(request) => core::write_log(&request).map(Reply::Done),
        Request::TmuxSplitRun(request) => panes::tmux_split_run(request).await.map(Reply::TmuxSplitRun),
    };
    match result {
        Ok(reply) => reply.encode(out),
        Err(error) => error.encode(Dialect::Cmd, out),
    }
    Answer::Line
}
