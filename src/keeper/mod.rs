//! The process that outlives everything but itself: owner of the listening socket, the PTY masters and the output rings, and the
//! parent of every agent and of the daemon.
//!
//! It is meant to be read in one sitting, since nothing can save what it holds if it dies. So it does nothing but this: opens PTYs
//! and spawns into them ([`spawn`], [`exec`]), reads their output into rings ([`kept`]), reaps, hands descriptors to the daemon
//! ([`message`], [`link`]), and starts the daemon again when it dies ([`supervise`]); and it is the one that does, for a state folder
//! and a runtime folder ([`lock`]). It knows no JSON, no git, no tmux and no config.
//! Invariant: nothing here waits for the daemon, so a daemon that hangs stops nobody's output.

mod agents;
mod daemon;
pub mod exec;
pub mod kept;
pub mod link;
pub mod listen;
pub mod lock;
pub mod message;
pub mod run;
pub mod spawn;
pub mod supervise;
