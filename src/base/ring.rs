//! The output ring of an agent: a memfd that keeper and daemon both map.
//!
//! The keeper reads the PTY straight into it; the daemon reads it without a lock and without asking. Bytes are named by their
//! offset from the agent's start, so "what came until n, then live from n" needs no bookkeeping.
//!
//! The last [`Shape::keep`] bytes are always kept. While somebody still has to read older ones ([`Ring::want`]), the ring grows up
//! to [`Shape::reach`]; what nobody needs is given back to the system page by page ([`Ring::trim`]). The memory of a page is taken
//! when it is first written, so that address space is all that the reach costs. Making a larger ring and moving into it was the
//! alternative: both processes would have to agree on the moment, in the middle of a flood.
//!
//! How one writer and many readers agree without a lock: before it writes, the writer publishes how far it *may* write
//! (`reserved`); after it has written, how far it did (`head`); before it gives pages back, where the rest begins (`floor`). A
//! reader copies first and then checks that what it copied was neither inside `[reserved - reach]`, the part that may be
//! overwritten, nor below `floor`. A mutex in shared memory was the alternative: a daemon killed while holding it would stop every
//! agent.
//!
//! This is one of the two modules with `unsafe` in them: mapping shared memory and copying out of it cannot be said without.
#![allow(unsafe_code, reason = "shared memory, see above")]

use std::ffi::c_void;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use rustix::fs::{FallocateFlags, MemfdFlags, fallocate, fstat, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// The first page holds [`Header`], the bytes follow.
const HEADER: usize = 4096;
const MAGIC: u64 = 0x7069_6e74_6c65_0002; // "pintle", layout 2
/// Memory is given back in such pieces: a system call for each page would be felt in a flood.
const PIECE: u64 = 256 << 10;

/// How much a ring holds, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Always kept.
    pub keep: usize,
    /// The most that can be held for readers that are behind. A multiple of the page size.
    pub reach: usize,
}

/// What an agent's ring holds. The reach lets somebody who reads all the time have every byte of a flood that comes faster.
pub const SHAPE: Shape = Shape { keep: 4 << 20, reach: 128 << 20 };

#[repr(C)]
struct Header {
    magic: AtomicU64,
    /// [`Shape::keep`]; the reach is the file's size.
    keep: AtomicU64,
    /// All bytes before this offset have been written.
    head: AtomicU64,
    /// No byte at or after this offset has been touched.
    reserved: AtomicU64,
    /// Bytes before this offset are gone.
    floor: AtomicU64,
    /// Memory before this offset was given back. The writer's own.
    punched: AtomicU64,
    /// The oldest offset that a reader still needs; the largest number if there is none. Written by the readers' process.
    wanted: AtomicU64,
    /// 1 while a reader sleeps and wants to be woken by the next byte.
    waiting: AtomicU32,
    /// When the newest byte came, in milliseconds of Unix time; 0 while there is none.
    written_at: AtomicU64,
}

/// What [`Ring::read`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// So many bytes were appended to the buffer; 0 means that the reader has everything.
    Bytes(usize),
    /// The bytes asked for are gone; the oldest that can still be had is this one.
    Lagged {
        /// Offset of the oldest byte that can be read.
        oldest: u64,
    },
}

/// A mapped ring. There must be only one process that writes; readers are many.
#[derive(Debug)]
pub struct Ring {
    memory: *mut u8,
    shape: Shape,
    fd: OwnedFd,
}

// SAFETY: the header is atomics; the bytes are only ever copied from or into through raw pointers, under the protocol above.
unsafe impl Send for Ring {}
// SAFETY: as above. `write_from` must have one caller at a time, which its documentation asks for and the keeper's single thread
// gives.
unsafe impl Sync for Ring {}

impl Ring {
    /// A new empty ring.
    pub fn create(shape: Shape) -> io::Result<Self> {
        let fd = memfd_create("pintle-ring", MemfdFlags::CLOEXEC)?;
        ftruncate(&fd, (HEADER + shape.reach) as u64)?;
        let mut ring = Self::map(fd, shape.reach)?;
        ring.shape = shape;
        let header = ring.header();
        header.keep.store(shape.keep as u64, Ordering::Relaxed);
        header.wanted.store(u64::MAX, Ordering::Relaxed);
        header.magic.store(MAGIC, Ordering::Release);
        Ok(ring)
    }

    /// Maps the ring behind `fd`, which came from another process's [`Ring::create`].
    pub fn open(fd: OwnedFd) -> io::Result<Self> {
        let size = usize::try_from(fstat(&fd)?.st_size).unwrap_or(0);
        let Some(reach) = size.checked_sub(HEADER).filter(|reach| *reach > 0) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "too small for an output ring"));
        };
        let mut ring = Self::map(fd, reach)?;
        if ring.header().magic.load(Ordering::Acquire) != MAGIC {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not an output ring of this version"));
        }
        ring.shape.keep = usize::try_from(ring.header().keep.load(Ordering::Relaxed)).unwrap_or(reach).min(reach);
        Ok(ring)
    }

    fn map(fd: OwnedFd, reach: usize) -> io::Result<Self> {
        // SAFETY: a fresh mapping at an address the kernel chooses aliases nothing of ours. The file has at least this size, and
        // nobody shrinks it: both processes that hold it are pintle.
        let memory = unsafe {
            mmap(ptr::null_mut(), HEADER + reach, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED, &fd, 0)
        }?;
        Ok(Self { memory: memory.cast(), shape: Shape { keep: reach, reach }, fd })
    }

    /// The memfd, to be sent to the other process.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// How much it holds.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Offset after the newest byte; the number of bytes ever written.
    pub fn head(&self) -> u64 {
        self.header().head.load(Ordering::SeqCst)
    }

    /// Offset of the oldest byte that can still be read. It may go up at any moment as far as [`Ring::kept`] and no further, unless
    /// it is wanted.
    pub fn oldest(&self) -> u64 {
        let overwritten = self.header().reserved.load(Ordering::Acquire).saturating_sub(self.shape.reach as u64);
        self.header().floor.load(Ordering::Acquire).max(overwritten)
    }

    /// Offset of the oldest byte that is kept for whoever comes. Older ones may be there too, for those who were there already.
    pub fn kept(&self) -> u64 {
        self.head().saturating_sub(self.shape.keep as u64).max(self.oldest())
    }

    /// For the readers' process: everything from `offset` on is still needed. `None`: nothing but what is always kept.
    pub fn want(&self, offset: Option<u64>) {
        self.header().wanted.store(offset.unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// Whether [`Ring::trim`] would give back memory that is worth the call.
    pub fn is_trimmable(&self) -> bool {
        let floor = self.header().floor.load(Ordering::Acquire);
        self.floor_wanted(self.head()).saturating_sub(floor) >= PIECE
    }

    /// For the writer: forgets what is neither kept nor wanted, and what is wanted but does not fit into `extra` bytes. Returns how
    /// many bytes are held beyond what is always kept.
    pub fn trim(&self, extra: usize) -> usize {
        let header = self.header();
        let head = header.head.load(Ordering::Relaxed);
        let most = (self.shape.keep + extra).min(self.shape.reach) as u64;
        let floor = header.floor.load(Ordering::Relaxed);
        let floor = floor.max(self.floor_wanted(head)).max(head.saturating_sub(most));
        header.floor.store(floor, Ordering::SeqCst);
        let punched = header.punched.load(Ordering::Relaxed);
        if floor.saturating_sub(punched) >= PIECE {
            fence(Ordering::SeqCst);
            let end = floor - floor % HEADER as u64;
            self.punch(punched, end);
            header.punched.store(end, Ordering::Relaxed);
        }
        (head - floor).saturating_sub(self.shape.keep as u64) as usize
    }

    fn floor_wanted(&self, head: u64) -> u64 {
        head.saturating_sub(self.shape.keep as u64).min(self.header().wanted.load(Ordering::SeqCst))
    }

    /// Gives the memory of these offsets back. What fails costs memory until it is overwritten, and nothing else.
    fn punch(&self, from: u64, to: u64) {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let reach = self.shape.reach as u64;
        // What was overwritten since is in use.
        let overwritten = self.header().head.load(Ordering::Relaxed).saturating_sub(reach);
        let mut from = from.max(overwritten.next_multiple_of(HEADER as u64));
        while from < to {
            let at = from % reach;
            let length = (to - from).min(reach - at);
            let _ = fallocate(&self.fd, flags, HEADER as u64 + at, length);
            from += length;
        }
    }

    /// Reads at most `max` bytes from `source` straight into the ring. Returns how many; 0 is end of file.
    ///
    /// One process, one thread: two writers at once would overwrite each other.
    pub fn write_from(&self, source: impl AsFd, max: usize) -> io::Result<usize> {
        let header = self.header();
        let head = header.head.load(Ordering::Relaxed);
        let (at, room) = self.place(head);
        let length = room.min(max);
        header.reserved.store(head + length as u64, Ordering::Release);
        fence(Ordering::SeqCst);
        // SAFETY: `at + length` is inside the mapping; no reference to these bytes exists, readers copy through raw pointers.
        let target = unsafe { std::slice::from_raw_parts_mut(self.bytes().add(at), length) };
        let read = rustix::io::read(source, target);
        let count = read.unwrap_or(0);
        header.head.store(head + count as u64, Ordering::SeqCst);
        // What was not written after all can be read again.
        header.reserved.store(head + count as u64, Ordering::Release);
        Ok(read.map(|_| count)?)
    }

    /// For the writer: the newest byte came at this time, in milliseconds of Unix time.
    pub fn stamp(&self, millis: u64) {
        self.header().written_at.store(millis, Ordering::Relaxed);
    }

    /// When the newest byte came, in milliseconds of Unix time; `None` while there is none. It outlives the daemon, so that an
    /// agent that has been quiet for an hour is not taken for busy by the next one.
    pub fn written_at(&self) -> Option<u64> {
        Some(self.header().written_at.load(Ordering::Relaxed)).filter(|millis| *millis > 0)
    }

    /// Appends at most `max` bytes from `offset` on to `buffer`.
    ///
    /// An offset after the head reads nothing. The bytes may stop at the ring's edge; call again for the rest.
    pub fn read(&self, offset: u64, max: usize, buffer: &mut Vec<u8>) -> Read {
        let header = self.header();
        let head = header.head.load(Ordering::Acquire);
        let available = usize::try_from(head.saturating_sub(offset)).unwrap_or(usize::MAX);
        if offset < self.oldest() {
            return Read::Lagged { oldest: self.oldest() };
        }
        let (at, room) = self.place(offset);
        let length = available.min(room).min(max);
        let start = buffer.len();
        buffer.reserve(length);
        // SAFETY: `at + length` is inside the mapping and the buffer has room. The writer may change the bytes meanwhile; they
        // are plain bytes, and the check below throws them away if it could have.
        unsafe {
            ptr::copy_nonoverlapping(self.bytes().add(at), buffer.as_mut_ptr().add(start), length);
            buffer.set_len(start + length);
        }
        fence(Ordering::SeqCst);
        let oldest = self.oldest();
        if offset < oldest {
            buffer.truncate(start);
            return Read::Lagged { oldest };
        }
        Read::Bytes(length)
    }

    /// Says that the reader is about to sleep at `seen`. Returns false if there is more already, so that it must not.
    pub fn sleep_at(&self, seen: u64) -> bool {
        self.header().waiting.store(1, Ordering::SeqCst);
        // SeqCst on both sides: either the writer sees `waiting` or we see its `head`.
        self.head() == seen
    }

    /// For the writer, after [`Ring::write_from`]: whether the reader sleeps and must be woken. True once per sleep.
    pub fn take_sleeper(&self) -> bool {
        // The plain load first keeps the shared cache line quiet while a flood runs past an awake reader.
        self.header().waiting.load(Ordering::SeqCst) == 1 && self.header().waiting.swap(0, Ordering::SeqCst) == 1
    }

    fn place(&self, offset: u64) -> (usize, usize) {
        let at = (offset % self.shape.reach as u64) as usize;
        (at, self.shape.reach - at)
    }

    fn header(&self) -> &Header {
        // SAFETY: the mapping is page-aligned, at least a page long, lives as long as `self`, and all-zero is a valid header.
        unsafe { &*self.memory.cast::<Header>() }
    }

    fn bytes(&self) -> *mut u8 {
        // SAFETY: the mapping is longer than the header.
        unsafe { self.memory.add(HEADER) }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: mapped by `map` with this length and unmapped only here.
        let _ = unsafe { munmap(self.memory.cast::<c_void>(), HEADER + self.shape.reach) };
    }
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
