//! `attach`: an agent's output as it comes.
//!
//! A reader takes bytes from the agent's ring at its own pace. Nothing is queued for it: what it holds is one line. If it falls so
//! far behind that the ring has moved on, it is told how much it missed and goes on from the newest byte. The ring grows for a
//! reader that takes what it is given, however slowly; for one that takes nothing for a while it does not.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::unix::WriteHalf;
use tokio::sync::Notify;
use tokio_util::bytes::Bytes;

use super::connection::{Lines, Next, next_frame, send};
use super::flows::spawn::size;
use super::services::Services;
use crate::agent::actor::{Agent, AttachGuard, Claim};
use crate::agent::size::Size;
use crate::base::ring::Read;
use crate::base::test_point;
use crate::protocol::codec::Frame;
use crate::protocol::limits::OUTPUT_CHUNK;
use crate::protocol::typed::event::{Detached, Exited, Lagged, StreamLine};
use crate::protocol::typed::reply::AttachReady;
use crate::protocol::typed::request::{Attach, Replay};
use crate::protocol::typed::{Reply, encode_output, encode_paint, parse_input};
use crate::protocol::{Code, Dialect, Request, WireError, encode, parse_request, typed};

/// A reader that does not take a single line for so long is not waited for: what it misses, it is told.
const PATIENCE: Duration = Duration::from_secs(1);

/// Serves an attach until it ends, and says what comes next on the connection.
pub async fn attach(
    services: &Arc<Services>,
    request: Attach,
    lines: &mut Lines<'_>,
    write: &mut WriteHalf<'_>,
    out: &mut Vec<u8>,
) -> Next {
    out.clear();
    let started = begin(services, &request, out).await;
    let (agent, guard, claim, offset) = match started {
        Ok(started) => started,
        Err(error) => {
            error.encode(Dialect::Typed, out);
            return if send(write, out).await.is_ok() { Next::Read } else { Next::Close };
        }
    };
    if send(write, out).await.is_err() {
        return Next::Close;
    }
    let _shown = request.pane.map(|pane| services.show_in(request.tmux, pane, &agent.id));
    let stop = Stop::default();
    let mut end = {
        let output = output(services, &agent, &claim, offset, write, &stop);
        let input = input(&agent, &guard, lines);
        tokio::pin!(output, input);
        tokio::select! {
            end = &mut output => end,
            next = &mut input => {
                // The line that is being written is finished first: half a line would spoil all that follows.
                stop.ask();
                match output.await {
                    OutputEnd::Stopped => OutputEnd::Left(next),
                    // What was asked at the very moment the process ended is answered all the same. `exited` has ended the
                    // stream, so that only a wish to detach is still told that it is.
                    OutputEnd::Exited => match next {
                        Next::Read => OutputEnd::Left(Next::Read),
                        next => return next,
                    },
                    other => other,
                }
            }
        }
    };
    drop((guard, claim));
    give_back(services, &agent);
    if let OutputEnd::Left(Next::Line(_) | Next::Read) = end {
        out.clear();
        encode(&StreamLine::from(Detached {}), out);
        if send(write, out).await.is_err() {
            end = OutputEnd::Broken;
        }
    }
    match end {
        OutputEnd::Left(next) => next,
        OutputEnd::Exited | OutputEnd::Stopped => Next::Read,
        OutputEnd::Broken => Next::Close,
    }
}

type Started<'a> = (Arc<Agent>, Attached<'a>, Claim, u64);

/// Counts somebody as attached, and tells those who follow the project's status when that begins and ends.
struct Attached<'a> {
    services: &'a Services,
    agent: Arc<Agent>,
    guard: Option<AttachGuard>,
}

impl<'a> Attached<'a> {
    fn to(agent: &Arc<Agent>, services: &'a Services) -> Self {
        let guard = Some(agent.attach());
        services.tell(Path::new(&agent.project_root), None);
        Self { services, agent: agent.clone(), guard }
    }

    fn resize(&self, size: Size) -> io::Result<()> {
        self.guard.as_ref().map_or(Ok(()), |guard| guard.resize(size))
    }
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        // First it is so, and then it is told.
        drop(self.guard.take());
        self.services.tell(Path::new(&self.agent.project_root), None);
    }
}

async fn begin<'a>(services: &'a Services, request: &Attach, out: &mut Vec<u8>) -> Result<Started<'a>, WireError> {
    let agent = services.terminal(&request.agent_id)?;
    let size = match (request.cols, request.rows) {
        (None, None) => None,
        (cols, rows) => Some(size(cols, rows)?),
    };
    let head = agent.ring().head();
    if let Some(from) = request.from.filter(|from| *from > head) {
        let text = format!("`from` is {from}, but the agent has written {head} bytes so far");
        return Err(WireError::new(Code::InvalidArgument, text));
    }
    let guard = Attached::to(&agent, services);
    if let Some(size) = size {
        // A terminal that is closed has no size, and its last output can be read all the same.
        let _ = guard.resize(size);
    }
    let ready = |offset: u64, buffered_bytes: u64, out: &mut Vec<u8>| {
        let ready = AttachReady { agent_id: agent.id.clone(), buffered_bytes, offset };
        encode(&Reply::from(ready), out);
    };
    let offset = match (request.from, request.replay) {
        (Some(from), _) => from,
        (None, Replay::All) => agent.ring().kept(),
        (None, Replay::None) => head,
        (None, Replay::Screen) => {
            // Before the look, which a flood may outrun by more than is kept.
            let claim = agent.claim(agent.ring().kept());
            let (paint, offset) = agent.look(|screen, signals, offset| (screen.paint(signals.modes()), offset)).await;
            ready(offset, 0, out);
            encode_paint(&agent.id, offset, &paint, out);
            claim.move_to(offset);
            return Ok((agent, guard, claim, offset));
        }
    };
    let claim = agent.claim(offset);
    let offset = offset.max(agent.ring().oldest());
    ready(offset, agent.ring().head().saturating_sub(offset), out);
    if let Some(from) = request.from.filter(|from| *from < offset) {
        encode(&StreamLine::from(Lagged::bytes(agent.id.clone(), offset - from)), out);
    }
    Ok((agent, guard, claim, offset))
}

enum OutputEnd {
    /// All output has been sent, and how it ended.
    Exited,
    /// Asked to stop.
    Stopped,
    /// The client does not take it.
    Broken,
    /// The client wants something else.
    Left(Next),
}

/// Says that the output is to end. A flag and not only a wake-up: a wake-up that is lost in a `select!` would leave an agent that
/// prints without pause printing for ever.
#[derive(Default)]
struct Stop {
    asked: AtomicBool,
    wake: Notify,
}

impl Stop {
    fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
        self.wake.notify_one();
    }

    fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    async fn asked(&self) {
        while !self.is_asked() {
            self.wake.notified().await;
        }
    }
}

async fn output(
    services: &Services,
    agent: &Agent,
    claim: &Claim,
    mut offset: u64,
    write: &mut WriteHalf<'_>,
    stop: &Stop,
) -> OutputEnd {
    let patience = test_point::limit("PINTLE_TEST_READER_MS", PATIENCE);
    let mut moved = agent.watch();
    let (mut bytes, mut line) = (Vec::new(), Vec::new());
    loop {
        if stop.is_asked() {
            return OutputEnd::Stopped;
        }
        let seen = *moved.borrow_and_update();
        bytes.clear();
        line.clear();
        match agent.ring().read(offset, OUTPUT_CHUNK, &mut bytes) {
            Read::Bytes(0) => {
                if let Some(code) = seen.exit.filter(|_| offset >= seen.head) {
                    let (agent_id, suspended) = (agent.id.clone(), services.is_put_aside(agent));
                    encode(&StreamLine::from(Exited { agent_id, exit_code: Some(code), suspended }), &mut line);
                    return if send(write, &line).await.is_ok() { OutputEnd::Exited } else { OutputEnd::Broken };
                }
                give_back(services, agent);
                tokio::select! {
                    changed = moved.changed() => if changed.is_err() { return OutputEnd::Stopped },
                    () = stop.asked() => return OutputEnd::Stopped,
                }
                continue;
            }
            Read::Bytes(count) => {
                encode_output(&agent.id, offset, &bytes, &mut line);
                offset += count as u64;
            }
            Read::Lagged { .. } => {
                let head = agent.ring().head();
                encode(&StreamLine::from(Lagged::bytes(agent.id.clone(), head - offset)), &mut line);
                offset = head;
            }
        }
        // It is in our hands now.
        claim.move_to(offset);
        // A reader that stopped reading may be asked to stop while its line is stuck; then the connection is of no more use.
        let sent = async {
            let all = tokio::io::AsyncWriteExt::write_all(write, &line);
            tokio::pin!(all);
            if let Ok(sent) = tokio::time::timeout(patience, &mut all).await {
                return sent;
            }
            claim.release();
            give_back(services, agent);
            all.await
        };
        tokio::select! {
            sent = sent => if sent.is_err() { return OutputEnd::Broken },
            () = stuck_and_stopped(stop) => return OutputEnd::Broken,
        }
        if bytes.len() == OUTPUT_CHUNK {
            // There is more. A reader that takes everything at once must not keep a key typed elsewhere waiting.
            tokio::task::yield_now().await;
        }
    }
}

/// The memory that an agent's output held for readers that have caught up or are gone. What cannot be asked for now happens by
/// itself with the agent's next output.
fn give_back(services: &Services, agent: &Agent) {
    if agent.ring().is_trimmable()
        && let Err(error) = services.keeper.trim(&agent.id)
    {
        tracing::debug!(agent = agent.id, %error, "output was not trimmed");
    }
}

/// Completes when asked to stop and then nothing moves for a while.
async fn stuck_and_stopped(stop: &Stop) {
    stop.asked().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
}

/// Follows what the client sends while attached. Ends with what comes after the attach.
async fn input(agent: &Arc<Agent>, guard: &Attached<'_>, lines: &mut Lines<'_>) -> Next {
    let mut bytes = Vec::new();
    loop {
        let line = match next_frame(lines).await {
            Some(Frame::Line(line)) => line,
            Some(Frame::TooLong) | None => return Next::Close,
        };
        match of_stream(agent, &line, &mut bytes) {
            Sent::Input { submit: false } => {
                let typing = agent.typing.lock().await;
                // There is no reply to it; what could not be typed shows as what is missing on the screen.
                let typed = agent.pty.write(&bytes).await.is_ok();
                drop(typing);
                if typed {
                    agent.typed();
                }
                // One who has typed ahead waits for no echo.
                if typed && lines.is_between() {
                    agent.expect_echo();
                }
            }
            Sent::Input { submit: true } => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                if let Err(error) = crate::agent::delivery::submit(agent, &text).await {
                    tracing::warn!(agent = agent.id, %error, "a text was not delivered");
                }
            }
            Sent::Resize(size) => drop(guard.resize(size)),
            Sent::Detach => return Next::Read,
            Sent::Other => return Next::Line(line),
        }
    }
}

enum Sent {
    Input { submit: bool },
    Resize((u16, u16)),
    Detach,
    Other,
}

/// What a line means inside the stream. Keys go the fast way; everything else is parsed as a request.
fn of_stream(agent: &Agent, line: &Bytes, bytes: &mut Vec<u8>) -> Sent {
    bytes.clear();
    if let Some(head) = parse_input(line, bytes) {
        return if head.agent_id == agent.id { Sent::Input { submit: head.submit } } else { Sent::Other };
    }
    match parse_request(line) {
        Ok(Request::Typed(typed::Request::Resize(request))) if request.agent_id == agent.id => {
            size(Some(request.cols), Some(request.rows)).map_or(Sent::Other, Sent::Resize)
        }
        Ok(Request::Typed(typed::Request::Detach(_))) => Sent::Detach,
        _ => Sent::Other,
    }
}
