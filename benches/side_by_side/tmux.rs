//! A private tmux server and the barest control client there can be, to be compared with.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// A server with one session, `main`, whose panes run `cat`.
pub struct Server {
    folder: TempDir,
}

impl Server {
    /// Starts one.
    pub fn start() -> Result<Self> {
        let server = Self { folder: tempfile::Builder::new().prefix("pintle-bench-").tempdir_in("/tmp")? };
        server.run(&["-f", "/dev/null", "new-session", "-d", "-s", "main", "-x", "200", "-y", "50", "cat"])?;
        Ok(server)
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("s")
    }

    /// A command as a process; what it prints.
    pub fn run(&self, words: &[&str]) -> Result<String> {
        let output = command(&self.socket()).args(words).output().context("tmux cannot be run")?;
        ensure!(output.status.success(), "tmux {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.run(&["kill-server"]);
    }
}

fn command(socket: &Path) -> Command {
    let mut command = Command::new("tmux");
    command.arg("-S").arg(socket).env_remove("TMUX");
    command
}

/// A control client that writes a line and reads up to its `%end`.
pub struct Control {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Control {
    /// Attaches one.
    pub fn attach(socket: &Path) -> Result<Self> {
        let mut child = command(socket)
            .args(["-C", "attach-session", "-f", "no-output,ignore-size", "-t", "main"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (input, output) = (child.stdin.take().context("stdin")?, child.stdout.take().context("stdout")?);
        let mut control = Self { child, input, output: BufReader::new(output) };
        // The answer to `attach-session` itself.
        control.answer()?;
        Ok(control)
    }

    /// Carries out a line and reads its answer away.
    pub fn call(&mut self, line: &str) -> Result<usize> {
        self.input.write_all(line.as_bytes())?;
        self.answer()
    }

    fn answer(&mut self) -> Result<usize> {
        let (mut line, mut bytes) = (Vec::new(), 0);
        loop {
            line.clear();
            ensure!(self.output.read_until(b'\n', &mut line)? > 0, "tmux has left");
            ensure!(!line.starts_with(b"%error "), "tmux refused");
            if line.starts_with(b"%end ") {
                return Ok(bytes);
            }
            bytes += line.len();
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
