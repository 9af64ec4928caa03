//! `pintle status --watch`

use std::io::{self, IsTerminal, Write};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::SIGHUP;

use crate::cli::agents;
use crate::cli::attach::{RESET, RawGuard, Signals, size};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::style::Paint;
use crate::client::watch::StatusStream;
use crate::protocol::typed::reply::StatusReport;

/// The alternate screen, without a cursor in it.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[m\x1b[2J";
/// A picture is shown when it is complete, on terminals that know that.
const BEGIN: &str = "\x1b[?2026h\x1b[H";
const COMPLETE: &str = "\x1b[J\x1b[?2026l";

/// Keys that leave: q, Escape, C-c, C-d.
const LEAVE: [u8; 4] = [b'q', 0x1b, 0x03, 0x04];

/// Follows a project's status until somebody has seen enough.
pub fn watch(context: &Context) -> anyhow::Result<Exit> {
    let stream = StatusStream::begin(context.connector(), context.project_root()?)?;
    let signals = Signals::listen()?;
    if context.output.is_json() || !io::stdout().is_terminal() {
        return Watch { context, stream, signals, screen: None, last: None }.run();
    }
    let screen = Some(Screen::enter()?);
    Watch { context, stream, signals, screen, last: None }.run()
}

struct Watch<'a> {
    context: &'a Context,
    stream: StatusStream,
    signals: Signals,
    /// `None`: a line or a table for every change.
    screen: Option<Screen>,
    /// What is shown, for a terminal that changes its size.
    last: Option<StatusReport>,
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
                && let Some(exit) = left()
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
                (None, false) => self.context.output.text(&format!("{}\n", table(&event.0, None, self.paint())))?,
            }
        }
        if newest.is_some() {
            self.last = newest;
            self.draw()?;
        }
        Ok(())
    }

    fn paint(&self) -> Paint {
        self.context.output.paint()
    }

    fn draw(&self) -> io::Result<()> {
        match (&self.screen, &self.last) {
            (Some(_), Some(report)) => {
                let size = size().unwrap_or((80, 24));
                write(&format!("{BEGIN}{}{COMPLETE}", picture(report, size, self.paint())))
            }
            _ => Ok(()),
        }
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

/// Whether somebody wants to leave, or has taken the terminal along.
fn left() -> Option<Exit> {
    let mut typed = [0; 64];
    match rustix::io::read(io::stdin(), &mut typed) {
        Err(Errno::INTR | Errno::AGAIN) => None,
        Ok(0) | Err(_) => Some(Exit::Signal(SIGHUP)),
        Ok(read) => is_leaving(&typed[..read]).then_some(Exit::Done),
    }
}

/// A key that sends more than itself (an arrow) is another one than Escape.
fn is_leaving(typed: &[u8]) -> bool {
    match typed {
        [0x1b, _, ..] => false,
        typed => typed.iter().any(|key| LEAVE.contains(key)),
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

fn table(report: &StatusReport, width: Option<u16>, paint: Paint) -> String {
    match report.agents.as_slice() {
        [] => "no agents; `pintle spawn` starts one\n".to_owned(),
        agents => agents::table(agents, width, paint),
    }
}

/// A screen full: what does not fit is counted.
fn picture(report: &StatusReport, (cols, rows): (u16, u16), paint: Paint) -> String {
    let several = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let (agents, worktrees) = (several(report.agents.len(), "agent"), several(report.worktrees.len(), "worktree"));
    let title: String = format!("{agents}, {worktrees}; q leaves").chars().take(cols.into()).collect();
    let table = table(report, Some(cols), paint);
    let room = usize::from(rows).saturating_sub(1);
    let lines: Vec<&str> = table.lines().collect();
    let mut shown = vec![paint.dim(&title)];
    if lines.len() <= room {
        shown.extend(lines.iter().map(|line| (*line).to_owned()));
    } else {
        let fit = room.saturating_sub(1);
        shown.extend(lines[..fit].iter().map(|line| (*line).to_owned()));
        shown.push(paint.dim(&format!("and {} more", lines.len() - fit)));
    }
    shown.truncate(rows.into());
    shown.join("\x1b[K\r\n") + "\x1b[K"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::style::Choice;
    use crate::protocol::typed::reply::Activity;

    #[test]
    fn what_does_not_fit_is_counted() {
        let agent = |number: usize| agents::sample(&format!("ag-{number}"), "a", Activity::Idle);
        let report = StatusReport { agents: (0..30).map(agent).collect(), ..StatusReport::default() };
        let paint = Paint::of(Choice::Never, &io::stdout());
        for rows in [1, 2, 3, 24] {
            let picture = picture(&report, (80, rows), paint);
            let lines: Vec<&str> = picture.split("\r\n").collect();
            assert_eq!(lines.len(), usize::from(rows), "{picture}");
            assert!(rows < 2 || lines[usize::from(rows) - 1].starts_with("and "), "{picture}");
        }
        assert!(picture(&report, (80, 24), paint).contains("and 9 more"));
        assert_eq!(picture(&report, (80, 32), paint).split("\r\n").count(), 32);
    }

    #[test]
    fn keys_that_leave() {
        for (typed, expected) in [("q", true), ("\x1b", true), ("\x03", true), ("\x1b[A", false), ("x", false)] {
            assert_eq!(is_leaving(typed.as_bytes()), expected, "{typed:?}");
        }
    }
}
