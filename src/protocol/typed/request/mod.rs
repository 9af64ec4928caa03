//! What a client asks for, one struct a request.
//!
//! Field names are the wire's. `null` and a missing key are the same; unknown keys are ignored. Numbers that have
//! a range (columns, rows) are read wide and refused by the handler, so that 70,000 columns are an
//! `INVALID_ARGUMENT` that names the range and not a puzzle about integer types.

mod agent;
mod core;
mod definition;
mod grid;
mod pty;
mod subscription;
mod target;
mod worktree;

pub use agent::{Explain, Kill, Rename, Report, Reported, Resume, Spawn, Status, Suspend};
pub use core::{DaemonRestart, GetConfig, Health, Init, Shutdown, UpdateAgentConfig};
pub use definition::{
    DeleteAgentDef, DeleteSchedule, DeleteSwarmDef, DeleteTemplate, DeleteTrigger, GetAgentDef, GetSchedule,
    GetSwarmDef, GetTemplate, GetTrigger, ListAgentDefs, ListSchedules, ListSwarmDefs, ListTemplates, ListTriggers,
    RunSwarm, SaveAgentDef, SaveSchedule, SaveSwarmDef, SaveTemplate, SaveTrigger, UndoSwarm,
};
pub use grid::{Axis, Direction, GridAction, GridCommand, GridVerb};
pub use pty::{Attach, Capture, Detach, Input, Logs, Replay, Resize, Until, Wait};
pub use subscription::{SubscribeEvents, SubscribeGrid, SubscribeStatus};
pub use target::{KillTarget, SuspendTarget, UnknownTarget};
pub use worktree::{
    CheckWorktrees, CreateWorktree, DeleteWorktree, Diff, ListSavedWorktrees, Pulse, RestoreWorktree, SurveyWorktrees,
};

use crate::protocol::tag::tagged;

tagged! {
    /// A request of dialect `type`.
    pub enum Request by "type" {
        "health" => Health(Health),
        "init" => Init(Init),
        "shutdown" => Shutdown(Shutdown),
        "daemon_restart" => DaemonRestart(DaemonRestart),
        "get_config" => GetConfig(GetConfig),
        "update_agent_config" => UpdateAgentConfig(UpdateAgentConfig),
        "spawn" => Spawn(Spawn),
        "status" => Status(Status),
        "kill" => Kill(Kill),
        "suspend" => Suspend(Suspend),
        "resume" => Resume(Resume),
        "rename" => Rename(Rename),
        "diff" => Diff(Diff),
        "pulse" => Pulse(Pulse),
        "report" => Report(Report),
        "explain" => Explain(Explain),
        "logs" => Logs(Logs),
        "attach" => Attach(Attach),
        "input" => Input(Input),
        "resize" => Resize(Resize),
        "detach" => Detach(Detach),
        "capture" => Capture(Capture),
        "wait" => Wait(Wait),
        "subscribe_status" => SubscribeStatus(SubscribeStatus),
        "subscribe_events" => SubscribeEvents(SubscribeEvents),
        "create_worktree" => CreateWorktree(CreateWorktree),
        "delete_worktree" => DeleteWorktree(DeleteWorktree),
        "survey_worktrees" => SurveyWorktrees(SurveyWorktrees),
        "list_saved_worktrees" => ListSavedWorktrees(ListSavedWorktrees),
        "restore_worktree" => RestoreWorktree(RestoreWorktree),
        "check_worktrees" => CheckWorktrees(CheckWorktrees),
        "list_templates" => ListTemplates(ListTemplates),
        "get_template" => GetTemplate(GetTemplate),
        "save_template" => SaveTemplate(SaveTemplate),
        "delete_template" => DeleteTemplate(DeleteTemplate),
        "list_agent_defs" => ListAgentDefs(ListAgentDefs),
        "get_agent_def" => GetAgentDef(GetAgentDef),
        "save_agent_def" => SaveAgentDef(SaveAgentDef),
        "delete_agent_def" => DeleteAgentDef(DeleteAgentDef),
        "list_swarm_defs" => ListSwarmDefs(ListSwarmDefs),
        "get_swarm_def" => GetSwarmDef(GetSwarmDef),
        "save_swarm_def" => SaveSwarmDef(SaveSwarmDef),
        "delete_swarm_def" => DeleteSwarmDef(DeleteSwarmDef),
        "list_schedules" => ListSchedules(ListSchedules),
        "get_schedule" => GetSchedule(GetSchedule),
        "save_schedule" => SaveSchedule(SaveSchedule),
        "delete_schedule" => DeleteSchedule(DeleteSchedule),
        "list_triggers" => ListTriggers(ListTriggers),
        "get_trigger" => GetTrigger(GetTrigger),
        "save_trigger" => SaveTrigger(SaveTrigger),
        "delete_trigger" => DeleteTrigger(DeleteTrigger),
        "run_swarm" => RunSwarm(RunSwarm),
        "undo_swarm" => UndoSwarm(UndoSwarm),
        "grid_command" => GridCommand(GridCommand),
        "subscribe_grid" => SubscribeGrid(SubscribeGrid),
    }
}

#[cfg(test)]
mod tests;
