//! Dialect `cmd`: a request to its handler.

use std::sync::Arc;

use super::connection::Answer;
use super::handlers::{config, core, environments, hud, panes, prefixes};
use super::services::{End, Services};
use crate::protocol::cmd::{Reply, Request};
use crate::protocol::{Dialect, WireError};

/// Answers a request into `out`.
///
/// `peer` is the process at the other end, where it is known.
pub async fn dispatch(services: &Arc<Services>, request: Request, peer: Option<i32>, out: &mut Vec<u8>) -> Answer {
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
        Request::SetEnv(request) => environments::set_env(services, &request).await.map(Reply::Done),
        Request::ClearEnv(_) => Ok(Reply::Done(environments::clear_env(services).await)),
        Request::SetPaneEnv(request) => environments::set_pane_env(services, &request).await.map(Reply::Done),
        Request::GetPaneEnv(request) => environments::get_pane_env(services, &request).await.map(Reply::GetPaneEnv),
        Request::ClearPaneEnv(request) => {
            environments::clear_pane_env(services, &request).await.map(Reply::ClearPaneEnv)
        }
        Request::ListEnvs(request) => Ok(Reply::ListEnvs(environments::list_envs(services, &request))),
        Request::ExplainEnv(request) => environments::explain_env(services, &request).await.map(Reply::ExplainEnv),
        Request::ArmEnv(request) => environments::arm_env(services, &request, peer).await.map(Reply::ArmEnv),
        Request::DisarmEnv(request) => environments::disarm_env(services, &request).await.map(Reply::DisarmEnv),
        Request::GetConfig(request) => config::get_config(services, &request).await.map(Reply::GetConfig),
        Request::ApplyPrefixes(request) => {
            prefixes::apply_prefixes(services, &request, peer).await.map(Reply::ApplyPrefixes)
        }
        Request::ListPrefixedCommands(_) => Ok(Reply::ListPrefixedCommands(prefixes::list_prefixed_commands(services))),
        Request::RegisterPrefix(request) => prefixes::register_prefix(services, request).await.map(Reply::Done),
        Request::UnregisterPrefix(request) => {
            prefixes::unregister_prefix(services, &request).await.map(Reply::UnregisterPrefix)
        }
    };
    match result {
        Ok(reply) => reply.encode(out),
        Err(error) => error.encode(Dialect::Cmd, out),
    }
    Answer::Line
}
