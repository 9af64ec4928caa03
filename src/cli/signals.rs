//! Signals as something to poll.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use signal_hook::SigId;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH};
use signal_hook::low_level::{pipe, unregister};

/// Signals that came, until they are asked for.
#[derive(Debug)]
pub struct Signals {
    pipe: UnixStream,
    resized: Arc<AtomicBool>,
    continued: Arc<AtomicBool>,
    /// The last one that asks to end; 0 is none.
    ending: Arc<AtomicUsize>,
    registered: Vec<SigId>,
}

impl Signals {
    /// Listens from now on, until it is dropped.
    pub fn listen() -> io::Result<Self> {
        let (pipe, writer) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        let mut signals = Self {
            pipe,
            resized: Arc::default(),
            continued: Arc::default(),
            ending: Arc::default(),
            registered: Vec::new(),
        };
        // The flag before the pipe: when the pipe wakes us up, the flag is set.
        let keep = &mut signals.registered;
        keep.push(signal_hook::flag::register(SIGWINCH, Arc::clone(&signals.resized))?);
        keep.push(signal_hook::flag::register(SIGCONT, Arc::clone(&signals.continued))?);
        for signal in [SIGTERM, SIGHUP, SIGINT, SIGQUIT] {
            let number = usize::try_from(signal).unwrap_or_default();
            keep.push(signal_hook::flag::register_usize(signal, Arc::clone(&signals.ending), number)?);
        }
        for signal in [SIGWINCH, SIGCONT, SIGTERM, SIGHUP, SIGINT, SIGQUIT] {
            keep.push(pipe::register(signal, writer.try_clone()?)?);
        }
        Ok(signals)
    }

    /// What to poll.
    pub fn pipe(&self) -> &UnixStream {
        &self.pipe
    }

    /// Empties the pipe. The flags are asked for one by one.
    pub fn drain(&self) {
        let mut bytes = [0; 64];
        while matches!((&self.pipe).read(&mut bytes), Ok(read) if read > 0) {}
    }

    /// Whether the terminal has changed its size since this was last asked.
    pub fn resized(&self) -> bool {
        self.resized.swap(false, Ordering::Relaxed)
    }

    /// Whether we were stopped and go on.
    pub fn continued(&self) -> bool {
        self.continued.swap(false, Ordering::Relaxed)
    }

    /// The signal that asks us to end, if one has come.
    pub fn ending(&self) -> Option<i32> {
        i32::try_from(self.ending.load(Ordering::Relaxed)).ok().filter(|signal| *signal != 0)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            unregister(id);
        }
    }
}

/// What came first of an answer and a signal that asks to end.
pub enum Came<T> {
    /// What was asked for.
    Answer(T),
    /// This signal.
    Signal(i32),
}

/// Asks on a thread of its own, which is left alone when a signal comes: what was asked is carried out in any case.
pub fn first_of<T: Send + 'static>(signals: &Signals, ask: impl FnOnce() -> T + Send + 'static) -> io::Result<Came<T>> {
    let (bell, ring) = UnixStream::pair()?;
    let asked = thread::spawn(move || {
        // Closed when there is an answer, or when asking has panicked.
        let _ring = ring;
        ask()
    });
    loop {
        let mut polled = [PollFd::new(signals.pipe(), PollFlags::IN), PollFd::new(&bell, PollFlags::IN)];
        match poll(&mut polled, None) {
            Err(error) if error != Errno::INTR => return Err(error.into()),
            _ => {}
        }
        let answered = !polled[1].revents().is_empty();
        signals.drain();
        if answered {
            let answer = asked.join().map_err(|_| io::Error::other("asking has panicked"))?;
            return Ok(Came::Answer(answer));
        }
        if let Some(signal) = signals.ending() {
            return Ok(Came::Signal(signal));
        }
    }
}
