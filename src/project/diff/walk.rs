//! One walk over a worktree: which files may differ from what the index remembers of them, and which it does not know.

use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};

use git2::IndexEntry;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, Stat, openat, statat};

use super::index::ASSUME_VALID;

/// Who is told of what is looked at, before it is looked at.
pub trait Follow: Sync {
    /// This folder.
    fn folder(&self, folder: BorrowedFd<'_>);
    /// This file can change under another name.
    fn linked(&self, file: Linked);
    /// It cannot be known what was looked at.
    fn cannot(&self);
}

/// A file that has other names, through which it can change without its folder's noticing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Absolute.
    pub path: PathBuf,
    /// Its modification time in seconds and nanoseconds, and its change time the same: no two contents have the same.
    pub times: [i64; 4],
}

impl Linked {
    /// Whether it is as it was.
    pub fn is_same(&self) -> bool {
        rustix::fs::lstat(&self.path).is_ok_and(|now| times(&now) == self.times)
    }
}

fn times(stat: &Stat) -> [i64; 4] {
    [stat.st_mtime, stat.st_mtime_nsec as i64, stat.st_ctime, stat.st_ctime_nsec as i64]
}

/// What the index remembers, in its order, and when it was written, in seconds and nanoseconds.
pub struct Remembered<'a> {
    pub entries: &'a [IndexEntry],
    pub written: (i64, i64),
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Positions of entries whose file may be another by now, or is gone.
    pub suspects: Vec<usize>,
    /// What the index does not know, folders as a whole.
    pub unknown: Vec<Unknown>,
    /// A submodule is checked out.
    pub submodule: bool,
}

/// Something that the index does not know.
#[derive(Debug)]
pub struct Unknown {
    /// Relative to the worktree.
    pub path: Vec<u8>,
    /// It is a folder.
    pub is_folder: bool,
}

/// A folder that is still to be looked at: its path with a `/` at its end (none for the worktree itself), and the entries below it.
struct Task {
    path: Vec<u8>,
    entries: std::ops::Range<usize>,
}

#[derive(Default)]
struct Queue {
    tasks: Vec<Task>,
    /// Threads that may still add some.
    busy: usize,
}

struct Walk<'a> {
    folder: &'a Path,
    root: OwnedFd,
    remembered: &'a Remembered<'a>,
    queue: Mutex<Queue>,
    more: Condvar,
    follow: Option<&'a dyn Follow>,
}

/// Walks. What cannot be read is taken for gone, and whoever asks git about it then is told why.
pub fn walk(
    folder: &Path,
    remembered: &Remembered<'_>,
    threads: usize,
    follow: Option<&dyn Follow>,
) -> std::io::Result<Found> {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = openat(rustix::fs::CWD, folder, flags, Mode::empty())?;
    let all = Task { path: Vec::new(), entries: 0..remembered.entries.len() };
    let queue = Mutex::new(Queue { tasks: vec![all], busy: 0 });
    let walk = Walk { folder, root, remembered, queue, more: Condvar::new(), follow };
    let mut found = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(|| walk.work())).collect();
        let mut found = walk.work();
        for other in others {
            let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            found.suspects.extend(other.suspects);
            found.unknown.extend(other.unknown);
            found.submodule |= other.submodule;
        }
        found
    });
    found.suspects.sort_unstable();
    Ok(found)
}

/// What an entry of a folder is to the index.
enum Known {
    File(usize),
    Folder(std::ops::Range<usize>),
}

impl Walk<'_> {
    /// Takes folders until there are none.
    fn work(&self) -> Found {
        let mut found = Found::default();
        let mut buffer = Vec::with_capacity(32 << 10);
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(task) = queue.tasks.pop() {
                queue.busy += 1;
                drop(queue);
                let more = self.look(&task, &mut found, buffer.spare_capacity_mut());
                queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                queue.busy -= 1;
                queue.tasks.extend(more);
                self.more.notify_all();
            } else if queue.busy == 0 {
                return found;
            } else {
                queue = self.more.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// One folder; returns those in it that the index knows.
    fn look(&self, task: &Task, found: &mut Found, buffer: &mut [MaybeUninit<u8>]) -> Vec<Task> {
        let mut known = self.children(task);
        let mut folders = Vec::new();
        if let Ok(folder) = open(self.root.as_fd(), &task.path) {
            if let Some(follow) = self.follow {
                follow.folder(folder.as_fd());
            }
            each(folder.as_fd(), buffer, |name, kind| match known.remove(name) {
                Some(Known::File(at)) => {
                    if kind == FileType::Directory && self.remembered.entries[at].mode != SUBMODULE {
                        found.unknown.extend(unknown(task, name, kind));
                    }
                    self.compare(folder.as_fd(), name, at, found);
                }
                Some(Known::Folder(entries)) if kind == FileType::Directory => {
                    folders.push(Task { path: [&task.path, name, b"/"].concat(), entries });
                }
                // There is something else in its place.
                Some(Known::Folder(entries)) => {
                    found.suspects.extend(entries);
                    found.unknown.extend(unknown(task, name, kind));
                }
                None if name == b".git" => {}
                None => found.unknown.extend(unknown(task, name, kind)),
            });
        }
        for gone in known.into_values() {
            match gone {
                Known::File(at) => self.gone(at..at + 1, found),
                Known::Folder(entries) => self.gone(entries, found),
            }
        }
        folders
    }

    /// Names in a folder that the index knows. It is sorted by whole paths, so that what is in one folder stands together.
    fn children(&self, task: &Task) -> HashMap<&[u8], Known> {
        let entries = &self.remembered.entries;
        let mut children = HashMap::new();
        let mut at = task.entries.start;
        while at < task.entries.end {
            let name = &entries[at].path[task.path.len()..];
            let Some(length) = memchr::memchr(b'/', name) else {
                children.insert(name, Known::File(at));
                at += 1;
                continue;
            };
            let whole = task.path.len() + length + 1;
            let path = &entries[at].path[..whole];
            let end = at + entries[at..task.entries.end].partition_point(|entry| entry.path.starts_with(path));
            children.insert(&name[..length], Known::Folder(at..end));
            at = end;
        }
        children
    }

    fn compare(&self, folder: BorrowedFd<'_>, name: &[u8], at: usize, found: &mut Found) {
        let entry = &self.remembered.entries[at];
        if is_left_alone(entry) {
            // In a sparse checkout git looks at what is there though it was left out.
            if entry.flags & ASSUME_VALID == 0 {
                found.suspects.push(at);
            }
            return;
        }
        let Ok(stat) = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) else { return found.suspects.push(at) };
        if entry.mode == SUBMODULE {
            // It may be checked out later, of which nothing outside of it tells.
            if let Some(follow) = self.follow
                && let Ok(inner) = open(folder, name)
            {
                follow.folder(inner.as_fd());
            }
            let inner = [name, b"/.git"].concat();
            found.submodule |= statat(folder, inner.as_slice(), AtFlags::SYMLINK_NOFOLLOW).is_ok();
            if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
                found.suspects.push(at);
            }
            return;
        }
        if let Some(follow) = self.follow {
            note_links(follow, self.folder, &entry.path, &stat);
        }
        if !is_as_remembered(entry, &stat, self.remembered.written) {
            found.suspects.push(at);
        }
    }

    fn gone(&self, entries: std::ops::Range<usize>, found: &mut Found) {
        found.suspects.extend(entries.filter(|at| !is_left_alone(&self.remembered.entries[*at])));
    }
}

/// Tells of a file that has other names.
pub fn note_links(follow: &dyn Follow, folder: &Path, path: &[u8], stat: &Stat) {
    if stat.st_nlink > 1 && FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
        follow.linked(Linked { path: super::in_folder(folder, path), times: times(stat) });
    }
}

/// The mode of a submodule.
pub const SUBMODULE: u32 = 0o160_000;

/// Whether git was told not to look at the file: it is taken for unchanged, also where it is not there.
pub fn is_left_alone(entry: &IndexEntry) -> bool {
    const SKIP_WORKTREE: u16 = 1 << 14;
    entry.flags & ASSUME_VALID != 0 || entry.flags_extended & SKIP_WORKTREE != 0
}

/// Whether a file is certainly what the index remembers. All fields count, those too that some configurations do not look at: who is
/// suspected in vain costs a comparison. A file as new as the index may have been written once more after it.
fn is_as_remembered(entry: &IndexEntry, stat: &Stat, written: (i64, i64)) -> bool {
    let mode = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile if stat.st_mode & 0o100 != 0 => 0o100_755,
        FileType::RegularFile => 0o100_644,
        FileType::Symlink => 0o120_000,
        _ => return false,
    };
    let modified = (stat.st_mtime, stat.st_mtime_nsec as i64);
    // The index has 32 bits for each, and so has the comparison.
    let low = |number: i64| number as u32;
    entry.mode == mode
        && entry.file_size == stat.st_size as u32
        && (entry.mtime.seconds() as u32, entry.mtime.nanoseconds()) == (low(modified.0), low(modified.1))
        && (entry.ctime.seconds() as u32, entry.ctime.nanoseconds()) == (low(stat.st_ctime), stat.st_ctime_nsec as u32)
        && entry.ino == stat.st_ino as u32
        && (entry.uid, entry.gid) == (stat.st_uid, stat.st_gid)
        && modified < written
}

fn unknown(task: &Task, name: &[u8], kind: FileType) -> Option<Unknown> {
    let is_folder = kind == FileType::Directory;
    let counts = is_folder || matches!(kind, FileType::RegularFile | FileType::Symlink);
    counts.then(|| Unknown { path: [&task.path, name].concat(), is_folder })
}

/// A folder below another one; an empty path is that one itself. Not through a symlink.
pub fn open(root: BorrowedFd<'_>, path: &[u8]) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(root, if path.is_empty() { b"." } else { path }, flags, Mode::empty())
}

/// Calls for every entry of a folder but `.` and `..`. What cannot be read (any more) is not there.
pub fn each(folder: BorrowedFd<'_>, buffer: &mut [MaybeUninit<u8>], mut call: impl FnMut(&[u8], FileType)) {
    let mut entries = RawDir::new(folder, buffer);
    while let Some(Ok(entry)) = entries.next() {
        let name = entry.file_name().to_bytes();
        if matches!(name, b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            // Some file systems do not say.
            FileType::Unknown => match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                Err(_) => continue,
            },
            kind => kind,
        };
        call(name, kind);
    }
}
