//! Files that a reader never sees half of, and locks.
//!
//! Written with: temporary file beside the target, fsync, rename, fsync of the folder. Whatever is killed in between, the target
//! holds the old text or the new one.

use std::fs::{DirBuilder, File, Metadata, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{
    DirBuilderExt, FileExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown, symlink,
};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustix::fs::OFlags;
use thiserror::Error;

use super::clock::Clock;
use super::test_point;

/// A file operation that failed, with the path in its message.
#[derive(Debug, Error)]
#[error("{path}: {source}")]
pub struct FileError {
    /// The file meant.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl FileError {
    /// Puts the path beside what the system said.
    pub fn at(path: &Path) -> impl FnOnce(io::Error) -> FileError + '_ {
        move |source| FileError { path: path.to_owned(), source }
    }
}

/// More is not read from a device.
const DEVICE_MAX: u64 = 1 << 20;

const TEMPORARY: (&str, &str) = (".pintle-", ".tmp");

/// Whether a file of this name is what [`write_atomic`] leaves when it is killed.
pub fn is_temporary(name: &str) -> bool {
    name.starts_with(TEMPORARY.0) && name.ends_with(TEMPORARY.1)
}

/// Which text a file holds, as far as that can be told without reading it: whoever writes it anew or changes it gives it another
/// stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    inode: u64,
    /// Seconds and nanoseconds of the last change, by the file system's clock.
    modified: (i64, i64),
    length: u64,
}

impl Stamp {
    /// The stamp of the file at `path`; `None` when there is none.
    pub fn of(path: &Path) -> Result<Option<Self>, FileError> {
        match std::fs::metadata(path) {
            Ok(metadata) => Ok(Some(Self::from(&metadata))),
            // A folder on the way may be gone as well, or be a file.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(source) => Err(FileError { path: path.to_owned(), source }),
        }
    }
}

impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        Self { inode: metadata.ino(), modified: (metadata.mtime(), metadata.mtime_nsec()), length: metadata.len() }
    }
}

/// Replaces `path` by `bytes` so that every reader sees the old text or the new one, whole; durable when it returns. Returns the
/// stamp of what it wrote.
///
/// The new file has the mode of the old one, else `mode`. A failure leaves the old file as it was.
pub fn write_atomic(path: &Path, bytes: &[u8], mode: u32) -> Result<Stamp, FileError> {
    // A link (people keep their config in a repository) is written through, not replaced.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    replace(&target, bytes, mode, true).map_err(FileError::at(path))
}

/// The same for what is made anew at every start: whole for every reader, and not waited for until it is on the disk. Its folder is
/// made where it is missing.
pub fn write_volatile(path: &Path, bytes: &[u8], mode: u32) -> Result<Stamp, FileError> {
    match replace(path, bytes, mode, false) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = path.parent().unwrap_or(Path::new("."));
            make_folder(folder)?;
            replace(path, bytes, mode, false).map_err(FileError::at(path))
        }
        written => written.map_err(FileError::at(path)),
    }
}

fn replace(path: &Path, bytes: &[u8], mode: u32, durable: bool) -> io::Result<Stamp> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mode = std::fs::metadata(path).map_or(mode, |meta| meta.permissions().mode() & 0o7777);
    let mut file = tempfile::Builder::new().prefix(TEMPORARY.0).suffix(TEMPORARY.1).tempfile_in(folder)?;
    file.write_all(bytes)?;
    give_to_owner(file.as_file(), folder)?;
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    if durable {
        file.as_file().sync_all()?;
    }
    // Before it has its name: from then on somebody else may write into it.
    let stamp = Stamp::from(&file.as_file().metadata()?);
    test_point::reach("files.written");
    file.persist(path).map_err(|error| error.error)?;
    if durable {
        File::open(folder)?.sync_all()?;
    }
    Ok(stamp)
}

/// Makes a folder, and what is missing above it, for its owner only. Root gives each to whoever owns the one it is made in, as
/// [`give_to_owner`] does.
pub fn make_folder(path: &Path) -> Result<(), FileError> {
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let missing: Vec<&Path> = path.ancestors().take_while(is_missing).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(FileError::at(path))?;
    for folder in missing.into_iter().rev() {
        let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|made| give_to_owner(&made, above)).map_err(FileError::at(folder))?;
    }
    Ok(())
}

/// Gives a file that root has made to whoever owns the folder it is in. With `sudo -E` a command of ours has a person's folders and
/// root's rights: what it leaves there as root's own, the person could not read any more.
pub fn give_to_owner(file: &File, folder: &Path) -> io::Result<()> {
    let (made, home) = (file.metadata()?, std::fs::metadata(folder)?);
    if made.uid() == 0 && home.uid() != 0 && rustix::process::geteuid().is_root() {
        fchown(file, Some(home.uid()), Some(home.gid()))?;
    }
    Ok(())
}

/// Makes `path` a symbolic link to `target`, in the place of whatever file or link was there: whoever follows it finds the old or the
/// new one, never none. Not durable; for links that are made anew at every start.
pub fn link_atomic(target: &Path, path: &Path) -> Result<(), FileError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    let link = builder.prefix(TEMPORARY.0).suffix(TEMPORARY.1).make_in(folder, |name| symlink(target, name));
    link.and_then(|link| link.persist(path).map_err(|error| error.error)).map_err(FileError::at(path))?;
    Ok(())
}

/// Reads a file; `None` when it does not exist. One that would keep us waiting for whoever writes into it (a FIFO) is an error: the
/// daemon has one thread, and everybody would wait with it.
pub fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match read_now(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError { path: path.to_owned(), source }),
    }
}

fn read_now(path: &Path) -> io::Result<Vec<u8>> {
    // Without this flag, which says nothing to a plain file, opening a FIFO waits as well.
    let mut file = File::options().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?;
    let kind = file.metadata()?.file_type();
    let mut bytes = Vec::new();
    if kind.is_file() {
        file.read_to_end(&mut bytes)?;
    } else if kind.is_char_device() {
        // /dev/null, mostly. Others have no end.
        file.take(DEVICE_MAX).read_to_end(&mut bytes)?;
    } else if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    } else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no file but a pipe, a socket or a disk"));
    }
    Ok(bytes)
}

/// Reads a file that people write, `None` when it does not exist; or finds that somebody has emptied it, written a part of it or taken it
/// away just now: `>` and many editors do so before they write it anew, git does when it changes branches, and for that moment it says
/// nothing at all, or half of what it is to say, which nobody means. `before` is what it said when it was read last.
pub fn read_settled(
    path: &Path,
    before: impl FnOnce() -> Option<Vec<u8>>,
    clock: &Clock,
) -> Result<Content, FileError> {
    let bytes = read_if_there(path)?;
    // Asked after it was read: whoever has filled it meanwhile has made it younger still.
    Ok(match bytes {
        Some(bytes) if was_written_within(MOMENT, path, clock) && is_part(&bytes, before) => Content::Cut,
        None if was_taken_within(MOMENT, path, clock) => Content::Taken,
        bytes => Content::Settled(bytes),
    })
}

/// Whether these may be the first bytes of a file that is still being written: none at all, the beginning of what it said before, or less
/// than that with half a line at its end.
fn is_part(bytes: &[u8], before: impl FnOnce() -> Option<Vec<u8>>) -> bool {
    let is_half = |before: Vec<u8>| {
        let is_shorter = bytes.len() < before.len();
        is_shorter && (before.starts_with(bytes) || before.ends_with(b"\n") && !bytes.ends_with(b"\n"))
    };
    bytes.is_empty() || before().is_some_and(is_half)
}

/// What there is in a file that people write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// These bytes; `None`: there is no such file.
    Settled(Option<Vec<u8>>),
    /// Nothing, or half of it, for a moment.
    Cut,
    /// There is no such file, and something was made or removed just now where it would be. Whoever remembers one does well to wait for
    /// a moment; to whoever does not it was never there.
    Taken,
}

/// So long a file that was just written may still be written: editors and shells do it in several steps.
pub const SETTLE: Duration = Duration::from_millis(60);
/// So long one that was emptied, cut or taken away is about to be written anew. A disk that is busy was seen to let half a second pass
/// between the two.
const MOMENT: Duration = Duration::from_secs(1);

/// Whether somebody has written a file within [`SETTLE`].
pub fn is_young(path: &Path, clock: &Clock) -> bool {
    was_written_within(SETTLE, path, clock)
}

/// Most links that are followed from one to the next.
const LINKS_MAX: usize = 8;

/// Whether the folder has changed in which a file is not. Of one whose folders are gone as well it is the nearest that is left; and a
/// link that leads nowhere is looked behind, since it is there that people edit.
fn was_taken_within(limit: Duration, path: &Path, clock: &Clock) -> bool {
    let mut file = path.to_owned();
    for _ in 0..LINKS_MAX {
        let folder = file.ancestors().skip(1).find(|folder| folder.is_dir());
        if folder.is_some_and(|folder| was_written_within(limit, folder, clock)) {
            return true;
        }
        let Ok(target) = std::fs::read_link(&file) else { return false };
        file = file.parent().unwrap_or(Path::new("/")).join(target);
    }
    false
}

fn was_written_within(limit: Duration, path: &Path, clock: &Clock) -> bool {
    let Ok(metadata) = std::fs::metadata(path) else { return false };
    let nanoseconds = i32::try_from(metadata.mtime_nsec()).unwrap_or_default();
    let Ok(written) = Timestamp::new(metadata.mtime(), nanoseconds) else { return false };
    // A file system's clock ticks a few milliseconds behind or ahead of the one we ask.
    clock.now().duration_since(written).abs() < SignedDuration::try_from(limit).unwrap_or_default()
}

/// An advisory lock that ends with the process that holds it, however it ends. The file itself is never removed: removing a lock
/// file lets two holders in.
#[derive(Debug)]
pub struct LockGuard {
    file: File,
}

impl LockGuard {
    /// Whether this is the lock at `path`: not when that file was removed, or is another one by now.
    pub fn is_at(&self, path: &Path) -> bool {
        let inode = |metadata: Metadata| (metadata.dev(), metadata.ino());
        let held = self.file.metadata().map(inode).ok();
        held.is_some() && held == std::fs::metadata(path).map(inode).ok()
    }

    /// Writes into the file who holds it, in the place of what an earlier holder wrote. For people and for messages: whether it is held
    /// the lock alone says.
    pub fn write(&self, text: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.write_all_at(text.as_bytes(), 0)
    }
}

/// Takes the lock at `path` without waiting. `None`: somebody else has it.
pub fn try_lock(path: &Path) -> Result<Option<LockGuard>, FileError> {
    let open = || File::options().create(true).truncate(false).read(true).write(true).open(path);
    let file = open().map_err(FileError::at(path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(LockGuard { file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(FileError { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
