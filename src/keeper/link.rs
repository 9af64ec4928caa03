//! How messages between keeper and daemon travel: over an inherited SOCK_SEQPACKET pair with descriptors attached (SCM_RIGHTS).

use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};

use super::message::{Packet, ToDaemon, ToKeeper, malformed};

const MESSAGE_MAX: usize = 16 << 10;
const DESCRIPTORS_MAX: usize = 4;
/// One end of the link. Sending never blocks: what does not fit the socket's buffer waits here, and there is little of it, since
/// an agent has at most one message of each kind under way.
#[derive(Debug)]
pub struct Link {
    socket: OwnedFd,
    waiting: VecDeque<Packet>,
}

impl Link {
    /// Wraps one end of a SOCK_SEQPACKET pair, which should be non-blocking.
    pub fn new(socket: OwnedFd) -> Self {
        Self { socket, waiting: VecDeque::new() }
    }

    /// Whether something waits for the socket to become writable; then [`Link::flush`].
    pub fn is_backed_up(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Sends a message to the daemon, now or when the socket has room.
    pub fn send_to_daemon(&mut self, message: ToDaemon) -> io::Result<()> {
        self.waiting.push_back(message.encode());
        self.flush()
    }

    /// Sends a message to the keeper, now or when the socket has room.
    pub fn send_to_keeper(&mut self, message: ToKeeper) -> io::Result<()> {
        self.waiting.push_back(message.encode());
        self.flush()
    }

    /// Sends what waits, as far as the socket takes it.
    pub fn flush(&mut self) -> io::Result<()> {
        while let Some((bytes, fds)) = self.waiting.front() {
            match send(&self.socket, bytes, fds) {
                Ok(()) => drop(self.waiting.pop_front()),
                Err(Errno::AGAIN) => break,
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }

    /// The next message from the daemon; `None` when it has closed its end. `WouldBlock` when there is none now.
    pub fn receive_from_daemon(&self) -> io::Result<Option<ToKeeper>> {
        let Some((bytes, fds)) = receive(&self.socket)? else { return Ok(None) };
        ToKeeper::decode(&bytes, fds).map(Some).ok_or_else(malformed)
    }

    /// The next message from the keeper; `None` when it has closed its end. `WouldBlock` when there is none now.
    pub fn receive_from_keeper(&self) -> io::Result<Option<ToDaemon>> {
        let Some((bytes, fds)) = receive(&self.socket)? else { return Ok(None) };
        ToDaemon::decode(&bytes, fds).map(Some).ok_or_else(malformed)
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl std::os::fd::AsRawFd for Link {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.socket.as_raw_fd()
    }
}

fn send(socket: &OwnedFd, bytes: &[u8], fds: &[OwnedFd]) -> Result<(), Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let borrowed: Vec<BorrowedFd<'_>> = fds.iter().map(AsFd::as_fd).collect();
    if !borrowed.is_empty() && !control.push(SendAncillaryMessage::ScmRights(&borrowed)) {
        return Err(Errno::INVAL);
    }
    sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL | SendFlags::DONTWAIT).map(drop)
}

fn receive(socket: &OwnedFd) -> io::Result<Option<Packet>> {
    let mut bytes = vec![0; MESSAGE_MAX];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
    let received = recvmsg(socket, &mut [IoSliceMut::new(&mut bytes)], &mut control, flags)?;
    let mut fds = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            fds.extend(rights);
        }
    }
    bytes.truncate(received.bytes);
    // A SEQPACKET socket says "closed" by an empty message, and no message of ours is empty.
    Ok((!bytes.is_empty()).then_some((bytes, fds)))
}

#[cfg(test)]
mod tests {
    use super::super::message::{SpawnSpec, blob, read_blob};
    use super::*;
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

    fn pair() -> (Link, Link) {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let (left, right) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).unwrap();
        (Link::new(left), Link::new(right))
    }

    #[test]
    fn messages_arrive_as_sent_with_their_descriptors() {
        let (mut daemon, mut keeper) = pair();
        let spec = SpawnSpec {
            cwd: b"/tmp".to_vec(),
            argv: vec![b"sh".to_vec(), b"-c".to_vec(), vec![0xff, b' ']],
            env: vec![(b"A".to_vec(), b"1=2".to_vec()), (b"B".to_vec(), vec![])],
        };
        let message = ToKeeper::Spawn {
            agent: "ag-1".into(),
            cols: 80,
            rows: 24,
            spec: spec.to_blob().unwrap(),
            tag: blob(b"notes").unwrap(),
        };
        daemon.send_to_keeper(message).unwrap();
        let Some(ToKeeper::Spawn { agent, cols, rows, spec: got, tag }) = keeper.receive_from_daemon().unwrap() else {
            panic!("another message");
        };
        assert_eq!((agent.as_str(), cols, rows), ("ag-1", 80, 24));
        assert_eq!(SpawnSpec::from_blob(&got).unwrap(), spec);
        assert_eq!(read_blob(&tag).unwrap(), b"notes");
        assert_eq!(read_blob(&tag).unwrap(), b"notes", "reading moves nothing");

        keeper.send_to_daemon(ToDaemon::Exited { agent: "ag-1".into(), code: 137 }).unwrap();
        assert!(matches!(daemon.receive_from_keeper().unwrap(), Some(ToDaemon::Exited { code: 137, .. })));
        assert_eq!(daemon.receive_from_keeper().unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(keeper);
        assert!(daemon.receive_from_keeper().unwrap().is_none());
    }

    #[test]
    fn a_peer_that_does_not_read_blocks_nobody_and_loses_nothing() {
        let (daemon, mut keeper) = pair();
        let count = 3000;
        for code in 0..count {
            keeper.send_to_daemon(ToDaemon::Exited { agent: "ag-12345678".into(), code }).unwrap();
        }
        assert!(keeper.is_backed_up());
        let mut next = 0;
        while next < count {
            match daemon.receive_from_keeper() {
                Ok(Some(ToDaemon::Exited { code, .. })) => {
                    assert_eq!(code, next);
                    next += 1;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => keeper.flush().unwrap(),
                other => panic!("{other:?}"),
            }
        }
    }
}
