//! tmux: who it is, what it is told and what it says.

pub mod client;
pub mod command;
pub mod error;
pub mod grid;
pub mod keys;
pub mod pane;
pub mod parser;
pub mod server;
pub mod viewer;
pub mod window;

#[cfg(test)]
mod private_server;
