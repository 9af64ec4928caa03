//! Dialect `cmd`: a request to its handler.

use std::sync::Arc;

use super::connection::Answer;
use super::handlers::{core, hud, panes};
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
        Request::GetHud(request) => hud::get_hud(services, &request).await.map(Reply::GetHud),
        Request::GetHudSegments(_) => Ok(Reply::GetHudSegments(hud::get_hud_segments(services))),
        Request::Notify(request) => hud::notify(services, &request).await.map(Reply::Done),
        Request::NotifyDrain(_) => Ok(Reply::Notifications(hud::notify_drain(services))),
        Request::NotifyList(_) => Ok(Reply::Notifications(hud::notify_list(services))),
        Request::RegisterTmux(request) => panes::register_tmux(services, &request).await.map(Reply::Done),
        Request::UnregisterTmux(request) => panes::unregister_tmux(services, &request).await.map(Reply::Done),
        Request::ListPanes(request) => panes::list_panes(services, &request).await.map(Reply::ListPanes),
        Request::TmuxSplitRun(request) => panes::tmux_split_run(services, request).await.map(Reply::TmuxSplitRun),
        Request::TmuxSendKeys(request) => panes::tmux_send_keys(services, &request).await.map(Reply::Done),
        Request::TmuxCapturePane(request) => {
            panes::tmux_capture_pane(services, &request).await.map(Reply::TmuxCapturePane)
        }
        Request::FocusNext(request) => panes::focus_next(services, &request).await.map(Reply::FocusNext),
        Request::RestorePanes(request) => panes::restore_panes(services, &request).await.map(Reply::RestorePanes),
    };
    match result {
        Ok(reply) => reply.encode(out),
        Err(error) => error.encode(Dialect::Cmd, out),
    }
    Answer::Line
}
