//! Dialect `cmd`: the daemon's state, the log, tmux.
//!
//! A success is `{"ok":true, …}`, a failure `{"ok":false,"error","code"}`. A reply does not say what it answers:
//! the order of replies on a connection does.

pub mod reply;
pub mod request;

pub use reply::{Reply, parse_reply, uptime};
pub use request::Request;
