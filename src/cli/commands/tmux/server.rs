//! The tmux server that is meant, and the processes that talk to it: one reads, one writes.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, anyhow};

use super::keys;
use super::seen::{ASK, Asked, Seen};
use crate::cli::failure::Usage;

/// How long the arguments of one `tmux` may be. tmux refuses more than 16 KiB; a little of that is its own.
const LONGEST: usize = 12 * 1024;

/// Which tmux is meant.
#[derive(Debug, Clone, clap::Args)]
pub struct Which {
    /// The tmux server that listens at this socket [default: the one we are in]
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    tmux_socket: Option<PathBuf>,
}

/// A tmux server.
#[derive(Debug)]
pub struct Server {
    socket: PathBuf,
}

impl Server {
    /// The one that is named, else the one we are in.
    pub fn find(which: &Which) -> anyhow::Result<Self> {
        let named = which.tmux_socket.as_deref().map(std::path::absolute).transpose().context("--tmux-socket")?;
        let hint =
            "run it in a pane, or name the server: --tmux-socket \"$(tmux display-message -p '#{socket_path}')\"";
        match named {
            Some(socket) => Ok(Self { socket }),
            None => Ok(Self::around().map_err(|error| error.with_hint(hint))?),
        }
    }

    /// The one we are in, as `TMUX` says: in a pane, a popup or `run-shell`.
    pub fn around() -> Result<Self, Usage> {
        let socket = std::env::var_os("TMUX").and_then(|tmux| socket(&tmux));
        Ok(Self { socket: socket.ok_or_else(|| Usage::new("this is not inside tmux"))? })
    }

    /// The path of its socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// What it says of itself, in one call; and one more for each key whose name only tmux can make sense of.
    pub fn read(&self) -> anyhow::Result<Seen> {
        let output = self.run(batch(ASK))?;
        // The last question may fail; without an answer to those before, tmux says why.
        let mut seen = Seen::read(&output.stdout).ok_or_else(|| self.refused(&output))?;
        for key in keys::unclear(&seen) {
            let output = self.run(Asked::ask(&key).map(OsString::from))?;
            let complaint = (!output.status.success()).then_some(output.stderr.as_slice());
            seen.asked.insert(key, Asked::read(&output.stdout, complaint));
        }
        Ok(seen)
    }

    /// The global hooks, a line each as tmux lists them: `NAME[SLOT] COMMAND`.
    pub fn hooks(&self) -> anyhow::Result<String> {
        self.ask(batch(&[["show-hooks", "-g"], ["show-hooks", "-gw"]]))
    }

    /// Does these commands one after the other, in as few calls as tmux allows; the first that fails is the last.
    pub fn write(&self, commands: &[Vec<OsString>]) -> anyhow::Result<()> {
        let length = |command: &[OsString]| command.iter().map(|word| word.len() + 1).sum::<usize>() + 2;
        let mut rest = commands;
        while !rest.is_empty() {
            let mut sum = 0;
            let fits = rest.iter().take_while(|command| {
                sum += length(command);
                sum <= LONGEST
            });
            let (now, later) = rest.split_at(fits.count().max(1));
            self.ask(batch(now))?;
            rest = later;
        }
        Ok(())
    }

    /// Runs one `tmux` that must succeed; returns what it printed.
    pub fn ask(&self, words: impl IntoIterator<Item = OsString>) -> anyhow::Result<String> {
        let output = self.run(words)?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(self.refused(&output)),
        }
    }

    fn run(&self, words: impl IntoIterator<Item = OsString>) -> anyhow::Result<Output> {
        let mut command = Command::new("tmux");
        // UTF-8 whatever the locale says: without it tmux answers `_` for every letter that is not ASCII.
        command.arg("-u").arg("-S").arg(&self.socket).args(words).stdin(Stdio::null());
        command.output().context("tmux")
    }

    fn refused(&self, output: &Output) -> anyhow::Error {
        let said = String::from_utf8_lossy(&output.stderr);
        match said.trim_end() {
            "" => anyhow!("tmux at {} ended without a word ({})", self.socket.display(), output.status),
            said => anyhow!("tmux at {}: {said}", self.socket.display()),
        }
    }
}

/// Commands as one command line, a `;` between each two.
fn batch<W: AsRef<[S]>, S: AsRef<OsStr>>(commands: &[W]) -> Vec<OsString> {
    let words = |command: &W| command.as_ref().iter().map(|word| word.as_ref().to_owned()).collect::<Vec<_>>();
    commands.iter().map(words).collect::<Vec<_>>().join(&OsString::from(";"))
}

/// The socket in what tmux sets `TMUX` to: path, pid and session, and there may be commas in the path.
fn socket(tmux: &OsStr) -> Option<PathBuf> {
    let mut parts = tmux.to_str()?.rsplitn(3, ',');
    let socket = parts.nth(2)?;
    (!socket.is_empty()).then(|| PathBuf::from(socket))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets() {
        fn check(tmux: &str, expected: Option<&str>) {
            assert_eq!(socket(OsStr::new(tmux)).as_deref(), expected.map(Path::new), "{tmux}");
        }
        check("/tmp/tmux-0/default,25243,0", Some("/tmp/tmux-0/default"));
        check("/tmp/a,b/s,1,-1", Some("/tmp/a,b/s"));
        check("", None);
        check(",1,2", None);
        check("/tmp/s", None);
    }

    #[test]
    fn batches() {
        assert!(batch::<Vec<OsString>, _>(&[]).is_empty());
        assert_eq!(batch(&[&["a", "b"][..], &["c"]]), ["a", "b", ";", "c"]);
    }
}
