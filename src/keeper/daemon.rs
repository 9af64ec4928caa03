//! The keeper and its daemon: starting it, handing over, obeying it.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use rustix::event::epoll;

use super::kept::Kept;
use super::listen::Listener;
use super::message::{ToDaemon, ToKeeper, VERSION};
use super::run::{Keeper, Token};
use super::spawn::Order;
use super::supervise::{self, Daemon};

/// How long a daemon that said that it leaves may take to end before the next one is started all the same.
const LEAVING: Duration = Duration::from_secs(2);

impl Keeper {
    pub(super) fn start_daemon(&mut self) {
        self.start_at = None;
        match supervise::start(&self.exe, &self.log, self.clock.instant()) {
            Ok(daemon) => {
                let flags = epoll::EventFlags::IN;
                let _ = epoll::add(&self.epoll, &daemon.link, Token::Link.pack(), flags);
                self.daemon = Some(daemon);
                self.introduce();
                self.restarts += 1;
            }
            Err(error) => {
                self.log(&format!("the daemon could not be started ({error}); trying again in 1 s"));
                self.start_at = Some(self.clock.instant() + Duration::from_secs(1));
            }
        }
    }

    /// Hands everything over to a new daemon.
    fn introduce(&mut self) {
        self.tell(ToDaemon::Hello { version: VERSION, keeper: std::process::id() as i32, restarts: self.restarts });
        let mut messages: Vec<io::Result<ToDaemon>> = self.listeners.iter().map(Listener::to_message).collect();
        messages.extend(self.kept.values().map(Kept::to_message));
        for message in messages {
            match message {
                Ok(message) => self.tell(message),
                Err(error) => self.log(&format!("something could not be handed to the daemon: {error}")),
            }
        }
        self.tell(ToDaemon::Ready);
        if self.stop_by.is_some() {
            self.tell(ToDaemon::Stop);
        }
    }

    pub(super) fn tell(&mut self, message: ToDaemon) {
        // A daemon that is gone is told everything again when its successor is introduced.
        let Some(daemon) = &mut self.daemon else { return };
        let _ = daemon.link.send_to_daemon(message);
        Self::watch_link(&self.epoll, daemon);
    }

    fn watch_link(epoll: &OwnedFd, daemon: &Daemon) {
        let mut flags = epoll::EventFlags::IN;
        flags.set(epoll::EventFlags::OUT, daemon.link.is_backed_up());
        let _ = epoll::modify(epoll, &daemon.link, Token::Link.pack(), flags);
    }

    pub(super) fn serve_link(&mut self, flags: epoll::EventFlags) {
        if flags.contains(epoll::EventFlags::OUT)
            && let Some(daemon) = &mut self.daemon
        {
            let _ = daemon.link.flush();
            Self::watch_link(&self.epoll, daemon);
        }
        loop {
            let Some(daemon) = &self.daemon else { return };
            match daemon.link.receive_from_daemon() {
                Ok(Some(message)) => self.obey(message),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => self.log(&error.to_string()),
                // Closed: its death is handled when it is reaped.
                Ok(None) | Err(_) => {
                    let _ = epoll::delete(&self.epoll, &daemon.link);
                    return;
                }
            }
        }
    }

    fn obey(&mut self, message: ToKeeper) {
        match message {
            ToKeeper::Spawn { agent, cols, rows, spec, tag } => {
                self.spawn(Order { agent, cols, rows, tag, nofile: self.nofile }, &spec);
            }
            ToKeeper::Tag { agent, tag } => {
                let found = self.kept.values_mut().find(|kept| kept.agent == agent);
                if let Some(kept) = found {
                    kept.tag = tag;
                }
            }
            ToKeeper::Forget { agent } => {
                if let Some(number) = self.find(&agent) {
                    self.drop_kept(number);
                }
            }
            ToKeeper::Trim { agent } => {
                let number = self.find(&agent);
                if let Some(kept) = number.and_then(|number| self.kept.get_mut(&number)) {
                    kept.trim(&mut self.spare);
                }
            }
            ToKeeper::Listen { path } => self.listen(Path::new(&path)),
            ToKeeper::Leave { stop } => {
                self.back_off.after_leave();
                if stop {
                    self.log("stopping");
                    self.done = true;
                } else {
                    self.log("the daemon restarts");
                    // Usually when it has ended; one that hangs on its way out is not waited for.
                    self.start_at = Some(self.clock.instant() + LEAVING);
                }
            }
        }
    }

    /// Sees to it that whoever connects to this path comes to us. Our own needs more than the socket: the folder may be gone with
    /// everything in it.
    fn listen(&mut self, path: &Path) {
        let shown = path.to_string_lossy().into_owned();
        if *path == self.places.own_socket()
            && let Err(error) = self.locks.take_again(&self.places)
        {
            return self.tell(ToDaemon::ListenFailed { path: shown, error: error.to_string() });
        }
        if self.listeners.iter().any(|known| known.path == path && known.is_there()) {
            return self.tell(ToDaemon::Listening { path: shown });
        }
        let made = Listener::new(path).map_err(|error| error.to_string());
        match made.and_then(|made| Ok((made.to_message().map_err(|error| error.to_string())?, made))) {
            Ok((message, made)) => {
                self.listeners.retain(|known| known.path != path);
                self.listeners.push(made);
                self.log(&format!("listening at {shown}"));
                self.tell(message);
            }
            Err(error) => self.tell(ToDaemon::ListenFailed { path: shown, error }),
        }
    }

    pub(super) fn daemon_ended(&mut self, code: i32) {
        // Its last words may still be on the link: that it leaves on purpose, above all.
        self.serve_link(epoll::EventFlags::IN);
        let Some(daemon) = self.daemon.take() else { return };
        let _ = epoll::delete(&self.epoll, &daemon.link);
        self.kept.values_mut().for_each(|kept| kept.readers_are_gone(&mut self.spare));
        if self.done {
            return;
        }
        let now = self.clock.instant();
        if self.stop_by.is_some() {
            self.log("the daemon ended before it had ended the agents: ending them without it");
            self.end_agents();
            self.done = true;
            return;
        }
        if self.start_at.is_some() {
            // It said that it would leave, and now it has let go of everything.
            self.start_at = Some(now);
            return;
        }
        let wait = self.back_off.after_death(&daemon, now);
        let deaths = self.back_off.deaths();
        let agents = self.kept.values().filter(|kept| kept.exit.is_none()).count();
        let log = self.places.log();
        self.log(&format!(
            "the daemon (pid {}) ended by itself with code {code}, {deaths} in a row; {agents} agents run on; starting \
             it again in {:.1} s; why it ended may be in {}",
            daemon.pid,
            wait.as_secs_f64(),
            log.display(),
        ));
        self.start_at = Some(now + wait);
    }
}
