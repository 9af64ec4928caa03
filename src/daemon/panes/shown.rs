//! Which agent is shown in which pane: told by those who attach, and written into the pane's option for as long as they do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::{Server, socket};
use crate::daemon::services::Services;
use crate::tmux::pane::{self, Scope};
use crate::tmux::server::{PaneId, PaneKey, ServerId};

/// The option of a pane that names the agent it shows.
pub const AGENT_OPTION: &str = "@pintle_agent";

/// A pane whoever runs in it. An option stays on a pane that is respawned, while its process is another one.
type Place = (ServerId, PaneId);

/// An agent in a pane, and how many clients show it there.
struct Inside {
    agent: String,
    clients: usize,
}

/// Who is shown where. What tmux says of that is the truth for everybody else; this says how long it is to stay. What is known of a pane
/// that is gone goes with the clients in it, a moment later.
#[derive(Default)]
pub struct Shown(Mutex<BTreeMap<Place, Inside>>);

impl Shown {
    /// Whether somebody watches an agent in this pane.
    pub fn is_any_in(&self, pane: &PaneKey) -> bool {
        self.panes().contains_key(&place(pane))
    }

    /// Whether somebody watches this agent in this pane.
    fn is_in(&self, pane: &PaneKey, agent: &str) -> bool {
        self.panes().get(&place(pane)).is_some_and(|inside| inside.agent == agent)
    }

    /// One more client shows the agent. Another agent that was shown there is not any more.
    fn begin(&self, pane: &PaneKey, agent: &str) {
        let mut panes = self.panes();
        match panes.get_mut(&place(pane)).filter(|inside| inside.agent == agent) {
            Some(inside) => inside.clients += 1,
            None => drop(panes.insert(place(pane), Inside { agent: agent.to_owned(), clients: 1 })),
        }
    }

    /// One client less shows the agent. True if it was the last one, and nobody shows another agent there by now.
    fn end(&self, pane: &PaneKey, agent: &str) -> bool {
        let mut panes = self.panes();
        let Some(inside) = panes.get_mut(&place(pane)).filter(|inside| inside.agent == agent) else { return false };
        inside.clients -= 1;
        let is_last = inside.clients == 0;
        if is_last {
            panes.remove(&place(pane));
        }
        is_last
    }

    fn panes(&self) -> MutexGuard<'_, BTreeMap<Place, Inside>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(pane: &PaneKey) -> Place {
    (pane.server.clone(), pane.pane)
}

/// A pane shows an agent as long as this is there.
pub struct ShownGuard {
    _left: oneshot::Sender<()>,
}

impl Services {
    /// Marks a pane with the agent that a client shows in it, until the guard is dropped. It happens in a moment: nobody who attaches
    /// waits for tmux.
    pub fn show_in(self: &Arc<Self>, tmux: Option<String>, pane: String, agent: &str) -> ShownGuard {
        let (left, mut leaving) = oneshot::channel();
        let (services, agent) = (self.clone(), agent.to_owned());
        tokio::spawn(async move {
            // One that stands still may go on, and then the mark that an earlier daemon has left there is true still.
            if let Some(tmux) = &tmux {
                tokio::select! {
                    () = services.answers(tmux) => {}
                    _ = &mut leaving => return,
                }
            }
            let (server, key) = match services.pane(tmux.as_deref(), &pane).await {
                Ok(found) => found,
                Err(error) => return tracing::debug!(agent, pane, %error, "the pane it is shown in is not known"),
            };
            services.panes.shown.begin(&key, &agent);
            services.mark(&server, &key, &agent).await;
            services.look_soon(&server).await;
            // An error is the guard's end.
            let _ = leaving.await;
            // The server may have been left and opened again meanwhile. One that is not open is not ours to write; what is marked there and
            // shows nobody is found when it is opened.
            if services.panes.shown.end(&key, &agent)
                && let Some(server) = services.panes.open_server(&key.server)
            {
                services.unmark(&server, &key, &agent).await;
                services.look_soon(&server).await;
            }
        });
        ShownGuard { _left: left }
    }

    /// Returns when the server that `tmux` names is open or is known not to be there.
    async fn answers(self: &Arc<Self>, tmux: &str) {
        if let Ok(socket) = socket(tmux) {
            let _ = self.tmux_when_it_answers(&socket).await;
        }
    }

    async fn mark(&self, server: &Server, key: &PaneKey, agent: &str) {
        let _marking = server.marking.lock().await;
        // Its client may have left by now, and somebody may have taken the mark away that was not written yet.
        if !self.panes.shown.is_in(key, agent) {
            return;
        }
        let marked = pane::set_option(&server.handle, Scope::Pane(key), AGENT_OPTION, agent.as_bytes()).await;
        if let Err(error) = marked {
            // Most often the pane is gone with what it showed.
            tracing::debug!(agent, pane = %key.pane, %error, "the pane could not be marked");
        }
    }

    /// Takes away the mark of an agent that nobody shows in this pane any more, whoever runs there now: of `respawn-pane` tmux tells
    /// nobody, but the client that it ends has a connection to us that ends with it. A mark of another agent stays.
    pub(super) async fn unmark(&self, server: &Server, key: &PaneKey, agent: &str) {
        let _marking = server.marking.lock().await;
        if self.panes.shown.is_any_in(key) {
            return;
        }
        if let Err(error) = pane::unset_value(&server.handle, key, AGENT_OPTION, agent).await {
            tracing::warn!(agent, pane = %key.pane, %error, "the pane is still marked with an agent that it does not show");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tmux::server::Socket;

    #[test]
    fn who_leaves_late_takes_nobody_elses_mark() {
        let server = ServerId { socket: Socket::new("/s").unwrap(), pid: 1, start_time: 1 };
        let pane = PaneKey { server: server.clone(), pane: PaneId(1), pane_pid: 2 };
        let shown = Shown::default();
        shown.begin(&pane, "one");
        shown.begin(&pane, "one");
        assert!(!shown.end(&pane, "one"), "the other client is still there");
        // A person detaches and attaches to another agent: which of the two is told first is chance.
        shown.begin(&pane, "two");
        assert!(!shown.end(&pane, "one"));
        assert!(shown.is_any_in(&pane) && shown.end(&pane, "two"));
        assert!(!shown.is_any_in(&pane));
        // The same pane with another process in it, which shows the agent that the one before it showed: the mark is its own now.
        let respawned = PaneKey { pane_pid: 3, ..pane.clone() };
        shown.begin(&pane, "one");
        shown.begin(&respawned, "one");
        assert!(!shown.end(&pane, "one"));
        assert!(shown.is_in(&respawned, "one") && shown.end(&respawned, "one"));
    }
}
