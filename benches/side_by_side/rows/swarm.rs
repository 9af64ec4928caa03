//! A swarm of 16 agents in 4 worktrees, against four `git worktree add` in a row, in a repository of 20,000 files.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::client::Client;
use crate::clock::timed;
use crate::daemon::Daemon;
use crate::table::{Figure, median, millis};

const FILES: usize = 20_000;
const FOLDERS: usize = 200;
const WORKTREES: usize = 4;
const ROUNDS: usize = 5;

pub fn measure() -> Result<Vec<Figure>> {
    let daemon = Daemon::start()?;
    let root = daemon.project();
    let root = Path::new(&root);
    fill(root)?;
    let mut client = daemon.client()?;
    let mut ask = |request: Value, reply: &str| ask(&mut client, &daemon, request, reply);
    ask(json!({"type": "save_agent_def", "name": "a", "agent_type": "terminal", "command": "sleep 1000"}), "ok")?;
    let roster = json!([{"agent_def": "a", "quantity": 4}]);
    ask(json!({"type": "save_swarm_def", "name": "s", "worktree_count": WORKTREES, "roster": roster}), "ok")?;
    let (mut ratios, mut ours, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (git_time, added) = timed(|| add(root, round));
        added?;
        let (our_time, run) = timed(|| ask(json!({"type": "run_swarm", "swarm_name": "s"}), "run_swarm_result"));
        let run = run?;
        ensure!(run["spawned_agents"].as_array().map(Vec::len) == Some(WORKTREES * 4), "{run}");
        ratios.push((our_time.as_secs_f64() / git_time.as_secs_f64() * 1000.0) as u64);
        ours.push(our_time);
        bare.push(git_time);
        // What lies there makes the next round no slower.
        let undone = ask(json!({"type": "undo_swarm", "run_id": run["run_id"]}), "undo_swarm_result")?;
        ensure!(undone["removed"].as_array().map(Vec::len) == Some(WORKTREES), "{undone}");
        remove(root, round)?;
    }
    let value = median(&ratios) as f64 / 1000.0;
    let shown = |times: &[Duration]| millis(median(times));
    let measured = format!("{value:.2}x ({:.0} ms, git {:.0} ms)", shown(&ours), shown(&bare));
    let what = "swarm of 16 agents in 4 worktrees / four `git worktree add`, 20,000 files";
    Ok(vec![Figure::new(what, value, 0.7, measured, "≤ 0.7x on two cores")])
}

fn ask(client: &mut Client, daemon: &Daemon, mut request: Value, reply: &str) -> Result<Value> {
    request["project_root"] = daemon.project().into();
    client.ask(&request, reply)
}

fn fill(root: &Path) -> Result<()> {
    git(root, &["init", "--quiet", "--initial-branch=main"])?;
    for folder in 0..FOLDERS {
        let path = root.join(format!("folder-{folder}"));
        std::fs::create_dir(&path)?;
        for file in 0..FILES / FOLDERS {
            std::fs::write(path.join(format!("file-{file}")), format!("{folder} {file}\n").repeat(40))?;
        }
    }
    std::fs::write(root.join(".git/info/exclude"), ".pintle/\n")?;
    git(root, &["add", "--all"])?;
    git(root, &["commit", "--quiet", "--message=all"])
}

fn names(root: &Path, round: usize) -> Vec<(String, String)> {
    let name = |number: usize| format!("bare-{round}-{number}");
    let folder = root.with_file_name("bare");
    (0..WORKTREES).map(|number| (name(number), folder.join(name(number)).to_string_lossy().into_owned())).collect()
}

fn add(root: &Path, round: usize) -> Result<()> {
    names(root, round).iter().try_for_each(|(name, path)| git(root, &["worktree", "add", "--quiet", "-b", name, path]))
}

fn remove(root: &Path, round: usize) -> Result<()> {
    names(root, round).iter().try_for_each(|(_, path)| git(root, &["worktree", "remove", "--force", path]))
}

/// git as nobody's own settings change it.
fn git(root: &Path, words: &[&str]) -> Result<()> {
    let mut command = Command::new("git");
    command.current_dir(root).args(["-c", "user.name=Bench", "-c", "user.email=bench@example.org"]).args(words);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.output().context("git")?;
    ensure!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
