//! What has changed in worktrees, against the git process that says the same.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::client::Client;
use crate::clock::{timed, until};
use crate::daemon::Daemon;
use crate::repository::{Side, by_turns, change, file, git, make, worktree};
use crate::table::{Figure, median, millis};

const FILES: usize = 20_000;
const CHANGED: usize = 200;
const ROUNDS: usize = 30;
const WORKTREES: usize = 20;
const CREATED: usize = 9;

/// The diff of one worktree through the daemon, and how much has changed in it, counted anew.
pub fn diff() -> Result<Vec<Figure>> {
    let daemon = Daemon::start()?;
    make(&daemon, FILES)?;
    let mut client = daemon.client()?;
    let (folder, id) = worktree(&daemon, &mut client, "work")?;
    // In a new worktree git compares the content of every file that is as new as its index, by the second: anything from 25 to 125 ms.
    // This takes that from it, as any `git status` of an agent does, so that we are compared with git at its fastest.
    file_is_old(&folder)?;
    git(&daemon, &folder, &["status"])?;
    change(&folder, CHANGED, FILES)?;
    let root = daemon.project();
    let whole = json!({"type": "diff", "project_root": root, "worktree_id": id});
    let pulse = json!({"type": "pulse", "project_root": root});
    let (mut ours, mut gits, mut counted, mut counts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let first = ask(&mut client, &whole, "\"files_changed\":200")?;
    for round in 0..ROUNDS {
        ours.push(ask(&mut client, &whole, "\"files_changed\":200")?);
        gits.push(run(&daemon, &folder, &["diff", "--merge-base", "main"])?);
        // A change that was there already, so that both count the same.
        fs::write(folder.join(file(0)), format!("round {round}\n"))?;
        counted.push(ask(&mut client, &pulse, "\"files_changed\":200")?);
        counts.push(run(&daemon, &folder, &["diff", "--shortstat", "--merge-base", "main"])?);
    }
    let first = format!(", the first {:.1} ms", millis(first));
    Ok(vec![
        compared("diff, 200 of 20,000 files changed / git diff", &ours, &gits, &first),
        compared("pulse, counted anew / git diff --shortstat", &counted, &counts, ""),
    ])
}

/// A worktree with an agent in it, against git's part of that alone.
pub fn create() -> Result<Vec<Figure>> {
    let daemon = Daemon::start()?;
    make(&daemon, FILES)?;
    let mut client = daemon.client()?;
    let root = daemon.project();
    let (mut ours, mut gits) = (Vec::new(), Vec::new());
    by_turns(CREATED, |round, side| match side {
        Side::Git => {
            let (bare, branch) = (format!("{root}-bare-{round}"), format!("bare-{round}"));
            gits.push(run(&daemon, Path::new(&root), &["worktree", "add", "--quiet", "-b", &branch, &bare])?);
            Ok(())
        }
        Side::Ours => {
            let name = format!("ours-{round}");
            let request = json!({"type": "spawn", "project_root": root, "name": name, "command": "sleep 1000"});
            let (time, spawned) = timed(|| client.ask(&request, "spawn_result"));
            ours.push(time);
            spawned.map(drop)
        }
    })?;
    let (ours, git) = (median(&ours), median(&gits));
    let ratio = ours.as_secs_f64() / git.as_secs_f64();
    let measured = format!("{ratio:.2}x ({:.0} ms, git {:.0} ms)", millis(ours), millis(git));
    Ok(vec![Figure::new("a worktree and an agent in it / git worktree add", ratio, 1.15, measured, "≤ 1.15x")])
}

/// Many worktrees in which nothing has changed since the last question.
pub fn pulse() -> Result<Vec<Figure>> {
    let daemon = Daemon::start()?;
    make(&daemon, FILES)?;
    let mut client = daemon.client()?;
    for number in 0..WORKTREES {
        worktree(&daemon, &mut client, &format!("work{number}"))?;
    }
    let request = json!({"type": "pulse", "project_root": daemon.project()});
    let first = ask(&mut client, &request, "\"files_changed\":0")?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        times.push(ask(&mut client, &request, "\"files_changed\":0")?);
    }
    let time = millis(median(&times));
    let measured = format!("{time:.2} ms (the first {:.0} ms)", millis(first));
    Ok(vec![Figure::new("pulse, 20 worktrees of 20,000 files, unchanged", time, 20.0, measured, "≤ 20 ms")])
}

fn ask(client: &mut Client, request: &serde_json::Value, expected: &str) -> Result<Duration> {
    let line = format!("{request}\n");
    let (time, answer) = timed(|| client.exchange(line.as_bytes()).map(|answer| (answer.len(), answer.to_vec())));
    let (_, answer) = answer?;
    let text = String::from_utf8_lossy(&answer);
    ensure!(
        text.contains(expected) && !text.contains("error\""),
        "{expected} is not in {}",
        &text[..text.len().min(500)]
    );
    Ok(time)
}

fn run(daemon: &Daemon, folder: &Path, words: &[&str]) -> Result<Duration> {
    let (time, done) = timed(|| git(daemon, folder, words));
    done?;
    Ok(time)
}

/// Waits until the newest file of a checkout is older than a second.
fn file_is_old(folder: &Path) -> Result<()> {
    let newest = folder.join(file(FILES - 1)).metadata()?.modified()?;
    let is_old = || newest.elapsed().is_ok_and(|age| age.as_millis() > 1100).then_some(());
    until("a checkout that is a second old", Duration::from_secs(10), is_old)
}

fn compared(what: &'static str, ours: &[Duration], gits: &[Duration], more: &str) -> Figure {
    let (ours, git) = (median(ours), median(gits));
    let ratio = ours.as_secs_f64() / git.as_secs_f64();
    let measured = format!("{ratio:.2}x ({:.1} ms, git {:.1} ms{more})", millis(ours), millis(git));
    Figure::new(what, ratio, 1.0, measured, "≤ 1.0x")
}
