//! What a project keeps in its `.pintle` folder, and which projects are known.
//!
//! The types here are file types: they are what JSON and YAML hold, with serde, and keep keys they do not know. What is on the wire
//! and what a running agent is are other types; `daemon` converts.

pub mod config;
pub mod env_file;
pub mod manifest;
pub mod registry;
pub mod state;
pub mod store;
