//! Who runs on which core.

use anyhow::{Context, Result};
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Everybody on one core. Left to the scheduler, one pair shared a core and the other did not, by chance and for a whole run, which
/// made a factor of four either way; on one core only what the servers do themselves is left.
pub struct Pin(CpuSet);

impl Pin {
    /// Us, whatever we start from here on, and these; until it is dropped.
    pub fn to_first_core(others: &[u32]) -> Result<Self> {
        let before = sched_getaffinity(None)?;
        let mut one = CpuSet::new();
        one.set((0..CpuSet::MAX_CPU).find(|core| before.is_set(*core)).context("no core to run on")?);
        sched_setaffinity(None, &one)?;
        for pid in others {
            sched_setaffinity(Pid::from_raw(pid.cast_signed()), &one)?;
        }
        Ok(Self(before))
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let _ = sched_setaffinity(None, &self.0);
    }
}
