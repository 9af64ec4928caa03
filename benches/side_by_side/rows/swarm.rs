//! A swarm of 16 agents in 4 worktrees, against four `git worktree add` in a row, in a repository of 20,000 files.

use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::clock::timed;
use crate::daemon::Daemon;
use crate::repository::{Side, by_turns, git, make};
use crate::table::{Figure, median, millis};

const FILES: usize = 20_000;
const WORKTREES: usize = 4;
const ROUNDS: usize = 6;

pub fn measure() -> Result<Vec<Figure>> {
    let daemon = Daemon::start()?;
    make(&daemon, FILES)?;
    let root = daemon.project();
    let mut client = daemon.client()?;
    let mut ask = |mut request: Value, reply: &str| {
        request["project_root"] = root.as_str().into();
        client.ask(&request, reply)
    };
    ask(json!({"type": "save_agent_def", "name": "a", "agent_type": "terminal", "command": "sleep 1000"}), "ok")?;
    let roster = json!([{"agent_def": "a", "quantity": 4}]);
    ask(json!({"type": "save_swarm_def", "name": "s", "worktree_count": WORKTREES, "roster": roster}), "ok")?;
    let (mut ours, mut gits) = (Vec::new(), Vec::new());
    by_turns(ROUNDS, |round, side| match side {
        Side::Git => {
            let (time, added) = timed(|| (0..WORKTREES).try_for_each(|number| add(&daemon, round, number)));
            gits.push(time);
            added
        }
        Side::Ours => {
            let (time, run) = timed(|| ask(json!({"type": "run_swarm", "swarm_name": "s"}), "run_swarm_result"));
            ours.push(time);
            let run = run?;
            ensure!(run["spawned_agents"].as_array().map(Vec::len) == Some(WORKTREES * 4), "{run}");
            Ok(())
        }
    })?;
    let (ours, git) = (median(&ours), median(&gits));
    let ratio = ours.as_secs_f64() / git.as_secs_f64();
    let measured = format!("{ratio:.2}x ({:.0} ms, git {:.0} ms)", millis(ours), millis(git));
    let what = "swarm of 16 agents in 4 worktrees / four `git worktree add`, 20,000 files";
    Ok(vec![Figure::new(what, ratio, 0.7, measured, "≤ 0.7x on two cores")])
}

fn add(daemon: &Daemon, round: usize, number: usize) -> Result<()> {
    let (root, branch) = (daemon.project(), format!("bare-{round}-{number}"));
    git(daemon, Path::new(&root), &["worktree", "add", "--quiet", "-b", &branch, &format!("{root}-{branch}")])
}
