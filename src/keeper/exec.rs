//! The exec shim, `pintle __exec NOFILE -- PROGRAM ARGS…`: the first thing that runs in a new PTY.
//!
//! It makes the terminal on its standard input its own and becomes the program, or tells the keeper why it could not. It is also
//! where limits and, later, sandboxes are applied, since those must be in force before the program's first instruction and must
//! not touch the keeper.
//!
//! portable-pty's own way was the alternative: it forks the keeper with all its mappings, and the child first lists and closes
//! every descriptor there is, four for each agent (3 ms with a hundred of them), and then reports success even if the program
//! cannot be executed. All of the keeper's descriptors are close-on-exec, so nothing needs closing.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::process::{Resource, getrlimit, ioctl_tiocsctty, setrlimit, setsid};
use rustix::stdio::{dup2_stderr, stderr, stdin};
use signal_hook::consts::FORBIDDEN;

/// The last of the signals that have names.
const LAST_SIGNAL: i32 = 31;

/// Runs the program in place of this process. Returns only if that failed, with the code to exit with.
///
/// `arguments` are those behind `__exec`. Standard input and output are the terminal; standard error is the pipe on which the
/// keeper is told the number of an error, or by its end that the program runs.
pub fn run(arguments: impl Iterator<Item = OsString>) -> i32 {
    let mut arguments = arguments;
    let Some(nofile) = arguments.next() else { return 125 };
    let Some(program) = arguments.by_ref().find(|word| word != "--") else { return 125 };
    // Close-on-exec: a program that starts closes the pipe by starting.
    let Ok(report) = stderr().try_clone_to_owned() else { return 125 };
    let mut report = File::from(report);
    let error = match enter_terminal() {
        Ok(()) => {
            restore_limit(&nofile);
            Command::new(program).args(arguments).exec()
        }
        Err(error) => error,
    };
    let errno = error.raw_os_error().unwrap_or(0);
    let _ = report.write_all(&errno.to_le_bytes());
    if errno == rustix::io::Errno::NOENT.raw_os_error() { 127 } else { 126 }
}

/// A session of its own, with the terminal as its controlling terminal, and signals as a program expects to find them.
fn enter_terminal() -> io::Result<()> {
    setsid()?;
    ioctl_tiocsctty(stdin())?;
    dup2_stderr(stdin())?;
    // A keeper started by `nohup` ignores SIGHUP, and what is ignored stays so in every program after it. What is handled does
    // not: `exec` sets it to its default. (Those that cannot be handled cannot be ignored either, or not sensibly.)
    for signal in (1..=LAST_SIGNAL).filter(|signal| !FORBIDDEN.contains(signal)) {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
    }
    Ok(())
}

/// The keeper raised its own limit of open files for many agents; programs that size tables by it must not see that.
fn restore_limit(soft: &OsString) {
    let Some(soft) = soft.to_str().and_then(|value| value.parse().ok()) else { return };
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(soft);
    let _ = setrlimit(Resource::Nofile, limit);
}
