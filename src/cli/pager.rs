//! Long text on a terminal: through the pager that git would take.

use std::io::{self, BufRead as _, Write};
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
enum Shown {
    /// As they were to be.
    Well,
    /// By themselves, since this pager could not be run.
    Without(String),
}

/// Whether the terminal may be gone with us, as a popup is: then what is shown stays until it is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stay {
    /// Less than a screen is shown and that is it.
    No,
    /// However little it is.
    Yes,
}

/// Shows bytes in a pager, or writes them as they are where there is none or it cannot be run; `warn` is told of that.
pub fn page(bytes: &[u8], stay: Stay, warn: impl FnOnce(&str)) -> io::Result<()> {
    let command = match stay {
        Stay::No => wanted(),
        Stay::Yes => Some(wanted().unwrap_or_else(|| "less".to_owned())),
    };
    let shown = shown(command.as_deref(), bytes, &variables(stay))?;
    if let Shown::Without(command) = &shown {
        warn(command);
    }
    let is_left_by_hand = shown == Shown::Well && command.is_some_and(|command| is_less(&command));
    if stay == Stay::Yes && !is_left_by_hand {
        wait_for_enter()?;
    }
    Ok(())
}

/// As git sets them: end at once with less than a screen, colours as they are, leave what was shown.
fn variables(stay: Stay) -> Vec<(&'static str, String)> {
    let lv = ("LV", "-c".to_owned());
    match stay {
        Stay::No => {
            let usual = [("LESS", "FRX".to_owned()), lv];
            usual.into_iter().filter(|(name, _)| std::env::var_os(name).is_none()).collect()
        }
        Stay::Yes => {
            // Whatever else the user wants of it; the last word counts.
            let less = std::env::var("LESS").unwrap_or_else(|_| "R".to_owned());
            vec![("LESS", format!("{less} -+F")), lv]
        }
    }
}

/// Whether it is `less` as its variable tells it to be, and so stays until it is left. Of any other nobody knows: `more` ends with the
/// text, as does a `less` that is told so behind a filter (`diff-so-fancy | less -RF`, `delta`).
fn is_less(command: &str) -> bool {
    let Ok(words) = shell_words::split(command) else { return false };
    let [program, options @ ..] = words.as_slice() else { return false };
    let told_otherwise = |word: &String| word.contains('F') || word.contains("quit") || word.contains(['|', ';', '&']);
    let folders = std::env::var_os("PATH").unwrap_or_default();
    // Debian's `pager` is a link to it, or to `more`.
    let real = std::env::split_paths(&folders).find_map(|folder| folder.join(program).canonicalize().ok());
    real.is_some_and(|real| real.ends_with("less")) && !options.iter().any(told_otherwise)
}

fn wait_for_enter() -> io::Result<()> {
    // While the pager ran they were its own, and nobody has given them back.
    for signal in [SIGINT, SIGQUIT] {
        signal_hook::flag::register_conditional_default(signal, Arc::new(AtomicBool::new(true)))?;
    }
    let mut terminal = io::stdout().lock();
    terminal.write_all(b"Enter goes back ")?;
    terminal.flush()?;
    io::stdin().lock().skip_until(b'\n').map(drop)
}

fn shown(command: Option<&str>, bytes: &[u8], variables: &[(&str, String)]) -> io::Result<Shown> {
    let shown = match command {
        Some(command) if through(command, bytes, variables)? => return Ok(Shown::Well),
        Some(command) => Shown::Without(command.to_owned()),
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
