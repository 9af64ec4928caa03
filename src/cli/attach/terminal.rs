//! Our own terminal: raw while an agent has it, and back as it was on every way out.

use std::io::{self, Write};
use std::sync::{Mutex, Once, PoisonError};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

/// How the terminal was. Global, because a panic hook has nothing else to look at, and a process has one terminal.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Takes back what a program may have switched on, whatever it was doing when we let go of it.
///
/// Not a full reset (`ESC c`): that would clear the screen and the history of a tmux pane.
pub const RESET: &str = concat!(
    "\x18",                              // gives up a sequence that is half written
    "\x1b]8;;\x1b\\",                    // no link
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l", // no mouse
    "\x1b[?1005l\x1b[?1006l\x1b[?1015l", // nor its encodings
    "\x1b[?1004l\x1b[?2004l",            // neither focus reports nor bracketed paste
    "\x1b[<64u\x1b[>4;0m",               // keys as they are sent by themselves
    "\x1b[?1l\x1b>",                     // arrows and keypad as well
    "\x1b[?1049l",                       // the primary screen
    "\x1b7\x1b[?6l\x1b[?69l\x1b[r\x1b8", // no margins; setting them moves the cursor, so it is put back
    "\x1b[?7h\x1b[4l\x1b[20l\x1b[?5l",   // lines wrap, letters replace, nothing is reversed
    "\x0f\x1b(B\x1b[m",                  // plain ASCII
    "\x1b[?2026l\x1b[?25h\x1b[0 q",      // the picture is shown, and a cursor in it
);

/// A terminal in raw mode. Dropping it puts the terminal back.
#[derive(Debug)]
pub struct RawGuard(());

impl RawGuard {
    /// Makes standard input, a terminal, raw.
    pub fn enter() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        *lock() = Some(before);
        restore_on_panic();
        let guard = Self(());
        guard.again()?;
        Ok(guard)
    }

    /// Makes it raw once more, after the shell has had it: we were stopped and go on.
    pub fn again(&self) -> io::Result<()> {
        let Some(mut raw) = lock().clone() else { return Ok(()) };
        raw.make_raw();
        Ok(tcsetattr(io::stdin(), OptionalActions::Now, &raw)?)
    }
}

impl Drop for RawGuard {
    fn drop(&mut self) {
        restore();
    }
}

/// Columns and rows of the terminal behind standard output, or behind standard input.
pub fn size() -> Option<(u16, u16)> {
    let size = tcgetwinsize(io::stdout()).or_else(|_| tcgetwinsize(io::stdin())).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then_some((size.ws_col, size.ws_row))
}

fn restore() {
    if let Some(before) = lock().take() {
        // `Flush` throws away what is typed ahead: the tail of an escape sequence would be typed into the shell.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &before);
    }
}

/// The message of a panic is to be read, so the terminal is put back before it is written.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let say = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            let _ = io::stdout().write_all(RESET.as_bytes());
            say(panic);
        }));
    });
}

fn lock() -> std::sync::MutexGuard<'static, Option<Termios>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}
