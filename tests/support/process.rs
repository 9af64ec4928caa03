//! Processes as `/proc` shows them. A process that is gone gives `None` or an empty list: it may go at any moment.

use std::collections::HashMap;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// The fields of `/proc/PID/stat` that tests ask for.
#[derive(Clone, Debug)]
pub struct Stat {
    pub name: String,
    /// `R`, `S`, `D`, `T`, `Z`, …
    pub state: char,
    pub parent: u32,
    pub group: u32,
    pub session: u32,
    pub threads: u32,
    /// In clock ticks since boot: together with the pid it names one process for ever.
    pub start_time: u64,
}

pub fn stat(pid: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses and may itself contain them and spaces.
    let (head, tail) = text.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = tail.split_whitespace().collect();
    // proc(5) counts from 1, and `state` is its field 3.
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    let small = |field: usize| number(field)?.try_into().ok();
    Some(Stat {
        name,
        state: fields.first()?.chars().next()?,
        parent: small(4)?,
        group: small(5)?,
        session: small(6)?,
        threads: small(20)?,
        start_time: number(22)?,
    })
}

/// Whether the process runs or could run: a zombie does not.
pub fn alive(pid: u32) -> bool {
    stat(pid).is_some_and(|stat| !matches!(stat.state, 'Z' | 'X'))
}

pub fn start_time(pid: u32) -> Option<u64> {
    stat(pid).map(|stat| stat.start_time)
}

/// Every process there is.
pub fn all() -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

pub fn children(pid: u32) -> Vec<u32> {
    all().into_iter().filter(|&child| stat(child).is_some_and(|stat| stat.parent == pid)).collect()
}

/// Children, their children and so on. One that was orphaned is not among them.
pub fn descendants(pid: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for child in all() {
        if let Some(stat) = stat(child) {
            children.entry(stat.parent).or_default().push(child);
        }
    }
    let mut found = Vec::new();
    let mut next = vec![pid];
    while let Some(parent) = next.pop() {
        let born = children.remove(&parent).unwrap_or_default();
        next.extend(&born);
        found.extend(born);
    }
    found
}

/// Living processes of a process group.
pub fn in_group(group: u32) -> Vec<u32> {
    all().into_iter().filter(|&pid| alive(pid) && stat(pid).is_some_and(|stat| stat.group == group)).collect()
}

pub fn threads(pid: u32) -> Option<u32> {
    stat(pid).map(|stat| stat.threads)
}

/// Memory that it has taken for itself, in bytes: private dirty pages. Clean ones are those of the program's file, which count as its own
/// as soon as another test's pintle has ended that had looked at them too.
pub fn private_memory(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let kib: u64 = text
        .lines()
        .filter(|line| line.starts_with("Private_Dirty:"))
        .filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
        .sum();
    Some(kib * 1024)
}

/// Memory of the memory files called `name` that the process has open, in bytes.
pub fn file_memory(pid: u32, name: &str) -> Option<u64> {
    let mut blocks = 0;
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.flatten() {
        let target = std::fs::read_link(entry.path()).unwrap_or_default();
        if target.to_string_lossy().contains(name) {
            blocks += std::fs::metadata(entry.path()).map_or(0, |meta| std::os::unix::fs::MetadataExt::blocks(&meta));
        }
    }
    Some(blocks * 512)
}

/// How often the process's threads have gone to sleep of their own will: an idle one that does not poll does not add to it.
pub fn voluntary_switches(pid: u32) -> Option<u64> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let switches = |task: std::io::Result<std::fs::DirEntry>| {
        let status = std::fs::read_to_string(task.ok()?.path().join("status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    Some(tasks.filter_map(switches).sum())
}

/// How many files the process holds open.
pub fn open_files(pid: u32) -> Option<usize> {
    Some(std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count())
}

/// Living processes that have this folder's path in their environment.
pub fn with_environment_naming(folder: &Path) -> Vec<u32> {
    let needle = format!("{}/", folder.display()).into_bytes();
    let own = std::process::id();
    all().into_iter().filter(|&pid| pid != own && alive(pid) && environment_contains(pid, &needle)).collect()
}

fn environment_contains(pid: u32, needle: &[u8]) -> bool {
    // Also unreadable, and not ours then, when it belongs to another user.
    std::fs::read(format!("/proc/{pid}/environ"))
        .is_ok_and(|environment| environment.windows(needle.len()).any(|window| window == needle))
}

/// The command line, for messages.
pub fn command_line(pid: u32) -> String {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words: Vec<_> = bytes.split(|&byte| byte == 0).map(String::from_utf8_lossy).collect();
    format!("{pid}: {}", words.join(" ").trim_end())
}

/// Sends a signal. That the process is gone already is no failure.
pub fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid.cast_signed()) {
        let _ = kill_process(pid, signal);
    }
}

/// `kill -9`.
pub fn kill(pid: u32) {
    signal(pid, Signal::KILL);
}

/// `kill -STOP`; returns when no thread of it does anything any more.
#[track_caller]
pub fn stop(pid: u32) {
    signal(pid, Signal::STOP);
    let stands = |thread: std::io::Result<std::fs::DirEntry>| {
        let text = std::fs::read_to_string(thread.ok()?.path().join("stat")).ok()?;
        Some(text.rsplit_once(')')?.1.trim_start().starts_with('T'))
    };
    super::eventually(&format!("process {pid} stands still"), super::PATIENCE, || {
        let mut threads = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?;
        threads.all(|thread| stands(thread) == Some(true)).then_some(())
    });
}
