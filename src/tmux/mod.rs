//! tmux. So far: building commands, splitting a pane through a `tmux` process, and understanding control mode.

pub mod command;
pub mod pane;
pub mod parser;
