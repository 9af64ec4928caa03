//! An agent's terminal on ours: one loop over the keyboard, the socket, the terminal and signals.
//!
//! One thread and `poll`. Whatever is slow slows only itself: while the terminal takes no more, the socket is not read,
//! and the daemon, which waits for nobody, says afterwards what was missed; while the daemon is away, the keyboard is
//! still listened to, so that the detach key works.

mod detach_key;
mod session;
mod sink;
mod terminal;

pub use detach_key::DetachKey;
pub use session::{End, Session};
pub use terminal::{RESET, RawGuard, size};
