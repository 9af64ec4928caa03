//! Processes as `/proc` shows them.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;
use std::{fmt, fs};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

/// Sum of these fields of `/proc/PID/smaps_rollup`, in bytes.
fn rollup(pid: u32, fields: &[&str]) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).context("smaps_rollup")?;
    let value = |line: &str| {
        let mut words = line.split_whitespace();
        let name = words.next()?.strip_suffix(':')?;
        fields.contains(&name).then(|| words.next()?.parse::<u64>().ok())?
    };
    Ok(text.lines().filter_map(value).sum::<u64>() * 1024)
}

/// Memory that only this process has.
pub fn private(pid: u32) -> Result<u64> {
    rollup(pid, &["Private_Clean", "Private_Dirty"])
}

/// Memory that these processes were given: their heaps and stacks, and every memfd that one of them holds, once, whether it
/// is mapped or not.
pub fn taken(pids: &[u32]) -> Result<u64> {
    let mut memfds = BTreeMap::new();
    let mut heaps = 0;
    for &pid in pids {
        heaps += rollup(pid, &["Anonymous"])?;
        for entry in fs::read_dir(format!("/proc/{pid}/fd"))?.flatten() {
            let target = fs::read_link(entry.path()).unwrap_or_default();
            if target.to_string_lossy().starts_with("/memfd:") {
                let meta = fs::metadata(entry.path())?;
                memfds.insert(meta.ino(), meta.blocks() * 512);
            }
        }
    }
    Ok(heaps + memfds.values().sum::<u64>())
}

/// How often threads of these processes began to run.
pub fn switches(pids: &[u32]) -> Result<u64> {
    let mut sum = 0;
    for task in tasks(pids)? {
        let text = fs::read_to_string(task.join("status")).unwrap_or_default();
        let counts = text.lines().filter(|line| line.contains("ctxt_switches:"));
        sum += counts.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum::<u64>();
    }
    Ok(sum)
}

/// How many threads these processes have.
pub fn threads(pids: &[u32]) -> Result<usize> {
    Ok(tasks(pids)?.len())
}

fn tasks(pids: &[u32]) -> Result<Vec<PathBuf>> {
    let mut tasks = Vec::new();
    for pid in pids {
        tasks.extend(fs::read_dir(format!("/proc/{pid}/task"))?.flatten().map(|entry| entry.path()));
    }
    Ok(tasks)
}

/// What a process got of the processors, and what it had to wait for them: on a busy machine the second explains a figure
/// that the first does not.
#[derive(Clone, Copy, Default)]
pub struct Cpu {
    ran: Duration,
    waited: Duration,
}

impl Cpu {
    /// Since its start, for threads that still live.
    pub fn of(pid: u32) -> Self {
        let mut cpu = Self::default();
        for task in tasks(&[pid]).unwrap_or_default() {
            let text = fs::read_to_string(task.join("schedstat")).unwrap_or_default();
            let mut nanos = text.split_whitespace().map(|word| Duration::from_nanos(word.parse().unwrap_or(0)));
            cpu.ran += nanos.next().unwrap_or_default();
            cpu.waited += nanos.next().unwrap_or_default();
        }
        cpu
    }

    /// Time on a processor.
    pub fn ran(self) -> Duration {
        self.ran
    }

    /// From an earlier look until this one, divided among so many passes.
    pub fn since(self, before: Self, passes: u32) -> Self {
        let each = |now: Duration, before: Duration| now.saturating_sub(before) / passes;
        Self { ran: each(self.ran, before.ran), waited: each(self.waited, before.waited) }
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ran {:.1} ms, waited {:.1} ms", self.ran.as_secs_f64() * 1e3, self.waited.as_secs_f64() * 1e3)
    }
}

/// Its children.
pub fn children(pid: u32) -> Result<Vec<u32>> {
    let mut children = Vec::new();
    for task in tasks(&[pid])? {
        let text = fs::read_to_string(task.join("children")).unwrap_or_default();
        children.extend(text.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
    }
    Ok(children)
}

/// Page faults of its children that have ended and that it has waited for.
pub fn lived(pid: u32) -> Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // Behind the name, which may hold anything.
    let (_, fields) = stat.rsplit_once(')').context("stat without a name")?;
    fields.split_whitespace().nth(8).and_then(|faults| faults.parse().ok()).context("stat without cminflt")
}

/// SIGKILL.
pub fn kill(pid: u32) {
    if let Some(pid) = Pid::from_raw(pid.cast_signed()) {
        // Gone already is as good.
        let _ = kill_process(pid, Signal::KILL);
    }
}
