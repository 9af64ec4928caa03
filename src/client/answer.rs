//! Which request is answered with which reply, how long that may take, and what may be asked twice.

use std::time::Duration;

use crate::protocol::limits::ANSWER_WAIT;
use crate::protocol::typed::reply::{
    AgentDefDetail, AgentDefList, CaptureResult, ConfigReport, CreateWorktreeResult, DeleteWorktreeResult, DiffResult,
    Done, ExplainResult, HealthReport, InitResult, KillResult, LogsResult, PulseReport, RenameResult, Restarting,
    ResumeResult, RunSwarmPartial, RunSwarmResult, SavedWorktreeList, ScheduleDetail, ScheduleList, ShuttingDown,
    SpawnResult, StatusReport, SuspendResult, SwarmDefDetail, SwarmDefList, TemplateDetail, TemplateList,
    TriggerDetail, TriggerList, UndoSwarmResult, WaitResult, WorktreeCheck, WorktreeSurveys,
};
use crate::protocol::typed::request::{
    Capture, CheckWorktrees, CreateWorktree, DaemonRestart, DeleteAgentDef, DeleteSchedule, DeleteSwarmDef,
    DeleteTemplate, DeleteTrigger, DeleteWorktree, Diff, Explain, GetAgentDef, GetConfig, GetSchedule, GetSwarmDef,
    GetTemplate, GetTrigger, Health, Init, Input, Kill, ListAgentDefs, ListSavedWorktrees, ListSchedules,
    ListSwarmDefs, ListTemplates, ListTriggers, Logs, Pulse, Rename, Report, RestoreWorktree, Resume, RunSwarm,
    SaveAgentDef, SaveSchedule, SaveSwarmDef, SaveTemplate, SaveTrigger, Shutdown, Spawn, Status, SurveyWorktrees,
    Suspend, UndoSwarm, UpdateAgentConfig, Wait,
};
use crate::protocol::typed::{Reply, Request};

/// For what starts and ends processes: a kill grants five seconds and then looks for descendants.
const SLOW: Duration = Duration::from_secs(90);
/// For a checkout, of a large repository, with files that are fetched for it and commands that set it up, which have ten minutes.
const CHECKOUT: Duration = Duration::from_secs(1200);

/// For many worktrees of a large repository, of which nothing is in memory yet.
const COMPARISON: Duration = Duration::from_secs(300);

/// A request with the one reply that answers it.
pub trait Ask: Into<Request> {
    /// What comes back.
    type Answer;

    /// Takes the answer out of a reply; gives back one that answers something else.
    fn take(reply: Reply) -> Result<Self::Answer, Box<Reply>>;
}

macro_rules! answers {
    ($($Request:ident => $Reply:ident,)*) => {
        $(
            impl Ask for $Request {
                type Answer = $Reply;

                fn take(reply: Reply) -> Result<$Reply, Box<Reply>> {
                    match reply {
                        Reply::$Reply(answer) => Ok(answer),
                        other => Err(Box::new(other)),
                    }
                }
            }
        )*
    };
}

// `Status` stands for the question without an id; an agent is found in the list, where its name is too.
answers! {
    Health => HealthReport,
    Init => InitResult,
    Shutdown => ShuttingDown,
    DaemonRestart => Restarting,
    GetConfig => ConfigReport,
    UpdateAgentConfig => Done,
    Spawn => SpawnResult,
    Status => StatusReport,
    Kill => KillResult,
    Suspend => SuspendResult,
    Resume => ResumeResult,
    Rename => RenameResult,
    Diff => DiffResult,
    Pulse => PulseReport,
    Report => Done,
    Explain => ExplainResult,
    Logs => LogsResult,
    Input => Done,
    Capture => CaptureResult,
    Wait => WaitResult,
    CreateWorktree => CreateWorktreeResult,
    DeleteWorktree => DeleteWorktreeResult,
    SurveyWorktrees => WorktreeSurveys,
    ListSavedWorktrees => SavedWorktreeList,
    RestoreWorktree => CreateWorktreeResult,
    CheckWorktrees => WorktreeCheck,
    UndoSwarm => UndoSwarmResult,
    ListTemplates => TemplateList,
    GetTemplate => TemplateDetail,
    SaveTemplate => Done,
    DeleteTemplate => Done,
    ListAgentDefs => AgentDefList,
    GetAgentDef => AgentDefDetail,
    SaveAgentDef => Done,
    DeleteAgentDef => Done,
    ListSwarmDefs => SwarmDefList,
    GetSwarmDef => SwarmDefDetail,
    SaveSwarmDef => Done,
    DeleteSwarmDef => Done,
    ListSchedules => ScheduleList,
    GetSchedule => ScheduleDetail,
    SaveSchedule => Done,
    DeleteSchedule => Done,
    ListTriggers => TriggerList,
    GetTrigger => TriggerDetail,
    SaveTrigger => Done,
    DeleteTrigger => Done,
}

/// What came of a run of a swarm: all of it, or a part.
#[derive(Debug, Clone)]
pub enum Ran {
    /// All agents run.
    Whole(RunSwarmResult),
    /// Some do.
    Partial(RunSwarmPartial),
}

impl Ask for RunSwarm {
    type Answer = Ran;

    fn take(reply: Reply) -> Result<Ran, Box<Reply>> {
        match reply {
            Reply::RunSwarmResult(answer) => Ok(Ran::Whole(answer)),
            Reply::RunSwarmPartial(answer) => Ok(Ran::Partial(answer)),
            other => Err(Box::new(other)),
        }
    }
}

/// How long the answer to a request may take.
pub fn patience(request: &Request) -> Duration {
    match request {
        Request::Wait(wait) => {
            // A negative or absurd time is the daemon's to refuse; here it must only not panic.
            let asked = Duration::try_from_secs_f64(wait.timeout_seconds).unwrap_or(Duration::ZERO);
            asked.saturating_add(ANSWER_WAIT)
        }
        Request::Spawn(spawn) if !spawn.root && spawn.worktree.is_none() => CHECKOUT,
        Request::Spawn(_) | Request::Kill(_) | Request::Suspend(_) | Request::Resume(_) | Request::Input(_) => SLOW,
        Request::CreateWorktree(_) | Request::DeleteWorktree(_) | Request::RestoreWorktree(_) => CHECKOUT,
        Request::RunSwarm(_) | Request::UndoSwarm(_) => CHECKOUT,
        Request::SurveyWorktrees(_) => SLOW,
        Request::Diff(_) | Request::Pulse(_) => COMPARISON,
        _ => ANSWER_WAIT,
    }
}

/// Whether asking twice is the same as asking once: nothing changes by it.
pub fn may_be_repeated(request: &Request) -> bool {
    matches!(
        request,
        Request::Health(_)
            | Request::Status(_)
            | Request::Logs(_)
            | Request::Capture(_)
            | Request::Explain(_)
            | Request::GetConfig(_)
            | Request::Diff(_)
            | Request::Pulse(_)
            | Request::ListTemplates(_)
            | Request::GetTemplate(_)
            | Request::ListAgentDefs(_)
            | Request::GetAgentDef(_)
            | Request::ListSwarmDefs(_)
            | Request::GetSwarmDef(_)
            | Request::ListSchedules(_)
            | Request::GetSchedule(_)
            | Request::ListTriggers(_)
            | Request::GetTrigger(_)
            | Request::Wait(_)
            | Request::Attach(_)
            | Request::SurveyWorktrees(_)
            | Request::ListSavedWorktrees(_)
            | Request::CheckWorktrees(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::typed::request::Until;

    #[test]
    fn a_wait_gets_its_own_time_on_top() {
        fn check(timeout_seconds: f64, expected: u64) {
            let wait = Wait { agent_id: "ag-1".into(), until: Until::Exit, timeout_seconds };
            assert_eq!(patience(&wait.into()), Duration::from_secs(expected), "{timeout_seconds}");
        }
        check(60.0, 90);
        check(-1.0, 30);
        check(f64::NAN, 30);
        check(1e300, 30);
        assert_eq!(patience(&Health {}.into()), ANSWER_WAIT);
    }

    #[test]
    fn what_changes_things_is_not_repeated() {
        assert!(may_be_repeated(&Health {}.into()));
        assert!(!may_be_repeated(&Spawn::default().into()));
        assert!(!may_be_repeated(&Input::default().into()));
    }
}
