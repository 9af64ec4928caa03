//! A child that ends with its parent, in whatever way the parent ends.
//!
//! Most programs need none of this: their input ends, or their next write fails. A control client of tmux does not see that. It has
//! handed its pipes to the tmux server, and a server (seen with 3.3a, 3.5a and 3.8) that could not write an answer any more keeps the
//! answer, and with it the client, for ever; one that was told to end waits for that client, also for ever, and its socket is of no use to
//! anybody. It takes a daemon that is killed while a command of its is on its way, and the end of the client's process to mend it. (It is
//! told to end, and not killed: see `tmux/client/link.rs`.)
//!
//! A parent-death signal must be set by the child itself and before its program begins, so our own program goes first. The alternatives
//! were `pre_exec`, which is `unsafe` and makes the standard library copy this process with all its mappings; and the keeper, which
//! inherits what a daemon leaves but cannot tell it from what agents leave, and may be killed together with the daemon.
//!
//! A program with more rights than its caller (setuid, setgid) loses the signal when it begins.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

/// Says to ourselves: become the program behind it, and end with this parent.
pub const WORD: &str = "__bound";

/// A command that becomes `program`, whose arguments are still to be given, and that is sent `signal` when the thread that starts it ends:
/// Linux counts that as the parent's death, so it is for threads that live as long as their process.
pub fn command(program: &str, signal: Signal) -> Command {
    // Our own image, even if the binary has been replaced since.
    let mut command = Command::new("/proc/self/exe");
    // It looks at its name first: under another one it stands for another program.
    command.arg0("pintle").arg(WORD).arg(std::process::id().to_string()).arg(signal.as_raw().to_string()).arg(program);
    command
}

/// `pintle __bound PARENT SIGNAL PROGRAM ARGS…`; `words` are those behind `__bound`. Returns only if that failed, with the code to exit with.
pub fn become_bound(mut words: impl Iterator<Item = OsString>) -> i32 {
    let parent = words.next().and_then(|word| Pid::from_raw(word.to_str()?.parse().ok()?));
    let signal = words.next().and_then(|word| Signal::from_named_raw(word.to_str()?.parse().ok()?));
    let (Some(parent), Some(_), Some(program)) = (parent, signal, words.next()) else { return 125 };
    if set_parent_process_death_signal(signal).is_err() {
        return 125;
    }
    if getppid() != Some(parent) {
        // It has ended before we could be told.
        return 125;
    }
    let error = Command::new(program).args(words).exec();
    if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 }
}
