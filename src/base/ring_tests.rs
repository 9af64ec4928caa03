//! Tests of `ring.rs`.

use super::*;
use proptest::prelude::*;

const PAGE: usize = HEADER;
const SMALL: Shape = Shape { keep: 16, reach: PAGE };

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
    let ring = Ring::create(SMALL).unwrap();
    let other = Ring::open(ring.fd().try_clone_to_owned().unwrap()).unwrap();
    write(&ring, b"hello");
    assert_eq!(read_from(&other, 0).unwrap(), b"hello");
    assert_eq!(read_from(&other, 3).unwrap(), b"lo");
    assert_eq!(read_from(&other, 9).unwrap(), b"", "past the head");
}

#[test]
fn what_is_overwritten_is_reported_not_returned() {
    let ring = Ring::create(Shape { keep: 4, reach: PAGE }).unwrap();
    write(&ring, b"abcdef");
    ring.trim(0);
    assert_eq!(read_from(&ring, 1), Err(2));
    assert_eq!(read_from(&ring, 2).unwrap(), b"cdef");
    // Also if the writer had no time to trim.
    write(&ring, &vec![b'x'; PAGE]);
    assert_eq!(read_from(&ring, 5), Err(6));
    assert_eq!(ring.kept(), ring.head() - 4);
}

#[test]
fn what_is_wanted_stays_as_far_as_there_is_room() {
    let ring = Ring::create(Shape { keep: 4, reach: PAGE }).unwrap();
    let readers = Ring::open(ring.fd().try_clone_to_owned().unwrap()).unwrap();
    assert_eq!(readers.shape(), ring.shape());
    readers.want(Some(1));
    write(&ring, b"abcdefgh");
    assert_eq!(ring.trim(100), 3, "bytes 1 to 3 are more than the four that are kept anyway");
    assert_eq!(read_from(&readers, 1).unwrap(), b"bcdefgh");
    assert_eq!(readers.kept(), 4);
    assert_eq!(ring.trim(2), 2, "less room");
    assert_eq!((read_from(&readers, 1), read_from(&readers, 2).unwrap()), (Err(2), b"cdefgh".to_vec()));
    readers.want(None);
    assert_eq!(ring.trim(100), 0);
    assert_eq!(readers.oldest(), 4);
    readers.want(Some(0));
    assert_eq!((ring.trim(100), readers.oldest()), (0, 4), "what is gone does not come back");
}

#[test]
fn memory_is_given_back() {
    let shape = Shape { keep: 1 << 20, reach: 8 << 20 };
    let ring = Ring::create(shape).unwrap();
    let held = || fstat(ring.fd()).unwrap().st_blocks * 512;
    let block: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    ring.want(Some(0));
    for _ in 0..5 {
        write(&ring, &block);
        ring.trim(shape.reach);
    }
    assert!(held() >= 5 << 20, "{}", held());
    assert!(!ring.is_trimmable());
    ring.want(None);
    assert!(ring.is_trimmable());
    ring.trim(shape.reach);
    assert!(!ring.is_trimmable());
    assert!(held() <= (1 << 20) + (64 << 10), "{}", held());
    // Several times round, so that holes are written again and punched again.
    for round in 6..40 {
        write(&ring, &block);
        ring.trim(shape.reach);
        assert!(held() <= 3 << 20, "round {round}: {}", held());
    }
    let mut bytes = Vec::new();
    assert_eq!(ring.read(ring.kept(), 1 << 20, &mut bytes), Read::Bytes(1 << 20));
    assert_eq!(bytes, block);
}

#[test]
fn a_sleeper_is_woken_once_and_never_sleeps_over_a_byte() {
    let ring = Ring::create(SMALL).unwrap();
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
    let ring = Ring::create(SMALL).unwrap();
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    drop(writer);
    assert_eq!(ring.write_from(&reader, 8).unwrap(), 0);
    assert!(ring.write_from(std::fs::File::open("/").unwrap(), 8).is_err());
    assert_eq!((ring.head(), ring.oldest()), (0, 0));
}

proptest! {
    #[test]
    fn a_ring_is_the_tail_of_all_that_was_written(
        keep in 1usize..3000,
        steps in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..2000), 0usize..6000, prop::option::of(0u64..8000)), 0..12),
    ) {
        let ring = Ring::create(Shape { keep, reach: PAGE }).unwrap();
        let (mut all, mut oldest) = (Vec::new(), 0);
        for (chunk, extra, wanted) in &steps {
            ring.want(*wanted);
            write(&ring, chunk);
            all.extend_from_slice(chunk);
            let held = ring.trim(*extra);
            let surplus = all.len().saturating_sub(keep);
            let needed = wanted.map_or(surplus, |wanted| surplus.min(wanted as usize));
            oldest = needed.max(all.len().saturating_sub((keep + extra).min(PAGE))).max(oldest);
            prop_assert_eq!(held, surplus - oldest);
            prop_assert_eq!(ring.head() as usize, all.len());
            prop_assert_eq!(ring.oldest() as usize, oldest);
            prop_assert_eq!(ring.kept() as usize, surplus);
            for offset in (oldest..=all.len()).step_by(97) {
                prop_assert_eq!(&read_from(&ring, offset as u64).unwrap()[..], &all[offset..]);
            }
        }
    }

    /// A reader racing a writer gets right bytes or is told that it lags; never wrong bytes.
    #[test]
    fn racing_reader_never_sees_torn_bytes(keep in 8usize..200) {
        let ring = Ring::create(Shape { keep, reach: PAGE }).unwrap();
        let total = 100_000u64;
        let pattern = |offset: u64| (offset % 251) as u8;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let bytes: Vec<u8> = (0..total).map(pattern).collect();
                for chunk in bytes.chunks(500) {
                    write(&ring, chunk);
                    ring.trim(0);
                }
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
