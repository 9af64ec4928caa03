//! A large repository in the daemon's project, and worktrees of it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::client::Client;
use crate::daemon::Daemon;

/// Files in a folder.
const IN_FOLDER: usize = 100;
/// Lines of a file.
const LINES: usize = 40;

/// Makes the daemon's project a repository of so many files, all of them committed on `main`.
pub fn make(daemon: &Daemon, files: usize) -> Result<()> {
    let root = PathBuf::from(daemon.project());
    git(daemon, &root, &["init", "--quiet", "--initial-branch", "main"])?;
    fs::write(root.join(".git/info/exclude"), ".pintle/\n")?;
    for number in 0..files {
        let path = root.join(file(number));
        if number % IN_FOLDER == 0 {
            fs::create_dir_all(path.parent().context("a folder")?)?;
        }
        let mut text = String::new();
        for line in 0..LINES {
            writeln!(text, "line {line} of file {number}")?;
        }
        fs::write(path, text)?;
    }
    git(daemon, &root, &["add", "--all"])?;
    git(daemon, &root, &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "first"])?;
    // As a repository that came from elsewhere is; git would do it by itself, in the middle of what is measured.
    git(daemon, &root, &["repack", "-a", "-d", "--quiet"])
}

/// Whose work is measured.
pub enum Side {
    Git,
    Ours,
}

/// Measures both in every round, by turns as the first: whoever is second finds more that waits for the disk.
///
/// What they made stays until the end. Deleting it between the rounds was tried: an ext4 without a journal does not
/// give a deleted inode away again for minutes, and looks at each of them for every new file (1 s became 5).
pub fn by_turns(rounds: usize, mut measure: impl FnMut(usize, Side) -> Result<()>) -> Result<()> {
    for round in 0..rounds {
        let sides = if round % 2 == 0 { [Side::Git, Side::Ours] } else { [Side::Ours, Side::Git] };
        sides.into_iter().try_for_each(|side| measure(round, side))?;
    }
    Ok(())
}

/// The path of a file in it.
pub fn file(number: usize) -> PathBuf {
    let folder = number / IN_FOLDER;
    format!("src/part{}/folder{folder}/file{number}.txt", folder / 20).into()
}

/// Makes a worktree; its folder, and its id.
pub fn worktree(daemon: &Daemon, client: &mut Client, name: &str) -> Result<(PathBuf, String)> {
    let request = json!({"type": "create_worktree", "project_root": daemon.project(), "name": name});
    let made = client.ask(&request, "create_worktree_result")?;
    let id = made["worktree_id"].as_str().context("a worktree without an id")?.to_owned();
    Ok((Path::new(&daemon.project()).join(".pintle/worktrees").join(&id), id))
}

/// Changes a line in so many files.
pub fn change(folder: &Path, files: usize, of: usize) -> Result<()> {
    for number in (0..of).step_by(of / files) {
        let path = folder.join(file(number));
        let text = fs::read_to_string(&path)?;
        fs::write(path, text.replace("line 20 ", "LINE 20 "))?;
    }
    Ok(())
}

/// Runs git to its end; what it prints is read, as a person's terminal would.
pub fn git(daemon: &Daemon, folder: &Path, words: &[&str]) -> Result<()> {
    let output = daemon.program("git").current_dir(folder).args(words).stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
