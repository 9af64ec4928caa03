//! The output ring of an agent: a memfd that keeper and daemon both map.
//!
//! The keeper reads the PTY straight into it; the daemon reads it without a lock and without asking. Bytes are named by their
//! offset from the agent's start, so "what came until n, then live from n" needs no bookkeeping. Only the last
//! [`Ring::capacity`] bytes are kept; the memory of a page is taken when it is first written.
//!
//! How one writer and many readers agree without a lock: before it writes, the writer publishes how far it *may* write
//! (`reserved`); after it has written, how far it did (`head`). A reader copies first and then checks that what it copied was
//! not inside `[reserved - capacity]`, the part that may be overwritten. A mutex in shared memory was the alternative: a daemon
//! killed while holding it would stop every agent.
//!
//! This is one of the two modules with `unsafe` in them: mapping shared memory and copying out of it cannot be said without.
#![allow(unsafe_code, reason = "shared memory, see above")]

use std::ffi::c_void;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use rustix::fs::{MemfdFlags, fstat, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// The first page holds [`Header`], the bytes follow.
const HEADER: usize = 4096;
const MAGIC: u64 = 0x7069_6e74_6c65_0001; // "pintle", layout 1

/// How many bytes an agent's ring keeps unless told otherwise.
pub const DEFAULT_CAPACITY: usize = 4 << 20;

#[repr(C)]
struct Header {
    magic: AtomicU64,
    /// All bytes before this offset have been written.
    head: AtomicU64,
    /// No byte at or after this offset has been touched.
    reserved: AtomicU64,
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
    capacity: usize,
    fd: OwnedFd,
}

// SAFETY: the header is atomics; the bytes are only ever copied from or into through raw pointers, under the protocol above.
unsafe impl Send for Ring {}
// SAFETY: as above. `write_from` must have one caller at a time, which its documentation asks for and the keeper's single thread
// gives.
unsafe impl Sync for Ring {}

impl Ring {
    /// A new empty ring that keeps `capacity` bytes.
    pub fn create(capacity: usize) -> io::Result<Self> {
        let fd = memfd_create("pintle-ring", MemfdFlags::CLOEXEC)?;
        ftruncate(&fd, (HEADER + capacity) as u64)?;
        let ring = Self::map(fd, capacity)?;
        ring.header().magic.store(MAGIC, Ordering::Release);
        Ok(ring)
    }

    /// Maps the ring behind `fd`, which came from another process's [`Ring::create`].
    pub fn open(fd: OwnedFd) -> io::Result<Self> {
        let size = usize::try_from(fstat(&fd)?.st_size).unwrap_or(0);
        let Some(capacity) = size.checked_sub(HEADER).filter(|capacity| *capacity > 0) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "too small for an output ring"));
        };
        let ring = Self::map(fd, capacity)?;
        if ring.header().magic.load(Ordering::Acquire) != MAGIC {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not an output ring of this version"));
        }
        Ok(ring)
    }

    fn map(fd: OwnedFd, capacity: usize) -> io::Result<Self> {
        // SAFETY: a fresh mapping at an address the kernel chooses aliases nothing of ours. The file has at least this size, and
        // nobody shrinks it: both processes that hold it are pintle.
        let memory = unsafe {
            mmap(ptr::null_mut(), HEADER + capacity, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED, &fd, 0)
        }?;
        Ok(Self { memory: memory.cast(), capacity, fd })
    }

    /// The memfd, to be sent to the other process.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// How many bytes are kept.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Offset after the newest byte; the number of bytes ever written.
    pub fn head(&self) -> u64 {
        self.header().head.load(Ordering::SeqCst)
    }

    /// Offset of the oldest byte that can still be read.
    pub fn oldest(&self) -> u64 {
        self.header().reserved.load(Ordering::Acquire).saturating_sub(self.capacity as u64)
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
        let at = (offset % self.capacity as u64) as usize;
        (at, self.capacity - at)
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
        let _ = unsafe { munmap(self.memory.cast::<c_void>(), HEADER + self.capacity) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Writes through a pipe, since the ring only reads from descriptors.
    fn write(ring: &Ring, bytes: &[u8]) {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        for chunk in bytes.chunks(4096) {
            rustix::io::write(&writer, chunk).unwrap();
            let mut left = chunk.len();
            while left > 0 {
                left -= ring.write_from(&reader, left).unwrap();
            }
        }
    }

    fn read_from(ring: &Ring, mut offset: u64) -> Result<Vec<u8>, u64> {
        let mut bytes = Vec::new();
        loop {
            match ring.read(offset, 7, &mut bytes) {
                Read::Bytes(0) => return Ok(bytes),
                Read::Bytes(count) => offset += count as u64,
                Read::Lagged { oldest } => return Err(oldest),
            }
        }
    }

    #[test]
    fn the_other_mapping_sees_what_was_written() {
        let ring = Ring::create(16).unwrap();
        let other = Ring::open(ring.fd().try_clone_to_owned().unwrap()).unwrap();
        write(&ring, b"hello");
        assert_eq!(read_from(&other, 0).unwrap(), b"hello");
        assert_eq!(read_from(&other, 3).unwrap(), b"lo");
        assert_eq!(read_from(&other, 9).unwrap(), b"", "past the head");
    }

    #[test]
    fn what_is_overwritten_is_reported_not_returned() {
        let ring = Ring::create(4).unwrap();
        write(&ring, b"abcdef");
        assert_eq!(read_from(&ring, 1), Err(2));
        assert_eq!(read_from(&ring, 2).unwrap(), b"cdef");
    }

    #[test]
    fn a_sleeper_is_woken_once_and_never_sleeps_over_a_byte() {
        let ring = Ring::create(16).unwrap();
        assert!(!ring.take_sleeper());
        assert!(ring.sleep_at(0));
        write(&ring, b"x");
        assert!(ring.take_sleeper());
        assert!(!ring.take_sleeper());
        assert!(!ring.sleep_at(0), "a byte came before the sleep");
    }

    #[test]
    fn a_file_that_is_no_ring_is_refused() {
        let fd = memfd_create("x", MemfdFlags::CLOEXEC).unwrap();
        assert!(Ring::open(fd.try_clone().unwrap()).is_err());
        ftruncate(&fd, 8192).unwrap();
        assert!(Ring::open(fd).is_err());
    }

    #[test]
    fn end_of_file_and_errors_move_nothing() {
        let ring = Ring::create(16).unwrap();
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        drop(writer);
        assert_eq!(ring.write_from(&reader, 8).unwrap(), 0);
        assert!(ring.write_from(std::fs::File::open("/").unwrap(), 8).is_err());
        assert_eq!((ring.head(), ring.oldest()), (0, 0));
    }

    proptest! {
        #[test]
        fn a_ring_is_the_tail_of_all_that_was_written(capacity in 1usize..40, chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 0..12)) {
            let ring = Ring::create(capacity).unwrap();
            let mut all = Vec::new();
            for chunk in &chunks {
                write(&ring, chunk);
                all.extend_from_slice(chunk);
                prop_assert_eq!(ring.head() as usize, all.len());
                prop_assert_eq!(ring.oldest() as usize, all.len().saturating_sub(capacity));
                for offset in ring.oldest()..=ring.head() {
                    prop_assert_eq!(&read_from(&ring, offset).unwrap()[..], &all[offset as usize..]);
                }
            }
        }

        /// A reader racing a writer gets right bytes or is told that it lags; never wrong bytes.
        #[test]
        fn racing_reader_never_sees_torn_bytes(capacity in 8usize..200) {
            let ring = Ring::create(capacity).unwrap();
            let total = 20_000u64;
            let pattern = |offset: u64| (offset % 251) as u8;
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let bytes: Vec<u8> = (0..total).map(pattern).collect();
                    write(&ring, &bytes);
                });
                let (mut offset, mut buffer) = (0, Vec::new());
                while offset < total {
                    buffer.clear();
                    match ring.read(offset, 64, &mut buffer) {
                        Read::Bytes(count) => {
                            for (index, byte) in buffer.iter().enumerate() {
                                assert_eq!(*byte, pattern(offset + index as u64));
                            }
                            offset += count as u64;
                        }
                        Read::Lagged { oldest } => offset = oldest,
                    }
                }
            });
        }
    }
}
