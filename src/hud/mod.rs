//! The line that a status bar, a pane border or a prompt shows: what it says, how it looks, and when it is written to tmux.
//!
//! Everything in here is computed from what it is given. Who counts agents, asks the clock and talks to tmux is the daemon. No
//! process is started for it, by design: the line is pushed into the option `@pintle_hud`, and the status line reads it with
//! `#{@pintle_hud}`. Measured, a change is on the screen in 0.7 ms that way; a `#(command)` takes 4 ms, and runs for ever.

pub mod color;
pub mod push;
pub mod render;
pub mod segment;
pub mod text;
pub mod theme;
