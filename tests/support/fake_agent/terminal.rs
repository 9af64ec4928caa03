//! What a program does with its terminal: modes, paste, sizes, the alternate screen, and far too much output.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;

use rustix::stdio::{stdin, stdout};
use rustix::termios::{LocalModes, OptionalActions, OutputModes, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use crate::input::Input;
use crate::{emit, pattern, say};

const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";
const CONTROL_D: u8 = 4;

/// Lets go of a terminal mode when the command that wanted it is over.
struct ModeGuard {
    before: Option<Termios>,
}

impl ModeGuard {
    /// Changes the mode of the terminal, if there is one.
    fn set(change: impl FnOnce(&mut Termios)) -> io::Result<Self> {
        let Ok(before) = tcgetattr(stdin()) else {
            return Ok(Self { before: None });
        };
        let mut wanted = before.clone();
        change(&mut wanted);
        tcsetattr(stdin(), OptionalActions::Now, &wanted)?;
        Ok(Self { before: Some(before) })
    }
}

impl Drop for ModeGuard {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = tcsetattr(stdin(), OptionalActions::Drain, before);
        }
    }
}

/// Writes the pattern: so many bytes, or without end.
pub fn flood(bytes: Option<u64>) -> io::Result<()> {
    let _mode = ModeGuard::set(|mode| mode.output_modes.remove(OutputModes::OPOST))?;
    let mut out = io::stdout().lock();
    let mut offset = 0;
    while bytes.is_none_or(|bytes| offset < bytes) {
        // 64 lines a write: large enough for speed, and any place of it can be where a reader stops.
        let block: Vec<u8> = (0..64).flat_map(|n| pattern::line(offset + n * 64)).collect();
        out.write_all(&block)?;
        out.flush()?;
        offset += block.len() as u64;
    }
    Ok(())
}

/// Reads up to Enter with bracketed paste on, and tells what was pasted from what was typed.
pub fn paste(input: &mut Input) -> io::Result<()> {
    let _mode = ModeGuard::set(Termios::make_raw)?;
    emit("\x1b[?2004hpaste ready\r\n")?;
    let mut seen = Vec::new();
    let (pasted, typed) = loop {
        let chunk = input.chunk()?;
        seen.extend_from_slice(&chunk);
        match split_paste(&seen) {
            Some(parts) => break parts,
            None if chunk.is_empty() => return Ok(()),
            None => {}
        }
    };
    emit(&format!("\x1b[?2004lpasted[{}]\r\ntyped[{}]\r\n", pasted.escape_ascii(), typed.escape_ascii(),))
}

/// The bytes inside and outside of paste markers, once an Enter came outside.
fn split_paste(mut bytes: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (mut pasted, mut typed) = (Vec::new(), Vec::new());
    let mut inside = false;
    while let Some((&byte, rest)) = bytes.split_first() {
        let marker = if inside { PASTE_ENDS } else { PASTE_BEGINS };
        if let Some(after) = bytes.strip_prefix(marker) {
            inside = !inside;
            bytes = after;
            continue;
        }
        match (inside, byte) {
            (false, b'\r' | b'\n') => return Some((pasted, typed)),
            (false, _) => typed.push(byte),
            (true, _) => pasted.push(byte),
        }
        bytes = rest;
    }
    None
}

/// Echoes every byte as it comes.
pub fn raw_echo(input: &mut Input) -> io::Result<()> {
    let _mode = ModeGuard::set(Termios::make_raw)?;
    emit("raw ready\r\n")?;
    loop {
        let chunk = input.chunk()?;
        let end = chunk.iter().position(|&byte| byte == CONTROL_D);
        let mut out = io::stdout().lock();
        out.write_all(&chunk[..end.unwrap_or(chunk.len())])?;
        out.flush()?;
        if end.is_some() || chunk.is_empty() {
            return Ok(());
        }
    }
}

/// Answers each line with its length: shows what a canonical terminal lets through (4,095 bytes).
pub fn canonical(input: &mut Input) -> io::Result<()> {
    let _mode = ModeGuard::set(|mode| {
        mode.local_modes.insert(LocalModes::ICANON);
        mode.local_modes.remove(LocalModes::ECHO);
    })?;
    say("canonical ready")?;
    while let Some(line) = input.line()? {
        if line == "quit" {
            break;
        }
        say(&format!("received {} bytes", line.len()))?;
    }
    Ok(())
}

/// Draws on the alternate screen until a line is typed.
pub fn alternate_screen(input: &mut Input, text: &str) -> io::Result<()> {
    emit("\x1b[?1049h")?;
    follow_size(input, |cols, rows| {
        let rule = "=".repeat(usize::from(cols));
        emit(&format!("\x1b[2J\x1b[1;1H{rule}\x1b[2;1H{text} {cols}x{rows}\x1b[{rows};1H{rule}\x1b[3;1H"))
    })?;
    emit("\x1b[?1049l")
}

/// Says the terminal's size whenever it changes, until a line is typed.
pub fn sizes(input: &mut Input) -> io::Result<()> {
    follow_size(input, |cols, rows| say(&format!("size {cols}x{rows}")))
}

fn follow_size(input: &mut Input, show: impl Fn(u16, u16) -> io::Result<()>) -> io::Result<()> {
    // Registered before the first look, so that no change falls between the two.
    let (mut changed, sender) = UnixStream::pair()?;
    signal_hook::low_level::pipe::register(signal_hook::consts::SIGWINCH, sender)?;
    loop {
        let size = tcgetwinsize(stdout())?;
        show(size.ws_col, size.ws_row)?;
        let (typed, resized) = input.typed_or(&changed)?;
        if typed {
            return input.line().map(drop);
        }
        if resized {
            let _ = changed.read(&mut [0; 64])?;
        }
    }
}
