//! One function a request: wire in, one call, wire out.

pub mod agents;
pub mod config;
pub mod core;
pub mod definitions;
pub mod diffs;
pub mod environments;
pub mod grids;
pub mod hud;
pub mod panes;
pub mod prefixes;
pub mod ptys;
pub mod swarms;
pub mod worktrees;
