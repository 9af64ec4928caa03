//! A walk over what the index knows of a worktree: which files may differ from what it remembers of them.

use std::mem::MaybeUninit;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, Stat, openat, statat};
use rustix::io::Errno;

use super::attributes::ATTRIBUTES;
use super::index::{Entry, Index};

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
    pub index: &'a Index,
    pub written: (i64, i64),
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Entries whose file may be another by now, by their position.
    pub suspects: Vec<usize>,
    /// Those among them that have no file any more.
    pub gone: Vec<usize>,
    /// Folders that are there, and that the index knows.
    pub folders: Vec<Folder>,
    /// Files of attributes in them that it does not know.
    pub attributes: Vec<Vec<u8>>,
    /// A submodule is checked out.
    pub submodule: bool,
}

/// A folder that the index knows.
#[derive(Debug)]
pub struct Folder {
    /// Relative to the worktree, with a `/` at its end; empty for the worktree itself.
    pub path: Vec<u8>,
    /// Positions of entries below it.
    pub entries: Range<usize>,
}

/// What is in such a folder, by its name.
pub enum Known {
    /// The entry's position.
    File(usize),
    /// Positions of the entries below it.
    Folder(Range<usize>),
}

impl Folder {
    /// What the index knows of it. Entries are sorted by whole paths, so that what is in one folder stands together.
    pub fn children<'a>(&self, all: &'a Index) -> impl Iterator<Item = (&'a [u8], Known)> {
        let (start, mut left) = (self.path.len(), self.entries.clone());
        std::iter::from_fn(move || {
            let at = left.next()?;
            let path = all.entry(at).path();
            let Some(length) = memchr::memchr(b'/', &path[start..]) else {
                return Some((&path[start..], Known::File(at)));
            };
            let whole = &path[..start + length + 1];
            left.start = all.below(at..left.end, whole).end;
            Some((&path[start..start + length], Known::Folder(at..left.start)))
        })
    }
}

#[derive(Default)]
struct Queue {
    tasks: Vec<Folder>,
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
    let all = Folder { path: Vec::new(), entries: 0..remembered.index.len() };
    let queue = Mutex::new(Queue { tasks: vec![all], busy: 0 });
    let walk = Walk { folder, root, remembered, queue, more: Condvar::new(), follow };
    let mut found = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(|| walk.work())).collect();
        let mut found = walk.work();
        for other in others {
            let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            found.suspects.extend(other.suspects);
            found.gone.extend(other.gone);
            found.folders.extend(other.folders);
            found.attributes.extend(other.attributes);
            found.submodule |= other.submodule;
        }
        found
    });
    found.suspects.sort_unstable();
    found.gone.sort_unstable();
    Ok(found)
}

impl Walk<'_> {
    /// Takes folders until there are none.
    fn work(&self) -> Found {
        let mut found = Found::default();
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(task) = queue.tasks.pop() {
                queue.busy += 1;
                drop(queue);
                let more = self.look(task, &mut found);
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
    fn look(&self, task: Folder, found: &mut Found) -> Vec<Folder> {
        let mut folders = Vec::new();
        let folder = match open(self.root.as_fd(), &task.path) {
            Ok(folder) => folder,
            Err(error) => {
                // Unless there is something else in its place, what was left out of the checkout is not missed.
                let all = matches!(error, Errno::NOTDIR | Errno::LOOP);
                let counts = |at: &usize| all || !self.remembered.index.entry(*at).is_left_alone();
                found.suspects.extend(task.entries.clone().filter(counts));
                found.gone.extend(task.entries.filter(counts));
                return folders;
            }
        };
        if let Some(follow) = self.follow {
            follow.folder(folder.as_fd());
        }
        let mut attributes_are_known = false;
        for (name, known) in task.children(self.remembered.index) {
            attributes_are_known |= name == ATTRIBUTES;
            match known {
                Known::File(at) => self.compare(folder.as_fd(), name, at, found),
                Known::Folder(entries) => folders.push(Folder { path: [&task.path, name, b"/"].concat(), entries }),
            }
        }
        if !attributes_are_known && statat(&folder, ATTRIBUTES, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
            found.attributes.push([&task.path, ATTRIBUTES].concat());
        }
        found.folders.push(task);
        folders
    }

    fn compare(&self, folder: BorrowedFd<'_>, name: &[u8], at: usize, found: &mut Found) {
        let entry = self.remembered.index.entry(at);
        if entry.is_left_alone() {
            // In a sparse checkout git looks at what is there though it was left out.
            if !entry.is_assumed() && statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
                found.suspects.push(at);
            }
            return;
        }
        let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok();
        let is_folder = |stat: &Stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        let Some(stat) = stat.filter(|stat| entry.mode() == SUBMODULE || !is_folder(stat)) else {
            found.gone.push(at);
            return found.suspects.push(at);
        };
        if entry.mode() == SUBMODULE {
            // It may be checked out later, of which nothing outside of it tells.
            if let Some(follow) = self.follow
                && let Ok(inner) = open(folder, name)
            {
                follow.folder(inner.as_fd());
            }
            let inner = [name, b"/.git"].concat();
            found.submodule |= statat(folder, inner.as_slice(), AtFlags::SYMLINK_NOFOLLOW).is_ok();
            if !is_folder(&stat) {
                found.suspects.push(at);
            }
            return;
        }
        if let Some(follow) = self.follow {
            note_links(follow, self.folder, entry.path(), &stat);
        }
        if !is_as_remembered(entry, &stat, self.remembered.written) {
            found.suspects.push(at);
        }
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

/// Whether a file is certainly what the index remembers. All fields count, those too that some configurations do not look at: who is
/// suspected in vain costs a comparison. A file as new as the index may have been written once more after it.
fn is_as_remembered(entry: Entry<'_>, stat: &Stat, written: (i64, i64)) -> bool {
    let mode = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile if stat.st_mode & 0o100 != 0 => 0o100_755,
        FileType::RegularFile => 0o100_644,
        FileType::Symlink => 0o120_000,
        _ => return false,
    };
    let modified = (stat.st_mtime, stat.st_mtime_nsec as i64);
    // The index has 32 bits for each, and so has the comparison.
    let low = |number: i64| number as u32;
    entry.mode() == mode
        && entry.size() == stat.st_size as u32
        && entry.modified() == (low(modified.0), low(modified.1))
        && entry.changed() == (low(stat.st_ctime), stat.st_ctime_nsec as u32)
        && entry.inode() == stat.st_ino as u32
        && entry.owner() == (stat.st_uid, stat.st_gid)
        && modified < written
}

/// A folder below another one; an empty path is that one itself. Not through a symlink.
pub fn open(root: BorrowedFd<'_>, path: &[u8]) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    // With a `/` at its end a symlink would be gone through.
    let path = path.strip_suffix(b"/").unwrap_or(path);
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
