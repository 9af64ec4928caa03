//! What the system tests stand on. Nothing in here uses pintle's own library: a test must not share the mistakes of the
//! code that it tests.
//!
//! A test makes a [`Sandbox`] (its own home, runtime folder and environment), starts a daemon in it or lets a command
//! start one, talks to it by the command line or by a [`Client`], and waits for conditions with [`eventually`]. When the
//! sandbox goes, everything that was started in it is ended; when the test has failed, the logs are printed first.

#![allow(dead_code, reason = "one support for many tests; not all of it is used at every moment")]

pub mod attach;
pub mod client;
pub mod invocation;
pub mod mount;
pub mod pattern;
pub mod points;
pub mod process;
pub mod sandbox;
pub mod tmux;
pub mod wait;

use std::path::{Path, PathBuf};

pub use client::Client;
pub use points::Points;
pub use sandbox::Sandbox;
pub use tmux::Tmux;
pub use wait::{PATIENCE, eventually};

/// The program under test.
pub fn pintle() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_pintle"))
}

/// The fake agent. Cargo builds examples along with the tests, but not when a single test target was asked for.
pub fn fake_agent_path() -> PathBuf {
    let path = pintle().with_file_name("examples").join("fake_agent");
    assert!(path.exists(), "{} is missing; build it: cargo build --example fake_agent", path.display());
    path
}

/// A command line that runs the fake agent with these arguments, for `spawn --command` and its like.
pub fn fake_agent(args: &[&str]) -> String {
    let path = fake_agent_path();
    let path = path.to_str().expect("a target folder with a name in UTF-8");
    shell_words::join([&[path], args].concat())
}
