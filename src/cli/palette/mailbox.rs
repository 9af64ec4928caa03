//! Events from the threads that talk to the daemon, as something to poll.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::event::Event;

/// Most events that wait to be read. A sender that finds no room waits: the palette reads all the time, and what is sent is as
/// good a moment later.
const ROOM: usize = 16;

/// Where events come in.
#[derive(Debug)]
pub struct Mailbox {
    receiver: Receiver<Event>,
    bell: UnixStream,
}

/// Where events are sent from.
#[derive(Debug, Clone)]
pub struct Sender {
    events: SyncSender<Event>,
    bell: Arc<UnixStream>,
}

/// A mailbox and what sends to it.
pub fn mailbox() -> io::Result<(Sender, Mailbox)> {
    let (events, receiver) = sync_channel(ROOM);
    let (ring, bell) = UnixStream::pair()?;
    ring.set_nonblocking(true)?;
    bell.set_nonblocking(true)?;
    Ok((Sender { events, bell: Arc::new(ring) }, Mailbox { receiver, bell }))
}

impl Sender {
    /// Sends an event. False: nobody reads any more.
    pub fn send(&self, event: Event) -> bool {
        let sent = self.events.send(event).is_ok();
        // A bell that is full of rings will be heard as well.
        let _ = (&*self.bell).write(&[0]);
        sent
    }
}

impl Mailbox {
    /// What to poll.
    pub fn bell(&self) -> &UnixStream {
        &self.bell
    }

    /// Everything that has come.
    pub fn take(&self) -> Vec<Event> {
        // The bell before the events: one that comes in between rings again.
        let mut rings = [0; 64];
        while matches!((&self.bell).read(&mut rings), Ok(read) if read > 0) {}
        self.receiver.try_iter().collect()
    }
}
