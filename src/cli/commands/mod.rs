//! One file a command: its arguments, whose doc comments are the manual, and the function that does it.

pub mod attach;
pub mod call;
pub mod capture;
pub mod completions;
pub mod daemon;
pub mod doctor;
pub mod explain;
pub mod grid;
pub mod health;
pub mod hud;
pub mod init;
pub mod kill;
pub mod logs;
pub mod notify;
pub mod palette;
pub mod pane;
pub mod rename;
pub mod report;
pub mod resume;
pub mod send;
pub mod spawn;
pub mod status;
pub mod suspend;
pub mod tmux;
pub mod wait;
