//! What a project keeps in its `.pintle` folder, which projects are known, and what else of the user's is read from files.
//!
//! The types here are file types: they are what JSON and YAML hold, with serde, and keep keys they do not know. What is on the wire
//! and what a running agent is are other types; `daemon` converts.

pub mod config;
pub mod diff;
pub mod env_file;
pub mod exclude;
mod file_system;
mod git_files;
pub mod hud_file;
pub mod manifest;
pub mod pulse;
pub mod registry;
pub mod schema;
pub mod state;
pub mod store;
pub mod worktree;
