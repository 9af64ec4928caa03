//! What is in a tmux server, and the task that notices when that is something else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{Server, grid};
use crate::base::process::Identity;
use crate::base::test_point;
use crate::daemon::services::Services;
use crate::project::state::{PaneEntry, WindowEntry};
use crate::tmux::client::Handle;
use crate::tmux::error::TmuxError;
use crate::tmux::grid::{Cell, Content};
use crate::tmux::pane::{self, Commands, OptionSpec, Pane, SPLIT_OPTION, Scope};
use crate::tmux::server::{PaneId, PaneKey, WindowId};
use crate::tmux::window;

/// Between two looks at a server. A person who drags a border changes the layout with every column.
const GAP: Duration = Duration::from_millis(50);
/// A pane is there before its process has gone into its folder, and of that tmux tells nothing: so much later it is looked at once more.
const BEGINNING: Duration = Duration::from_millis(500);
/// Clients of an earlier daemon attach again within a moment. A pane that is marked as showing an agent by then, and has no client
/// that says so, shows it no more.
const CLIENTS_COME_BACK: Duration = Duration::from_secs(5);

/// What was in a server at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// All panes, in tmux's order.
    pub panes: Vec<Pane>,
    /// How the panes lie in windows that show agents or are a grid.
    pub layouts: BTreeMap<WindowId, Cell>,
    /// How many changes the server had told before it was looked at.
    count: u64,
}

impl Snapshot {
    /// The panes that were there when `newest` was the newest one, as they are now; from where they were split is not settled.
    pub fn up_to(&self, newest: PaneId) -> Self {
        let known = self.panes.iter().filter(|pane| pane.key.pane <= newest);
        Self { panes: known.map(|pane| Pane { split_from: Vec::new(), ..pane.clone() }).collect(), ..Self::default() }
    }

    /// Looks.
    pub async fn take(handle: &Handle) -> Result<Self, TmuxError> {
        let count = handle.count();
        let panes = pane::list(handle, Commands::Omitted).await?;
        let ours = panes.iter().filter(|pane| pane.agent.is_some() || pane.grid.is_some());
        let windows: Vec<WindowId> = ours.map(|pane| pane.window).collect::<BTreeSet<_>>().into_iter().collect();
        let layouts = match windows.as_slice() {
            [] => Vec::new(),
            windows => window::layouts(handle, windows).await?,
        };
        let layouts = windows.into_iter().zip(layouts).filter_map(|(window, layout)| Some((window, layout?)));
        Ok(Self { panes, layouts: layouts.collect(), count })
    }

    /// Since when this pane is known to take keys as they are typed, for [`Command::seen`](crate::tmux::command::Command::seen).
    pub fn takes_keys(&self, pane: &PaneKey) -> Option<u64> {
        let takes = self.panes.iter().any(|other| other.key == *pane && !other.in_mode);
        takes.then_some(self.count)
    }

    /// Roots of the projects that have a grid here.
    pub fn grids(&self) -> BTreeSet<&str> {
        self.panes.iter().filter_map(|pane| pane.grid.as_deref()).collect()
    }

    /// The panes that show this agent.
    pub fn showing<'a>(&'a self, agent: &'a str) -> impl Iterator<Item = &'a Pane> {
        self.panes.iter().filter(move |pane| pane.agent.as_deref() == Some(agent))
    }

    /// Windows that show agents, to be made again when the server is gone. A pane that floats above the others (tmux 3.8) has no place
    /// among them; what it shows is worth a window of its own.
    fn worth_remembering(&self) -> Vec<WindowEntry> {
        let mut windows: Vec<WindowEntry> = Vec::new();
        let mut known = BTreeSet::new();
        for pane in self.panes.iter().filter(|pane| pane.agent.is_some()) {
            let Some(layout) = self.layouts.get(&pane.window) else { continue };
            let tiled = layout.panes();
            if !tiled.contains(&pane.key.pane) {
                let content = Content::Pane(pane.key.pane);
                let alone = Cell { content, ..*layout };
                windows.push(window_entry(pane, &alone, None, vec![entry(pane)]));
            } else if known.insert(pane.window) {
                let found = |id: &PaneId| self.panes.iter().find(|pane| pane.key.pane == *id);
                let panes = tiled.iter().map(|id| found(id).map_or_else(PaneEntry::default, entry)).collect();
                windows.push(window_entry(pane, layout, pane.grid.clone(), panes));
            }
        }
        windows
    }
}

fn entry(pane: &Pane) -> PaneEntry {
    PaneEntry { agent: pane.agent.clone(), cwd: pane.cwd.clone() }
}

fn window_entry(of: &Pane, layout: &Cell, grid: Option<String>, panes: Vec<PaneEntry>) -> WindowEntry {
    let (session, name) = (of.session_name.clone(), of.window_name.clone());
    WindowEntry { session, name, layout: layout.to_string(), grid, panes }
}

/// Follows a server until it is gone or the connection is closed.
pub async fn follow(services: Arc<Services>, server: Arc<Server>) {
    if let Ok(mut changes) = server.handle.watch().await {
        let (again, marked) = (services.clone(), server.clone());
        tokio::spawn(async move { again.drop_stale_marks(&marked).await });
        // What has changed since it was opened and before it was watched.
        services.look_soon(&server).await;
        let mut begun: Option<Instant> = None;
        loop {
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { break },
                () = server.again.notified() => {}
                () = server.begun.notified() => {
                    begun = Some(Instant::now() + BEGINNING);
                    continue;
                }
                () = sleep_until(begun.unwrap_or_else(Instant::now)), if begun.is_some() => begun = None,
            }
            services.look_soon(&server).await;
            tokio::time::sleep(GAP).await;
        }
    }
    services.gone(&server);
}

/// Whether a pane is new, or its process.
fn begins(before: &Snapshot, now: &Snapshot) -> bool {
    let known: BTreeSet<&PaneKey> = before.panes.iter().map(|pane| &pane.key).collect();
    now.panes.iter().any(|pane| !known.contains(&pane.key))
}

/// Whether a pane is in another window or session than before, another folder, or new: another environment may hold there.
fn moved(before: &Snapshot, now: &Snapshot) -> bool {
    let place = |pane: &Pane| (pane.key.clone(), pane.window, pane.session, pane.cwd.clone());
    before.panes.len() != now.panes.len() || !before.panes.iter().map(place).eq(now.panes.iter().map(place))
}

impl Services {
    /// Looks at a server and tells everybody what is different.
    pub async fn look_soon(&self, server: &Server) {
        // One after the other, so that an older look never replaces a newer one.
        let _looking = server.looking.lock().await;
        let Ok(now) = server.look().await else { return };
        let before = server.replace(now.clone());
        if begins(&before, &now) {
            server.begun.notify_one();
        }
        if self.follow_environments(server, &before, &now) || moved(&before, &now) {
            self.tell_shells();
            self.panes.changed.notify_one();
        }
        self.tell_of_grids(server, &before, &now);
        self.panes.remembered.update(server.handle.server(), now.worth_remembering());
        let marks = |snapshot: &Snapshot| -> Vec<_> {
            snapshot.panes.iter().map(|pane| (pane.key.pane, pane.agent.clone())).collect()
        };
        if marks(&before) != marks(&now) {
            self.panes.changed.notify_one();
            self.tell_of_shown(&before, &now);
        }
    }

    /// Environments follow the panes. Returns whether one holds somewhere that did not before.
    pub fn follow_environments(&self, server: &Server, before: &Snapshot, now: &Snapshot) -> bool {
        let differs = self.environments.follow(server.handle.server(), before, now, |pane| self.guard_of(pane));
        let settled: Vec<PaneKey> =
            now.panes.iter().filter(|pane| !pane.split_from.is_empty()).map(|pane| pane.key.clone()).collect();
        if !settled.is_empty() {
            let (environments, handle) = (self.environments.clone(), server.handle.clone());
            tokio::spawn(async move {
                // Whoever is killed before finds it again.
                environments.written().await;
                let unset = |key| OptionSpec { scope: Scope::Pane(key), name: SPLIT_OPTION, value: None };
                // A pane that is gone meanwhile, or respawned, has its turn with the next look.
                let _ = pane::write_options(&handle, &settled.iter().map(unset).collect::<Vec<_>>()).await;
            });
        }
        differs
    }

    fn tell_of_grids(&self, server: &Server, before: &Snapshot, now: &Snapshot) {
        let socket = &server.handle.server().socket;
        for root in before.grids().union(&now.grids()) {
            let (old, new) = (grid::of(before, socket, root), grid::of(now, socket, root));
            for command in grid::changes(old.as_ref(), new.as_ref()) {
                // Nobody listening is no error.
                let _ = self.panes.grid_events.send(grid::event(root, command, new.clone()));
            }
        }
    }

    /// The status of an agent says in which pane it is.
    fn tell_of_shown(&self, before: &Snapshot, now: &Snapshot) {
        let agents = |snapshot: &Snapshot| -> BTreeSet<String> {
            snapshot.panes.iter().filter_map(|pane| pane.agent.clone()).collect()
        };
        for id in agents(before).symmetric_difference(&agents(now)) {
            if let Some(agent) = self.agents.get(id) {
                self.tell(agent.project_root.as_ref(), None);
            }
        }
    }

    /// A server is gone with all its panes, or is followed no more. Who is shown in a server that lives on stays so, and is found marked
    /// when it is opened again.
    fn gone(&self, server: &Server) {
        tracing::info!(server = %server.handle.server(), "tmux is gone, or left alone");
        let before = server.replace(Arc::default());
        self.environments
            .forget_dead_servers(None, |pid| i32::try_from(pid).is_ok_and(|pid| Identity::of(pid).is_some()));
        self.tell_shells();
        self.tell_of_grids(server, &before, &Snapshot::default());
        self.tell_of_shown(&before, &Snapshot::default());
        self.panes.changed.notify_one();
    }

    async fn drop_stale_marks(&self, server: &Server) {
        let marked = server.snapshot().panes.iter().any(|pane| pane.agent.is_some());
        if !marked {
            return;
        }
        tokio::time::sleep(test_point::limit("PINTLE_TEST_COME_BACK_MS", CLIENTS_COME_BACK)).await;
        let snapshot = server.snapshot();
        for pane in snapshot.panes.iter().filter(|pane| !self.panes.shown.is_any_in(&pane.key)) {
            if let Some(agent) = &pane.agent {
                self.unmark(server, &pane.key, agent).await;
            }
        }
        self.look_soon(server).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tmux::server::{PaneKey, ServerId, SessionId, Socket};

    fn pane(id: u32, window: u32, agent: Option<&str>) -> Pane {
        let server = ServerId { socket: Socket::new("/s").unwrap(), pid: 1, start_time: 1 };
        Pane {
            key: PaneKey { server, pane: PaneId(id), pane_pid: 7 },
            session: SessionId(0),
            session_name: "main".to_owned(),
            window: WindowId(window),
            window_index: window,
            window_name: format!("window-{window}"),
            active: false,
            dead: false,
            in_mode: false,
            synchronized: false,
            cols: 40,
            rows: 6,
            cwd: None,
            title: String::new(),
            command: None,
            agent: agent.map(str::to_owned),
            env: None,
            grid: (window == 1).then(|| "/p".to_owned()),
            split_from: Vec::new(),
            visible: false,
            focused: false,
        }
    }

    #[test]
    fn what_floats_is_remembered_in_a_window_of_its_own() {
        let single = |id| Cell { cols: 80, rows: 24, left: 0, top: 0, content: Content::Pane(PaneId(id)) };
        let snapshot = Snapshot {
            count: 0,
            panes: vec![
                pane(1, 1, Some("tiled")),
                pane(2, 1, Some("floats")),
                pane(3, 2, None),
                pane(4, 2, Some("alone")),
                pane(5, 3, None),
            ],
            layouts: [(WindowId(1), single(1)), (WindowId(2), single(3))].into(),
        };
        let remembered = snapshot.worth_remembering();
        let told: Vec<_> = remembered
            .iter()
            .map(|window| {
                let agents: Vec<_> = window.panes.iter().map(|pane| pane.agent.as_deref()).collect();
                (window.name.as_str(), window.layout.split_once(',').unwrap().1, window.grid.as_deref(), agents)
            })
            .collect();
        let expected = [
            ("window-1", "80x24,0,0,1", Some("/p"), vec![Some("tiled")]),
            ("window-1", "80x24,0,0,2", None, vec![Some("floats")]),
            ("window-2", "80x24,0,0,4", None, vec![Some("alone")]),
        ];
        assert_eq!(told, expected);
    }
}
