//! The daemon's life: take over, serve, end.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::oneshot;

use super::environments::{self, Environments};
use super::flows;
use super::keeper::{KeeperLink, News};
use super::notifications::Notifications;
use super::panes::Panes;
use super::panes::remembered::Remembered;
use super::server::Servers;
use super::services::{End, Services};
use super::{convert, hud, listening, logging, notifications, runtime, shim};
use crate::agent::status::Status;
use crate::base::awake::after_others;
use crate::base::clock::Clock;
use crate::base::paths::Places;
use crate::base::process::Identity;
use crate::base::test_point;
use crate::project::registry::Registry as Projects;
use crate::project::state::{Kept, StateFile};
use crate::protocol::typed::event::Event;
use crate::tmux::error::TmuxError;
use crate::tmux::server::Socket;

/// How long it may take to find out whether somebody listens at a socket.
const KNOCK: Duration = Duration::from_millis(200);

/// Runs a daemon whose keeper is at standard input. Returns the code to exit with.
pub fn run() -> i32 {
    let places = match Places::from_env() {
        Ok(places) => places,
        Err(error) => {
            eprintln!("pintle: the daemon cannot start: {error}");
            return 1;
        }
    };
    if let Err(error) = logging::start(&places) {
        eprintln!("pintle: the daemon has no log: {error}");
    }
    // One thread: everything here waits for something, and hand-overs between threads would cost more than they gain. Files are
    // written on the blocking pool, whose threads leave soon, so that an idle daemon has none.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // Whatever comes in is looked for after every few steps and not after the usual 61: beside four floods, a key's echo waited
        // for all of them.
        .event_interval(4)
        .max_blocking_threads(8)
        .thread_keep_alive(std::time::Duration::from_secs(2))
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(live(places)),
        Err(error) => {
            tracing::error!(%error, "the daemon cannot start");
            1
        }
    }
}

async fn live(places: Places) -> i32 {
    test_point::reach("daemon.started");
    let link = match KeeperLink::from_stdin() {
        Ok(link) => link,
        Err(error) => {
            tracing::error!(%error, "no keeper at standard input; start the daemon with `pintle daemon start`");
            return 1;
        }
    };
    let handover = match link.handover().await {
        Ok(handover) => handover,
        Err(error) => {
            tracing::error!(%error, "the keeper did not hand over");
            return 1;
        }
    };
    let clock = Clock::System;
    let services = services(places, clock, link);
    let agents = handover.kept.len();
    tracing::info!(pid = std::process::id(), keeper = handover.keeper, restarts = handover.restarts, agents, "serving");
    if let Err(error) = shim::keep(&services.places) {
        tracing::warn!(%error, "agents may not find `pintle`");
    }
    spawn_followers(&services);
    flows::takeover::takeover(&services, handover.kept, handover.restarts > 0).await;
    services.tell_shells();
    services.keep_shims();
    let mut servers = Servers::new(services.clone());
    for (path, listener) in handover.listeners {
        servers.serve(path, listener);
    }
    tokio::spawn(runtime::keep(services.clone()));
    let elsewhere = services.clone();
    tokio::spawn(async move { listening::listen_elsewhere(&elsewhere).await });
    let (leave, leaving) = oneshot::channel();
    let keeping = tokio::spawn(hud::keep(services.clone(), leaving));
    tokio::spawn(open_tmux(services.clone()));
    let end = tokio::select! {
        end = serve_keeper(&services, &mut servers) => end,
        () = services.ending.notified() => services.is_ending().unwrap_or(End::Restart),
    };
    // No new connection is accepted from here on: the next daemon, or nobody, will.
    drop(servers);
    if end == End::Stop {
        // The keeper is still listened to: it is the one that tells how the agents ended.
        let mut no_servers = Servers::new(services.clone());
        tokio::select! {
            () = flows::shutdown::shutdown(&services) => {}
            _ = serve_keeper(&services, &mut no_servers) => {}
        }
        // The next daemon of a restart goes on where this one was; after a stop there is none.
        let _ = leave.send(());
        let _ = keeping.await;
    }
    tracing::info!(?end, "ending");
    if let Err(error) = services.keeper.leave(end == End::Stop) {
        tracing::error!(%error, "the keeper could not be told");
    }
    0
}

/// Reads what earlier daemons left on the disk. What cannot be read is kept aside, and the daemon works without.
fn services(places: Places, clock: Clock, link: KeeperLink) -> Arc<Services> {
    let (state, no_state) = Kept::<StateFile>::load(places.state_file());
    let (remembered, no_panes) = Remembered::load(places.panes_file());
    let (notifications, no_notifications) = Notifications::load(places.notifications_file());
    for warning in [no_state, no_panes, no_notifications].into_iter().flatten() {
        tracing::warn!("{warning}");
    }
    let projects = Projects::new(state.clone(), clock.clone());
    let environments = Environments::new(places.clone(), state.clone(), clock.clone());
    environments.forget_dead_servers(None, |pid| i32::try_from(pid).is_ok_and(|pid| Identity::of(pid).is_some()));
    for broken in &environments.loaded().broken {
        tracing::warn!("{broken}");
    }
    Services::new(places, clock, link, projects, Panes::new(state, remembered), environments, notifications)
}

/// Starts the tasks that pass on what happens, each for as long as the daemon runs.
fn spawn_followers(services: &Arc<Services>) {
    let changes = services.agents.changes().clone();
    tokio::spawn(async move { changes.pass_on().await });
    tokio::spawn(tell_subscribers(services.clone()));
    tokio::spawn(keep_notes(services.clone()));
    tokio::spawn(notifications::follow(services.clone()));
    tokio::spawn(notifications::show(services.clone()));
    tokio::spawn(environments::watch::follow(services.clone()));
    tokio::spawn(environments::watch::follow_shells(services.clone()));
    tokio::spawn(environments::watch::guard_overlays(services.clone()));
}

/// Opens the tmux servers whose status bars are ours to write, and forgets those that are gone.
async fn open_tmux(services: Arc<Services>) {
    // Where environments are set, shells are told which, and told anew when files have changed meanwhile.
    let with_environments = services.environments.servers().into_iter().filter_map(|(_, path)| Socket::new(path).ok());
    let sockets: BTreeSet<Socket> = services.panes.registered().into_iter().chain(with_environments).collect();
    let opening = sockets.into_iter().map(|socket| {
        let services = services.clone();
        tokio::spawn(async move {
            let Err(error) = services.tmux(&socket).await else { return };
            tracing::info!(%socket, %error, "a registered tmux server is not there, or does not answer");
            match error {
                TmuxError::ServerGone(_) => services.panes.unregister_gone(&socket),
                // Its status bar stands still with it, and is to go on with it.
                TmuxError::Silent(_) => drop(tokio::spawn(async move {
                    if let Err(TmuxError::ServerGone(_)) = services.tmux_when_it_answers(&socket).await {
                        services.panes.unregister_gone(&socket);
                    }
                })),
                _ => {}
            }
        })
    });
    // At the same time: one that hangs delays no other.
    for opened in opening.collect::<Vec<_>>() {
        let _ = opened.await;
    }
    let mut gone = BTreeSet::new();
    for (socket, pid) in services.panes.remembered.servers() {
        if is_gone(Path::new(&socket)).await {
            gone.insert((socket, pid));
        }
    }
    services.panes.remembered.gone(&gone, services.clock.now());
    services.sweep_shells();
}

/// Whether nobody can be listening at this socket. One that does not answer at once may hang, and may come back.
async fn is_gone(path: &Path) -> bool {
    let connected = tokio::time::timeout(KNOCK, tokio::net::UnixStream::connect(path)).await;
    let refused = |error: &std::io::Error| matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused);
    connected.is_ok_and(|connected| connected.as_ref().is_err_and(refused))
}

/// Serves what the keeper says. Returns only when there is no keeper any more.
async fn serve_keeper(services: &Arc<Services>, servers: &mut Servers) -> End {
    loop {
        match services.keeper.next().await {
            Ok(News::Exited { agent, code }) => {
                flows::exited::exited(services, &agent, code);
            }
            Ok(News::Late(kept)) => {
                tracing::warn!(agent = kept.agent, "started too late; it is ended again");
                kept.process.signal(rustix::process::Signal::KILL);
                services.forget(&kept.agent);
            }
            Ok(News::Listener(path, listener)) => {
                tracing::info!(path = %path.display(), "listening");
                servers.serve(path, listener);
            }
            Ok(News::Stop) => services.end(End::Stop),
            Err(error) => {
                // Without its keeper a daemon has nothing: no listener, no agents, no successor.
                tracing::error!(%error, "the keeper is gone");
                return End::Restart;
            }
        }
    }
}

/// Notes at the keeper what agents' hooks have said. A note is a file in memory that is sent over a socket: somebody who looks at a status
/// bar is not to wait for that, so all that the change has woken runs first.
async fn keep_notes(services: Arc<Services>) {
    let mut changes = services.agents.changes().subscribe();
    loop {
        let noted: Vec<_> = match changes.recv().await {
            Ok(change) => services.agents.get(&change.agent).into_iter().collect(),
            // Whose changes were missed is not known.
            Err(RecvError::Lagged(_)) => services.agents.all(),
            Err(RecvError::Closed) => return,
        };
        after_others().await;
        noted.iter().for_each(|agent| services.note_report(agent));
    }
}

/// Passes changes of agents on to subscribers.
async fn tell_subscribers(services: Arc<Services>) {
    let mut changes = services.agents.changes().subscribe();
    loop {
        match changes.recv().await {
            Ok(change) => {
                let agent = services.agents.get(&change.agent);
                let project = agent.and_then(|agent| services.project_of(&agent));
                let root = project.map_or_else(|| change.project_root.clone(), |project| project.root_text());
                // An agent that is being ended has not failed; whoever ends it tells what became of it.
                if services.ending_of(&change.agent).is_some() && change.judgement.status == Status::Broken {
                    continue;
                }
                let (status, activity) = (change.judgement.status, change.judgement.activity);
                let event = Event::agent_status(
                    services.clock.now(),
                    &root,
                    &change.agent,
                    convert::status(status),
                    convert::activity(activity),
                );
                services.tell(root.as_ref(), Some(event));
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
