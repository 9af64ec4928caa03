//! One run of `git`.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use thiserror::Error;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::base::bound;

/// git could not do it.
#[derive(Debug, Error)]
pub enum GitError {
    /// There is no git, or it cannot be started.
    #[error("git cannot be run: {0}")]
    Missing(std::io::Error),
    /// It refused.
    #[error("git {verb}: {said}")]
    Refused {
        /// What it was to do.
        verb: String,
        /// What it said, on one line.
        said: String,
    },
}

/// Variables with which whoever started the daemon may have named another repository: a git hook does.
const ELSEWHERE: [&str; 7] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

/// For what only looks: git would write down what it has seen on the way, and say that it cannot where the disk is full.
pub const NO_LOCKS: &str = "--no-optional-locks";

/// Runs git in a folder and returns what it printed, without the line break at its end. A refusal is an error with git's own words.
pub async fn git<W: AsRef<OsStr>>(folder: &Path, words: &[W]) -> Result<String, GitError> {
    said(words, run(Command::new("git"), folder, words).await?)
}

/// Carried by everything that makes a worktree: git with its filters and hooks, and the set-up commands. Its value is the worktree's id, by
/// which the next daemon finds what has outlived one that was killed meanwhile.
pub const MAKES: &str = "PINTLE_MAKES";

/// The same as a part of making the worktree with this id.
pub async fn git_making<W: AsRef<OsStr>>(id: &OsStr, folder: &Path, words: &[W]) -> Result<String, GitError> {
    let mut command = Command::new("git");
    command.env(MAKES, id);
    said(words, run(command, folder, words).await?)
}

/// The same for what may take long. It is killed when this process ends, in whatever way: a checkout that went on alone would write into
/// a folder that the next daemon removes. To be called on a thread that lives as long as the process.
pub async fn git_making_bound<W: AsRef<OsStr>>(id: &OsStr, folder: &Path, words: &[W]) -> Result<String, GitError> {
    let mut command = Command::from(bound::command("git", Signal::KILL));
    command.env(MAKES, id);
    said(words, run(command, folder, words).await?)
}

fn said<W: AsRef<OsStr>>(words: &[W], output: Output) -> Result<String, GitError> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    // A checkout shows its progress in front of what went wrong.
    let last: Vec<&str> = said.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect();
    let told = last.iter().position(|line| line.starts_with("fatal:") || line.starts_with("error:")).unwrap_or(0);
    let verb = verb(words);
    let said = match last.get(told..) {
        Some(lines) if !lines.is_empty() => lines.join("; "),
        _ => format!("ended with {} and said nothing", output.status),
    };
    Err(GitError::Refused { verb, said })
}

/// The command and its first word, without the settings in front of it.
fn verb<W: AsRef<OsStr>>(words: &[W]) -> String {
    let mut words = words.iter().map(AsRef::as_ref);
    let mut verb = Vec::new();
    while let Some(word) = words.next()
        && verb.len() < 2
    {
        if word == "-c" || word == "--git-dir" || word == "--work-tree" {
            words.next();
        } else if word != NO_LOCKS {
            verb.push(word.to_string_lossy());
        }
    }
    verb.join(" ")
}

/// The same with another index than the worktree's own.
pub async fn git_with_index<W: AsRef<OsStr>>(folder: &Path, index: &Path, words: &[W]) -> Result<String, GitError> {
    let mut command = Command::new("git");
    prepare(command.as_std_mut(), folder);
    // Behind that, which takes this variable away.
    command.env("GIT_INDEX_FILE", index);
    said(words, command.args(words).output().await.map_err(GitError::Missing)?)
}

/// What git prints, byte for byte: for lists whose entries end with a byte 0, since a path may hold anything else.
pub async fn list<W: AsRef<OsStr>>(folder: &Path, words: &[W]) -> Result<Vec<u8>, GitError> {
    let output = run(Command::new("git"), folder, words).await?;
    if output.status.success() { Ok(output.stdout) } else { said(words, output).map(String::into_bytes) }
}

/// The same as [`git`] within a limit, for what talks to another machine. `None`: time is up, and git is ended.
pub async fn git_within<W: AsRef<OsStr>>(
    limit: Duration,
    folder: &Path,
    words: &[W],
) -> Result<Option<String>, GitError> {
    let mut command = Command::new("git");
    command.kill_on_drop(true);
    match tokio::time::timeout(limit, run(command, folder, words)).await {
        Ok(output) => said(words, output?).map(Some),
        Err(_) => Ok(None),
    }
}

/// Asks git something that has no answer sometimes, which it says by its exit code: then `None`.
pub async fn ask<W: AsRef<OsStr>>(folder: &Path, words: &[W]) -> Result<Option<String>, GitError> {
    let output = run(Command::new("git"), folder, words).await?;
    let text = String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned();
    Ok(output.status.success().then_some(text))
}

/// Asks git about what it reads. It may say that none of it is meant, by its exit code.
pub async fn ask_with_input(folder: &Path, words: &[&str], input: Vec<u8>) -> Result<Vec<u8>, GitError> {
    const NONE: i32 = 1;
    let mut command = Command::new("git");
    prepare(command.as_std_mut(), folder);
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(GitError::Missing)?;
    let stdin = child.stdin.take();
    let write = async move {
        if let Some(mut stdin) = stdin {
            // Whoever ends before it has read all says why.
            let _ = stdin.write_all(&input).await;
        }
    };
    let ((), output) = tokio::join!(write, child.wait_with_output());
    let output = output.map_err(GitError::Missing)?;
    if output.status.success() || output.status.code() == Some(NONE) {
        return Ok(output.stdout);
    }
    said(words, output).map(String::into_bytes)
}

/// git in a folder, for threads that may wait. What it is to do is still to be said.
pub fn blocking(folder: &Path) -> std::process::Command {
    let mut command = std::process::Command::new("git");
    prepare(&mut command, folder);
    command
}

/// What a git that was started with [`blocking`] said, as bytes.
pub fn bytes_of(verb: &str, output: std::io::Result<Output>) -> Result<Vec<u8>, GitError> {
    let output = output.map_err(GitError::Missing)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(said(&[verb], output).err().unwrap_or_else(|| GitError::Missing(std::io::ErrorKind::Other.into())))
}

async fn run<W: AsRef<OsStr>>(mut command: Command, folder: &Path, words: &[W]) -> Result<Output, GitError> {
    prepare(command.as_std_mut(), folder);
    command.args(words).output().await.map_err(GitError::Missing)
}

/// It looks where it is told to, asks nobody for a password, and its words are those that people search for.
fn prepare(command: &mut std::process::Command, folder: &Path) {
    for name in ELSEWHERE {
        command.env_remove(name);
    }
    command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    command.arg("-C").arg(folder);
}
