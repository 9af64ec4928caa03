//! Watching a descriptor from the daemon's loop.
//!
//! `unsafe` because tokio cannot know that a type keeps its descriptor open for as long as it is watched; an `OwnedFd` does, and
//! only that is taken here. One function, so that the promise is made once.
#![allow(unsafe_code, reason = "see above")]

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Watches `fd` for `interest`. The descriptor must be non-blocking to be read or written afterwards.
pub fn watch(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: `AsyncFd` owns the `OwnedFd`, gives out only shared references to it, and deregisters before it drops it, so the
    // descriptor stays open and the same while it is registered.
    Ok(unsafe { AsyncFd::register_with_interest(fd, interest) }?)
}
