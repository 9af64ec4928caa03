//! The benches' one clock and one pause.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Time since boot. Two processes may compare theirs, which `Instant` cannot be sent for.
pub fn now() -> Duration {
    let time = clock_gettime(ClockId::Monotonic);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// How long something takes, and what comes of it.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = now();
    let result = work();
    (now() - start, result)
}

/// Does nothing for a while: to let a daemon settle, or to look again later.
#[expect(clippy::disallowed_methods, reason = "what is waited for here is that nothing happens")]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Looks again and again, so often that the looking does not coarsen a figure of milliseconds.
pub fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> anyhow::Result<T> {
    let end = now() + limit;
    loop {
        match look() {
            Some(found) => return Ok(found),
            None if now() > end => anyhow::bail!("waited {limit:?} in vain: {what}"),
            None => pause(Duration::from_micros(100)),
        }
    }
}
