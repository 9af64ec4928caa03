//! What a new worktree gets after its checkout: files of the project, and what the project's `setup:` commands make.
//!
//! The commands run with the variables of the project's agents, one after the other, in a process group of their own; the first that
//! fails ends it, and there is no worktree.

use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

use crate::base::{bound, test_point};
use crate::daemon::kinds::Settings;
use crate::daemon::services::Services;
use crate::daemon::variables;
use crate::project::manifest::WorktreeEntry;
use crate::project::registry::Project;
use crate::project::worktree::{self, Pattern};
use crate::protocol::{Code, WireError};

/// How long all commands may take together.
const LIMIT: Duration = Duration::from_secs(600);
/// How long what a command has said may take to arrive after its end.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// So much of what a command has said last is told, in bytes.
const TOLD: usize = 2000;

/// Brings the files and runs the commands. An error says which of them it was.
pub async fn set_up(
    services: &Arc<Services>,
    project: &Project,
    settings: &Settings,
    entry: &WorktreeEntry,
) -> Result<(), WireError> {
    let mut bring = settings.worktrees.bring.clone();
    // One that lies elsewhere is read there.
    bring.copy.extend(settings.env_files.iter().filter_map(|file| Pattern::parse(file).ok()));
    let (root, into) = (project.root.clone(), PathBuf::from(&entry.path));
    let outside = vec![root.join(".git"), project.folder.clone()];
    let brought = tokio::task::spawn_blocking(move || bring.carry_out(&root, &into, &outside)).await;
    let failed = |error: std::io::Error| {
        WireError::new(Code::SpawnFailed, format!("its files could not be brought along: {error}"))
    };
    brought.map_err(|error| WireError::new(Code::InternalError, error.to_string()))?.map_err(failed)?;
    if settings.worktrees.setup.is_empty() {
        return Ok(());
    }
    test_point::reach("create_worktree.setting_up");
    let all = variables::of_setup(services, &settings.env_files, &project.root).await?;
    let run_all = async {
        for line in &settings.worktrees.setup {
            run(line, entry, &all).await.map_err(|why| refused(line, &why))?;
        }
        Ok(())
    };
    let late = |_| Err(refused("…", &format!("all of it took more than {} minutes", LIMIT.as_secs() / 60)));
    timeout(LIMIT, run_all).await.unwrap_or_else(late)
}

fn refused(line: &str, why: &str) -> WireError {
    let text = format!("setup `{line}`: {why}");
    WireError::new(Code::SpawnFailed, text).with_hint("`setup:` in config.yaml says what is run in a new worktree")
}

/// Ends a process group when it is dropped: the commands end with whoever waits for them.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.map(|group| kill_process_group(group, Signal::KILL));
    }
}

async fn run(line: &str, entry: &WorktreeEntry, all: &variables::Variables) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let as_words = |(name, value): &(Vec<u8>, Vec<u8>)| {
        (std::ffi::OsString::from_vec(name.clone()), std::ffi::OsStr::from_bytes(value).to_owned())
    };
    let mut command = Command::from(bound::command("/bin/sh", Signal::KILL));
    command.args(["-c", line]).current_dir(&entry.path).env_clear().envs(all.iter().map(as_words));
    command.env("PWD", &entry.path).env(worktree::MAKES, &entry.id);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(text)?;
    let _group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (mut said, mut told) = (Vec::new(), Vec::new());
    let ended = {
        let reading = async { tokio::join!(keep_last(out, &mut said), keep_last(err, &mut told)) };
        tokio::pin!(reading);
        let ended = tokio::select! {
            ended = child.wait() => Some(ended),
            _ = &mut reading => None,
        };
        match ended {
            // What it leaves running may hold the pipes open for ever: its own end counts, and what is in them by then.
            Some(ended) => {
                let _ = timeout(LAST_WORDS, reading).await;
                ended
            }
            None => child.wait().await,
        }
    };
    let ended = ended.map_err(text)?;
    if ended.success() {
        return Ok(());
    }
    told.splice(0..0, said);
    let told = String::from_utf8_lossy(&told);
    Err(format!("{ended}\n{}", told.trim_end()))
}

/// Reads to the end and keeps what came last.
async fn keep_last(from: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut from) = from else { return };
    let mut chunk = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..count]);
        let over = kept.len().saturating_sub(TOLD);
        kept.drain(..over);
    }
}
