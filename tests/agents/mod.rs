//! Agents, from `spawn` to `kill`: one file a request or a promise.

mod attach;
mod attach_size;
mod capture;
mod env;
mod environment;
mod exit;
mod gone;
mod input;
mod kill;
mod lagged;
mod logs;
mod many;
pub mod project;
mod prompt;
mod rename;
mod spawn;
mod spawn_errors;
mod status;
mod subscribe_events;
mod subscribe_status;
pub mod suspend_resume;
mod wait;
