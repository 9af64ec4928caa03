//! An agent's terminal.

use std::sync::Arc;

use crate::agent::actor::Agent;
use crate::agent::delivery;
use crate::agent::pty::WriteError;
use crate::agent::screen::Screen;
use crate::agent::status::Activity;
use crate::agent::watch::Pattern;
use crate::base::ring::Read;
use crate::daemon::convert;
use crate::daemon::flows::spawn::size;
use crate::daemon::services::Services;
use crate::protocol::bytes::HexBytes;
use crate::protocol::typed::reply::{CaptureResult, Cursor, Done, LogsResult, Status, WaitResult};
use crate::protocol::typed::request::{Capture, Input, Logs, Resize, Until, Wait};
use crate::protocol::{Code, WireError};

fn agent(services: &Services, id: &str) -> Result<Arc<Agent>, WireError> {
    services.terminal(id)
}

/// `logs`
pub fn logs(services: &Services, request: &Logs) -> Result<LogsResult, WireError> {
    let agent = agent(services, &request.agent_id)?;
    let ring = agent.ring();
    let mut offset = ring.head().saturating_sub(request.tail).max(ring.kept());
    // So that an agent that prints without pause does not outrun us.
    let _claim = agent.claim(offset);
    let mut data = Vec::new();
    loop {
        match ring.read(offset, usize::MAX, &mut data) {
            Read::Bytes(0) => break,
            Read::Bytes(count) => offset += count as u64,
            Read::Lagged { oldest } => {
                data.clear();
                offset = oldest;
            }
        }
    }
    // Bytes that came while reading do not make the answer longer than what was asked for.
    let surplus = data.len().saturating_sub(usize::try_from(request.tail).unwrap_or(usize::MAX));
    data.drain(..surplus);
    Ok(LogsResult { agent_id: agent.id.clone(), data: HexBytes(data) })
}

/// `input`
pub async fn input(services: &Services, request: Input) -> Result<Done, WireError> {
    let agent = agent(services, &request.agent_id)?;
    if services.is_put_aside(&agent) {
        return Err(reads_nothing(&agent.id));
    }
    if agent.exit().is_some() {
        return Err(WireError::new(Code::InvalidState, format!("{} has ended and reads nothing any more", agent.id)));
    }
    let bytes = request.data.0;
    if request.submit {
        if agent.judgement().activity == Activity::Suspended {
            return Err(reads_nothing(&agent.id));
        }
        delivery::submit(&agent, &String::from_utf8_lossy(&bytes)).await?;
    } else {
        agent.pty.check_lines(&bytes)?;
        let _typing = agent.typing.lock().await;
        let written: Result<(), WriteError> = agent.pty.write(&bytes).await;
        written?;
        agent.typed();
    }
    // What its hooks said is answered by that, for the next daemon too; a report is noted before its own answer as well.
    services.note_report(&agent);
    Ok(Done {})
}

/// `resize`
pub fn resize(services: &Services, request: &Resize) -> Result<Done, WireError> {
    let agent = agent(services, &request.agent_id)?;
    let size = size(Some(request.cols), Some(request.rows))?;
    let failed =
        |error| WireError::new(Code::IoError, format!("{}: its terminal cannot be resized: {error}", agent.id));
    agent.resize(size).map_err(failed)?;
    Ok(Done {})
}

/// `capture`
pub async fn capture(services: &Services, request: &Capture) -> Result<CaptureResult, WireError> {
    let agent = agent(services, &request.agent_id)?;
    let rows = i64::from(agent.size().1);
    let above = [request.start, request.end].into_iter().flatten().any(|line| line < -rows);
    let (start, end, ansi) = (request.start, request.end, request.ansi);
    // Text, size and cursor of one moment.
    let shown = |screen: &Screen| (screen.capture(start, end, ansi), screen.size(), screen.cursor());
    let (content, (cols, rows), cursor) =
        if above { agent.look_back(shown).await } else { agent.look(|screen, _, _| shown(screen)).await };
    let cursor = Cursor { row: cursor.row, col: cursor.col };
    Ok(CaptureResult { agent_id: agent.id.clone(), content, cols, rows, cursor })
}

/// `wait`
pub async fn wait(services: &Services, request: Wait) -> Result<WaitResult, WireError> {
    let agent = agent(services, &request.agent_id)?;
    let limit = convert::seconds(request.timeout_seconds);
    let reached = match &request.until {
        Until::Exit => tokio::time::timeout(limit, agent.until_exit()).await.is_ok(),
        Until::Idle => tokio::time::timeout(limit, agent.until(is_idle)).await.unwrap_or(false),
        Until::Blocked => {
            tokio::time::timeout(limit, agent.until(|activity| activity == Activity::Blocked)).await.unwrap_or(false)
        }
        Until::Match(pattern) => {
            let pattern = Pattern::new(pattern).map_err(|error| {
                WireError::new(Code::InvalidArgument, format!("`match` is no regular expression: {error}"))
            })?;
            tokio::time::timeout(limit, pattern.found(&agent)).await.unwrap_or(false)
        }
    };
    let agent_id = agent.id.clone();
    if agent.exit().is_some() && services.is_put_aside(&agent) {
        // Its process has ended and the agent has not: whoever waits for its end must not go on as if it were through.
        let reached = reached && matches!(request.until, Until::Match(_));
        return Ok(WaitResult { agent_id, reached, status: Status::Waiting, exit_code: None, suspended: true });
    }
    let status = convert::status(agent.judgement().status);
    Ok(WaitResult { agent_id, reached, status, exit_code: agent.exit(), suspended: false })
}

fn reads_nothing(id: &str) -> WireError {
    let text = format!("{id} is suspended and reads nothing; `pintle resume {id}` lets it go on");
    WireError::new(Code::InvalidState, text)
}

fn is_idle(activity: Activity) -> bool {
    matches!(activity, Activity::Idle | Activity::Done)
}
