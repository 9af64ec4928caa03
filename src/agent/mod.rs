//! Agents: what kinds there are, what their terminals show, what they are doing, and how text gets to them.
//!
//! [`kind`], [`rule`], [`screen`], [`shell`], [`signal`] and [`status`] are pure. [`actor`] is the one task that each agent has; [`pty`],
//! [`view`] and [`delivery`] are what it and the requests work with; [`registry`] knows all of them. Nothing here knows the wire,
//! a file or a project beyond its name.

pub mod actor;
pub mod changes;
pub mod delivery;
pub mod kind;
pub mod mode;
pub mod paint;
pub mod pty;
pub mod registry;
pub mod rule;
pub mod screen;
pub mod shell;
pub mod signal;
pub mod size;
pub mod status;
pub mod view;
pub mod watch;
