//! `pintle swarm run NAME` and `pintle swarm undo RUN`

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::thread;

use clap_complete::ArgValueCandidates;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use crate::cli::attach::Signals;
use crate::cli::complete;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::warn;
use crate::cli::output::one_line;
use crate::client::{Client, ClientError, Ran};
use crate::protocol::typed::reply::{StatusReport, SwarmDefDetail, UndoSwarmResult};
use crate::protocol::typed::request::{GetSwarmDef, RunSwarm, Status, SubscribeStatus, UndoSwarm};
use crate::protocol::typed::{Line, Request, StreamLine, parse_line};

/// Start a swarm: its worktrees, and its agents in them
///
/// Everything is checked before anything starts. When an agent cannot be started no more are begun, those that run stay, and the exit code is
/// 1; `pintle swarm undo RUN` takes them back. A name that is taken by an earlier run gets -2, -3 and so on. C-c leaves the run to itself; it goes
/// on.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its name
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::swarms))]
    name: String,
    /// What {{NAME}} stands for in its agents' prompts; once for each
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable, add = ArgValueCandidates::new(complete::placeholders))]
    vars: Vec<(String, String)>,
}

/// Take a run back: end its agents, and remove those of its worktrees that hold no work
///
/// A worktree with files that are not committed, with commits that are nowhere else, or with other agents in it stays.
#[derive(Debug, clap::Args)]
pub struct UndoArgs {
    /// The run; `pintle swarm runs` lists them
    #[arg(value_name = "RUN", add = ArgValueCandidates::new(complete::swarm_runs))]
    run: String,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it takes NAME=VALUE")?;
    if name.is_empty() { Err("a name is missing".to_owned()) } else { Ok((name.to_owned(), value.to_owned())) }
}

/// Starts it, shows how far it is, and says what runs.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let project_root = context.project_root()?;
    let mut client = context.client();
    let def = client.ask(GetSwarmDef { project_root: project_root.clone(), name: args.name.clone(), scope: None })?;
    let signals = Signals::listen()?;
    let progress = match context.output.is_json() || !std::io::stderr().is_terminal() {
        true => None,
        false => Some(Progress::begin(context, &mut client, &project_root, &def)?),
    };
    let vars = args.vars.iter().cloned().collect();
    let request = RunSwarm { project_root: project_root.clone(), swarm_name: args.name.clone(), vars };
    let came = first_of(&signals, move || {
        let ran = client.ask(request);
        (client, ran)
    })?;
    if let Some(progress) = progress {
        progress.end(matches!(came, Came::Signal(_)));
    }
    let (mut client, ran) = match came {
        Came::Answer(answer) => answer,
        Came::Signal(signal) => {
            let said = format!("the run of {} goes on: nobody waits for it any more", one_line(&args.name));
            warn(&said, "`pintle swarm runs` lists it, `pintle swarm undo RUN` takes it back", context.color);
            return Ok(Exit::Signal(signal));
        }
    };
    match ran? {
        Ran::Whole(answer) => {
            context.output.answer(&answer, |answer| {
                lines(&mut client, &project_root, &answer.spawned_agents) + &undo_line(&answer.run_id)
            })?;
            Ok(Exit::Done)
        }
        Ran::Partial(answer) => {
            context.output.answer(&answer, |answer| lines(&mut client, &project_root, &answer.spawned_agents))?;
            let hint = format!("those above run; `pintle swarm undo {}` takes them back", answer.run_id);
            warn(&answer.error_message, &hint, context.color);
            Ok(Exit::Failed)
        }
    }
}

/// What came first of an answer and a signal that asks to end.
enum Came<T> {
    Answer(T),
    Signal(i32),
}

/// Asks on a thread of its own, which is left alone when a signal comes: what was asked is carried out in any case.
fn first_of<T: Send + 'static>(signals: &Signals, ask: impl FnOnce() -> T + Send + 'static) -> io::Result<Came<T>> {
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

fn undo_line(run: &str) -> String {
    format!("{run}: `pintle swarm undo {run}` takes it back\n")
}

/// A line for each agent: id, name, worktree. Where that cannot be asked, the ids.
fn lines(client: &mut Client, root: &str, ids: &[String]) -> String {
    let report = client.ask(Status { project_root: root.to_owned(), agent_id: None }).unwrap_or_default();
    let worktree = |id: &str| report.worktrees.iter().find(|worktree| worktree.id == id).map(|it| one_line(&it.name));
    let line = |id: &String| match report.agents.iter().find(|agent| agent.id == *id) {
        Some(agent) => {
            let place = agent.worktree_id.as_deref().and_then(worktree);
            let place = place.map_or_else(String::new, |name| format!("  in {name}"));
            format!("{id}  {}{place}\n", one_line(&agent.name))
        }
        None => format!("{id}\n"),
    };
    ids.iter().map(line).collect()
}

/// Takes a run back, and says what stays.
pub fn undo(context: &Context, args: &UndoArgs) -> anyhow::Result<Exit> {
    let project_root = context.project_root()?;
    let answer = context.client().ask(UndoSwarm { project_root, run_id: args.run.clone() })?;
    context.output.answer(&answer, undone)?;
    Ok(Exit::Done)
}

fn undone(answer: &UndoSwarmResult) -> String {
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let (killed, removed) = (many(answer.killed.len(), "agent"), many(answer.removed.len(), "worktree"));
    let kept = answer.kept.iter().map(|kept| format!("{} stays: {}\n", one_line(&kept.name), one_line(&kept.reason)));
    format!("{killed} ended, {removed} removed\n") + &kept.collect::<String>()
}

/// A bar that follows the project while a swarm starts.
struct Progress {
    bar: ProgressBar,
    stream: UnixStream,
    follower: thread::JoinHandle<()>,
}

impl Progress {
    fn begin(context: &Context, client: &mut Client, root: &str, def: &SwarmDefDetail) -> Result<Self, ClientError> {
        let fields = &def.fields;
        let in_each =
            fields.roster.iter().map(|entry| entry.quantity).sum::<u64>() + u64::from(fields.include_terminal);
        let before = client.ask(Status { project_root: root.to_owned(), agent_id: None })?;
        let total = in_each * fields.worktree_count.max(1);
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("agents [{bar:30}] {pos}/{len}{msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        let mut follower = context.client_of_running();
        follower.call(&Request::from(SubscribeStatus { project_root: root.to_owned() }))?;
        let stream = follower.stream()?.try_clone().map_err(ClientError::Io)?;
        let (shown, worktrees) = (bar.clone(), fields.worktree_count);
        let follower = thread::spawn(move || {
            while let Ok(Some(line)) = follower.next_line() {
                if let Ok(Line::Stream(StreamLine::StatusEvent(event))) = parse_line(&line) {
                    show(&shown, &before, &event.0, worktrees);
                }
            }
        });
        Ok(Self { bar, stream, follower })
    }

    /// Takes the bar away, or leaves it as it is where the swarm is left before it is there.
    fn end(self, is_left: bool) {
        // The follower ends with its connection, and nothing is drawn after that.
        let _ = self.stream.shutdown(Shutdown::Both);
        let _ = self.follower.join();
        match is_left {
            true => self.bar.abandon(),
            false => self.bar.finish_and_clear(),
        }
    }
}

/// What is there now and was not before.
fn show(bar: &ProgressBar, before: &StatusReport, now: &StatusReport, worktrees: u64) {
    let known: BTreeSet<&str> = before.agents.iter().map(|agent| agent.id.as_str()).collect();
    let old: BTreeSet<&str> = before.worktrees.iter().map(|worktree| worktree.id.as_str()).collect();
    let new = now.agents.iter().filter(|agent| !known.contains(agent.id.as_str())).count();
    let made = now.worktrees.iter().filter(|it| it.status == "active" && !old.contains(it.id.as_str())).count();
    bar.set_position(new as u64);
    if worktrees > 0 {
        bar.set_message(format!("  worktrees {made}/{worktrees}"));
    }
    bar.tick();
}
