//! How far a swarm is, on a terminal.

use std::collections::BTreeSet;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::thread;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::context::Context;
use crate::client::{Client, ClientError};
use crate::protocol::typed::reply::{StatusReport, SwarmDefDetail};
use crate::protocol::typed::request::{Status, SubscribeStatus};
use crate::protocol::typed::{Line, Request, StreamLine, parse_line};

/// A bar that follows the project while a swarm starts.
pub struct Progress {
    bar: ProgressBar,
    stream: UnixStream,
    follower: thread::JoinHandle<BTreeSet<String>>,
}

/// How far it was.
pub struct Far {
    /// `2 of 4`.
    pub agents: String,
    /// The run, where no other one was begun meanwhile.
    pub run_id: Option<String>,
}

impl Progress {
    /// Begins to follow. What is there already is not counted.
    pub fn begin(
        context: &Context,
        client: &mut Client,
        root: &str,
        def: &SwarmDefDetail,
    ) -> Result<Self, ClientError> {
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
            let mut runs = BTreeSet::new();
            while let Ok(Some(line)) = follower.next_line() {
                if let Ok(Line::Stream(StreamLine::StatusEvent(event))) = parse_line(&line) {
                    show(&shown, &before, &event.0, worktrees);
                    runs.extend(runs_of(&event.0));
                }
            }
            let known: Vec<String> = runs_of(&before).collect();
            runs.retain(|run| !known.contains(run));
            runs
        });
        Ok(Self { bar, stream, follower })
    }

    /// Takes the bar away.
    pub fn end(self) -> Far {
        // The follower ends with its connection, and nothing is drawn after that.
        let _ = self.stream.shutdown(Shutdown::Both);
        let mut runs = self.follower.join().unwrap_or_default();
        let agents = format!("{} of {}", self.bar.position(), self.bar.length().unwrap_or_default());
        self.bar.finish_and_clear();
        Far { agents, run_id: runs.pop_first().filter(|_| runs.is_empty()) }
    }
}

fn runs_of(report: &StatusReport) -> impl Iterator<Item = String> + '_ {
    let agents = report.agents.iter().map(|agent| &agent.swarm_run);
    agents.chain(report.worktrees.iter().map(|worktree| &worktree.swarm_run)).flatten().cloned()
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
