//! What the palette has done by the daemon, on threads of its own: a kill takes seconds, and meanwhile the keyboard is heard.
//!
//! One thread follows the project, one fetches screens, and each deed has its own. None outlives the process, and none is waited
//! for at its end: what was asked of the daemon is done whether anybody hears the answer or not.

use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use serde_json::json;

use super::event::{Deed, Event, Told};
use super::kept;
use super::mailbox::Sender;

use crate::cli::commands::resume;
use crate::cli::show::Place;
use crate::client::{Client, ClientError, Connector};
use crate::protocol::WireError;
use crate::protocol::bytes::HexBytes;
use crate::protocol::cmd::request::ListEnvs;
use crate::protocol::cmd::{Reply, parse_reply};
use crate::protocol::limits::ANSWER_WAIT;
use crate::protocol::typed::request::{self, KillTarget, SuspendTarget};
use crate::protocol::typed::{Line, Request, StreamLine, parse_line};

/// Knows the daemon and the project.
#[derive(Debug, Clone)]
pub struct Desk {
    /// Makes a connection for each deed. Those who only look and listen start no daemon: a palette that nobody uses must not undo
    /// a `pintle daemon stop`.
    pub connector: Connector,
    /// The project's root folder.
    pub root: String,
    /// Where a new pane would be opened, or why none can be.
    pub place: Result<Place, WireError>,
    /// Where what has happened is told.
    pub sender: Sender,
}

/// Follows the project until it is dropped.
#[derive(Debug)]
pub struct Follower(UnixStream);

impl Drop for Follower {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

impl Desk {
    /// Tells the project's kinds, and its agents and worktrees now and after every change.
    pub fn follow(&self) -> Result<Follower, ClientError> {
        let mut client = self.listener();
        let follower = Follower(client.stream()?.try_clone().map_err(ClientError::Io)?);
        let desk = self.clone();
        thread::spawn(move || {
            if let Err(error) = desk.listen(client) {
                desk.sender.send(Event::Deaf(deaf(&error)));
            }
        });
        Ok(follower)
    }

    fn listen(&self, mut client: Client) -> Result<(), ClientError> {
        let kinds = client.ask(request::GetConfig { project_root: self.root.clone() })?;
        let mut heard = self.sender.send(Event::Kinds(kinds))
            && self.tell_environments(&mut client)?
            && self.sender.send(Event::Definitions(kept::of_project(&mut client, &self.root)?));
        while heard {
            client.call(&Request::from(request::SubscribeStatus { project_root: self.root.clone() }))?;
            while heard && let Some(line) = client.next_line()? {
                if let Ok(Line::Stream(StreamLine::StatusEvent(event))) = parse_line(&line) {
                    heard = self.sender.send(Event::Status(event.0));
                }
            }
            // The daemon was replaced, and the next one answers at the same place.
            client = self.listener();
        }
        Ok(())
    }

    fn listener(&self) -> Client {
        Client::new(self.connector.clone().starting_none())
    }

    /// The environments, where there is a pane to set them for.
    fn tell_environments(&self, client: &mut Client) -> Result<bool, ClientError> {
        if self.place.is_err() {
            return Ok(true);
        }
        let (reply, _) = client.ask_cmd(ListEnvs { reveal: false })?;
        let Reply::ListEnvs(list) = reply else { return Ok(true) };
        let envs = list.envs.into_iter().map(|env| (env.name, env.description.unwrap_or_default()));
        Ok(self.sender.send(Event::Environments(envs.collect())))
    }

    /// Fetches the screens of the agents whose ids it is sent, one after the other.
    pub fn looker(&self) -> SyncSender<String> {
        let (sender, ids) = sync_channel(1);
        let desk = self.clone();
        thread::spawn(move || desk.look(&ids));
        sender
    }

    fn look(&self, ids: &Receiver<String>) {
        let mut client = self.listener();
        for agent_id in ids {
            let capture = request::Capture { agent_id: agent_id.clone(), start: None, end: None, ansi: true };
            let screen = client.ask(capture).map(|answer| answer.content).map_err(|error| words(&error));
            if !self.sender.send(Event::Screen(agent_id, screen)) {
                return;
            }
        }
    }

    /// Does something, and tells what came of it.
    pub fn carry_out(&self, deed: Deed) {
        let desk = self.clone();
        thread::spawn(move || {
            let mut client = Client::new(desk.connector.clone());
            let done = desk.ask(&mut client, deed).map_err(|error| words(&error));
            desk.sender.send(Event::Done(done));
        });
    }

    fn ask(&self, client: &mut Client, deed: Deed) -> Result<Told, ClientError> {
        let project_root = self.root.clone();
        match deed {
            Deed::Init => client.ask(request::Init { project_root }).map(|_| Told::Initialised),
            Deed::Spawn(kind, worktree, prompt) => {
                let root = worktree.is_none();
                let spawn = request::Spawn {
                    project_root,
                    prompt,
                    agent: Some(kind),
                    root,
                    worktree,
                    ..request::Spawn::default()
                };
                client.ask(spawn).map(|answer| Told::Spawned(answer.agent_id))
            }
            Deed::Start(start, given) => kept::start(client, project_root, start, given),
            Deed::Send(agent_id, text) => {
                let data = HexBytes(text.into_bytes());
                client.ask(request::Input { agent_id, submit: true, data }).map(|_| said("sent"))
            }
            Deed::Rename(agent_id, name) => {
                let renamed = client.ask(request::Rename { project_root, agent_id, name });
                renamed.map(|answer| said(format!("it is called {} now", answer.name)))
            }
            Deed::Kill(id) => {
                let target = KillTarget::Agent { id };
                client.ask(request::Kill { project_root, target, exclude: Vec::new() }).map(|_| said("it has ended"))
            }
            Deed::Suspend(id) => suspend(client, project_root, SuspendTarget::Agent { id }),
            Deed::SuspendAll => suspend(client, project_root, SuspendTarget::All),
            Deed::Resume(agent_id) => {
                client.ask(request::Resume { project_root, agent_id }).map(|_| said("it goes on"))
            }
            Deed::ResumeAll => resume_all(client, &project_root),
            Deed::Split(id) => self.place.clone()?.open(client, &id).map(|()| Told::Shown),
            Deed::Shell(folder) => {
                let place = self.place.clone()?.in_folder(Some(folder));
                place.open_shell(client).map(|()| Told::Shown)
            }
            Deed::SetEnv(name) => {
                self.place.clone()?.set_env(client, &name).map(|()| said(format!("{name} holds in the pane")))
            }
            Deed::Reload => reload(client),
        }
    }
}

fn suspend(client: &mut Client, project_root: String, target: SuspendTarget) -> Result<Told, ClientError> {
    let answer = client.ask(request::Suspend { project_root, target })?;
    Ok(said(match answer.suspended.len() {
        0 => "nothing to suspend".to_owned(),
        1 => "suspended".to_owned(),
        several => format!("{several} agents are suspended"),
    }))
}

/// All that can go on do; of those that cannot, the first says why.
fn resume_all(client: &mut Client, project_root: &str) -> Result<Told, ClientError> {
    let answers = resume::all(client, project_root)?;
    let resumed = match answers.iter().filter(|answer| answer.is_ok()).count() {
        0 => "nothing goes on".to_owned(),
        1 => "one agent goes on".to_owned(),
        several => format!("{several} agents go on"),
    };
    let failed = answers.iter().find_map(|answer| answer.as_ref().err());
    Ok(said(failed.map_or(resumed.clone(), |error| format!("{resumed}; {}", words(error)))))
}

fn reload(client: &mut Client) -> Result<Told, ClientError> {
    let line = client.call_raw(&json!({"cmd": "reload"}), ANSWER_WAIT)?;
    match parse_reply(&line)? {
        Reply::Reload(answer) if answer.warnings.is_empty() => Ok(said("settings are read again")),
        Reply::Reload(answer) => Ok(said(answer.warnings.join("\n"))),
        other => Err(ClientError::Strange(format!("{other:?} to `reload`"))),
    }
}

pub(super) fn said(text: impl Into<String>) -> Told {
    Told::Words(text.into())
}

/// Why nothing is heard any more, in a line.
pub fn deaf(error: &ClientError) -> String {
    format!("no news any more: {}", words(error))
}

/// An error and what to do about it, in a line.
fn words(error: &ClientError) -> String {
    match error.hint() {
        Some(hint) => format!("{error} ({hint})"),
        None => error.to_string(),
    }
}
