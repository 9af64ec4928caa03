//! What keeper and daemon say to each other.
//!
//! A message is a kind byte and a few length-prefixed fields; anything that can be large (argv, environment, the daemon's own
//! notes about an agent) travels as a memfd, so no message outgrows the socket's buffer. serde was the alternative; it has no
//! business in the keeper, and a running keeper must understand the daemon of the next release: fields are only ever added at
//! the end of a message, and [`VERSION`] changes when that is not enough.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use rustix::fs::{MemfdFlags, memfd_create};

/// Version of these messages. A daemon that is told another one refuses to work, with both versions in its log.
pub const VERSION: u32 = 1;
/// What one process asks for: everything `exec` needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpawnSpec {
    /// Working directory; must exist.
    pub cwd: Vec<u8>,
    /// Program and arguments. The program is looked up in the PATH of `env` if it has no slash.
    pub argv: Vec<Vec<u8>>,
    /// The whole environment; nothing is inherited.
    pub env: Vec<(Vec<u8>, Vec<u8>)>,
}

/// From the daemon to the keeper.
#[derive(Debug)]
pub enum ToKeeper {
    /// Start a process in a PTY. If `agent` is known and ended, its ring goes on; if it lives, the answer is `SpawnFailed`.
    Spawn {
        /// The agent's id.
        agent: String,
        /// Columns of the new PTY.
        cols: u16,
        /// Rows of the new PTY.
        rows: u16,
        /// A [`SpawnSpec`] as a blob.
        spec: OwnedFd,
        /// The daemon's notes, kept and given back as they are.
        tag: OwnedFd,
    },
    /// Keep these notes about the agent instead of the last ones.
    Tag {
        /// The agent's id.
        agent: String,
        /// The new notes.
        tag: OwnedFd,
    },
    /// Drop the agent's PTY and ring. Its process, if it lives, gets SIGHUP from the kernel.
    Forget {
        /// The agent's id.
        agent: String,
    },
    /// Readers have caught up: give back the memory that the agent's ring held for them.
    Trim {
        /// The agent's id.
        agent: String,
    },
    /// Listen on one more socket, or on one whose file may be gone: the keeper looks. Our own comes with its folder, locks and pid file.
    Listen {
        /// Where.
        path: String,
    },
    /// The daemon is about to end. With `stop` the keeper ends too, else it starts a new daemon at once.
    Leave {
        /// Whether the keeper ends as well.
        stop: bool,
    },
}

/// What the daemon receives to work with an agent.
#[derive(Debug)]
pub struct KeptFds {
    /// Master side of the PTY, non-blocking.
    pub master: OwnedFd,
    /// The output ring ([`crate::base::ring::Ring::open`]).
    pub ring: OwnedFd,
    /// An eventfd that counts up when the ring has news and its reader sleeps.
    pub wake: OwnedFd,
    /// The daemon's own notes.
    pub tag: OwnedFd,
}

/// From the keeper to the daemon.
#[derive(Debug)]
pub enum ToDaemon {
    /// First message to a new daemon.
    Hello {
        /// [`VERSION`] of the keeper.
        version: u32,
        /// Pid of the keeper.
        keeper: i32,
        /// How often a daemon has been started before this one.
        restarts: u32,
    },
    /// A listening socket.
    Listener {
        /// Where it is bound.
        path: String,
        /// The socket.
        fd: OwnedFd,
    },
    /// A socket asked for by [`ToKeeper::Listen`] is there, and the daemon has it.
    Listening {
        /// Where it is bound.
        path: String,
    },
    /// A socket asked for by [`ToKeeper::Listen`] could not be made.
    ListenFailed {
        /// Where it should have been.
        path: String,
        /// Why not.
        error: String,
    },
    /// An agent that the keeper has: at takeover, and as the answer to a `Spawn` that succeeded.
    Kept {
        /// The agent's id.
        agent: String,
        /// Pid of its process.
        pid: i32,
        /// Its start time, see [`crate::base::process::Identity`].
        start_time: u64,
        /// Its exit code if it has ended: as is, or 128 + signal.
        exit: Option<i32>,
        /// Its descriptors.
        fds: KeptFds,
    },
    /// All agents have been told; requests may be served.
    Ready,
    /// A `Spawn` that failed; nothing is left of it.
    SpawnFailed {
        /// The agent's id.
        agent: String,
        /// What failed, and why, in words.
        error: String,
    },
    /// An agent's process has ended and all of its output is in the ring.
    Exited {
        /// The agent's id.
        agent: String,
        /// Exit code: as is, or 128 + signal.
        code: i32,
    },
    /// The keeper was told to stop (SIGTERM, SIGINT): end the agents, then `Leave { stop: true }`.
    Stop,
}

/// A memfd that holds `bytes`.
pub fn blob(bytes: &[u8]) -> io::Result<OwnedFd> {
    let fd = memfd_create("pintle-blob", MemfdFlags::CLOEXEC)?;
    File::from(fd.try_clone()?).write_all(bytes)?;
    Ok(fd)
}

/// All bytes of a blob, wherever the shared file position is.
pub fn read_blob(fd: &OwnedFd) -> io::Result<Vec<u8>> {
    let file = File::from(fd.try_clone()?);
    let mut bytes = vec![0; usize::try_from(file.metadata()?.len()).unwrap_or(0)];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

impl SpawnSpec {
    /// As a blob for [`ToKeeper::Spawn`].
    pub fn to_blob(&self) -> io::Result<OwnedFd> {
        let mut out = Writer::default();
        out.bytes(&self.cwd);
        out.number(self.argv.len() as u64);
        self.argv.iter().for_each(|word| out.bytes(word));
        out.number(self.env.len() as u64);
        self.env.iter().for_each(|(name, value)| {
            out.bytes(name);
            out.bytes(value);
        });
        blob(&out.0)
    }

    /// Reads what [`SpawnSpec::to_blob`] wrote.
    pub fn from_blob(fd: &OwnedFd) -> io::Result<Self> {
        let bytes = read_blob(fd)?;
        Self::parse(&mut Reader(&bytes)).ok_or_else(malformed)
    }

    fn parse(input: &mut Reader<'_>) -> Option<Self> {
        let cwd = input.bytes()?.to_vec();
        let words = input.number()?;
        let argv = (0..words).map(|_| Some(input.bytes()?.to_vec())).collect::<Option<_>>()?;
        let variables = input.number()?;
        let env =
            (0..variables).map(|_| Some((input.bytes()?.to_vec(), input.bytes()?.to_vec()))).collect::<Option<_>>()?;
        Some(Self { cwd, argv, env })
    }
}

/// A message that cannot be understood.
pub(super) fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "malformed message between keeper and daemon")
}
/// The bytes of a message and its descriptors.
pub(super) type Packet = (Vec<u8>, Vec<OwnedFd>);
impl ToKeeper {
    pub(super) fn encode(self) -> Packet {
        let mut out = Writer::default();
        let fds = match self {
            ToKeeper::Spawn { agent, cols, rows, spec, tag } => {
                out.kind(b'S').text(&agent).number(cols.into());
                out.number(rows.into());
                vec![spec, tag]
            }
            ToKeeper::Tag { agent, tag } => {
                out.kind(b'T').text(&agent);
                vec![tag]
            }
            ToKeeper::Forget { agent } => {
                out.kind(b'F').text(&agent);
                vec![]
            }
            ToKeeper::Trim { agent } => {
                out.kind(b'M').text(&agent);
                vec![]
            }
            ToKeeper::Listen { path } => {
                out.kind(b'L').text(&path);
                vec![]
            }
            ToKeeper::Leave { stop } => {
                out.kind(b'Q').number(stop.into());
                vec![]
            }
        };
        (out.0, fds)
    }

    pub(super) fn decode(bytes: &[u8], fds: Vec<OwnedFd>) -> Option<Self> {
        let mut fds = fds.into_iter();
        let (kind, rest) = bytes.split_first()?;
        let mut input = Reader(rest);
        Some(match kind {
            b'S' => ToKeeper::Spawn {
                agent: input.text()?,
                cols: input.number()?.try_into().ok()?,
                rows: input.number()?.try_into().ok()?,
                spec: fds.next()?,
                tag: fds.next()?,
            },
            b'T' => ToKeeper::Tag { agent: input.text()?, tag: fds.next()? },
            b'F' => ToKeeper::Forget { agent: input.text()? },
            b'M' => ToKeeper::Trim { agent: input.text()? },
            b'L' => ToKeeper::Listen { path: input.text()? },
            b'Q' => ToKeeper::Leave { stop: input.number()? != 0 },
            _ => return None,
        })
    }
}

impl ToDaemon {
    pub(super) fn encode(self) -> Packet {
        let mut out = Writer::default();
        let fds = match self {
            ToDaemon::Hello { version, keeper, restarts } => {
                out.kind(b'H').number(version.into()).number(keeper as u64).number(restarts.into());
                vec![]
            }
            ToDaemon::Listener { path, fd } => {
                out.kind(b'L').text(&path);
                vec![fd]
            }
            ToDaemon::Listening { path } => {
                out.kind(b'A').text(&path);
                vec![]
            }
            ToDaemon::ListenFailed { path, error } => {
                out.kind(b'l').text(&path).text(&error);
                vec![]
            }
            ToDaemon::Kept { agent, pid, start_time, exit, fds } => {
                out.kind(b'K').text(&agent).number(pid as u64).number(start_time);
                out.number(exit.is_some().into()).number(exit.unwrap_or_default() as u64);
                vec![fds.master, fds.ring, fds.wake, fds.tag]
            }
            ToDaemon::Ready => {
                out.kind(b'R');
                vec![]
            }
            ToDaemon::SpawnFailed { agent, error } => {
                out.kind(b'f').text(&agent).text(&error);
                vec![]
            }
            ToDaemon::Exited { agent, code } => {
                out.kind(b'X').text(&agent).number(code as u64);
                vec![]
            }
            ToDaemon::Stop => {
                out.kind(b'Q');
                vec![]
            }
        };
        (out.0, fds)
    }

    pub(super) fn decode(bytes: &[u8], fds: Vec<OwnedFd>) -> Option<Self> {
        let mut fds = fds.into_iter();
        let (kind, rest) = bytes.split_first()?;
        let mut input = Reader(rest);
        Some(match kind {
            b'H' => ToDaemon::Hello {
                version: input.number()?.try_into().ok()?,
                keeper: input.number()? as i32,
                restarts: input.number()?.try_into().ok()?,
            },
            b'L' => ToDaemon::Listener { path: input.text()?, fd: fds.next()? },
            b'A' => ToDaemon::Listening { path: input.text()? },
            b'l' => ToDaemon::ListenFailed { path: input.text()?, error: input.text()? },
            b'K' => ToDaemon::Kept {
                agent: input.text()?,
                pid: input.number()? as i32,
                start_time: input.number()?,
                exit: {
                    let (ended, code) = (input.number()? != 0, input.number()? as i32);
                    ended.then_some(code)
                },
                fds: KeptFds { master: fds.next()?, ring: fds.next()?, wake: fds.next()?, tag: fds.next()? },
            },
            b'R' => ToDaemon::Ready,
            b'f' => ToDaemon::SpawnFailed { agent: input.text()?, error: input.text()? },
            b'X' => ToDaemon::Exited { agent: input.text()?, code: input.number()? as i32 },
            b'Q' => ToDaemon::Stop,
            _ => return None,
        })
    }
}

/// Fields one after the other: numbers as 8 bytes little-endian, bytes with their length in front.
#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn kind(&mut self, kind: u8) -> &mut Self {
        self.0.push(kind);
        self
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes());
        self
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*number))
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_messages_are_refused() {
        for bytes in [&b"S"[..], b"K\x08\0\0\0\0\0\0\0ab", b"?", b"X\xff\xff\xff\xff\xff\xff\xff\xff"] {
            assert!(ToKeeper::decode(bytes, vec![]).is_none());
            assert!(ToDaemon::decode(bytes, vec![]).is_none());
        }
    }
}
