//! 64-byte lines that begin with their own offset, so that a byte lost, repeated or changed shows. Made and checked by the
//! block at the price of a copy, since what is measured is the way between writer and reader and not these two.

const LINE: usize = 64;
const BLOCK: usize = 64 << 10;
/// The leading hex digits of an offset that are the same in a whole block.
const HIGH: usize = 12;

/// How much a program writes before it is told to start: the sign that it is ready.
pub const READY: u64 = LINE as u64;

/// One block of the pattern at a time.
pub struct Pattern {
    block: Vec<u8>,
    number: u64,
}

impl Default for Pattern {
    fn default() -> Self {
        let mut block = Vec::with_capacity(BLOCK);
        for offset in (0..BLOCK).step_by(LINE) {
            block.extend_from_slice(
                format!("{offset:016x} the quick brown fox jumps over the lazy dog  \r\n").as_bytes(),
            );
        }
        assert_eq!(block.len(), BLOCK, "lines of {LINE} bytes");
        Self { block, number: 0 }
    }
}

impl Pattern {
    /// The pattern from `offset` on, to the end of its block.
    pub fn at(&mut self, offset: u64) -> &[u8] {
        let number = offset / BLOCK as u64;
        if number != self.number {
            let digits = format!("{number:012x}");
            for line in self.block.chunks_exact_mut(LINE) {
                line[..HIGH].copy_from_slice(digits.as_bytes());
            }
            self.number = number;
        }
        &self.block[(offset % BLOCK as u64) as usize..]
    }

    /// Whether `bytes` are those from `offset` on.
    pub fn matches(&mut self, mut offset: u64, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let expected = self.at(offset);
            let (now, rest) = bytes.split_at(bytes.len().min(expected.len()));
            if now != &expected[..now.len()] {
                return false;
            }
            offset += now.len() as u64;
            bytes = rest;
        }
        true
    }
}
