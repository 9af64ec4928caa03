//! `subscribe_status` and `subscribe_events`.

use std::sync::Arc;

use tokio::net::unix::WriteHalf;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use tokio_util::bytes::Bytes;

use super::connection::{Lines, Next, next_frame, send};
use super::convert;
use super::services::{Happening, Services};
use crate::protocol::codec::Frame;
use crate::protocol::limits::STATUS_EVENT_GAP;
use crate::protocol::typed::event::{Detached, GridEvent, KINDS, Lagged, StatusEvent, StreamLine};
use crate::protocol::typed::reply::{EventsSubscribed, GridSubscribed, StatusSubscribed};
use crate::protocol::typed::request::{SubscribeEvents, SubscribeGrid, SubscribeStatus};
use crate::protocol::typed::{Reply, Request as Typed};
use crate::protocol::{Code, Dialect, Request, WireError, encode, parse_request};

/// Sends the project's status, at once and after every change, at most twenty times a second.
pub async fn status(
    services: &Services,
    request: SubscribeStatus,
    lines: &mut Lines<'_>,
    write: &mut WriteHalf<'_>,
) -> Next {
    let mut out = Vec::new();
    let project = match services.projects.open(&request.project_root) {
        Ok(project) => project,
        Err(error) => return refuse(error.into(), write).await,
    };
    // Listening begins before the first status is made, so that no change falls in between.
    let mut happenings = services.happenings.subscribe();
    encode(&Reply::from(StatusSubscribed {}), &mut out);
    let root = project.root_text();
    loop {
        encode(&StreamLine::from(StatusEvent(convert::status_report(services, &project.store.read()))), &mut out);
        if send(write, &out).await.is_err() {
            return Next::Close;
        }
        out.clear();
        let not_before = Instant::now() + STATUS_EVENT_GAP;
        tokio::select! {
            changed = of_project(&mut happenings, &root) => if !changed { return Next::Close },
            next = next_frame(lines) => return left(next, write).await,
        }
        // Everything that happens until then is in the same line.
        tokio::time::sleep_until(not_before).await;
        happenings = happenings.resubscribe();
    }
}

/// Waits for something of this project. False when there will be nothing more. A listener that lagged missed something, and the
/// next status holds it.
async fn of_project(happenings: &mut Receiver<Happening>, root: &str) -> bool {
    loop {
        match happenings.recv().await {
            Ok(happening) if happening.project_root == root => return true,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return true,
            Err(RecvError::Closed) => return false,
        }
    }
}

/// Sends events of the kinds asked for.
pub async fn events(
    services: &Services,
    request: SubscribeEvents,
    lines: &mut Lines<'_>,
    write: &mut WriteHalf<'_>,
) -> Next {
    let mut out = Vec::new();
    let kinds = request.kinds.unwrap_or_else(|| KINDS.iter().map(|kind| (*kind).to_owned()).collect());
    if let Some(unknown) = kinds.iter().find(|kind| !KINDS.contains(&kind.as_str())) {
        let text = format!("unknown kind of event `{unknown}`: known are {}", KINDS.join(", "));
        return refuse(WireError::new(Code::InvalidArgument, text), write).await;
    }
    let happenings = services.happenings.subscribe();
    encode(&Reply::from(EventsSubscribed {}), &mut out);
    let wanted =
        |happening: Happening| happening.event.filter(|event| kinds.contains(&event.kind)).map(StreamLine::from);
    stream(happenings, wanted, out, lines, write).await
}

/// Sends what is done to a project's grid, by whomever.
pub async fn grid(
    services: &Arc<Services>,
    request: SubscribeGrid,
    lines: &mut Lines<'_>,
    write: &mut WriteHalf<'_>,
) -> Next {
    let mut out = Vec::new();
    let root = match services.projects.open(&request.project_root) {
        Ok(project) => project.root_text(),
        Err(error) => return refuse(error.into(), write).await,
    };
    let events = services.panes.grid_events.subscribe();
    // A server that nobody has asked for yet may have the grid, and is followed from now on.
    services.all_tmux().await;
    encode(&Reply::from(GridSubscribed {}), &mut out);
    let wanted = |event: GridEvent| (event.project_root == root).then(|| StreamLine::from(event));
    stream(events, wanted, out, lines, write).await
}

/// Sends a line for whatever is wanted of what comes, until the client sends one or leaves. `out` goes first.
async fn stream<T: Clone>(
    mut source: Receiver<T>,
    wanted: impl Fn(T) -> Option<StreamLine>,
    mut out: Vec<u8>,
    lines: &mut Lines<'_>,
    write: &mut WriteHalf<'_>,
) -> Next {
    loop {
        if !out.is_empty() && send(write, &out).await.is_err() {
            return Next::Close;
        }
        out.clear();
        let came = tokio::select! {
            came = source.recv() => came,
            next = next_frame(lines) => return left(next, write).await,
        };
        match came.map(&wanted) {
            Ok(Some(line)) => encode(&line, &mut out),
            Ok(None) => {}
            Err(RecvError::Lagged(missed)) => encode(&StreamLine::from(Lagged::events(missed)), &mut out),
            Err(RecvError::Closed) => return Next::Close,
        }
    }
}

/// There is nothing to subscribe to.
async fn refuse(error: WireError, write: &mut WriteHalf<'_>) -> Next {
    let mut out = Vec::new();
    error.encode(Dialect::Typed, &mut out);
    if send(write, &out).await.is_ok() { Next::Read } else { Next::Close }
}

/// Any line ends a subscription; it is then handled as a request.
async fn left(frame: Option<Frame>, write: &mut WriteHalf<'_>) -> Next {
    let Some(Frame::Line(line)) = frame else { return Next::Close };
    let mut out = Vec::new();
    encode(&StreamLine::from(Detached {}), &mut out);
    match send(write, &out).await {
        Ok(()) if is_detach(&line) => Next::Read,
        Ok(()) => Next::Line(line),
        Err(_) => Next::Close,
    }
}

fn is_detach(line: &Bytes) -> bool {
    matches!(parse_request(line), Ok(Request::Typed(Typed::Detach(_))))
}
