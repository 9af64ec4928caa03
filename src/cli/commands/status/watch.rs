//! `pintle status --watch`

use std::io::{self, IsTerminal, Write};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::SIGHUP;

use super::picture::{View, table};
use crate::cli::attach::{RESET, RawGuard, size};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::keyboard::{Key, Keyboard};
use crate::cli::signals::Signals;
use crate::cli::style::Paint;
use crate::client::watch::StatusStream;

/// The alternate screen, without a cursor in it.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[m\x1b[2J";
/// A picture is shown when it is complete, on terminals that know that.
const BEGIN: &str = "\x1b[?2026h\x1b[H";
const COMPLETE: &str = "\x1b[J\x1b[?2026l";

/// Follows a project's status until somebody has seen enough.
pub fn watch(context: &Context) -> anyhow::Result<Exit> {
    let stream = StatusStream::begin(context.connector(), context.project_root()?)?;
    let signals = Signals::listen()?;
    if context.output.is_json() || !io::stdout().is_terminal() {
        return Watch { context, stream, signals, screen: None, keyboard: Keyboard::new(), view: View::default() }
            .run();
    }
    let screen = Some(Screen::enter()?);
    Watch { context, stream, signals, screen, keyboard: Keyboard::new(), view: View::default() }.run()
}

struct Watch<'a> {
    context: &'a Context,
    stream: StatusStream,
    signals: Signals,
    /// `None`: a line or a table for every change.
    screen: Option<Screen>,
    keyboard: Keyboard,
    /// What is shown, for a terminal that changes its size and for keys.
    view: View,
}

/// What woke us.
struct Woken {
    signals: bool,
    keyboard: bool,
    closed: bool,
}

impl Watch<'_> {
    fn run(&mut self) -> anyhow::Result<Exit> {
        loop {
            self.stream.tend()?;
            self.receive()?;
            let woken = self.wait()?;
            if woken.closed {
                return Ok(Exit::Done);
            }
            if woken.signals
                && let Some(exit) = self.heed_signals()?
            {
                return Ok(exit);
            }
            if woken.keyboard
                && let Some(exit) = self.heed_keys()?
            {
                return Ok(exit);
            }
        }
    }

    fn receive(&mut self) -> anyhow::Result<()> {
        let mut newest = None;
        while let Some((event, line)) = self.stream.receive()? {
            match (&self.screen, self.context.output.is_json()) {
                // Of several that came at once the last holds all.
                (Some(_), _) => newest = Some(event.0),
                (None, true) => self.context.output.line(&line)?,
                (None, false) => self.context.output.text(&format!("{}\n", table(&event.0, self.paint())))?,
            }
        }
        if let Some(report) = newest {
            self.view.show(report);
            self.draw()?;
        }
        Ok(())
    }

    fn paint(&self) -> Paint {
        self.context.output.paint()
    }

    fn draw(&mut self) -> io::Result<()> {
        let (size, paint) = (self.size(), self.paint());
        match (&self.screen, self.view.picture(size, paint)) {
            (Some(_), Some(picture)) => write(&format!("{BEGIN}{picture}{COMPLETE}")),
            _ => Ok(()),
        }
    }

    fn size(&self) -> (u16, u16) {
        size().unwrap_or((80, 24))
    }

    fn wait(&self) -> io::Result<Woken> {
        let (stdin, stdout) = (io::stdin(), io::stdout());
        let limit = self.stream.next_try().map(Timespec::try_from).transpose().map_err(io::Error::other)?;
        let nothing = PollFlags::empty();
        // A reader that has gone away is told without being asked for.
        let mut polled = vec![PollFd::new(self.signals.pipe(), PollFlags::IN), PollFd::new(&stdout, nothing)];
        let keyboard = self.screen.as_ref().is_some_and(|screen| screen.raw.is_some());
        if keyboard {
            polled.push(PollFd::new(&stdin, PollFlags::IN));
        }
        if let Some(socket) = self.stream.socket() {
            polled.push(PollFd::new(socket, PollFlags::IN));
        }
        match poll(&mut polled, limit.as_ref()) {
            Err(error) if error != Errno::INTR => return Err(error.into()),
            _ => {}
        }
        Ok(Woken {
            signals: !polled[0].revents().is_empty(),
            closed: polled[1].revents().intersects(PollFlags::ERR | PollFlags::HUP),
            keyboard: keyboard && !polled[2].revents().is_empty(),
        })
    }

    /// Keys that leave or scroll. Also whether somebody has taken the terminal along.
    fn heed_keys(&mut self) -> io::Result<Option<Exit>> {
        let mut typed = [0; 64];
        let read = match rustix::io::read(io::stdin(), &mut typed) {
            Err(Errno::INTR | Errno::AGAIN) => return Ok(None),
            Ok(0) | Err(_) => return Ok(Some(Exit::Signal(SIGHUP))),
            Ok(read) => read,
        };
        let size = self.size();
        for key in self.keyboard.take(&typed[..read]) {
            match key {
                Key::Char('q') | Key::Escape | Key::Ctrl('c' | 'd') => return Ok(Some(Exit::Done)),
                key => self.view.scroll(key, size),
            }
        }
        self.draw()?;
        Ok(None)
    }

    fn heed_signals(&mut self) -> io::Result<Option<Exit>> {
        self.signals.drain();
        if let Some(signal) = self.signals.ending() {
            return Ok(Some(Exit::Signal(signal)));
        }
        let (continued, resized) = (self.signals.continued(), self.signals.resized());
        if let Some(screen) = &self.screen
            && continued
        {
            screen.again()?;
        }
        if continued || resized {
            self.draw()?;
        }
        Ok(None)
    }
}

/// The terminal while we have it. Dropping it gives it back.
struct Screen {
    raw: Option<RawGuard>,
}

impl Screen {
    fn enter() -> io::Result<Self> {
        let screen = Self { raw: io::stdin().is_terminal().then(RawGuard::enter).transpose()? };
        // From here on every way out gives it back, also when the next line fails.
        write(ENTER)?;
        Ok(screen)
    }

    /// Takes it once more after the shell has had it.
    fn again(&self) -> io::Result<()> {
        self.raw.as_ref().map_or(Ok(()), RawGuard::again)?;
        write(ENTER)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nobody is left to be told when the terminal is gone.
        let _ = write(RESET);
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
