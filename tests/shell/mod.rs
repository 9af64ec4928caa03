//! The hooks in `shell/`, in real bash, zsh and fish on a real terminal. The daemon's side is played by the tests: they write the
//! files of the runtime folder, and a `pintle` on PATH says what it was asked to run and runs it. In `live` nothing is played.

mod candidates;
mod completion;
mod cost;
mod direnv;
mod follow;
mod hooks;
mod inherit;
mod live;
mod processes;
mod prompt_tool;
mod scripts;
mod stage;
mod terminal;
mod wrappers;

pub use stage::Stage;
pub use terminal::{ALL, Kind, Shell};
