//! Long text on a terminal: through the pager that git would take.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGQUIT};

/// Ours, before all that git looks at.
const OURS: &str = "PINTLE_PAGER";

/// What a shell ends with when it finds no such command, or may not run it.
const NOT_RUN: [i32; 2] = [127, 126];

/// How bytes were shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Shown {
    /// As they were to be.
    Well,
    /// By themselves, since this pager could not be run.
    Without(String),
}

/// Shows bytes in a pager, or writes them as they are where there is none or it cannot be run.
pub fn page(bytes: &[u8]) -> io::Result<Shown> {
    let usual = [("LESS", "FRX".to_owned()), ("LV", "-c".to_owned())];
    let unset: Vec<_> = usual.into_iter().filter(|(name, _)| std::env::var_os(name).is_none()).collect();
    shown(wanted(), bytes, &unset)
}

/// Shows bytes in a pager that stays until it is left, also with less than a screen: for a popup, which goes with us.
pub fn page_and_stay(bytes: &[u8]) -> io::Result<Shown> {
    let command = wanted().unwrap_or_else(|| "less".to_owned());
    // Whatever else the user wants of it; the last word counts.
    let less = std::env::var("LESS").unwrap_or_else(|_| "R".to_owned());
    shown(Some(command), bytes, &[("LESS", format!("{less} -+F")), ("LV", "-c".into())])
}

fn shown(command: Option<String>, bytes: &[u8], variables: &[(&str, String)]) -> io::Result<Shown> {
    let shown = match command {
        Some(command) if through(&command, bytes, variables)? => return Ok(Shown::Well),
        Some(command) => Shown::Without(command),
        None => Shown::Well,
    };
    write(&mut io::stdout().lock(), bytes)?;
    Ok(shown)
}

/// The pager's command line. `cat` and nothing are none.
fn wanted() -> Option<String> {
    let variable = |name| std::env::var(name).ok();
    // git knows its variables, its configuration and what it was built with.
    let gits = || {
        let output = Command::new("git").args(["var", "GIT_PAGER"]).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let command = variable(OURS).or_else(gits).or_else(|| variable("PAGER")).unwrap_or_else(|| "less".to_owned());
    Some(command).filter(|command| !matches!(command.as_str(), "" | "cat"))
}

/// Whether the pager could be run.
fn through(command: &str, bytes: &[u8], variables: &[(&str, String)]) -> io::Result<bool> {
    // A key that interrupts is the pager's: it stops a search. Whoever ended here would leave it alone with the terminal.
    let ignored = Arc::new(AtomicBool::new(false));
    let ids = [SIGINT, SIGQUIT].map(|signal| signal_hook::flag::register(signal, Arc::clone(&ignored)));
    let mut pager = Command::new("sh");
    pager.args(["-c", command]).stdin(Stdio::piped());
    // As git sets them: end at once with less than a screen, colours as they are, leave what was shown.
    for (name, value) in variables {
        pager.env(name, value);
    }
    let shown = pager.spawn().and_then(|mut pager| {
        let written = pager.stdin.take().map_or(Ok(()), |mut stdin| write(&mut stdin, bytes));
        let ended = pager.wait()?;
        written?;
        Ok(!ended.code().is_some_and(|code| NOT_RUN.contains(&code)))
    });
    for id in ids.into_iter().flatten() {
        signal_hook::low_level::unregister(id);
    }
    shown
}

/// Who has seen enough has seen enough.
fn write(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    match to.write_all(bytes).and_then(|()| to.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}
