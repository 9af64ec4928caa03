//! One control-mode client: a `tmux` process, its pipes, and what it says.

use std::process::Stdio;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use tmux_interface::{AttachSession, ClientFlags, DisplayMessage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::time::{Instant, timeout};

use super::super::command::Command;
use super::super::error::TmuxError;
use super::super::parser::{Event, Parser};
use super::super::server::{ServerId, SessionId, Version};
use super::process::{survey, tmux};
use super::{LEAVING, Launch, PATIENCE};

/// The client's process. Dropping it ends it.
///
/// One that is attached is killed: it may hang. One that is not is told to end. It says who it is in many messages, and over one that is
/// cut off in between the server crashes, and every pane with it (3.3a; `control_stop` of a client that it never started, since only the
/// last message starts it). Told to end, it writes what is left of them and goes, whatever the server does meanwhile.
#[derive(Debug)]
struct Client {
    child: Child,
    is_attached: bool,
}

impl Drop for Client {
    fn drop(&mut self) {
        // None when it has been waited for. Whoever is not is reaped by the runtime.
        let Some(pid) = self.child.id().and_then(|pid| Pid::from_raw(pid.cast_signed())) else { return };
        let _ = kill_process(pid, if self.is_attached { Signal::KILL } else { Signal::TERM });
    }
}

/// A client that is attached to the right server. Dropping it ends the process; [`Link::leave`] is the polite way.
#[derive(Debug)]
pub(super) struct Link {
    client: Client,
    stdin: ChildStdin,
    stdout: ChildStdout,
    parser: Parser,
    chunk: Box<[u8]>,
    /// What is still to be written, from `sent` on.
    outgoing: Vec<u8>,
    sent: usize,
    /// Bytes written since the beginning.
    written: u64,
    /// `#{client_name}`. A client without a terminal is named after its process. Asking it for its name right after it has
    /// attached was seen to be answered with nothing: tmux counts a session's clients later.
    pub name: String,
    /// Since when it is attached.
    pub since: Instant,
}

impl Link {
    /// Attaches to a session of `server`. A different server at its socket, or none, is [`TmuxError::ServerGone`].
    ///
    /// The moment is not harmless: a tmux without the fix of tmux#4980 crashes when it has something to tell to control clients (another
    /// pane or window is the current one, a session is new) between two messages of one that connects. A client cannot make that moment
    /// shorter, so it is made rare: a connection that stands is kept, and no question opens one of its own.
    pub async fn connect(server: &ServerId, launch: Launch) -> Result<Self, TmuxError> {
        let gone = || TmuxError::ServerGone(server.socket.clone());
        let found = survey(&server.socket).await?;
        if found.server != *server {
            return Err(gone());
        }
        found.version.needs(Version::OLDEST, "the control client")?;
        let session = found.session.ok_or_else(|| TmuxError::NoSession(server.socket.clone()))?;
        let mut link = Self::start(server, session, launch)?;
        let who = DisplayMessage::new().print().message("#{pid} #{start_time}").build();
        link.send(&Command::repeatable(&who).line()?);
        let answer = timeout(PATIENCE, link.first_answer()).await;
        let answer = answer.map_err(|_| TmuxError::Silent(server.socket.clone()))??;
        link.client.is_attached = true;
        let same = format!("{} {}\n", server.pid, server.start_time);
        if answer == same { Ok(link) } else { Err(gone()) }
    }

    fn start(server: &ServerId, session: SessionId, launch: Launch) -> Result<Self, TmuxError> {
        // `ignore-size`: windows keep their size. `no-output`: what panes print is none of its business. Without `-E` it would
        // overwrite DISPLAY, SSH_AUTH_SOCK and their like in the session with the daemon's.
        let flags = ClientFlags { ignore_size: Some(true), no_output: Some(true), ..ClientFlags::default() };
        let attach = AttachSession::new().not_update_env().flags(flags).target_session(session.to_string()).build();
        let mut command = tmux(launch, &server.socket);
        command.arg("-C").args(Command::repeatable(&attach).arguments()?);
        // A group of its own: a Ctrl-C at the daemon's terminal is not for it.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let child = command.spawn().map_err(TmuxError::Missing)?;
        let mut client = Client { child, is_attached: false };
        let (Some(stdin), Some(stdout)) = (client.child.stdin.take(), client.child.stdout.take()) else {
            return Err(TmuxError::Missing(std::io::Error::other("its pipes are missing")));
        };
        let name = format!("client-{}", client.child.id().unwrap_or_default());
        Ok(Self {
            client,
            stdin,
            stdout,
            parser: Parser::default(),
            chunk: vec![0; 16 << 10].into(),
            outgoing: Vec::new(),
            sent: 0,
            written: 0,
            name,
            since: Instant::now(),
        })
    }

    /// Whether tmux has said something that is not read yet.
    pub fn has_unread(&self) -> bool {
        let mut waits = [PollFd::new(&self.stdout, PollFlags::IN)];
        !matches!(poll(&mut waits, Some(&Timespec::default())), Ok(0))
    }

    /// The answer to the first question: attaching itself is answered by a block that is not ours, and before it nothing is.
    async fn first_answer(&mut self) -> Result<String, TmuxError> {
        let mut events = Vec::new();
        loop {
            let alive = self.turn(&mut events).await;
            for event in events.drain(..) {
                match event {
                    Event::Reply(reply) if reply.ours && reply.done => {
                        return Ok(String::from_utf8_lossy(&reply.text).into_owned());
                    }
                    Event::Reply(reply) if !reply.done => {
                        return Err(TmuxError::Refused(String::from_utf8_lossy(&reply.text).trim().to_owned()));
                    }
                    Event::Reply(_) | Event::Notification(_) => {}
                }
            }
            if !alive {
                return Err(TmuxError::Refused("the control client ended before it was attached".into()));
            }
        }
    }

    /// Queues a line. Returns where it ends, to be compared with [`Link::written`].
    pub fn send(&mut self, line: &[u8]) -> u64 {
        self.outgoing.extend_from_slice(line);
        self.written + (self.outgoing.len() - self.sent) as u64
    }

    /// How many bytes wait to be written.
    pub fn backlog(&self) -> usize {
        self.outgoing.len() - self.sent
    }

    /// How many bytes the process has been given.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Reads or writes once, whichever can be done. What was read is appended to `events`. False when the client has ended.
    /// Nothing is lost when this is dropped half way.
    pub async fn turn(&mut self, events: &mut Vec<Event>) -> bool {
        tokio::select! {
            // Reading first: a tmux that is given more while nobody takes its answers stops reading.
            biased;
            read = self.stdout.read(&mut self.chunk) => match read {
                Ok(0) | Err(_) => false,
                Ok(length) => {
                    self.parser.feed(&self.chunk[..length], events);
                    true
                }
            },
            wrote = self.stdin.write(&self.outgoing[self.sent..]), if self.sent < self.outgoing.len() => match wrote {
                Ok(0) | Err(_) => false,
                Ok(length) => {
                    // The kernel likes to wake tmux on the core that we are on, where it would wait for all that we do before we sleep.
                    std::thread::yield_now();
                    self.sent += length;
                    self.written += length as u64;
                    if self.sent == self.outgoing.len() {
                        self.outgoing = Vec::new();
                        self.sent = 0;
                    }
                    true
                }
            },
        }
    }

    /// Lets go of the pipes and leaves the process to itself, as the kernel does when the daemon is killed.
    #[cfg(test)]
    pub fn abandon(self) {
        let Self { mut client, stdin, stdout, .. } = self;
        drop((stdin, stdout));
        // Reaped, and not killed, by a task that nobody waits for.
        tokio::spawn(async move { client.child.wait().await });
    }

    /// Ends it as tmux means it to end, by the end of its input; one that takes longer than that may take is killed.
    pub async fn leave(mut self, last: &[u8]) {
        let left = async {
            self.outgoing.extend_from_slice(last);
            // What cannot be written is of no use to anybody any more.
            let _ = self.stdin.write_all(&self.outgoing[self.sent..]).await;
            drop(self.stdin);
            let _ = tokio::io::copy(&mut self.stdout, &mut tokio::io::sink()).await;
            let _ = self.client.child.wait().await;
        };
        // When the time is up the client is dropped with the future, and killed by that.
        let _ = timeout(LEAVING, left).await;
    }
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
