//! What a guard wants to hear before a command runs, and what is written down of it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::termios::{QueueSelector, tcflush};
use signal_hook::consts::SIGCONT;
use signal_hook::low_level::{pipe, unregister};

use super::{GUARDED, Here, Refusal, Resolution, local};
use crate::base::clock::Clock;
use crate::base::files::make_folder;
use crate::cli::output::visible;
use crate::environment::audit::{AuditEntry, Deed};
use crate::protocol::cmd::reply::{ApplyPrefixes, Guard};

/// Most letters of a command line that are shown in a question.
const SHOWN: usize = 400;

/// Lets the command pass its guard, asks on the terminal, or refuses. What comes of it is written down first.
pub fn pass(here: &Here, resolution: &Resolution, typed: &[OsString]) -> Result<(), Refusal> {
    let answer = &resolution.answer;
    let Some(env) = answer.env.as_deref() else { return Ok(()) };
    let line = line(&resolution.argv);
    let note = |deed, reason| note(here, answer, deed, reason, typed);
    let reason = answer.guard_reason.clone().unwrap_or_default();
    let refuse = |deed, why: &str, hint: String| {
        note(deed, Some(why.to_owned()));
        Err(Refusal { code: GUARDED, message: format!("not run in {env}: {why}"), hint: Some(hint) })
    };
    let arm = format!("`pintle env arm {env} 10m` lifts the guard of {env} in this pane for ten minutes");
    match answer.guard {
        None if answer.armed => {
            note(Deed::RanArmed, Some(reason));
            Ok(())
        }
        None => Ok(()),
        Some(Guard::Deny) => refuse(Deed::Refused, &reason, arm),
        // One may have taken its id out of its variables.
        Some(_) if here.context.agent_id.is_some() || answer.agent.is_some() => {
            let hint = "a person can run it in a pane of their own".to_owned();
            refuse(Deed::Refused, &format!("{reason}, and an agent cannot say yes to that"), hint)
        }
        Some(wanted) => match ask(wanted, env, answer.color.as_deref(), &reason, &line) {
            None => refuse(Deed::Refused, &format!("{reason}, and there is no terminal to ask on"), arm),
            Some(true) => {
                note(Deed::Confirmed, Some(reason));
                Ok(())
            }
            Some(false) => {
                note(Deed::Declined, Some(reason));
                Err(Refusal { code: GUARDED, message: "not run".to_owned(), hint: None })
            }
        },
    }
}

/// The guard is gone round: that is written down, where it would have asked or refused. Asked of the files: who goes round us because
/// the daemon hangs is not made to wait for it. Where they do not say what the command would have become, there is nothing to tell.
pub fn gone_round(here: &Here, typed: &[OsString]) {
    let Ok(Resolution { answer, .. }) = local::resolve(here, typed) else { return };
    if answer.env.is_some() && answer.guard.is_some() {
        note(here, &answer, Deed::Bypassed, answer.guard_reason.clone(), typed);
    }
}

fn note(here: &Here, answer: &ApplyPrefixes, deed: Deed, reason: Option<String>, typed: &[OsString]) {
    let env = answer.env.as_deref().unwrap_or_default();
    let entry = AuditEntry {
        agent: answer.agent.clone().or_else(|| here.context.agent_id.clone()),
        pane: here.context.pane.clone(),
        cwd: here.context.cwd.clone(),
        argv: typed.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        reason,
        ..AuditEntry::new(Clock::System.now(), deed, env)
    };
    // The folder is there where a daemon has ever run. A log that cannot be written is no reason to let something pass, nor to hold up
    // somebody who has been asked.
    if let Err(error) = make_folder(&here.places.log()).and_then(|()| entry.append(&here.places.audit_file())) {
        let _ = writeln!(std::io::stderr(), "pintle: the log of guards lacks a line: {error}");
    }
}

/// Asks on the terminal. `None` where there is none.
fn ask(wanted: Guard, env: &str, color: Option<&str>, reason: &str, line: &str) -> Option<bool> {
    let terminal = File::options().read(true).write(true).open("/dev/tty").ok()?;
    let name = painted(env, color);
    let question = match wanted {
        Guard::Typed => format!("{name}: {reason}\n  {line}\ntype {env} to run it: "),
        _ => format!("{name}: {reason}\n  {line}\nrun it? [y/N] "),
    };
    let said = answer(&terminal, &question).ok()?;
    let said = said.trim();
    Some(match wanted {
        Guard::Typed => said == env,
        _ => said.eq_ignore_ascii_case("y") || said.eq_ignore_ascii_case("yes"),
    })
}

/// The line that is typed. The question is shown again to whoever comes back to it: between Ctrl-Z and `fg` the screen has moved on.
fn answer(terminal: &File, question: &str) -> io::Result<String> {
    let (mut continued, waker) = UnixStream::pair()?;
    continued.set_nonblocking(true)?;
    let registered = pipe::register(SIGCONT, waker)?;
    // What was typed before is no answer: it was meant for something else.
    let _ = tcflush(terminal, QueueSelector::IFlush);
    let line = loop {
        if let Err(error) = (&*terminal).write_all(question.as_bytes()) {
            break Err(error);
        }
        let mut watched = [PollFd::new(terminal, PollFlags::IN), PollFd::new(&continued, PollFlags::IN)];
        match poll(&mut watched, None) {
            // The signal itself ends the wait; what it left in the pipe is read below.
            Err(Errno::INTR) => {}
            Err(error) => break Err(error.into()),
            Ok(_) if watched[1].revents().is_empty() => {
                let mut said = String::new();
                break BufReader::new(terminal).read_line(&mut said).map(|_| said);
            }
            Ok(_) => {}
        }
        let mut bytes = [0; 16];
        while matches!(continued.read(&mut bytes), Ok(1..)) {}
    };
    unregister(registered);
    line
}

/// The environment in its colour.
fn painted(env: &str, color: Option<&str>) -> String {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if set("NO_COLOR") || std::env::var_os("TERM").is_none_or(|term| term == "dumb") {
        return env.to_owned();
    }
    match color.and_then(sgr) {
        Some(code) => format!("\x1b[1;{code}m{env}\x1b[0m"),
        None => format!("\x1b[1m{env}\x1b[0m"),
    }
}

/// A colour's escape sequence, of the words that `envs.yaml` takes.
fn sgr(color: &str) -> Option<String> {
    let word = color.to_ascii_lowercase();
    let named = |word: &str| {
        ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"].iter().position(|name| *name == word)
    };
    if let Some(at) = named(&word) {
        return Some(format!("{}", 30 + at));
    }
    if let Some(at) = word.strip_prefix("bright").and_then(named) {
        return Some(format!("{}", 90 + at));
    }
    if let Some(index) = word.strip_prefix("colour").or(word.strip_prefix("color")) {
        return Some(format!("38;5;{}", index.parse::<u8>().ok()?));
    }
    let digits = word.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let channel = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    Some(format!("38;2;{};{};{}", channel(0)?, channel(2)?, channel(4)?))
}

/// The words as they would be typed, shown so that nothing in them acts on the terminal.
pub fn line(argv: &[OsString]) -> String {
    let words: Vec<String> = argv.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let visible = visible(&shell_words::join(&words));
    match visible.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… ({} letters)", &visible[..end], visible.chars().count()),
        None => visible,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_shows_every_word_and_acts_on_nothing() {
        let words = ["kubectl", "delete", "a b", "x\x1b[2J\ny"].map(OsString::from);
        assert_eq!(line(&words), "kubectl delete 'a b' 'x\\u{1b}[2J\\ny'");
        assert!(line(&[OsString::from("x".repeat(1000))]).ends_with("… (1000 letters)"));
    }

    #[test]
    fn colours_are_those_of_the_file() {
        let check = |color, code: Option<&str>| assert_eq!(sgr(color).as_deref(), code, "{color}");
        check("Red", Some("31"));
        check("brightblue", Some("94"));
        check("colour208", Some("38;5;208"));
        check("#ff8000", Some("38;2;255;128;0"));
        check("#ff80", None);
        check("reddish", None);
    }
}
