//! The pattern that the fake agent floods with: every byte is known from its offset, so that a reader can tell a byte
//! lost, repeated or changed, and where.
//!
//! Lines of 64 bytes: the line's own offset as 16 hex digits, a space, letters that move on by one each line, `\r\n`.
//! Output processing is off while it is written, so that the terminal passes it on unchanged.

/// Bytes in one line.
const LINE: usize = 64;

/// The line that begins at `offset`, a multiple of 64.
pub fn line(offset: u64) -> [u8; LINE] {
    const LETTERS: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";
    let mut bytes = [b' '; LINE];
    bytes[..16].copy_from_slice(format!("{offset:016x}").as_bytes());
    let first = (offset / LINE as u64 % 26) as u8;
    let letters = LETTERS.iter().cycle().skip(usize::from(first));
    bytes[17..62].iter_mut().zip(letters).for_each(|(byte, letter)| *byte = *letter);
    bytes[62..].copy_from_slice(b"\r\n");
    bytes
}

/// Checks that `bytes` are those of the pattern from `offset` on, and says where they first are not.
#[allow(dead_code, reason = "the fake agent writes the pattern, the tests check it")]
pub fn check(bytes: &[u8], offset: u64) -> Result<(), String> {
    let mut at = offset;
    let mut rest = bytes;
    while !rest.is_empty() {
        let skip = at % LINE as u64;
        let expected = line(at - skip);
        let expected = &expected[usize::try_from(skip).unwrap_or_default()..];
        let len = expected.len().min(rest.len());
        if rest[..len] != expected[..len] {
            return Err(format!(
                "the pattern breaks in the line at {}: expected {:?}, got {:?}",
                at - skip,
                String::from_utf8_lossy(&expected[..len]),
                String::from_utf8_lossy(&rest[..len]),
            ));
        }
        rest = &rest[len..];
        at += len as u64;
    }
    Ok(())
}
