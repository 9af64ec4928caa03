//! Folders whose changes the kernel notes for us. It is asked, and wakes nobody.

use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};

use crate::project::diff::{Follow, Linked};
use crate::project::file_system::is_local;

/// Files with other names that are looked at each time; a worktree with more of them is counted each time.
const LINKED: usize = 256;

/// Watches of all worktrees, in one instance of inotify, of which a user has few.
#[derive(Default)]
pub struct Watch {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    inotify: Option<OwnedFd>,
    /// Whose folder a watch is on.
    folders: HashMap<i32, Arc<Path>>,
    /// Worktrees that are counted or were.
    worktrees: HashMap<Arc<Path>, Quiet>,
    /// Numbers of rounds given out.
    rounds: u64,
}

/// Whether a worktree's folders have been quiet since its last count began.
struct Quiet {
    round: u64,
    so_far: bool,
}

impl Watch {
    /// Takes what the kernel has noted.
    pub fn catch_up(&self) {
        self.state().catch_up();
    }

    /// Whether nothing has changed in this worktree since its last count began.
    pub fn is_quiet(&self, worktree: &Path) -> bool {
        self.state().worktrees.get(worktree).is_some_and(|quiet| quiet.so_far)
    }

    /// A count begins: folders that are told of are watched from then on.
    pub fn begin(&self, worktree: &Path) -> Round<'_> {
        let mut state = self.state();
        state.catch_up();
        state.rounds += 1;
        let (worktree, round) = (Arc::<Path>::from(worktree), state.rounds);
        state.worktrees.insert(worktree.clone(), Quiet { round, so_far: true });
        Round { watch: self, worktree, round, seen: Mutex::default() }
    }

    /// Ends all watches.
    pub fn forget(&self) {
        self.state().forget();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn catch_up(&mut self) {
        let Some(inotify) = &self.inotify else { return };
        let mut buffer = [MaybeUninit::uninit(); 16 << 10];
        let mut reader = Reader::new(inotify, &mut buffer);
        let mut lost = false;
        loop {
            match reader.next() {
                Ok(event) if event.events().contains(ReadFlags::QUEUE_OVERFLOW) => lost = true,
                Ok(event) => {
                    let gone = event.events().contains(ReadFlags::IGNORED);
                    let of =
                        if gone { self.folders.remove(&event.wd()) } else { self.folders.get(&event.wd()).cloned() };
                    if let Some(quiet) = of.and_then(|worktree| self.worktrees.get_mut(&worktree)) {
                        quiet.so_far = false;
                    }
                }
                Err(rustix::io::Errno::WOULDBLOCK) => break,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => {
                    lost = true;
                    break;
                }
            }
        }
        if lost {
            // Nobody knows whose changes were lost.
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.inotify = None;
        self.folders.clear();
        // Their rounds, if any are going on, find nothing of theirs and have been disturbed.
        self.worktrees.clear();
    }

    /// One event is enough, and ends the watch: what is written all day long fills no queue.
    fn add(&mut self, worktree: &Arc<Path>, folder: BorrowedFd<'_>) -> rustix::io::Result<()> {
        let changes = WatchFlags::MODIFY | WatchFlags::CLOSE_WRITE | WatchFlags::ATTRIB | WatchFlags::CREATE;
        let moves = WatchFlags::DELETE | WatchFlags::MOVE | WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
        if self.folders.len() >= most() {
            return Err(rustix::io::Errno::NOSPC);
        }
        if self.inotify.is_none() {
            self.inotify = Some(inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?);
        }
        let Some(inotify) = &self.inotify else { return Ok(()) };
        // The folder that is open, whatever stands at its path by now.
        let path = format!("/proc/self/fd/{}", folder.as_raw_fd());
        let watch = inotify::add_watch(inotify, path, changes | moves | WatchFlags::ONESHOT)?;
        self.folders.insert(watch, worktree.clone());
        Ok(())
    }
}

/// Half of what the user may have: editors watch folders too.
fn most() -> usize {
    static MOST: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    let read = || std::fs::read_to_string("/proc/sys/fs/inotify/max_user_watches").ok()?.trim().parse::<usize>().ok();
    *MOST.get_or_init(|| read().unwrap_or(8192) / 2)
}

/// A count that is going on.
pub struct Round<'a> {
    watch: &'a Watch,
    worktree: Arc<Path>,
    round: u64,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    linked: Vec<Linked>,
    /// Not all of it is watched.
    blind: bool,
}

impl Round<'_> {
    /// The count has ended. Returns the files with other names; `None` if something has changed meanwhile, or could have unseen.
    pub fn end(self) -> Option<Vec<Linked>> {
        let seen = self.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.watch.state();
        state.catch_up();
        // Another count that began later has its own watches, and its own answer.
        let quiet = state.worktrees.get_mut(&self.worktree).filter(|quiet| quiet.round == self.round)?;
        quiet.so_far &= !seen.blind;
        quiet.so_far.then_some(seen.linked)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Follow for Round<'_> {
    fn folder(&self, folder: BorrowedFd<'_>) {
        if self.seen().blind {
            return;
        }
        if !is_local(folder) || self.watch.state().add(&self.worktree, folder).is_err() {
            self.cannot();
        }
    }

    fn linked(&self, file: Linked) {
        let mut seen = self.seen();
        seen.linked.push(file);
        seen.blind |= seen.linked.len() > LINKED;
    }

    fn cannot(&self) {
        self.seen().blind = true;
    }
}
