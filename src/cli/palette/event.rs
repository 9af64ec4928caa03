//! What happens to the palette, and what it wants done: the words between [`super::state`] and everything around it.

use super::entry::{Kept, Start};
use super::line::Line;
use crate::cli::keyboard::Key;
use crate::protocol::typed::reply::{ConfigReport, StatusReport};

/// What happens to the palette.
#[derive(Debug)]
pub enum Event {
    /// A key.
    Key(Key),
    /// The terminal has so many columns and rows now.
    Resized(u16, u16),
    /// The project's agents and worktrees as they are now.
    Status(StatusReport),
    /// The kinds that can be spawned.
    Kinds(ConfigReport),
    /// The environments that the pane can have, each with what is said of it.
    Environments(Vec<(String, String)>),
    /// What the project keeps to start from.
    Definitions(Vec<Kept>),
    /// An agent's screen, with colours, or why it cannot be seen.
    Screen(String, Result<String, String>),
    /// What came of the deed that was asked for.
    Done(Result<Told, String>),
    /// There is no news any more, and why.
    Deaf(String),
}

/// What a deed that went well leaves to be said or shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// This.
    Words(String),
    /// The folder is a project now.
    Initialised,
    /// An agent runs; this is its id.
    Spawned(String),
    /// The agent is shown elsewhere, so that nothing is left to do here.
    Shown,
}

/// What is to be done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Fetch this agent's screen.
    Look(String),
    /// Listen for the project's agents, and ask for its kinds.
    Follow,
    /// Do this, and say what came of it.
    Do(Deed),
    /// End, and go on with this.
    Leave(Outcome),
}

/// Something that the daemon is asked to do, one at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Make a project of the folder.
    Init,
    /// Start an agent of this kind, in the worktree with this id or in the project's own folder, and ask it to do this.
    Spawn(String, Option<String>, String),
    /// Open a shell in this folder, in a new pane.
    Shell(String),
    /// Start what is kept, with what its placeholders stand for.
    Start(Start, Vec<(String, String)>),
    /// Type a text into an agent and press Enter.
    Send(String, String),
    /// Give an agent another name.
    Rename(String, String),
    /// End an agent.
    Kill(String),
    /// Let an agent rest.
    Suspend(String),
    /// Let all agents rest.
    SuspendAll,
    /// Let an agent go on.
    Resume(String),
    /// Let all that are suspended go on.
    ResumeAll,
    /// Show an agent in a new pane.
    Split(String),
    /// Let an environment hold in the pane.
    SetEnv(String),
    /// Read the settings again.
    Reload,
}

/// How the palette ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing more.
    Left,
    /// This agent is shown here.
    Attach(String),
    /// What has changed in this worktree is shown here.
    Diff(String),
}

/// What the keys mean now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// They search and choose.
    Choose,
    /// They answer a question with a line.
    Ask(Question, Line),
    /// They say yes or no.
    Confirm(String, Deed),
}

/// What a line is typed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// What the agent with this id and name is told.
    Send(String, String),
    /// What it is called from now on.
    Rename(String, String),
    /// What a new agent of this kind is asked to do, in the worktree with this id.
    Spawn(String, Option<String>),
    /// What the next placeholder stands for, after those that have been answered.
    Value(Start, Vec<(String, String)>),
}

/// A word about what has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// It.
    pub text: String,
    /// It went wrong.
    pub bad: bool,
}

impl Deed {
    /// What is said while it is being done.
    pub fn under_way(&self) -> &'static str {
        match self {
            Deed::Init => "making a project…",
            Deed::Spawn(..) | Deed::Start(..) => "starting it…",
            Deed::Send(..) => "typing it…",
            Deed::Rename(..) => "renaming it…",
            Deed::Kill(_) => "ending it; it has five seconds…",
            Deed::Suspend(_) | Deed::SuspendAll => "suspending…",
            Deed::Resume(_) | Deed::ResumeAll => "resuming…",
            Deed::Split(_) | Deed::Shell(_) => "opening a pane…",
            Deed::SetEnv(_) => "setting it…",
            Deed::Reload => "reading settings…",
        }
    }
}
