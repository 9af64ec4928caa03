//! The rows of the table, one or two a file.

pub mod flood;
pub mod health;
pub mod hud;
pub mod idle;
pub mod keys;
pub mod kill;
pub mod panes;
pub mod quiet;
pub mod run;
pub mod spawn;
pub mod swarm;
pub mod worktrees;
