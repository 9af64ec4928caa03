//! What cannot be said about descriptors without a promise.
//!
//! `unsafe` because tokio cannot know that a type keeps its descriptor open for as long as it is watched (an `OwnedFd` does, and
//! only that is taken here), and because nobody can know that a descriptor known by its number belongs to nobody. One function
//! each, so that the promise is made once.
#![allow(unsafe_code, reason = "see above")]

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Watches `fd` for `interest`. The descriptor must be non-blocking to be read or written afterwards.
pub fn watch(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: `AsyncFd` owns the `OwnedFd`, gives out only shared references to it, and deregisters before it drops it, so the
    // descriptor stays open and the same while it is registered.
    Ok(unsafe { AsyncFd::register_with_interest(fd, interest) }?)
}

/// Closes all descriptors but the three standard ones: what a process that lives for months got from whoever happened to start
/// it. A pipe among them would never end for its reader, and every program that we start would have it too.
///
/// Must be called before this process has opened anything itself.
pub fn close_inherited() -> io::Result<()> {
    let names = std::fs::read_dir("/proc/self/fd")?.map(|entry| Ok(entry?.file_name()));
    // Collected first: the list of them is read through a descriptor as well, which is gone when they are closed.
    let names = names.collect::<io::Result<Vec<_>>>()?;
    for number in names.iter().filter_map(|name| name.to_str()?.parse::<RawFd>().ok()).filter(|number| *number > 2) {
        if rustix::fs::readlink(format!("/proc/self/fd/{number}"), Vec::new()).is_ok() {
            // SAFETY: it is open, and by the condition above nothing here owns it.
            drop(unsafe { OwnedFd::from_raw_fd(number) });
        }
    }
    Ok(())
}
