//! What folders hold that the index does not know, remembered while neither has changed.
//!
//! To read the folders takes a fifth of all that is done for a diff, and a folder whose times are as they were has the same names in it.
//! What is in its files is looked at each time: that a file was written does not show in its folder. That the kernel tells of changes, as it
//! does for pulses, would spare those looks too; but it does not tell of a file that is written through memory, and a diff is not to say less
//! than there is.

use std::collections::HashMap;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rustix::fs::{Stat, fstat};

use crate::project::file_system::{TICKS_MS, is_local};

/// What two looks at a folder or file have in common if it is the same: device, inode, size, seconds and nanoseconds of both times.
type Stamp = [i64; 7];
/// Names that the index does not know, and whether they are of folders.
type Names = Arc<Vec<(Vec<u8>, bool)>>;
/// By the folders' paths.
type Folders = HashMap<Vec<u8>, (Stamp, Names)>;

/// What is remembered, of all worktrees.
#[derive(Default)]
pub struct Listings(Mutex<HashMap<PathBuf, Arc<Remembered>>>);

/// Of one worktree.
struct Remembered {
    index: Stamp,
    folders: Folders,
}

impl Listings {
    /// Forgets everything.
    pub fn forget(&self) {
        self.all().clear();
    }

    fn all(&self) -> MutexGuard<'_, HashMap<PathBuf, Arc<Remembered>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One look at a worktree's folders.
pub struct Listing<'a> {
    /// Where it is remembered, the index's stamp, and when the look began; `None` where nothing can be.
    new: Option<(&'a Listings, Stamp, Timestamp)>,
    before: Option<Arc<Remembered>>,
    folders: Mutex<Folders>,
}

impl<'a> Listing<'a> {
    /// Begins one at this time, of a worktree whose index looks so.
    pub fn begin(listings: Option<(&'a Listings, Timestamp)>, folder: &Path, index: Option<&Stat>) -> Self {
        let new = listings.zip(index).map(|((listings, now), index)| (listings, stamp(index), now));
        let new = new.filter(|(_, index, now)| is_settled(index, *now));
        let before = new.and_then(|(listings, index, _)| {
            listings.all().get(folder).filter(|before| before.index == index).cloned()
        });
        Self { new, before, folders: Mutex::default() }
    }

    /// What is in a folder: as it was, if it is; else `read` says so.
    pub fn of(&self, path: &[u8], open: BorrowedFd<'_>, read: impl FnOnce() -> Vec<(Vec<u8>, bool)>) -> Names {
        let stamp = self.new.and_then(|(_, _, now)| {
            let stamp = stamp(&fstat(open).ok()?);
            is_settled(&stamp, now).then_some(stamp)
        });
        let Some(stamp) = stamp else { return Arc::new(read()) };
        let before = self.before.as_ref().and_then(|before| before.folders.get(path));
        let known = before.filter(|(before, _)| *before == stamp).map(|(_, names)| names.clone());
        let is_known = known.is_some();
        let names = known.unwrap_or_else(|| Arc::new(read()));
        // Not remembered where another machine can change it and this one's kernel does not see when.
        if !is_known && !is_local(open) {
            return names;
        }
        self.folders().insert(path.to_vec(), (stamp, names.clone()));
        names
    }

    /// Remembers what was seen.
    pub fn end(self, folder: &Path) {
        if let Some((listings, index, _)) = self.new {
            let folders = self.folders.into_inner().unwrap_or_else(PoisonError::into_inner);
            listings.all().insert(folder.to_owned(), Arc::new(Remembered { index, folders }));
        }
    }

    fn folders(&self) -> MutexGuard<'_, Folders> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stamp(stat: &Stat) -> Stamp {
    let Stat { st_dev, st_ino, st_size, st_mtime, st_mtime_nsec, st_ctime, st_ctime_nsec, .. } = stat;
    let times = [*st_mtime, *st_mtime_nsec as i64, *st_ctime, *st_ctime_nsec as i64];
    [*st_dev as i64, *st_ino as i64, *st_size, times[0], times[1], times[2], times[3]]
}

/// Whether it is old enough at this time for the next change to show.
fn is_settled(stamp: &Stamp, now: Timestamp) -> bool {
    let milliseconds =
        |seconds: i64, nanoseconds: i64| seconds.saturating_mul(1_000).saturating_add(nanoseconds / 1_000_000);
    let newest = milliseconds(stamp[3], stamp[4]).max(milliseconds(stamp[5], stamp[6]));
    newest.saturating_add(TICKS_MS) < now.as_millisecond()
}
