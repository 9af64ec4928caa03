//! Processes as `/proc` shows them: who is still the same one, and who descends from whom.
//!
//! A pid alone names nobody for long, since the kernel uses it again. A pid with its start time does.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Read as _};

use rustix::process::{Pid, Signal, kill_process};

/// A process that cannot be mistaken for a later one with the same pid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Process id.
    pub pid: i32,
    /// Start time in clock ticks since boot (field 22 of `/proc/PID/stat`).
    pub start_time: u64,
}

impl Identity {
    /// The process that has `pid` now; `None` if there is none, or only its zombie.
    pub fn of(pid: i32) -> Option<Self> {
        let stat = Stat::read(pid)?;
        stat.is_alive().then_some(stat.identity)
    }

    /// Start time of `pid`, zombie or not.
    pub fn start_time(pid: i32) -> Option<u64> {
        Stat::read(pid).map(|stat| stat.identity.start_time)
    }

    /// Whether it still runs (a zombie does not).
    pub fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// Sends `signal` if the pid still belongs to the same process. True if it was sent.
    pub fn signal(self, signal: Signal) -> bool {
        self.is_alive() && Pid::from_raw(self.pid).is_some_and(|pid| kill_process(pid, signal).is_ok())
    }

    /// Whether it ignores `signal` (as opposed to handling it or dying of it).
    pub fn ignores(self, signal: Signal) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
        self.is_alive() && mask >> (signal.as_raw() - 1) & 1 == 1
    }
}

/// What `/proc/PID/stat` says of a process.
#[derive(Clone, Debug)]
pub struct Stat {
    /// Who it is.
    pub identity: Identity,
    /// Its short name (`bash`), as the kernel keeps it.
    pub name: String,
    /// CPU time used so far, user and system, in clock ticks.
    pub ticks: u64,
    state: u8,
    /// The process that it was started by, or that has taken it over.
    pub parent: i32,
    session: i32,
    group: i32,
    flags: i64,
}

/// A thread of the kernel (`PF_KTHREAD` of `<linux/sched.h>`), which never had an environment.
const OF_KERNEL: i64 = 0x0020_0000;
/// A process that begins another program has neither words nor environment for a moment, a tenth of a millisecond unless it has to wait
/// for a processor. It is looked at so often at most, a few microseconds each.
const EXEC_LOOKS: usize = 2000;

impl Stat {
    /// Looks at the process that has `pid` now, zombie or not.
    pub fn read(pid: i32) -> Option<Self> {
        Self::parse(&String::from_utf8_lossy(&contents(&format!("/proc/{pid}/stat")).ok()?))
    }

    /// The name in parentheses may hold anything, parentheses and spaces too, so fields are counted from the last one.
    fn parse(text: &str) -> Option<Self> {
        let (before, after) = text.rsplit_once(')')?;
        let (pid, name) = before.split_once('(')?;
        let fields: Vec<&str> = after.split_ascii_whitespace().collect();
        let number = |field: usize| fields.get(field - 3)?.parse::<i64>().ok();
        Some(Self {
            identity: Identity { pid: pid.trim().parse().ok()?, start_time: number(22)? as u64 },
            name: name.to_owned(),
            state: *fields.first()?.as_bytes().first()?,
            parent: number(4)? as i32,
            flags: number(9)?,
            group: number(5)? as i32,
            session: number(6)? as i32,
            ticks: (number(14)? + number(15)?) as u64,
        })
    }

    fn is_alive(&self) -> bool {
        !matches!(self.state, b'Z' | b'X')
    }
}

/// This process and the one that has started it. A keeper that was started from inside a family carries its mark, and so does its daemon:
/// whoever ends a family leaves these out.
pub fn ourselves() -> [i32; 2] {
    [std::process::id() as i32, rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get())]
}

/// A snapshot of all processes, taken once for many questions.
#[derive(Debug, Default)]
pub struct Table {
    processes: HashMap<i32, Stat>,
    marks: HashMap<i32, Vec<u8>>,
}

impl Table {
    /// Reads `/proc` once, and of every process the value that the environment variable `mark` had when it started. About 30 µs a
    /// process, which is why one table answers for any number of agents.
    pub fn read(mark: &str) -> Self {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let processes: HashMap<i32, Stat> = pids.filter_map(Stat::read).map(|stat| (stat.identity.pid, stat)).collect();
        let marks = marks(processes.values().filter(|stat| stat.is_alive() && stat.flags & OF_KERNEL == 0), mark);
        Self { processes, marks }
    }

    /// Every living process that `leader` brought about: its children's children, the rest of its session (which stays known when
    /// the parents in between have died), and whoever carries the
    /// given value of the table's mark, which finds those that left the session and were orphaned. The leader itself comes first while it lives.
    pub fn family(&self, leader: i32, marked: &str) -> Vec<Identity> {
        let mut members: HashSet<i32> = HashSet::from([leader]);
        members.extend(self.living().filter(|stat| stat.session == leader).map(|stat| stat.identity.pid));
        members.extend(self.marks.iter().filter(|(_, value)| *value == marked.as_bytes()).map(|(pid, _)| *pid));
        // Closed under "child of": repeated until nothing is added, since the table has no order.
        loop {
            let more: Vec<i32> = self
                .living()
                .filter(|stat| members.contains(&stat.parent) && !members.contains(&stat.identity.pid))
                .map(|stat| stat.identity.pid)
                .collect();
            if more.is_empty() {
                break;
            }
            members.extend(more);
        }
        let mut family: Vec<Identity> =
            self.living().filter(|stat| members.contains(&stat.identity.pid)).map(|stat| stat.identity).collect();
        family.sort_by_key(|member| (member.pid != leader, member.pid));
        family
    }

    /// The living children of a process that carry the table's mark, each with its value.
    pub fn marked_children(&self, parent: i32) -> impl Iterator<Item = (i32, &[u8])> {
        let children = self.living().filter(move |stat| stat.parent == parent).map(|stat| stat.identity.pid);
        children.filter_map(|pid| Some((pid, self.marks.get(&pid)?.as_slice())))
    }

    /// The process groups that the given processes are in.
    pub fn groups(&self, members: &[Identity]) -> Vec<i32> {
        let mut groups: Vec<i32> =
            members.iter().filter_map(|member| Some(self.processes.get(&member.pid)?.group)).collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    fn living(&self) -> impl Iterator<Item = &Stat> {
        self.processes.values().filter(|stat| stat.is_alive())
    }
}

/// The values of a variable in the environments of these processes. One that just begins its program is waited for: what a family leaves
/// behind often does, and would not be found.
fn marks<'a>(processes: impl Iterator<Item = &'a Stat>, mark: &str) -> HashMap<i32, Vec<u8>> {
    let mut unread: Vec<i32> = processes.map(|stat| stat.identity.pid).collect();
    let mut marks = HashMap::new();
    for _ in 0..EXEC_LOOKS {
        unread.retain(|pid| {
            // Another user's environment cannot be read; such a process (after sudo) is found by its session or its parent.
            let Ok(environ) = fs::read(format!("/proc/{pid}/environ")) else { return false };
            if environ.is_empty() {
                // One that was started with no environment has words, and a zombie has neither. What was opened just before another
                // program began reads as nothing, too: it is read once more.
                let has_words = contents(&format!("/proc/{pid}/cmdline")).is_ok_and(|words| !words.is_empty());
                let is_without =
                    has_words && fs::read(format!("/proc/{pid}/environ")).is_ok_and(|again| again.is_empty());
                return !is_without && Identity::of(*pid).is_some();
            }
            marks.extend(value_in(&environ, mark).map(|value| (*pid, value)));
            false
        });
        if unread.is_empty() {
            break;
        }
        std::thread::yield_now();
    }
    marks
}

/// The value that an environment variable had when the process started.
pub fn environment_value(pid: i32, name: &str) -> Option<Vec<u8>> {
    value_in(&fs::read(format!("/proc/{pid}/environ")).ok()?, name)
}

fn value_in(environ: &[u8], name: &str) -> Option<Vec<u8>> {
    let value = |variable: &[u8]| variable.strip_prefix(name.as_bytes())?.strip_prefix(b"=").map(<[u8]>::to_vec);
    environ.split(|byte| *byte == 0).find_map(value)
}

/// The words that a process was started with; empty when it has none, or is not there.
pub fn argv(pid: i32) -> Vec<Vec<u8>> {
    let line = contents(&format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line.strip_suffix(b"\0").unwrap_or(&line);
    if words.is_empty() { Vec::new() } else { words.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect() }
}

/// Whether the process has children that live.
pub fn has_children(pid: i32) -> bool {
    match fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")) {
        Ok(children) => !children.trim().is_empty(),
        // A kernel without that file: look at everybody.
        Err(_) => Table::read("").living().any(|stat| stat.parent == pid),
    }
}

/// A small file of `/proc`, in as few calls as can be: `fs::read` asks for a size that these files do not have, and then reads
/// them in steps from 32 bytes on, which for every line that an agent prints is felt.
fn contents(path: &str) -> io::Result<Vec<u8>> {
    let mut file = fs::File::open(path)?;
    let mut bytes = vec![0; 1024];
    let mut read = 0;
    loop {
        match file.read(&mut bytes[read..]) {
            Ok(count) => read += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        // These files give as much as there is room for.
        if read < bytes.len() {
            bytes.truncate(read);
            return Ok(bytes);
        }
        bytes.resize(2 * read, 0);
    }
}

/// Memory that can be had without swapping, in MiB; `None` where the system does not say.
pub fn free_mib() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim_end().parse().ok()?;
    Some(kib / 1024)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// Waits until a `cat` runs: it is born before the kernel knows its words and its environment.
    fn runs(cat: &mut Child) {
        cat.stdin.as_mut().unwrap().write_all(b"here").unwrap();
        cat.stdout.as_mut().unwrap().read_exact(&mut [0; 4]).unwrap();
    }

    #[test]
    fn words_of_any_length_are_read_whole() {
        for length in [1, 1012, 1013, 1014, 1015, 1016, 3000, 100_000] {
            let word = "x".repeat(length);
            let mut cat = Command::new("cat");
            let cat = cat.args(["--", "-", &word]).stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = cat.spawn().unwrap();
            runs(&mut child);
            let words = argv(child.id() as i32);
            child.kill().unwrap();
            child.wait().unwrap();
            let lengths: Vec<usize> = words.iter().map(Vec::len).collect();
            assert_eq!(lengths, [3, 2, 1, length]);
        }
        assert!(argv(i32::MAX).is_empty());
    }

    #[test]
    fn stat_is_parsed_whatever_the_name_holds() {
        let rest = "S 12 34 56 0 -1 4194560 1 2 3 4 70 30 7 8 20 0 1 0 987654 1 2 3";
        for name in ["bash", "a b", "x) S 1 (y", ""] {
            let stat = Stat::parse(&format!("42 ({name}) {rest}")).unwrap();
            assert_eq!(stat.identity, Identity { pid: 42, start_time: 987_654 });
            assert_eq!((stat.parent, stat.group, stat.session, stat.ticks), (12, 34, 56, 100));
            assert_eq!(stat.name, name);
        }
        assert!(Stat::parse("42 (bash").is_none());
        assert!(Stat::parse("42 (bash) S 1").is_none());
    }

    #[test]
    fn a_process_is_itself_and_no_other() {
        let me = Identity::of(std::process::id() as i32).unwrap();
        assert!(me.is_alive());
        assert!(!Identity { start_time: me.start_time + 1, ..me }.is_alive());
        assert!(Identity::of(i32::MAX).is_none());
    }

    #[test]
    fn a_family_has_children_and_the_marked() {
        let mut cat = Command::new("cat");
        let cat = cat.env("PINTLE_FAMILY_TEST", "yes").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = cat.spawn().unwrap();
        runs(&mut child);
        let pid = child.id() as i32;
        let table = Table::read("PINTLE_FAMILY_TEST");
        let of_me = table.family(std::process::id() as i32, "no such mark");
        let marked = table.family(i32::MAX, "yes");
        let children: Vec<_> = table.marked_children(std::process::id() as i32).collect();
        assert_eq!(children, [(pid, &b"yes"[..])]);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(of_me.iter().any(|member| member.pid == pid));
        assert!(marked.iter().any(|member| member.pid == pid));
        assert!(Identity::of(pid).is_none());
    }
}
