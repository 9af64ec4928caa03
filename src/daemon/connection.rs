//! One connection: lines in, answers out in the same order, streams in between.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::UnixStream;
use tokio::net::unix::{ReadHalf, WriteHalf};
use tokio::time::Sleep;
use tokio_stream::Stream;
use tokio_util::bytes::Bytes;
use tokio_util::codec::FramedRead;

use super::server::PlaceGuard;
use super::services::{End, Services};
use super::{dispatch_cmd, dispatch_typed, stream, subscription};
use crate::base::test_point;
use crate::protocol::codec::{Frame, LineCodec};
use crate::protocol::limits::HALF_LINE;
use crate::protocol::typed::request;
use crate::protocol::{Dialect, Rejected, Request, WireError, parse_request};

/// Lines of a connection.
pub struct Lines<'a> {
    framed: FramedRead<ReadHalf<'a>, LineCodec>,
    /// When the line that has begun must be complete; `None` while none has. Kept here and not in a future, which a stream that has
    /// something to send throws away: the limit counts from the line's first byte.
    limit: Option<Pin<Box<Sleep>>>,
}

/// A client that does not read its answer for so long is gone for all we care.
const WRITE_LIMIT: Duration = Duration::from_secs(60);

/// What a request leads to.
pub enum Answer {
    /// One line, in the buffer.
    Line,
    /// One line, then the connection closes and the daemon ends.
    Last(End),
    /// A stream of an agent's output.
    Attach(request::Attach),
    /// A stream of a project's status.
    Status(request::SubscribeStatus),
    /// A stream of events.
    Events(request::SubscribeEvents),
    /// A stream of what is done to a grid.
    Grid(request::SubscribeGrid),
}

/// What comes next on a connection.
pub enum Next {
    /// This line, which ended a stream.
    Line(Bytes),
    /// Whatever the client sends.
    Read,
    /// Nothing: it is closed.
    Close,
}

/// Serves a connection until its client leaves, breaks the rules, or must make room.
pub async fn serve(services: Arc<Services>, mut socket: UnixStream, place: PlaceGuard) {
    // Asked while it is certainly there: whoever may lift a guard is known by their process.
    let peer = socket.peer_cred().ok().and_then(|peer| peer.pid());
    let (read, mut write) = socket.split();
    let mut lines = Lines { framed: FramedRead::new(read, LineCodec::for_requests()), limit: None };
    let mut next = Next::Read;
    let mut out = Vec::new();
    loop {
        let line = match next {
            Next::Line(line) => line,
            Next::Close => return,
            Next::Read => {
                place.set_idle(Some(services.clock.instant()));
                let frame = tokio::select! {
                    frame = next_frame(&mut lines) => frame,
                    () = place.evicted() => return,
                };
                place.set_idle(None);
                match frame {
                    Some(Frame::Line(line)) => line,
                    Some(Frame::TooLong) => {
                        out.clear();
                        WireError::too_long().encode(Dialect::Either, &mut out);
                        let _ = send(&mut write, &out).await;
                        return linger(lines).await;
                    }
                    None => return,
                }
            }
        };
        out.clear();
        let request = parse_request(&line);
        drop(line);
        // Who is gone altogether wants to know nothing any more; one that only stopped sending does. What changes something is carried out
        // whoever waits for it: an agent that has got its SIGTERM would never get its SIGKILL.
        let only_asks = request.as_ref().is_ok_and(Request::only_asks);
        let answer = tokio::select! {
            answer = answer(&services, request, peer, &mut out) => answer,
            () = gone(&lines), if only_asks => return,
        };
        next = match answer {
            Answer::Line => after(send(&mut write, &out).await),
            Answer::Last(how) => {
                // First the answer: the daemon may be gone a moment after it knows.
                let _ = send(&mut write, &out).await;
                return services.end(how);
            }
            Answer::Attach(request) => stream::attach(&services, request, &mut lines, &mut write, &mut out).await,
            Answer::Status(request) => subscription::status(&services, request, &mut lines, &mut write).await,
            Answer::Events(request) => subscription::events(&services, request, &mut lines, &mut write).await,
            Answer::Grid(request) => subscription::grid(&services, request, &mut lines, &mut write).await,
        };
        if out.capacity() > 1 << 20 {
            // One large answer must not stay in memory for as long as the connection lives.
            out = Vec::new();
        }
    }
}

fn after(sent: std::io::Result<()>) -> Next {
    if sent.is_ok() { Next::Read } else { Next::Close }
}

async fn answer(
    services: &Arc<Services>,
    request: Result<Request, Rejected>,
    peer: Option<i32>,
    out: &mut Vec<u8>,
) -> Answer {
    match request {
        Ok(Request::Typed(request)) => dispatch_typed::dispatch(services, request, out).await,
        Ok(Request::Cmd(request)) => dispatch_cmd::dispatch(services, request, peer, out).await,
        Err(rejected) => {
            rejected.encode(out);
            Answer::Line
        }
    }
}

/// The next line; `None` when there will be none. A line that has begun must be complete within the limit; until it begins, a client
/// may take all the time it wants, and no timer runs. Nothing is lost when this is dropped on the way.
///
/// What has begun is told from what was read. To wait until the socket is readable and to count from there was simpler and wrong: a
/// socket that was just accepted is called readable without a byte, and a blank line is no line.
pub async fn next_frame(lines: &mut Lines<'_>) -> Option<Frame> {
    std::future::poll_fn(|cx| lines.poll_frame(cx)).await
}

impl Lines<'_> {
    /// Whether nothing of a next line has been read yet.
    pub fn is_between(&self) -> bool {
        self.framed.read_buffer().is_empty()
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Frame>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.framed).poll_next(cx) {
            self.limit = None;
            return Poll::Ready(frame.and_then(Result::ok));
        }
        if self.is_between() {
            self.limit = None;
            return Poll::Pending;
        }
        let limit = || Box::pin(tokio::time::sleep(test_point::limit("PINTLE_TEST_HALF_LINE_MS", HALF_LINE)));
        self.limit.get_or_insert_with(limit).as_mut().poll(cx).map(|()| None)
    }
}

/// Completes when the client has closed both directions. What has only stopped sending, or has sent more already, is not gone; nothing wakes
/// us when that goes, so it is looked at now and then.
async fn gone(lines: &Lines<'_>) {
    const LOOK: Duration = Duration::from_secs(1);
    let socket: &UnixStream = lines.framed.get_ref().as_ref();
    while socket.ready(Interest::READABLE).await.is_ok() && !has_hung_up(socket) {
        tokio::time::sleep(LOOK).await;
    }
}

/// tokio tells of a socket that it is closed for writing only to those who wait to write, which one always can.
fn has_hung_up(socket: &UnixStream) -> bool {
    let mut looked = [PollFd::new(socket, PollFlags::empty())];
    let polled = poll(&mut looked, Some(&Timespec::default()));
    polled.is_err() || looked[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
}

/// Sends whole lines.
pub async fn send(write: &mut WriteHalf<'_>, bytes: &[u8]) -> std::io::Result<()> {
    match tokio::time::timeout(WRITE_LIMIT, write.write_all(bytes)).await {
        Ok(result) => result,
        Err(_) => Err(std::io::ErrorKind::TimedOut.into()),
    }
}

/// Reads away what a client still sends, for a moment: closing with unread bytes would reset the connection, and the client would
/// lose the error that tells it why.
async fn linger(lines: Lines<'_>) {
    const LIMIT: Duration = Duration::from_millis(500);
    let mut buffer = vec![0; 64 << 10];
    let socket = lines.framed.into_inner();
    let away = async {
        while socket.readable().await.is_ok() {
            match socket.try_read(&mut buffer) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    };
    let _ = tokio::time::timeout(LIMIT, away).await;
}
