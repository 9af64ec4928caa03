//! What must be fast: `pintle hud`, answered before clap is built and without a runtime. One connection, one line each way.
//!
//! A prompt or another status bar calls it often. Built the usual way a call takes a millisecond longer, which is most of it.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::exit::Exit;
use super::show;
use crate::base::paths::Places;
use crate::protocol::cmd::request::{GetHud, HudFormat, Request};
use crate::protocol::cmd::{Reply, parse_reply};
use crate::protocol::encode;
use crate::protocol::limits::LINE_MAX;

/// A status bar that waits for longer shows nothing of use.
const LIMIT: Duration = Duration::from_secs(2);

/// `pintle hud [--pane %ID] [--format plain|tmux|ansi]`, if that is what `words` ask for and nothing else; without a pane the one we
/// are in. `None` leaves it to clap:
/// `--help`, `--json`, whatever is written wrongly, and what the daemon refuses. Returns the exit code.
pub fn hud(words: impl Iterator<Item = OsString>) -> Option<i32> {
    let asked = parse(words)?;
    let answer = match show::pane() {
        // Where the pane is gone, the line of everywhere is better than none.
        Ok(own) if asked.pane.is_none() => match ask(&asked.clone().of_pane(own.id, own.server)) {
            Answer::Refused => ask(&asked),
            answer => answer,
        },
        _ => ask(&asked),
    };
    let exit = match answer {
        Answer::Line(line) => match writeln!(std::io::stdout(), "{line}") {
            Ok(()) => Exit::Done,
            Err(_) => Exit::Failed,
        },
        // A status bar shows what it is given: rather nothing than an error.
        Answer::Nobody => Exit::Unreachable,
        Answer::Refused => return None,
    };
    Some(exit.code())
}

/// What came of asking.
enum Answer {
    /// It says this.
    Line(String),
    /// No daemon answers.
    Nobody,
    /// There is a mistake in the question. The usual way asks again, and has better words for it.
    Refused,
}

fn parse(mut words: impl Iterator<Item = OsString>) -> Option<GetHud> {
    let mut request = GetHud::default();
    while let Some(word) = words.next() {
        let word = word.into_string().ok()?;
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), value.to_owned()),
            None => (word, words.next()?.into_string().ok()?),
        };
        match (flag.as_str(), value.as_str()) {
            ("--pane", pane) => (request.pane, request.tmux) = (Some(pane.to_owned()), show::server()),
            ("--format", "plain") => request.format = HudFormat::Plain,
            ("--format", "tmux") => request.format = HudFormat::Tmux,
            ("--format", "ansi") => request.format = HudFormat::Ansi,
            _ => return None,
        }
    }
    Some(request)
}

fn ask(request: &GetHud) -> Answer {
    let places = Places::from_env().ok();
    let line = places.and_then(|places| exchange(&places, &Request::from(request.clone()), LIMIT, LINE_MAX));
    match line.as_deref().map(parse_reply) {
        Some(Ok(Reply::GetHud(answer))) => Answer::Line(answer.hud),
        Some(_) => Answer::Refused,
        None => Answer::Nobody,
    }
}

/// The daemon's answer, a line. `None` if there is none in that time, or the request is longer than `most`.
pub(super) fn exchange(places: &Places, request: &Request, limit: Duration, most: usize) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    encode(request, &mut line);
    if line.len() > most {
        return None;
    }
    let mut socket = UnixStream::connect(places.socket()).ok()?;
    socket.set_read_timeout(Some(limit)).ok()?;
    socket.write_all(&line).ok()?;
    line.clear();
    let mut chunk = [0; 4096];
    while !line.ends_with(b"\n") {
        match socket.read(&mut chunk).ok()? {
            0 => return None,
            read => line.extend_from_slice(&chunk[..read]),
        }
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Option<GetHud> {
        parse(words.iter().map(OsString::from))
    }

    #[test]
    fn only_what_is_plain_is_answered_here() {
        assert_eq!(parsed(&[]), Some(GetHud::default()));
        let ansi = GetHud { format: HudFormat::Ansi, ..GetHud::default() };
        assert_eq!(parsed(&["--format", "ansi"]), Some(ansi.clone()));
        assert_eq!(parsed(&["--format=ansi"]), Some(ansi));
        assert_eq!(parsed(&["--pane", "%3"]).and_then(|request| request.pane).as_deref(), Some("%3"));
        for other in [&["--help"][..], &["--json"], &["--format", "html"], &["--pane"], &["x"]] {
            assert_eq!(parsed(other), None, "{other:?}");
        }
    }
}
