//! From places to a connection, starting a daemon on the way where that is wanted.

use std::io::{self, ErrorKind};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::{ClientError, start};
use crate::base::clock::Clock;
use crate::base::paths::Places;

/// How long a daemon may take to come up, or to come back.
pub(super) const COMES_UP: Duration = Duration::from_secs(3);

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_millis(64);

/// Whether a daemon is started where none listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Yes, if the socket is the daemon's own: nobody can be started behind a path that somebody else chose.
    WhenAbsent,
    /// No.
    Never,
}

/// Knows where the daemon is and whether to start it.
#[derive(Debug, Clone)]
pub struct Connector {
    places: Places,
    start: Start,
    clock: Clock,
}

impl Connector {
    /// A connector for these places.
    pub fn new(places: Places, start: Start, clock: Clock) -> Self {
        Self { places, start, clock }
    }

    /// The same for whoever is to hear of a daemon but must not bring one about.
    #[must_use]
    pub fn starting_none(self) -> Self {
        Self { start: Start::Never, ..self }
    }

    /// Connects; starts a daemon first where none listens and one is wanted.
    pub fn connect(&self) -> Result<UnixStream, ClientError> {
        match self.try_connect() {
            Err(error) if is_absent(&error) && self.start == Start::WhenAbsent && self.places.is_own_socket() => {
                self.start()
            }
            tried => tried.map_err(|error| self.unreachable(error)),
        }
    }

    /// One try, nothing else.
    pub fn try_connect(&self) -> io::Result<UnixStream> {
        UnixStream::connect(self.places.socket())
    }

    /// Connects to a daemon that was there a moment ago and may be on its way back.
    pub(super) fn connect_again(&self) -> Result<UnixStream, ClientError> {
        let mut pauses = Pauses::until(self.clock.instant() + COMES_UP);
        loop {
            match self.try_connect() {
                Err(error) if is_absent(&error) && pauses.pause(&self.clock) => {}
                tried => return tried.map_err(|error| self.unreachable(error)),
            }
        }
    }

    /// The time, for waits with a limit.
    pub(super) fn now(&self) -> Instant {
        self.clock.instant()
    }

    fn start(&self) -> Result<UnixStream, ClientError> {
        let mut keeper = start::keeper(&self.places)?;
        let mut pauses = Pauses::until(self.clock.instant() + COMES_UP);
        loop {
            match self.try_connect() {
                Ok(stream) => return Ok(stream),
                Err(error) if !is_absent(&error) => return Err(self.unreachable(error)),
                Err(_) => {}
            }
            // One that ended well has lost the race against another client's, which is about to listen.
            let failed = keeper.try_wait().ok().flatten().is_some_and(|status| !status.success());
            if failed || !pauses.pause(&self.clock) {
                let log = start::log_file(&self.places);
                return Err(ClientError::NotStarted {
                    socket: self.places.socket(),
                    last: start::last_line(&log),
                    log,
                });
            }
        }
    }

    pub(super) fn unreachable(&self, source: io::Error) -> ClientError {
        ClientError::Unreachable { socket: self.places.socket(), source }
    }
}

/// No socket, or one that nobody listens on.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused)
}

/// Pauses of 1, 2, 4, … ms up to a moment.
#[derive(Debug)]
pub(super) struct Pauses {
    next: Duration,
    until: Instant,
}

impl Pauses {
    pub(super) fn until(until: Instant) -> Self {
        Self { next: Duration::from_millis(1), until }
    }

    /// The next pause; `None` when there is no time left for one.
    pub(super) fn next(&mut self, now: Instant) -> Option<Duration> {
        let left = self.until.checked_duration_since(now).filter(|left| !left.is_zero())?;
        let pause = self.next.min(left);
        self.next = (self.next * 2).min(LONGEST_PAUSE);
        Some(pause)
    }

    fn pause(&mut self, clock: &Clock) -> bool {
        let Some(pause) = self.next(clock.instant()) else { return false };
        #[expect(
            clippy::disallowed_methods,
            reason = "nobody tells a client that a socket has appeared, and it has nothing else to do"
        )]
        std::thread::sleep(pause);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let start = Clock::System.instant();
        let mut pauses = Pauses::until(start + Duration::from_millis(200));
        let mut now = start;
        let mut millis = Vec::new();
        while let Some(pause) = pauses.next(now) {
            now += pause;
            millis.push(pause.as_millis());
        }
        assert_eq!(millis, [1, 2, 4, 8, 16, 32, 64, 64, 9]);
    }
}
