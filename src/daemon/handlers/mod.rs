//! One function a request: wire in, one call, wire out.

pub mod agents;
pub mod core;
pub mod grids;
pub mod hud;
pub mod panes;
pub mod ptys;
