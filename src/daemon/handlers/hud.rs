//! The line for status bars, and notifications.

use std::sync::Arc;

use crate::daemon::hud;
use crate::daemon::panes::socket;
use crate::daemon::services::Services;
use crate::hud::render::Format;
use crate::hud::segment::in_order;
use crate::notify::queue::{self, Drained, NotificationSpec, Origin};
use crate::protocol::cmd::reply;
use crate::protocol::cmd::request::{GetHud, HudFormat, Level, Notify};
use crate::protocol::{Code, WireError};
use crate::tmux::error::TmuxError;
use crate::tmux::server::PaneId;

/// `get_hud`
pub async fn get_hud(services: &Arc<Services>, request: &GetHud) -> Result<reply::GetHud, WireError> {
    let pane = match &request.pane {
        Some(pane) => Some(services.pane_with_overrides(request.tmux.as_deref(), pane).await?.0),
        None => None,
    };
    let format = match request.format {
        HudFormat::Plain => Format::Plain,
        HudFormat::Tmux => Format::Tmux,
        HudFormat::Ansi => Format::Ansi,
    };
    Ok(reply::GetHud { hud: hud::line(services, pane.as_ref(), format) })
}

/// `get_hud_segments`
pub fn get_hud_segments(services: &Services) -> reply::GetHudSegments {
    let segments = hud::segments(services, None);
    let segment = |segment: &crate::hud::segment::Segment| reply::Segment {
        name: segment.name().to_owned(),
        priority: segment.priority(),
        source: segment.source().to_owned(),
        value: segment.value().to_owned(),
    };
    reply::GetHudSegments { segments: in_order(&segments).into_iter().map(segment).collect() }
}

/// `notify`
pub async fn notify(services: &Arc<Services>, request: &Notify) -> Result<reply::Done, WireError> {
    let level = match request.level {
        Level::Info => queue::Level::Info,
        Level::Warning => queue::Level::Warning,
        Level::Error => queue::Level::Error,
        Level::Success => queue::Level::Success,
    };
    let mut spec = NotificationSpec::new(&request.title, &request.message, level, "client")
        .map_err(|error| WireError::new(Code::InvalidArgument, error.to_string()))?;
    if let Some(pane) = &request.pane {
        // Whether it is there is not asked: one that ends with a word about it is heard too.
        let pane = pane.parse::<PaneId>().map_err(TmuxError::from)?.to_string();
        let tmux = request.tmux.as_deref().map(socket).transpose()?.map(|socket| socket.to_string());
        spec = spec.from_pane(Origin { pane, tmux });
    }
    services.notify(spec);
    services.notifications.written().await;
    Ok(reply::Done {})
}

/// `notify_drain`
pub fn notify_drain(services: &Services) -> reply::Notifications {
    notifications(services.notifications.drain())
}

/// `notify_list`
pub fn notify_list(services: &Services) -> reply::Notifications {
    notifications(services.notifications.list())
}

fn notifications(drained: Drained) -> reply::Notifications {
    reply::Notifications {
        notifications: drained.notifications.into_iter().map(notification).collect(),
        dropped: drained.dropped,
    }
}

fn notification(notification: queue::Notification) -> reply::Notification {
    let (pane, tmux) = notification.origin.map(|origin| (origin.pane, origin.tmux)).unzip();
    reply::Notification {
        id: notification.id,
        level: match notification.level {
            queue::Level::Info => Level::Info,
            queue::Level::Warning => Level::Warning,
            queue::Level::Error => Level::Error,
            queue::Level::Success => Level::Success,
        },
        timestamp: notification.timestamp.as_millisecond() as f64 / 1000.0,
        title: notification.title,
        message: notification.message,
        source: notification.source,
        agent_id: notification.agent,
        pane,
        tmux: tmux.flatten(),
    }
}
