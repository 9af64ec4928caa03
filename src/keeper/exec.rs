//! The exec shim, `pintle __exec FD NOFILE -- PROGRAM ARGS…`: the first thing that runs in a new PTY.
//!
//! It becomes the program, or tells the keeper why it could not. Without it, a program that cannot be executed would look like
//! one that started and died (portable-pty reports success either way). It is also where limits and, later, sandboxes are
//! applied, since those must be in force before the program's first instruction and must not touch the keeper.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Resource, getppid, getrlimit, setrlimit};

/// What the shim writes first: "I have the pipe, you may close your end".
pub const STARTED: u8 = b'+';

/// Runs the program in place of this process. Returns only if that failed, with the code to exit with.
///
/// `arguments` are those behind `__exec`. The report pipe is opened through the keeper's `/proc/PID/fd`, since portable-pty
/// closes every inherited descriptor above 2 before the shim runs.
pub fn run(arguments: impl Iterator<Item = OsString>) -> i32 {
    let mut arguments = arguments;
    let (Some(report), Some(nofile)) = (arguments.next(), arguments.next()) else { return 125 };
    let Some(program) = arguments.by_ref().find(|word| word != "--") else { return 125 };
    let Some(mut report) = open_report(&report) else { return 125 };
    if report.write_all(&[STARTED]).is_err() {
        return 125;
    }
    restore_limit(&nofile);
    let error = Command::new(program).args(arguments).exec();
    let errno = error.raw_os_error().unwrap_or(0);
    let _ = report.write_all(&errno.to_le_bytes());
    if errno == rustix::io::Errno::NOENT.raw_os_error() { 127 } else { 126 }
}

/// Opened by us, so close-on-exec: a program that starts closes the pipe by starting.
fn open_report(fd: &OsString) -> Option<File> {
    let keeper = getppid()?.as_raw_nonzero();
    OpenOptions::new().write(true).open(format!("/proc/{keeper}/fd/{}", fd.to_str()?)).ok()
}

/// The keeper raised its own limit of open files for many agents; programs that size tables by it must not see that.
fn restore_limit(soft: &OsString) {
    let Some(soft) = soft.to_str().and_then(|value| value.parse().ok()) else { return };
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(soft);
    let _ = setrlimit(Resource::Nofile, limit);
}
