//! The system tests: real processes, a real socket, real terminals. One folder a system, one file a request or a promise.
//!
//! Nothing in here knows the library; see `support`.

mod agents;
mod cli;
mod daemon;
mod definitions;
mod environments;
mod harness;
mod keeper;
mod shell;
mod support;
mod tmux;
mod transport;
mod worktrees;
