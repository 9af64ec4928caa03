//! The fake agent: a small program that does what a test tells it, so that tests script the programs that pintle keeps.
//!
//! It is told by its arguments, several commands joined by the word `then`, and by lines typed on its standard input
//! when a command reads it. Without arguments it listens. One verb a command:
//!
//! | verb | does |
//! |---|---|
//! | `print TEXT…` | prints the words as a line |
//! | `partial TEXT…` | the same without the newline |
//! | `lines N\|forever [PER_SECOND]` | prints `line 000001`, `line 000002`, …; a typed line ends it early |
//! | `flood MB` | writes the pattern of [`pattern`], MB × 1,048,576 bytes, output processing off, one write at a time |
//! | `fill` | writes the pattern without end: stands in `write` when nobody reads |
//! | `ask QUESTION…` | prints the question, waits for a line, prints `answer: LINE` |
//! | `listen` | takes commands from typed lines until `quit` or end of input |
//! | `hang` | neither writes nor reads |
//! | `pause MS` | waits, then goes on |
//! | `busy MS` | burns CPU time without a word, then goes on |
//! | `ignore SIGNAL…` | survives `term`, `hup`, `int`, `quit`, `usr1`; says `ignoring SIGNAL` |
//! | `children KIND N [stubborn]` | starts N children that hold the terminal; each says `child PID` when it is ready. KIND: `plain` (the same process group), `group` (one new group), `session` (each its own session), `orphan` (its own session, parent already gone). `stubborn` ones ignore SIGTERM, SIGHUP and SIGINT |
//! | `paste` | switches bracketed paste on, says `paste ready`, reads up to Enter, says `pasted[…]` and `typed[…]` with what came inside and outside of paste markers |
//! | `raw` | raw mode, says `raw ready`, echoes every byte as it comes; ends at C-d |
//! | `canonical` | canonical mode without echo, says `canonical ready`, answers each line with `received N bytes`; ends at `quit` or end of input |
//! | `screen TEXT…` | draws on the alternate screen, again on SIGWINCH; a typed line ends it |
//! | `sizes` | says `size COLSxROWS` now and on every SIGWINCH; a typed line ends it |
//! | `title TEXT…` | sets the terminal's title |
//! | `mark A\|B\|C\|D [CODE]` | OSC 133, the marks of a shell prompt |
//! | `progress STATE [PERCENT]` | OSC 9;4 |
//! | `bell` | rings |
//! | `env NAME`, `args`, `cwd`, `pid` | says `env NAME=VALUE` (or `env NAME unset`), `args […]`, `cwd PATH`, `pid PID` |
//! | `touch PATH` | makes a file, to be seen from outside |
//! | `exit N` | ends with the code |
//! | `die SIGNAL` | ends by the signal (`kill`, `term`, `segv`, `abrt`, …), without a core file |
//!
//! Ends with 0 after its last command, 64 for a command that it does not know, 74 when its terminal is gone. Every
//! process that it makes ends by itself after [`LIFETIME`], so that a failed test leaves nothing behind for long.

#![expect(
    clippy::disallowed_methods,
    reason = "a program of its own: it ends itself, waits, and keeps its own time; no test waits by this"
)]

#[path = "fake_agent/family.rs"]
mod family;
#[path = "fake_agent/input.rs"]
mod input;
#[path = "pattern.rs"]
mod pattern;
#[path = "fake_agent/terminal.rs"]
mod terminal;

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use input::Input;

/// The longest life of any process of this program.
const LIFETIME: Duration = Duration::from_secs(120);

/// The word between two commands in the arguments.
const THEN: &str = "then";

/// What a command leaves the program to do.
enum Next {
    GoOn,
    Quit,
}

fn main() {
    // A thread, not an alarm: a signal could be ignored or caught by the very behaviour that is being played.
    std::thread::spawn(|| {
        std::thread::sleep(LIFETIME);
        std::process::exit(124);
    });
    let mut input = Input::new();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = if args.is_empty() {
        listen(&mut input)
    } else {
        args.split(|word| word == THEN).try_for_each(|command| obey(&mut input, command).map(drop))
    };
    match outcome {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            let _ = say(&error.to_string());
            std::process::exit(64);
        }
        // Not even a message: there is nobody left to read it.
        Err(_) => std::process::exit(74),
    }
}

/// Does one command.
fn obey(input: &mut Input, command: &[String]) -> io::Result<Next> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["print", text @ ..] => say(&text.join(" "))?,
        ["partial", text @ ..] => emit(&text.join(" "))?,
        ["lines", count, rate @ ..] => lines(input, count, rate)?,
        ["flood", megabytes] => terminal::flood(Some(number::<u64>(megabytes)? << 20))?,
        ["fill"] => terminal::flood(None)?,
        ["ask", question @ ..] => ask(input, &question.join(" "))?,
        ["listen"] => listen(input)?,
        ["hang"] => std::thread::sleep(LIFETIME),
        ["pause", ms] => std::thread::sleep(Duration::from_millis(number(ms)?)),
        ["busy", ms] => busy(Duration::from_millis(number(ms)?)),
        ["ignore", signals @ ..] => family::ignore(signals)?,
        ["children", kind, count] => family::children(kind, number(count)?, false)?,
        ["children", kind, count, "stubborn"] => family::children(kind, number(count)?, true)?,
        // How `children` starts itself again; not for tests.
        ["child", kind, rest @ ..] => family::be_child(kind, rest.contains(&"stubborn"))?,
        ["paste"] => terminal::paste(input)?,
        ["raw"] => terminal::raw_echo(input)?,
        ["canonical"] => terminal::canonical(input)?,
        ["screen", text @ ..] => terminal::alternate_screen(input, &text.join(" "))?,
        ["sizes"] => terminal::sizes(input)?,
        ["title", text @ ..] => emit(&format!("\x1b]2;{}\x07", text.join(" ")))?,
        ["mark", letter] => emit(&format!("\x1b]133;{letter}\x07"))?,
        ["mark", letter, code] => emit(&format!("\x1b]133;{letter};{code}\x07"))?,
        ["progress", state] => emit(&format!("\x1b]9;4;{state}\x07"))?,
        ["progress", state, percent] => emit(&format!("\x1b]9;4;{state};{percent}\x07"))?,
        ["bell"] => emit("\x07")?,
        ["env", name] => say(&match std::env::var_os(name) {
            Some(value) => format!("env {name}={}", value.display()),
            None => format!("env {name} unset"),
        })?,
        ["args"] => say(&format!("args {:?}", std::env::args_os().skip(1).collect::<Vec<_>>()))?,
        ["cwd"] => say(&format!("cwd {}", std::env::current_dir()?.display()))?,
        ["pid"] => say(&format!("pid {}", std::process::id()))?,
        ["touch", path] => drop(std::fs::File::create(path)?),
        ["exit", code] => std::process::exit(number(code)?),
        ["die", signal] => family::die(signal)?,
        ["quit"] => return Ok(Next::Quit),
        [] => {}
        _ => return Err(refused(&format!("fake agent: what is `{}`?", words.join(" ")))),
    }
    Ok(Next::GoOn)
}

/// Takes commands from typed lines. A line that is no command is answered, not fatal: a person may be typing.
fn listen(input: &mut Input) -> io::Result<()> {
    while let Some(line) = input.line()? {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        match obey(input, &words) {
            Ok(Next::GoOn) => {}
            Ok(Next::Quit) => break,
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => say(&error.to_string())?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn lines(input: &mut Input, count: &str, rate: &[&str]) -> io::Result<()> {
    let last: u64 = if count == "forever" { u64::MAX } else { number(count)? };
    let pause = match rate {
        [] => Duration::ZERO,
        [per_second, ..] => Duration::from_secs_f64(1.0 / number::<f64>(per_second)?),
    };
    for n in 1..=last {
        say(&format!("line {n:06}"))?;
        // Only a paced run listens for its end: a look at the input between any two lines would be most of the work.
        if !pause.is_zero() && input.typed_within(pause)? {
            input.line()?;
            return say("stopped");
        }
    }
    Ok(())
}

fn ask(input: &mut Input, question: &str) -> io::Result<()> {
    emit(&format!("{question} "))?;
    let answer = input.line()?.unwrap_or_default();
    say(&format!("answer: {answer}"))
}

fn busy(time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        std::hint::spin_loop();
    }
}

/// Prints a line.
fn say(line: &str) -> io::Result<()> {
    emit(&format!("{line}\n"))
}

/// Prints exactly this, at once: what waits in a buffer is what a test would wait for in vain.
fn emit(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn number<T: std::str::FromStr>(word: &str) -> io::Result<T> {
    word.parse().map_err(|_| refused(&format!("fake agent: `{word}` is not a number that fits here")))
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why.to_owned())
}
