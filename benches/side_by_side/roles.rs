//! What this program is when a row starts it again: a program in a terminal, a reader, or the bare server.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, bail};
use rustix::io::{read, write};
use rustix::stdio::{stdin, stdout};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use super::pattern::{Pattern, READY};
use super::reader;
use super::tmux::Control;

/// Does what the role asks for, until it is done or its terminal is closed.
pub fn play(role: &str, words: &[String]) -> Result<()> {
    let number = |word: &String| word.parse::<u64>().context("a number");
    match (role, words) {
        ("flood", [total]) => flood(number(total)?),
        ("chatter", []) => flood(u64::MAX),
        ("echo", []) => echo(),
        ("deaf", []) => deaf(),
        ("read_bare", [total]) => reader::bare(number(total)?),
        ("read_attached", [socket, agent, total]) => reader::attached(Path::new(socket), agent, number(total)?),
        ("drain", [socket, agent]) => reader::drain(Path::new(socket), agent),
        ("serve", [socket, reply]) => serve(Path::new(socket), reply),
        ("relay", [socket, tmux]) => relay(Path::new(socket), Path::new(tmux)),
        _ => bail!("no role {role} {words:?}"),
    }
}

/// The words that start a role.
pub fn words(role: &str, arguments: &[&str]) -> Result<Vec<String>> {
    let exe = std::env::current_exe()?.to_string_lossy().into_owned();
    Ok([exe, format!("__{role}")].into_iter().chain(arguments.iter().map(|&word| word.to_owned())).collect())
}

/// The same as a command line.
pub fn command_line(role: &str, arguments: &[&str]) -> Result<String> {
    Ok(shell_words::join(words(role, arguments)?))
}

/// Another process of ours that tells what it does on its standard output; killed when dropped.
pub struct Actor(Child);

impl Actor {
    /// Starts it.
    pub fn start(role: &str, arguments: &[&str]) -> Result<Self> {
        let words = words(role, arguments)?;
        let child = Command::new(&words[0]).args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        Ok(Self(child))
    }

    /// What it says. Can be taken once.
    pub fn said(&mut self) -> Result<std::io::BufReader<ChildStdout>> {
        Ok(std::io::BufReader::new(self.0.stdout.take().context("taken already")?))
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// No processing of what is typed or printed, as a full-screen program has it.
fn raw() -> Result<()> {
    let mut modes = tcgetattr(stdin())?;
    modes.make_raw();
    Ok(tcsetattr(stdin(), OptionalActions::Now, &modes)?)
}

/// Writes the pattern: one line when ready, the rest when told to start by a key.
fn flood(total: u64) -> Result<()> {
    raw()?;
    let mut pattern = Pattern::default();
    let mut offset = 0;
    while offset < total {
        let block = pattern.at(offset);
        let room = if offset < READY { READY } else { total - offset };
        let count = usize::try_from(room).unwrap_or(usize::MAX).min(block.len());
        offset += write(stdout(), &block[..count])? as u64;
        if offset == READY {
            read(stdin(), &mut [0; 1])?;
        }
    }
    Ok(())
}

/// Prints what is typed.
fn echo() -> Result<()> {
    raw()?;
    write(stdout(), b"+")?;
    let mut bytes = [0; 256];
    loop {
        match read(stdin(), &mut bytes)? {
            0 => return Ok(()),
            count => write(stdout(), &bytes[..count])?,
        };
    }
}

/// Ends when its terminal is closed, and not because it is asked to.
fn deaf() -> Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    for signal in [SIGTERM, SIGHUP, SIGINT] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
    }
    write(stdout(), b"deaf\n")?;
    let mut bytes = [0; 256];
    loop {
        match read(stdin(), &mut bytes) {
            Ok(1..) | Err(rustix::io::Errno::INTR) => {}
            Ok(0) | Err(_) => return Ok(()),
        }
    }
}

/// The least that a tokio server can do: the same reply to whatever comes.
fn serve(socket: &Path, reply: &str) -> Result<()> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::UnixListener::bind(socket)?;
        let mut said = std::io::stdout();
        writeln!(said, "ready")?;
        let (mut stream, _) = listener.accept().await?;
        let mut bytes = vec![0; 64 << 10];
        while stream.read(&mut bytes).await? > 0 {
            stream.write_all(reply.as_bytes()).await?;
        }
        Ok(())
    })
}

/// The least that can stand between a change and tmux: each line that comes is what the option is set to.
fn relay(socket: &Path, tmux: &Path) -> Result<()> {
    let mut control = Control::attach(tmux)?;
    let listener = UnixListener::bind(socket)?;
    let mut said = std::io::stdout();
    writeln!(said, "ready")?;
    let (mut stream, _) = listener.accept()?;
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    while lines.read_line(&mut line)? > 0 {
        control.call(&set(line.trim_end()))?;
        stream.write_all(b"ok\n")?;
        line.clear();
    }
    Ok(())
}

/// The line by which a control client sets what the status bar shows.
pub fn set(text: &str) -> String {
    format!("set-option -g @pintle_hud '{text}'\n")
}
