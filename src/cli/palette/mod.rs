//! `pintle palette`: the project's agents and a few commands, found by typing a few letters.
//!
//! The core is pure: [`state`] takes in events ([`event`]) and says what is to be done, [`view`] draws it into a buffer, and around them
//! stand [`search`], [`entry`], [`layout`], [`picture`] and [`pace`], each for one thing. The shell is this file,
//! [`screen`] (the terminal) and [`desk`] (the daemon): one loop that waits for the keyboard, for signals and for what the desk's
//! threads tell. While nothing happens it sleeps.

mod desk;
mod entry;
mod event;
mod footer;
mod kept;
mod layout;
mod line;
mod mailbox;
mod pace;
mod picture;
mod screen;
mod search;
mod state;
mod theme;
mod view;

#[cfg(test)]
pub use entry::worktree;

use std::io;
use std::sync::mpsc::SyncSender;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::SIGHUP;

use self::desk::{Desk, Follower};
use self::event::{Action, Event, Outcome};
use self::mailbox::{Mailbox, mailbox};
use self::pace::Pace;
use self::screen::Screen;
use self::state::State;
use self::theme::Theme;
use crate::base::clock::Clock;
use crate::cli::context::Context;
use crate::cli::keyboard::Keyboard;
use crate::cli::show::Place;
use crate::cli::signals::Signals;
use crate::client::{Client, ClientError};
use crate::protocol::typed::reply::StatusReport;
use crate::protocol::typed::request;
use crate::protocol::{Code, WireError};

/// How the palette ended. The terminal is back as it was.
#[derive(Debug)]
pub enum End {
    /// Nothing more is wanted.
    Left,
    /// A signal asked us to end, or the terminal is gone.
    Signal(i32),
    /// The agent with this id is to be shown here.
    Attach(String),
    /// What has changed in the worktree with this id is to be shown here.
    Diff(String),
}

/// Shows the palette of the current project until a person leaves it or chooses an agent. `place` is where a new pane would be
/// opened, or why none can be.
///
/// The terminal is taken only when the daemon has answered: what goes wrong before is an error like any other command's.
pub fn show(context: &Context, place: Result<Place, WireError>) -> anyhow::Result<End> {
    let root = context.project_root()?;
    let status = status(&mut context.client(), &root)?;
    let theme = Theme { color: context.output.paint().is_on() };
    let signals = Signals::listen()?;
    let (sender, mailbox) = mailbox()?;
    let desk = Desk { connector: context.connector(), root: root.clone(), place, sender };
    let mut state = State::new(root, status, Screen::size());
    let mut screen = Screen::enter()?;
    screen.draw(&state, theme)?;
    let looker = desk.looker();
    let (keyboard, pace, clock) = (Keyboard::new(), Pace::default(), context.clock.clone());
    let begin = state.begin();
    let mut palette =
        Palette { state, screen, theme, signals, mailbox, keyboard, pace, desk, looker, follower: None, clock };
    let end = palette.run(begin);
    drop(palette);
    Ok(match end? {
        Ending::Chosen(Outcome::Left) => End::Left,
        Ending::Chosen(Outcome::Attach(id)) => End::Attach(id),
        Ending::Chosen(Outcome::Diff(id)) => End::Diff(id),
        Ending::Signal(signal) => End::Signal(signal),
    })
}

/// The project's agents and worktrees; `None` where the folder is no project.
fn status(client: &mut Client, root: &str) -> Result<Option<StatusReport>, ClientError> {
    match client.ask(request::Status { project_root: root.to_owned(), agent_id: None }) {
        Ok(report) => Ok(Some(report)),
        Err(ClientError::Refused(error)) if error.code == Code::NotInitialized => Ok(None),
        Err(error) => Err(error),
    }
}

enum Ending {
    Chosen(Outcome),
    Signal(i32),
}

struct Palette {
    state: State,
    screen: Screen,
    theme: Theme,
    signals: Signals,
    mailbox: Mailbox,
    keyboard: Keyboard,
    pace: Pace,
    desk: Desk,
    looker: SyncSender<String>,
    follower: Option<Follower>,
    clock: Clock,
}

/// What can be read.
struct Ready {
    keyboard: bool,
    signals: bool,
    mailbox: bool,
}

impl Palette {
    fn run(&mut self, begin: Vec<Action>) -> io::Result<Ending> {
        if let Some(outcome) = self.act(begin) {
            return Ok(Ending::Chosen(outcome));
        }
        loop {
            self.look();
            self.screen.draw(&self.state, self.theme)?;
            let ready = self.wait()?;
            let mut events = Vec::new();
            if ready.signals {
                self.signals.drain();
                if let Some(signal) = self.signals.ending() {
                    return Ok(Ending::Signal(signal));
                }
                events.extend(self.heed_signals()?);
            }
            if ready.mailbox {
                events.extend(self.mailbox.take());
            }
            if ready.keyboard {
                let Some(keys) = self.read_keyboard() else { return Ok(Ending::Signal(SIGHUP)) };
                events.extend(keys);
            }
            for event in events {
                if matches!(event, Event::Screen(..)) {
                    self.pace.answered();
                }
                let actions = self.state.update(event);
                if let Some(outcome) = self.act(actions) {
                    return Ok(Ending::Chosen(outcome));
                }
            }
        }
    }

    /// Does what the state wants done. `Some`: it is the end.
    fn act(&mut self, actions: Vec<Action>) -> Option<Outcome> {
        for action in actions {
            match action {
                Action::Look(id) => self.pace.want(id),
                Action::Do(deed) => self.desk.carry_out(deed),
                Action::Follow => match self.desk.follow() {
                    Ok(follower) => self.follower = Some(follower),
                    Err(error) => {
                        self.state.update(Event::Deaf(desk::deaf(&error)));
                    }
                },
                Action::Leave(outcome) => return Some(outcome),
            }
        }
        None
    }

    /// Has the chosen agent's screen fetched when it is time for that.
    fn look(&mut self) {
        // The looker has nothing else to do: one look at a time, and its place is free.
        if let Some(id) = self.pace.due(self.clock.instant())
            && self.looker.try_send(id).is_err()
        {
            self.pace.answered();
        }
    }

    /// Waits for whatever comes first.
    fn wait(&self) -> io::Result<Ready> {
        let stdin = io::stdin();
        let mut sources = [
            PollFd::new(&stdin, PollFlags::IN),
            PollFd::new(self.signals.pipe(), PollFlags::IN),
            PollFd::new(self.mailbox.bell(), PollFlags::IN),
        ];
        let limit = self.pace.wait(self.clock.instant()).map(Timespec::try_from).transpose();
        match poll(&mut sources, limit.map_err(io::Error::other)?.as_ref()) {
            Err(error) if error != Errno::INTR => return Err(error.into()),
            _ => {}
        }
        let [keyboard, signals, mailbox] = sources.map(|source| !source.revents().is_empty());
        Ok(Ready { keyboard, signals, mailbox })
    }

    /// The keys that were pressed; `None` when the terminal is gone.
    fn read_keyboard(&mut self) -> Option<Vec<Event>> {
        let mut typed = [0; 4096];
        match rustix::io::read(io::stdin(), &mut typed) {
            Err(Errno::INTR | Errno::AGAIN) => Some(Vec::new()),
            Ok(0) | Err(_) => None,
            Ok(read) => Some(self.keyboard.take(&typed[..read]).into_iter().map(Event::Key).collect()),
        }
    }

    fn heed_signals(&mut self) -> io::Result<Option<Event>> {
        match (self.signals.continued(), self.signals.resized()) {
            (false, false) => return Ok(None),
            (true, _) => self.screen.again()?,
            (false, true) => self.screen.begin()?,
        }
        let (cols, rows) = Screen::size();
        Ok(Some(Event::Resized(cols, rows)))
    }
}
