//! tmux. So far: building commands, and splitting a pane through a `tmux` process.

pub mod command;
pub mod pane;
