//! Dialect `type`: a request to its handler.

use std::sync::Arc;

use super::connection::Answer;
use super::handlers::{agents, core, definitions, diffs, grids, ptys, swarms, worktrees};
use super::services::{End, Services};
use crate::protocol::typed::event::Detached;
use crate::protocol::typed::{Reply, Request, StreamLine};
use crate::protocol::{Dialect, WireError, encode};

/// Answers a request into `out`, or says which stream it opens.
#[expect(clippy::too_many_lines, reason = "one line a request")]
pub async fn dispatch(services: &Arc<Services>, request: Request, out: &mut Vec<u8>) -> Answer {
    let result = match request {
        Request::Health(_) => reply(core::health(services)),
        Request::Init(request) => reply(core::init(services, &request).await),
        Request::Shutdown(_) => return last(&core::shutdown().into(), End::Stop, out),
        Request::DaemonRestart(_) => return last(&core::daemon_restart().into(), End::Restart, out),
        Request::GetConfig(request) => reply(core::get_config(services, &request)),
        Request::UpdateAgentConfig(request) => reply(core::update_agent_config(services, &request)),
        Request::Spawn(request) => reply(agents::spawn(services, request).await),
        Request::Status(request) => agents::status(services, &request),
        Request::Kill(request) => reply(agents::kill(services, request).await),
        Request::Suspend(request) => reply(agents::suspend(services, request).await),
        Request::Resume(request) => reply(agents::resume(services, request).await),
        Request::Rename(request) => reply(agents::rename(services, request).await),
        Request::Diff(request) => return encoded(diffs::diff(services, request).await, out),
        Request::Pulse(request) => reply(diffs::pulse(services, request).await),
        Request::Report(request) => reply(agents::report(services, request).await),
        Request::Explain(request) => reply(agents::explain(services, &request)),
        Request::Logs(request) => reply(ptys::logs(services, &request)),
        Request::Attach(request) => return Answer::Attach(request),
        Request::Input(request) => reply(ptys::input(services, request).await),
        Request::Resize(request) => reply(ptys::resize(services, &request)),
        Request::Capture(request) => reply(ptys::capture(services, &request).await),
        Request::Wait(request) => reply(ptys::wait(services, request).await),
        Request::SubscribeStatus(request) => return Answer::Status(request),
        Request::SubscribeEvents(request) => return Answer::Events(request),
        Request::CreateWorktree(request) => reply(worktrees::create_worktree(services, request).await),
        Request::DeleteWorktree(request) => reply(worktrees::delete_worktree(services, request).await),
        Request::SurveyWorktrees(request) => reply(worktrees::survey_worktrees(services, request).await),
        Request::ListSavedWorktrees(request) => reply(worktrees::list_saved_worktrees(services, &request).await),
        Request::RestoreWorktree(request) => reply(worktrees::restore_worktree(services, request).await),
        Request::CheckWorktrees(request) => reply(worktrees::check_worktrees(services, &request).await),
        Request::ListTemplates(request) => reply(definitions::list_templates(services, &request)),
        Request::GetTemplate(request) => reply(definitions::get_template(services, &request)),
        Request::SaveTemplate(request) => reply(definitions::save_template(services, request).await),
        Request::DeleteTemplate(request) => reply(definitions::delete_template(services, request).await),
        Request::ListAgentDefs(request) => reply(definitions::list_agent_defs(services, &request).await),
        Request::GetAgentDef(request) => reply(definitions::get_agent_def(services, &request).await),
        Request::SaveAgentDef(request) => reply(definitions::save_agent_def(services, request).await),
        Request::DeleteAgentDef(request) => reply(definitions::delete_agent_def(services, request).await),
        Request::ListSwarmDefs(request) => reply(definitions::list_swarm_defs(services, &request)),
        Request::GetSwarmDef(request) => reply(definitions::get_swarm_def(services, &request)),
        Request::SaveSwarmDef(request) => reply(definitions::save_swarm_def(services, request).await),
        Request::DeleteSwarmDef(request) => reply(definitions::delete_swarm_def(services, request).await),
        Request::ListSchedules(request) => reply(definitions::list_schedules(services, &request)),
        Request::GetSchedule(request) => reply(definitions::get_schedule(services, &request)),
        Request::SaveSchedule(request) => reply(definitions::save_schedule(services, request).await),
        Request::DeleteSchedule(request) => reply(definitions::delete_schedule(services, request).await),
        Request::ListTriggers(request) => reply(definitions::list_triggers(services, &request)),
        Request::GetTrigger(request) => reply(definitions::get_trigger(services, &request)),
        Request::SaveTrigger(request) => reply(definitions::save_trigger(services, request).await),
        Request::DeleteTrigger(request) => reply(definitions::delete_trigger(services, request).await),
        Request::RunSwarm(request) => swarms::run_swarm(services, request).await,
        Request::UndoSwarm(request) => reply(swarms::undo_swarm(services, request).await),
        Request::GridCommand(request) => grids::grid_command(services, &request).await,
        Request::SubscribeGrid(request) => return Answer::Grid(request),
        // Nothing is attached, so there is nothing to leave: the end state is the one asked for.
        Request::Detach(_) => {
            encode(&StreamLine::from(Detached {}), out);
            return Answer::Line;
        }
    };
    match result {
        Ok(reply) => encode(&reply, out),
        Err(error) => error.encode(Dialect::Typed, out),
    }
    Answer::Line
}

fn reply<T: Into<Reply>>(result: Result<T, WireError>) -> Result<Reply, WireError> {
    result.map(Into::into)
}

/// An answer that is too long to be encoded here, where everybody would wait for it.
fn encoded(result: Result<Vec<u8>, WireError>, out: &mut Vec<u8>) -> Answer {
    match result {
        Ok(line) => *out = line,
        Err(error) => error.encode(Dialect::Typed, out),
    }
    Answer::Line
}

fn last(reply: &Reply, how: End, out: &mut Vec<u8>) -> Answer {
    encode(reply, out);
    Answer::Last(how)
}
