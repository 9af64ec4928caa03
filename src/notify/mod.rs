//! Notifications: what is kept of them until somebody reads it, and which turns of an agent are worth one.
//!
//! How they reach a person (status line, message, bell) and the file that keeps them across restarts are the daemon's.

pub mod queue;
pub mod rule;
