//! What is done to panes and asked of them.
//!
//! Whoever remembers a pane remembers a [`PaneKey`], and everything here is carried out only if the pane still is that one: tmux is
//! asked in the same command, so that nothing can come in between. A pane that is not there any more, or runs another process, is
//! [`TmuxError::NoPane`]; a key of another life of the server is [`TmuxError::ServerGone`].

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use tmux_interface::{
    DisplayMessage, KillPane, PaneSize, RespawnPane, SelectPane, SelectWindow, SendKeys, SplitWindow,
};

use super::client::{Answer, Handle};
use super::command::Command;
use super::error::TmuxError;
use super::keys::is_key;
use super::server::{PaneId, PaneKey};

mod capture;
mod field;
mod list;
mod option;
mod origin;

pub use capture::{Lines, Style, capture};
pub use field::quoted_text;
pub(super) use field::{format, records};
pub use list::{Commands, Pane, list};
pub use option::{OptionSpec, Scope, set_option, unset_value, write_options};
pub(super) use origin::FORMAT as SPLIT_FORMAT;
pub use origin::SPLIT_OPTION;

/// Bytes that one `send-keys` types as numbers. tmux's parser takes 24 ms for 2,000 of them, and gives up at some thousand.
const NUMBERS_AT_ONCE: usize = 500;
/// Bytes that one `send-keys` types as text. Quoted twice they still fit into the 16 KiB of a process.
const LETTERS_AT_ONCE: usize = 2000;

/// Where a new pane goes, in words that mean one thing only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Beside the pane, tmux's `-h`.
    Right,
    /// Under it, tmux's `-v`.
    Below,
}

/// What a pane runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramSpec {
    /// Folder to start in. Any bytes but NUL.
    pub cwd: Option<Vec<u8>>,
    /// Variables, names and values.
    pub vars: Vec<(String, Vec<u8>)>,
    /// Program and arguments, run without a shell; a single word is a line for the user's shell; none at all is that shell.
    pub argv: Vec<Vec<u8>>,
}

/// A new pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitSpec {
    /// Where it goes.
    pub direction: Direction,
    /// How much of the split pane it gets: cells, or per cent with `%`. Half without.
    pub size: Option<String>,
    /// It becomes the active pane.
    pub focus: bool,
    /// What it runs.
    pub program: ProgramSpec,
}

/// A neighbour of a pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one above.
    Up,
    /// The one below.
    Down,
    /// The one on the left.
    Left,
    /// The one on the right.
    Right,
}

/// The pane that has this id now, as something to remember.
pub async fn find(handle: &Handle, pane: PaneId) -> Result<PaneKey, TmuxError> {
    let ask = Command::repeatable(&print("#{pane_id} #{pane_pid}").target_pane(pane.to_string()).build());
    let text = printed(handle.ask_one(ask).await?).map_err(|error| missing(error, pane))?;
    // A pane that does not exist is answered with empty values.
    key(handle, &text).ok_or(TmuxError::NoPane(pane))
}

/// A pane's terminal (`/dev/pts/5`).
pub async fn tty(handle: &Handle, target: &PaneKey) -> Result<PathBuf, TmuxError> {
    let ask = Command::repeatable(&print("#{pane_tty}").target_pane(target.pane.to_string()).build());
    let mut tty = checked(handle, target, ask).await?;
    tty.truncate(tty.trim_ascii_end().len());
    Ok(PathBuf::from(OsString::from_vec(tty)))
}

/// Splits a pane and returns the new one. A pane that is too small is [`TmuxError::Refused`] and says so.
pub async fn split(handle: &Handle, target: &PaneKey, spec: &SplitSpec) -> Result<PaneKey, TmuxError> {
    let size = spec.size.as_deref().map(pane_size).transpose()?;
    let mut split = SplitWindow::new().print().format("#{pane_id} #{pane_pid}").target_pane(target.pane.to_string());
    split = match spec.direction {
        Direction::Right => split.horizontal(),
        Direction::Below => split.vertical(),
    };
    if !spec.focus {
        split = split.detached();
    }
    if let Some(size) = &size {
        split = split.size(size);
    }
    let text = checked(handle, target, run(Command::once(&split.build()), &spec.program)).await;
    let text = text.map_err(|error| match error {
        // `no space for new pane`, and `… a new pane` from 3.8 on.
        TmuxError::Refused(reason) if reason.contains("no space for") => {
            TmuxError::Refused(format!("{} is too small to be split", target.pane))
        }
        error => error,
    })?;
    key(handle, &text).ok_or_else(|| unexpected("split-window", &text))
}

/// Ends what runs in a pane and runs this in its place; the pane has the same id and another key then.
pub async fn respawn(handle: &Handle, target: &PaneKey, program: &ProgramSpec) -> Result<PaneKey, TmuxError> {
    let respawn = Command::once(&RespawnPane::new().kill().target_pane(target.pane.to_string()).build());
    checked(handle, target, run(respawn, program)).await?;
    find(handle, target.pane).await
}

/// Kills a pane and what runs in it.
pub async fn kill(handle: &Handle, target: &PaneKey) -> Result<(), TmuxError> {
    let kill = KillPane::new().target_pane(target.pane.to_string()).build();
    checked(handle, target, Command::once(&kill)).await.map(drop)
}

/// Types text as it is: every byte arrives, `\n` as Enter. A pane in copy mode, where keys are commands, is
/// [`TmuxError::InMode`]. Up to 500 bytes nothing can come in between; longer text goes in pieces. Where the user has switched
/// `synchronize-panes` on, tmux types it into the window's other panes as well. `seen` is [`Command::seen`]: when the pane was seen to
/// be this one and not in copy mode.
pub async fn send_text(handle: &Handle, target: &PaneKey, seen: Option<u64>, text: &[u8]) -> Result<(), TmuxError> {
    let name = target.pane.to_string();
    let numbers = |bytes: &[u8]| {
        let keys = Command::once(&SendKeys::new().hex().target_pane(&name).build());
        bytes.iter().fold(keys, |keys, byte| keys.word(format!("{:02x}", if *byte == b'\n' { b'\r' } else { *byte })))
    };
    if text.len() <= NUMBERS_AT_ONCE {
        return type_in(handle, target, seen, if text.is_empty() { Vec::new() } else { vec![numbers(text)] }).await;
    }
    // Plain letters are forty times faster as text. Others are not: tmux takes characters apart whose width it does not know.
    let plain = |byte: &u8| (b' '..=b'~').contains(byte);
    let mut commands = Vec::new();
    for run in text.chunk_by(|one, next| plain(one) == plain(next)) {
        if run.first().is_some_and(plain) {
            let keys = Command::once(&SendKeys::new().disable_lookup().target_pane(&name).build()).word("--");
            commands.extend(run.chunks(LETTERS_AT_ONCE).map(|letters| keys.clone().word(letters)));
        } else {
            commands.extend(run.chunks(NUMBERS_AT_ONCE).map(numbers));
        }
    }
    type_in(handle, target, seen, commands).await
}

/// Presses keys by their names (`C-c`, `Enter`, `a`). A name that tmux does not know is [`TmuxError::NoKey`], and no key is
/// pressed: tmux itself would type it as text. Copy mode as in [`send_text`].
pub async fn send_keys(
    handle: &Handle,
    target: &PaneKey,
    seen: Option<u64>,
    names: &[String],
) -> Result<(), TmuxError> {
    if let Some(name) = names.iter().find(|name| !is_key(name)) {
        return Err(TmuxError::NoKey(name.clone()));
    }
    let pressed = |names: &[String]| {
        let keys = Command::once(&SendKeys::new().target_pane(target.pane.to_string()).build()).word("--");
        names.iter().fold(keys, |keys, name| keys.word(name.as_bytes()))
    };
    type_in(handle, target, seen, names.chunks(NUMBERS_AT_ONCE / 2).map(pressed).collect()).await
}

/// Makes a pane the active one of its window, and that window the active one of its session.
pub async fn select(handle: &Handle, target: &PaneKey) -> Result<(), TmuxError> {
    let name = target.pane.to_string();
    let pane = Command::repeatable(&SelectPane::new().target_pane(&name).build());
    let window = Command::repeatable(&SelectWindow::new().target_window(&name).build());
    all_checked(handle, target, vec![pane, window]).await.map(drop)
}

/// Makes the neighbour of a pane the active one; at the window's edge that is the one at the other edge, as with tmux's own keys.
pub async fn select_beside(handle: &Handle, target: &PaneKey, side: Side) -> Result<(), TmuxError> {
    let select = SelectPane::new().target_pane(target.pane.to_string());
    let select = match side {
        Side::Up => select.up(),
        Side::Down => select.down(),
        Side::Left => select.left(),
        Side::Right => select.right(),
    };
    checked(handle, target, Command::once(&select.build())).await.map(drop)
}

/// Carries out a command on exactly this pane; what it printed.
pub(super) async fn checked(handle: &Handle, target: &PaneKey, command: Command) -> Result<Vec<u8>, TmuxError> {
    let name = command.name();
    all_checked(handle, target, vec![command]).await?.pop().ok_or(TmuxError::Unanswered(name))
}

/// The same for several, in one round trip.
async fn all_checked(handle: &Handle, target: &PaneKey, commands: Vec<Command>) -> Result<Vec<Vec<u8>>, TmuxError> {
    only_if(handle, target, None, commands, &is_same(target))
        .await?
        .into_iter()
        .map(|answer| in_pane(answer, target.pane))
        .collect()
}

/// The condition that it is this very pane still.
fn is_same(target: &PaneKey) -> String {
    match target.pane_pid {
        // Where nothing runs, 3.8 and later say nothing, earlier ones 0.
        0 => "#{?pane_pid,0,1}".to_owned(),
        pid => format!("#{{==:#{{pane_pid}},{pid}}}"),
    }
}

async fn only_if(
    handle: &Handle,
    target: &PaneKey,
    seen: Option<u64>,
    commands: Vec<Command>,
    condition: &str,
) -> Result<Vec<Answer>, TmuxError> {
    if target.server != *handle.server() {
        return Err(TmuxError::ServerGone(target.server.socket.clone()));
    }
    handle.call(commands.into_iter().map(|command| command.only_if(target.pane, condition).seen(seen)).collect()).await
}

async fn type_in(
    handle: &Handle,
    target: &PaneKey,
    seen: Option<u64>,
    commands: Vec<Command>,
) -> Result<(), TmuxError> {
    let ready = format!("#{{&&:{},#{{==:#{{pane_in_mode}},0}}}}", is_same(target));
    for answer in only_if(handle, target, seen, commands, &ready).await? {
        if answer == Answer::Stale {
            // Which of the two it was makes no difference to what was done, so it may be asked afterwards.
            let same = find(handle, target.pane).await? == *target;
            return Err(if same { TmuxError::InMode(target.pane) } else { TmuxError::NoPane(target.pane) });
        }
        in_pane(answer, target.pane)?;
    }
    Ok(())
}

fn in_pane(answer: Answer, pane: PaneId) -> Result<Vec<u8>, TmuxError> {
    match answer {
        Answer::Stale => Err(TmuxError::NoPane(pane)),
        answer => printed(answer).map_err(|error| missing(error, pane)),
    }
}

fn missing(error: TmuxError, pane: PaneId) -> TmuxError {
    match error {
        TmuxError::Refused(reason) if reason.contains("can't find pane") => TmuxError::NoPane(pane),
        error => error,
    }
}

/// What a command printed.
pub(super) fn printed(answer: Answer) -> Result<Vec<u8>, TmuxError> {
    match answer {
        Answer::Done(text) => Ok(text),
        Answer::Refused(reason) => Err(TmuxError::Refused(String::from_utf8_lossy(&reason).trim().to_owned())),
        Answer::Stale => Err(TmuxError::Refused("its condition was false".to_owned())),
    }
}

fn print(format: &str) -> DisplayMessage<'_> {
    DisplayMessage::new().print().message(format)
}

/// `%3 1234`
pub(super) fn key(handle: &Handle, printed: &[u8]) -> Option<PaneKey> {
    let (pane, pid) = std::str::from_utf8(printed).ok()?.trim_end_matches('\n').split_once(' ')?;
    Some(PaneKey { server: handle.server().clone(), pane: pane.parse().ok()?, pane_pid: pane_pid(pid)? })
}

/// What `#{pane_pid}` says; nothing, as 3.8 and later have it for a pane in which nothing runs, is 0, as earlier ones have it.
fn pane_pid(printed: &str) -> Option<u32> {
    if printed.is_empty() { Some(0) } else { printed.parse().ok() }
}

pub(super) fn unexpected(command: &str, printed: &[u8]) -> TmuxError {
    let start = &printed[..printed.len().min(200)];
    TmuxError::Unexpected { command: command.to_owned(), answer: String::from_utf8_lossy(start).into_owned() }
}

/// The builder takes one `-e` and one shell command; tmux takes many of both.
pub(super) fn run(mut command: Command, program: &ProgramSpec) -> Command {
    if let Some(cwd) = &program.cwd {
        // tmux expands formats in it, and a folder may be named like one.
        command = command.word("-c").word(doubled(cwd));
    }
    for (name, value) in &program.vars {
        command = command.word("-e").word([name.as_bytes(), b"=", value].concat());
    }
    program.argv.iter().fold(command.word("--"), |command, word| command.word(word.as_slice()))
}

fn doubled(text: &[u8]) -> Vec<u8> {
    text.iter().flat_map(|byte| std::iter::repeat_n(*byte, if *byte == b'#' { 2 } else { 1 })).collect()
}

fn pane_size(text: &str) -> Result<PaneSize, TmuxError> {
    let size = match text.strip_suffix('%') {
        Some(percent) => percent.parse().ok().map(PaneSize::Percentage),
        None => text.parse().ok().map(PaneSize::Size),
    };
    size.ok_or_else(|| TmuxError::NoSize(text.to_owned()))
}

#[cfg(test)]
#[path = "pane_tests.rs"]
mod tests;
